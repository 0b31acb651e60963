"""The register in numbers: charts, the tables below them, and each table as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import statistics
from registry.charts import bars
from registry.exports import csv_file, head_lines
from registry.filters import NOTHING
from registry.models import Enrolment, Organisation, Replication
from registry.templatetags.vietnamese import number
from registry.views.catalogue import (
    address,
    asked_for,
    filters_shown,
    named,
    open_catalogue,
    told,
    typed_unit,
)


@open_catalogue
@require_safe
def statistics_page(request):
    unit, offered = typed_unit(request)
    if unit is not None:
        return redirect(address(request, unit=None, organisation=unit.pk))
    filterset, chosen, _sort, _orders = asked_for(request)
    counts, fields = filterset.counts()
    names = named(request.user, chosen, fields or None)
    shown = filters_shown(request, filterset, chosen, counts, names, offered)
    parts = _parts(request, filterset, chosen, counts, names)
    if request.GET.get("table"):
        return _file(parts, request.GET["table"], told(shown["chips"]))
    for part in parts:
        part["chart"] = bars(part["rows"])
        part["file"] = address(request, table=part["name"])
        for row in part["rows"]:
            row["told"] = list(zip(part["columns"][1:], row["cells"], strict=True))
    context = {
        **shown,
        "parts": [part for part in parts if part["rows"]],
        "total": sum(counts["status"].values()),
        "list_url": _list_address(request),
    }
    return render(request, "registry/statistics.html", context)


def _file(parts, name, filters):
    part = next((part for part in parts if part["name"] == name), None)
    if part is None:
        raise Http404
    rows = [[row["label"], *(cell["value"] for cell in row["cells"])] for row in part["rows"]]
    content = csv_file(part["columns"], rows, head_lines(part["title"], filters))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="thong-ke-{name}.csv"'
    return response


def _list_address(request, **narrowed):
    """Return the address of the list of exactly the models that a number counts."""
    query = request.GET.copy()
    for name in ("page", "table", "sort", *narrowed):
        query.pop(name, None)
    query.update(narrowed)
    path = reverse("registry:practicemodel_list")
    return f"{path}?{query.urlencode()}" if query else path


def _parts(request, filterset, chosen, counts, names):
    """Return the tables: a name, a title, columns, and rows with the length of their bar.

    A row whose label people have written says so: that is Vietnamese on any page.
    """
    models, year = filterset.qs, chosen.get("year")

    def of_models(name, title, head):
        return _of_models(request, name, title, head, counts[name], names[name])

    parts = [
        of_models("field", _("Models by field"), _("Field")),
        of_models("block", _("Models by block"), _("Block")),
        _by_year(statistics.enrolments_by_year(models, year)),
        of_models("status", _("Models by status"), _("Status")),
        of_models("verdict", _("Models by standing verdict"), _("Standing verdict")),
    ]
    if request.user.is_authenticated:
        parts.append(_coverage(statistics.coverage(models, _units(chosen)), names["block"]))
    # Of a model that has ended, a visitor gets its name and its years, no figures.
    shown = models.told_in_full_to(request.user)
    parts.append(_outcomes(statistics.outcomes(shown, year), year))
    if request.user.is_authenticated:
        parts.append(_replications(statistics.replications(models)))
    return parts


def _units(chosen):
    """Return the organisations the filters leave, to see which of them keep a model."""
    units = Organisation.objects.all()
    if chosen.get("organisation"):
        units = units.subtree(chosen["organisation"])
    if chosen.get("kind"):
        units = units.filter(kind=chosen["kind"])
    if chosen.get("block"):
        units = units.filter(block="" if chosen["block"] == NOTHING[0] else chosen["block"])
    return units


def _cell(value, url=""):
    return {"value": value, "shown": number(value), "url": url}


def _of_models(request, name, title, head, numbers, names):
    rows = [
        {
            "label": str(label),
            "is_written": name == "field" and value != NOTHING[0],
            "bar": numbers[value],
            "shown": number(numbers[value]),
            "cells": [_cell(numbers[value], _list_address(request, **{name: value}))],
        }
        for value, label in names.items()
        if numbers.get(value)
    ]
    return {"name": name, "title": title, "columns": [head, _("Models")], "rows": rows}


def _by_year(years):
    """No number leads to the list of its year, which also has what was not sent yet."""
    rows = [
        {
            "label": str(year),
            "bar": new + continued,
            "shown": number(new + continued),
            "cells": [_cell(new), _cell(continued), _cell(new + continued)],
        }
        for year, new, continued in years
    ]
    kinds = [str(kind) for kind in Enrolment.Kind.labels]
    columns = [_("Year"), *kinds, _("Models")]
    return {"name": "year", "title": _("Enrolments by year"), "columns": columns, "rows": rows}


def _coverage(blocks, names):
    rows = []
    for value, label in names.items():
        with_one, without = blocks.get("" if value == NOTHING[0] else value, (0, 0))
        if with_one + without:
            rows.append(
                {
                    "label": label,
                    "bar": with_one,
                    "shown": f"{number(with_one)} / {number(with_one + without)}",
                    "cells": [_cell(with_one), _cell(without), _cell(with_one + without)],
                }
            )
    columns = [_("Block"), _("With a model"), _("Without a model"), _("Organisations")]
    title = _("Organisations that keep a model")
    return {"name": "coverage", "title": title, "columns": columns, "rows": rows}


def _outcomes(totals, until):
    """Figures of different units of measure make no bars to compare."""
    to_date = _("to the end of %(year)s") % {"year": until} if until else _("to date")
    rows = [
        {
            "label": f"{indicator} ({unit})",
            "is_written": True,
            "bar": 0,
            "shown": "",
            "cells": [
                {"value": year or to_date, "shown": str(year or to_date), "url": ""},
                _cell(total),
                _cell(models),
            ],
        }
        for indicator, unit, year, total, models in totals
    ]
    columns = [_("Indicator"), _("Year"), _("Achieved"), _("Models")]
    return {
        "name": "outcomes",
        "title": _("Outcomes"),
        "note": _(
            "A cumulative figure is the latest of each model, never a sum of years; other figures "
            "are added up for each year."
        ),
        "columns": columns,
        "rows": rows,
        "is_table_only": True,
    }


def _replications(states):
    rows = [
        {
            "label": str(label),
            "bar": states[value],
            "shown": number(states[value]),
            "cells": [_cell(states[value])],
        }
        for value, label in Replication.State.choices
        if states.get(value)
    ]
    columns = [_("State"), _("Organisations")]
    title = _("Replications by state")
    return {"name": "replications", "title": title, "columns": columns, "rows": rows}
