"""The demo: everything to look at, accounts to look at it with, and never in production."""

import io
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command

from registry.models import Organisation, PracticeModel, User
from reviews.models import AgendaItem, Seminar
from tests.counting import rows
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ACCOUNTS = {
    "donvi": "Đơn vị",
    "dangbo": "Đơn vị",
    "thamdinh1": "Tổ thẩm định",
    "thamdinh2": "Tổ thẩm định",
    "thamdinh3": "Tổ thẩm định",
    "thamdinh4": "Tổ thẩm định",
    "tonghop": "Chuyên viên tổng hợp",
    "quantri": "Quản trị",
}


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


def test_it_names_the_address_at_which_the_server_will_be(developing):
    assert "http://127.0.0.1:8000/ " in demo()
    assert "http://127.0.0.1:8777/ " in demo(port=8777)


def test_it_prints_accounts_that_are_there_with_their_roles(developing):
    printed = demo()

    password = password_in(printed)
    for username, role in ACCOUNTS.items():
        person = User.objects.get(username=username)
        assert username in printed
        assert person.roles == {role}
        assert person.check_password(password)
    assert set(User.objects.filter(is_staff=True)) == {User.objects.get(username="quantri")}


def test_its_people_have_something_to_do(developing):
    demo()

    unit, ward = (User.objects.get(username=name) for name in ("donvi", "dangbo"))
    cell = Organisation.objects.acted_for_by(unit).get()
    assert cell.is_cell
    assert cell.parent in Organisation.objects.acted_for_by(ward)
    assert {"draft", "returned", "submitted", "running"} <= set(
        PracticeModel.objects.own_of(unit).values_list("status", flat=True)
    )
    member = User.objects.get(username="thamdinh4")
    before_the_panel = AgendaItem.objects.filter(seminar__in=Seminar.objects.judged_by(member))
    assert before_the_panel.filter(recusals__member__user=member).exists()


def test_the_models_of_2023_are_in_its_open_catalogue_under_the_first_codes(developing):
    demo()

    shown = PracticeModel.objects.visible_to(AnonymousUser()).filter(origin="old_register")
    assert [model.code for model in shown.order_by("code")] == [
        f"MH-2023-000{number}" for number in range(1, 8)
    ]


def test_a_second_run_changes_nothing_but_the_password(developing):
    first = password_in(demo())
    before = rows()

    second = password_in(demo())

    assert rows() == before
    assert first != second
    person = User.objects.get(username="donvi")
    assert person.check_password(second)
    assert not person.check_password(first)


def test_the_password_may_be_given(developing, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "mat-khau-cua-toi")

    assert password_in(demo()) == "mat-khau-cua-toi"
    assert User.objects.get(username="tonghop").check_password("mat-khau-cua-toi")


def test_it_leaves_an_account_of_somebody_else_alone(developing):
    UserFactory(username="quantri")

    with pytest.raises(CommandError, match="quantri"):
        demo()
