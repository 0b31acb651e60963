"""The demo: everything to look at, accounts to look at it with, and never in production."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from reviews.management.commands.demo import Command
from tests.counting import rows
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def developing(settings, monkeypatch):
    settings.DEBUG = settings.PUBLIC_CATALOGUE = True
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)


def demo(**options):
    """Run the demo on a small sample; return what it printed."""
    out = io.StringIO()
    call_command("demo", models=30, stdout=out, **options)
    return out.getvalue()


def password_in(printed):
    return re.search(r"Password of every account: (\S+)", printed)[1]


def test_it_refuses_outside_debug_and_writes_nothing():
    before = rows()

    with pytest.raises(CommandError, match="DEBUG"):
        demo()

    assert rows() == before


def test_a_run_that_fails_leaves_no_picture_behind(developing, monkeypatch, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path

    def fail(self):
        raise CommandError("no password")

    monkeypatch.setattr(Command, "_give_password", fail)
    with pytest.raises(CommandError, match="no password"):
        demo()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_it_leaves_an_account_of_somebody_else_alone(developing):
    UserFactory(username="quantri")

    with pytest.raises(CommandError, match="quantri"):
        demo()
