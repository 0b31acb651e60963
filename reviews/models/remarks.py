"""Remarks that come again and again."""

from itertools import groupby

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History
from registry.models import Verdict
from registry.models.catalogues import Entry


class StockRemark(Entry):
    """A remark to tap on a ballot and then to edit; each belongs to a verdict."""

    name = LineField(_("remark"), max_length=300, unique=True)
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict)

    history = History()

    class Meta(Entry.Meta):
        verbose_name = _("stock remark")
        verbose_name_plural = _("stock remarks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict__in=Verdict.values), name="stockremark_of_a_verdict"
            )
        ]

    @classmethod
    def by_verdict(cls):
        """Return ``[(verdict, its remarks)]`` of those in use, in the order of the verdicts."""
        order = {verdict: place for place, verdict in enumerate(Verdict)}
        remarks = sorted(cls.objects.in_use(), key=lambda remark: order[remark.verdict])
        return [
            (Verdict(verdict), list(group))
            for verdict, group in groupby(remarks, key=lambda remark: remark.verdict)
        ]
