"""What the record was at a moment, in a few lines that are kept on another machine.

Seals show what was changed in the middle of a chain. Who takes away its end, or a record together
with its history, or seals all of it anew, is shown by these alone: how many entries each table
had, up to which one, and a hash over their seals.
"""

import hashlib
import json
import time

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from registry import appendonly
from registry.models import Redaction
from registry.sealing import CHUNK, sealed_models

# How long to wait for those who are writing; only an import writes for longer.
SECONDS = 60


def now():
    """Return ``{"at": when, "tables": {table: {"rows", "last", "head"}}}``, ready for JSON."""
    at, lasts = timezone.now(), {}
    for model in kept_for_ever():
        lasts[model] = model._base_manager.aggregate(last=Max("pk"))["last"] or 0
    _wait_for_writers([model._meta.db_table for model in lasts])
    tables = {
        model._meta.db_table: {"last": last} | _up_to(model, last) for model, last in lasts.items()
    }
    return {"at": at.isoformat(), "tables": tables}


def kept_for_ever():
    """Return the sealed models no entry of which ever goes, not even with a draft discarded."""
    some_go = {rule.table for rule in appendonly.RULES if rule.once}
    return [model for model in sealed_models() if model._meta.db_table not in some_go]


def _up_to(model, last):
    entries = model._base_manager.filter(pk__lte=last).order_by("pk")
    head, rows = hashlib.sha256(), 0
    for seal in entries.values_list("seal", flat=True).iterator(chunk_size=CHUNK):
        head.update(f"{seal}\n".encode())
        rows += 1
    return {"rows": rows, "head": head.hexdigest()}


def _wait_for_writers(tables):
    """Wait until who is writing now is done: what has a number up to the last one is there then.

    Only PostgreSQL lets two write, and the one with the lower number end later.
    """
    if connection.vendor != "postgresql":
        return
    writing = (
        "SELECT virtualtransaction FROM pg_locks WHERE mode = 'RowExclusiveLock'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND relation = ANY(%s::regclass[]) AND pid <> pg_backend_pid()"
    )
    give_up = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        cursor.execute(writing, [tables])
        waited_for = {transaction for (transaction,) in cursor.fetchall()}
        while waited_for and time.monotonic() < give_up:
            time.sleep(0.05)
            cursor.execute(writing, [tables])
            waited_for &= {transaction for (transaction,) in cursor.fetchall()}


def kept_in(text):
    """Return what a manifest of a backup, or a line of the log, says. Raise ValueError if nothing.

    A line of the log has it as its message.
    """
    said = json.loads(text)
    try:
        return (json.loads(said["message"]) if "message" in said else said)["record"]
    except (KeyError, TypeError) as error:
        raise ValueError("it says nothing of the record") from error


def unlike(then):
    """Yield a sentence for each table that does not hold any more what it held then."""
    models = {model._meta.db_table: model for model in kept_for_ever()}
    for table, held in then["tables"].items():
        if table not in models:
            yield f"{table}: there is no such table of the record."
            continue
        stands = _up_to(models[table], held["last"])
        if stands["rows"] != held["rows"]:
            yield (
                f"{table}: of {held['rows']} entries up to {held['last']} there are"
                f" {stands['rows']}.{_redacted_since(table, then)}"
            )
        elif stands["head"] != held["head"]:
            yield (
                f"{table}: entries up to {held['last']} were changed and sealed anew."
                f"{_redacted_since(table, then)}"
            )


def _redacted_since(table, then):
    """Name the redactions that were a lawful reason to seal the table anew."""
    since = Redaction.objects.filter(at__gt=then["at"]).order_by("pk")
    named = [f"{each.pk} ({each.paper})" for each in since if table in each.what]
    return f" Redacted since, on record: {', '.join(named)}." if named else ""
