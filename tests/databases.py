"""The database of a test, for a process of its own."""

from urllib.parse import quote

from django.db import connection


def address_of(database):
    """Return the address of a connection's settings, as ``DATABASE_URL`` takes it."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    person = ":".join(filter(None, [database["USER"], database["PASSWORD"]]))
    place = ":".join(filter(None, [quote(database["HOST"], safe=""), str(database["PORT"])]))
    return f"postgres://{person}@{place}/{database['NAME']}"
