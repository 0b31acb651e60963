"""Forms beside a list: to keep a filter, to do something to many models."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from registry.forms.base import Form, ModelForm
from registry.models import BulkAction, Field, SavedFilter
from registry.vietnamese import is_among


class SavedFilterForm(ModelForm):
    class Meta:
        model = SavedFilter
        fields = ("name",)
        labels = {"name": _("Name of the filter")}
        help_texts = {"name": _("Nobody else sees it.")}

    TAKEN = _("You have a filter of this name already.")

    def clean_name(self):
        name = self.cleaned_data["name"]
        if is_among(name, self.instance.user.filters.values_list("name", flat=True)):
            raise ValidationError(self.TAKEN)
        return name

    def saved(self):
        """Save the filter. Return whether its name was still free, else say that it is taken."""
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:  # Sent twice at once.
            self.add_error("name", self.TAKEN)
        return self.is_valid()


class BulkForm(Form):
    kind = forms.ChoiceField(
        label=_("What to do"),
        choices=BulkAction.Kind.choices,
        widget=forms.RadioSelect(attrs={"class": "govuk-radios--small"}),
        error_messages={"required": _("Choose what to do.")},
    )
    field = forms.ModelChoiceField(
        Field.objects.in_use(),
        label=_("Which field"),
        required=False,
        help_text=_("Only to put models into another field."),
    )

    def clean(self):
        super().clean()
        if self.cleaned_data.get("kind") != BulkAction.Kind.FIELD:
            self.cleaned_data["field"] = None
        elif not self.cleaned_data.get("field"):
            self.add_error("field", _("Choose the field."))
        return self.cleaned_data
