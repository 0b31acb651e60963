"""Lists of models as units keep them in Excel, read into the register: whole, or not at all.

Such lists have a title of several lines, a heading over two rows, rows that name a section, "nt"
for what stands above, and a sum and a signature at the end. A row is a model if it has a number,
or names a unit. What cannot be understood is said by sheet, row and column, all of it at once.
"""

import datetime
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path

import openpyxl
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.files import check_upload
from registry.history import create_all_by
from registry.models import Field, Note, Organisation, PracticeModel
from registry.partialdates import EARLIEST, parse_partial
from registry.vietnamese import clean_text, fold

# Ten thousand models, and above, between and below them what else such a sheet has.
MOST_ROWS = 11_000
MOST_COLUMNS = 60

# What people write above the columns, folded; ``number`` and ``note`` are no fields of a model.
HEADINGS = {
    "number": {"tt", "stt", "so tt", "so thu tu"},
    "name": {"ten mo hinh", "mo hinh", "ten mo hinh dien hinh", "ten goi"},
    "organisation": {
        "don vi", "don vi thuc hien", "ten don vi", "don vi dang ky", "don vi chu tri", "to chuc",
    },
    "place": {"dia ban", "dia diem", "dia ban thuc hien"},
    "field": {"linh vuc"},
    "started": {"bat dau", "thoi gian", "thoi gian bat dau", "thoi gian thuc hien", "nam bat dau"},
    "ends": {"ket thuc", "thoi gian ket thuc"},
    "reason": {"thuc trang", "ly do", "thuc trang ly do"},
    "objectives": {"muc tieu", "muc dich"},
    "approach": {"cach lam", "noi dung", "noi dung cach lam", "noi dung thuc hien"},
    "beneficiaries": {"doi tuong", "doi tuong thu huong", "doi tuong tham gia"},
    "results": {"ket qua", "ket qua dat duoc", "hieu qua"},
    "contact_name": {"nguoi phu trach", "phu trach", "nguoi lien he"},
    "contact_phone": {"dien thoai", "so dien thoai", "sdt"},
    "note": {"ghi chu"},
}  # fmt: skip
MEANING = {heading: name for name, headings in HEADINGS.items() for heading in headings}
DITTO = {"nt", "nhu tren"}
# As office workers shorten what units are called.
SHORT = {
    "p": "phuong", "x": "xa", "tp": "thanh pho", "tt": "thi tran", "tx": "thi xa", "h": "huyen",
    "kp": "khoi pho", "hlhpn": "hoi lien hiep phu nu", "lhpn": "lien hiep phu nu",
    "ccb": "cuu chien binh", "mttq": "mat tran to quoc", "tncs": "thanh nien cong san",
}  # fmt: skip
# Fonts of before Unicode, in which a cell says something else than its characters.
OLD_FONT = re.compile(r"\.vn|vni[- ]", re.I)
ROUGH_DATE = re.compile(r"\b(?:qu[ýí]|đầu|cuối|giữa|từ|khoảng)\b.*?\b(\d{4})\b", re.I)
PARTY = re.compile(r"^(?:dang uy|dang bo) ")  # "Chi bộ thôn 1, xã Tam Phú" names no committee
ENDS_OF_QUOTES = " \"“”'‘’«»"


class Unreadable(Exception):
    """The workbook as a whole cannot be read; its message says why."""


@dataclass
class Row:
    sheet: str
    number: int
    cells: dict = field(default_factory=dict)  # by what the column means
    headings: dict = field(default_factory=dict)  # what is written above it

    def where(self, meaning=None):
        place = _("Sheet “%(sheet)s”, row %(row)s") % {"sheet": self.sheet, "row": self.number}
        return f"{place}, {self.headings[meaning]}" if meaning in self.headings else place


@dataclass
class Import:
    """What a workbook would do, or has done."""

    new: list = field(default_factory=list)
    known: list = field(default_factory=list)
    left_out: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


def import_workbook(path, *, by, dry_run=False):
    """Enter the models of a workbook as models of the old register, on record as entered by ``by``.

    One row that is wrong, and nothing is entered. What is there already (the same name in the
    same unit) stays as it is, so that the same workbook may be read again.

    Raise Unreadable if it is no workbook with such a list.
    """
    done = Import()
    rows = list(read(path, done))
    if not rows and not done.wrong:
        raise Unreadable(_("No sheet has the columns “Tên mô hình” and “Đơn vị”."))
    # One transaction from the first look to the last row: nobody enters the same meanwhile.
    with transaction.atomic():
        Organisation.objects.order_by("pk").select_for_update().first()
        entered = _understood(rows, done)
        if not done.wrong and not dry_run and entered:
            models = [model for model, _row in entered]
            for model, row in entered:
                model._change_reason = f"{Path(path).name}: {row.where()}"
            PracticeModel.enter_old(models, year=timezone.localdate().year, by=by)
            notes = [
                Note(model=model, text=row.cells["note"], audience=Note.Audience.OFFICE, by=by)
                for model, row in entered
                if row.cells.get("note")
            ]
            create_all_by(by, notes, why=Path(path).name)
    return done


