"""Scans: the paper a record was entered from, or the signed paper itself."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.history import History
from registry.models import StoredFile
from reviews.models.agenda import AgendaItem
from reviews.models.assessment import Assessment
from reviews.models.decision import Decision
from reviews.querysets import ScanQuerySet


class Scan(StoredFile):
    """A scan of a paper ballot, of a paper read at a seminar, or of a signed decision."""

    assessment = models.ForeignKey(
        Assessment, models.PROTECT, null=True, blank=True, related_name="scans"
    )
    item = models.ForeignKey(
        AgendaItem, models.PROTECT, null=True, blank=True, related_name="scans"
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="scans"
    )

    history = History()
    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(assessment__isnull=False, item=None, decision=None)
                | Q(assessment=None, item__isnull=False, decision=None)
                | Q(assessment=None, item=None, decision__isnull=False),
                name="scan_of_one_thing",
            )
        ]

    def get_absolute_url(self):
        return reverse("reviews:scan_file", args=[self.pk])
