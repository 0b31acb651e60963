"""The whole register as tables and files that need no application to be read.

A workbook has a sheet for each model of ours, a folder holds the files, and a text says what is
what. A model that is added later is in it by itself.
"""

import hashlib
import json
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle
from openpyxl.utils import get_column_letter

from registry.backups import (
    MANIFEST,
    BackupError,
    applied_migrations,
    one_moment,
    only_whole,
    to_the_disk,
    versions,
)
from registry.exports import defused
from registry.models import PracticeModel, SecurityEvent
from registry.partialdates import PartialDateField, show_partial
from registry.sealing import chunks
from registry.vietnamese import sort_key

NAMED = "so-mo-hinh-%Y-%m-%d-%H%M"
BOOK, READ_ME, SUMS = "so-mo-hinh", "DOC-TOI.txt", "SHA256SUMS"
FILES, HELD, TEXTS = "tep", "tep-cho-quet-virus", "van-ban"

# What only the running application has a use for. Of other people's programs (sessions, second
# factors, addresses to confirm) nothing is taken at all.
LEFT_OUT = (
    (
        "registry.FormToken",
        gettext_noop("forms that were opened; they say nothing of the register"),
    ),
    ("registry.DraftBuffer", gettext_noop("what a person has typed and not saved; it is theirs")),
)
LEFT_OUT_FIELDS = (
    ("password", gettext_noop("a secret")),
    ("search_key", gettext_noop("computed from the text beside it")),
    ("sort_key", gettext_noop("computed from the text beside it")),
    ("seal", gettext_noop("means something only within the database; a backup has it")),
)
# Names for what the models themselves leave unnamed, since no page shows it.
NAMES = {
    "action": gettext_noop("handling of many models"),
    "before": gettext_noop("value before"),
    "height": gettext_noop("height in pixels"),
    "history_change_reason": gettext_noop("reason of the change"),
    "history_date": gettext_noop("date of the change"),
    "history_id": gettext_noop("number of the entry"),
    "history_type": gettext_noop("kind of change (+ new, ~ changed, - deleted)"),
    "id": gettext_noop("ID number"),
    "in_register": gettext_noop("in the register"),
    "last": gettext_noop("last number given"),
    "left_out": gettext_noop("left out because"),
    "left_out_again": gettext_noop("left out when taken back because"),
    "query": gettext_noop("what is filtered by"),
    "seal": gettext_noop("seal"),
    "sessions_ended_at": gettext_noop("all sessions ended"),
    "sha256": gettext_noop("SHA-256 of the file"),
    "version": gettext_noop("version of the record"),
    "width": gettext_noop("width in pixels"),
    "registry.Sequence": gettext_noop("running numbers"),
    "registry.BulkChange": gettext_noop("models handled together"),
}

ROWS_OF_A_SHEET = 1_048_576  # Excel's, the header among them
LONGEST_CELL = 32_767  # Excel's, in units of UTF-16
LEFT_OF_A_LONG_TEXT = 32_000
EXACT_DIGITS = 15
LABELS_KEPT = 20_000
# What XML has no way to write.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
EARLIEST = date(1900, 3, 1)  # Excel counts a 29 February 1900
NOT_IN_A_FILE_NAME = set('<>:"/\\|?*')
LONGEST_FILE_NAME = 150  # bytes; file systems take 255


def make(folder, *, history=False):
    """Write the register into a new folder in ``folder``; return where it is and its manifest.

    Raise BackupError if it cannot be written or is there already.
    """
    begun = timezone.localtime()
    final = Path(folder) / begun.strftime(NAMED)
    if final.exists():
        raise BackupError(f"{final} is there already; nothing was written.")
    with override("vi"), only_whole(final) as place:
        archive = _Archive(place)
        with archive, one_moment():
            schema = applied_migrations()
            for model in exported_models(history=history):
                archive.add(model)
        archive.forget_discarded()
        manifest = {
            "begun": begun.isoformat(),
            "finished": timezone.localtime().isoformat(),
            "engine": connection.vendor,
            "versions": versions(),
            "migrations": schema,
            "rows": {sheet.model._meta.label: sheet.rows for sheet in archive.sheets},
            "sheets": {sheet.model._meta.label: sheet.title for sheet in archive.sheets},
            "left_out": [label for label, _why in LEFT_OUT],
            "history": history,
            "files": archive.files,
            "texts": archive.texts,
            "missing": [name for name, _row in archive.missing],
            "changed": archive.changed,
        }
        archive.finish(manifest, begun)
        about = f"{final.name}: {sum(manifest['rows'].values())} rows, {archive.files} files"
        SecurityEvent.record(SecurityEvent.Kind.EXPORTED, about=about)
    return final, manifest


