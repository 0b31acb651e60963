"""The devices people have signed in from, remembered by a cookie that names nobody.

Guesses at an account are held up wherever they come from. At a device where its own people have
signed in they are counted apart, so that neither neighbours behind the same address nor anybody
elsewhere keeps them out: what OWASP calls device cookies.
"""

import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

from registry.models import User

SALT = "tamky_models.devices"
KEPT = 365 * 24 * 60 * 60
# A PC in a community house; whoever has not signed in there for longest is forgotten.
MOST = 20


def mark_of(request, username):
    """Return what stands for the account on this device, None if it has not signed in there."""
    device, marks = _read(request)
    mark = _mark(device, username)
    return mark if mark in marks else None


def remember(request, response, username):
    """Have the device keep that the account has signed in there."""
    device, marks = _read(request)
    mark = _mark(device, username)
    others = [each for each in marks if each != mark]
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        ".".join([device, mark, *others][: 1 + MOST]),
        salt=SALT,
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request):
    """Return the device's number, a new one if it has none of ours, and the marks it keeps."""
    content = request.get_signed_cookie(
        settings.DEVICE_COOKIE_NAME, default=secrets.token_hex(16), salt=SALT, max_age=KEPT
    )
    device, *marks = content.split(".")
    return device, marks


def _mark(device, username):
    of = f"{device} {User.normalize_username(username)}"
    return salted_hmac(SALT, of, algorithm="sha256").hexdigest()[:24]
