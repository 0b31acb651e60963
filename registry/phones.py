"""Telephone numbers: one number, however it is written."""

import re
from itertools import product

from django.db.models import Func

# As in: 0905 123 456 or 0905.123.456 or (0235) 3851-234 or +84 905 123 456.
_WRITTEN = re.compile(r"\+?[\d\s.()-]+")


def digits_of(text):
    """Return the number's digits, from the 0 it begins with at home; "" if it is no number."""
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        return ""
    digits = re.sub(r"[^0-9]", "", text)
    if digits.startswith("84") and (text.startswith("+") or len(digits) >= 11):
        digits = f"0{digits[2:]}"
    return digits


# What a whole number begins with, and how long it is: a mobile's, a landline's.
_AT_HOME = (("0", 10), ("02", 11))


def whole_numbers(digits):
    """Return the numbers there are with these as their last digits, as they may be stored.

    An index finds whole numbers only. Of six digits they are some thousands.
    """
    found = [digits]
    for start, length in _AT_HOME:
        missing = length - len(start) - len(digits)
        if missing >= 0:
            between = map("".join, product("0123456789", repeat=missing))
            found += [f"{start}{part}{digits}" for part in between]
    return found + [f"84{number[1:]}" for number in found if number.startswith("0")]


class Digits(Func):
    """A stored number without the signs people put between its digits.

    Written out, without parameters, so that an index can be made of it.
    """

    template = (
        "REPLACE(REPLACE(REPLACE(REPLACE(%(expressions)s, ' ', ''), '.', ''), '-', ''), '+84', '0')"
    )
