"""The forms of what hangs on a model: files, notes, awards, outcomes, replications."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.files import MultipleFileField
from registry.forms.base import Form, ModelForm
from registry.forms.lookups import OrganisationLookupField
from registry.models import Award, Evidence, Indicator, Note, Organisation, Outcome, Replication


class OnceField(forms.UUIDField):
    """The token by which a second sending of the same form is known."""

    def __init__(self, **kwargs):
        super().__init__(
            initial=uuid.uuid4,
            widget=forms.HiddenInput,
            error_messages={
                "required": _("Open the page anew and send the form again."),
                "invalid": _("Open the page anew and send the form again."),
            },
            **kwargs,
        )


class EvidenceForm(Form):
    token = OnceField()
    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=Evidence.Kind,
        initial=Evidence.Kind.PHOTO,
        widget=forms.RadioSelect,
    )
    files = MultipleFileField(label=_("Files"))  # type: ignore[assignment]
    caption = forms.CharField(
        label=_("Caption"),
        required=False,
        max_length=200,
        help_text=_("No names of people in hardship, please."),
    )


class NoteForm(ModelForm):
    """A note; who is not of the office writes to the unit's file only."""

    token = OnceField()

    class Meta:
        model = Note
        fields = ("audience", "text")
        widgets = {"audience": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, for_office, **kwargs):
        super().__init__(*args, **kwargs)
        if not for_office:
            del self.fields["audience"]


class AwardForm(ModelForm):
    token = OnceField()

    class Meta:
        model = Award
        fields = ("title", "level", "paper_number", "awarded_on")


class OutcomeForm(ModelForm):
    """One row of the year's figures: an indicator, what was planned, what was achieved."""

    class Meta:
        model = Outcome
        fields = ("planned", "achieved")
        localized_fields = "__all__"
        widgets = {
            name: forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-10"})
            for name in ("planned", "achieved")
        }


def outcome_forms(enrolment, data=None):
    """Return a form for each indicator in use, and for each that has a figure already."""
    there = {outcome.indicator_id: outcome for outcome in enrolment.outcomes.all()}
    indicators = [
        indicator
        for indicator in Indicator.objects.all()
        if indicator.is_active or indicator.pk in there
    ]
    return [
        OutcomeForm(
            data,
            instance=there.get(indicator.pk) or Outcome(enrolment=enrolment, indicator=indicator),
            prefix=f"indicator-{indicator.pk}",
        )
        for indicator in indicators
    ]


class ReplicationForm(ModelForm):
    """A unit says that it takes a model up; ``choices`` are the units it may be said for."""

    token = OnceField()

    class Meta:
        model = Replication
        fields = ("state", "since", "remark")
        widgets = {"state": forms.RadioSelect, "remark": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, choices=None, **kwargs):
        super().__init__(*args, **kwargs)
        if choices is None:
            del self.fields["token"]
        else:
            self.fields["organisation"] = OrganisationLookupField(
                label=_("Unit that takes it up"), queryset=choices
            )
            self.order_fields(["token", "organisation"])

    def clean(self):
        """Let the constraints see the unit too, which is no field of the model form's own."""
        super().clean()
        organisation = self.cleaned_data.get("organisation")
        if isinstance(organisation, Organisation):
            self.instance.organisation = organisation
        return self.cleaned_data
