"""Numbers of people in texts that others read: telephones and identity papers.

A hint to whoever sends or accepts a registration, never a refusal: nobody can tell for certain.
"""

import re

from django.db import models
from django.urls import reverse
from django.utils.text import capfirst

# 0905 123 456, 0905.123.456, +84 905 123 456, (0235) 3851 234: ten or eleven digits from a 0.
PHONE = re.compile(r"(?<![\d.,/])(?:\+?84|\(?0)\d{0,3}\)?(?:[ .-]?\d){6,9}(?![\d/]|[.,]\d)")
# A citizen's card has 12 digits, the first three those of a province; the old card has 9.
CITIZEN = re.compile(r"(?<![\d.,/])0\d{2}[ .]?\d{3}[ .]?\d{3}[ .]?\d{3}(?![\d/]|[.,]\d)")
OLD_CARD = re.compile(
    r"(?<![\d.,/])\d{9}(?![\d/]|[.,]\d|\s*(?:đồng|đ\b|vnđ|vnd|m2|m²|kg|tấn))", re.I
)
# What is meant to hold such a number, or the number of a paper.
MEANT = {"contact_name", "contact_phone", "contact_position", "code", "paper_number", "search_key"}


def numbers_in(text):
    """Return what looks like somebody's number, in the order of the text."""
    found = {}
    for pattern in (CITIZEN, PHONE, OLD_CARD):
        for match in pattern.finditer(text or ""):
            digits = re.sub(r"\D", "", match[0])
            if pattern is PHONE and len(digits) - 2 * digits.startswith("84") not in {9, 10, 11}:
                continue
            if not any(match.start() < end and start < match.end() for start, end in found):
                found[match.span()] = match[0].strip()
    return [found[span] for span in sorted(found)]


def told(model):
    """Return ``{label, number, address}`` of each such number in a model's texts."""
    form = reverse("registry:practicemodel_update", args=[model.pk])
    return [
        {
            "label": capfirst(field.verbose_name),
            "number": number,
            "address": f"{form}#id_{field.name}",
        }
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in MEANT
        for number in numbers_in(getattr(model, field.name))
    ]
