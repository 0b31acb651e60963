"""A round: a period with a deadline for registering, reviewing or reporting."""

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.models import Enrolment, MoveRefused
from reviews.querysets import RoundQuerySet


class Round(Recorded):
    """A period in which units register, review or report, with a last day to send.

    Closing a round of registration freezes its year: each enrolment keeps the revision of its
    model's text at that moment, so that a report gives the same figures for ever.
    """

    class Kind(models.TextChoices):
        REGISTRATION = "registration", _("Registration")
        REVIEW = "review", _("Review")
        REPORT = "report", _("Report")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = LineField(_("name"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"))
    opens_on = models.DateField(_("opens on"))
    deadline = models.DateField(_("last day"))
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)

    history = History()
    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        ordering = ["-deadline", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deadline__gte=F("opens_on")),
                name="round_ends_after_it_opens",
                violation_error_message=_("The last day cannot come before the first."),
            )
        ]

    def __str__(self):
        return self.name

    @transaction.atomic
    def close(self, *, by):
        """Close the round; a round of registration freezes the year's accepted enrolments."""
        self.refresh_from_db(from_queryset=Round.objects.select_for_update())
        if self.closed_at is not None:
            raise MoveRefused(_("This round has been closed already."), code="move")
        self.closed_at = timezone.now()
        self.save_by(by, why="close")
        if self.kind == self.Kind.REGISTRATION:
            enrolments = Enrolment.objects.filter(year=self.year, accepted_at__isnull=False)
            # In the order of the models' keys, as a paper locks those of its lines.
            for enrolment in enrolments.order_by("model_id").iterator():
                enrolment.freeze(by=by)
