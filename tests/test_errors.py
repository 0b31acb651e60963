"""What goes wrong is told: each refusal has a page with one plain sentence and a way on."""

import errno
import json
import logging
import os
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from http import HTTPStatus

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from lxml import html

from registry.models import Note
from tamky_models.errors import has_no_room
from tests import factories, permissions_world
from tests.headers import wrong_with
from tests.permissions_world import body

pytestmark = pytest.mark.django_db

REFERER = "http://testserver/models/new/"


@pytest.fixture(autouse=True)
def no_log_of_refusals(caplog):
    for name in ("django.request", "django.security"):
        caplog.set_level(logging.CRITICAL, name)


@pytest.fixture
def clerk():
    client = Client(raise_request_exception=False)
    client.force_login(factories.ClerkFactory())
    return client


@pytest.fixture
def world():
    """One of its own: a test here commits, which the transaction of a shared one would not bear."""
    return permissions_world.build()


def page_of(response, status):
    """Return the page of an answer, which must be one of ours, in Vietnamese, with a way on."""
    assert response.status_code == status
    assert wrong_with(response) == []
    text = response.content.decode()
    assert "Traceback" not in text
    page = html.fromstring(text)
    assert page.get("lang") == "vi"
    (main,) = page.xpath("//main")
    assert len(main.findtext(".//h1").strip()) > 5
    assert len(main.xpath(".//p")) >= 2
    assert "/" in main.xpath(".//a/@href")
    return main


def words_of(response, status):
    return " ".join(page_of(response, status).text_content().split())


# --- 400 and 413 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"name=a"),
        ("application/x-www-form-urlencoded", b"a=1&" * 5_001),
    ],
    ids=["no boundary", "strange letters", "too many answers"],
)
def test_a_form_that_is_none_gets_a_page_and_the_way_back_to_it(clerk, content_type, sent):
    response = clerk.generic(
        "POST", "/models/new/", sent, content_type, headers={"referer": REFERER}
    )

    assert REFERER in page_of(response, 400).xpath(".//a/@href")


def test_an_address_with_a_nul_character_gets_a_page(clerk):
    page_of(clerk.get("/models/?q=%00"), 400)


def test_a_site_that_is_not_ours_gets_a_page(client):
    page_of(client.get("/", headers={"host": "elsewhere.example"}), 400)


def test_too_many_files_are_told_with_how_many_there_may_be(clerk, world):
    files = [SimpleUploadedFile(f"{number}.jpg", b"x") for number in range(101)]

    response = clerk.post(reverse("registry:evidence_add", args=[world.draft.pk]), {"files": files})

    assert "20 tệp" in words_of(response, 400)
    assert not world.draft.evidence.filter(original_name="0.jpg").exists()


def test_too_long_a_text_is_told_with_how_long_it_may_be(clerk):
    sent = {"name": "a" * (2 * 1024 * 1024 + 1)}

    response = clerk.post("/models/new/", sent, headers={"referer": REFERER})

    assert "2 MB" in words_of(response, 413)
    assert REFERER in page_of(response, 413).xpath(".//a/@href")


class Unread:
    """A body that is still on its way."""

    def read(self, *_size):
        raise AssertionError("It was read.")

    readline = read


@pytest.mark.parametrize("address", ["/models/new/", "/accounts/login/", "/no-such-page/"])
def test_too_large_a_body_is_refused_before_it_is_read(clerk, address):
    arriving = {"CONTENT_LENGTH": str(411 * 1024 * 1024), "wsgi.input": Unread()}

    response = clerk.post(address, **arriving)

    assert "410 MB" in words_of(response, 413)


@pytest.mark.parametrize("length", ["", "0", "abc", "-1", "9" * 5_000, "²"])
def test_what_a_body_says_of_its_length_is_no_error(clerk, length):
    assert clerk.get("/models/", CONTENT_LENGTH=length).status_code in {200, 413}


def test_the_way_back_leads_to_no_other_site(clerk):
    for referer in ("https://elsewhere.example/", "javascript:alert(1)", "//elsewhere.example/"):
        response = clerk.generic(
            "POST", "/models/new/", b"--\r\n", "multipart/form-data; boundary=",
            headers={"referer": referer},
        )  # fmt: skip
        assert referer not in page_of(response, 400).xpath(".//a/@href")


# --- 403, 404, 405, 409, 429 ----------------------------------------------------------------------


def test_what_one_may_not_do_gets_a_page(client, world):
    client.force_login(world.people["panel"])

    page_of(client.get(reverse("reviews:seminar_create")), 403)


