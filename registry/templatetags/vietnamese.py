"""Dates, moments and numbers as people here write them."""

import datetime
import re
from decimal import Decimal

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language

from registry.partialdates import show_partial

register = template.Library()

QUOTED = re.compile("(?<=“)([^”]*)(?=”)")

register.filter("partial_date", show_partial)


@register.filter
def vi(value):
    """Return what people here have written, marked as Vietnamese where the page is not."""
    if get_language() == "vi" or not value:
        return value
    return format_html('<span lang="vi">{}</span>', value)


@register.filter
def quotes_vi(sentence):
    """Return a sentence of ours; what it quotes is a name that people here have given."""
    parts = enumerate(QUOTED.split(str(sentence)))
    return format_html_join("", "{}", ((vi(part) if at % 2 else part,) for at, part in parts))


@register.filter
def day(value):
    """Return dd/mm/yyyy, of a moment the day it was here; "" for no date."""
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return f"{value:%d/%m/%Y}" if value else ""


@register.filter
def moment(value):
    """Return HH:MM dd/mm/yyyy in the local time; "" for no moment."""
    return f"{timezone.localtime(value):%H:%M %d/%m/%Y}" if value else ""


@register.filter
def number(value):
    """Return a number with its thousands parted, decimals only where there are any; "" for none."""
    if value is None:
        return ""
    has_decimals = isinstance(value, float | Decimal) and value != int(value)
    return formats.number_format(
        value, decimal_pos=None if has_decimals else 0, force_grouping=True
    )
