"""How people sign in: with an account that somebody opened for them."""

import time

from allauth.account import app_settings, forms, views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry import signing
from registry.access import refusals_lead_to
from registry.forms.base import FormLook
from registry.models import DraftBuffer, User
from tamky_models import devices


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Return False: accounts are opened by an administrator."""
        return False

    def is_safe_url(self, url):
        """Refuse what is no address at all, on which the library falls over: ``//[``."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def pre_login(self, request, user, **kwargs):
        """Let nobody in by a slip that is too old; the reason may be said to who has it."""
        by_directory = "sociallogin" in (kwargs.get("signal_kwargs") or {})
        if user.has_an_old_slip and not by_directory:
            signing.sign_in_failed(user.username)
            messages.error(
                request,
                _("The password on this slip is too old. Ask for a new one; your work is kept."),
            )
            return redirect("account_login")
        return super().pre_login(request, user, **kwargs)

    def login(self, request, user):
        """Sign in, and keep in the session when the person was here before."""
        before = user.last_login
        super().login(request, user)
        if before is not None:
            request.session["last_here"] = before.isoformat()

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user.username)
        return response

    def pre_authenticate(self, request, **credentials):
        """Look at no more attempts than the limits allow; put on record who is held up.

        Counted by the name alone: the library adds the host, whose port a visitor may choose. On
        a device of the account's own, by that, and whatever comes from the same address.
        """
        name = credentials.get("username", "")
        mark = devices.mark_of(request, name)
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed_here" if mark else "login_failed",
            key=mark or User.normalize_username(name),
        )
        if not self._login_failed_rl_usage:
            signing.held_up(name, ratelimit.get_ip(request))
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request, **credentials):
        signing.sign_in_failed(credentials.get("username", ""))

    def is_reauthentication_required(self, *, app, **kwargs):
        """Ask for the password again, unless it was typed a moment ago to sign in."""
        request = context.request
        typed = [each["at"] for each in get_authentication_records(request, request.user)]
        fresh = bool(typed) and time.time() - max(typed) < app_settings.REAUTHENTICATION_TIMEOUT
        return not fresh and super().is_reauthentication_required(app=app, **kwargs)

    def set_password(self, user, password):
        """Store what the person has chosen; the library would write all it has read long ago."""
        with refusals_lead_to(reverse("account_change_password")):
            user.choose_password(password)

    def get_password_change_redirect_url(self, request):
        return reverse("home")


class LoginView(views.LoginView):
    def get_context_data(self, **kwargs):
        """Say also whether words are kept that are given back behind this page."""
        context = super().get_context_data(**kwargs)
        then = context["redirect_field_value"] or ""
        kept = DraftBuffer.objects.unsaved().at(then).exists()
        return context | {"words_are_kept": kept}


class LoginForm(FormLook, forms.LoginForm):
    def clean_login(self):
        """Ignore the spaces and dots people write into a phone number: ``0905 123 456``."""
        login = super().clean_login()
        digits = "".join(login.split()).replace(".", "")
        return digits if digits.isdigit() else login


class ChangePasswordForm(FormLook, forms.ChangePasswordForm):
    def clean_password1(self):
        """Refuse the password of the slip again: others have seen it."""
        password = self.cleaned_data["password1"]
        if self.user.must_change_password and self.user.check_password(password):
            raise ValidationError(_("Choose another password than the one on the slip."))
        return password


class ReauthenticateForm(FormLook, forms.ReauthenticateForm):
    pass


class ResetPasswordKeyForm(FormLook, forms.ResetPasswordKeyForm):
    pass
