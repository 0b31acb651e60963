"""One worker of pytest-xdist makes the test database; the others copy it, which takes a moment.

Making it runs every migration: a third of the time of a short run, once for each worker.
"""

import fcntl
import shutil

from django.db import connection


class SharedDatabase:
    """The database of the first worker, as it is before the first test."""

    def __init__(self, folder, run):
        self.lock = (folder / "database.lock").open("w")
        self.made = folder / "database.made"
        self.copy = folder / "database.sqlite3"
        self.name = f"copied_{run}"
        self.is_first = False

    def take(self):
        """Wait until nobody else makes it, and have Django copy it if it is made."""
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.is_first = not self.made.exists()
        if not self.is_first:
            connection.creation._create_test_db = self._copied

    def _copied(self, verbosity, autoclobber, keepdb=False):
        name = connection.creation._get_test_db_name()
        if connection.vendor == "sqlite":
            shutil.copy(self.copy, name)
        else:
            self._on_server(f'DROP DATABASE IF EXISTS "{name}"')
            self._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')
        return name

    def leave(self):
        """Keep a copy for the others, if this one was made here, and let them go on."""
        if self.is_first:
            name = connection.settings_dict["NAME"]
            connection.close()
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
                shutil.copy(name, self.copy)
            else:
                self._on_server(f'CREATE DATABASE "{self.name}" TEMPLATE "{name}"')
            self.made.touch()
        self.lock.close()  # which unlocks it

    def drop(self):
        if self.is_first and connection.vendor == "postgresql":
            self._on_server(f'DROP DATABASE "{self.name}"')

    def _on_server(self, statement):
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(statement)
