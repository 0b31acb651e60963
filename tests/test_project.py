"""Promises about the project as a whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "deploy",
    "dev",
    "docs",
    "manage.py",
    "pyproject.toml",
    "registry",
    "requirements",
    "reviews",
    "tamky_models",
    "templates",
    "tests",
}
PRODUCTION = {
    "SECRET_KEY": "0f8Jq2mVb7XcL1sRw9TzYk4HdNp6GuEa3ZiCoQxWnDlMrBtKhS",
    "ALLOWED_HOSTS": "mohinh.example",
    "DATABASE_URL": "postgres://tamky_models@/tamky_models",
}


def manage(*arguments, **environment):
    """Run manage.py as in production: nothing set but what is given."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.django_db
def test_migrations_match_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_production_settings_pass_the_deployment_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert done.returncode == 0, done.stderr


def test_sqlite_loses_no_acknowledged_write_and_waits_for_its_lock(tmp_path):
    """The tests themselves write without waiting for the disk; production must not."""
    pragmas = ("journal_mode", "synchronous", "busy_timeout")
    asked = "; ".join(
        f"print(connection.cursor().execute('PRAGMA {name}').fetchone()[0])" for name in pragmas
    )
    code = f"from django.db import connection; {asked}; print(connection.transaction_mode)"
    environment = PRODUCTION | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "SQLITE_IN_PRODUCTION": "true",
    }

    done = manage("shell", "--no-imports", "-c", code, **environment)

    assert done.stdout.split() == ["wal", "2", "20000", "IMMEDIATE"], done.stderr


@pytest.mark.parametrize("name", ["run", "dev"])
def test_the_lock_pins_what_is_asked_for_by_hash_and_names_no_host(name):
    asked = (ROOT / "requirements" / f"{name}.in").read_text()
    locked = (ROOT / "requirements" / f"{name}.txt").read_text()

    pinned = re.findall(r"^([a-z0-9-]+)==.+\\\n +--hash=sha256:", locked, re.MULTILINE)
    wanted = re.findall(r"^([\w-]+)", re.sub(r"^-.*", "", asked, flags=re.MULTILINE), re.MULTILINE)

    assert {package.lower() for package in wanted} - set(pinned) == set()
    assert len(pinned) == len(re.findall(r"^[a-z]", locked, re.MULTILINE))
    assert "://" not in locked


def test_the_top_level_holds_the_agreed_files_only():
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    names = {name.split("/")[0] for name in listing.stdout.splitlines()}

    assert {name for name in names if not name.startswith(".")} - TOP_LEVEL == set()
