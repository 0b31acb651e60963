"""Signing in and out, on record: what django-allauth and Django say of it becomes an event."""

from allauth.account import signals as account
from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache

from registry.models import SecurityEvent

Kind = SecurityEvent.Kind
# While somebody is held up each further attempt says nothing new, and must not fill the table.
HELD_UP_IS_SAID_EVERY = 5 * 60


def connect():
    """Listen; called once, when the app is ready."""
    account.user_logged_in.connect(signed_in, dispatch_uid="record sign-in")
    user_logged_out.connect(signed_out, dispatch_uid="record sign-out")
    for signal in (account.password_changed, account.password_set):
        signal.connect(password_changed, dispatch_uid="record password")


def signed_in(sender, user, **kwargs):
    SecurityEvent.record(Kind.SIGNED_IN, user=user)


def signed_out(sender, user, **kwargs):
    if user is not None:
        SecurityEvent.record(Kind.SIGNED_OUT, user=user)


def password_changed(sender, user, **kwargs):
    SecurityEvent.record(Kind.PASSWORD_CHANGED, user=user)


def sign_in_failed(username):
    """Write down the name that was tried; what was typed as a password is nowhere."""
    SecurityEvent.record(Kind.SIGN_IN_FAILED, username=username)


def held_up(username, address):
    """Write down that more attempts are not even looked at, of an address once in a while.

    Whatever names are tried: there is no end of them.
    """
    if cache.add(f"held-up-{address}", 1, HELD_UP_IS_SAID_EVERY):
        SecurityEvent.record(Kind.THROTTLED, username=username)
