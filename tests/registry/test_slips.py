"""Accounts of a unit's people: opened and reset by those above, on a slip that is shown once."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Role, User
from registry.templatetags.vietnamese import moment
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

CHANGE = reverse("account_change_password")
NEW = "một câu dài dễ nhớ"


@pytest.fixture
def ward():
    return factories.OrganisationFactory(parent=factories.CommitteeFactory())


@pytest.fixture
def cell(ward):
    return factories.CellFactory(parent=ward)


@pytest.fixture
def clerk(client):
    clerk = factories.ClerkFactory()
    client.force_login(clerk)
    return clerk


def open_account(client, unit, token=None, **fields):
    address = reverse("registry:account_open", args=[unit.pk])
    sent = {"full_name": "Lê Thị Thử", "phone": "0905 777 888", "position": "Bí thư"}
    return client.post(address, {"token": token or uuid4(), **sent, **fields})


def reset(client, account, token=None):
    address = reverse("registry:account_reset", args=[account.pk])
    return client.post(address, {"token": token or uuid4()})


def sign_in(client, name, password):
    client.logout()
    return client.post(reverse("account_login"), {"login": name, "password": password})


def choose(client, old, new):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


# --- Opening --------------------------------------------------------------------------------------


def test_the_slip_has_what_the_person_needs_and_opens_their_units_account(client, clerk, cell):
    slip = open_account(client, cell)

    account = User.objects.get(username="0905777888")
    password = slip.context["password"]
    assert re.fullmatch(r"\d{8}", password)
    for text in (str(account), "0905777888", str(cell)):
        assertContains(slip, text)
    assert "no-store" in slip["Cache-Control"]
    assert [group.name for group in account.groups.all()] == [Role.UNIT]
    assert [row.organisation for row in account.memberships.all()] == [cell]
    assert account.history.latest().history_user == clerk
    sign_in(client, "0905 777 888", password)
    assertRedirects(client.get("/"), CHANGE)


def test_whom_to_call_is_offered_for_help_and_not_as_one_step_more(client, clerk, cell, settings):
    settings.CLERK_NAME, settings.CLERK_PHONE = "Lê Thị Thử", "0235 000 000"
    last = "Cần giúp đỡ? Xin gọi Lê Thị Thử: 0235 000 000."

    for page in (open_account(client, cell), client.get(CHANGE)):
        said = html.fromstring(page.content).xpath("//main//p[a[starts-with(@href, 'tel:')]]")
        assert [" ".join(line.text_content().split()) for line in said] == [last]


def test_one_slip_sent_twice_opens_one_account_and_shows_no_second_password(client, clerk, cell):
    token = uuid4()
    open_account(client, cell, token)
    before = User.objects.get(username="0905777888").password

    again = open_account(client, cell, token)

    card = reverse("registry:unit_card", args=[cell.pk])
    assertRedirects(again, card, fetch_redirect_response=False)
    assertContains(client.get(card), "Phiếu đã hiện một lần rồi")
    assert User.objects.get(username="0905777888").password == before
    assert User.objects.filter(phone="0905 777 888").count() == 1


def test_the_slip_says_until_when_its_password_is_good(client, clerk, cell):
    opened = open_account(client, cell)
    account = User.objects.get(username="0905777888")
    assertContains(opened, moment(account.first_password_until))
    User.objects.update(first_password_until=None)

    renewed = reset(client, account)

    account.refresh_from_db()
    assertContains(renewed, moment(account.first_password_until))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"full_name": ""}, "full_name"),
        ({"phone": ""}, "phone"),
        ({"phone": "abc"}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"phone": "0905 123 456 789 012 345"}, "phone"),
        ({"position": "x" * 500}, "position"),
    ],
)
def test_a_wrong_answer_is_said_at_its_field_and_opens_nothing(client, clerk, cell, fields, wrong):
    before = User.objects.count()

    page = open_account(client, cell, **fields)

    assert list(page.context["form"].errors) == [wrong]
    assertContains(page, f'href="#id_{wrong}"')
    assert User.objects.count() == before


def test_a_number_that_has_an_account_is_not_taken_over(client, clerk, cell):
    theirs = factories.UnitUserFactory(username="0905777888", organisation=cell)
    before = theirs.password

    page = open_account(client, cell)

    assert list(page.context["form"].errors) == ["phone"]
    theirs.refresh_from_db()
    assert theirs.password == before


def test_the_form_offers_the_contact_of_the_latest_model(client, clerk, cell):
    factories.PracticeModelFactory(
        organisation=cell, contact_name="Trần Thử", contact_phone="0905 111 222"
    )

    page = client.get(reverse("registry:account_open", args=[cell.pk]))

    assertContains(page, 'value="0905 111 222"')


# --- A new password -------------------------------------------------------------------------------


def test_a_new_password_ends_the_old_one_and_every_session(client, clerk, cell):
    account = factories.UnitUserFactory(organisation=cell)
    other = type(client)()
    other.force_login(account)

    password = reset(client, account).context["password"]

    assert "_auth_user_id" not in other.get("/models/").wsgi_request.session
    sign_in(client, account.username, PASSWORD)
    assert "_auth_user_id" not in client.session
    sign_in(client, account.username, password)
    assertRedirects(client.get("/models/"), CHANGE)


def test_a_slip_that_is_sent_again_sets_no_second_password(client, clerk, cell):
    account, token = factories.UnitUserFactory(organisation=cell), uuid4()
    reset(client, account, token)
    account.refresh_from_db()
    before = account.password

    assertRedirects(reset(client, account, token), reverse("registry:unit_card", args=[cell.pk]))

    account.refresh_from_db()
    assert account.password == before


def test_a_ward_gets_at_no_account_that_is_more_than_a_unit_below_it(client, ward, cell):
    """Whoever resets a password could sign in with it: never to more than they look after."""
    client.force_login(factories.UnitUserFactory(organisation=ward))
    elsewhere = factories.CellFactory(parent=factories.OrganisationFactory(parent=ward.parent))
    also_elsewhere, soon, panel, staff = (
        factories.UnitUserFactory(organisation=cell) for _number in range(4)
    )
    factories.MembershipFactory(user=also_elsewhere, organisation=elsewhere)
    factories.MembershipFactory(user=soon, organisation=ward)
    panel.groups.add(Group.objects.get(name=Role.PANEL))
    User.objects.filter(pk=staff.pk).update(is_staff=True)

    for account in (also_elsewhere, soon, panel, staff):
        before = User.objects.get(pk=account.pk).password
        assert reset(client, account).status_code == 403
        assert User.objects.get(pk=account.pk).password == before


# --- Choosing one's own ---------------------------------------------------------------------------


def test_until_a_password_of_ones_own_is_chosen_nothing_else_opens(client, clerk, cell):
    password = open_account(client, cell).context["password"]
    sign_in(client, "0905777888", password)

    for address in ("/", "/models/", "/models/new/", "/seminars/"):
        assertRedirects(client.get(address), CHANGE)
    assert list(choose(client, password, password).context["form"].errors) == ["password1"]
    assertRedirects(choose(client, password, NEW), "/")
    assert client.get("/models/new/").status_code == 200
    account = User.objects.get(username="0905777888")
    assert account.check_password(NEW)
    assert not account.must_change_password


def test_a_password_may_have_spaces_and_diacritics(client, clerk, cell):
    password = open_account(client, cell).context["password"]
    sign_in(client, "0905777888", password)
    choose(client, password, NEW)

    sign_in(client, "0905777888", NEW)

    assertNotContains(client.get("/"), 'name="oldpassword"')
    assert "_auth_user_id" in client.session
