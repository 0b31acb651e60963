"""Make a person's name, or a photo, unreadable wherever the register holds it.

The one lawful exception to what is written once: by an administrator, for a reason and a paper
that are on record. The entries it touches are sealed anew, so that ``verify_history`` holds; what
stood there is kept nowhere.
"""

import hashlib
import io
import json
import re

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models
from PIL import Image

from registry import appendonly
from registry.history import Recorded
from registry.models import Redaction, SecurityEvent, StoredFile
from registry.sealing import Sealed, chunks, seal_again
from registry.vietnamese import clean_text

MARK = "[đã ẩn]"
LONGEST_PIECE = 200
# By these rows are found and told apart; a name that stands in one is changed on its page.
KEYS = {"search_key", "sort_key", "username", "code", "seal", "sha256"}


def redact_words(words, *, by, reason, paper):
    """Put the mark in the place of the words in every text, old and new. Return the record of it.

    Upper and lower case are alike; a name within a longer word is left.
    """
    words = clean_text(words)
    if not 2 <= len(words) <= LONGEST_PIECE:
        raise ValueError("Give the words as they stand, of 2 to 200 characters.")
    found = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
    done, resealed = {}, {}
    with appendonly.suspended():
        for model in _ours():
            changed = 0
            for row, columns in _rows_with(model, found):
                for column in columns:
                    setattr(row, column, _unreadable(getattr(row, column), found))
                if isinstance(row, Recorded):
                    row.save_by(by, why=f"redact: {paper}")
                else:
                    changes = {column: getattr(row, column) for column in columns}
                    model._base_manager.filter(pk=row.pk).update(**changes)
                changed += 1
                if isinstance(row, Sealed):
                    chain = model.CHAIN and getattr(row, model.CHAIN)
                    resealed.setdefault(model, set()).add(chain)
            if changed:
                done[model._meta.db_table] = changed
        if logged := _redact_admin_log(found):
            done[LogEntry._meta.db_table] = logged
        return _on_record(done, resealed, by=by, reason=reason, paper=paper)


def redact_file(stored, *, by, reason, paper):
    """Put a grey picture in the place of a stored photo or scan. Return the record of it."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(out, "JPEG")
    said = {
        "original_name": f"{MARK}.jpg",
        "content_type": "image/jpeg",
        "size": len(out.getvalue()),
        "sha256": hashlib.sha256(out.getvalue()).hexdigest(),
        "width": 8,
        "height": 8,
    }
    history = type(stored).history.model
    with appendonly.suspended():
        type(stored)._base_manager.filter(pk=stored.pk).update(**said)
        entries = history._base_manager.filter(id=stored.pk)
        entries.update(**said)
        done = {stored._meta.db_table: 1, history._meta.db_table: entries.count()}
        redaction = _on_record(done, {history: {stored.pk}}, by=by, reason=reason, paper=paper)
        stored.file.storage.write_over(stored.file.name, out.getvalue())
    return redaction


def _on_record(done, resealed, *, by, reason, paper):
    for model, chains in resealed.items():
        seal_again(model, model.CHAIN, chains if model.CHAIN else None)
    SecurityEvent.record(SecurityEvent.Kind.REDACTED, user=by, about=f"{paper}: {reason}")
    return Redaction.objects.create(by=by, reason=reason, paper=paper, what=done)


def _ours():
    for label in ("registry", "reviews"):
        for model in apps.get_app_config(label).get_models():
            if not model._meta.proxy and model is not Redaction:
                yield model


def _rows_with(model, found):
    """Yield the rows that hold the words, and in which columns; every row is read."""
    columns = [
        field.attname
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not field.choices
        and field.attname not in KEYS
    ]
    if not columns:
        return
    for chunk in chunks(model._base_manager.order_by("pk")):
        for row in chunk:
            hit = [name for name in columns if found.search(_as_text(getattr(row, name)))]
            if hit:
                yield row, hit


def _redact_admin_log(found):
    """Redact what Django's own log of the administration holds of earlier years; count its rows."""
    changed = 0
    for entry in LogEntry.objects.iterator():
        before = entry.object_repr, entry.change_message
        entry.object_repr = _unreadable(entry.object_repr, found)[:LONGEST_PIECE]
        try:
            # Diacritics are escaped there, where nobody would find them.
            said = _unreadable(json.loads(entry.change_message), found)
            if said != json.loads(entry.change_message):
                entry.change_message = json.dumps(said)
        except ValueError:
            entry.change_message = _unreadable(entry.change_message, found)
        if (entry.object_repr, entry.change_message) != before:
            entry.save()
            changed += 1
    return changed


def _as_text(value):
    return "" if value is None else str(value)


def _unreadable(value, found):
    if isinstance(value, str):
        return found.sub(MARK, value)
    if isinstance(value, dict):
        return {key: _unreadable(each, found) for key, each in value.items()}
    if isinstance(value, list):
        return [_unreadable(each, found) for each in value]
    return value


def file_named(kind, pk):
    """Return a stored file by the name of its table, for example "evidence"."""
    for model in _ours():
        if issubclass(model, StoredFile) and model._meta.model_name == kind:
            return model._base_manager.get(pk=pk)
    raise LookupError(kind)
