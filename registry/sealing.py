"""Entries that are written once: each sealed by a hash over what it says and the seal before it.

Whoever changes a byte of an entry by hand, or takes one out of the middle, breaks the seal of it
or of the next; ``manage.py verify_history`` finds where. The chain runs per record, so that
people who write different records do not wait for each other; what is about no record, or would
not be missed with it, is one chain a table.

Whoever takes away the end of a chain, or seals all of it anew, breaks nothing here: that is seen
by what was kept elsewhere (``registry.heads``).
"""

import datetime
import hashlib
import json
from decimal import Decimal

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Subquery

# How many entries are held in memory at a time.
CHUNK = 1000


class Sealed(models.Model):
    """An entry of a chain. ``CHAIN`` names the column of what it is about; None: all are one."""

    CHAIN: str | None = "id"

    # Empty is NULL, so that the column is added to tables nothing else may be done to.
    seal = models.CharField(max_length=64, editable=False, null=True)  # noqa: DJ001

    class Meta:
        abstract = True

    def save(self, **kwargs):
        """Store the entry behind the last one of its chain; nobody else adds to it meanwhile."""
        if not self._state.adding:
            super().save(**kwargs)
            return
        with transaction.atomic(savepoint=False):
            self.seal = seal_of(self, self._seal_before(), self.joined())
            super().save(**kwargs)

    def joined(self):
        """Return what is joined to the entry in tables of their own: ``{name: [keys]}``."""
        return {}

    def chained_to(self):
        """Return the record the chain is about, to be locked while an entry is added to it."""
        column = next(each for each in self._meta.fields if each.attname == self.CHAIN)
        return column.related_model._base_manager.filter(pk=getattr(self, self.CHAIN))

    def _seal_before(self):
        chain = type(self)._base_manager.all()
        if self.CHAIN is None:
            _add_alone_to(self._meta.db_table)
        else:
            # Also from an update that has locked it already; evaluated for its lock alone.
            list(self.chained_to().select_for_update().values_list("pk"))
            chain = chain.filter(**{self.CHAIN: getattr(self, self.CHAIN)})
        return chain.order_by("-pk").values_list("seal", flat=True).first() or ""


def _add_alone_to(table):
    """Let nobody else add to the table until the transaction ends; on SQLite nobody else can."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])


def seal_new(entries, joined=None):
    """Seal entries about records that have none yet, in the order in which they follow."""
    before = {}
    for entry in entries:
        about = getattr(entry, entry.CHAIN)
        entry.seal = seal_of(entry, before.get(about, ""), (joined or {}).get(about))
        before[about] = entry.seal


def seal_of(entry, before, joined=None):
    """Return the hash over the entry and the seal before it.

    What is empty is left out: a column that is added later, and is empty in old entries, leaves
    their seals as they are. A migration that writes to old entries calls :func:`seal_again`.
    """
    said = {name: value for name, value in plain_values(entry) if value not in (None, "", False)}
    said |= {name: sorted(keys) for name, keys in (joined or {}).items() if keys}
    text = json.dumps([before, said], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain_values(entry):
    """Yield name and value of what an entry says: all but its own number and seal."""
    for field in entry._meta.concrete_fields:
        if not field.primary_key and field.attname != "seal":
            yield field.attname, plain(field, getattr(entry, field.attname))


def plain(field, value):
    """Return a value as JSON can hold it: the same before it is stored and when it is read."""
    if value is None:
        return None
    if isinstance(field, models.FileField):
        return str(value)
    value = (field.target_field if field.is_relation else field).to_python(value)
    match value:
        case bytes() | memoryview():
            return bytes(value).hex()
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case bool() | int() | list() | dict():
            return value
        case datetime.date():
            return value.isoformat()
    return str(value)


# --- Looking at a chain, or making it anew --------------------------------------------------------


def chunks(queryset, size=CHUNK):
    """Yield the rows in lists, in the order of the queryset, in constant memory."""
    chunk = []
    for row in queryset.iterator(chunk_size=size):
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def joins_of(model):
    """Return ``{name: (model of the rows, column of their keys)}`` of a history's joined tables."""
    found = {}
    # By name: within a migration the columns of a table stand in another order.
    ours = {"history", model._meta.model_name.removeprefix("historical")}
    for relation in model._meta.related_objects:
        if relation.field.name != "history":
            continue
        rows = relation.related_model
        (end,) = [
            each
            for each in rows._meta.concrete_fields
            if each.is_relation and each.name not in ours
        ]
        name = rows._meta.model_name.removeprefix(f"{model._meta.model_name}_")
        found[name] = rows, end.attname
    return found


