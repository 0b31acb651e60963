"""The forms by which the clerk plans a seminar."""

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import UniqueConstraint
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.utils.translation import gettext_lazy as _

from registry.forms.attachments import OnceField
from registry.forms.base import ModelForm, Renderer
from registry.forms.lookups import OrganisationLookupField
from registry.models import Organisation, Role, User
from reviews.models import Criterion, PanelMember, Seminar

_narrow = {"class": "govuk-input--width-10"}
MOST_MEMBERS = 60


class SeminarForm(ModelForm):
    class Meta:
        model = Seminar
        fields = ("kind", "title", "held_on", "place", "chair", "secretary", "quorum")
        widgets = {
            "kind": forms.RadioSelect,
            "held_on": forms.DateInput(attrs=_narrow),
            "quorum": forms.NumberInput(attrs={"class": "govuk-input--width-3"}),
        }
        help_texts = {"held_on": _("For example 5/6/2026.")}

    def clean_quorum(self):
        quorum = self.cleaned_data["quorum"]
        if quorum is not None and quorum > MOST_MEMBERS:
            raise ValidationError(
                _("A panel has at most %(most)s members."), params={"most": MOST_MEMBERS}
            )
        return quorum


class SeminarCreateForm(SeminarForm):
    token = OnceField()


class AccountField(forms.CharField):
    """The username of an account that may judge; cleans to the account."""

    def prepare_value(self, value):
        return value.username if isinstance(value, User) else value

    def clean(self, value):
        username = super().clean(value)
        if not username:
            return None
        judges = User.objects.filter(is_active=True, groups__name=Role.PANEL)
        account = judges.filter(username__iexact=username.replace(" ", "")).first()
        if account is None:
            raise forms.ValidationError(
                _("No account of this name belongs to the panel."), code="unknown"
            )
        return account

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)


class PanelMemberForm(ModelForm):
    organisation = OrganisationLookupField(label=_("Own organisation"), required=False)
    user = AccountField(
        label=_("Account"),
        required=False,
        max_length=60,
        help_text=_("The name the member signs in with; empty for a paper ballot."),
    )

    class Meta:
        model = PanelMember
        fields = ("position", "name", "title", "organisation", "user")
        widgets = {"position": forms.NumberInput(attrs={"class": "govuk-input--width-3"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.select_related("parent")
        self.initial |= {"organisation": self.instance.organisation, "user": self.instance.user}


class CriterionForm(ModelForm):
    class Meta:
        model = Criterion
        fields = ("position", "name", "max_points")
        widgets = {
            "position": forms.NumberInput(attrs={"class": "govuk-input--width-3"}),
            "max_points": forms.NumberInput(attrs={"class": "govuk-input--width-3"}),
        }


class RowsFormSet(BaseInlineFormSet):
    """Rows that can be changed and taken away, each once."""

    def clean(self):
        self._mark_repeats()
        super().clean()
        keys = [form.instance.pk for form in self.initial_forms]
        if len(set(keys)) < len(keys):
            raise BadRequest("one row, sent twice")

    def _mark_repeats(self):
        """Say at the row what the constraint says; Django names the field, but not the row."""
        for rule in self.model._meta.constraints:
            if not isinstance(rule, UniqueConstraint):
                continue
            name, seen = rule.fields[-1], set()
            for form in self.forms:
                value = getattr(form, "cleaned_data", {}).get(name)
                if value and not self._should_delete_form(form):
                    if value in seen:
                        form.add_error(name, rule.violation_error_message)
                    seen.add(value)


_rows = {
    "formset": RowsFormSet,
    "renderer": Renderer(),
    "extra": 3,
    "can_delete": True,
    "max_num": MOST_MEMBERS,
    "absolute_max": 80,
}
PanelFormSet = inlineformset_factory(Seminar, PanelMember, form=PanelMemberForm, **_rows)
CriteriaFormSet = inlineformset_factory(Seminar, Criterion, form=CriterionForm, **_rows)
