"""The application server as it runs in production: what it has begun when told to stop, it ends."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

from registry.models import SecurityEvent
from tests import factories
from tests.databases import address_of
from tests.factories import PASSWORD

CSRF = "a" * 32


@contextmanager
def server(folder):
    """Run gunicorn with our file, on a socket in the folder; yield the process and the socket."""
    place = folder / "s"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": address_of(connection.settings_dict),
        "LISTEN": f"unix:{place}",
        "WORKERS": "2",
        "TRUSTED_PROXY_COUNT": "1",
    }
    command = ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "tamky_models.wsgi"]
    with subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        cwd=settings.BASE_DIR,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said_until(process, "Listening at")
            yield process, place
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def said_until(process, words):
    """Read what the server writes until it says the words; return the line."""
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying {words!r}")


def begin_to_sign_in(place, name):
    """Send the head of a request, and wait until a worker has it in hand; return the rest."""
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(30)
    connected.connect(str(place))
    body = urlencode({"login": name, "password": PASSWORD, "csrfmiddlewaretoken": CSRF}).encode()
    head = [
        "POST /accounts/login/ HTTP/1.1",
        "Host: localhost",
        "X-Forwarded-For: 10.0.0.7",
        f"Cookie: {settings.CSRF_COOKIE_NAME}={CSRF}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    ]
    connected.sendall("\r\n".join([*head, "", ""]).encode())
    assert connected.recv(1000).startswith(b"HTTP/1.1 100 Continue")
    return connected, body


def answer_of(connected):
    with connected:
        parts = []
        while part := connected.recv(10_000):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.look
@pytest.mark.django_db(transaction=True)
def test_told_to_stop_the_server_finishes_what_it_has_begun_and_takes_nothing_new(tmp_path):
    names = ["0905123456", "0905123457"]
    for name in names:
        factories.UserFactory(username=name)

    with server(tmp_path) as (process, place):
        begun = [begin_to_sign_in(place, name) for name in names]
        process.send_signal(signal.SIGTERM)
        said_until(process, "Handling signal: term")
        for connected, body in begun:
            connected.sendall(body)
        answers = [answer_of(connected) for connected, _body in begun]
        written = process.stderr.read()
        assert process.wait(timeout=30) == 0
        assert not place.exists()

    for answer in answers:
        assert answer.startswith("HTTP/1.1 302 ")
        assert f"Set-Cookie: {settings.SESSION_COOKIE_NAME}=" in answer
    signed_in = SecurityEvent.objects.filter(kind=SecurityEvent.Kind.SIGNED_IN)
    assert {event.user.username for event in signed_in} == set(names)
    assert written.count('"logger": "gunicorn.error"') >= 3
    assert PASSWORD not in written
