"""The lists the committee keeps: fields, movements, indicators."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.querysets import CatalogueQuerySet
from registry.vietnamese import is_among


class Entry(Recorded):
    """An entry in a list; one that is no longer used is switched off, never deleted."""

    name = LineField(_("name"), max_length=160, unique=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name

    def clean(self):
        """Refuse a name that reads as another entry's; the very same one its field refuses.

        Not a name that stands: of two that read the same one can still be switched off.
        """
        names = dict(type(self)._default_manager.values_list("pk", "name"))
        stands = names.pop(self.pk, None) == self.name
        if not stands and is_among(self.name, set(names.values()) - {self.name}):
            raise ValidationError({"name": _("There is an entry that reads the same already.")})


class Field(Entry):
    """A field (lĩnh vực) of work; a model has one main field."""

    history = History()

    class Meta(Entry.Meta):
        verbose_name = _("field")
        verbose_name_plural = _("fields")


class Movement(Entry):
    """A policy or movement (chủ trương, phong trào) a model belongs to, such as Dân vận khéo."""

    history = History()

    class Meta(Entry.Meta):
        verbose_name = _("movement")
        verbose_name_plural = _("movements")


class Indicator(Entry):
    """What an outcome counts. A cumulative figure already holds the years before it."""

    unit = LineField(_("unit of measure"), max_length=40, help_text=_("hộ, m², ngày công …"))
    is_cumulative = models.BooleanField(_("cumulative"), default=False)

    history = History()

    class Meta(Entry.Meta):
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")

    def __str__(self):
        return f"{self.name} ({self.unit})"
