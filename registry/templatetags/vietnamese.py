"""Dates, moments and numbers as people here write them."""

from django import template
from django.utils import formats, timezone

from registry.partialdates import show_partial

register = template.Library()
register.filter("partial_date", show_partial)


@register.filter
def day(value):
    """Return dd/mm/yyyy; "" for no date."""
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
    whole = value == value.to_integral_value() if hasattr(value, "to_integral_value") else True
    return formats.number_format(value, decimal_pos=0 if whole else None, force_grouping=True)
