"""Promises about the project as a whole."""

import ast
import os
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.look

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


def test_no_migration_takes_away_what_the_release_before_it_uses():
    """And each can be undone. What no code uses any more goes one release later."""
    taking = (
        migrations.RemoveField,
        migrations.DeleteModel,
        migrations.RenameField,
        migrations.RenameModel,
        migrations.AlterModelTable,
        migrations.RunSQL,
    )
    operations = [
        (*key, operation)
        for key, migration in MigrationLoader(None).disk_migrations.items()
        for operation in migration.operations
        if key[0] in {"registry", "reviews"}
    ]

    assert len(operations) > 50
    assert [each for each in operations if isinstance(each[2], taking)] == []
    assert [each for each in operations if not each[2].reversible] == []


# From before there was a release to roll back to.
ADDED_BEFORE = {
    "historicaluser.is_shared",
    "historicaluser.must_change_password",
    "user.is_shared",
    "user.must_change_password",
    "user.search_key",
}


def test_a_column_that_is_added_does_not_stop_the_release_before_from_writing():
    """Which names no value for it: it may be empty, or the database has one (``db_default``)."""
    stopping = set()
    for migration in MigrationLoader(None).disk_migrations.values():
        if migration.app_label not in {"registry", "reviews"}:
            continue
        new = {
            operation.name.lower()
            for operation in migration.operations
            if isinstance(operation, migrations.CreateModel)
        }
        stopping |= {
            f"{operation.model_name}.{operation.name}"
            for operation in migration.operations
            if isinstance(operation, migrations.AddField)
            and operation.model_name not in new
            and not operation.field.many_to_many
            and not operation.field.null
            and not operation.field.has_db_default()
        }

    assert stopping == ADDED_BEFORE


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


# --- What is checked where ------------------------------------------------------------------------

# A file, and after it the tests of it that are meant.
CITED = re.compile(r"`([\w/.-]+\.(?:py|md|conf|service))`((?:(?:: |, )`[\w…]+`)*)")


def written_tests(path):
    """Return the names of the tests in a file, as the table writes them: without ``test_``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [name.removeprefix("test_") for name in names if name.startswith("test_")]


def test_the_table_of_what_is_checked_cites_tests_that_are_there():
    """Each name means one test: ``…`` stands for what was left out."""
    folder, wrong, cited = ROOT / "tests", [], 0
    page = (folder / "README.md").read_text(encoding="utf-8")
    for name, those in CITED.findall(page):
        path = folder / name if (folder / name).is_file() else ROOT / name
        if not path.is_file():
            wrong.append(f"{name} is not there")
            continue
        for test in re.findall(r"`([\w…]+)`", those):
            found = [
                each for each in written_tests(path) if fnmatchcase(each, test.replace("…", "*"))
            ]
            cited += 1
            if len(found) != 1:
                wrong.append(f"{name}: {test} is {found or 'not there'}")
    commands = set(re.findall(r"^def (\w+)\(", (ROOT / "dev").read_text(encoding="utf-8"), re.M))
    wrong += [name for name in re.findall(r"`?\./dev (\w+)", page) if name not in commands]
    experiments = "".join(path.read_text("utf-8") for path in (folder / "faults").glob("*.py"))
    carried_out = set(re.findall(r'^@experiment\("(F\d+)"', experiments, re.M))
    wrong += set(re.findall(r"`\./dev faults --only (F\d+)`", page)) - carried_out
    assert wrong == []
    assert cited > 150


def test_the_table_of_what_is_checked_has_every_row_once():
    text = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| ([SQF]\d+a?) \|", text, re.MULTILINE)

    security = [*range(1, 18), *range(20, 54), *range(60, 75), *range(80, 91)]
    assert sorted(rows) == sorted(
        ["S3a", *(f"S{n}" for n in security)]
        + [f"Q{n}" for n in range(1, 29)]
        + [f"F{n}" for n in range(1, 25)]
    )


@pytest.mark.parametrize(
    "unit", sorted((ROOT / "deploy").glob("*.service")), ids=lambda unit: unit.stem
)
def test_each_service_may_write_where_files_and_sqlite_lie_and_tells_when_it_fails(unit):
    said = unit.read_text()
    example = (ROOT / "deploy" / "tamky-models.env.example").read_text()

    assert "\nStateDirectory=tamky-models\n" in said  # /var/lib/tamky-models, of User=
    assert "\nProtectSystem=strict\n" in said
    assert set(re.findall(r"(?:sqlite:///|MEDIA_ROOT=)(/var/lib/tamky-models/)?", example)) == {
        "/var/lib/tamky-models/"
    }
    tells = "\nOnFailure=tamky-models-failed@%N.service\n" in said
    assert tells == (unit.stem != "tamky-models-failed@")
    # A part of several that fails keeps systemd from the parts after it.
    assert said.count("ExecStart=") == 1 or unit.stem == "tamky-models-backup"


def test_nothing_is_fetched_from_an_address_that_somebody_typed():
    """No record holds an address to follow, and no code of ours fetches one."""
    ours = [
        model for app in ("registry", "reviews") for model in apps.get_app_config(app).get_models()
    ]
    fields = [field for model in ours for field in model._meta.concrete_fields]
    assert not [field for field in fields if isinstance(field, models.URLField)]

    fetching = re.compile(
        r"^\s*(?:from|import) (urllib\.request|requests|http\.client|httpx)\b", re.M
    )
    found = {
        path.name
        for app in ("registry", "reviews", "tamky_models")
        for path in (ROOT / app).rglob("*.py")
        if fetching.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"oidc.py"}  # which asks the directory that the settings name


def test_the_page_of_personal_data_has_every_such_field():
    told = (ROOT / "docs" / "personal-data.md").read_text(encoding="utf-8")
    of_people = re.compile(
        r"(full|individual|contact)_\w+|position|phone|email|username|typed_by|presenter"
        r"|signatory\w*|address|file|original_name"
    )
    fields = {
        f"{model.__name__}.{field.name}"
        for app in ("registry", "reviews")
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.startswith("Historical")
        for field in model._meta.concrete_fields
        if of_people.fullmatch(field.name) and not isinstance(field, models.IntegerField)
    }

    assert fields | {"PanelMember.name"} == set(re.findall(r"`([A-Z]\w+\.\w+)`", told))
