"""How long a request may take: who waits longer has gone, and holds up the others.

Three limits, each behind the one before: PostgreSQL ends a statement and a wait for a lock, the
next statement ends a request whose time is up, the application server ends a worker that hangs.
"""

import os
from time import monotonic

from django.conf import settings
from django.db import OperationalError, connection

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
# What the databases say of a statement or a wait that took too long.
POSTGRESQL_SAYS = {"57014", "55P03"}
SQLITE_SAYS = {"SQLITE_BUSY", "SQLITE_LOCKED"}


class RequestTooLong(OperationalError):
    """The time of the request is up; what it has not finished is taken back."""


class TimeLimit:
    """Ask the database nothing more for a request whose time is up."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.must_end_at = monotonic() + settings.REQUEST_SECONDS

        def within_time(execute, sql, params, many, context):
            if monotonic() > request.must_end_at:
                raise RequestTooLong("The time of the request is up.")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(within_time):
            return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        is_long = request.resolver_match.view_name in LONG
        if is_long or request.content_type == "multipart/form-data":
            request.must_end_at += settings.LONG_REQUEST_SECONDS - settings.REQUEST_SECONDS


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
    """
    limits = {
        "statement_timeout": settings.REQUEST_SECONDS,
        "lock_timeout": settings.LOCK_SECONDS,
        "idle_in_transaction_session_timeout": settings.LONG_REQUEST_SECONDS,
    }
    options = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    os.environ["PGOPTIONS"] = f"{os.environ.get('PGOPTIONS', '')} {options}".strip()