def exported_models(*, history=False):
    """Return the models that become sheets, in the order of their apps."""
    left_out = {label for label, _why in LEFT_OUT}
    ours = [
        model
        for app in apps.get_app_configs()
        if Path(app.path).parent == Path(settings.BASE_DIR)
        for model in app.get_models()
        if not model._meta.proxy and model._meta.label not in left_out
    ]
    records = [model for model in ours if not _is_history(model)]
    # What the register is about comes first, then by name of the sheet.
    records.sort(key=lambda model: (model is not PracticeModel, sort_key(_title(model))))
    return records + [model for model in ours if history and _is_history(model)]


def _is_history(model):
    names = {field.name for field in model._meta.concrete_fields}
    return bool(names & {"history_date", "m2m_history_id"})


class _Archive:
    """The folder while it is written; nothing in it grows in memory with the register."""

    def __init__(self, place):
        self.place = place
        self.sheets, self.books = [], []
        self.files = self.texts = 0
        self.missing, self.changed = [], []
        self.sums = (place / SUMS).open("w", encoding="utf-8", newline="\n")
        self.labels = _Labels()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        """End the sheets, also of what failed: they are written by generators that wait."""
        for book in self.books:
            for sheet in book.worksheets:
                sheet.close()
        if any(failure):
            self.sums.close()

    def add(self, model):
        sheet = _Sheet(self, model)
        self.sheets.append(sheet)
        sheet.write()

    def book(self, part):
        """Return the workbook of the part: the first million rows of each model, the second …"""
        while len(self.books) < part:
            book = Workbook(write_only=True)
            for style in _styles():
                book.add_named_style(style)
            self.books.append(book)
        return self.books[part - 1]

    def keep_text(self, name, text):
        """Put a text that no cell holds into a file of its own; return where."""
        path = f"{TEXTS}/{name}.txt"
        target = self.place / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
        self.texts += 1
        self.sum(path)
        return path

    def copy(self, row, field):
        """Copy the file of a row and check it on the way. Return where it is, "" if it is gone."""
        stored = getattr(row, field.name)
        target = self.place / _path_of(row, stored.name)
        if target.exists():  # of another table
            target = target.with_name(f"{type(row)._meta.model_name}-{target.name}")
        path = target.relative_to(self.place).as_posix()
        digest = hashlib.sha256()
        try:
            with stored.storage.open(stored.name) as source:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as copy:
                    for chunk in source.chunks():
                        digest.update(chunk)
                        copy.write(chunk)
        except FileNotFoundError:
            self.missing.append((stored.name, row))
            return ""
        self.files += 1
        self.sums.write(f"{digest.hexdigest()}  {path}\n")
        if getattr(row, "sha256", "") not in ("", digest.hexdigest()):
            self.changed.append(path)
        return path

    def forget_discarded(self):
        """Do not miss the files of drafts that were discarded while this was written."""
        self.missing = [
            (name, row)
            for name, row in self.missing
            if type(row)._base_manager.filter(pk=row.pk).exists()
        ]

    def sum(self, path):
        with (self.place / path).open("rb") as file:
            self.sums.write(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path}\n")

    def finish(self, manifest, begun):
        names = []
        for part, book in enumerate(self.books, 1):
            names.append(f"{BOOK}.xlsx" if part == 1 else f"{BOOK}-{part}.xlsx")
            book.save(self.place / names[-1])
        read_me = render_to_string(
            "registry/read_me.txt",
            {
                "begun": date_format(begun, "H:i d/m/Y"),
                "committee": settings.COMMITTEE_NAME,
                "manifest": manifest,
                "books": names,
                "sheets": self.sheets,
                "left_out": [_(why) for _label, why in LEFT_OUT],
                "left_out_fields": [(name, _(why)) for name, why in LEFT_OUT_FIELDS],
                "places": {"files": FILES, "held": HELD, "texts": TEXTS},
            },
        )
        # Notepad on an old PC knows by the first bytes that it is UTF-8.
        (self.place / READ_ME).write_text(read_me, encoding="utf-8-sig", newline="\r\n")
        (self.place / MANIFEST).write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        for name in (*names, READ_ME, MANIFEST):
            self.sum(name)
        self.sums.close()
        to_the_disk(self.place / SUMS)


