"""The line to PostgreSQL that a worker keeps between requests."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from tests.databases import address_of

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def seen_from_outside():
    """Yield a function that asks the server about our line to it; None where there is no server."""
    if connection.vendor == "sqlite":
        yield None
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    with psycopg.connect(address_of(connection.settings_dict), autocommit=True) as other:
        yield lambda question: other.execute(question, [ours]).fetchone()[0]


ASKED = "SELECT query_start FROM pg_stat_activity WHERE pid = %s"
ENDED = "SELECT pg_terminate_backend(%s, 5000)"


def test_a_line_that_has_just_answered_is_not_asked_again_and_one_that_has_rested_is():
    with seen_from_outside() as ask:
        if ask is None:
            return  # a file is always there
        assert connection.is_usable()
        asked = ask(ASKED)

        assert connection.is_usable()
        assert ask(ASKED) == asked

        connection.answered_at -= 1
        assert connection.is_usable()
        assert ask(ASKED) > asked


def test_a_line_that_was_ended_is_found_out_also_where_it_has_just_answered():
    with seen_from_outside() as ask:
        if ask is None:
            return
        assert connection.is_usable()
        assert ask(ENDED)

        assert not connection.is_usable()
    connection.close()


def test_a_line_is_asked_again_after_an_error():
    with seen_from_outside() as ask:
        if ask is None:
            return
        assert connection.is_usable()
        asked = ask(ASKED)
        connection.errors_occurred = True

        assert connection.is_usable()
        assert ask(ASKED) > asked
        connection.errors_occurred = False
