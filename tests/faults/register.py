"""A register under test: a database, a folder and an application server of its own."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

from tests.faults.visitor import NoAnswer, Visitor

ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS = os.environ.get("WORKERS", "4")


class Register:
    """As in production, but for TLS and the second factor, which no experiment is about."""

    numbers = count(1)

    def __init__(self, database, folder, *, template=None):
        self.name = f"{'copy' if template else 'template'}_{next(self.numbers)}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.media = self.folder / "media"
        self.media.mkdir()
        self.log = folder / f"{self.name}.log"
        self.people = template.people if template else None
        self.sessions = template.sessions if template else {}
        self.process = None
        self.code = ROOT
        self.port = free_port()
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tamky_models.settings",
            "DEBUG": "false",
            "HTTPS": "false",
            "UNIT_MEGABYTES": "10000",
            "SQLITE_IN_PRODUCTION": "true",
            "MFA_REQUIRED_ROLES": "NONE",
            "SECRET_KEY": "a key for experiments, which protects nothing, 0123456789 abc",
            "ALLOWED_HOSTS": "127.0.0.1",
            "CLERK_PHONE": "0235 000 0000",
            "MEDIA_ROOT": str(self.media),
            "STATIC_ROOT": str(folder / "static"),
            "LISTEN": f"127.0.0.1:{self.port}",
            "WORKERS": WORKERS,
        }
        database.create(self.name, template and template.name)
        self.use(database)

    def use(self, database):
        self.database = database
        self.environment["DATABASE_URL"] = database.address(self.name)

    def manage(self, *command, check=True):
        """Run a management command; return what it did."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done

    def fill(self):
        """Make of an empty database what the experiments begin with, everybody signed in."""
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        people = [sys.executable, "-m", "tests.faults.people"]
        told = subprocess.run(
            people, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE
        )
        self.people = json.loads(told.stdout)
        self.start()
        for username in [*self.people["units"], *self.people["clerks"]]:
            visitor = Visitor(self.port)
            answer = visitor.sign_in(username, self.people["password"])
            if answer.status != 302:
                raise SystemExit(f"Signing in answered {answer.status}: {answer.text[:2000]}")
            self.sessions[username] = visitor.cookies
        self.stop()

    def visitor(self, username):
        """Return a browser in which somebody is signed in."""
        return Visitor(self.port, self.sessions[username])

    # --- The application server -------------------------------------------------------------

    def start(self, fault=None):
        """Start the server, with one thing broken if ``fault`` names it, and wait for it."""
        application = "tests.faults.broken" if fault else "tamky_models.wsgi"
        environment = self.environment | (
            {"FAULT": fault, "FAULT_ONCE": str(self.folder / "fault")} if fault else {}
        )
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", application]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.code,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def wait(self, path="/healthz/ready", seconds=60):
        """Return after how many seconds an address has answered 200."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            try:
                if Visitor(self.port).get(path).status == 200:
                    return time.monotonic() - begun
            except NoAnswer:
                if self.process.poll() is not None:
                    break
            time.sleep(0.05)
        raise SystemExit(f"{path} does not answer:\n{self.log.read_text()[-3000:]}")

    def fault_once(self):
        """Let the fault of the server happen at the next occasion, and then no more."""
        (self.folder / "fault").touch()

    def kill(self):
        """What a power cut leaves of the server: nothing, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ask the server to end, and wait until it has."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.kill()

    # --- What is there ----------------------------------------------------------------------

    def rows(self, query):
        return self.database.rows(self.name, query)

    def columns(self):
        """Return ``{table: names of its columns}``."""
        tables = self.database.tables(self.name)
        return {table: self.database.columns(self.name, table) for table in tables}

    def contents(self, columns=None, leaving=()):
        """Return each row of all tables, or of the columns given, as table, key and hash."""
        found = Counter()
        for table, names in (columns or self.columns()).items():
            selected = ", ".join(f'"{name}"' for name in names)
            for row in [] if table in leaving else self.rows(f'SELECT {selected} FROM "{table}"'):
                digest = hashlib.sha256(repr(row).encode()).hexdigest()[:16]
                found[f"{table} {row[0]} {digest}"] += 1
        return found

    def logged(self, words):
        """Return how many lines of the server's log hold the words."""
        return sum(words in line for line in self.log.read_text(errors="replace").splitlines())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
