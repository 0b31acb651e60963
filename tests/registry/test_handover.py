"""A unit goes from one person to the next: the work stays, the account does not follow."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Handover, Membership, MoveRefused, Role, SecurityEvent, User
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

Kind = SecurityEvent.Kind


@pytest.fixture
def ward():
    return factories.OrganisationFactory(parent=factories.CommitteeFactory())


@pytest.fixture
def cell(ward):
    return factories.CellFactory(parent=ward)


@pytest.fixture
def old(cell):
    """Who has acted for the cell for a year."""
    person = factories.UnitUserFactory(full_name="Trần Thử Cũ", organisation=cell)
    person.memberships.update(since=timezone.localdate() - timedelta(days=365))
    return person


@pytest.fixture
def leader(client, ward):
    """A member of the ward's committee, signed in."""
    person = factories.UnitUserFactory(organisation=ward)
    client.force_login(person)
    return person


def hand_over(client, unit, membership, token=None, **fields):
    address = reverse("registry:hand_over", args=[unit.pk])
    sent = {"full_name": "Lê Thị Thử Mới", "phone": "0905 777 888", "position": "Bí thư"}
    return client.post(
        address, {"token": token or uuid4(), "outgoing": membership.pk} | sent | fields
    )


def acts_for(unit):
    current = Membership.objects.current().filter(organisation=unit, user__is_active=True)
    return {row.user for row in current}


def sign_in(client, name, password=PASSWORD):
    client.post(reverse("account_login"), {"login": name, "password": password})
    return "_auth_user_id" in client.session


# --- To a new person ------------------------------------------------------------------------------


def test_the_next_person_gets_a_slip_and_the_one_before_is_out_at_once(client, leader, old, cell):
    model = factories.PracticeModelFactory(organisation=cell, name="Đường hoa")
    theirs = type(client)()
    theirs.force_login(old)

    slip = hand_over(client, cell, old.memberships.get())

    new = User.objects.get(username="0905777888")
    assertContains(slip, slip.context["password"])
    assert acts_for(cell) == {new}
    assert theirs.get("/accounts/").status_code == 302
    assert not sign_in(type(client)(), old.username)
    model.refresh_from_db()
    assert model.organisation == cell
    assert sign_in(theirs, "0905 777 888", slip.context["password"])


def test_the_record_names_both_and_what_there_is_as_it_stood(client, leader, old, cell):
    draft = factories.PracticeModelFactory(organisation=cell, name="Đường hoa của khu dân cư")
    slip = hand_over(client, cell, old.memberships.get())
    draft.name = "Tên đặt sau này"
    draft.save_by(leader)

    page = client.get(slip.context["record"])

    for text in ("Trần Thử Cũ", "Lê Thị Thử Mới", str(cell), "Đường hoa của khu dân cư"):
        assertContains(page, text)
    assertNotContains(page, "Tên đặt sau này")
    assertNotContains(page, slip.context["password"])
    assertContains(
        client.get(reverse("registry:unit_card", args=[cell.pk])), slip.context["record"]
    )


def test_who_did_it_is_on_record(client, leader, old, cell):
    hand_over(client, cell, old.memberships.get())

    new = User.objects.get(username="0905777888")
    ended = old.memberships.get().history.latest()
    assert (ended.history_user, ended.history_change_reason) == (leader, "hand over")
    events = SecurityEvent.objects.order_by("pk").values_list("kind", "user", "by")
    assert list(events) == [
        (Kind.ACCOUNT_OPENED, new.pk, leader.pk),
        (Kind.FIRST_PASSWORD, new.pk, leader.pk),
        (Kind.SWITCHED_OFF, old.pk, leader.pk),
        (Kind.HANDED_OVER, old.pk, leader.pk),
        (Kind.HANDED_OVER, new.pk, leader.pk),
    ]


def test_a_record_sent_twice_hands_over_once(client, leader, old, cell):
    token, membership = uuid4(), old.memberships.get()
    first = hand_over(client, cell, membership, token)

    again = hand_over(client, cell, membership, token)

    assertRedirects(again, first.context["record"])
    assert Handover.objects.count() == 1
    assert User.objects.filter(phone="0905 777 888").count() == 1
    assert first.status_code == 200


# --- To somebody who is there ---------------------------------------------------------------------


def test_a_colleague_takes_over_without_a_new_account(client, leader, old, cell):
    colleague = factories.UnitUserFactory(organisation=cell)
    before = User.objects.count()

    done = hand_over(
        client, cell, old.memberships.get(), incoming=colleague.pk, full_name="", phone=""
    )

    assertRedirects(done, Handover.objects.get().get_absolute_url())
    assert acts_for(cell) == {colleague}
    assert User.objects.count() == before
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)


