"""The forms of what hangs on a model: files, notes, awards, outcomes, replications."""

import re
import uuid
from datetime import date
from decimal import Decimal

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _

from registry.files import MEGABYTE, MultipleFileField
from registry.forms.base import Form, ModelForm
from registry.forms.lookups import OrganisationLookupField
from registry.models import Award, Evidence, Indicator, Note, Organisation, Outcome, Replication
from registry.partialdates import parse_partial


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


class NoRoom(Exception):
    """The unit's room has been taken since the form was checked; the form says so."""


def hold_to_quota_at_last(form, name, unit):
    """Ask once more, in the transaction that stores: forms sent at once wait here for each other.

    To be called before anything but the form's token is written. Raise NoRoom.
    """
    if form.fields[name].accepted:
        Organisation.objects.select_for_update(no_key=True).get(pk=unit.pk)
        hold_to_quota(form, name, unit)
        if not form.fields[name].accepted:
            raise NoRoom


def hold_to_quota(form, name, unit):
    """Refuse the files of a form for which its unit has no room, saying how much it has left."""
    field = form.fields[name]
    if not field.accepted or unit is None:
        return
    left = settings.UNIT_MEGABYTES - Evidence.objects.bytes_of(unit) / MEGABYTE
    size = sum(checked.size for checked in field.accepted) / MEGABYTE
    if size > left:
        field.accepted = []
        sentence = _(
            "The unit has %(left).0f MB left for photos and documents; these are %(size).1f MB."
            " %(clerk)s can help."
        )
        parts = {"left": max(left, 0), "size": size, "clerk": settings.CLERK_NAME}
        form.add_error(name, ValidationError(sentence % parts, code="quota"))


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

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.unit = unit

    @property
    def good_files(self):
        """Return the files that may be stored, also when others beside them are refused."""
        return self.fields["files"].accepted if not self.errors.keys() - {"files"} else []

    def clean(self):
        super().clean()
        hold_to_quota(self, "files", self.unit)
        return self.cleaned_data

    def renew(self):
        """Let the page that comes back be sent too, after the good files have been stored."""
        self.data = self.data.copy()
        self.data["token"] = uuid.uuid4()


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


class FigureField(forms.DecimalField):
    """A number as people write it, "1.234,5" in Vietnamese; what is no such number is refused.

    Django's own takes out every separator of thousands wherever it stands, and so reads
    "1.2.3" as 123 and an English "1,5" as 15. Here groups are of three, parted by the separator
    or by spaces, and a single separator before fewer digits can only mean decimals, in either
    language.
    """

    default_error_messages = {"invalid": _("Write a number, with digits only.")}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # The rule is the constraint's, which cannot say which of the two figures it means.
        self.validators.append(MinValueValidator(0, _("A figure cannot be negative.")))

    def to_python(self, value):
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        thousands, decimals = get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR")
        # Of all kinds of spaces, also those that do not break, an ordinary one is left.
        text = " ".join(value.split())
        grouped = rf"-?\d{{1,3}}([{thousands} ])\d{{3}}(\1\d{{3}})*([{decimals}]\d+)?"
        if found := re.fullmatch(grouped, text, re.ASCII):
            text = text.replace(found[1], "")
        elif not re.fullmatch(r"-?\d+([.,]\d+)?", text, re.ASCII):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(Decimal(text.replace(",", ".")))

    def prepare_value(self, value):
        """Show a whole number without decimals."""
        is_whole = isinstance(value, Decimal) and value == value.to_integral()
        return value.quantize(Decimal(1)) if is_whole else value


class OutcomeForm(ModelForm):
    """One row of the year's figures: an indicator, what was planned, what was achieved."""

    class Meta:
        model = Outcome
        fields = ("planned", "achieved")
        localized_fields = "__all__"
        field_classes = {"planned": FigureField, "achieved": FigureField}
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


def errors_of(forms):
    """Return the errors of all rows for the summary, each with the indicator it is about."""
    return [
        {**error, "label": f"{form.instance.indicator}: {error['label']}"}
        for form in forms
        for error in form.error_summary
    ]


class DayOrMonthField(forms.DateField):
    """A day, or a month for want of one, which is stored as its first day."""

    default_error_messages = {
        "invalid": _("Write a day or a month, for example 5/3/2026 or 3/2026."),
    }

    def to_python(self, value):
        try:
            return super().to_python(value)
        except ValidationError:
            return self._first_of_month(value)

    def _first_of_month(self, value):
        try:
            year, month = parse_partial(value).split("-")
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return date(int(year), int(month), 1)


# The model's own unit is no choice, and whoever types it should not look for a slip of the pen.
NO_OTHER_UNIT = _(
    "No other unit is known by this name: check the spelling, or type fewer words. "
    "A unit does not replicate a model of its own."
)


class ReplicationForm(ModelForm):
    """A unit says that it takes a model up; ``choices`` are the units it may be said for."""

    # The hints say when an answer is needed: "optional" would not be true of each state.
    mark_optional = False
    token = OnceField()

    class Meta:
        model = Replication
        fields = ("state", "since", "remark")
        field_classes = {"since": DayOrMonthField}
        widgets = {"state": forms.RadioSelect, "remark": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "since": _(
                "Needed when it is being carried out: a day or a month, for example 5/3/2026 or "
                "3/2026. Of a month, its first day is recorded."
            ),
            "remark": _("Needed when it does not suit this unit: the reason."),
        }

    def __init__(self, *args, choices=None, **kwargs):
        super().__init__(*args, **kwargs)
        if choices is None:
            del self.fields["token"]
        else:
            self.fields["organisation"] = OrganisationLookupField(
                label=_("Unit that takes it up"),
                queryset=choices,
                error_messages={"unknown": NO_OTHER_UNIT},
            )
            if len(only := list(choices[:2])) == 1:
                self.initial["organisation"] = only[0]
            self.order_fields(["token", "organisation"])

    def clean(self):
        """Let the constraints see the unit too, which is no field of the model form's own."""
        super().clean()
        organisation = self.cleaned_data.get("organisation")
        if isinstance(organisation, Organisation):
            self.instance.organisation = organisation
        return self.cleaned_data

    def validate_unique(self):
        """Check model and unit too, which are no fields of the model form's own."""
        super().validate_unique()
        try:
            self.instance.validate_constraints(exclude=set(self._meta.fields))
        except ValidationError as error:
            self._update_errors(error)
