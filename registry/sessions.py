"""Sessions: how long they last, who has which, and how they are ended.

A session ends when nobody has used it for a while, when it is old, and when its account gets
another password, other rights, another second factor or is switched off.
"""

import time

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import SecurityEvent

# Written when they are this old, not with every request.
SEEN_IS_KEPT_EVERY = 5 * 60
# Asking for the password again is no use of the register, nor is what a machine asks for.
NO_USE = frozenset(
    {
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "live",
        "ready",
    }
)
SHOWN = 20
# The first that is found in what the browser says of itself; some name their forebears too.
BROWSERS = (
    ("coc_coc_browser", "Cốc Cốc"),
    ("Zalo", "Zalo"),
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def connect():
    """Listen; called once, when the app is ready."""
    user_logged_in.connect(begin, dispatch_uid="begin session")


def begin(sender, request, user, **kwargs):
    """Keep in the session when it began."""
    request.session["began"] = request.session["seen"] = int(time.time())


class SessionLimits:
    """Middleware: end a session that is too old or was left alone; note, rarely, that it is used.

    Before the sign-in is asked for, so that what a form brings too late is kept for its writer.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if SESSION_KEY in request.session and is_over(request.session):
            request.session.flush()
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.resolver_match.view_name in NO_USE:
            return
        seen, now = request.session.get("seen"), int(time.time())
        if seen is not None and now - seen >= SEEN_IS_KEPT_EVERY:
            request.session["seen"] = now
            rows = UserSession.objects.filter(session_key=request.session.session_key)
            rows.update(last_seen_at=timezone.now())


def is_over(session):
    """Whether the session has come to one of its limits; one without a beginning has."""
    now = time.time()
    return (
        now - session.get("began", 0) >= settings.SESSION_MOST_SECONDS
        or now - session.get("seen", 0) >= settings.SESSION_IDLE_SECONDS
    )


def of_user(user):
    """Return the rows of sessions that are open, newest first; let go of the others."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    stored = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    token = user.get_session_auth_hash()
    for each in stored:
        content = each.get_decoded()
        if content.get(HASH_SESSION_KEY) == token and not is_over(content):
            rows[each.session_key].is_open = True
    over = [row.pk for row in rows.values() if not hasattr(row, "is_open")]
    if over:
        UserSession.objects.filter(pk__in=over).delete()
    is_open = [row for row in rows.values() if row.pk not in over]
    return sorted(is_open, key=lambda row: row.last_seen_at, reverse=True)


def end_all(user, *, request=None, about=""):
    """End every session of the account but the one that asks for it, if it is the account's."""
    user.end_sessions()
    if request is not None and request.user.pk == user.pk:
        # Compared with the request's own copy, which must know of the new beginning.
        request.user.sessions_ended_at = user.sessions_ended_at
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
    SecurityEvent.record(SecurityEvent.Kind.SESSIONS_ENDED, user=user, about=about)


def end_one(row):
    """End the session of the row, which is one of :func:`of_user`."""
    row.end()
    SecurityEvent.record(
        SecurityEvent.Kind.SESSIONS_ENDED, user=row.user, about=device_of(row.user_agent)
    )


def device_of(user_agent):
    """Return what a person would call the device: „Chrome – Windows“."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), None)
    device = next((name for mark, name in DEVICES if mark in user_agent), None)
    return " – ".join(filter(None, [browser, device])) or _("A device that does not say its name")
