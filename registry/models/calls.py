"""Who has been telephoned about the year's register."""

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.history import History, Recorded
from registry.models.organisation import Organisation


class Call(Recorded):
    """A unit was called about a year's register: a tick, with who and when.

    Whoever calls next sees it and need not call again. It is taken back by deleting it; the
    history keeps that too.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="calls", verbose_name=_("organisation")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    history = History()

    class Meta:
        verbose_name = _("call to a unit")
        verbose_name_plural = _("calls to units")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year"], name="call_one_a_year")
        ]

    def __str__(self):
        return f"{self.organisation} – {self.year}"

    @classmethod
    def tick(cls, organisation, year, *, by):
        """Note that the unit was called; a tick that is there already stays as it is."""
        try:
            with transaction.atomic():
                cls(organisation=organisation, year=year, by=by).save_by(by, why="call")
        except IntegrityError:
            return

    @classmethod
    @transaction.atomic
    def untick(cls, organisation, year, *, by):
        for call in cls.objects.filter(organisation=organisation, year=year):
            call._history_user = by
            call.delete()