class _Sheet:
    """One model as rows, over as many workbooks as it takes."""

    def __init__(self, archive, model):
        self.archive, self.model = archive, model
        self.title = _free_title(_title(model), {sheet.title for sheet in archive.sheets})
        self.rows = 0
        without = {name for name, _why in LEFT_OUT_FIELDS}
        self.fields = [
            field
            for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
            if field.name not in without
        ]

    def write(self):
        """Write every row; raise BackupError if that is not as many as there are."""
        rows = self.model._base_manager.order_by("pk")
        if any(isinstance(field, models.FileField) for field in self.fields):
            rows = rows.select_related(*{"model"} & {field.name for field in self.fields})
        names = [field.name for field in self.model._meta.many_to_many]
        there = rows.count()
        sheet = self._begin(there)
        for chunk in chunks(rows.prefetch_related(*names)):
            labels = self.archive.labels.of(self.fields, chunk)
            for row in chunk:
                if self.rows and self.rows % (ROWS_OF_A_SHEET - 1) == 0:
                    sheet = self._begin(there)
                sheet.append(list(self._cells(sheet, row, labels)))
                self.rows += 1
        if self.rows != there:
            raise BackupError(f"{self.title}: {self.rows} rows written, {there} are there.")

    def _begin(self, there):
        part = self.rows // (ROWS_OF_A_SHEET - 1) + 1
        sheet = self.archive.book(part).create_sheet(self.title)
        headers = [name for field in self.fields for name in _headers(field)]
        sheet.freeze_panes = "B2"
        last = min(there - self.rows + 1, ROWS_OF_A_SHEET)
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers))}{last}"
        widths = [width for field in self.fields for width in _widths(field)]
        for at, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(at)].width = width
        sheet.append([_styled(sheet, name, "header") for name in headers])
        return sheet

    def _cells(self, sheet, row, labels):
        for field in self.fields:
            if field.many_to_many:
                there = sorted(getattr(row, field.name).all(), key=lambda other: other.pk)
                yield self._text(row, field, "; ".join(str(other) for other in there))
                yield "; ".join(str(other.pk) for other in there) or None
                continue
            value = getattr(row, field.attname)
            if field.is_relation:
                label = labels.get((field.related_model, value), "")
                yield self._text(row, field, label)
                yield defused(value) if isinstance(value, str) else value
            elif isinstance(field, models.FileField):
                yield (self.archive.copy(row, field) or _("(file missing)")) if value else None
            else:
                yield self._value(sheet, row, field, value)

    def _value(self, sheet, row, field, value):
        if value is None or value == "":
            return None
        if field.choices:
            return defused(str(dict(field.flatchoices).get(value, value)))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(field, PartialDateField):
            shown = show_partial(value)
            value = date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else shown
        if isinstance(value, datetime):
            value = timezone.localtime(value).replace(tzinfo=None)
            if value.date() >= EARLIEST:
                return _styled(sheet, value, "moment")
            return value.strftime("%d/%m/%Y %H:%M:%S")
        if isinstance(value, date):
            if value >= EARLIEST:
                return _styled(sheet, value, "day")
            return value.strftime("%d/%m/%Y")
        if isinstance(value, int | Decimal):
            exact = len(Decimal(value).as_tuple().digits) <= EXACT_DIGITS
            return value if exact else str(value)
        if isinstance(field, models.JSONField):
            value = json.dumps(value, ensure_ascii=False)
        return self._text(row, field, str(value))

    def _text(self, row, field, text):
        """Return what goes into the cell; what Excel does not hold goes on in a file."""
        if not text:
            return None
        shown = defused(UNWRITABLE.sub("", text))
        whole = len(text) <= LONGEST_CELL // 2 or _units(shown) <= LONGEST_CELL
        if whole and not UNWRITABLE.search(text):
            return shown
        name = f"{self.model._meta.label_lower}-{slugify(row.pk)}-{field.name}"
        where = self.archive.keep_text(name, text)
        begin = shown.encode("utf-16-le")[: 2 * LEFT_OF_A_LONG_TEXT].decode("utf-16-le", "ignore")
        note = _("the whole text: %s") % where
        return f"{begin} … [{note}]"


class _Labels:
    """What rows are called that others point to; some thousands are remembered."""

    def __init__(self):
        self.known = {}

    def of(self, fields, rows):
        """Return ``{(model, key): name}`` for all that the rows point to by the fields."""
        if len(self.known) > LABELS_KEPT:
            self.known.clear()
        wanted = {}
        for field in fields:
            if field.is_relation and not field.many_to_many:
                keys = {getattr(row, field.attname) for row in rows} - {None}
                wanted.setdefault(field.related_model, set()).update(keys)
        for model, keys in wanted.items():
            new = [key for key in keys if (model, key) not in self.known]
            for key, label in _named(model, new) if new else ():
                self.known[model, key] = label
        return self.known


