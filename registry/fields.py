"""Text fields whose content is cleaned on its way in, however it comes."""

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models

from registry.vietnamese import clean_text


class _Cleaned:
    # Forms refuse NUL by themselves; PostgreSQL would answer it with an error.
    default_validators = [ProhibitNullCharactersValidator()]

    def to_python(self, value):
        return self._clean(super().to_python(value))

    def get_prep_value(self, value):
        return self._clean(super().get_prep_value(value))

    def pre_save(self, instance, add):
        value = self._clean(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def _clean(self, value):
        return clean_text(value) if isinstance(value, str) else value


class LineField(_Cleaned, models.CharField):
    """One line of text."""

    def _clean(self, value):
        return " ".join(super()._clean(value).split()) if isinstance(value, str) else value


class ProseField(_Cleaned, models.TextField):
    """Some paragraphs of plain text, of 20,000 characters at most."""

    def __init__(self, *args, max_length=20_000, **kwargs):
        super().__init__(*args, max_length=max_length, **kwargs)
        self.validators.append(MaxLengthValidator(max_length))