def test_what_is_not_there_gets_a_page_that_offers_a_stranger_to_sign_in(client, clerk):
    offer = "/accounts/login/?next=/no-such-page/"

    assert offer in page_of(client.get("/no-such-page/"), 404).xpath(".//a/@href")
    assert offer not in page_of(clerk.get("/no-such-page/"), 404).xpath(".//a/@href")


def test_a_page_that_is_not_there_speaks_of_the_search_only_where_there_is_one(client, settings):
    for is_open in (True, False):
        settings.PUBLIC_CATALOGUE = is_open
        assert ("ô tìm" in words_of(client.get("/no-such-page/"), 404)) == is_open


@pytest.mark.parametrize("address", ["/no-such-page/", "/models/999999/"])
def test_the_demonstration_shows_the_page_of_what_is_not_there_too(clerk, settings, address):
    settings.DEBUG = True

    response = clerk.get(address)

    assert response.status_code == 404
    assert html.fromstring(response.content).xpath("//main//h1/text()") == [
        "Không tìm thấy trang này"
    ]


def test_the_address_of_a_button_opened_as_a_page_names_the_button(clerk, world):
    response = clerk.get(reverse("registry:practicemodel_submit", args=[world.draft.pk]))

    assert response["Allow"] == "POST"
    assert "nút" in words_of(response, 405)


def test_a_form_sent_to_a_page_that_is_only_read_leads_to_that_page(clerk):
    response = clerk.post("/seminars/", {"title": "Một tọa đàm"})

    assert response["Allow"] == "GET, HEAD"
    assert "/seminars/" in page_of(response, 405).xpath(".//a/@href")
    assert "chưa lưu" in words_of(response, 405)


def test_what_comes_too_late_gets_a_page_that_leads_to_how_it_stands(clerk, world):
    response = clerk.post(
        reverse("registry:practicemodel_accept", args=[world.running.pk]),
        {"version": world.running.version},
    )

    assert world.running.get_absolute_url() in page_of(response, 409).xpath(".//a/@href")


def test_passwords_tried_one_after_the_other_get_a_page(clerk):
    sent = {"oldpassword": "không phải", "password1": "mot-mat-khau", "password2": "mot-mat-khau"}

    answers = [clerk.post("/accounts/password/change/", sent) for _attempt in range(8)]

    assert answers[0].status_code == 200
    page_of(answers[-1], 429)


# --- 500 ------------------------------------------------------------------------------------------


def rename(table, name):
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{name}"')


def test_a_fault_of_ours_gets_a_page_and_no_detail(clerk, settings):
    settings.CLERK_PHONE = "0235 000 000"
    rename("reviews_seminar", "gone")

    response = clerk.get("/seminars/")

    assert "0235 000 000" in words_of(response, 500)
    assert "reviews_seminar" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_was_sent_when_something_failed_can_be_sent_again_from_the_page(clerk, world):
    address = reverse("registry:note_add", args=[world.running.pk])
    sent = body(world, "registry:note_add", "running", "clerk") | {"text": 'Đã "gọi"\n<b>hai</b>'}
    rename("registry_note", "gone")
    try:
        response = clerk.post(address, sent)
    finally:
        rename("gone", "registry_note")

    (form,) = page_of(response, 500).xpath(".//form")
    assert (form.method, form.action) == ("POST", address)
    again = clerk.post(form.action, dict(form.form_values()))
    assert again.status_code == HTTPStatus.FOUND
    assert Note.objects.latest("pk").text.splitlines() == ['Đã "gọi"', "<b>hai</b>"]


def test_a_password_is_never_on_the_page_of_a_fault(client):
    client.raise_request_exception = False
    rename("registry_user", "gone")

    response = client.post("/accounts/login/", {"login": "0905123456", "password": "mật-khẩu"})

    page_of(response, 500)
    assert "mật-khẩu" not in response.content.decode()


# --- 503 ------------------------------------------------------------------------------------------

ASK = """
import json, sys, django
django.setup()
from django.test import Client

requests, mend = json.loads(sys.argv[1]), sys.argv[2]

def answers():
    for method, address, sent in requests:
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = "a" * 32
        response = getattr(client, method)(address, sent)
        yield [response.status_code, dict(response.headers), response.content.decode()]

found = list(answers())
if mend:
    from pathlib import Path
    from django.conf import settings
    Path(mend).rename(Path(settings.DATABASES["default"]["NAME"]).parent)
    found += answers()
print(json.dumps(found))
"""


