"""Fields in which an organisation or a model is typed, where a list of all would be too long.

What is typed is looked up as one searches: without regard to case, diacritics or the order
of words. Where several answer, the field turns into radio buttons to choose from, so that
nobody needs to know a code.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from registry.vietnamese import fold

OFFERED = 10
# A word may be found in every record; a name that is just these words is among the shortest.
LOOKED_AT = 200


def is_key(value):
    """Whether it may be a key: longer ones do not exist, and a database may not look for them."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) <= 18


class ChoicesField(forms.ModelMultipleChoiceField):
    """Several of a short list; Django's own takes the key of no record to the database."""

    def clean(self, value):
        for key in value or []:
            if not is_key(key):
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": key},
                )
        return super().clean(value)


class LookupField(forms.CharField):
    """Type a name, or post a key from a link or a radio button; cleans to one record.

    ``queryset`` is what may be chosen; give it to the form's own copy of the field.
    """

    default_error_messages = {
        "unknown": _("Nothing is known by this name: check the spelling, or type fewer words."),
        "several": _("Several go by this name. Choose the one you mean."),
        "many": _("More than %(number)s go by this name. Type more of it."),
    }

    def __init__(self, *, queryset=None, max_length=300, **kwargs):
        self.queryset = queryset
        super().__init__(max_length=max_length, **kwargs)

    def prepare_value(self, value):
        """Show a record, or the key of one that may be chosen, by its name."""
        if isinstance(self.widget, forms.RadioSelect):
            return value
        if isinstance(value, (int, str)):
            value = self.by_key(value) or value
        return self.label_of(value) if hasattr(value, "pk") else value

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value):
        text = super().clean(value)
        return self.find(text) if text else None

    def find(self, text):
        if text.isdecimal():
            candidates = [record] if (record := self.by_key(text)) else []
        else:
            candidates = self.exact(text) or list(self.queryset.search(text)[: OFFERED + 1])
        if len(candidates) == 1:
            return candidates[0]
        if not candidates:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        if len(candidates) > OFFERED:
            raise ValidationError(
                self.error_messages["many"], code="many", params={"number": OFFERED}
            )
        self.offer(candidates)
        raise ValidationError(self.error_messages["several"], code="several")

    def offer(self, candidates):
        """Become radio buttons; the last one, which stands for no key, asks for another name."""
        choices = [(record.pk, self.label_of(record)) for record in candidates]
        choices.append(("", _("None of these")))
        self.widget = forms.RadioSelect(attrs={"lang": "vi"}, choices=choices)
        self.widget.is_required = self.required

    def by_key(self, value):
        """Return the record of that key if it may be chosen."""
        return self.queryset.filter(pk=int(value)).first() if is_key(value) else None

    def exact(self, text):
        """Return those of exactly this name, case and diacritics aside."""
        raise NotImplementedError

    def shortest(self, text):
        return self.queryset.search(text).order_by(Length("name"), "pk")[:LOOKED_AT]

    def label_of(self, record):
        return str(record)


class OrganisationLookupField(LookupField):
    """An organisation by its name, its short name, or its name and that of the one above."""

    default_error_messages = {
        "unknown": _(
            "No organisation is known by this name: check the spelling, or type fewer words."
        ),
        "several": _("Several organisations go by this name. Choose the one you mean."),
        "many": _("More than %(number)s organisations go by this name. Type more of it."),
    }
    separator = " – "

    def label_of(self, record):
        above = record.parent
        return f"{record.name}{self.separator}{above.name}" if above else record.name

    def exact(self, text):
        name, _separator, above = text.partition(self.separator)
        wanted = {fold(text), fold(name)}
        found = [
            record
            for record in self.shortest(name)
            if fold(record.name) in wanted or fold(record.short_name) in wanted
        ]
        below = [record for record in found if fold(self.label_of(record)) == fold(text)]
        return below or ([] if above else found)


class OrganisationsLookupField(forms.CharField):
    """Several organisations, a name on each line; cleans to a list without repeats."""

    widget = forms.Textarea

    def __init__(self, *, queryset=None, max_length=4000, **kwargs):
        self.queryset = queryset
        super().__init__(max_length=max_length, **kwargs)

    @property
    def lookup(self):
        return OrganisationLookupField(queryset=self.queryset)

    def prepare_value(self, value):
        if isinstance(value, (list, tuple)):
            lookup = self.lookup
            return "\n".join(lookup.label_of(record) for record in value)
        return value

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines()]
        lookup, found, errors = self.lookup, {}, []
        for line in filter(None, lines):
            try:
                record = lookup.find(line)
                found[record.pk] = record
            except ValidationError as error:
                errors.append(self._naming(line, error))
        if errors:
            raise ValidationError(errors)
        return list(found.values())

    def _naming(self, line, error):
        """Say which line is meant, and what it may have meant."""
        message = error.messages[0]
        if error.code == "several":
            near = self.queryset.search(line).select_related("parent")[:OFFERED]
            message = f"{message} {'; '.join(map(self.lookup.label_of, near))}"
        return ValidationError(f"“{line}”: {message}", code=error.code)


class ModelLookupField(LookupField):
    """A model by its code or its name."""

    default_error_messages = {
        "unknown": _("No model is known by this code or name: check it, or type fewer words."),
        "several": _("Several models go by this name. Choose the one you mean."),
        "many": _("More than %(number)s models go by this name. Type more of it, or the code."),
    }

    def label_of(self, record):
        return f"{record.code} – {record}" if record.code else str(record)

    def exact(self, text):
        code = text.partition(" – ")[0].strip().upper()
        if found := list(self.queryset.filter(code=code)):
            return found
        return [record for record in self.shortest(text) if fold(record.name) == fold(text)]