def with_seals(model, chain, about=None):
    """Yield ``(entry, the seal it should have)``, chain by chain.

    The seal before is that which stands in the table: one broken entry is one finding.
    """
    joins = joins_of(model)
    entries = model._base_manager.order_by(*filter(None, [chain]), "pk")
    if about is not None:
        entries = entries.filter(**{f"{chain}__in": about})
    before = None, ""
    for chunk in chunks(entries):
        joined = _joins_said(joins, [entry.pk for entry in chunk])
        for entry in chunk:
            link = chain and getattr(entry, chain)
            previous = before[1] if before[0] == link else ""
            yield entry, seal_of(entry, previous, joined.get(entry.pk))
            before = link, entry.seal


def seal_again(model, chain, about=None):
    """Seal the entries as they stand now; of all records, or of those with the keys given.

    For migrations and for a redaction: nothing else may.
    """
    changed = []
    for entry, seal in with_seals(model, chain, about):
        if entry.seal != seal:
            entry.seal = seal
            changed.append(entry)
            if len(changed) == CHUNK:
                model._base_manager.bulk_update(changed, ["seal"])
                changed = []
    if changed:
        model._base_manager.bulk_update(changed, ["seal"])


# --- What verify_history asks ---------------------------------------------------------------------


def sealed_models():
    """Return every model whose entries are sealed, by name."""
    found = [model for model in apps.get_models() if issubclass(model, Sealed)]
    return sorted(found, key=lambda model: model._meta.label_lower)


def broken_seals(model):
    """Yield a sentence for each entry that is not what it was when it was written."""
    for entry, seal in with_seals(model, model.CHAIN):
        if entry.seal != seal:
            about = f" of record {getattr(entry, model.CHAIN)}," if model.CHAIN else ""
            yield (
                f"{model._meta.db_table}: entry {entry.pk},{about} or the one before it was"
                " changed or taken out."
            )


def unlike_their_records(model):
    """Yield a sentence for each record that is not what its last entry says; of a history alone."""
    record, joins = model.instance_type, joins_of(model)
    # Of a column that both have, the entry keeps its own: on whose behalf it was written. Of a
    # record that has it, it is that of its first entry.
    compared = [field for field in model.tracked_fields if field.attname != "on_behalf_of_id"]
    entered = len(compared) < len(model.tracked_fields)
    newest = model._base_manager.filter(id=OuterRef("id")).order_by("-pk").values("pk")[:1]
    last_entries = model._base_manager.filter(pk=Subquery(newest)).order_by("id")
    for chunk in chunks(last_entries):
        keys = [entry.id for entry in chunk]
        records = record._base_manager.in_bulk(keys)
        joined = joined_to(model, keys)
        said = _joins_said(joins, [entry.pk for entry in chunk])
        firsts = model._base_manager.filter(id__in=keys, history_type="+") if entered else ()
        on_behalf_of = {first.id: first.on_behalf_of_id for first in firsts}
        for entry in chunk:
            there = records.get(entry.id)
            where = f"{record._meta.db_table}: record {entry.id}"
            if entry.history_type == "-":
                if there is not None:
                    yield f"{where} is there, and its history says that it was deleted."
            elif there is None:
                yield f"{where} is gone, and its history does not say so."
            else:
                unlike = [
                    field.attname
                    for field in compared
                    if plain(field, getattr(there, field.attname))
                    != plain(field, getattr(entry, field.attname))
                ]
                unlike += [
                    name
                    for name in joins
                    if sorted(joined.get(entry.id, {}).get(name, ()))
                    != sorted(said.get(entry.pk, {}).get(name, ()))
                ]
                if there.pk in on_behalf_of and there.on_behalf_of_id != on_behalf_of[there.pk]:
                    unlike.append("on_behalf_of_id")
                if unlike:
                    yield f"{where} is not what its history says: {', '.join(unlike)}."
    known = model._base_manager.filter(id=OuterRef("pk"))
    for key in record._base_manager.exclude(Exists(known)).values_list("pk", flat=True)[:CHUNK]:
        yield f"{record._meta.db_table}: record {key} has no history."


def _joins_said(joins, entries):
    """Return ``{entry: {name: [keys]}}`` of what entries say their record was joined to."""
    said = {}
    for name, (rows, column) in joins.items():
        for pk, key in rows._base_manager.filter(history__in=entries).values_list(
            "history", column
        ):
            said.setdefault(pk, {}).setdefault(name, []).append(key)
    return said


def joined_to(history, keys):
    """Return ``{key of a record: {name: [keys]}}`` of what the records are joined to now."""
    found = {}
    for field in history._history_m2m_fields:
        source, target = field.m2m_column_name(), field.m2m_reverse_name()
        rows = field.remote_field.through._base_manager.filter(**{f"{source}__in": keys})
        for key, to in rows.values_list(source, target):
            found.setdefault(key, {}).setdefault(field.name, []).append(to)
    return found
