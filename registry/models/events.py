"""What happened around accounts and their rights; kept beside the history of the records."""

import logging

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.history import signed_in, where_from
from registry.querysets import SecurityEventQuerySet
from registry.sealing import Sealed

logger = logging.getLogger("registry.security")


def kinds():
    """Return the choices; by name, so that a new kind of event changes no table."""
    return SecurityEvent.Kind.choices


def visible(text):
    """Return the text with what does not show written out: a line break is no second line."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


class SecurityEvent(Sealed):
    """Somebody signed in, was refused, got other rights. Written once, never changed."""

    CHAIN = None

    class Kind(models.TextChoices):
        SIGNED_IN = "signed in", _("signed in")
        SIGN_IN_FAILED = "sign-in failed", _("sign-in failed")
        THROTTLED = "throttled", _("held up after too many attempts")
        SIGNED_OUT = "signed out", _("signed out")
        PASSWORD_CHANGED = "password changed", _("password changed")
        FIRST_PASSWORD = "first password", _("first password given")
        ACCOUNT_OPENED = "account opened", _("account opened")
        SWITCHED_OFF = "switched off", _("account switched off")
        SWITCHED_ON = "switched on", _("account switched on")
        ROLES_CHANGED = "roles changed", _("roles changed")
        KEYS_VOID = "keys void", _("former password and second factor made void")
        DIRECTORY_JOINED = "directory joined", _("joined to a person of the directory")
        HANDED_OVER = "handed over", _("unit handed over")
        FACTOR_ADDED = "factor added", _("second factor added")
        FACTOR_REMOVED = "factor removed", _("second factor removed")
        FACTOR_RESET = "factor reset", _("second factor reset by the administration")
        FACTOR_FAILED = "factor failed", _("second factor wrong")
        CODES_RENEWED = "codes renewed", _("recovery codes made anew")
        CODE_USED = "code used", _("recovery code used")
        SESSIONS_ENDED = "sessions ended", _("sessions ended")
        REFUSED = "refused", _("refused")
        FILE_OPENED = "file opened", _("restricted file opened")
        FILE_REFUSED = "file refused", _("file refused")
        EXPORTED = "exported", _("records taken out")
        REDACTED = "redacted", _("name or photo made unreadable")
        BACKED_UP = "backed up", _("backup made")
        RESTORED = "restored", _("backup put back")
        TASK_FAILED = "task failed", _("a task of the server failed")

    kind = models.CharField(_("kind"), max_length=40, choices=kinds)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("account"),
    )
    username = models.CharField(_("name tried"), max_length=150, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    about = models.CharField(_("about"), max_length=300, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    address = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.UUIDField(_("request"), null=True)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["kind", "-at"], name="event_of_kind"),
            models.Index(fields=["user", "-at"], name="event_of_account"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.user or self.username}"

    @classmethod
    def record(cls, kind, *, user=None, username="", about=""):
        """Write down what happened to whose account; who did it and from where, the request says.

        ``username`` is what was typed to sign in, which need not be anybody's. Never give a
        password or a code in ``about``.
        """
        event = cls(
            kind=kind,
            user=user,
            by=signed_in(),
            username=visible(username)[:150],
            about=visible(str(about))[:300],
            **where_from(),
        )
        event.save(force_insert=True)
        # What was typed, and what it is about, may name people: that stands in the register alone.
        logger.info(
            "%s event=%s account=%s by=%s address=%s",
            event.kind,
            event.pk,
            event.user_id,
            event.by_id,
            event.address,
        )
        return event
