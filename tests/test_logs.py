"""What is written in the log: enough to find what went wrong, and nothing to sign in with."""

import io
import json
import logging

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from lxml import html

from registry.models import Note, SecurityEvent
from tamky_models.logs import AsJson, AsText
from tests import factories, permissions_world
from tests.factories import PASSWORD
from tests.permissions_world import body

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


@pytest.fixture
def written():
    """Return what the register has written so far, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AsJson())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def formatted(formatter, message, *arguments, error=None):
    info = (type(error), error, None) if error else None
    return formatter.format(
        logging.LogRecord("a.logger", logging.INFO, "", 0, message, arguments, info)
    )


def test_each_request_is_one_line_that_says_who_what_and_how_long(client, written):
    user = factories.ClerkFactory()
    client.force_login(user)

    response = client.get("/seminars/?q=Nguyễn+Văn+A", REMOTE_ADDR="10.1.2.3")

    (event,) = events(written())
    assert event.pop("time").endswith("+00:00")
    assert 0 < event.pop("duration_ms") < 60_000
    assert event == {
        "level": "INFO",
        "logger": "tamky_models.access",
        "message": "GET /seminars/ 200",
        "request": response["X-Request-ID"],
        "user": user.pk,
        "address": "10.1.2.3",
        "method": "GET",
        "path": "/seminars/",
        "status": 200,
    }
    assert str(user.full_name) not in written()


@pytest.mark.parametrize("path", ["/no-such-page/", "/healthz/live", "/static/nothing.css"])
def test_no_question_is_asked_of_the_database_to_write_a_line(
    client, written, path, django_assert_max_num_queries
):
    client.force_login(factories.ClerkFactory())
    with django_assert_max_num_queries(0):
        Client().get("/healthz/live")
    client.get(path)

    assert len(events(written())) == (path != "/healthz/live")


def test_the_number_of_a_request_leads_from_the_line_to_what_it_has_changed(client, written):
    world = permissions_world.build()
    client.force_login(world.people["clerk"])
    before = len(events(written()))

    sent = body(world, "registry:note_add", "running", "clerk") | {"text": "Đã gọi."}
    response = client.post(reverse("registry:note_add", args=[world.running.pk]), sent)

    number = response["X-Request-ID"]
    assert {event["request"] for event in events(written())[before:]} == {number}
    assert str(Note.objects.latest("pk").history.latest().request_id) == number


def test_a_fault_is_found_by_the_code_on_its_page(written):
    client = Client(raise_request_exception=False)
    client.force_login(factories.ClerkFactory())
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE "reviews_seminar" RENAME TO "gone"')

    page = client.get("/seminars/")

    (code,) = html.fromstring(page.content.decode()).xpath("//main//strong/text()")
    found = [event for event in events(written()) if event["request"].startswith(code)]
    assert [event["logger"] for event in found] == ["django.request", "tamky_models.access"]
    assert "reviews_seminar" in found[0]["exception"]
    assert page["X-Request-ID"].startswith(code)


def test_nothing_one_could_sign_in_with_is_written(client, written):
    factories.UserFactory(username="0905123456")
    token = client.get(LOGIN).cookies[django_settings.CSRF_COOKIE_NAME].value
    headers = {"authorization": "Bearer vé-vào-cửa"}
    strict = Client(enforce_csrf_checks=True)

    client.post(LOGIN, {"login": "0905123456", "password": "sai-mật-khẩu"}, headers=headers)
    client.post(LOGIN, {"login": "0905123456", "password": PASSWORD}, headers=headers)
    session = client.session.session_key
    client.get(f"/models/?token=vé-vào-cửa&password={PASSWORD}", headers=headers)
    client.get("/no-such-page/", headers=headers)
    strict.post(LOGIN, {"login": "0905123456", "password": PASSWORD})

    text = written()
    assert len(events(text)) >= 6
    for secret in ("sai-mật-khẩu", PASSWORD, token, session, "vé-vào-cửa"):
        assert secret not in text


def test_a_line_break_in_a_name_makes_no_second_line(client, written):
    name = "x\nINFO login ok admin\u2028{}"

    client.post(LOGIN, {"login": name, "password": "sai"})

    lines = written().splitlines()
    assert len(lines) == len(events(written()))
    assert not [line for line in lines if not line.startswith('{"time": ')]
    tried = SecurityEvent.objects.get(kind=SecurityEvent.Kind.SIGN_IN_FAILED)
    assert [each for each in events(written()) if f"event={tried.pk} " in each["message"]]


def test_a_failed_sign_in_names_nobody_but_by_number(client, written):
    """Somebody may even have typed the password in the place of the name."""
    client.post(LOGIN, {"login": "0905123456", "password": "sai"})
    client.force_login(factories.ClerkFactory())
    client.get("/seminars/0/?q=Nguyễn+Văn+A")

    assert SecurityEvent.objects.filter(username="0905123456").exists()
    assert "0905123456" not in written()
    assert "Nguyễn" not in written()


@pytest.mark.parametrize("formatter", [AsJson(), AsText()])
@pytest.mark.parametrize("char", ["\n", "\r", "\x1b", "\0", "\x85", "\u2028", "\u202e", "\ud800"])
def test_what_does_not_show_is_written_out(formatter, char):
    line = formatted(formatter, "tên: %s", f"x{char}INFO đã vào")

    assert char not in line
    assert len(line.splitlines()) == 1
    line.encode()
    assert "đã vào" in line


@pytest.mark.parametrize("formatter", [AsJson(), AsText()])
@pytest.mark.parametrize(
    "said",
    [
        "password=bí-mật",
        "{'oldpassword': 'bí-mật', 'a': 1}",
        "{'password': 'một câu dài là bí-mật', 'a': 1}",
        "{'password': ['một câu dài là bí-mật'], 'a': 1}",
        '"password": "câu có dấu \' và \\" là bí-mật"',
        "password='câu bị cắt là bí-mật",
        "SECRET_KEY=bí-mật",
        "Authorization: Bearer bí-mật",
        "Cookie: bí-mật",
        "csrfmiddlewaretoken=bí-mật&x=1",
        "postgres://tamky_models:bí-mật@db.example/tamky_models",
    ],
)
def test_what_an_error_says_of_a_secret_is_left_out(formatter, said):
    line = formatted(formatter, "failed: %s", said, error=ValueError(said))

    assert "bí-mật" not in line
    assert "ValueError" in line
