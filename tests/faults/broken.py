"""The application as in production, with one thing broken that ``FAULT`` names.

The faults are put in from outside, here: the register itself has no switch for them. A crash
comes once, where the file that ``FAULT_ONCE`` names is there to be taken away.
"""

import os
from contextlib import suppress
from pathlib import Path

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.db import connection, transaction  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from registry.storage import PrivateStorage  # noqa: E402
from registry.views import registration  # noqa: E402


def crash_once():
    with suppress(FileNotFoundError):
        Path(os.environ["FAULT_ONCE"]).unlink()
        os._exit(70)


def crash_after(function):
    def wrapped(*args, **kwargs):
        result = function(*args, **kwargs)
        crash_once()
        return result

    return wrapped


def crash_before(function):
    def wrapped(*args, **kwargs):
        crash_once()
        return function(*args, **kwargs)

    return wrapped


def no_lock():
    """Take away what lets one writer at a time look and then write.

    On PostgreSQL that is the lock of the row, on SQLite the transaction, which takes the lock
    of the whole file when it begins.
    """
    QuerySet.select_for_update = lambda self, *args, **kwargs: self.all()
    if connection.vendor == "sqlite":
        transaction.Atomic.__enter__ = lambda self: None
        transaction.Atomic.__exit__ = lambda self, *error: None


def crash_between_file_and_commit():
    PrivateStorage.save = crash_after(PrivateStorage.save)


def crash_between_commit_and_answer():
    registration.answer = crash_before(registration.answer)


{
    "no lock": no_lock,
    "crash between file and commit": crash_between_file_and_commit,
    "crash between commit and answer": crash_between_commit_and_answer,
}[os.environ["FAULT"]]()
