"""Sessions: they end by themselves, with what changes the account, and by their owner."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Role, SecurityEvent, User
from registry.sessions import device_of
from tests import factories
from tests.factories import PASSWORD
from tests.permissions_world import open_session
from tests.test_admin_saving import address, change

pytestmark = pytest.mark.django_db

OWN = reverse("account")
HOUR = 60 * 60


@pytest.fixture
def person(client):
    person = factories.UnitUserFactory()
    client.force_login(person)
    return person


@pytest.fixture
def elsewhere(client, person):
    """The same person on another device."""
    other = type(client)()
    other.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    return other


def is_in(client):
    return client.get(OWN).status_code == 200


def back(client, **seconds):
    """Put the clock of the session back."""
    session = client.session
    for name, ago in seconds.items():
        session[name] = int(time.time()) - ago
    session.save()


# --- By themselves --------------------------------------------------------------------------------


def test_a_session_left_alone_ends(client, person):
    back(client, seen=4 * HOUR - 60)
    assert is_in(client)
    back(client, seen=4 * HOUR + 60)
    assert not is_in(client)


def test_an_old_session_ends_however_much_it_is_used(client, person):
    back(client, began=12 * HOUR - 60, seen=0)
    assert is_in(client)
    back(client, began=12 * HOUR + 60, seen=0)
    assert not is_in(client)


def test_a_session_without_a_beginning_is_over(client, person):
    session = client.session
    del session["began"]
    session.save()

    assert not is_in(client)


def test_being_asked_for_the_password_is_no_use(client, person):
    back(client, seen=HOUR)
    before = client.session["seen"]

    client.get(reverse("account_reauthenticate"))
    assert client.session["seen"] == before
    client.get("/models/")
    assert client.session["seen"] > before


def test_use_is_written_down_once_in_minutes(client, person):
    back(client, seen=4 * 60)
    with CaptureQueriesContext(connection) as captured:
        client.get("/models/")
    assert not [each for each in captured if each["sql"].startswith(("UPDATE", "INSERT"))]

    back(client, seen=6 * 60)
    with CaptureQueriesContext(connection) as captured:
        client.get("/models/")
    assert [each for each in captured if each["sql"].startswith("UPDATE")]


# --- With what changes the account ----------------------------------------------------------------


def test_a_new_password_ends_the_other_sessions_and_not_this_one(client, person, elsewhere):
    assert is_in(elsewhere)
    new = {"oldpassword": PASSWORD, "password1": "một câu dài dễ nhớ"}
    client.post(reverse("account_change_password"), new | {"password2": new["password1"]})

    assert is_in(client)
    assert not is_in(elsewhere)


@pytest.mark.parametrize("fields", [{"is_active": ""}, {"groups": []}, {"is_staff": "on"}])
def test_switching_off_and_other_roles_end_every_session_at_once(client, person, fields):
    registrar = type(client)()
    registrar.force_login(factories.AdminFactory())

    change(registrar, person, **{"is_active": "on"} | fields)

    assert not is_in(client)


def test_an_account_switched_on_again_has_no_old_session(client, person):
    registrar = type(client)()
    registrar.force_login(factories.AdminFactory())
    change(registrar, person, is_active="")
    change(registrar, person, is_active="on")

    assert not is_in(client)


def test_another_name_ends_no_session(client, person):
    registrar = type(client)()
    registrar.force_login(factories.AdminFactory())
    change(registrar, person, is_active="on", full_name="Lê Thử Tên Mới")

    assert is_in(client)


def test_who_takes_a_role_from_themselves_stays(client):
    admin = factories.AdminFactory()
    client.force_login(admin)
    clerk = Group.objects.get(name=Role.CLERK)

    change(client, admin, groups=[*(group.pk for group in admin.groups.all()), clerk.pk])

    assert is_in(client)


def test_a_right_that_is_taken_is_gone_with_the_next_request(client):
    """Also without the administration: rights are asked for with every request."""
    model = factories.running()
    member = factories.UnitUserFactory(organisation=model.organisation)
    client.force_login(member)
    edit = reverse("registry:practicemodel_update", args=[model.pk])
    assert client.get(edit).status_code == 200

    member.memberships.update(since="2020-01-01", until="2020-12-31")

    assert client.get(edit).status_code == 403


def test_signing_out_ends_the_session_on_the_server_too(client, person):
    kept = client.cookies["sessionid"].value
    client.post(reverse("account_logout"))
    client.cookies["sessionid"] = kept

    assert not is_in(client)


def test_signing_in_changes_the_session_and_the_token_of_forms(client):
    person = factories.UnitUserFactory()
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = key = session.session_key
    token = client.cookies["csrftoken"].value

    client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})

    assert client.cookies["sessionid"].value != key
    assert client.cookies["csrftoken"].value != token


# --- By their owner, and by the administration ----------------------------------------------------


def test_the_page_shows_who_one_is_and_where_one_is_signed_in(client, person, elsewhere):
    elsewhere.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile"
    elsewhere.post(reverse("account_logout"))
    elsewhere.post(
        reverse("account_login"),
        {"login": person.username, "password": PASSWORD},
        REMOTE_ADDR="203.0.113.7",
    )
    page = client.get(OWN)

    assertContains(page, person.memberships.get().organisation.name)
    assertContains(page, "Chrome – Android")
    assertContains(page, "203.0.113.7")
    (row,) = page.context["sessions"]
    elsewhere.post(reverse("session_end", args=[row["pk"]]))
    assert is_in(elsewhere)  # not its own: for that one signs out
    client.post(reverse("session_end", args=[row["pk"]]))
    assert not is_in(elsewhere)
    assertNotContains(client.get(OWN), "Chrome – Android")


def test_all_other_sessions_are_ended_at_once(client, person, elsewhere):
    client.post(reverse("sessions_end"))

    assert is_in(client)
    assert not is_in(elsewhere)
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.SESSIONS_ENDED)
    assert (event.user, event.by) == (person, person)


def test_a_session_of_somebody_else_is_out_of_reach(client, person):
    theirs = open_session(factories.UnitUserFactory())

    assert client.post(reverse("session_end", args=[theirs.pk])).status_code == 404
    assert UserSession.objects.filter(pk=theirs.pk).exists()


def test_the_page_takes_as_many_queries_for_many_sessions_as_for_few(client, person):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(OWN)
        return len(captured)

    open_session(person)
    few = queries()
    for _each in range(5):
        open_session(person)
    assert queries() == few


def test_the_administration_ends_all_sessions_of_a_person(client, person):
    registrar = type(client)()
    admin = factories.AdminFactory()
    registrar.force_login(admin)

    registrar.post(
        address(User, "changelist"), {"action": "end_sessions", "_selected_action": [person.pk]}
    )

    assert not is_in(client)
    assert is_in(registrar)
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.SESSIONS_ENDED)
    assert (event.user, event.by) == (person, admin)


def test_the_head_leads_to_the_page(client, person):
    assertContains(client.get("/models/"), f'href="{OWN}"')


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Edg/120", "Edge – Windows"),
        ("Mozilla/5.0 (iPhone; CPU) AppleWebKit/605 Version/17 Safari/604", "Safari – iPhone"),
        ("Mozilla/5.0 (Windows NT 6.1) coc_coc_browser/98 Chrome/92", "Cốc Cốc – Windows"),
        ("curl/8", "Thiết bị không cho biết tên"),
        ("", "Thiết bị không cho biết tên"),
    ],
)
def test_a_device_is_named_as_people_know_it(says, shown):
    assert device_of(says) == shown
