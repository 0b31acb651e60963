"""Backups: database and files, as they stood at one moment, with a manifest to check them by.

A backup is a folder named by its moment. It has its name only once it is whole: until then it
ends in ``.incomplete``.
"""

import hashlib
import json
import os
import platform
import shutil
import sqlite3
import subprocess
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from registry import heads
from registry.models import SecurityEvent, StoredFile
from registry.models.catalogues import Entry

MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
FILES = "files"
NAMED = "%Y%m%dT%H%M%S%fZ"
AS_OUR_OWN = ("--format=custom", "--no-owner", "--no-privileges")

# Tables and functions of ours; the schema stays, with the rights that roles have in it.
EMPTY = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE public.%I CASCADE', found.tablename);
  END LOOP;
  FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
      SELECT 1 FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid
      AND deptype = 'e') LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', found.name);
  END LOOP;
END $$;
"""


class BackupError(Exception):
    """A sentence for whoever runs the command."""


# --- Making one -----------------------------------------------------------------------------------


def make(folder):
    """Write a backup into the folder; return where it is and what it holds."""
    begun = datetime.now(UTC)
    final = Path(folder) / begun.strftime(NAMED)
    with only_whole(final) as place:
        # Files are added, deleted with a draft that is discarded, and written over by a redaction.
        # Copied before and after the database, they hold all that any row of it names, and nothing
        # that was made unreadable meanwhile.
        copied = {}
        _copy_files(place / FILES, copied)
        schema = applied_migrations()
        record = heads.now()
        rows = _dump(place / DATABASES[connection.vendor])
        if applied_migrations() != schema:
            raise BackupError("The schema was changed meanwhile. Make the backup again.")
        unreadable = _copy_files(place / FILES, copied)
        manifest = {
            "begun": begun.isoformat(),
            "finished": datetime.now(UTC).isoformat(),
            "engine": connection.vendor,
            "versions": versions(),
            "settings": settings.GIVEN,
            "migrations": schema,
            "rows": rows,
            "record": record,
            "contents": contents_of(place),
            "missing": _named_and_missing(place / FILES),
            "unreadable": unreadable,
        }
        (place / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        to_the_disk(place / MANIFEST)
    SecurityEvent.record(SecurityEvent.Kind.BACKED_UP, about=final.name)
    return final, manifest


@contextmanager
def only_whole(final):
    """Give a folder to write into that nobody else reads; it has its name once all is written.

    What fails leaves nothing behind. Raise BackupError where the folder cannot be written.
    """
    place = final.with_name(f"{final.name}.incomplete")
    try:
        with read_by_nobody_else():
            place.mkdir(parents=True)
            try:
                yield place
                place.rename(final)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
    except OSError as error:
        raise BackupError(f"{final} could not be written: {error}") from error


@contextmanager
def read_by_nobody_else():
    """Keep from other accounts of the machine what is written meanwhile."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def one_moment():
    """Read the database as it stands at one moment, while others write on."""
    if connection.vendor == "sqlite":
        # Not atomic(), which begins by taking the one lock to write.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def applied_migrations():
    """Return the names of the migrations the database has, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [f"{app}.{name}" for app, name in cursor.fetchall()]


def _dump(target):
    """Write the database as it stands at one moment; return the rows of each table then."""
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.backup(copy)
            names = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {
                name: copy.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608
                for (name,) in names
                if not name.startswith("sqlite_")
            }
    # The dump and the counting look at the same snapshot, whatever is written meanwhile.
    with one_moment(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = row_counts()
        _run(
            "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}"
        )
    return rows


def row_counts():
    """Return ``{table: rows}`` of the database as it is now."""
    with connection.cursor() as cursor:
        counts = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counts[table] = cursor.fetchone()[0]
        return counts


def _copy_files(target, copied):
    """Copy what is not in ``copied`` as it stands, and note it; return what cannot be read."""
    target.mkdir(exist_ok=True)
    source, unreadable = Path(settings.MEDIA_ROOT), []
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        name = path.relative_to(source)
        try:
            stands = path.stat().st_size, path.stat().st_mtime_ns
            if path.is_file() and copied.get(name) != stands:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)
                copied[name] = stands
        except FileNotFoundError:  # of a draft that was discarded just now
            continue
        except PermissionError:
            unreadable.append(name.as_posix())
    return unreadable


def contents_of(folder):
    """Return ``{path: [size, SHA-256]}`` of every file of a backup but the manifest."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = [path.stat().st_size, digest]
    return found


