"""A backup is put back elsewhere, and everything is there; a bad one changes nothing."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import global_settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections

from registry import appendonly, backups
from registry.models import Evidence, PracticeModel, User
from registry.redaction import redact_file
from tests import factories
from tests.databases import address_of

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rules_of_the_register_hold_at_the_end():
    """Not here: files are moved and damaged on purpose."""


@pytest.fixture
def register(settings, tmp_path):
    """A small register in use: a person who can sign in, models, a photo."""
    settings.MEDIA_ROOT = tmp_path / "media"
    unit = factories.UnitUserFactory(username="0905000111")
    model = factories.running(by=unit, organisation=unit.memberships.get().organisation)
    factories.EvidenceFactory(model=model)
    return model


@pytest.fixture
def elsewhere(tmp_path):
    """An empty database and an empty folder for files, as a process finds them in its settings."""
    media = tmp_path / "elsewhere" / "media"
    media.parent.mkdir()
    name = f"drill_{os.getpid()}"
    if connection.vendor == "sqlite":
        address = address_of({"NAME": media.with_name("db.sqlite3")})
    else:
        _on_the_server(f"DROP DATABASE IF EXISTS {name}")
        _on_the_server(f"CREATE DATABASE {name}")
        address = address_of(connection.settings_dict | {"NAME": name})
    yield {"DATABASE_URL": address, "MEDIA_ROOT": str(media)}
    if connection.vendor == "postgresql":
        _on_the_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_the_server(statement):
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(statement)


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "DEBUG": "true", **environment},
        capture_output=True,
        text=True,
    )


ASK = """
from django.core.management import call_command
from registry.models import User
assert User.objects.get(username="0905000111").check_password("{password}")
call_command("migrate", check_unapplied=True, verbosity=0)
call_command("check_invariants", files=True)
call_command("verify_history")
"""


def test_what_is_backed_up_is_all_there_after_it_was_put_back_elsewhere(
    register, elsewhere, tmp_path, settings
):
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # another process checks it
    person = User.objects.get(username="0905000111")
    person.set_password(factories.PASSWORD)
    person.save()
    place, manifest = backups.make(tmp_path / "backups")

    done = manage("restore", place, **elsewhere)

    assert done.returncode == 0, done.stderr
    assert f"{sum(manifest['rows'].values())} rows" in done.stdout
    photo = Evidence.objects.get()
    copy = Path(elsewhere["MEDIA_ROOT"]) / photo.file.name
    assert copy.read_bytes() == Path(photo.file.path).read_bytes()
    asked = manage("shell", "-c", ASK.format(password=factories.PASSWORD), **elsewhere)
    assert asked.returncode == 0, asked.stderr


def test_nothing_is_put_over_data_unless_it_is_asked_for_and_then_it_is_kept(
    register, elsewhere, tmp_path
):
    place, _manifest = backups.make(tmp_path / "backups")
    assert manage("restore", place, **elsewhere).returncode == 0

    again = manage("restore", place, **elsewhere)
    forced = manage("restore", place, "--force", **elsewhere)

    assert again.returncode == 1
    assert "There is data here" in again.stderr
    assert forced.returncode == 0, forced.stderr
    kept = kept_aside(elsewhere)
    assert any(path.name.startswith("media.before-") for path in kept)
    assert any(not path.name.startswith("media") for path in kept)
    # What is renamed keeps its rights; what is written has none for others.
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept if path.suffix == ".dump")


def kept_aside(environment):
    return list(Path(environment["MEDIA_ROOT"]).parent.glob("*.before-*"))


def test_all_is_data_but_what_migrate_makes_and_nobody_has_used(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    assert backups.data_here() == []

    factories.CellFactory(parent=None)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE chi_tieu (nam integer)")
        try:
            found = backups.data_here()
        finally:
            cursor.execute("DROP TABLE chi_tieu")

    assert {"chi_tieu", "registry_organisation"} <= set(found)


FOREIGN = """
from django.db import connection
connection.cursor().execute("CREATE TABLE chi_tieu (nam integer)")
"""


def test_a_table_of_others_is_not_taken_away_unless_it_is_asked_for_and_then_it_is_kept(
    register, elsewhere, tmp_path
):
    place, _manifest = backups.make(tmp_path / "backups")
    assert manage("shell", "--no-imports", "-c", FOREIGN, **elsewhere).returncode == 0

    refused = manage("restore", place, **elsewhere)
    forced = manage("restore", place, "--force", **elsewhere)

    assert refused.returncode == 1
    assert "chi_tieu" in refused.stderr
    assert forced.returncode == 0, forced.stderr
    (database,) = kept_aside(elsewhere)
    assert b"chi_tieu" in database.read_bytes()


def test_where_the_files_cannot_be_put_aside_nothing_is_changed(
    register, tmp_path, settings, monkeypatch
):
    place, _manifest = backups.make(tmp_path / "backups")
    model = factories.PracticeModelFactory()
    photo = Evidence.objects.get()

    with immovable(Path(settings.MEDIA_ROOT), monkeypatch):
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("restore", str(place), force=True)

        assert PracticeModel.objects.filter(pk=model.pk).exists()
        assert default_storage.exists(photo.file.name)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("media.")]


@contextmanager
def immovable(folder, monkeypatch):
    """Make a mount point of a folder; who may not mount has renaming say what it says of one."""
    mounted = shutil.which("mount") and os.geteuid() == 0
    if mounted:
        mounted = subprocess.run(["mount", "--bind", folder, folder]).returncode == 0
    rename = Path.rename

    def refuse(path, target):
        if path == folder:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
        return rename(path, target)

    if not mounted:
        monkeypatch.setattr(Path, "rename", refuse)
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


def test_where_the_database_cannot_be_replaced_the_files_stay(register, tmp_path, monkeypatch):
    place, _manifest = backups.make(tmp_path / "backups")
    factories.EvidenceFactory(model=register)

    def fail(*arguments):
        raise backups.BackupError("psql failed")

    monkeypatch.setattr(backups, "_restore_database", fail)
    with pytest.raises(CommandError, match="psql failed"):
        call_command("restore", str(place), force=True)

    assert all(default_storage.exists(photo.file.name) for photo in Evidence.objects.all())
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("media.")]


def test_everything_acknowledged_before_the_backup_is_in_it_while_people_write_on(
    register, tmp_path
):
    stop, written = threading.Event(), []

    def write():
        try:
            while not stop.is_set():
                model = factories.PracticeModelFactory()
                factories.EvidenceFactory(model=model)
                written.append(model.pk)
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    while len(written) < 5:
        writer.join(0.01)
    acknowledged = len(written) + 1
    try:
        place, manifest = backups.make(tmp_path / "backups")
    finally:
        stop.set()
        writer.join()

    assert manifest["rows"]["registry_practicemodel"] >= acknowledged
    assert manifest["missing"] == []
    files = {path for path in manifest["contents"] if path.startswith("files/")}
    assert len(files) >= manifest["rows"]["registry_evidence"]
    assert backups.checked(place) == manifest


def test_a_backup_that_was_damaged_is_not_put_back(register, elsewhere, tmp_path):
    place, manifest = backups.make(tmp_path / "backups")
    for path in manifest["contents"]:
        content = bytearray((place / path).read_bytes())
        content[-1] ^= 1
        (place / path).write_bytes(content)
        with pytest.raises(backups.BackupError, match=path.split(".")[0]):
            backups.checked(place)
        content[-1] ^= 1
        (place / path).write_bytes(content)
    (place / backups.MANIFEST).unlink()

    done = manage("restore", place, **elsewhere)

    assert done.returncode == 1
    assert "no whole backup" in done.stderr
    assert not Path(elsewhere["MEDIA_ROOT"]).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"engine": "oracle"}, "a backup of oracle"), ({"migrations": ["registry.9999"]}, "newer")],
)
def test_a_backup_of_something_else_is_refused(register, tmp_path, change, sentence):
    place, manifest = backups.make(tmp_path / "backups")
    (place / backups.MANIFEST).write_text(json.dumps(manifest | change))

    with pytest.raises(CommandError, match=sentence):
        call_command("restore", str(place), force=True)

    assert PracticeModel.objects.get() == register


def test_only_the_newest_are_kept_and_the_newest_is_looked_at(register, tmp_path, capsys):
    folder = tmp_path / "backups"
    for _time in range(3):
        call_command("backup", str(folder), keep=2)

    call_command("check_backup", str(folder))

    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2
    assert f"{names[-1]}: whole" in capsys.readouterr().out
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
    with pytest.raises(CommandError, match="older than 0 hours"):
        call_command("check_backup", str(folder), hours=0)
    with pytest.raises(CommandError, match="no backup"):
        call_command("check_backup", str(tmp_path))


def test_a_file_on_record_that_is_gone_fails_the_backup_which_is_there_all_the_same(
    register, tmp_path
):
    photo = Evidence.objects.get()
    default_storage.delete(photo.file.name)

    with pytest.raises(CommandError, match=photo.file.name):
        call_command("backup", str(tmp_path / "backups"))

    assert len(backups.backups_in(tmp_path / "backups")) == 1


def test_backups_that_miss_a_file_fill_no_disk_and_push_no_whole_one_out(register, tmp_path):
    folder = tmp_path / "backups"
    for _time in range(2):
        call_command("backup", str(folder), keep=2)
    complete = backups.backups_in(folder)
    default_storage.delete(Evidence.objects.get().file.name)

    for _time in range(3):
        with pytest.raises(CommandError, match="gone"):
            call_command("backup", str(folder), keep=2)

    left = backups.backups_in(folder)
    assert left[:2] == complete
    assert len(left) == 4


def test_a_backup_names_the_settings_it_was_made_with_and_tells_none(register, tmp_path):
    place, manifest = backups.make(tmp_path / "backups")

    assert {"SECRET_KEY", "DATABASE_URL", "MEDIA_ROOT"} <= set(manifest["settings"])
    assert "PATH" not in manifest["settings"]
    assert "a key for tests" not in (place / backups.MANIFEST).read_text()


def test_a_file_that_cannot_be_read_is_named_and_fails_the_backup_which_is_there_all_the_same(
    register, tmp_path, monkeypatch
):
    """As root made it, once, where the application may not look."""
    photo = Evidence.objects.get()

    def copyfile(source, target, real=shutil.copyfile):
        if str(source) == photo.file.path:
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr("registry.backups.shutil.copyfile", copyfile)
    with pytest.raises(CommandError, match=f"could not be read.*{photo.file.name}"):
        call_command("backup", str(tmp_path / "backups"))

    with pytest.raises(CommandError, match=photo.file.name):
        call_command("check_backup", str(tmp_path / "backups"))


def test_a_photo_made_unreadable_while_the_backup_is_made_is_not_in_it(
    register, tmp_path, monkeypatch
):
    photo, admin = Evidence.objects.get(), factories.AdminFactory()

    def dump(target, real=backups._dump):
        redact_file(photo, by=admin, reason="Theo đơn", paper="CV 1")
        return real(target)

    monkeypatch.setattr(backups, "_dump", dump)
    place, _manifest = backups.make(tmp_path / "backups")

    copy = place / backups.FILES / photo.file.name
    assert copy.read_bytes() == Path(photo.file.path).read_bytes()
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == Evidence.objects.get().sha256


def test_the_record_is_compared_with_what_a_backup_says_of_it(register, tmp_path):
    place, manifest = backups.make(tmp_path / "backups")
    factories.running()
    call_command("verify_history", against=str(place / backups.MANIFEST))

    with appendonly.suspended():
        register.history.order_by("pk").last().delete()
    with pytest.raises(CommandError):
        call_command("verify_history", against=str(place / backups.MANIFEST))
    assert manifest["record"]["tables"]["registry_move"]["rows"] == 2


def test_a_place_that_cannot_be_written_is_said(register, tmp_path):
    (tmp_path / "a file").write_text("")

    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup", str(tmp_path / "a file"))

    assert User.objects.exists()
