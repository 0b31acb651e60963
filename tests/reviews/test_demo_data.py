"""The demo, looked at and run again."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import override_settings

from registry.files import small_picture
from registry.invariants import files_that_are_gone
from registry.models import Evidence, Organisation, PracticeModel, User, Verdict
from registry.views.organisations import BRANCHES
from reviews.models import AgendaItem, Seminar
from reviews.sample import pictures
from tests.counting import rows
from tests.reviews.test_demo import demo, password_in

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


@pytest.fixture(scope="module")
def printed(django_db_setup, django_db_blocker):
    """What it printed, once for them all; in a module of their own, as it is there till the end."""
    with (
        override_settings(DEBUG=True, PUBLIC_CATALOGUE=True),
        pytest.MonkeyPatch.context() as environment,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        environment.delenv("DEMO_PASSWORD", raising=False)
        yield demo()
        transaction.set_rollback(True)


def test_it_prints_accounts_that_are_there_with_their_roles(printed):
    password = password_in(printed)
    for username, role in ACCOUNTS.items():
        person = User.objects.get(username=username)
        assert username in printed
        assert person.roles == {role}
        assert person.check_password(password)
    assert set(User.objects.filter(is_staff=True)) == {User.objects.get(username="quantri")}


def test_a_second_run_changes_nothing_but_the_password(printed):
    first = password_in(printed)
    before = rows()

    second = password_in(demo())

    assert rows() == before
    assert first != second
    person = User.objects.get(username="donvi")
    assert person.check_password(second)
    assert not person.check_password(first)


def test_the_password_may_be_given(printed, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "mat-khau-cua-toi")

    assert password_in(demo()) == "mat-khau-cua-toi"
    assert User.objects.get(username="tonghop").check_password("mat-khau-cua-toi")


def test_it_names_the_address_at_which_the_server_will_be(printed):
    assert "http://127.0.0.1:8000/ " in printed
    assert "http://127.0.0.1:8777/ " in demo(port=8777)


def test_its_people_have_something_to_do(printed):
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


def test_the_models_of_2023_are_in_its_open_catalogue_under_the_first_codes(printed):
    shown = PracticeModel.objects.visible_to(AnonymousUser()).filter(origin="old_register")
    assert [model.code for model in shown.order_by("code")] == [
        f"MH-2023-000{number}" for number in range(1, 8)
    ]


def test_the_models_that_are_looked_at_first_have_pictures_that_say_they_are_drawn(printed):
    replicated = PracticeModel.objects.visible_to(AnonymousUser()).running()
    shown = replicated.filter(verdict=Verdict.REPLICATE).order_by("sort_key", "pk")
    first_ballots = [
        member.ballots.filter(handed_in_at=None).order_by("item__position").first()
        for member in Seminar.objects.get(state="open").members.filter(user__isnull=False)
    ]
    judged = [ballot.item.model for ballot in first_ballots if ballot]
    assert shown.exists()
    assert judged

    for model in [shown[0], *judged]:
        assert 1 <= model.evidence.count() <= 3
    for evidence in Evidence.objects.all():
        assert evidence.caption.startswith("Ảnh mẫu")
        assert (evidence.width, evidence.height) == pictures.SIZE
        assert evidence.size < 20_000
        assert small_picture(evidence.file)
    assert list(files_that_are_gone()) == []


def test_its_lists_of_units_begin_with_the_sample(printed):
    is_sample = [unit.is_sample for unit in Organisation.objects.order_by(*BRANCHES)]
    assert is_sample == sorted(is_sample, reverse=True)
    assert set(is_sample) == {True, False}
