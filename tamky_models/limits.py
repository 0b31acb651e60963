"""How long a request may take: who waits longer has gone, and holds up the others.

Four limits, each behind the one before: PostgreSQL ends a statement and a wait for a lock, the
next statement ends a request whose time is up, an alarm ends one that waits for an answer which
never comes, the application server ends a worker that hangs.
"""

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from time import monotonic

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.shortcuts import render

# Whose work grows with what is asked for; a form that brings files is one of them too.
LONG = frozenset(
    {
        "registry:bulk_confirm",
        "registry:models_csv",
        "registry:models_xlsx",
        "reviews:decision_issue",
        "reviews:seminar_packet",
    }
)
# A monitor is told that the database does not answer, rather than left to wait with it.
READY_SECONDS = 3
# The alarm rings so much after the time is up, and again if what it broke off has swallowed it.
LATER, AGAIN = 1, 5
# What a person takes along as a whole, one at a time; the last two as a table of theirs.
EXPORTS = frozenset(
    {
        "registry:models_csv",
        "registry:models_xlsx",
        "reviews:decision_draft",
        "reviews:seminar_minutes",
        "reviews:seminar_packet",
    }
)
WITH_A_TABLE = frozenset({"registry:board", "registry:statistics"})
AGAIN_AFTER_SECONDS = 10
# What the databases say of a statement or a wait that took too long.
POSTGRESQL_SAYS = {"57014", "55P03"}
SQLITE_SAYS = {"SQLITE_BUSY", "SQLITE_LOCKED"}


class RequestTooLong(OperationalError):
    """The time of the request is up; what it has not finished is taken back."""


class TimeLimit:
    """Ask the database nothing more for a request whose time is up, and do not wait for it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.must_end_at = monotonic() + settings.REQUEST_SECONDS

        def within_time(execute, sql, params, many, context):
            if monotonic() > request.must_end_at:
                raise RequestTooLong("The time of the request is up.")
            return execute(sql, params, many, context)

        late = RequestTooLong("The time of the request is up.")
        with (
            at_most(settings.REQUEST_SECONDS + LATER, late),
            connection.execute_wrapper(within_time),
        ):
            return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.view_name
        if name in LONG or request.content_type == "multipart/form-data":
            seconds = settings.LONG_REQUEST_SECONDS
        elif name == "ready":
            seconds = READY_SECONDS
        else:
            return
        request.must_end_at += seconds - settings.REQUEST_SECONDS
        ring_in(request.must_end_at + LATER - monotonic())


@contextmanager
def at_most(seconds, error):
    """Raise the error in what takes longer, wherever it is, and break the connection it waits on.

    Only a main thread can be woken so: that of a worker of gunicorn, or of a command. What other
    threads do is not limited.
    """
    if not _can_be_woken():
        yield
        return

    def ring(signum, frame):
        hang_up()
        raise error

    begun = monotonic()
    outer = signal.signal(signal.SIGALRM, ring)
    left = ring_in(seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer)
        if left:
            ring_in(left - (monotonic() - begun))


def ring_in(seconds):
    """Set the alarm, where there can be one; return in how many seconds it would have rung."""
    if _can_be_woken():
        return signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), AGAIN)[0]
    return 0


def _can_be_woken():
    return threading.current_thread() is threading.main_thread()


def hang_up():
    """Break the line to the database, so that taking back and closing do not wait for it either.

    Django asks whether a connection still works after an error, finds that it does not, and opens
    another one.
    """
    connection.errors_occurred = True
    if connection.vendor == "postgresql" and connection.connection is not None:
        with suppress(OSError, connection.Database.Error):
            kept = os.dup(connection.connection.fileno())
            with socket.socket(fileno=kept) as line:
                line.shutdown(socket.SHUT_RDWR)


def export_under_way(user):
    """Return under which key of the cache it stands that the person's export is being made."""
    return f"export-{user.pk}"


class OneExportAtATime:
    """Let nobody keep all workers busy with files: a second one waits for the end of the first.

    Outside the limit of time, so that an export whose time is up makes room for the next.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            return self.get_response(request)
        finally:
            if hasattr(request, "export_under_way"):
                cache.delete(request.export_under_way)

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.view_name
        is_export = name in EXPORTS or (name in WITH_A_TABLE and "table" in request.GET)
        if not (is_export and request.user.is_authenticated):
            return None
        key = export_under_way(request.user)
        # A worker that was ended has not said that it has done.
        if cache.add(key, True, settings.LONG_REQUEST_SECONDS):
            request.export_under_way = key
            return None
        context = {"is_export": True}
        response = render(request, "429.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = AGAIN_AFTER_SECONDS
        return response


def is_too_slow(error):
    """Whether the database answered with an error because something took too long."""
    return (
        isinstance(error, RequestTooLong)
        or getattr(error.__cause__, "sqlstate", None) in POSTGRESQL_SAYS
        or getattr(error.__cause__, "sqlite_errorname", None) in SQLITE_SAYS
    )


def limit_statements():
    """Let PostgreSQL end what a process that answers requests asks for and waits for too long.

    By what its library reads when it connects, so that commands, which may take as long as they
    need, are not limited. A connection that does nothing within a transaction is ended as well.
    Nothing is compiled either: that takes a tenth of a second, longer than all a page asks for.
    """
    limits = {
        "statement_timeout": settings.REQUEST_SECONDS,
        "lock_timeout": settings.LOCK_SECONDS,
        "idle_in_transaction_session_timeout": settings.LONG_REQUEST_SECONDS,
    }
    options = ["-c jit=off", *(f"-c {name}={seconds}s" for name, seconds in limits.items())]
    os.environ["PGOPTIONS"] = " ".join([os.environ.get("PGOPTIONS", ""), *options]).strip()
