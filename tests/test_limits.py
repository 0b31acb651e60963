"""How long a request may take, and what is said when its time is up."""

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection, transaction
from django.test import Client
from lxml import html

from registry.models import PracticeModel
from tamky_models.limits import LONG, RequestTooLong, is_too_slow
from tests import factories
from tests.databases import address_of
from tests.permissions_table import TABLE

NEW = "/models/new/"


@pytest.fixture
def clerk(caplog):
    caplog.set_level("CRITICAL", "django.request")
    client = Client(raise_request_exception=False)
    client.force_login(factories.ClerkFactory())
    return client


def said(response):
    return " ".join(
        html.fromstring(response.content.decode()).find(".//main").text_content().split()
    )


@pytest.mark.django_db
def test_when_its_time_is_up_a_request_ends_with_a_page_that_has_the_words(clerk, settings):
    settings.REQUEST_SECONDS = 0

    page, sent = clerk.get("/seminars/"), clerk.post(NEW, {"name": "Đường hoa"})

    for response in (page, sent):
        assert response.status_code == 503
        assert "mất quá nhiều thời gian" in said(response)
        assert int(response["Retry-After"]) > 0
    (form,) = html.fromstring(sent.content.decode()).xpath("//main//form")
    assert dict(form.form_values()) == {"name": "Đường hoa"}


@pytest.mark.django_db
def test_lists_taken_along_and_files_have_more_time(clerk, settings):
    settings.REQUEST_SECONDS, settings.LONG_REQUEST_SECONDS = 0, 60

    assert clerk.get("/models/").status_code == 503
    # What is asked before the view is known is asked in the short time: start with a visitor.
    settings.PUBLIC_CATALOGUE = True
    assert Client().get("/models/export.csv").status_code == 200
    assert set(TABLE) >= LONG


@pytest.mark.django_db(transaction=True)
def test_what_was_begun_when_the_time_is_up_is_taken_back(clerk, settings):
    settings.REQUEST_SECONDS = 60

    def time_is_up_at_the_end(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if sql.startswith("INSERT INTO") and "historicalpracticemodel" in sql:
            raise RequestTooLong
        return answer

    sent = {"name": "Đường hoa", "token": uuid4(), "organisation": factories.CellFactory().pk}
    sent |= {"subject": "collective", "level": "grassroots"}
    with connection.execute_wrapper(time_is_up_at_the_end):
        assert clerk.post(NEW, sent).status_code == 503
    assert not PracticeModel.objects.exists()

    assert clerk.post(NEW, sent).status_code == 302
    assert PracticeModel.objects.get().name == "Đường hoa"


ASK = """
import json, sys
from time import monotonic
from tamky_models.wsgi import application
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.test import Client
from tamky_models.limits import is_too_slow

assert isinstance(application, WSGIHandler)
cookie, value, address = sys.argv[1:]
client = Client(raise_request_exception=False)
client.cookies[cookie] = value
assert client.get("/seminars/").status_code == 200
started = monotonic()
response = client.post(address, {"name": "Đường hoa", "version": "1"})
found = {"status": response.status_code, "page": response.content.decode()}
found["seconds"] = monotonic() - started
if connection.vendor == "postgresql":
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_sleep(20)")
        except OperationalError as error:
            found["slow statement"] = is_too_slow(error)
print(json.dumps(found))
"""


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_what_somebody_else_holds_is_told_so_in_time():
    model = factories.PracticeModelFactory()
    client = Client()
    client.force_login(factories.ClerkFactory())
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
    address = f"{model.get_absolute_url()}edit/"

    with transaction.atomic():
        PracticeModel.objects.select_for_update().get(pk=model.pk)
        done = subprocess.run(
            [sys.executable, "-c", ASK, cookie.key, cookie.value, address],
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "DATABASE_URL": address_of(connection.settings_dict),
                "REQUEST_SECONDS": "1",
            },
            cwd=django_settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["status"] == 503, found
    assert found["seconds"] < 5
    assert "mất quá nhiều thời gian" in found["page"]
    assert "Đường hoa" in found["page"]
    assert found.get("slow statement", True)


def test_commands_may_take_as_long_as_they_need():
    assert "PGOPTIONS" not in os.environ
    assert "options" not in connection.settings_dict["OPTIONS"]


def test_a_database_that_is_away_is_not_called_slow():
    assert not is_too_slow(OperationalError("connection refused"))