# --- From the file to rows ------------------------------------------------------------------------


def read(path, done):
    """Yield the rows that hold a model; say in ``done`` which others there are."""
    for sheet in _workbook(path):
        if sheet.sheet_state != "visible":
            done.left_out.append(_("Sheet “%(sheet)s” is hidden.") % {"sheet": sheet.title})
            continue
        if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            raise Unreadable(
                _("Sheet “%(sheet)s” has more than %(rows)s rows or %(columns)s columns.")
                % {"sheet": sheet.title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}
            )
        first, columns = _columns(sheet)
        if columns:
            yield from _rows(sheet, first, columns, done)
        else:
            done.left_out.append(
                _("Sheet “%(sheet)s” is no list of models.") % {"sheet": sheet.title}
            )


def _workbook(path):
    try:
        content = ContentFile(Path(path).read_bytes(), name=Path(path).name)
        checked = check_upload(content)
    except OSError as error:
        raise Unreadable(str(error)) from error
    except ValidationError as error:
        raise Unreadable(" ".join(error.messages)) from error
    if not checked.stored_name.endswith(".xlsx"):
        raise Unreadable(_("Save the list as .xlsx first."))
    try:
        return openpyxl.load_workbook(BytesIO(checked.content.read()))
    except Exception as error:  # over crafted bytes the parsers raise nearly every one there is
        raise Unreadable(_("The workbook is damaged.")) from error


def _columns(sheet):
    """Return the first row below the heading, and ``{column: (meaning, heading)}``."""
    for number in range(1, min(sheet.max_row, 40) + 1):
        upper = _headings(sheet, number)
        if {"name", "organisation"} <= {meaning for meaning, _said in upper.values()}:
            lower = _headings(sheet, number + 1)
            # A second row of headings has nothing but headings.
            if len(lower) < sum(c.value is not None for c in sheet[number + 1]):
                lower = {}
            return number + (2 if lower else 1), upper | lower
    return 0, {}


def _headings(sheet, number):
    found = {}
    for cell in sheet[number]:
        if isinstance(cell.value, str) and (meaning := MEANING.get(fold(cell.value))):
            found[cell.column] = meaning, " ".join(clean_text(cell.value).split())
    return found


def _rows(sheet, first, columns, done):
    headings = dict(columns.values())
    above = {}
    for cells in sheet.iter_rows(min_row=first):
        row = Row(sheet.title, cells[0].row, headings=headings)
        said = {}
        for cell in cells:
            if cell.value is None or cell.column not in columns:
                continue
            meaning = columns[cell.column][0]
            if cell.data_type == "f":
                said[meaning] = None
                row.cells.setdefault("formula", meaning)
            elif text := _text_of(cell, above.get(meaning, "")):
                said[meaning] = text
            if cell.font and OLD_FONT.match(cell.font.name or ""):
                row.cells.setdefault("font", (meaning, cell.font.name))
        row.cells |= said
        if said.get("organisation") or (said.get("number") and len(said) > 1):
            above = said
            yield row
        elif any(cell.value is not None for cell in cells):
            text = next(str(cell.value) for cell in cells if cell.value is not None)
            done.left_out.append(f"{row.where()}: {clean_text(text)[:60]}")


