"""The register of a year: which models are enrolled in it, new or continued."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.models.organisation import Organisation
from registry.models.practice import PracticeModel
from registry.models.verdicts import MoveRefused
from registry.querysets import EnrolmentQuerySet

# What other apps know of years whose register is closed: each entry takes a year and says whether
# it is. ``reviews`` adds its rounds.
CLOSED_YEARS = []

_person = {"on_delete": models.PROTECT, "null": True, "editable": False, "related_name": "+"}


class Enrolment(Recorded):
    """A model in a year's register. The text lives on the model; this says who sent it when.

    The first enrolment of a model goes with its registration and follows the model's moves;
    one that continues a running model is sent and accepted by itself.
    """

    class Kind(models.TextChoices):
        NEW = "new", pgettext_lazy("enrolment", "New")
        CONTINUED = "continued", _("Continued")

    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="enrolments", verbose_name=_("model")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.NEW)
    theme = LineField(_("theme of the year"), max_length=300, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **_person
    )
    on_behalf_of = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("sent by"), **_person)
    endorsed_at = models.DateTimeField(_("endorsed"), null=True, editable=False)
    endorsed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("endorsed by"), **_person
    )
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("accepted by"), **_person
    )
    frozen_at = models.DateTimeField(_("frozen"), null=True, editable=False)
    revision = models.BigIntegerField(
        _("revision of the model at that moment"), null=True, editable=False
    )

    history = History()
    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["-year"]
        indexes = [
            models.Index(fields=["year", "model"]),
            # What is new since somebody's last visit.
            models.Index(fields=["sent_at"]),
            models.Index(fields=["accepted_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "year"],
                name="enrolment_one_a_year",
                violation_error_message=_("This model is enrolled for that year already."),
            ),
            models.CheckConstraint(
                condition=Q(frozen_at=None, revision=None)
                | Q(frozen_at__isnull=False, revision__isnull=False),
                name="enrolment_frozen_with_a_revision",
            ),
        ]

    def __str__(self):
        return f"{self.model} – {self.year}"

    @property
    def is_open(self):
        """Whether it still waits to be sent or accepted by itself."""
        return self.accepted_at is None and self.model.status == PracticeModel.Status.RUNNING

    def follow(self, move, *, by):
        """Follow a move of the model's first registration."""
        now = timezone.now()
        if move == "submit":
            self.sent_at, self.sent_by = now, by
        elif move in {"withdraw", "send_back"}:
            self.sent_at = self.sent_by = self.endorsed_at = self.endorsed_by = None
        elif move == "accept":
            self.accepted_at, self.accepted_by = now, by
        elif move == "take_back":
            self.accepted_at = self.accepted_by = None
        else:
            return
        self.save_by(by, why=move)
        self._freeze_what_is_late(by=by)

    @transaction.atomic
    def send(self, *, by, on_behalf_of=None):
        """Send the year's continuation to the committee's office."""
        self._lock_open(sent=False)
        self.sent_at, self.sent_by = timezone.now(), by
        self.save_by(by, why="send", on_behalf_of=on_behalf_of)

    @transaction.atomic
    def accept(self, *, by, version=None):
        """Receive the continuation into the year's register.

        ``version`` is the model's that was looked at: its unit writes on until this is done.
        """
        self._lock_open(sent=True)
        self._check_seen(version)
        self.model.check_endorsed()
        self.accepted_at, self.accepted_by = timezone.now(), by
        self.save_by(by, why="accept")
        self._freeze_what_is_late(by=by)

    @transaction.atomic
    def send_back(self, *, by, reason, due=None):
        """Return the continuation, with a note to the unit: what is missing, and until when."""
        self._lock_open(sent=True)
        self.sent_at = self.sent_by = self.endorsed_at = self.endorsed_by = None
        self.save_by(by, why=reason)
        if due is not None:
            reason = gettext("%(reason)s (Until %(due)s.)") % {
                "reason": reason,
                "due": f"{due:%d/%m/%Y}",
            }
        self.model.notes.model.objects.write(self.model, reason, by=by)

    @transaction.atomic
    def endorse(self, *, by, version=None):
        """Say, as the grassroots committee above the unit, that it stands behind this.

        ``version`` is the model's that was looked at.
        """
        self._lock()
        waits = self.model.status == PracticeModel.Status.SUBMITTED or self.is_open
        if not waits or self.sent_at is None or self.endorsed_at is not None:
            raise MoveRefused(_("There is nothing to endorse any more."), code="move")
        self._check_seen(version)
        self.endorsed_at, self.endorsed_by = timezone.now(), by
        self.save_by(by, why="endorse")

    @transaction.atomic
    def freeze(self, *, by):
        """Tie the enrolment to the model's text as it stands, when its round closes or, if it is
        accepted later, then.

        One whose acceptance has been taken back meanwhile stays as it is.
        """
        self._lock()
        if self.accepted_at is not None and self.frozen_at is None:
            self.frozen_at = timezone.now()
            self.revision = self.model.history.latest().history_id
            self.save_by(by, why="freeze")

    def _freeze_what_is_late(self, *, by):
        """Freeze what is accepted once its year is closed; the others were frozen as it was."""
        if self.accepted_at is not None and any(closed(self.year) for closed in CLOSED_YEARS):
            self.freeze(by=by)

    def _lock(self):
        """Lock the model and then this: in the order in which a move of the model takes them."""
        model = PracticeModel.objects.select_for_update().get(pk=self.model_id)
        self.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        self.model = model

    def _lock_open(self, *, sent):
        self._lock()
        self.check_open(sent=sent)

    def _check_seen(self, version):
        if version is not None:
            self.model.check_version(version)

    def check_open(self, *, sent):
        """Raise MoveRefused unless it waits: to be accepted if ``sent``, else to be sent."""
        if not self.is_open or (self.sent_at is not None) != sent:
            raise MoveRefused(
                _("The enrolment for %(year)s has moved on since you opened the page.")
                % {"year": self.year},
                code="move",
            )
