"""What needs the registrar, on the start page: numbers that lead to lists of just so many."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import (
    Field,
    Indicator,
    Mail,
    Movement,
    Organisation,
    PracticeModel,
    Role,
    User,
)
from reviews.models import Decision, Scan
from tests import factories

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def registrar(client):
    user = factories.AdminFactory()
    client.force_login(user)
    return user


def role(name):
    return Group.objects.get(name=name)


def test_each_number_leads_to_a_list_of_so_many(client, registrar):
    factories.UserFactory.create_batch(2)
    User.objects.create_user("0905000000", "Không đơn vị").groups.add(role(Role.UNIT))
    ward = factories.OrganisationFactory(valid_until=YESTERDAY)
    cell = factories.CellFactory(parent=ward)
    left = factories.running(organisation=cell)
    Organisation.objects.filter(pk=cell.pk).update(valid_until=YESTERDAY)
    factories.CellFactory(parent=ward)
    factories.FieldFactory()
    decision = factories.issued(None, factories.running(), by=factories.ClerkFactory())
    decision.publish(by=factories.ClerkFactory())
    Mail.objects.create(
        move=left.moves.first(), to="a@example.vn", subject="Thử", body="Thử", attempts=5
    )

    call_command("report_failure", "tamky-models-backup")
    call_command("report_failure", "tamky-models-backup")  # which the list then has once

    needs = client.get(reverse("admin:index")).context["needs"]

    assert len(needs) == 12
    for need in needs:
        changelist = client.get(need["url"]).context["cl"]
        assert changelist.result_count == need["number"] > 0, need["url"]
        assert client.get(need["url"]).status_code == 200
    assert list(PracticeModel.objects.left_by_their_unit()) == [left]


def test_with_nothing_to_see_to_the_page_says_so(client, registrar):
    Field.objects.update(is_active=False)
    Movement.objects.update(is_active=False)
    Indicator.objects.update(is_active=False)
    registrar.refresh_from_db()
    assert registrar.last_login

    page = client.get(reverse("admin:index"))

    assertContains(page, "Hiện không có việc nào cần quản trị viên.")
    assertNotContains(client.get("/admin/registry/"), "Việc cần quản trị viên")


def test_the_start_page_asks_as_often_however_much_waits(client, registrar):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("admin:index"))
        return len(captured)

    factories.UserFactory(is_active=True)
    few = queries()
    factories.UserFactory.create_batch(20)
    factories.CellFactory.create_batch(20)

    assert queries() == few <= 25


# --- Who is counted -------------------------------------------------------------------------------


def test_an_account_without_a_role_is_open_and_has_no_group():
    bare = factories.UserFactory()
    factories.UserFactory(is_active=False)
    factories.ClerkFactory()
    User.objects.create_superuser("root", "Gốc")

    assert list(User.objects.without_role()) == [bare]


def test_an_account_of_a_unit_acts_for_none_once_its_membership_is_over():
    kept, over = factories.UnitUserFactory(), factories.UnitUserFactory()
    over.memberships.update(until=YESTERDAY)
    soon = factories.UnitUserFactory()
    soon.memberships.update(since=timezone.localdate() + timedelta(days=3))
    factories.ClerkFactory()

    assert list(User.objects.without_unit()) == [over]
    assert kept.memberships.current().exists()


def test_who_has_signed_in_once_is_not_asked_after(client):
    never, once = factories.UserFactory(), factories.UserFactory()
    factories.UserFactory(is_active=False)
    client.force_login(once)

    assert list(User.objects.never_signed_in()) == [never]


def test_a_unit_has_no_account_when_all_who_acted_for_it_are_gone():
    with_one = factories.UnitUserFactory().memberships.get().organisation
    gone = factories.UnitUserFactory()
    gone.is_active = False
    gone.save()
    factories.CellFactory(valid_until=YESTERDAY)
    factories.OrganisationFactory(kind=Organisation.Kind.COMMITTEE)

    without = Organisation.objects.without_account()

    assert gone.memberships.get().organisation in without
    assert with_one not in without
    assert not without.filter(valid_until=YESTERDAY).exists()
    assert not without.filter(kind=Organisation.Kind.COMMITTEE).exists()


def test_a_unit_below_an_ended_one_is_found_while_it_exists():
    ended = factories.OrganisationFactory(valid_until=YESTERDAY)
    below = factories.CellFactory(parent=ended)
    factories.CellFactory(parent=ended, valid_until=YESTERDAY)
    factories.CellFactory()

    assert list(Organisation.objects.below_an_ended_one()) == [below]


def test_an_entry_is_used_by_what_was_entered_under_it():
    model = factories.running()
    outcome = factories.OutcomeFactory(enrolment=model.enrolments.get())
    movement, other = factories.MovementFactory(), factories.MovementFactory()
    model.movements.add(movement)

    assert model.field not in Field.objects.unused()
    assert outcome.indicator not in Indicator.objects.unused()
    assert movement not in Movement.objects.unused()
    assert other in Movement.objects.unused()
    Movement.objects.filter(pk=other.pk).update(is_active=False)
    assert other not in Movement.objects.unused()


def test_a_closed_model_of_an_ended_unit_needs_nobody():
    models = [factories.running() for _ in range(3)]
    units = [model.organisation for model in models[:2]]
    models[0].close_with_unit(by=factories.ClerkFactory(), reason="Giải thể.")
    Organisation.objects.filter(pk__in=[unit.pk for unit in units]).update(valid_until=YESTERDAY)

    assert list(PracticeModel.objects.left_by_their_unit()) == [models[1]]


def test_a_published_paper_lacks_a_scan_until_it_has_one():
    clerk = factories.ClerkFactory()
    unpublished, published = (
        factories.issued(None, factories.running(), by=clerk) for _ in range(2)
    )
    published.publish(by=clerk)
    assert list(Decision.objects.without_scan()) == [published]

    Scan(
        decision=published, file="a.jpg", original_name="a.jpg", content_type="image/jpeg",
        size=1, sha256="0" * 64, added_by=clerk,
    ).save_by(clerk)  # fmt: skip

    assert not Decision.objects.without_scan().exists()
    assert not unpublished.scans.exists()
