"""Telephone numbers: one number, however it is written."""

import re

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


class Digits(Func):
    """A stored number without the signs people put between its digits.

    Written out, without parameters, so that an index can be made of it.
    """

    template = (
        "REPLACE(REPLACE(REPLACE(REPLACE(%(expressions)s, ' ', ''), '.', ''), '-', ''), '+84', '0')"
    )
