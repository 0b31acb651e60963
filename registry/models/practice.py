"""The model (mô hình): what it says, where it stands, and every move it makes."""

from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.utils import bulk_create_with_history

from registry.fields import LineField, ProseField
from registry.history import History, Recorded
from registry.models.catalogues import Field, Movement
from registry.models.organisation import Organisation
from registry.models.tokens import Sequence
from registry.partialdates import PartialDateField
from registry.querysets import OfModelQuerySet, PracticeModelQuerySet
from registry.vietnamese import fold, sort_key


class Verdict(models.TextChoices):
    """What is said of a model: by a member, by a seminar, and at last by a paper."""

    REPLICATE = "replicate", _("Replicate")
    MAINTAIN = "maintain", _("Maintain")
    STRENGTHEN = "strengthen", _("Strengthen")
    RETIRE = "retire", _("Retire (no longer suitable)")
    SURVEY = "survey", _("Look again")


class RetireReason(models.TextChoices):
    """Why a model is proposed to end, in words its unit can read without losing face."""

    COMPLETED = "completed", _("It has reached its goal")
    INEFFECTIVE = "ineffective", _("It no longer has the effect it had")
    DUPLICATE = "duplicate", _("Another model does the same")
    FORMAL = "formal", _("It has not yet become real practice")
    UNIT_CHANGED = "unit_changed", _("The unit has been merged or dissolved")
    POLICY_CHANGED = "policy_changed", _("The policy has changed")
    OTHER = "other", _("Another reason, given in the remark")


class ClosingKind(models.TextChoices):
    """How a model ended."""

    COMPLETED = "completed", _("Completed")
    UNSUITABLE = "unsuitable", _("No longer suitable")
    MERGED = "merged", _("Merged into another model")
    UNIT_DISSOLVED = "unit_dissolved", _("Unit dissolved")
    NOT_ACCEPTED = "not_accepted", _("Not accepted")


class MoveRefused(ValidationError):
    """The model is not where this move begins; somebody was faster, or it is too late."""


class StaleVersion(MoveRefused):
    """The record has changed since the page was opened."""