def _text_of(cell, above):
    value = cell.value
    if isinstance(value, datetime.datetime | datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = clean_text(str(value))
    if fold(text) in DITTO:
        return above
    return text if fold(text) else ""


# --- From rows to models --------------------------------------------------------------------------


def _understood(rows, done):
    """Return ``(model, row)`` of what is not there yet; say in ``done`` what is wrong."""
    units, fields = (
        _Names(Organisation.objects.select_related("parent")),
        _Names(Field.objects.in_use()),
    )
    entered, seen = [], {}
    for row in rows:
        wrong = []
        model = _model(row, units, fields, wrong)
        if not wrong:
            key = model.organisation_id, fold(model.name)
            if key in seen:
                wrong.append(
                    (None, _("The same model stands in row %(row)s.") % {"row": seen[key]})
                )
            seen[key] = row.number
        done.wrong += [f"{row.where(meaning)}: {sentence}" for meaning, sentence in wrong]
        if not wrong:
            entered.append((model, row))
    there = _there({model.organisation_id for model, _row in entered})
    for model, row in entered:
        known = (model.organisation_id, fold(model.name)) in there
        (done.known if known else done.new).append(f"{row.where()}: {model.name}")
    return [
        (model, row)
        for model, row in entered
        if (model.organisation_id, fold(model.name)) not in there
    ]


def _there(organisations):
    known = PracticeModel.objects.filter(organisation__in=organisations)
    return {(unit, fold(name)) for unit, name in known.values_list("organisation_id", "name")}


def _model(row, units, fields, wrong):
    cells = row.cells
    if "formula" in cells:
        wrong.append((cells["formula"], _("The cell holds a formula; type what it should say.")))
    if "font" in cells:
        meaning, font = cells["font"]
        sentence = _("The font %(font)s is from before Unicode; convert the text first.")
        wrong.append((meaning, sentence % {"font": font}))
    if wrong:
        return None
    model = PracticeModel(
        name=" ".join(cells.get("name", "").strip(ENDS_OF_QUOTES).split()),
        **{
            name: cells[name]
            for name in HEADINGS.keys() - {"number", "name", "organisation", "field", "note"}
            if name in cells and name not in {"started", "ends"}
        },
    )
    if not model.name:
        wrong.append(("name", _("The name is missing.")))
    model.organisation = units.of(cells.get("organisation", ""), "organisation", wrong)
    if cells.get("field"):
        model.field = fields.of(cells["field"], "field", wrong)
    for name in ("started", "ends"):
        setattr(model, name, _date(row, name, wrong))
    if not wrong:
        _validate(model, row, wrong)
    return model


class _Names:
    """Records by their folded name, also as office workers shorten it."""

    def __init__(self, records):
        self.shown, self.found = {}, {}
        for record in records:
            self.shown.setdefault(self.key(record.name), record.name)
            names = {self.key(record.name), self.key(getattr(record, "short_name", ""))}
            if parent := getattr(record, "parent", None):
                names.add(self.key(f"{record.name} {parent.name}"))
                names.add(self.key(f"{record.name} {PARTY.sub('', fold(parent.name))}"))
            for name in names | {_initials(record.name)} - {""}:
                self.found.setdefault(name, []).append(record)

    @staticmethod
    def key(name):
        return " ".join(SHORT.get(word, word) for word in fold(name).split())

    def of(self, text, meaning, wrong):
        """Return the one record of that name; say so if there is none, or several."""
        if not text:
            wrong.append((meaning, _("It is not said which.")))
            return None
        key = self.key(text)
        found = self.found.get(key) or self.found.get(key.replace(" ", "")) or []
        if len(found) == 1:
            return found[0]
        near = [self.shown[name] for name in get_close_matches(key, self.shown, 3, 0.6)]
        if found:
            sentence = _("The register knows several of the name “%(name)s”.")
        elif near:
            sentence = _("The register does not know “%(name)s”. Is it one of these: %(near)s?")
        else:
            sentence = _("The register does not know “%(name)s”.")
        wrong.append((meaning, sentence % {"name": text, "near": "; ".join(near)}))
        return None


def _initials(name):
    """Return how people shorten the name of a field: "vhxh" for "Văn hóa – xã hội"."""
    return "".join(word[0] for word in fold(name).split())


def _date(row, name, wrong):
    """Return a date as it is stored; of "Quý II/2023" the year, and the rest is in the note."""
    text = row.cells.get(name, "")
    if not text:
        return ""
    try:
        date = parse_partial(text)
    except ValueError:
        if not (rough := ROUGH_DATE.search(text)):
            wrong.append((name, _("“%(text)s” is no date.") % {"text": text}))
            return ""
        date = rough[1]
        said = f"{row.headings[name]}: {text}"
        row.cells["note"] = "\n".join(filter(None, [row.cells.get("note"), said]))
    if not EARLIEST <= int(date[:4]) <= timezone.localdate().year + (20 if name == "ends" else 0):
        wrong.append((name, _("“%(text)s” cannot be right.") % {"text": text}))
    return date


def _validate(model, row, wrong):
    try:
        # Unit and field have just been found. The constraints are about what a row cannot say, and
        # asking the database about each of them for each row takes minutes.
        model.full_clean(
            exclude=["organisation_name", "code", "organisation", "field"],
            validate_constraints=False,
        )
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            wrong.extend((name, sentence) for sentence in sentences)
