"""Django's PostgreSQL, but that a kept connection has a moment to say that it still works."""

from django.db.backends.postgresql import base

from tamky_models.limits import at_most

ANSWER_SECONDS = 2


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self):
        """Say no also of a server that has the question and does not answer, or never got it."""
        slow = self.Database.OperationalError(f"no answer within {ANSWER_SECONDS} s")
        with at_most(ANSWER_SECONDS, slow):
            return super().is_usable()
