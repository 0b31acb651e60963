"""What people have typed and not saved."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.querysets import DraftBufferQuerySet


class DraftBuffer(models.Model):
    """What one person has typed into one opened form: a copy beside the record, theirs alone.

    Autosave writes here, so do a sending that was refused and a change of language. The record
    and its history change when the form is saved, which empties the buffer.
    """

    # Of the form as it was opened: a form that is open twice has two buffers.
    opened = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    path = models.CharField(max_length=200)
    content = models.JSONField(default=dict)
    # Names only: a browser sends the files again when they are chosen again.
    files = models.JSONField(default=list)
    version = models.PositiveIntegerField(null=True)
    kept_at = models.DateTimeField(default=timezone.now)
    # When what it held was stored in the record; it holds nothing from then on.
    stored_at = models.DateTimeField(null=True)

    objects = DraftBufferQuerySet.as_manager()

    class Meta:
        verbose_name = _("words not saved yet")
        verbose_name_plural = _("words not saved yet")
        ordering = ["-kept_at", "-pk"]
        indexes = [models.Index(fields=["user", "path", "kept_at"])]
        constraints = [
            models.UniqueConstraint(fields=["user", "opened"], name="draftbuffer_one_a_form")
        ]

    def __str__(self):
        return f"{self.user} – {self.path}"

    @property
    def address(self):
        """The form, with these words in it."""
        return f"{self.path}?draft={self.opened}"

    @property
    def words(self):
        """What was written, without the names of the fields: for a page that has no form."""
        return [value for values in self.content.values() for value in values if " " in value]
