"""What a move asks for: a reason, and until when."""

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.days import check_not_over
from registry.forms.base import Form


class SendBackForm(Form):
    reason = forms.CharField(
        label=_("What is missing"),
        help_text=_("The unit reads this as you write it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say what is missing, so that the unit can complete it.")},
    )
    due = forms.DateField(
        label=_("To be completed by"),
        help_text=_("For example 5/6/2026."),
        required=False,
        widget=forms.DateInput(attrs={"class": "govuk-input--width-10"}),
    )

    def clean_due(self):
        due = self.cleaned_data["due"]
        if due is not None:
            check_not_over(due)
        return due


class RefuseForm(Form):
    reason = forms.CharField(
        label=_("Why it is not accepted"),
        help_text=_("The unit reads this as you write it."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say why it is not accepted.")},
    )
