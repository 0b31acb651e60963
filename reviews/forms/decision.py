"""The forms of a paper and of its lines."""

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.files import MultipleFileField
from registry.forms.attachments import OnceField
from registry.forms.base import Form, ModelForm
from reviews.forms.verdicts import AcceptedModelField, VerdictForm
from reviews.models import Decision, DecisionLine

_narrow = {"class": "govuk-input--width-10"}


class DecisionForm(ModelForm):
    """Begin a paper; number, date and signatory come when it is signed."""

    token = OnceField()

    class Meta:
        model = Decision
        fields = ("kind", "subject", "seminar")


class StampField(forms.IntegerField):
    """The version of the paper that the page was opened with; without it nothing is written."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.HiddenInput, required=False, **kwargs)


class DecisionUpdateForm(ModelForm):
    """Write a paper that is not issued yet."""

    version = StampField()

    class Meta:
        model = Decision
        fields = ("kind", "subject", "number", "dated", "signatory", "signatory_position")
        widgets = {
            "number": forms.TextInput(attrs=_narrow),
            "dated": forms.DateInput(attrs=_narrow),
        }
        help_texts = {"dated": _("As on the signed paper, for example 5/6/2026.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class DecisionLineForm(VerdictForm):
    """What a paper says of one model."""

    version = StampField()
    model = AcceptedModelField(label=_("Model"), help_text=_("Its code, or its name."))
    merged_into = AcceptedModelField(
        label=_("Merged into"), required=False, help_text=_("Only if it is merged: code or name.")
    )

    class Meta:
        model = DecisionLine
        fields = (
            "model",
            "verdict",
            "reason",
            "retire_reason",
            "closing_kind",
            "merged_into",
            "review_by",
            "take_up",
        )
        widgets = {
            "verdict": forms.RadioSelect,
            "reason": forms.Textarea(attrs={"rows": 4}),
            "review_by": forms.DateInput(attrs=_narrow),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.decision.version

    @property
    def model_concerned(self):
        return self.cleaned_data.get("model")

    @property
    def day(self):
        return self.instance.decision.dated


class ScanForm(Form):
    token = OnceField()
    files = MultipleFileField(label=_("Scan of the signed paper"))  # type: ignore[assignment]


class PublishForm(Form):
    """Open an issued paper to all, now or from a day on."""

    from_day = forms.DateField(
        label=_("Open to all from"),
        required=False,
        help_text=_("Left empty: from now on."),
        widget=forms.DateInput(attrs=_narrow),
    )
