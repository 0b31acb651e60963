"""The demo: everything to look at, accounts to look at it with, and never in production."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from registry.models import User
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


@pytest.mark.look
def test_it_names_the_address_at_which_the_server_will_be(developing):
    assert "http://127.0.0.1:8000/ " in demo()
    assert "http://127.0.0.1:8777/ " in demo(port=8777)


def test_a_second_run_changes_nothing_but_the_password(developing):
    first = password_in(demo())
    before = rows()

    second = password_in(demo())

    assert rows() == before
    assert first != second
    person = User.objects.get(username="donvi")
    assert person.check_password(second)
    assert not person.check_password(first)


def test_a_run_that_fails_leaves_no_picture_behind(developing, monkeypatch, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path

    def fail(self):
        raise CommandError("no password")

    monkeypatch.setattr(Command, "_give_password", fail)
    with pytest.raises(CommandError, match="no password"):
        demo()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.look
def test_the_password_may_be_given(developing, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "mat-khau-cua-toi")

    assert password_in(demo()) == "mat-khau-cua-toi"
    assert User.objects.get(username="tonghop").check_password("mat-khau-cua-toi")


def test_it_leaves_an_account_of_somebody_else_alone(developing):
    UserFactory(username="quantri")

    with pytest.raises(CommandError, match="quantri"):
        demo()
