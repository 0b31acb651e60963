"""What must be true of the stored register at any time, each a sentence and a question.

``manage.py check_invariants`` asks them all, at night and after a restore. A constraint already
holds most of what one row says; these are about rows that must agree with each other.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from registry import appendonly
from registry.models import Enrolment, Move, Organisation, PracticeModel, StoredFile

# How many offenders a finding names.
NAMED = 20


@dataclass(frozen=True)
class Invariant:
    """``broken`` returns what is against the sentence: names, or rows."""

    sentence: str
    broken: Callable


INVARIANTS: list[Invariant] = []


def invariant(sentence):
    def keep(broken):
        INVARIANTS.append(Invariant(sentence, broken))
        return broken

    return keep


def findings():
    """Yield ``(sentence, what breaks it)`` for each sentence that is not true."""
    for each in INVARIANTS:
        found = each.broken()
        first = [str(getattr(one, "pk", one)) for one in found[: NAMED + 1]]
        if first:
            more = ", …" if len(first) > NAMED else ""
            yield each.sentence, ", ".join(first[:NAMED]) + more


# --- The database ---------------------------------------------------------------------------------


@invariant("Every append-only table has its triggers.")
def without_triggers():
    return appendonly.missing()


@invariant("Every constraint of the models is in the database.")
def constraints_that_are_gone():
    there = _constraints_there()
    return [
        constraint.name
        for model in apps.get_models()
        if not model._meta.proxy
        for constraint in model._meta.constraints
        if (model._meta.db_table, constraint.name) not in there
    ]


def _constraints_there():
    """Return ``{(table, name)}`` of the constraints and indexes that the database has.

    In one look: Django's own asks table by table, and on SQLite reads each one's SQL anew.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, conname FROM pg_constraint"
                " JOIN pg_class ON pg_class.oid = conrelid WHERE pg_table_is_visible(conrelid)"
                " UNION SELECT tablename, indexname FROM pg_indexes"
                " WHERE schemaname = current_schema()"
            )
            return set(cursor.fetchall())
        cursor.execute("SELECT tbl_name, name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found = set()
        for table, name, kind, made in cursor.fetchall():
            names = re.findall(r'CONSTRAINT "(\w+)"', made) if kind == "table" else [name]
            found.update((table, each) for each in names)
        return found


# --- Rows that must agree -------------------------------------------------------------------------


@invariant("A model stands where its last move has brought it.")
def beside_their_last_move():
    last = Move.objects.filter(model=OuterRef("pk")).order_by("-at", "-pk")
    models = PracticeModel.objects.annotate(stands=Subquery(last.values("to_status")[:1]))
    unmoved = Q(stands=None) & (Q(status="draft") | Q(origin="old_register"))
    return models.exclude(unmoved | Q(stands=F("status")))


@invariant("A move begins where the one before it has ended.")
def moves_out_of_nowhere():
    before = Move.objects.filter(model=OuterRef("model"), pk__lt=OuterRef("pk")).order_by("-pk")
    moves = Move.objects.annotate(came=Subquery(before.values("to_status")[:1]))
    return moves.exclude(Q(came=None) | Q(came=F("from_status")))


@invariant("A model of the register's own that was ever sent has an enrolment.")
def never_enrolled():
    years = Enrolment.objects.filter(model=OuterRef("pk"))
    return PracticeModel.objects.filter(~Exists(years), origin="form", code__isnull=False)


@invariant("No model was accepted before it was sent.")
def accepted_before_they_were_sent():
    return PracticeModel.objects.filter(accepted_at__lt=F("submitted_at"))


@invariant("What is frozen was accepted, and still is.")
def frozen_and_not_accepted():
    return Enrolment.objects.filter(frozen_at__isnull=False, accepted_at=None)


@invariant("The tree of organisations hangs on its roots: it has no loop.")
def in_a_loop():
    below = {}
    for key, parent in Organisation.objects.order_by("pk").values_list("pk", "parent"):
        below.setdefault(parent, []).append(key)
    reached, waiting = set(), [None]
    while waiting:
        found = below.get(waiting.pop(), ())
        reached.update(found)
        waiting += found
    return sorted({key for keys in below.values() for key in keys} - reached)


# --- Files ----------------------------------------------------------------------------------------


def stored_files():
    """Yield the records of files of both apps."""
    for model in apps.get_models():
        if issubclass(model, StoredFile):
            yield from model._base_manager.order_by("pk").iterator(chunk_size=1000)


@invariant("Every file on record is on the disk, as long as it was.")
def files_that_are_gone():
    return [
        f"{stored._meta.db_table} {stored.pk}"
        for stored in stored_files()
        if not default_storage.exists(stored.file.name)
        or default_storage.size(stored.file.name) != stored.size
    ]


@invariant("Every file on the disk that is older than a day is on record.")
def orphans():
    named = {stored.file.name for stored in stored_files()}
    yesterday = timezone.now() - timedelta(days=1)
    return [
        name
        for name in _all_files("")
        if name not in named and default_storage.get_modified_time(name) < yesterday
    ]


def _all_files(folder):
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    yield from (f"{folder}/{name}".removeprefix("/") for name in files)
    for name in folders:
        yield from _all_files(f"{folder}/{name}".removeprefix("/"))


def other_content():
    """Return the files whose content is not what was stored; reads every byte."""
    found = []
    for stored in stored_files():
        if default_storage.exists(stored.file.name):
            with default_storage.open(stored.file.name) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != stored.sha256:
                    found.append(f"{stored._meta.db_table} {stored.pk}")
    return found