class PracticeModel(Recorded):
    """A "mô hình": a way of working that an organisation keeps and others may take up.

    Called PracticeModel because ``Model`` means something else in Django; a variable or key
    that holds one is called ``model``. Eight items make a registration (:attr:`ITEMS`); all
    else may be added when there is something to say.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Returned for completion")
        RUNNING = "running", _("Running")
        CLOSED = "closed", _("Closed")

    class Origin(models.TextChoices):
        FORM = "form", _("Web form")
        IMPORT = "import", _("Import")
        OLD_REGISTER = "old_register", _("Old register")

    class Subject(models.TextChoices):
        COLLECTIVE = "collective", _("A collective")
        INDIVIDUAL = "individual", _("An individual")

    class Level(models.TextChoices):
        GRASSROOTS = "grassroots", _("Grassroots")
        CITY = "city", _("City")
        PROVINCE = "province", _("Province")

    # The one table of moves (design: states of a model): move → (from, to).
    MOVES = {
        "submit": ({Status.DRAFT, Status.RETURNED}, Status.SUBMITTED),
        "withdraw": ({Status.SUBMITTED}, Status.DRAFT),
        "send_back": ({Status.SUBMITTED}, Status.RETURNED),
        "accept": ({Status.SUBMITTED}, Status.RUNNING),
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

    # Unique, so what has no code yet has none at all and not an empty one.
    code = models.CharField(  # noqa: DJ001
        _("code"), max_length=30, unique=True, null=True, editable=False
    )
    name = LineField(_("name of the model"), max_length=300, blank=True)
    short_name = LineField(_("short name"), max_length=120, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="models", verbose_name=_("organisation")
    )
    organisation_name = LineField(
        _("name of the organisation on that day"), max_length=200, editable=False
    )
    partners = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("partner organisations")
    )
    subject = models.CharField(
        _("who keeps it up"), max_length=20, choices=Subject, default=Subject.COLLECTIVE
    )
    individual_name = LineField(_("name of the individual"), max_length=120, blank=True)
    individual_position = LineField(_("position of the individual"), max_length=160, blank=True)
    field = models.ForeignKey(
        Field,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="models",
        verbose_name=_("field"),
    )
    movements = models.ManyToManyField(
        Movement, blank=True, related_name="models", verbose_name=_("movements")
    )
    level = models.CharField(_("level"), max_length=20, choices=Level, default=Level.GRASSROOTS)
    is_pilot = models.BooleanField(_("pilot model"), default=False)
    public = models.BooleanField(
        _("in the open catalogue"),
        default=False,
        help_text=_("Anyone may read it, without contacts, where the catalogue is open."),
    )

    reason = ProseField(_("situation and reason"), blank=True)
    approach = ProseField(_("approach"), blank=True)
    place = LineField(_("place"), max_length=300, blank=True)
    beneficiaries = LineField(_("beneficiaries and participants"), max_length=500, blank=True)
    started = PartialDateField(_("start"), blank=True)
    expected_results = ProseField(_("expected results"), blank=True)
    contact_name = LineField(_("person in charge"), max_length=120, blank=True)
    contact_position = LineField(_("position of the person in charge"), max_length=160, blank=True)
    contact_phone = LineField(_("phone of the person in charge"), max_length=40, blank=True)

    objectives = ProseField(_("objectives"), blank=True)
    actors = ProseField(_("who takes part"), blank=True)
    resources = ProseField(_("budget and resources"), blank=True)
    ends = PartialDateField(_("expected end"), blank=True)
    results = ProseField(_("results"), blank=True)
    difficulties = ProseField(_("difficulties and causes"), blank=True)
    lessons = ProseField(_("lessons"), blank=True)
    replicability = ProseField(_("how it can be kept up and replicated"), blank=True)
    proposals = ProseField(_("proposals"), blank=True)
    paper_number = LineField(_("number of the registration paper"), max_length=60, blank=True)
    paper_date = models.DateField(_("date of the registration paper"), null=True, blank=True)

    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin, default=Origin.FORM, editable=False
    )
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False
    )
    closing_kind = models.CharField(
        _("how it ended"), max_length=20, choices=ClosingKind, blank=True, editable=False
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    verdict = models.CharField(
        _("standing verdict"), max_length=20, choices=Verdict, blank=True, editable=False
    )
    verdict_on = models.DateField(_("date of the verdict"), null=True, editable=False)
    review_by = models.DateField(_("to be reviewed by"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)
    submitted_at = models.DateTimeField(_("first submitted"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    # Whether it was ever accepted: what everybody may see. In a column, so that lists and
    # counts read a narrow index and not the wide rows.
    in_register = models.GeneratedField(
        expression=Case(
            When(Q(accepted_at__isnull=False) | Q(origin="old_register"), then=True), default=False
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    search_key = models.TextField(editable=False, default="")
    sort_key = models.BinaryField(editable=False, default=b"")

    history = History(
        excluded_fields=["in_register", "search_key", "sort_key"],
        m2m_fields=["partners", "movements"],
    )
    objects = PracticeModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["sort_key", "pk"]
        indexes = [
            models.Index(fields=["sort_key", "id"]),
            models.Index(fields=["status", "updated_at"]),
            models.Index(fields=["field", "sort_key"]),
            models.Index(fields=["organisation", "sort_key"]),
            models.Index(fields=["verdict_on"]),
            models.Index(
                fields=[
                    "in_register",
                    "public",
                    "status",
                    "verdict",
                    "field",
                    "level",
                    "organisation",
                ],
                name="practicemodel_counts",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code=None, submitted_at=None)
                | Q(code__isnull=False, submitted_at__isnull=False)
                | Q(code__isnull=False, origin="old_register"),
                name="practicemodel_code_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(code__isnull=False),
                name="practicemodel_only_a_draft_has_no_code",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | ~Q(name=""),
                name="practicemodel_only_a_draft_has_no_name",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="practicemodel_accepted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "submitted", "returned"])
                | Q(status="closed", closing_kind="not_accepted")
                | Q(accepted_at__isnull=False)
                | Q(origin="old_register"),
                name="practicemodel_runs_once_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(origin="old_register") | Q(status__in=["running", "closed"]),
                name="practicemodel_old_runs_or_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(status="closed") & ~Q(closing_kind="")
                | ~Q(status="closed") & Q(closing_kind=""),
                name="practicemodel_closed_has_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(closing_kind="merged", merged_into__isnull=False)
                | ~Q(closing_kind="merged") & Q(merged_into=None),
                name="practicemodel_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", verdict_on=None)
                | ~Q(verdict="") & Q(verdict_on__isnull=False),
                name="practicemodel_verdict_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(subject="collective", individual_name="")
                | Q(subject="individual") & ~Q(individual_name=""),
                name="practicemodel_individual_has_a_name",
                violation_error_code="individual_name",
                violation_error_message=_("Give the individual's name, or choose a collective."),
            ),
        ]

    def __str__(self):
        return self.name or gettext("(not named yet)")

    def get_absolute_url(self):
        return reverse("registry:practicemodel_detail", args=[self.pk])

    def save(self, **kwargs):
        self.fill_keys()
        super().save(**kwargs)

    def fill_keys(self):
        """Compute what is stored beside the text; to be called where ``save`` is passed by."""
        if not self.organisation_name:
            self.organisation_name = self.organisation.name
        parts = [self.name, self.short_name, self.code or "", self.organisation_name, self.place]
        self.search_key = " ".join(fold(part) for part in parts)
        self.sort_key = sort_key(self.name)

    def clean(self):
        if self.subject == self.Subject.COLLECTIVE:
            self.individual_name = self.individual_position = ""

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
        stands = PracticeModel.objects.select_for_update().values_list("version", flat=True)
        if version is None or stands.get(pk=self.pk) != version:
            raise StaleVersion(
                _("Somebody has saved this model since you opened the page."), code="stale"
            )
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
            if settings.ENDORSEMENT == "required" and self.awaits_endorsement():
                raise MoveRefused(
                    _("The committee above this unit has not endorsed the registration yet."),
                    code="endorsement",
                )
            self.accepted_at, self.accepted_by = timezone.now(), by

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
        if not self.was_accepted:
            raise MoveRefused(
                _("“%(model)s” has not been accepted.") % {"model": self}, code="move"
            )
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
        self.refresh_from_db(from_queryset=PracticeModel.objects.select_for_update())

    @contextmanager
    def _move(self, move, *, by, version=None, **record):
        """Lock, look whether the move may begin; the body changes the rest; then record it."""
        with transaction.atomic():
            self._lock()
            self.check_can(move)
            if version is not None and self.version != version:
                raise StaleVersion(
                    _("Somebody has saved this model since you opened the page."), code="stale"
                )
            yield
            self._arrive(move, by=by, **record)

    def _arrive(self, move, *, by, reason="", due=None, on_behalf_of=None):
        came_from, self.status = self.status, self.MOVES[move][1]
        self.version += 1
        self.save_by(by, why=reason, on_behalf_of=on_behalf_of)
        self.moves.create(
            name=move,
            from_status=came_from,
            to_status=self.status,
            by=by,
            on_behalf_of=on_behalf_of,
            reason=reason,
            due=due,
        )
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


class Move(models.Model):
    """A move of a model: since when it stands where it stands, by whom, until when.

    Never changed.
    """

    model = models.ForeignKey(PracticeModel, models.PROTECT, related_name="moves")
    name = models.CharField(_("move"), max_length=20)
    from_status = models.CharField(_("from"), max_length=20, choices=PracticeModel.Status)
    to_status = models.CharField(_("to"), max_length=20, choices=PracticeModel.Status)
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

    objects = OfModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"


class Opening(models.Model):
    """Somebody from outside a unit opened what it had not sent yet. Never changed."""

    model = models.ForeignKey(PracticeModel, models.CASCADE, related_name="openings")
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
