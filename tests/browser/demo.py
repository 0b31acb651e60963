"""The demo, served to a browser outside of the tests: for pictures and for measuring."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "mat-khau-de-xem"
RUNSERVER = ["manage.py", "runserver", "--noreload"]
GUNICORN = ["-m", "gunicorn", "tamky_models.wsgi:application", "--log-level", "error", "--bind"]


@contextmanager
def served(*, as_in_production=False):
    """Serve the demo from a database of its own; yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "DEBUG": "true",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": f"{folder}/media",
            "STATIC_ROOT": f"{folder}/static",
            "DEMO_PASSWORD": PASSWORD,
            "PUBLIC_CATALOGUE": "true",
            "LOG_LEVEL": "ERROR",
        }
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "demo")
        if as_in_production:
            environment |= {
                "DEBUG": "false",
                "HTTPS": "false",
                "SQLITE_IN_PRODUCTION": "true",
                "SECRET_KEY": "a key for measuring, which protects nothing, 0123456789 abc",
                "ALLOWED_HOSTS": "127.0.0.1",
                # The demo's accounts have none, and the page that asks for it is not the one meant.
                "MFA_REQUIRED_ROLES": "NONE",
            }
            manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        address = f"127.0.0.1:{free_port()}"
        server = [sys.executable, *(GUNICORN if as_in_production else RUNSERVER), address]
        with subprocess.Popen(server, cwd=ROOT, env=environment) as process:
            try:
                while not answers(f"http://{address}"):
                    if process.poll() is not None:
                        raise SystemExit("The server did not start.")
                    time.sleep(0.2)
                yield f"http://{address}"
            finally:
                process.terminate()


def manage(environment, *command):
    call = [sys.executable, "manage.py", *command]
    subprocess.run(call, cwd=ROOT, env=environment, check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address):
    try:
        return urllib.request.urlopen(f"{address}/healthz/ready").status == 200
    except urllib.error.URLError:
        return False


@contextmanager
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


def sign_in(page, account):
    page.goto("/accounts/login/")
    page.fill("[name=login]", account)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button:not([type=button])")
    page.locator(".app-account__name").wait_for()
