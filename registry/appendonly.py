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
class Trigger:
    """``stands_as`` is what the database shows of it, once the statements have made it."""

    table: str
    statements: tuple
    stands_as: tuple


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
    said = {rule.table for rule in RULES}
    tables = [model._meta.db_table for model in [*sealed, *joined]]
    return [*(Rule(table) for table in tables if table not in said), *RULES]


def triggers():
    """Return ``{name: Trigger}``. The name holds a hash of the rule: another rule, another name."""
    make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    found = {}
    for rule in rules():
        for event in ("UPDATE", "DELETE"):
            condition = _condition(rule, event)
            mark = hashlib.sha256(f"{make.__name__} {rule.table} {event} {condition}".encode())
            name = f"{PREFIX}_{rule.table[:30]}_{event.lower()}_{mark.hexdigest()[:8]}"
            found[name] = make(name, rule.table, event, condition)
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
    made = f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" {when} {refuse}'
    return Trigger(table, (made,), (made,))


def _on_postgresql(name, table, event, condition):
    row = "NEW" if event == "UPDATE" else "OLD"
    refuse = (
        f"RAISE EXCEPTION 'append-only: {table}' USING ERRCODE = 'integrity_constraint_violation'"
    )
    body = f" BEGIN IF {condition or 'true'} THEN {refuse}; END IF; RETURN {row}; END "
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
    made = f"TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    statements = f"{function} $${body}$$", f"CREATE OR REPLACE {made}"
    return Trigger(table, statements, (f"CREATE {made}", body, True))


def there():
    """Return ``{name: (table, as what it stands there)}`` of the triggers the database has."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Enabled as it is made, or always; not as for a replica alone, which this is none of.
            cursor.execute(
                "SELECT tgname, relname, pg_get_triggerdef(pg_trigger.oid, true), prosrc,"
                " tgenabled IN ('O', 'A') FROM pg_trigger"
                " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
                " WHERE NOT tgisinternal AND tgname LIKE %s",
                [f"{PREFIX}%"],
            )
        else:
            cursor.execute(
                "SELECT name, tbl_name, sql FROM sqlite_master"
                " WHERE type = 'trigger' AND name LIKE %s",
                [f"{PREFIX}%"],
            )
        return {name: (table, tuple(made)) for name, table, *made in cursor.fetchall()}


def install(using="default", **kwargs):
    """Make the triggers that are missing, and take away those that are not as a rule has them."""
    if using != "default":
        return
    wanted, found = triggers(), there()
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, (table, made) in found.items():
            if name not in wanted or made != wanted[name].stands_as:
                _drop(cursor, name, table)
        for name, trigger in wanted.items():
            is_there = name in found and found[name] == (trigger.table, trigger.stands_as)
            if not is_there and trigger.table in tables:
                for statement in trigger.statements:
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
        take_off()
        yield
        install()


def take_off():
    """Take the triggers off until the next :func:`install`: in a migration, which ends with one."""
    with connection.cursor() as cursor:
        for name, (table, _made) in there().items():
            _drop(cursor, name, table)


def missing():
    """Return the tables that lack a trigger they should have, or have it otherwise than made."""
    found = there()
    return sorted(
        {
            trigger.table
            for name, trigger in triggers().items()
            if found.get(name) != (trigger.table, trigger.stands_as)
        }
    )
