"""What is on record of accounts: who signed in, who was refused, who got other rights."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from registry.models import Role, SecurityEvent, User
from tests import factories
from tests.factories import PASSWORD
from tests.test_admin_saving import address, change

pytestmark = pytest.mark.django_db

Kind = SecurityEvent.Kind
LOGIN = reverse("account_login")


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": name, "password": password}, **extra)


def events():
    """Return what happened, oldest first: kind, whose account, by whom."""
    rows = SecurityEvent.objects.order_by("pk")
    return [(event.kind, event.user, event.by) for event in rows]


@pytest.fixture
def registrar(client):
    user = factories.AdminFactory()
    client.force_login(user)
    return user


# --- Signing in and out ---------------------------------------------------------------------------


def test_signing_in_and_out_says_who_when_and_from_where(client):
    person = factories.UnitUserFactory()

    sign_in(client, person.username, REMOTE_ADDR="203.0.113.7")
    client.post(reverse("account_logout"))

    assert events() == [(Kind.SIGNED_IN, person, person), (Kind.SIGNED_OUT, person, person)]
    first = SecurityEvent.objects.earliest("pk")
    assert (first.address, bool(first.request_id)) == ("203.0.113.7", True)


def test_a_failed_sign_in_keeps_the_name_that_was_tried_and_never_the_password(client, caplog):
    caplog.set_level("INFO")
    sign_in(client, "0905 000 111", "mật khẩu sai một trời")

    (event,) = SecurityEvent.objects.all()
    assert (event.kind, event.user, event.username) == (Kind.SIGN_IN_FAILED, None, "0905000111")
    stored = "".join(str(value) for value in vars(event).values()) + caplog.text
    assert "một trời" not in stored


def test_a_name_with_line_breaks_makes_no_second_line_in_the_log(caplog):
    caplog.set_level("INFO")

    event = SecurityEvent.record(
        Kind.SIGN_IN_FAILED, username="x\r\n2026 INFO signed in account=1\x1b[2J\u202e" + "y" * 500
    )

    assert event.username.startswith("x\\r\\n2026 INFO signed in account=1\\x1b[2J\\u202ey")
    assert len(event.username) == 150
    assert all(record.getMessage().isprintable() for record in caplog.records)
    assert SecurityEvent.objects.get().username == event.username


def test_who_is_held_up_is_on_record_once(client):
    for _guess in range(8):
        sign_in(client, "0905123456", "không phải")

    kinds = [kind for kind, _user, _by in events()]
    assert kinds == [Kind.SIGN_IN_FAILED] * 5 + [Kind.THROTTLED]


def test_who_is_held_up_does_not_fill_the_record_by_trying_other_names(client):
    for number in range(70):
        sign_in(client, f"ai{number}", "không phải")

    kinds = [kind for kind, _user, _by in events()]
    assert kinds == [Kind.SIGN_IN_FAILED] * 60 + [Kind.THROTTLED]


# --- Passwords and accounts -----------------------------------------------------------------------


def test_an_account_opened_and_a_new_password_say_whose_and_by_whom(client):
    clerk, cell = factories.ClerkFactory(), factories.CellFactory()
    client.force_login(clerk)
    person = {"full_name": "Lê Thị Thử", "phone": "0905 777 888", "token": uuid4()}
    client.post(reverse("registry:account_open", args=[cell.pk]), person)
    account = User.objects.get(username="0905777888")
    client.post(reverse("registry:account_reset", args=[account.pk]), {"token": uuid4()})

    assert events() == [
        (Kind.ACCOUNT_OPENED, account, clerk),
        (Kind.FIRST_PASSWORD, account, clerk),
        (Kind.FIRST_PASSWORD, account, clerk),
    ]


def test_a_password_one_changes_oneself_is_on_record(client):
    person = factories.UnitUserFactory()
    client.force_login(person)
    new = {"oldpassword": PASSWORD, "password1": "một câu dài dễ nhớ"}
    client.post(reverse("account_change_password"), new | {"password2": new["password1"]})

    assert events() == [(Kind.PASSWORD_CHANGED, person, person)]


def test_the_administration_leaves_who_was_switched_off_and_whose_roles_changed(client, registrar):
    person = factories.UnitUserFactory()
    panel = Group.objects.get(name=Role.PANEL)

    change(client, person, is_active="")
    change(client, person, is_active="on")
    change(client, person, is_active="on", groups=[panel.pk])
    change(client, person, is_active="on", position="Bí thư")

    assert [row for row in events() if row[0] != Kind.SESSIONS_ENDED] == [
        (Kind.SWITCHED_OFF, person, registrar),
        (Kind.SWITCHED_ON, person, registrar),
        (Kind.ROLES_CHANGED, person, registrar),
        (Kind.KEYS_VOID, person, registrar),
    ]
    assert SecurityEvent.objects.get(kind=Kind.ROLES_CHANGED).about == Role.PANEL


# --- Refusals, and who reads all this -------------------------------------------------------------


def test_a_refusal_says_what_was_tried(client):
    person = factories.UnitUserFactory()
    client.force_login(person)

    assert client.get("/admin/").status_code == 403

    assert events() == [(Kind.REFUSED, person, person)]
    assert SecurityEvent.objects.get().about == "GET /admin/"


def test_a_form_without_its_token_is_on_record_for_who_is_signed_in():
    person, client = factories.UnitUserFactory(), Client(enforce_csrf_checks=True)
    assert client.post(LOGIN, {"login": "a"}).status_code == 403
    assert not events()
    client.force_login(person)

    assert client.post("/seen/").status_code == 403

    assert events() == [(Kind.REFUSED, person, person)]
    assert SecurityEvent.objects.get().about.startswith("POST /seen/: CSRF")


def test_events_are_read_newest_first_by_kind_and_changed_by_nobody(client, registrar):
    person = factories.UnitUserFactory(full_name="Trần Thử Đọc")
    for kind in (Kind.SIGNED_IN, Kind.REFUSED):
        SecurityEvent.record(kind, user=person)
    listed = address(SecurityEvent, "changelist")

    page = client.get(listed)
    assert [row.kind for row in page.context["cl"].queryset] == ["refused", "signed in"]
    page = client.get(listed, {"kind": "refused", "q": "thu doc"})
    assert [row.kind for row in page.context["cl"].queryset] == ["refused"]
    assertContains(page, "Trần Thử Đọc")
    event = SecurityEvent.objects.earliest("pk")
    for name in ("change", "delete"):
        where = address(SecurityEvent, name, event.pk)
        assert client.post(where, {"kind": "signed in", "post": "yes"}).status_code == 403
    assert client.get(address(SecurityEvent, "add")).status_code == 403
