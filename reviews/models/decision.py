"""The paper that decides, with a line for each model: the only thing that changes one."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.days import check_at, check_come
from registry.fields import LineField, ProseField
from registry.history import History, Recorded
from registry.models import (
    ClosingKind,
    MoveRefused,
    Organisation,
    PracticeModel,
    Replication,
    RetireReason,
    Verdict,
)
from reviews.models.assessment import EXPLAINED, Conclusion
from reviews.models.seminar import Seminar
from reviews.querysets import DecisionLineQuerySet, DecisionQuerySet


class Decision(Recorded):
    """One paper of the committee: prepared here, signed on paper, recorded and issued here.

    Number, date and signatory are the office's and stay blank until the paper is signed. What
    is issued never changes; a mistake is undone by a new paper that corrects it.
    """

    class Kind(models.TextChoices):
        DECISION = "QĐ", _("Decision (QĐ)")
        NOTICE = "TB", _("Notice (TB)")
        LETTER = "CV", _("Official letter (CV)")
        PLAN = "KH", _("Plan (KH)")
        CONCLUSION = "KL", _("Conclusion (KL)")

    class Origin(models.TextChoices):
        FORM = "form", _("Web form")
        OLD_REGISTER = "old_register", _("Old register")

    kind = models.CharField(_("kind of paper"), max_length=4, choices=Kind, default=Kind.NOTICE)
    subject = LineField(_("subject"), max_length=300)
    number = LineField(
        _("number"), max_length=60, blank=True, help_text=_("For example 12-TB/TU, once signed.")
    )
    dated = models.DateField(_("date"), null=True, blank=True)
    signatory = LineField(_("signatory"), max_length=120, blank=True)
    signatory_position = LineField(_("position of the signatory"), max_length=160, blank=True)
    seminar = models.ForeignKey(
        Seminar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("seminar"),
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("corrects"),
    )
    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin, default=Origin.FORM, editable=False
    )
    issued_at = models.DateTimeField(_("issued"), null=True, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    published_at = models.DateTimeField(_("open to all from"), null=True, blank=True)
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = History()
    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = [F("dated").desc(nulls_first=True), "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(issued_at=None)
                | ~Q(number="")
                & ~Q(signatory="")
                & Q(dated__isnull=False, recorded_by__isnull=False),
                name="decision_issued_once_signed",
                violation_error_code="number",
                violation_error_message=_(
                    "Enter number, date and signatory from the signed paper before issuing."
                ),
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(corrects=F("id")),
                name="decision_corrects_another",
            ),
        ]

    def __str__(self):
        return f"{self.number} – {self.subject}" if self.number else self.subject

    def get_absolute_url(self):
        return reverse("reviews:decision_detail", args=[self.pk])

    def clean(self):
        """Refuse a day to come: papers of later days would not stand against it till then."""
        check_at("dated", check_come, self.dated)

    @property
    def is_issued(self):
        return self.issued_at is not None

    def namesakes(self):
        """Return the issued papers of the same kind, number and year: one is mistyped, or twice."""
        if not (self.number and self.dated):
            return Decision.objects.none()
        return (
            Decision.objects.issued()
            .filter(kind=self.kind, number__iexact=self.number, dated__year=self.dated.year)
            .exclude(pk=self.pk)
        )

    @transaction.atomic
    def write(self, *, by, version, why=""):
        """Store what a form put into this draft, if nobody else has written since."""
        self._hold_draft(version)
        self.version = version + 1
        self.save_by(by, why=why)

    @transaction.atomic
    def add_line(self, line, *, by, version, take_up=()):
        """Add a line, or store one that was changed, while the paper is a draft.

        Each change of its lines is a new version of the paper: nobody writes over a line, or
        issues one, that they have not seen.
        """
        self.write(by=by, version=version)
        self._store_line(line, by=by, take_up=take_up)
        return line

    def _store_line(self, line, *, by, take_up):
        if line.position is None:
            last = self.lines.aggregate(last=Max("position"))["last"] or 0
            line.position = last + 1
        line.decision = self
        line.full_clean()
        line.save_by(by)
        line.take_up.set(take_up)

    @transaction.atomic
    def drop_line(self, line, *, by, version):
        """Take a line out while the paper is a draft."""
        self.write(by=by, version=version)
        line.take_up.clear()
        line._history_user = by
        line.delete()

    @staticmethod
    def proposals_of(seminar):
        """Return the proposals that a paper takes, and the models it leaves out: not accepted.

        A seminar may look at what still waits to be accepted; a paper decides on the register.
        """
        proposals = Conclusion.objects.filter(
            item__seminar=seminar, item__model__isnull=False
        ).select_related("item__model")
        taken, left_out = [], []
        for proposal in proposals:
            if proposal.item.model.was_accepted:
                taken.append(proposal)
            else:
                left_out.append(proposal.item.model)
        return taken, left_out

    @transaction.atomic
    def take_proposals(self, *, by, version):
        """Make a line of each of the seminar's proposals that has none; return how many."""
        self._hold_draft(version)
        there = set(self.lines.values_list("model", flat=True))
        proposals, _not_accepted = self.proposals_of(self.seminar)
        new = [proposal for proposal in proposals if proposal.item.model_id not in there]
        if new:
            self.write(by=by, version=version)
        for proposal in new:
            line = DecisionLine(
                model=proposal.item.model,
                verdict=proposal.verdict,
                reason=proposal.rationale,
                retire_reason=proposal.retire_reason,
                closing_kind=proposal.closing_kind,
                merged_into=proposal.merged_into,
                review_by=proposal.review_by,
            )
            self._store_line(line, by=by, take_up=proposal.take_up.all())
        return len(new)

    @transaction.atomic
    def issue(self, *, by, version=None):
        """Let the signed paper stand: every line changes its model, all together or none."""
        self._hold_draft(version)
        self._hold_models()
        lines = list(self.lines.select_related("model", "merged_into").order_by("model_id"))
        if not lines:
            raise ValidationError(_("A paper needs at least one line."))
        self.clean()
        self.issued_at, self.recorded_by = timezone.now(), by
        self.validate_constraints()
        self.version += 1
        self.save_by(by, why="issue")
        for line in lines:
            line.apply(by=by)

    @transaction.atomic
    def publish(self, *, by, at=None):
        """Open an issued paper to all, from now or from a moment given."""
        self.refresh_from_db(from_queryset=Decision.objects.select_for_update())
        self.check_publishable()
        self.published_at = at or timezone.now()
        self.save_by(by, why="publish")

    def check_publishable(self):
        if not self.is_issued:
            raise MoveRefused(_("Only an issued paper is opened to all."), code="move")

    @transaction.atomic
    def correcting(self, *, by):
        """Begin a new paper that corrects this one, or go on with the one that is begun."""
        self.refresh_from_db(from_queryset=Decision.objects.select_for_update())
        if not self.is_issued:
            raise MoveRefused(_("A draft is corrected by writing it again."), code="move")
        paper = self.corrected_by.drafts().first()
        if paper is None:
            paper = Decision(
                kind=self.kind, subject=self.subject, seminar=self.seminar, corrects=self
            )
            paper.save_by(by)
        return paper

    def check_draft(self):
        if self.is_issued:
            raise MoveRefused(
                _("This paper has been issued and never changes; correct it by a new one."),
                code="move",
            )

    def _hold_draft(self, version=None):
        stands = Decision.objects.select_for_update().filter(pk=self.pk)
        self.issued_at, stored = stands.values_list("issued_at", "version").get()
        self.check_draft()
        if version is not None and version != stored:
            raise MoveRefused(
                _("Somebody has saved this paper since you opened the page."), code="stale"
            )

    def _hold_models(self):
        """Lock the models of the lines before any line asks whether it stands.

        Of two papers on one model the second then waits, and sees that the first is issued. In
        the order of their keys, so that no two papers wait for each other.
        """
        models = PracticeModel.objects.filter(pk__in=self.lines.values("model")).order_by("pk")
        # Evaluated for its locks alone.
        list(models.select_for_update().values("pk"))


