"""How people sign in: with an account that somebody opened for them."""

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter

from registry.forms.base import FormLook


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Return False: accounts are opened by an administrator."""
        return False


class LoginForm(FormLook, forms.LoginForm):
    def clean_login(self):
        """Ignore the spaces and dots people write into a phone number: ``0905 123 456``."""
        login = super().clean_login()
        digits = "".join(login.split()).replace(".", "")
        return digits if digits.isdigit() else login


class ChangePasswordForm(FormLook, forms.ChangePasswordForm):
    pass


class ReauthenticateForm(FormLook, forms.ReauthenticateForm):
    pass


class ResetPasswordKeyForm(FormLook, forms.ResetPasswordKeyForm):
    pass
