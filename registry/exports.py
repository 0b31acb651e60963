"""Tables as files that Excel opens. What people typed never becomes a formula there."""

import csv
import io

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, NamedStyle, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

# Also the wide signs of East Asian keyboards, which Excel takes for the same.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(value):
    """Return text that Excel reads as text, a number as it is."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def when_made():
    """Return the line that says when a list was made."""
    return _("On %(day)s") % {"day": f"{timezone.localtime():%d/%m/%Y %H:%M}"}


def head_lines(title, filters):
    """Return the lines above a table: whose it is, what it is, when, and what of all there is."""
    which = _("Filters: %(filters)s") % {"filters": "; ".join(filters) or _("none")}
    return [settings.COMMITTEE_NAME, title, when_made(), which]


def csv_file(header, rows, head=()):
    """Return the bytes of a CSV file; Excel knows by its first bytes that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([defused(line)] for line in head)
    writer.writerow([defused(name) for name in header])
    writer.writerows([defused(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(head, columns, rows):
    """Return the bytes of a workbook ready to print: A4 across, the header row on each page.

    ``columns`` are (name, width in characters).
    """
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    sheet = book.create_sheet("1")
    header_row = len(head) + 2
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{header_row}:{header_row}"
    sheet.freeze_panes = f"A{header_row + 1}"
    for at, (_name, width) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    for at, line in enumerate(head):
        sheet.append([_cell(sheet, line, "register title" if at < 2 else "register line")])
    sheet.append([])
    sheet.append([_cell(sheet, name, "register header") for name, _width in columns])
    for row in rows:
        sheet.append([_cell(sheet, value, "register cell") for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _styles():
    thin = Side(style="thin")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    wrapped = Alignment(wrap_text=True, vertical="top")
    plain = Font(name="Times New Roman", size=12)
    bold = Font(name="Times New Roman", size=12, bold=True)
    title = Font(name="Times New Roman", size=14, bold=True)
    yield NamedStyle("register title", font=title)
    yield NamedStyle("register line", font=plain)
    yield NamedStyle("register header", font=bold, border=border, alignment=wrapped)
    yield NamedStyle("register cell", font=plain, border=border, alignment=wrapped)


def _cell(sheet, value, style):
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # Text stays text, whatever it begins with.
        cell.data_type = "s"
    cell.style = style
    return cell
