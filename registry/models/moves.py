"""Where a model stands, and how it comes there: each move one method, each on record."""

from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.utils import bulk_create_with_history

from registry.fields import ProseField
from registry.history import Recorded, typed_by
from registry.models.organisation import Organisation
from registry.models.outbox import Mail
from registry.models.tokens import Sequence
from registry.models.verdicts import ClosingKind, MoveRefused, StaleVersion, Verdict
from registry.querysets import OfModelQuerySet
from registry.sealing import Sealed

# How long one may change one's mind about what was done to many at once.
TO_TAKE_BACK = timedelta(minutes=10)


class Moving(Recorded):
    """The moves of a model; :class:`~registry.models.practice.PracticeModel` has what it says."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Returned for completion")
        RUNNING = "running", _("Running")
        CLOSED = "closed", _("Closed")

    # The one table of moves (design: states of a model): move → (from, to).
    MOVES = {
        "submit": ({Status.DRAFT, Status.RETURNED}, Status.SUBMITTED),
        "withdraw": ({Status.SUBMITTED}, Status.DRAFT),
        "send_back": ({Status.SUBMITTED}, Status.RETURNED),
        "accept": ({Status.SUBMITTED}, Status.RUNNING),
        "take_back": ({Status.RUNNING}, Status.SUBMITTED),
        "refuse": ({Status.SUBMITTED, Status.RETURNED}, Status.CLOSED),
        "close": ({Status.RUNNING}, Status.CLOSED),
        "reopen": ({Status.CLOSED}, Status.RUNNING),
    }
    # The eight items of a registration; each is one or two fields.
    ITEMS = (
        ("name",),
        ("field",),
        ("reason",),
        ("approach",),
        ("place", "beneficiaries"),
        ("started",),
        ("expected_results",),
        ("contact_name", "contact_phone"),
    )

    class Meta:
        abstract = True

    # --- What it is -------------------------------------------------------------------------

    @property
    def was_submitted(self):
        return self.code is not None

    @property
    def was_accepted(self):
        return self.accepted_at is not None or self.origin == self.Origin.OLD_REGISTER

    @property
    def is_unsent(self):
        """Whether it lies with its unit and nobody else waits for it."""
        return self.status == self.Status.DRAFT

    @property
    def is_with_its_unit(self):
        """Whether its text is the unit's alone: not sent yet, withdrawn or returned.

        No panel reads it then, on an agenda or not.
        """
        return self.status in {self.Status.DRAFT, self.Status.RETURNED}

    def missing(self):
        """Return the fields of the eight items that are still empty."""
        return [name for item in self.ITEMS for name in item if not getattr(self, name)]

    def check_complete(self):
        """Raise ValidationError, with a message at each field, for what sending still needs."""
        if missing := self.missing():
            raise ValidationError(
                {name: _("This is needed before the registration is sent.") for name in missing}
            )

    def can(self, move):
        """Whether the move begins where the model stands now."""
        return self.status in self.MOVES[move][0]

    def check_can(self, move):
        """Raise MoveRefused, with a sentence, if the move cannot begin."""
        if not self.can(move):
            raise MoveRefused(
                _("“%(model)s” is now: %(status)s. Somebody was faster, or it is too late.")
                % {"model": self, "status": self.get_status_display().lower()},
                code="move",
            )

    def check_version(self, version):
        """Raise StaleVersion unless the model still is as a page has shown it."""
        if self.version != version:
            raise StaleVersion(
                _("Somebody has saved this model since you opened the page."), code="stale"
            )

    def check_accepted(self):
        """Raise MoveRefused unless it was ever accepted.

        Nothing else has a verdict, or is put into the open catalogue.
        """
        if not self.was_accepted:
            raise MoveRefused(
                _("“%(model)s” has not been accepted.") % {"model": self}, code="move"
            )

    def check_discardable(self):
        if self.was_submitted or self.status != self.Status.DRAFT:
            raise MoveRefused(_("Only a draft that was never sent can be discarded."), code="move")

    def is_open_to_its_unit(self):
        """Whether its unit may still write all of it.

        Until it is accepted, and while it is enrolled for another year and that is not.
        """
        if self.status == self.Status.RUNNING:
            return self.enrolments.filter(accepted_at=None, kind="continued").exists()
        return self.status != self.Status.CLOSED

    def awaits_endorsement(self):
        """Whether a grassroots committee stands above its unit and has not endorsed it."""
        above = self.organisation.grassroots()
        if above is None or above == self.organisation:
            return False
        enrolment = self.enrolments.order_by("-year").first()
        return enrolment is not None and enrolment.endorsed_at is None

    def check_endorsed(self):
        """Raise MoveRefused if its last enrolment is to be endorsed first, and is not."""
        if settings.ENDORSEMENT == "required" and self.awaits_endorsement():
            raise MoveRefused(
                _("The committee above this unit has not endorsed the registration yet."),
                code="endorsement",
            )

    # --- Writing ----------------------------------------------------------------------------

    @transaction.atomic
    def begin(self, *, by, year, on_behalf_of=None):
        """Store a new registration as a draft, enrolled in that year."""
        self.save_by(by, on_behalf_of=on_behalf_of)
        enrolment = self.enrolments.model(
            model=self, year=year, entered_by=by, on_behalf_of=on_behalf_of
        )
        enrolment.save_by(by, on_behalf_of=on_behalf_of)

    @transaction.atomic
    def write(self, *, by, version, why="", on_behalf_of=None):
        """Store what a form put into this instance, if nobody else has written since.

        ``version`` is the number the page was opened with; a missing one refuses.
        """
        type(self).objects.select_for_update().get(pk=self.pk).check_version(version)
        self.version = version + 1
        self.save_by(by, why=why, on_behalf_of=on_behalf_of)

    @transaction.atomic
    def discard(self, *, by):
        """Delete a draft that was never sent; its history stays."""
        self._lock()
        self.check_discardable()
        enrolments = list(self.enrolments.prefetch_related("outcomes"))
        outcomes = [outcome for enrolment in enrolments for outcome in enrolment.outcomes.all()]
        evidence = list(self.evidence.all())
        hanging = [*outcomes, *enrolments, *evidence, *self.notes.all(), *self.awards.all()]
        for record in [*hanging, self]:
            record._history_user = by
            record.delete()
        for stored in evidence:
            transaction.on_commit(partial(stored.file.delete, save=False))

    # --- Moves ------------------------------------------------------------------------------

    def submit(self, *, by, version=None, on_behalf_of=None):
        """Send the registration to the committee's office; the first time it gets its code."""
        with self._move("submit", by=by, version=version, on_behalf_of=on_behalf_of):
            self.check_complete()
            if self.code is None:
                self.code = self._next_code()
                self.submitted_at = timezone.now()
                self.organisation_name = self.organisation.name
        return self

    def withdraw(self, *, by, on_behalf_of=None):
        """Take the registration back, to go on writing or to let it be."""
        with self._move("withdraw", by=by, on_behalf_of=on_behalf_of):
            pass

    def send_back(self, *, by, reason, due=None):
        """Return the registration to its unit, saying what is missing and until when."""
        with self._move("send_back", by=by, reason=reason, due=due):
            pass

    def accept(self, *, by, version=None):
        """Receive the model into the register, in the version that was looked at."""
        with self._move("accept", by=by, version=version):
            self.check_endorsed()
            self.accepted_at, self.accepted_by = timezone.now(), by

    def take_back_accept(self, *, by, version):
        """Undo an acceptance of a moment ago, before anybody has built on it."""
        with self._move("take_back", by=by, version=version):
            last = self.moves.first()
            if last is None or last.name != "accept" or last.at < timezone.now() - TO_TAKE_BACK:
                raise MoveRefused(_("It is too late to take this back."), code="move")
            if self.enrolments.filter(accepted_at=None).exists():
                raise MoveRefused(_("It has been continued for another year since."), code="move")
            if self.enrolments.filter(frozen_at__isnull=False).exists():
                raise MoveRefused(_("The register of its year has been closed since."), code="move")
            self.accepted_at = self.accepted_by = None

    @transaction.atomic
    def continue_in(self, year, *, by, on_behalf_of=None):
        """Enrol a running model for another year; its text goes on and may be written again.

        Return the enrolment, to be sent when the text is right.
        """
        self._lock()
        if self.status != self.Status.RUNNING:
            raise MoveRefused(_("Only a running model is continued."), code="move")
        if self.enrolments.filter(year__gte=year).exists():
            raise MoveRefused(
                _("This model is enrolled for %(year)s already.") % {"year": year}, code="move"
            )
        enrolment = self.enrolments.model(
            model=self,
            year=year,
            kind=self.enrolments.model.Kind.CONTINUED,
            entered_by=by,
            on_behalf_of=on_behalf_of,
        )
        enrolment.save_by(by, on_behalf_of=on_behalf_of)
        return enrolment

    def refuse(self, *, by, reason):
        """Close a registration that is a duplicate, or no model; never one once accepted."""
        with self._move("refuse", by=by, reason=reason):
            self.closing_kind = ClosingKind.NOT_ACCEPTED

    def close_with_unit(self, *, by, reason):
        """Close a running model whose unit is dissolved without a successor."""
        with self._move("close", by=by, reason=reason):
            self.closing_kind = ClosingKind.UNIT_DISSOLVED

    @transaction.atomic
    def hand_to(self, organisation, *, by, reason):
        """Let another organisation go on with the model, from the day it takes over."""
        self._lock()
        self.organisation = organisation
        self.version += 1
        self.save_by(by, why=reason)

    @transaction.atomic
    def take_verdict(
        self, verdict, *, on, by, reason, closing_kind="", merged_into=None, review_by=None
    ):
        """Let an issued paper's line stand: keep its verdict, and close or reopen by it.

        The caller sees to it that the line is the latest of its model's.
        """
        self._lock()
        self.check_accepted()
        self.verdict, self.verdict_on, self.review_by = verdict, on, review_by
        retire = verdict == Verdict.RETIRE
        closed = self.status == self.Status.CLOSED
        self.closing_kind, self.merged_into = (closing_kind, merged_into) if retire else ("", None)
        if retire == closed:
            self.version += 1
            self.save_by(by, why=reason)
        else:
            self._arrive("close" if retire else "reopen", by=by, reason=reason)

    def _lock(self):
        self.refresh_from_db(from_queryset=type(self).objects.select_for_update())

    @contextmanager
    def _move(self, move, *, by, version=None, **record):
        """Lock, look whether the move may begin; the body changes the rest; then record it."""
        with transaction.atomic():
            self._lock()
            self.check_can(move)
            if version is not None:
                self.check_version(version)
            yield
            self._arrive(move, by=by, **record)

    def _arrive(self, move, *, by, reason="", due=None, on_behalf_of=None):
        came_from, self.status = self.status, self.MOVES[move][1]
        self.version += 1
        self.save_by(by, why=reason, on_behalf_of=on_behalf_of)
        made = self.moves.create(
            name=move,
            from_status=came_from,
            to_status=self.status,
            by=by,
            on_behalf_of=on_behalf_of,
            reason=reason,
            due=due,
        )
        Mail.about(made)
        if enrolment := self.enrolments.order_by("-year").first():
            enrolment.follow(move, by=by)

    @classmethod
    @transaction.atomic
    def enter_old(cls, models, *, year, by=None, why=""):
        """Enter models of the old register, with codes of that year and a history.

        They run, unless they say that they are closed; who once accepted them is not known.
        """
        first = Sequence.take(f"models of {year}", len(models))
        for number, model in enumerate(models, first):
            model.origin = cls.Origin.OLD_REGISTER
            model.status = cls.Status.CLOSED if model.closing_kind else cls.Status.RUNNING
            model.code = cls.code_of(year, number)
            model.fill_keys()
        return bulk_create_with_history(
            models, cls, batch_size=500, default_user=by, default_change_reason=why
        )

    @staticmethod
    def code_of(year, number):
        return f"{settings.MODEL_CODE_PREFIX}-{year}-{number:04d}"

    def _next_code(self):
        year = timezone.localdate().year
        return self.code_of(year, Sequence.take(f"models of {year}"))


class Move(Sealed):
    """A move of a model: since when it stands where it stands, by whom, until when.

    Never changed.
    """

    CHAIN = "model_id"

    model = models.ForeignKey(
        "registry.PracticeModel", models.PROTECT, related_name="moves", verbose_name=_("model")
    )
    name = models.CharField(_("move"), max_length=20)
    from_status = models.CharField(_("from"), max_length=20, choices=Moving.Status)
    to_status = models.CharField(_("to"), max_length=20, choices=Moving.Status)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    on_behalf_of = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    reason = ProseField(_("reason"), blank=True)
    due = models.DateField(_("until"), null=True, blank=True)
    typed_by = models.CharField(  # noqa: DJ001 (as in the history)
        _("typed by"), max_length=120, null=True, default=typed_by
    )

    objects = OfModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["at"])]

    def __str__(self):
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"


class Opening(Sealed):
    """Somebody from outside a unit opened what it had not sent yet. Never changed."""

    CHAIN = "model_id"

    model = models.ForeignKey(
        "registry.PracticeModel", models.CASCADE, related_name="openings", verbose_name=_("model")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("opening of a draft")
        verbose_name_plural = _("openings of drafts")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.model} – {self.by}"
