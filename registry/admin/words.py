"""Values of fields in the words of the reader, for the pages of a record's history."""

from django.contrib.admin.utils import display_for_value
from django.utils.translation import gettext as _
from simple_history.template_utils import HistoricalRecordContextHelper

from registry.partialdates import PartialDateField, show_partial

NOTHING = "–"


def in_words(field, value):
    """Return a value as a person would write it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or value == "":
        return NOTHING
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, PartialDateField):
        return show_partial(value)
    if isinstance(value, int):  # a year, a key or an order: no dots
        return str(value)
    return display_for_value(value, NOTHING)


class DeltaInWords(HistoricalRecordContextHelper):
    def prepare_delta_change_value(self, change, value):
        field = self.model._meta.get_field(change.field)
        if field.many_to_many:
            return super().prepare_delta_change_value(change, value) or NOTHING
        return in_words(field, value)
