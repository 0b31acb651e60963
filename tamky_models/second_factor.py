"""The second factor: an app's code, a security key, or a recovery code, beside the password.

Who must have one is a setting, ``MFA_REQUIRED_ROLES``. Clerk and administrator: they read every
draft and every contact, and write on anybody's behalf. The panel is offered one. Units are not
asked: their people are often over 60, share an old PC, and reach no more than their own unit's
papers; a second factor that is lost means a unit that does not register at all. What protects
them instead: accounts are opened by name, every sign-in is on record, guessing is held up.
"""

import base64
import hashlib
from contextlib import contextmanager

from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm as LibraryAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as LibraryReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm as LibraryGenerateForm
from allauth.mfa.totp.forms import ActivateTOTPForm as LibraryActivateForm
from allauth.mfa.totp.forms import DeactivateTOTPForm as LibraryDeactivateForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm as LibraryAddKeyForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as LibraryKeyForm
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as LibraryKeyAgainForm
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import sessions
from registry.access import led_away
from registry.forms.base import FormLook
from registry.models import SecurityEvent

Kind = SecurityEvent.Kind
# In the session: the account for which it was opened with a second factor.
PASSED = "second_factor"
WRONG = gettext_lazy("This code is not right. Wait for the next one and type it again.")
CODE = gettext_lazy("Code of 6 digits")


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG,
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes stand in for a phone or a key: set one of these up first."
        ),
    }

    def get_totp_issuer(self):
        return settings.COMMITTEE_NAME

    def _get_site_name(self):
        return settings.COMMITTEE_NAME

    def generate_authenticator_name(self, user, type):  # noqa: A002
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Key %(number)s") % {"number": number}

    # A copy of the database alone must not be enough to make somebody's codes.

    def encrypt(self, text):
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        """Return the secret; where it cannot be read any more, one that fits no code."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return generate_totp_secret()


def _cipher():
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest()))
        for key in keys
    )


# --- Forms ------------------------------------------------------------------------------------


class CodeLook(FormLook):
    """A field for a code, read from a phone and typed once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = self.label
        self.fields["code"].error_messages["required"] = _("Type the code.")
        self.fields["code"].widget = forms.TextInput(
            attrs={
                "class": "govuk-input--width-10",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        )


class UsedOnce:
    """A code of the app opens one door once, as long as it would be good for."""

    def clean_code(self):
        code = super().clean_code()
        authenticator = getattr(self, "authenticator", None)
        if authenticator is None or authenticator.type == Authenticator.Type.TOTP:
            digits = hashlib.sha256(f"{self.user.pk} {''.join(code.split())}".encode()).hexdigest()
            good_for = settings.MFA_TOTP_TOLERANCE * 2 + 1
            if not cache.add(f"totp-used-{digits}", 1, 30 * good_for):
                raise forms.ValidationError(WRONG, code="incorrect_code")
        return code


class AuthenticateForm(CodeLook, UsedOnce, LibraryAuthenticateForm):
    label = gettext_lazy("Code of the app, or a recovery code")


class ReauthenticateForm(CodeLook, UsedOnce, LibraryReauthenticateForm):
    label = AuthenticateForm.label


class ActivateTOTPForm(CodeLook, UsedOnce, LibraryActivateForm):
    label = CODE


class DeactivateTOTPForm(FormLook, LibraryDeactivateForm):
    pass


class GenerateRecoveryCodesForm(FormLook, LibraryGenerateForm):
    pass


class KeyField(forms.JSONField):
    """What a key says; never shown again, and never an error of ours."""

    widget = forms.HiddenInput

    def to_python(self, value):
        with what_no_key_says_is_refused():
            return super().to_python(value)

    def bound_data(self, data, initial):
        return None


@contextmanager
def what_no_key_says_is_refused():
    """Answer what only a forger sends with a message; the library falls over some of it."""
    try:
        yield
    except forms.ValidationError:
        raise
    except Exception as error:
        raise forms.ValidationError(WRONG, code="incorrect_code") from error


class KeyForm(FormLook, LibraryKeyForm):
    credential = KeyField()

    def clean_credential(self):
        with what_no_key_says_is_refused():
            return super().clean_credential()


class KeyAgainForm(FormLook, LibraryKeyAgainForm):
    credential = KeyField()

    def clean_credential(self):
        with what_no_key_says_is_refused():
            return super().clean_credential()


class AddKeyForm(FormLook, LibraryAddKeyForm):
    credential = KeyField()

    def clean(self):
        with what_no_key_says_is_refused():
            return super().clean()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
        self.fields["name"].max_length = 60


# --- Who passes -------------------------------------------------------------------------------


class SecondFactorFirst:
    """Middleware: who must have a second factor gets nowhere without, the administration included.

    A session that was stolen, or opened with the password alone, leads to the set-up, or, where
    the account has a factor already, to the question for it.
    """

    OPEN = frozenset(
        {
            "account_logout",
            "account_reauthenticate",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "favicon",
            "set_language",
            "text_size",
            "live",
            "ready",
        }
    )

    # While there is no factor: to whoever cannot show the one there is, these are closed too.
    SET_UP = frozenset({"mfa_index", "mfa_activate_totp", "mfa_add_webauthn"})

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name, user = request.resolver_match.view_name, request.user
        if name in self.OPEN or not settings.MFA_REQUIRED_ROLES or not user.is_authenticated:
            return None
        if has_passed(request) or not user.must_have_second_factor:
            return None
        if user.must_change_password and name == "account_change_password":
            return None
        if not user.authenticator_set.exists():
            return None if name in self.SET_UP else led_away(request, reverse("mfa_index"))
        return led_away(request, reverse("mfa_reauthenticate"), request.get_full_path())


def has_passed(request):
    """Whether this session was opened, or set up, with a second factor."""
    return request.session.get(PASSED) == request.user.pk


# --- On record --------------------------------------------------------------------------------


def connect():
    """Listen to what the library says; called once, when the app is ready."""
    for signal, receiver in (
        (signals.authenticator_used, used),
        (signals.authenticator_added, added),
        (signals.authenticator_removed, removed),
        (signals.authenticator_reset, renewed),
        (signals.authentication_failed, failed),
    ):
        signal.connect(receiver, dispatch_uid=f"second factor {receiver.__name__}")


def used(sender, request, user, authenticator, **kwargs):
    request.session[PASSED] = user.pk
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        SecurityEvent.record(Kind.CODE_USED, user=user)


def added(sender, request, user, authenticator, **kwargs):
    request.session[PASSED] = user.pk
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        SecurityEvent.record(Kind.FACTOR_ADDED, user=user, about=authenticator.type)
        sessions.end_all(user, request=request, about=Kind.FACTOR_ADDED.label)


def removed(sender, request, user, authenticator, **kwargs):
    if not user.authenticator_set.exists():
        request.session.pop(PASSED, None)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        SecurityEvent.record(Kind.FACTOR_REMOVED, user=user, about=authenticator.type)
        sessions.end_all(user, request=request, about=Kind.FACTOR_REMOVED.label)


def renewed(sender, user, **kwargs):
    SecurityEvent.record(Kind.CODES_RENEWED, user=user)


def failed(sender, user, **kwargs):
    SecurityEvent.record(Kind.FACTOR_FAILED, user=user)