def _named_and_missing(files):
    """Return what records name and neither the backup nor, if just added, the disk has."""
    media = Path(settings.MEDIA_ROOT)
    return [
        name
        for model in apps.get_models()
        if issubclass(model, StoredFile)
        for name in model._base_manager.values_list("file", flat=True).iterator()
        if name and not (files / name).is_file() and not (media / name).is_file()
    ]


def versions():
    """Return of which programs and of which register this is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version"
        )
        database = cursor.fetchone()[0]
    return {
        "python": platform.python_version(),
        "django": django.__version__,
        "database": database,
        "register": _commit(),
    }


def _commit():
    """Return the commit of the checkout, "" where there is none to ask."""
    git = shutil.which("git")
    if git is None or not (settings.BASE_DIR / ".git").exists():
        return ""
    done = subprocess.run(
        [git, "-C", settings.BASE_DIR, "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def to_the_disk(path):
    """Let a power cut not take what was written."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def delete_older(folder, keep):
    """Delete whole backups but the newest ``keep``, and the newest ``keep`` that miss no file.

    Return their names.
    """
    there = backups_in(folder)
    complete = [path for path in there if _is_complete(path)]
    kept = {*there[-keep:], *complete[-keep:]}
    old = [path for path in there if path not in kept]
    for path in old:
        shutil.rmtree(path)
    return [path.name for path in old]


def _is_complete(place):
    manifest = json.loads((place / MANIFEST).read_bytes())
    # A backup of a release before this one says nothing of what could not be read.
    return not (manifest["missing"] or manifest.get("unreadable"))


# --- Looking at one -------------------------------------------------------------------------------


def backups_in(folder):
    """Return the whole backups of a folder, oldest first."""
    return sorted(path.parent for path in Path(folder).glob(f"*Z/{MANIFEST}"))


def checked(place):
    """Return the manifest of a backup. Raise BackupError if anything of it is not as it was."""
    try:
        manifest = json.loads((Path(place) / MANIFEST).read_text(encoding="utf-8"))
        said = {path: tuple(facts) for path, facts in manifest["contents"].items()}
        found = {path: tuple(facts) for path, facts in contents_of(Path(place)).items()}
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"{place} is no whole backup: {error}") from error
    unlike = sorted(
        path for path in said.keys() | found.keys() if said.get(path) != found.get(path)
    )
    if unlike:
        raise BackupError(f"Not as it was written: {', '.join(unlike[:20])}")
    return manifest


def newest(folder, *, hours):
    """Return the newest backup and its manifest. Raise BackupError if it is too old or damaged."""
    there = backups_in(folder)
    if not there:
        raise BackupError(f"There is no backup in {folder}.")
    manifest = checked(there[-1])
    age = datetime.now(UTC) - datetime.fromisoformat(manifest["finished"])
    if age > timedelta(hours=hours):
        raise BackupError(f"The newest backup, {there[-1].name}, is older than {hours} hours.")
    if lacking := manifest["missing"] + manifest.get("unreadable", []):
        raise BackupError(f"Files were missing already: {', '.join(lacking[:20])}")
    return there[-1], manifest


# --- Putting one back -----------------------------------------------------------------------------


