"""What the database itself refuses to change: history, moves, what was handed in and issued.

A trigger stands before every UPDATE and DELETE of these tables, on SQLite and on PostgreSQL, so
that neither a fault of ours nor a hand on the database rewrites the record unnoticed. Triggers
are made after each migrate and not in a migration: SQLite drops them whenever a migration
rebuilds their table. Emptying a table as a whole (TRUNCATE) no trigger forbids; the role of the
application has no right to it (docs/production.md, section 3).
"""

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, transaction

from registry.sealing import joins_of, sealed_models

PREFIX = "append_only"


@dataclass(frozen=True)
class Rule:
    """What of a table is never changed.

    ``once`` is a condition in SQL on ``OLD``: from when on; always, if it is empty. ``but`` are
    the columns that may be written even then.
    """

    table: str
    once: str = ""
    but: tuple = ()


# Filled by both apps when they are ready.
RULES: list[Rule] = []


def rules():
    """Return the rules of every table: what is sealed, what it is joined to, and what apps say."""
    sealed = sealed_models()
    joined = [rows for model in sealed for rows, _column in joins_of(model).values()]
    return [*(Rule(model._meta.db_table) for model in [*sealed, *joined]), *RULES]


def triggers():
    """Return ``{name: (table, statements that make it)}``.

    The name holds a hash of the statements: another rule is another trigger.
    """
    make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    found = {}
    for rule in rules():
        for event in ("UPDATE", "DELETE"):
            condition = _condition(rule, event)
            mark = hashlib.sha256(f"{make.__name__} {rule.table} {event} {condition}".encode())
            name = f"{PREFIX}_{rule.table[:30]}_{event.lower()}_{mark.hexdigest()[:8]}"
            found[name] = rule.table, make(name, rule.table, event, condition)
    return found


def _condition(rule, event):
    parts = [rule.once] if rule.once else []
    if event == "UPDATE" and rule.but:
        model = next(each for each in apps.get_models() if each._meta.db_table == rule.table)
        kept = [f.column for f in model._meta.concrete_fields if f.column not in rule.but]
        unlike = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
        parts.append(f"({' OR '.join(f'OLD.{c} {unlike} NEW.{c}' for c in kept)})")
    return " AND ".join(parts)


def _on_sqlite(name, table, event, condition):
    when = f"WHEN {condition}" if condition else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
    return [f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" {when} {refuse}']


def _on_postgresql(name, table, event, condition):
    row = "NEW" if event == "UPDATE" else "OLD"
    refuse = (
        f"RAISE EXCEPTION 'append-only: {table}' USING ERRCODE = 'integrity_constraint_violation'"
    )
    body = f"BEGIN IF {condition or 'true'} THEN {refuse}; END IF; RETURN {row}; END"
    function = f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
    trigger = f'CREATE OR REPLACE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW'
    return [f"{function} AS $$ {body} $$", f'{trigger} EXECUTE FUNCTION "{name}"()']


def there():
    """Return ``{name: table}`` of the triggers the database has."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                " WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgname LIKE %s",
                [f"{PREFIX}%"],
            )
        else:
            cursor.execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
                [f"{PREFIX}%"],
            )
        return dict(cursor.fetchall())


def install(using="default", **kwargs):
    """Make the triggers that are missing, and take away those of rules that are no more."""
    if using != "default":
        return
    wanted, found = triggers(), there()
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, table in found.items():
            if name not in wanted:
                _drop(cursor, name, table)
        for name, (table, statements) in wanted.items():
            if name not in found and table in tables:
                for statement in statements:
                    cursor.execute(statement)


def _drop(cursor, name, table):
    if connection.vendor == "postgresql":
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
        cursor.execute(f'DROP FUNCTION IF EXISTS "{name}"()')
    else:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')


@contextmanager
def suspended():
    """Take the triggers off for a lawful change, in one transaction: for redaction alone.

    The role of the application may not; the owner of the tables runs the command.
    """
    with transaction.atomic():
        found = there()
        with connection.cursor() as cursor:
            for name, table in found.items():
                _drop(cursor, name, table)
        yield
        install()


def missing():
    """Return the tables that lack a trigger they should have."""
    found = there()
    return sorted({table for name, (table, _made) in triggers().items() if name not in found})
