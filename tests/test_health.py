"""Is it alive, is it ready: for monitors, on machines where something is missing."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests import factories

ASK = """
import json, time, django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies["__Host-sessionid"] = "a" * 32
begun = time.monotonic()
answers = {}
for name in ("live", "ready"):
    response = client.get(f"/healthz/{name}", secure=True)
    answers[name] = [response.status_code, response.content.decode()]
print(json.dumps([answers, time.monotonic() - begun]))
"""
AWAY = {
    "postgresql": "postgres://geheim:matkhau@127.0.0.1:1/tamky_models",
    "sqlite": "sqlite:////nonexistent-folder/geheim.sqlite3",
}


@pytest.mark.look
@pytest.mark.parametrize("database", AWAY)
def test_without_its_database_it_is_alive_and_not_ready_and_tells_no_more(database):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tamky_models.settings",
        "DEBUG": "false",
        "SQLITE_IN_PRODUCTION": "true",
        "SECRET_KEY": "a key for tests, which protects nothing at all, 0123456789",
        "ALLOWED_HOSTS": "testserver",
        "DATABASE_URL": AWAY[database],
    }

    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    answers, seconds = json.loads(done.stdout.splitlines()[-1])
    assert answers == {"live": [200, "ok"], "ready": [503, "failed"]}
    # Who asks next waits behind: a database that is not there is no reason to wait for it.
    assert seconds < 2
    # Who runs the server reads in the log why.
    assert "Not ready" in done.stderr


@pytest.mark.django_db
def test_alive_asks_no_database_whatever_the_browser_brings(client, django_assert_num_queries):
    client.force_login(factories.ClerkFactory())

    with django_assert_num_queries(0):
        response = client.get("/healthz/live")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_asks_the_database_once(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/healthz/ready")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["live", "ready"])
def test_the_answer_is_plain_is_not_kept_and_to_reading_only(client, name):
    address = f"/healthz/{name}"
    response = client.get(address)

    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_a_monitor_is_not_sent_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz/live").status_code == 200
    assert client.get("/").status_code == 301
