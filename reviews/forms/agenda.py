"""The forms of what is put before a seminar, and of its proposals."""

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from registry.files import MultipleFileField
from registry.forms.base import Form, ModelForm
from registry.forms.lookups import OFFERED, ModelLookupField
from registry.models import Organisation, PracticeModel, Verdict
from reviews.forms.verdicts import AcceptedModelField, VerdictForm
from reviews.models import AgendaItem, Conclusion, Recusal, Seminar
from reviews.models.assessment import EXPLAINED

MOST_CODES = 200


class AgendaAddForm(Form):
    """Put models before the seminar by their codes or names, one on each line."""

    codes = forms.CharField(
        label=_("Codes of the models"),
        help_text=_("One on each line, as in the list of models; or the name of one model."),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_codes(self):
        """Return the models; name every line that is none."""
        several = _("Several models go by this name. Write the code of the one you mean:")
        lookup = ModelLookupField(queryset=candidates(), error_messages={"several": several})
        lines = [line.strip() for line in self.cleaned_data["codes"].splitlines()]
        lines = list(filter(None, lines))
        if len(lines) > MOST_CODES:
            raise forms.ValidationError(
                _("At most %(most)s lines at once; put the others before the seminar after these."),
                params={"most": MOST_CODES},
            )
        found, errors = [], []
        for line in lines:
            try:
                found.append(lookup.find(line))
            except forms.ValidationError as error:
                said = error.messages[0]
                if error.code == "several":  # in a box of text nothing can be chosen
                    near = lookup.exact(line) or lookup.queryset.search(line)[:OFFERED]
                    named = (f"{lookup.label_of(model)} ({model.organisation})" for model in near)
                    said = f"{said} {'; '.join(named)}"
                errors.append(forms.ValidationError(f"“{line}”: {said}"))
        if errors:
            raise forms.ValidationError(errors)
        return found


def candidates():
    """Return the models that may be put before a seminar: those that run or wait to be accepted."""
    status = PracticeModel.Status
    return PracticeModel.objects.filter(
        status__in=[status.SUBMITTED, status.RUNNING, status.CLOSED]
    ).select_related("organisation")


class BlockForm(Form):
    """Many running models at once; ``expected`` are those the page has announced."""

    # Of every block, those of which a paper says to review them again by the day of the meeting.
    DUE = "due"

    block = forms.ChoiceField(
        label=_("Which models"),
        choices=[
            (DUE, _("All due to be reviewed again by the day of the meeting")),
            *Organisation.Block.choices,
        ],
        widget=forms.RadioSelect,
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)


class AgendaItemForm(ModelForm):
    files = MultipleFileField(label=_("Scan of the paper"), required=False)  # type: ignore[assignment]

    class Meta:
        model = AgendaItem
        fields = ("position", "presenter", "paper", "opinion", "proposed", "gist")
        widgets = {
            "position": forms.NumberInput(attrs={"class": "govuk-input--width-3"}),
            "paper": forms.RadioSelect,
            "opinion": forms.Textarea(attrs={"rows": 4}),
            "gist": forms.Textarea(attrs={"rows": 6}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["position"].validators.append(MaxValueValidator(Seminar.LAST_PLACE))


class RecusalForm(ModelForm):
    """``members`` are those who may still be taken out of the item's review.

    Who takes themselves out (``is_own``) is not asked whom they mean.
    """

    class Meta:
        model = Recusal
        fields = ("member", "reason")
        widgets = {"member": forms.RadioSelect}

    def __init__(self, *args, members, is_own, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        if is_own:
            del self.fields["member"]
            self.instance.member = members.first()
            return
        self.fields["member"].queryset = members
        self.fields["member"].empty_label = None


class ConclusionForm(VerdictForm):
    merged_into = AcceptedModelField(
        label=_("To be merged into"),
        required=False,
        help_text=_("Only if it is merged: code or name."),
    )

    class Meta:
        model = Conclusion
        fields = (
            "verdict",
            "rationale",
            "retire_reason",
            "closing_kind",
            "merged_into",
            "review_by",
            "take_up",
            "whose",
        )
        widgets = {
            "verdict": forms.RadioSelect,
            "rationale": forms.Textarea(attrs={"rows": 4}),
            "review_by": forms.DateInput(attrs={"class": "govuk-input--width-10"}),
        }

    @property
    def model_concerned(self):
        return self.instance.item.model

    @property
    def day(self):
        return self.instance.item.seminar.held_on


class ConcludeSeveralForm(Form):
    """One proposal for several items. To end a model takes a reason of its own, item by item."""

    verdict = forms.ChoiceField(
        label=_("Proposal"),
        choices=[choice for choice in Verdict.choices if choice[0] != Verdict.RETIRE],
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--small"}),
        help_text=_("To end a model is proposed on the page of its item, with the reason."),
        error_messages={"required": _("Choose the proposal.")},
    )
    rationale = forms.CharField(
        label=_("Rationale"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    whose = forms.CharField(
        label=_("Whose proposal"),
        max_length=200,
        help_text=_("The chair, or the panel by majority …"),
    )

    def clean(self):
        super().clean()
        said = self.cleaned_data
        if said.get("verdict") in EXPLAINED and not said.get("rationale"):
            self.add_error("rationale", _("Say why, in a few words, for this verdict."))
        return said


class ConcludeRestForm(Form):
    """One proposal for every item that has none yet."""

    rationale = forms.CharField(
        label=_("Rationale"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    whose = forms.CharField(
        label=_("Whose proposal"),
        max_length=200,
        help_text=_("The chair, or the panel by majority …"),
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)