def test_who_acts_for_another_unit_keeps_the_account_and_is_signed_out(client, leader, old, cell):
    elsewhere = factories.CellFactory(parent=cell.parent)
    factories.MembershipFactory(user=old, organisation=elsewhere)
    theirs = type(client)()
    theirs.force_login(old)

    hand_over(client, cell, old.memberships.get(organisation=cell))

    assert acts_for(elsewhere) == {old}
    assert "_auth_user_id" not in theirs.get("/accounts/").wsgi_request.session
    assert sign_in(theirs, old.username)


def test_who_began_today_is_out_at_once_too(client, leader, cell):
    person = factories.UnitUserFactory(organisation=cell)
    person.memberships.update(since=timezone.localdate())

    hand_over(client, cell, person.memberships.get())

    assert acts_for(cell) == {User.objects.get(username="0905777888")}
    assert not User.objects.get(pk=person.pk).is_active


def test_an_account_that_is_more_than_a_units_is_neither_switched_off_nor_signed_out(
    client, leader, old, cell
):
    old.groups.add(Group.objects.get(name=Role.PANEL))
    theirs = type(client)()
    theirs.force_login(old)

    hand_over(client, cell, old.memberships.get())

    old.refresh_from_db()
    assert old.is_active
    assert theirs.get("/accounts/").status_code == 200
    assert acts_for(cell) == {User.objects.get(username="0905777888")}


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"outgoing": ""}, ["outgoing"]),
        ({"outgoing": "abc"}, ["outgoing"]),
        ({"outgoing": "9" * 40}, ["outgoing"]),
        ({"incoming": "9" * 40}, ["incoming"]),
        ({"incoming": "x\0"}, ["incoming"]),
        ({"full_name": ""}, ["full_name"]),
        ({"phone": ""}, ["phone"]),
        ({"phone": "123"}, ["phone"]),
    ],
)
def test_a_wrong_answer_is_said_at_its_field_and_hands_nothing_over(
    client, leader, old, cell, fields, wrong
):
    page = hand_over(client, cell, old.memberships.get(), **fields)

    assert list(page.context["form"].errors) == wrong
    assert acts_for(cell) == {old}
    assert not Handover.objects.exists()


def test_a_new_person_is_what_the_form_begins_with(client, leader, old, cell):
    factories.UnitUserFactory(organisation=cell, full_name="Phạm Thử Cùng Đơn Vị")
    page = client.get(reverse("registry:hand_over", args=[cell.pk]))

    chosen = [box.data["value"] for box in page.context["form"]["incoming"] if box.data["selected"]]
    assert chosen == [""]
    assertContains(page, "Người mới, ghi ở dưới")


def test_namesakes_are_told_apart(client, leader, old, cell):
    factories.UnitUserFactory(organisation=cell, full_name=old.full_name, username="0905000009")
    page = client.get(reverse("registry:hand_over", args=[cell.pk]))

    for username in (old.username, "0905000009"):
        assertContains(page, f"Trần Thử Cũ ({username})", 2)


def test_nobody_takes_over_from_themselves(client, leader, old, cell):
    page = hand_over(client, cell, old.memberships.get(), incoming=old.pk)

    assert list(page.context["form"].errors) == ["incoming"]


def test_only_people_of_the_unit_can_be_chosen(client, leader, old, cell):
    """Not an account of another unit, of the panel or the office, whatever the form sends."""
    for account in (factories.UnitUserFactory(), factories.ClerkFactory(), leader):
        page = hand_over(client, cell, old.memberships.get(), incoming=account.pk)
        assert list(page.context["form"].errors) == ["incoming"]
    theirs = factories.UnitUserFactory().memberships.get()
    page = hand_over(client, cell, theirs)
    assert list(page.context["form"].errors) == ["outgoing"]
    assert Membership.objects.get(pk=theirs.pk).until is None


def test_a_number_that_has_an_account_is_not_taken_over(client, leader, old, cell):
    clerk = factories.ClerkFactory(username="0905777888")

    page = hand_over(client, cell, old.memberships.get())

    assert list(page.context["form"].errors) == ["phone"]
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)
    assert acts_for(cell) == {old}


def test_two_who_hand_over_at_once_do_it_once(client, leader, old, cell):
    membership = old.memberships.get()
    Handover.carry_out(membership, User(username="0905000001", full_name="Một"), by=leader)

    page = hand_over(client, cell, membership)

    assert page.status_code == 200
    with pytest.raises(MoveRefused):
        Handover.carry_out(membership, User(username="0905000002", full_name="Hai"), by=leader)
    assert Handover.objects.count() == 1
    assert not User.objects.filter(username="0905000002").exists()


def test_a_ward_hands_over_below_it_alone(client, leader, cell):
    elsewhere = factories.CellFactory()
    other = factories.UnitUserFactory(organisation=elsewhere)
    for unit, membership in (
        (elsewhere, other.memberships.get()),
        (leader.memberships.get().organisation, leader.memberships.get()),
    ):
        assert hand_over(client, unit, membership).status_code == 403
    assert not Handover.objects.exists()