class DecisionLine(Recorded):
    """What a paper says of one model."""

    decision = models.ForeignKey(
        Decision, models.PROTECT, related_name="lines", verbose_name=_("decision")
    )
    position = models.PositiveSmallIntegerField(_("order"), null=True, editable=False)
    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="decision_lines", verbose_name=_("model")
    )
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict)
    reason = ProseField(_("reason"), blank=True)
    retire_reason = models.CharField(
        _("why it ends"), max_length=20, choices=RetireReason, blank=True
    )
    closing_kind = models.CharField(
        _("how it ends"), max_length=20, choices=ClosingKind, blank=True
    )
    merged_into = models.ForeignKey(
        PracticeModel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merged into"),
    )
    review_by = models.DateField(_("to be reviewed by"), null=True, blank=True)
    take_up = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("units that should take it up")
    )

    history = History(m2m_fields=["take_up"])
    objects = DecisionLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a paper")
        verbose_name_plural = _("lines")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "model"],
                name="decisionline_model_once",
                violation_error_code="model",
                violation_error_message=_("This model has a line in this paper already."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=EXPLAINED) | ~Q(reason=""),
                name="decisionline_explained",
                violation_error_code="reason",
                violation_error_message=_("Say why, in a few words, for this verdict."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict="retire")
                | ~Q(retire_reason="") & Q(closing_kind__in=["completed", "unsuitable", "merged"]),
                name="decisionline_retire_with_a_reason",
                violation_error_code="retire_reason",
                violation_error_message=_("Choose why and how the model ends."),
            ),
            models.CheckConstraint(
                condition=Q(verdict="retire") | Q(retire_reason="", closing_kind=""),
                name="decisionline_reason_only_to_retire",
                violation_error_code="retire_reason",
                violation_error_message=_("A reason to end goes with the verdict to end only."),
            ),
            models.CheckConstraint(
                condition=Q(closing_kind="merged", merged_into__isnull=False)
                | ~Q(closing_kind="merged") & Q(merged_into=None),
                name="decisionline_merged_into_another",
                violation_error_code="merged_into",
                violation_error_message=_("Choose the model it is merged into."),
            ),
        ]

    def __str__(self):
        return f"{self.model}: {self.get_verdict_display()}"

    def in_words(self):
        """Return the verdict, and how the model ends if it does."""
        if self.closing_kind:
            return f"{Verdict(self.verdict).alone}: {self.get_closing_kind_display()}"
        return self.get_verdict_display()

    def clean(self):
        if self.merged_into_id and self.merged_into_id == self.model_id:
            raise ValidationError({"merged_into": _("A model cannot be merged into itself.")})

    def stands(self):
        """Whether this is what is said of its model now."""
        return self.model.decision_lines.issued().latest_first().first() == self

    def apply(self, *, by):
        """Let the line stand if it is the latest, and ask units to take the model up.

        The caller holds the model, or a later paper could be issued between question and deed.
        """
        paper = str(self.decision)
        if self.stands():
            self.model.take_verdict(
                self.verdict,
                on=self.decision.dated,
                by=by,
                reason=f"{paper}. {self.reason}".strip(),
                closing_kind=self.closing_kind,
                merged_into=self.merged_into,
                review_by=self.review_by,
            )
        for organisation in self.take_up.exclude(pk=self.model.organisation_id):
            there = Replication.objects.filter(model=self.model, organisation=organisation)
            if not there.exists():
                Replication(model=self.model, organisation=organisation).save_by(by, why=paper)
