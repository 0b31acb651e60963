"""What an account for a unit's person asks for."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.forms.base import ModelForm
from registry.models import User
from registry.phones import digits_of

FEWEST_DIGITS, MOST_DIGITS = 9, 12


class OpenAccountForm(ModelForm):
    """A person and their number, by which they sign in."""

    class Meta:
        model = User
        fields = ["full_name", "phone", "position"]
        labels = {"full_name": _("Full name"), "phone": _("Phone"), "position": _("Position")}
        help_texts = {"phone": _("The person signs in by this number.")}
        widgets = {
            "phone": forms.TextInput(
                attrs={"class": "govuk-input--width-20", "inputmode": "tel", "autocomplete": "off"}
            ),
            "full_name": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["full_name"].error_messages["required"] = _("Give the person’s full name.")
        self.fields["phone"].required = True
        self.fields["phone"].error_messages["required"] = _("Give the person’s number.")

    def clean_phone(self):
        phone = self.cleaned_data["phone"]
        digits = digits_of(phone)
        if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            raise ValidationError(_("Write the number with all its digits, such as 0905 123 456."))
        if User.objects.filter(username=digits).exists():
            raise ValidationError(
                _("There is an account of this number already. The office can help with it.")
            )
        self.instance.username = digits
        return phone
