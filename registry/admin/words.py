"""What an entry of a record's history holds, in the words of the reader."""

from django.contrib.admin.utils import display_for_value
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import BinaryField, CharField, TextField
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from simple_history.utils import get_m2m_reverse_field_name

from registry.partialdates import PartialDateField, show_partial
from registry.templatetags.vietnamese import vi

NOTHING = "–"
LONGEST = 160
TEXT = (CharField, TextField)
# They change with every save and say nothing by themselves.
UNTOLD = {"updated_at", "version"}


def rows(entry):
    """Return {name: (label, words)} of all that the entry holds."""
    held = {}
    for tracked in entry.tracked_fields:
        field = entry._meta.get_field(tracked.name)
        if not isinstance(field, BinaryField):
            held[field.name] = capfirst(field.verbose_name), in_words(field, value_of(entry, field))
    for field in entry._history_m2m_fields:
        name = get_m2m_reverse_field_name(field)
        chosen = getattr(entry, field.name).select_related(name)
        words = ", ".join(sorted(str(getattr(row, name)) for row in chosen))
        held[field.name] = capfirst(field.verbose_name), words or NOTHING
    return held


def changes(entry, before):
    """Return what changed between two entries: also the state, which the library leaves out."""
    now, then = rows(entry), rows(before)
    return [
        {"field": label, **shortened(then[name][1], words)}
        for name, (label, words) in now.items()
        if name not in UNTOLD and then[name][1] != words
    ]


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
    return str(display_for_value(value, NOTHING))


def marked(field, value):
    """Return a value in words for a page: those people have written are Vietnamese on any."""
    words = in_words(field, value)
    is_written = field.is_relation or (isinstance(field, TEXT) and not field.choices)
    return vi(words) if is_written else words


def value_of(entry, field):
    """Return a field's value; the key alone where the other record was discarded since."""
    try:
        return getattr(entry, field.name)
    except ObjectDoesNotExist:
        return getattr(entry, field.attname)


def shortened(old, new):
    """Return both texts, long ones from shortly before the place where they part."""
    start = 0
    if max(len(old), len(new)) > LONGEST:
        pairs = enumerate(zip(old, new, strict=False))
        parting = next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))
        start = max(0, parting - 20)

    def part(text):
        return ("…" if start else "") + Truncator(text[start:]).chars(LONGEST)

    return {"old": part(old), "new": part(new)}
