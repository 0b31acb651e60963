"""What an account for a unit's person asks for."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.forms.base import Form, ModelForm
from registry.models import Membership, User
from registry.phones import digits_of

FEWEST_DIGITS, MOST_DIGITS = 9, 12


class WhoTypesForm(Form):
    """The name of who sits before a PC on which several people use one account."""

    name = forms.CharField(
        label=_("Your full name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the person’s full name.")},
    )

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())


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


def told_apart(person):
    """Return name and user name: in a unit of relatives people are namesakes."""
    return f"{person} ({person.username})"


class HandOverForm(OpenAccountForm):
    """Who stops, and who goes on: somebody who acts for the unit already, or a new person."""

    outgoing = forms.ModelChoiceField(
        label=_("Who hands over"),
        queryset=Membership.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Say who hands over.")},
    )
    incoming = forms.ModelChoiceField(
        label=_("Who takes over"),
        queryset=User.objects.none(),
        widget=forms.RadioSelect,
        empty_label=_("A new person, named below"),
        blank=True,
        required=False,
    )
    field_order = ["outgoing", "incoming", "full_name", "phone", "position"]
    mark_optional = False

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, **kwargs)
        acting = Membership.objects.current().filter(organisation=unit, user__is_active=True)
        acting = acting.select_related("user").order_by("user__sort_key", "pk")
        self.fields["outgoing"].queryset = acting
        self.fields["outgoing"].label_from_instance = lambda row: told_apart(row.user)
        people = User.objects.filter(pk__in=acting.values("user")).order_by("sort_key", "pk")
        self.fields["incoming"].queryset = people
        self.fields["incoming"].label_from_instance = told_apart
        # Only a new person needs a name and a number.
        for name in ("full_name", "phone"):
            self.fields[name].required = not self._is_there()

    def _is_there(self):
        return bool(self.data.get(self.add_prefix("incoming")))

    def clean_phone(self):
        return "" if self._is_there() else super().clean_phone()

    def clean(self):
        cleaned = super().clean()
        outgoing, incoming = cleaned.get("outgoing"), cleaned.get("incoming")
        if outgoing and incoming and outgoing.user_id == incoming.pk:
            self.add_error("incoming", _("This is who hands over. Choose somebody else."))
        return cleaned

    def _post_clean(self):
        """Hold a new person to the rules of accounts; one who is there is not written."""
        if not self._is_there():
            super()._post_clean()

    @property
    def next_person(self):
        return self.cleaned_data["incoming"] or self.instance
