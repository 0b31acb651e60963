"""Mail to a unit's people: stored with the move it is about, sent when the server takes it."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from registry.models.people import User
from registry.querysets import MailQuerySet


class Mail(models.Model):
    """One mail to one person. Stored in the transaction of its move: no move, no mail.

    A mail server that is away holds up nothing; the mail waits here and is tried again. What a
    unit needs to know stands in the register all the same: mail reaches few.
    """

    # What the office or a paper does to a model; its own doings a unit knows.
    SUBJECTS = {
        "accept": _("Received: “%(model)s”"),
        "send_back": _("To be completed: “%(model)s”"),
        "refuse": _("Not taken into the register: “%(model)s”"),
        "close": _("Ended: “%(model)s”"),
        "reopen": _("Goes on: “%(model)s”"),
    }
    # Longer than any mail server takes to answer: who has claimed a mail and died lets it go.
    CLAIM = timedelta(minutes=15)
    LONGEST_WAIT = timedelta(hours=6)

    move = models.ForeignKey(
        "registry.Move", models.PROTECT, related_name="+", verbose_name=_("move")
    )
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=400)
    body = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)
    last_error = models.CharField(_("what the mail server said"), max_length=300, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["move", "to"], name="mail_one_a_move_and_person")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="mail_waiting",
                condition=models.Q(sent_at=None),
            )
        ]

    def __str__(self):
        return self.subject

    @classmethod
    def about(cls, move):
        """Write to each person of the model's unit who has an address, but to who did it."""
        if not settings.EMAIL_HOST or move.name not in cls.SUBJECTS:
            return
        people = User.objects.members_of([move.model.organisation_id]).filter(is_active=True)
        addresses = sorted(
            {person.email for person in people.exclude(pk=move.by_id).exclude(email="")}
        )
        with override(settings.LANGUAGE_CODE):
            subject = str(cls.SUBJECTS[move.name]) % {"model": move.model}
            body = render_to_string(
                "registry/mail.txt",
                {
                    "move": move,
                    "address": f"{settings.SITE_URL}{move.model.get_absolute_url()}",
                    "committee": settings.COMMITTEE_NAME,
                    "clerk": " – ".join(filter(None, [settings.CLERK_NAME, settings.CLERK_PHONE])),
                },
            )
        cls.objects.bulk_create(
            cls(move=move, to=address, subject=" ".join(subject.split()), body=body)
            for address in addresses
        )

    @classmethod
    def send_waiting(cls):
        """Send what is due. Return how many went out, and the error that ended it, if one did."""
        sent = 0
        while mail := cls._claim():
            try:
                mail._message().send()
            except (SMTPRecipientsRefused, SMTPDataError) as error:
                mail._put_off(error)
            except OSError as error:  # of which those of smtplib are: the others fare no better
                mail._put_off(error)
                return sent, error
            else:
                mail.sent_at, mail.last_error = timezone.now(), ""
                mail.save(update_fields=["sent_at", "last_error"])
                sent += 1
        return sent, None

    @classmethod
    def _claim(cls):
        """Take one mail that is due, before any other process; None when there is none.

        No transaction is held while the mail server is talked to: on SQLite nobody else could
        write meanwhile.
        """
        while mail := cls.objects.due().first():
            until = timezone.now() + cls.CLAIM
            unchanged = cls.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
            if unchanged.filter(sent_at=None).update(
                next_attempt_at=until, attempts=models.F("attempts") + 1
            ):
                mail.refresh_from_db()
                return mail
        return None

    def _put_off(self, error):
        wait = min(timedelta(minutes=2 ** min(self.attempts, 12)), self.LONGEST_WAIT)
        self.next_attempt_at = timezone.now() + wait
        self.last_error = " ".join(str(error).split())[:300] or type(error).__name__
        self.save(update_fields=["next_attempt_at", "last_error"])

    def _message(self):
        """Return the mail; its number tells a receiver that a second copy is the same one."""
        host = urlsplit(settings.SITE_URL).hostname
        number = {"Message-ID": f"<tamky-models-{self.pk}@{host}>"}
        return EmailMessage(self.subject, self.body, to=[self.to], headers=number)
