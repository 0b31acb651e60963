"""How long a request may take, and what is said when its time is up."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test import Client
from lxml import html

from registry.models import PracticeModel
from registry.views import exports
from tamky_models.limits import (
    EXPORTS,
    LONG,
    WITH_A_TABLE,
    RequestTooLong,
    at_most,
    export_under_way,
    is_too_slow,
)
from tests import factories
from tests.databases import address_of
from tests.faults.line import Line
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
    assert set(TABLE) >= LONG | EXPORTS | WITH_A_TABLE


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


@pytest.mark.django_db
def test_a_person_takes_one_file_along_at_a_time(client):
    person, other = factories.ClerkFactory(), factories.ClerkFactory()
    cache.add(export_under_way(person), True, 60)
    client.force_login(person)

    for address in ("/models/export.xlsx", "/models/export.csv", "/statistics/?table=field"):
        answer = client.get(address)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert html.fromstring(answer.content.decode()).find(".//main//a").get("href") == "/"
    assert client.get("/statistics/").status_code == 200
    cache.delete(export_under_way(person))
    assert [client.get("/models/export.csv").status_code for _time in range(2)] == [200, 200]
    cache.add(export_under_way(person), True, 60)
    client.force_login(other)
    assert client.get("/models/export.csv").status_code == 200


@pytest.mark.django_db
def test_a_file_that_is_not_made_in_the_end_holds_up_no_other(clerk, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(exports, "csv_file", lambda *table: 1 / 0)
        assert clerk.get("/models/export.csv").status_code == 500

    assert clerk.get("/models/export.csv").status_code == 200


ASK = """
import json, sys
from time import monotonic
from tamky_models.wsgi import application
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from tamky_models.limits import is_too_slow

assert callable(application)
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
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        (found["compiles"],) = cursor.fetchone()
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
                "REQUEST_SECONDS": "2",
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
    assert found.get("compiles", "off") == "off"


def test_commands_may_take_as_long_as_they_need():
    assert "PGOPTIONS" not in os.environ
    assert "options" not in connection.settings_dict["OPTIONS"]


def test_a_database_that_is_away_is_not_called_slow():
    assert not is_too_slow(OperationalError("connection refused"))


def test_who_waits_too_long_is_woken_also_where_another_alarm_was_set_inside():
    connection.close()  # or the alarm would break the line that the next test goes on with

    def wait():
        with at_most(5, ValueError("in time")):
            pass
        with pytest.raises(ValueError, match="inner"), at_most(0.1, ValueError("inner")):
            time.sleep(5)
        time.sleep(5)

    begun = time.monotonic()
    with pytest.raises(ValueError, match="outer"), at_most(0.4, ValueError("outer")):
        wait()

    assert 0.4 <= time.monotonic() - begun < 3
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_thread_that_cannot_be_woken_works_as_without_an_alarm():
    done = []

    def work():
        with at_most(0.01, ValueError):
            time.sleep(0.1)
        done.append(True)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()

    assert done


# A worker, its line to the database through a proxy: "cut" and "mend" are asked of the test.
BEHIND_A_LINE = """
import json, sys
from time import monotonic
from tamky_models.wsgi import application
from django.db import close_old_connections, connection
from django.test import Client

cookie, value = sys.argv[1:]
client = Client(raise_request_exception=False)
client.cookies[cookie] = value

def tell(word):
    print(word, flush=True)
    input()

def ask(path):
    begun = monotonic()
    close_old_connections()  # as Django does around each request, but for this client
    response = client.get(path)
    close_old_connections()
    return response.status_code, round(monotonic() - begun, 1), response.content.decode()

def cut_amid(execute, sql, params, many, context):
    if "registry_organisation" in sql:
        tell("cut")
    return execute(sql, params, many, context)

found = [ask("/organisations/")]
with connection.execute_wrapper(cut_amid):
    found.append(ask("/organisations/"))
tell("mend")
found.append(ask("/organisations/"))
tell("cut")
found += [ask("/healthz/ready"), ask("/organisations/"), ask("/healthz/live")]
tell("mend")
found += [ask("/healthz/ready"), ask("/organisations/")]
print(json.dumps(found))
"""


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_questions_and_does_not_answer_holds_nobody_up():
    if connection.vendor == "sqlite":
        return  # which is a file
    database = connection.settings_dict
    client = Client()
    client.force_login(factories.ClerkFactory())
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]

    with Line(Path(database["HOST"]) / ".s.PGSQL.5432") as line:
        through = database | {"HOST": "127.0.0.1", "PORT": line.port}
        worker = subprocess.Popen(
            [sys.executable, "-c", BEHIND_A_LINE, cookie.key, cookie.value],
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "DATABASE_URL": address_of(through),
                "REQUEST_SECONDS": "2",
            },
            cwd=django_settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with worker:
            for said in worker.stdout:
                if said.strip() not in {"cut", "mend"}:
                    break
                line.cut = said.strip() == "cut"
                print("go on", file=worker.stdin, flush=True)
            else:
                pytest.fail(worker.stderr.read())
    answers = json.loads(said)

    assert [status for status, _seconds, _page in answers] == [
        200, 503, 200, 503, 503, 200, 200, 200,
    ]  # fmt: skip
    amid, ready, page = answers[1], answers[3], answers[4]
    assert "mất quá nhiều thời gian" in amid[2]
    assert "tạm nghỉ" in page[2]
    assert ready[2] == "failed"
    assert max(seconds for _status, seconds, _page in (amid, ready, page)) <= 5
