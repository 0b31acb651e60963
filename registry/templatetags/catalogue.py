"""The parts of a list that repeat: written as one piece each, for a page has many of them.

A loop in a template costs thirty microseconds for every value it shows, and Django's
``format_html`` three for every value it escapes; on a page of 25 models with eight drop-down
lists that is more than all its queries. Every value is escaped here, by the library's function.
"""

from html import escape

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from registry import paging
from registry.filters import NOTHING

register = template.Library()


@register.simple_tag
def options(choices, language=""):
    """Return the options of a select; ``choices`` are (value, label, is it chosen).

    ``language`` is that of the page, where the labels are people's words but for the one that says
    that there is none.
    """
    nothing = f' lang="{language}"' if language else ""
    drawn = [
        f'<option value="{escape(value)}"{mark}>{escape(label)}</option>'
        for value, label, is_chosen in choices
        for mark in [(" selected" if is_chosen else "") + (nothing if value == NOTHING[0] else "")]
    ]
    return mark_safe("".join(drawn))  # noqa: S308


def _tick(row, ticks):
    if not ticks:
        return ""
    return (
        f'<input class="app-tick" type="checkbox" name="model" value="{row["key"]}"'
        f' aria-labelledby="m{row["key"]}">'
    )


def _name(row, ticks):
    """Return the id by which the box of a row is named."""
    return f' id="m{row["key"]}"' if ticks else ""


def _note(text):
    return f'<span class="app-row-note">{escape(text)}</span>' if text else ""


def _unit(row, label):
    return (
        f'<td class="govuk-table__cell" data-label="{label}" lang="vi">{escape(row["unit"])}</td>'
    )


@register.simple_tag
def model_rows(rows, ticks=False, of_one_unit=False):
    """Return the rows of a table of models, as ``registry.views.catalogue.rows`` gives them.

    ``ticks`` says that they stand in a form and can be ticked, ``of_one_unit`` that the page has
    named the organisation already.
    """
    model, unit, field, status = map(
        escape, (_("Model"), _("Organisation"), _("Field"), _("Status"))
    )
    drawn = [
        '<tr class="govuk-table__row">'
        f'<td class="govuk-table__cell" data-label="{model}">{_tick(row, ticks)}'
        f'<a class="govuk-link"{_name(row, ticks)} href="{escape(row["address"])}" lang="vi">'
        f"{escape(row['name'])}</a>"
        f"{_note(row['code'])}</td>"
        f"{'' if of_one_unit else _unit(row, unit)}"
        f'<td class="govuk-table__cell" data-label="{field}" lang="vi">{escape(row["field"])}</td>'
        f'<td class="govuk-table__cell" data-label="{status}">'
        f'<strong class="govuk-tag govuk-tag--{row["colour"]}">{escape(row["status"])}</strong>'
        f"{_note(row['verdict'])}</td></tr>"
        for row in rows
    ]
    return mark_safe("\n".join(drawn))  # noqa: S308


@register.filter
def rows_shown(page):
    """Return which rows a page shows, of how many; "" where there are none."""
    return paging.rows_shown(page)


@register.simple_tag(takes_context=True)
def page_links(context, page):
    """Return the links to the pages around this one, as ``registry.paging.page_links`` does."""
    return paging.page_links(page, context.request.GET)
