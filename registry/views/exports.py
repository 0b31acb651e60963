"""The list of models as a file: the same models in the same order, for Excel."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.access import record_export
from registry.exports import csv_file, head_lines, xlsx_file
from registry.filters import ordering
from registry.paging import COUNTED
from registry.partialdates import show_partial
from registry.views.catalogue import (
    Status,
    asked_for,
    chips,
    labels,
    named,
    open_catalogue,
    told,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@open_catalogue
@require_safe
def models_xlsx(request):
    record_export(request, "mo-hinh.xlsx")
    return attached(xlsx_file(*_table(request)), XLSX, "mo-hinh.xlsx")


@open_catalogue
@require_safe
def models_csv(request):
    record_export(request, "mo-hinh.csv")
    head, columns, rows = _table(request)
    return attached(
        csv_file([name for name, width in columns], rows, head), "text/csv", "mo-hinh.csv"
    )


def attached(content, content_type, name):
    """Return bytes or text as a file to be kept under that name."""
    charset = "; charset=utf-8" if content_type.startswith("text/") else ""
    response = HttpResponse(content, content_type=content_type + charset)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _table(request):
    """Return the lines above the table, its columns with their widths, and its rows."""
    user = request.user
    filterset, chosen, sort, _orders = asked_for(request)
    found = filterset.qs.order_by(*ordering(sort, user))
    # One more than fits tells whether the list goes on; the first of those seen inside are
    # all there can be among the first of the list.
    cut = found[: COUNTED + 1]
    inside = set()
    if user.is_authenticated:
        inside = set(found.inside_seen_by(user).values_list("pk", flat=True)[:COUNTED])
    listed = list(
        cut.values_list(
            "pk",
            "code",
            "name",
            "organisation__name",
            "organisation__block",
            "field__name",
            "level",
            "status",
            "verdict",
            "verdict_on",
            "place",
            "started",
            "contact_name",
            "contact_phone",
        )
    )
    known = labels()
    rows = []
    for number, (
        key,
        code,
        name,
        unit,
        block,
        field,
        level,
        status,
        verdict,
        on,
        *more,
    ) in enumerate(listed[:COUNTED], 1):
        place, started, contact, phone = more
        # Of a model that has ended, a visitor gets what the list shows, no more.
        open_to_all = user.is_authenticated or status != Status.CLOSED
        row = [
            number,
            code or "",
            name,
            unit,
            known["block"].get(block, ""),
            field or "" if open_to_all else "",
            known["level"].get(level, "") if open_to_all else "",
            known["status"][status],
            known["verdict"].get(verdict, "") if open_to_all else "",
            f"{on:%d/%m/%Y}" if on and open_to_all else "",
            place if open_to_all else "",
            show_partial(started) if open_to_all else "",
        ]
        if user.is_authenticated:
            row += [contact, phone] if key in inside else ["", ""]
        rows.append(row)
    columns = [
        (_("No."), 6),
        (_("Code"), 14),
        (_("Model"), 44),
        (_("Organisation"), 32),
        (_("Block"), 18),
        (_("Field"), 24),
        (_("Level"), 12),
        (_("Status"), 18),
        (_("Standing verdict"), 20),
        (_("Date of the verdict"), 13),
        (_("Place"), 24),
        (_("Start"), 12),
    ]
    if user.is_authenticated:
        columns += [(_("Person in charge"), 22), (_("Phone"), 15)]
    filters = told(chips(request, filterset, chosen, named(user, chosen)))
    return _head(filters, len(listed)), columns, rows


def _head(filters, number):
    lines = head_lines(_("List of models"), filters)
    if number > COUNTED:
        cut = _(
            "Only the first %(number)s models are in this file. Narrow the list to get the rest."
        )
        lines.append(cut % {"number": COUNTED})
    else:
        lines.append(_("Number of models: %(number)s") % {"number": number})
    return lines
