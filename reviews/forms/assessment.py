"""The ballot."""

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.files import MultipleFileField
from registry.forms.base import ModelForm
from registry.models import Verdict
from reviews.models import Assessment


class AssessmentForm(ModelForm):
    """A member's ballot on one item, with points where the seminar has criteria."""

    # A draft may lack anything; what handing in needs is said at its field.
    mark_optional = False

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Assessment
        fields = ("verdict", "remark", "retire_reason")
        widgets = {
            "verdict": forms.RadioSelect(attrs={"class": "govuk-radios--small"}),
            "remark": forms.Textarea(attrs={"rows": 3}),
            "retire_reason": forms.Select,
        }
        help_texts = {
            "remark": _("Needed to replicate, to strengthen or to end; short and to the point."),
            "retire_reason": _("Only if you propose to end the model."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.fields["verdict"].choices = Verdict.choices
        given = {score.criterion_id: score.points for score in self.instance.scores.all()}
        self.criteria = list(self.instance.item.seminar.criteria.all())
        for criterion in self.criteria:
            self.fields[self._name(criterion)] = forms.IntegerField(
                label=criterion.name,
                help_text=_("From 0 to %(most)s points.") % {"most": criterion.max_points},
                required=False,
                min_value=0,
                max_value=criterion.max_points,
                initial=given.get(criterion.pk),
                widget=forms.TextInput(
                    attrs={"inputmode": "numeric", "class": "govuk-input--width-3"}
                ),
            )

    @property
    def points_fields(self):
        return [self[self._name(criterion)] for criterion in self.criteria]

    def clean(self):
        """Drop a reason to end that was left over from another verdict."""
        super().clean()
        if self.cleaned_data.get("verdict") != Verdict.RETIRE:
            self.cleaned_data["retire_reason"] = ""
        return self.cleaned_data

    def scores(self):
        """Return the points by criterion key, as the ballot's verbs take them."""
        return {
            criterion.pk: self.cleaned_data.get(self._name(criterion))
            for criterion in self.criteria
        }

    @staticmethod
    def _name(criterion):
        return f"points-{criterion.pk}"


class PaperBallotForm(AssessmentForm):
    """The same from a paper ballot, with its scan."""

    files = MultipleFileField(label=_("Scan of the paper ballot"), required=False)  # type: ignore[assignment]

    def __init__(self, *args, **kwargs):
        """Begin empty where the member has a draft, which is theirs alone until handed in."""
        super().__init__(*args, **kwargs)
        if self.instance.source == Assessment.Source.FORM:
            for name in self.fields.keys() - {"version"}:
                self.initial[name] = None
