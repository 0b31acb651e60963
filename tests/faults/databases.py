"""The two databases, as durable as in production, and what can be done to them."""

import copy
import os
import pwd
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from urllib.parse import quote

import psycopg

from tests.postgres import find_programs, unprivileged_user


class Sqlite:
    name = "SQLite"
    key = "sqlite"
    Error = sqlite3.Error

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        pass

    stop = start

    def runs(self):
        return True

    def moved_to(self, folder, name):
        """Return the same in another folder, with a copy of one register's file."""
        other = Sqlite(folder)
        other.create(name)
        self.rows(name, "PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.file(name), other.file(name))
        return other

    def drop(self, name):
        shutil.rmtree(self.folder / name)

    def address(self, name):
        return f"sqlite:///{self.file(name)}"

    def file(self, name):
        return self.folder / name / "db.sqlite3"

    def create(self, name, template=None):
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        if template:
            self.rows(template, "PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self.file(template), self.file(name))

    @contextmanager
    def connected(self, name):
        with closing(
            sqlite3.connect(self.file(name), timeout=20, isolation_level=None)
        ) as connection:
            yield connection

    def rows(self, name, query):
        with self.connected(name) as connection:
            return connection.execute(query).fetchall()

    def do(self, name, *statements):
        with self.connected(name) as connection:
            for statement in statements:
                connection.execute(statement)

    def tables(self, name):
        found = self.rows(name, "SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(table for (table,) in found if not table.startswith("sqlite_"))

    def columns(self, name, table):
        return [row[1] for row in self.rows(name, f'PRAGMA table_info("{table}")')]

    # SQLite knows no roles: who opens the file owns it.
    connected_as_application = connected

    def do_without_triggers(self, name, *statements):
        """What somebody does who owns the database and wants no trace of it."""
        triggers = self.rows(name, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        self.do(
            name,
            *(f'DROP TRIGGER "{trigger}"' for trigger, _sql in triggers),
            *statements,
            *(sql for _trigger, sql in triggers),
        )

    def drop_triggers(self, name):
        for (trigger,) in self.rows(name, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self.do(name, f'DROP TRIGGER "{trigger}"')

    def damage(self, name):
        """Return what SQLite finds wrong with its file, nothing if it is sound."""
        return [text for (text,) in self.rows(name, "PRAGMA integrity_check") if text != "ok"]


class Postgres:
    name = "PostgreSQL"
    key = "postgres"
    Error = psycopg.Error
    # Only so many, but none of what makes it durable is switched off.
    SETTINGS = {
        "listen_addresses": "",
        "max_connections": "200",
        "log_min_messages": "fatal",
        "min_wal_size": "32MB",
        "max_wal_size": "64MB",
    }

    def __init__(self, folder):
        self.folder = folder / "server"
        self.data = self.folder / "data"
        self.programs = find_programs()
        owner = unprivileged_user()
        self.account = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
        self.folder.mkdir(parents=True, exist_ok=True)
        if owner:
            self._let_in(folder, owner)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C")

    def _let_in(self, folder, owner: pwd.struct_passwd):
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o755)

    def _run(self, program, *arguments, check=True):
        with (self.folder / "output").open("a") as output:
            return subprocess.run(
                [self.programs / program, "--pgdata", self.data, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=check,
                **self.account,
            )

    def start(self):
        options = [f"-c {name}='{value}'" for name, value in self.SETTINGS.items()]
        given = " ".join([f"-k '{self.folder}'", *options])
        self._run("pg_ctl", "start", "--wait", "--silent", "-o", given)

    def stop(self, mode="fast"):
        self._run("pg_ctl", "stop", f"--mode={mode}", "--wait", "--silent", check=False)

    def runs(self):
        return self._run("pg_ctl", "status", check=False).returncode == 0

    def moved_to(self, folder, name):
        """Return a second server on a copy of all that this one has stored."""
        self.stop()
        other = copy.copy(self)
        other.folder, other.data = folder, folder / "data"
        subprocess.run(["cp", "--archive", self.data, folder], check=True)
        if self.account:
            os.chown(folder, self.account["user"], self.account["group"])
        self.start()
        other.start()
        return other

    def address(self, name):
        return f"postgres://postgres@{quote(str(self.folder), safe='')}/{name.lower()}"

    def create(self, name, template=None):
        with self.connected("postgres") as connection:
            connection.execute(
                f'CREATE DATABASE "{name.lower()}" TEMPLATE "{(template or "template1").lower()}"'
            )

    def drop(self, name):
        with self.connected("postgres") as connection:
            connection.execute(f'DROP DATABASE "{name.lower()}" WITH (FORCE)')

    @contextmanager
    def connected(self, name):
        with psycopg.connect(self.address(name), autocommit=True) as connection:
            yield connection

    def rows(self, name, query):
        with self.connected(name) as connection:
            return connection.execute(query).fetchall()

    def do(self, name, *statements):
        with self.connected(name) as connection:
            for statement in statements:
                connection.execute(statement)

    def tables(self, name):
        found = self.rows(name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted(table for (table,) in found)

    def columns(self, name, table):
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}'"
        return [column for (column,) in self.rows(name, query.format(table))]

    @contextmanager
    def connected_as_application(self, name):
        """Connect with the rights that docs/production.md gives to the application, no more."""
        role = f"{name.lower()}_application"
        self.do(
            name,
            f'CREATE ROLE "{role}" LOGIN',
            f'GRANT USAGE ON SCHEMA public TO "{role}"',
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
        )
        with psycopg.connect(self.address(name), user=role, autocommit=True) as connection:
            yield connection

    def do_without_triggers(self, name, *statements):
        """What somebody does who owns the database and wants no trace of it."""
        self.do(name, "SET session_replication_role = replica", *statements)

    def drop_triggers(self, name):
        triggers = self.rows(
            name,
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal",
        )
        for trigger, table in triggers:
            self.do(name, f'DROP TRIGGER "{trigger}" ON "{table}"')

    def damage(self, name):
        """Return what PostgreSQL finds wrong with its tables and indexes."""
        with self.connected(name) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            indexes = connection.execute(
                "SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                " JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE a.amname = 'btree' AND n.nspname = 'public' AND i.indisvalid"
            ).fetchall()
            try:
                for (index,) in indexes:
                    connection.execute("SELECT bt_index_check(%s, true)", [index])
            except psycopg.Error as error:
                return [str(error)]
        return []


BOTH = {database.key: database for database in (Sqlite, Postgres)}