def _named(model, keys):
    """Yield key and name of the rows, in one query where the name stands in columns."""
    rows = model._base_manager.filter(pk__in=keys)
    columns = {field.name for field in model._meta.concrete_fields}
    for names in (("code", "name"), ("full_name", "username"), ("name",)):
        if columns.issuperset(names) and not _is_history(model):
            for key, *parts in rows.values_list("pk", *names):
                yield key, " – ".join(part for part in parts if part)
            return
    for row in rows.select_related(*_nearby(model)):
        yield row.pk, str(row)


def _nearby(model, *, deeper=True):
    """Return what the name of a row may be made of: what it points to, and what that does."""
    names = []
    for field in model._meta.concrete_fields:
        if field.is_relation and field.related_model is not model:
            names.append(field.name)
            if deeper:
                further = _nearby(field.related_model, deeper=False)
                names.extend(f"{field.name}__{name}" for name in further)
    return names


# --- Names, of sheets, columns and files ----------------------------------------------------------


def _title(model):
    label = model._meta.label
    if not _is_history(model):
        return capfirst(str(_(NAMES[label]) if label in NAMES else model._meta.verbose_name_plural))
    of = getattr(model, "instance_type", None)
    return _("History: %s") % (of._meta.verbose_name if of else model._meta.object_name[10:])


def _free_title(title, taken):
    """Return the title as Excel takes it for a sheet: 31 characters, and no two alike."""
    title = re.sub(r"[\[\]:*?/\\]", " ", title)
    title = " ".join(title.split()).strip("'")[:31].strip()
    taken = {each.casefold() for each in taken}
    number, free = 2, title
    while free.casefold() in taken:
        free = f"{title[:27]} ({number})"
        number += 1
    return free


def _headers(field):
    unnamed = str(field.verbose_name) == field.name.replace("_", " ")
    if field.name in NAMES:
        name = _(NAMES[field.name])
    elif unnamed and field.is_relation:
        name = str(field.related_model._meta.verbose_name)
    else:
        name = _(str(field.verbose_name)) if unnamed else str(field.verbose_name)
    name = capfirst(name)
    return (name, f"{name} (ID)") if field.is_relation else (name,)


def _widths(field):
    if field.is_relation:
        return (40, 9)
    if field.primary_key:
        return (9,)
    if isinstance(field, models.TextField | models.FileField | models.JSONField):
        return (60,)
    if isinstance(field, models.DateField):
        return (19,)
    if isinstance(field, models.CharField) and not field.choices:
        return (40 if (field.max_length or 0) > 100 else 22,)
    return (16,)


def _styles():
    yield NamedStyle(
        "header", font=Font(bold=True), alignment=Alignment(wrap_text=True, vertical="top")
    )
    yield NamedStyle("day", number_format="dd/mm/yyyy")
    yield NamedStyle("moment", number_format="dd/mm/yyyy hh:mm:ss")


def _styled(sheet, value, style):
    cell = WriteOnlyCell(sheet, value)
    cell.style = style
    return cell


def _units(text):
    return len(text.encode("utf-16-le")) // 2


def _path_of(row, stored_name):
    """Return where a file goes: by its model, or by its table where it is of no model."""
    model = getattr(row, "model", None)
    if isinstance(model, PracticeModel):
        folder = re.sub(r"[^\w.-]", "-", model.code or "") or f"id-{model.pk}"
    else:
        folder = slugify(_title(type(row))) or row._meta.model_name
    root = HELD if getattr(row, "held_since", None) else FILES
    name = getattr(row, "original_name", "") or stored_name
    return PurePosixPath(root, folder.strip("."), safe_name(name, row.pk))


def safe_name(name, number):
    """Return the name as every file system takes it, made the only one by the number.

    Nothing that leads elsewhere, hides the ending or turns the direction of reading is left.
    """
    shown = "".join(
        " " if char in NOT_IN_A_FILE_NAME or unicodedata.category(char)[0] in "CZ" else char
        for char in unicodedata.normalize("NFC", name)
    )
    path = PurePosixPath("-".join(shown.split()).strip(".-") or "-")
    ending = path.suffix[:10]
    stem = path.name.removesuffix(path.suffix).encode()[:LONGEST_FILE_NAME].decode(errors="ignore")
    return f"{stem.strip('.-') or 'tep'}-{number}{ending}"
