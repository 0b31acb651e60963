"""Django's PostgreSQL, but that a kept connection has a moment to say that it still works."""

import select
from time import monotonic

from django.db.backends.postgresql import base

from tamky_models.limits import at_most

ANSWER_SECONDS = 2
# So long one answer stands for the next, as long as nothing has gone wrong or been sent meanwhile:
# a server that goes says goodbye, and one that has gone silent is met within this time.
ANSWERED_FOR_SECONDS = 0.5


class DatabaseWrapper(base.DatabaseWrapper):
    answered_at = float("-inf")

    def is_usable(self):
        """Say no also of a server that has the question and does not answer, or never got it."""
        if self._has_just_answered():
            return True
        slow = self.Database.OperationalError(f"no answer within {ANSWER_SECONDS} s")
        with at_most(ANSWER_SECONDS, slow):
            is_usable = super().is_usable()
        self.answered_at = monotonic() if is_usable else float("-inf")
        return is_usable

    def _has_just_answered(self):
        is_recent = monotonic() - self.answered_at < ANSWERED_FOR_SECONDS
        line = self.connection
        return (
            is_recent and not self.errors_occurred and line and not line.closed and _is_quiet(line)
        )


def _is_quiet(line):
    """Whether nothing has come that was not asked for: most of all not the line's end."""
    look = select.poll()
    look.register(line.fileno(), select.POLLIN)
    return not look.poll(0)