class Answer:
    streaming = False
    cookies: dict = {}

    def __init__(self, status, headers, content):
        self.status_code, self.headers, self.content = status, headers, content.encode()

    def __getitem__(self, name):
        return self.headers[name]


def asked_with(database, *requests, mend=""):
    """Return the answers of a process whose database is at the given address.

    With ``mend``, the folder it is missing, also the answers once that is there.
    """
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database,
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(requests), str(mend)],
        env=environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [Answer(*answer) for answer in json.loads(done.stdout.splitlines()[-1])]


AWAY = {
    "postgresql": "postgres://geheim:matkhau@127.0.0.1:1/tamky_models",
    "sqlite": "sqlite:////nonexistent-folder/geheim.sqlite3",
}


@pytest.mark.look
@pytest.mark.parametrize("database", AWAY)
def test_without_its_database_the_register_says_so_and_keeps_what_was_sent(database):
    (answer,) = asked_with(AWAY[database], ("post", "/models/new/", {"name": "Đường hoa"}))

    (form,) = page_of(answer, 503).xpath(".//form")
    assert dict(form.form_values()) == {"name": "Đường hoa"}
    assert int(answer["Retry-After"]) > 0
    assert "geheim" not in answer.content.decode()


@pytest.mark.look
@pytest.mark.parametrize(
    "address", ["/", "/models/?q=n%C6%B0%E1%BB%9Bc", "/no-such-page/", "/admin/"]
)
def test_without_its_database_each_page_offers_to_try_again(address):
    (answer,) = asked_with(AWAY["sqlite"], ("get", address, {}))

    assert address in page_of(answer, 503).xpath(".//a[text()='Thử lại']/@href")


@pytest.mark.look
def test_without_its_database_nobody_reads_a_password_on_the_page():
    sent = {"login": "0905123456", "password": "mật-khẩu"}

    (answer,) = asked_with(AWAY["sqlite"], ("post", "/accounts/login/", sent))

    assert "mật-khẩu" not in answer.content.decode()
    page_of(answer, 503)


@pytest.mark.look
def test_once_the_database_is_back_the_register_goes_on_by_itself(tmp_path):
    away, back = tmp_path / "away" / "db.sqlite3", tmp_path / "back" / "db.sqlite3"
    back.parent.mkdir()
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
        closing(sqlite3.connect(back)) as target,
    ):
        source.backup(target)

    before, after = asked_with(
        f"sqlite:///{away}", ("get", "/accounts/login/", {}), mend=back.parent
    )

    assert (before.status_code, after.status_code) == (503, 200)


def test_a_full_disk_is_said_and_what_was_sent_is_kept(clerk, world, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    address = reverse("registry:evidence_add", args=[world.draft.pk])
    photo = SimpleUploadedFile("duong-hoa.jpg", factories.a_jpeg(), "image/jpeg")
    sent = {"token": uuid.uuid4(), "kind": "photo", "caption": "Đường hoa", "files": photo}

    response = clerk.post(address, sent)

    assert "hết chỗ lưu" in words_of(response, 503)
    assert "duong-hoa.jpg" in words_of(response, 503)
    (form,) = page_of(response, 503).xpath(".//form")
    assert dict(form.form_values())["caption"] == "Đường hoa"
    assert not world.draft.evidence.filter(caption="Đường hoa").exists()


def test_a_database_whose_disk_is_full_has_no_room(tmp_path):
    small = sqlite3.connect(tmp_path / "small.sqlite3")
    small.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError) as full:
        small.execute("CREATE TABLE words (word)")
    small.close()
    error = OperationalError("database or disk is full")
    error.__cause__ = full.value

    assert has_no_room(error)
    assert not has_no_room(OperationalError("the connection was closed"))


@pytest.mark.parametrize(
    ("name", "template", "context"),
    [
        ("closed", "503", {}),
        ("too-large", "413", {"most": django_settings.REQUEST_MAX_MEGABYTES}),
    ],
)
def test_a_page_of_the_proxy_says_what_ours_says(name, template, context):
    path = django_settings.BASE_DIR / "tamky_models" / "static" / f"{name}.html"
    of_proxy, ours = (
        html.fromstring(text)
        for text in (
            path.read_text(encoding="utf-8"),
            render_to_string(f"{template}.html", context),
        )
    )

    for part in ("//main", "//title", "//header"):
        said = [page.xpath(f"string({part})").split() for page in (of_proxy, ours)]
        assert said[0] == said[1]
    assert of_proxy.xpath("//@href | //@src") == ours.xpath("//@href | //@src")