def restore(place, *, force=False, say=lambda text: None):
    """Put a backup in the place of what is here; what was here is kept aside.

    Raise BackupError, with nothing changed, if the backup is damaged, of another database or of
    a newer register, or if there is anything here that would be lost and ``force`` is not given.
    """
    begun, place = monotonic(), Path(place)
    manifest = checked(place)
    if manifest["engine"] != connection.vendor:
        raise BackupError(
            f"This is a backup of {manifest['engine']}; set DATABASE_URL to such a database."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted(set(manifest["migrations"]) - known):
        raise BackupError(f"The backup is of a newer register, which has {', '.join(newer[:5])}.")
    if not force and (data := data_here()):
        raise BackupError(
            f"There is data here ({', '.join(data[:5])}). With --force it is put aside."
        )
    aside = datetime.now(UTC).strftime(NAMED)
    try:
        # The files first: a database that cannot be replaced stays as it was, and then they do.
        with read_by_nobody_else(), _files_replaced(place / FILES, aside):
            _restore_database(place / DATABASES[connection.vendor], aside)
    except OSError as error:
        raise BackupError(f"Nothing was changed: {error}") from error
    if (found := row_counts()) != manifest["rows"]:
        raise BackupError(f"Other rows than in the backup: {_unlike(found, manifest['rows'])}")
    say(f"{sum(found.values())} rows in {len(found)} tables, as in the backup.")
    call_command("migrate", verbosity=0)
    SecurityEvent.record(SecurityEvent.Kind.RESTORED, about=place.name)
    say(f"Restored in {monotonic() - begun:.1f} s. What was here before ends in .before-{aside}")
    return manifest


def data_here():
    """Return what here is more than ``migrate`` leaves in an empty database: tables, and files.

    A table that is not ours is data with no row in it, too.
    """
    cache = settings.CACHES["default"]["LOCATION"]
    ours = {"django_migrations", cache, *connection.introspection.django_table_names()}
    # What is cached can be lost at any time: it is nobody's data.
    filled = {cache, *_filled_by_migrate()}
    found = [
        table
        for table, rows in row_counts().items()
        if table not in ours or (rows and table not in filled)
    ]
    media = Path(settings.MEDIA_ROOT)
    if media.is_dir() and any(media.iterdir()):
        found.append(str(media))
    return found


def _filled_by_migrate():
    lists = [model for model in apps.get_models() if issubclass(model, Entry)]
    filled = [ContentType, Permission, Group, Group.permissions.through, *lists]
    filled += [model.history.model for model in lists]
    return {"django_migrations", *(model._meta.db_table for model in filled)}


@contextmanager
def _files_replaced(source, aside):
    """Put copies in the place of the files here; if what is done meanwhile fails, put those back.

    By renaming, which the folder of a mount point does not take: then nothing has been done.
    """
    media = Path(settings.MEDIA_ROOT)
    staged, kept = (
        media.with_name(f"{media.name}.{ending}") for ending in ("restoring", f"before-{aside}")
    )
    shutil.rmtree(staged, ignore_errors=True)
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, staged, ignore_errors=True)
        shutil.copytree(source, staged)
        if media.exists():
            media.rename(kept)
            undo.callback(kept.rename, media)
        staged.rename(media)
        undo.callback(media.rename, staged)
        yield
        undo.pop_all()


def _restore_database(dump, aside):
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        connection.close()
        staged = path.with_name(f"{path.name}.restoring")
        shutil.copyfile(dump, staged)
        for ending in ("", "-wal", "-shm"):
            old = path.with_name(f"{path.name}{ending}")
            if old.exists():
                old.rename(path.with_name(f"{path.name}.before-{aside}{ending}"))
        staged.rename(path)
        return
    if connection.introspection.table_names():
        kept = Path(settings.MEDIA_ROOT).with_name(f"database.before-{aside}.dump")
        _run("pg_dump", *AS_OUR_OWN, f"--file={kept}")
    connection.close()
    connection.close_pool()
    script = _run("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(dump))
    # All or nothing: what fails leaves the old tables as they were.
    _run(
        "psql",
        "--single-transaction",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        given=EMPTY + script,
    )


def _unlike(found, said):
    tables = sorted(found.keys() | said.keys())
    return ", ".join(
        f"{table} {found.get(table)}, not {said.get(table)}"
        for table in tables
        if found.get(table) != said.get(table)
    )


def _run(program, *arguments, given=None):
    """Run a program of PostgreSQL on our database; return what it printed.

    The password goes by the environment: arguments are read by everybody on the machine.
    """
    database = connection.settings_dict
    names = {"HOST": "HOST", "PORT": "PORT", "USER": "USER", "PASSWORD": "PASSWORD"}
    environment = {f"PG{name}": str(database[key]) for name, key in names.items() if database[key]}
    environment["PGDATABASE"] = database["NAME"]
    done = subprocess.run(
        [_program(program), *arguments],
        env=os.environ | environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _program(name):
    """Return the newest of the installed programs of the name; Debian keeps them off the PATH."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    installed = sorted(versions, key=lambda path: float(path.parent.parent.name))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is needed; on Debian it is in postgresql-client.")
    return found
