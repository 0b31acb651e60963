"""The forms of a model: the registration on one page, and what may change while it runs."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from registry.files import MultipleFileField
from registry.forms.attachments import hold_to_quota
from registry.forms.base import ModelForm
from registry.forms.lookups import ChoicesField, OrganisationLookupField, OrganisationsLookupField
from registry.models import Field, Movement, Organisation, PracticeModel

# From so many units on they are no longer radio buttons, and no longer a list at all.
RADIOS, LISTED = 7, 50

HINTS = {
    "name": _("Short and easy to remember, and saying what it is about."),
    "field": _("Choose the one that fits best."),
    "reason": _("What was the situation? Why is this model needed?"),
    "approach": _("What is done, by whom, how, step by step."),
    "place": _("For example: Residential block 3, Sample Ward."),
    "beneficiaries": _(
        "Whom it serves and who takes part. No names of people in hardship, please."
    ),
    "started": _("A day, a month or a year, for example 19/5/2026, 5/2026 or 2026."),
    "expected_results": _("What is to be reached, in figures if possible."),
    "contact_name": _("The person the office can ask about this model."),
    "contact_position": _("If there is one."),
    "contact_phone": _("Only your unit and the office see it."),
    "individual_name": _("Only if an individual keeps it up."),
    "individual_position": _("Only if an individual keeps it up."),
    "ends": _("A day, a month or a year, for example 31/12/2027 or 2027."),
    "paper_date": _("For example 5/6/2026."),
    "partners": _("The name of one organisation on each line."),
    "results": _("What has been reached so far."),
    "replicability": _("How it can be kept up, and where else it could be taken up."),
}
# One made-up registration, filled in. It helps more than any explanation.
EXAMPLES = {
    "name": _("Flower road kept by the households"),
    "reason": _(
        "The road through the residential block was bare on both sides, and rubbish was left "
        "there. The cell wanted Party members to lead and the households to keep it clean "
        "themselves."
    ),
    "approach": _(
        "1. The cell passed a resolution and gave each Party member 8–10 households.\n"
        "2. Each group took on a stretch of the road: planting, watering, cleaning on Saturdays.\n"
        "3. Once a month the block looks at all stretches together and says what to improve."
    ),
    "place": _("Residential block 3, Sample Ward"),
    "beneficiaries": _("All households of the block; Women’s Union and Youth Union take part."),
    "started": _("3/2026"),
    "expected_results": _(
        "By the end of the year 1.2 km of road with flowers, 90 of 96 households taking part, no "
        "rubbish left at the roadside."
    ),
    "contact_name": _("Nguyễn Thị Mẫu"),
}
ROWS = {"reason": 5, "approach": 8, "expected_results": 5}
WIDTHS = {
    "started": "govuk-input--width-10",
    "ends": "govuk-input--width-10",
    "paper_date": "govuk-input--width-10",
    "paper_number": "govuk-input--width-10",
    "contact_phone": "govuk-input--width-20",
}


class RecordForm(ModelForm):
    """What the two forms share.

    A field with an error never reaches the record: the instance keeps what is stored, so
    that a draft can be saved without it while the page still shows what was typed.
    """

    # Nothing is demanded of a draft, so "optional" at nearly every field would say nothing.
    mark_optional = False
    field_order = ("why",)

    why = forms.CharField(
        label=_("Reason for the correction"),
        help_text=_("The unit can read it in the history of the model."),
        max_length=500,
        error_messages={"required": _("Say why you correct what the unit has written.")},
    )
    photos = MultipleFileField(
        label=_("Photos and documents"),
        required=False,
    )

    def __init__(self, *args, is_correction=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored = {name: getattr(self.instance, name) for name in self._columns()}
        if not is_correction:
            del self.fields["why"]
        for name in self.fields.keys() & HINTS.keys():
            self.fields[name].help_text = HINTS[name]
        for name in self.fields.keys() & EXAMPLES.keys():
            self.fields[name].example = EXAMPLES[name]
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = ROWS.get(name, 4)
        for name in self.fields.keys() & WIDTHS.keys():
            self.fields[name].widget.attrs["class"] = WIDTHS[name]

    def clean(self):
        super().clean()
        unit = self.cleaned_data.get("organisation") or self.instance.organisation_id
        hold_to_quota(self, "photos", unit)
        return self.cleaned_data

    def _columns(self):
        many = {field.name for field in PracticeModel._meta.many_to_many}
        return [name for name in self._meta.fields if name not in many | {"organisation"}]

    def _post_clean(self):
        super()._post_clean()
        if not self.instance.is_unsent:
            for name in self.instance.missing():
                if self.stored.get(name):
                    self._ask_for(name, _("This was sent with the registration; write it again."))
        for name in self.errors.keys() & self.stored.keys():
            setattr(self.instance, name, self.stored[name])

    @property
    def is_correction(self):
        return "why" in self.fields

    @property
    def can_be_stored(self):
        """Whether all of it is right; for a draft it is enough to know whose it is."""
        is_draft = self.instance.can("submit") and not self.is_correction
        return self.is_valid() or (is_draft and "organisation" not in self.errors)

    @property
    def has_refused_words(self):
        """Whether something was typed that is not right, and so is not stored with the rest."""
        return bool(self.errors.keys() - {"photos"})

    def save_lists(self):
        """Store the choices of several, with a record that is stored already."""
        for field in PracticeModel._meta.many_to_many:
            if field.name in self.cleaned_data:
                getattr(self.instance, field.name).set(self.cleaned_data[field.name])

    def _ask_for(self, name, message):
        """Add a message at a field that has none yet."""
        if name not in self.errors:
            self.add_error(name, message)

    def show_missing(self):
        """Say at each field what sending the stored record still needs."""
        if not self.is_bound:
            self.full_clean()
            self.cleaned_data = {}
        try:
            self.instance.check_complete()
        except ValidationError as error:
            for name, messages in error.error_dict.items():
                self._ask_for(name, messages)


class PracticeModelForm(RecordForm):
    """The registration. ``choices`` are the organisations it may be registered for."""

    movements = ChoicesField(
        Movement.objects.none(),
        label=_("Policies and movements it belongs to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    partners = OrganisationsLookupField(label=_("Partner organisations"), required=False)

    class Meta:
        model = PracticeModel
        fields = (
            "organisation",
            "name",
            "field",
            "reason",
            "approach",
            "place",
            "beneficiaries",
            "started",
            "expected_results",
            "contact_name",
            "contact_position",
            "contact_phone",
            "subject",
            "individual_name",
            "individual_position",
            "short_name",
            "objectives",
            "actors",
            "resources",
            "ends",
            "results",
            "difficulties",
            "lessons",
            "replicability",
            "proposals",
            "partners",
            "movements",
            "level",
            "paper_number",
            "paper_date",
            "is_pilot",
            "public",
        )
        widgets = {"subject": forms.RadioSelect, "level": forms.RadioSelect}

    OF_THE_OFFICE = ("is_pilot", "public")
    LATER = Meta.fields[Meta.fields.index("short_name") : -len(OF_THE_OFFICE)]

    def __init__(self, *args, choices=None, for_office=False, **kwargs):
        super().__init__(*args, **kwargs)
        if choices is None:
            del self.fields["organisation"]
        else:
            self.fields["organisation"] = organisation_field(choices, typed=for_office)
        if not for_office:
            for name in self.OF_THE_OFFICE:
                del self.fields[name]
        self.fields["field"].queryset = Field.objects.in_use(including=self.instance.field)
        self.fields["field"].empty_label = _("Not chosen yet")
        self.fields["movements"].queryset = self._movements()
        self.fields["partners"].queryset = Organisation.objects.all()
        for number, item in enumerate(PracticeModel.ITEMS, start=1):
            if len(item) == 1:
                self.fields[item[0]].label = format_lazy(
                    "{}. {}", number, self.fields[item[0]].label
                )

    def _movements(self):
        chosen = self.instance.movements.values("pk") if self.instance.pk else []
        return Movement.objects.in_use() | Movement.objects.filter(pk__in=chosen)

    def clean(self):
        typed = super().clean()
        individual = typed.get("subject") == PracticeModel.Subject.INDIVIDUAL
        if individual and not typed.get("individual_name"):
            del typed["subject"]
            self._ask_for("individual_name", _("Give the name of the individual."))
        return typed

    def _post_clean(self):
        super()._post_clean()
        if "organisation" in self.cleaned_data:
            # It is stored with the organisation's name of today.
            self.instance.organisation_name = ""

    @property
    def office_fields(self):
        return [self[name] for name in self.OF_THE_OFFICE if name in self.fields]

    @property
    def later_fields(self):
        """What can be added when there is something to say."""
        return [self[name] for name in self.LATER]

    @property
    def later_is_open(self):
        """Whether something is written there already, or is wrong."""
        chosen = [field for field in self.later_fields if field.name != "level"]
        return any(field.errors or field.value() for field in chosen)


class RunningForm(RecordForm):
    """What a unit may change in a model that runs; its text waits for the next enrolment."""

    class Meta:
        model = PracticeModel
        fields = (
            "contact_name",
            "contact_position",
            "contact_phone",
            "results",
            "difficulties",
            "lessons",
        )


def organisation_field(choices, *, typed):
    """Return the question for which unit the model is registered."""
    number = 0 if typed else choices[: LISTED + 1].count()
    if typed or number > LISTED:
        return OrganisationLookupField(
            label=_("Unit that registers the model"),
            help_text=_("Type its name, or a part of it."),
            queryset=choices,
        )
    return forms.ModelChoiceField(
        choices,
        label=_("Unit that registers the model"),
        empty_label=None if number <= RADIOS else _("Choose a unit"),
        widget=forms.RadioSelect if number <= RADIOS else forms.Select,
        error_messages={"required": _("Choose the unit that registers the model.")},
    )
