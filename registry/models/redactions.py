"""The one lawful change of what is written once: a person's name or photo made unreadable."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.sealing import Sealed


class Redaction(Sealed):
    """Who had what made unreadable, why, and by which paper. Never what stood there."""

    CHAIN = None

    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    reason = models.TextField(_("reason"))
    paper = models.CharField(_("number and date of the request"), max_length=200)
    what = models.JSONField(_("rows"), help_text=_("Table, and how many rows of it."))

    class Meta:
        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.paper}: {self.reason}"
