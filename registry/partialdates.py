"""Dates of which only the year, or the month, may be known."""

from django.db import models


class PartialDateField(models.CharField):
    def __init__(self, *args, max_length=10, **kwargs):
        super().__init__(*args, max_length=max_length, **kwargs)
