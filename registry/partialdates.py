"""Dates of which only the year, or the month, may be known.

Stored as the beginning of an ISO date ("2021", "2021-05", "2021-05-19"), which sorts as text.
"""

import datetime
import re

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.vietnamese import clean_text

EARLIEST, LATEST = 1945, 2100

_WORDS = re.compile(r"\b(ngày|tháng|năm|ngay|thang|nam)\b", re.IGNORECASE)
_AROUND_SEPARATOR = re.compile(r"\s*([/.-])\s*")
_DAY_FIRST = re.compile(r"(?:(?:(\d{1,2})[/.\- ])?(\d{1,2})[/.\- ])?(\d{4})", re.ASCII)
# The keys of digits alone, which some phones show, have no stroke.
_DIGITS = re.compile(r"(\d{2})?(\d{2})(\d{4})", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)


class NoSuchDay(ValueError):
    """A day or a month that the calendar does not have."""


def parse_partial(text):
    """Return the stored form of what somebody typed: 2021, 5/2021, 19/5/2021, tháng 5 năm 2021.

    Raise ValueError if it is no date, or outside 1945 to 2100; NoSuchDay if it looks like one.
    """
    text = " ".join(_WORDS.sub(" ", clean_text(text)).split())
    text = _AROUND_SEPARATOR.sub(r"\1", text)
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text) or _DIGITS.fullmatch(text):
        day, month, year = found.groups()
    else:
        raise ValueError(f"not a date: {text!r}")
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise NoSuchDay(text) from None
    if not EARLIEST <= date.year <= LATEST:
        raise ValueError(f"outside {EARLIEST} to {LATEST}: {text!r}")
    return date.isoformat()[: 10 if day else 7 if month else 4]


def show_partial(value):
    """Return a stored partial date as people write it: 2021, 05/2021, 19/05/2021."""
    return "/".join(reversed(value.split("-"))) if value else ""


def _is_stored_form(text):
    try:
        return parse_partial(text) == text
    except ValueError:
        return False


def validate_partial(value):
    if not _is_stored_form(value):
        raise ValidationError(
            PartialDateFormField.default_error_messages["invalid"], code="invalid"
        )


class PartialDateFormField(forms.CharField):
    """A text box for a day, a month or a year; what is wrong stays as it was typed."""

    default_error_messages = {
        "invalid": _("Write a day, a month or a year, for example 19/5/2021, 5/2021 or 2021."),
        "no_such_day": _("The calendar does not have this day: %(typed)s."),
    }

    def __init__(self, **kwargs):
        kwargs["max_length"] = 40
        kwargs.setdefault("widget", forms.TextInput)
        super().__init__(**kwargs)

    def to_python(self, value):
        text = super().to_python(value)
        if text in self.empty_values:
            return ""
        try:
            return parse_partial(text)
        except NoSuchDay:
            sentence = self.error_messages["no_such_day"]
            raise ValidationError(sentence, code="invalid", params={"typed": text}) from None
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def prepare_value(self, value):
        """Show the stored form as people write it, anything else as it is."""
        text = str(value or "")
        return show_partial(text) if _is_stored_form(text) else text


class PartialDateField(models.CharField):
    """A day, a month or a year."""

    default_validators = [validate_partial]

    def __init__(self, *args, max_length=10, **kwargs):
        super().__init__(*args, max_length=max_length, **kwargs)

    def formfield(self, **kwargs):
        return models.Field.formfield(self, **{"form_class": PartialDateFormField, **kwargs})
