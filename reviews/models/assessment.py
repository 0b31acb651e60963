"""The ballot, who holds none, and the seminar's proposal."""

from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField, ProseField
from registry.history import History, Recorded
from registry.models import (
    ClosingKind,
    MoveRefused,
    Organisation,
    PracticeModel,
    RetireReason,
    StaleVersion,
    Verdict,
)
from reviews.models.agenda import AgendaItem
from reviews.models.panel import Criterion, PanelMember
from reviews.models.seminar import Seminar
from reviews.querysets import AssessmentQuerySet, ConclusionQuerySet, OfItemQuerySet

# A verdict that changes something for a unit is explained; the others need no words.
EXPLAINED = (Verdict.REPLICATE, Verdict.STRENGTHEN, Verdict.RETIRE)


class Assessment(Recorded):
    """A member's ballot on an item, made when the seminar opens.

    Theirs alone until handed in; then it stands, with a snapshot of the text it judged.
    """

    class Source(models.TextChoices):
        FORM = "form", _("By the member")
        PAPER = "paper", _("From a paper ballot")

    item = models.ForeignKey(
        AgendaItem, models.PROTECT, related_name="ballots", verbose_name=_("item")
    )
    member = models.ForeignKey(
        PanelMember, models.PROTECT, related_name="ballots", verbose_name=_("panel member")
    )
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict, blank=True)
    remark = ProseField(_("remark"), blank=True)
    retire_reason = models.CharField(
        _("why it is proposed to end"), max_length=20, choices=RetireReason, blank=True
    )
    handed_in_at = models.DateTimeField(_("handed in"), null=True, editable=False)
    source = models.CharField(
        _("entered"), max_length=10, choices=Source, default=Source.FORM, editable=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    snapshot = models.JSONField(_("what was judged"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = History()
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["item__position", "member__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "member"], name="assessment_one_a_member"),
            models.CheckConstraint(
                condition=Q(handed_in_at=None) | ~Q(verdict=""),
                name="assessment_handed_in_with_a_verdict",
                violation_error_code="verdict",
                violation_error_message=_("Choose a verdict before handing in."),
            ),
            models.CheckConstraint(
                condition=Q(handed_in_at=None) | ~Q(verdict__in=EXPLAINED) | ~Q(remark=""),
                name="assessment_explained",
                violation_error_code="remark",
                violation_error_message=_("Say why, in a few words, for this verdict."),
            ),
            models.CheckConstraint(
                condition=Q(handed_in_at=None) | ~Q(verdict="retire") | ~Q(retire_reason=""),
                name="assessment_retire_with_a_reason",
                violation_error_code="retire_reason",
                violation_error_message=_("Choose why the model is proposed to end."),
            ),
            models.CheckConstraint(
                condition=Q(retire_reason="") | Q(verdict="retire"),
                name="assessment_reason_only_to_retire",
                violation_error_code="retire_reason",
                violation_error_message=_("A reason to end goes with the verdict to end only."),
            ),
            models.CheckConstraint(
                condition=Q(handed_in_at=None) | Q(entered_by__isnull=False),
                name="assessment_handed_in_by_someone",
            ),
        ]

    def __str__(self):
        return f"{self.item} – {self.member}"

    def get_absolute_url(self):
        return reverse("reviews:assessment_detail", args=[self.pk])

    @property
    def is_handed_in(self):
        return self.handed_in_at is not None

    def check_waiting(self):
        if self.is_handed_in:
            raise MoveRefused(_("This ballot has been handed in already."), code="move")

    def write(self, *, by, version, scores=None, source=Source.FORM):
        """Keep the ballot as a draft: what a form put into this instance, and the points.

        ``scores`` maps a criterion's key to points or None.
        """
        with self._held(version):
            self._keep(by, scores, source)

    def hand_in(self, *, by, version, scores=None, source=Source.FORM):
        """Keep and hand in; from then on it stands as it is."""
        with self._held(version):
            self._keep(by, scores, source)
            self._check_complete()
            self.handed_in_at, self.entered_by = timezone.now(), by
            self.snapshot = self._snapshot()
            self.validate_constraints()
            self.save_by(by, why="hand in")

    def withdraw_for_recusal(self, *, by, why):
        """Take an open ballot away from a member who turns out to be recused."""
        self.scores.all().delete()
        self._history_user, self._change_reason = by, why
        self.delete()

    def points(self):
        """Return the sum of the points given, None where the seminar has no criteria."""
        return self.scores.aggregate(total=Sum("points"))["total"]

    @contextmanager
    def _held(self, version):
        """Hold the ballot while it is written; seminar open, not handed in, nobody faster."""
        with self.item.seminar.held(Seminar.State.OPEN):
            stands = Assessment.objects.select_for_update().filter(pk=self.pk)
            self.handed_in_at, stored = stands.values_list("handed_in_at", "version").get()
            self.check_waiting()
            if version != stored:
                raise StaleVersion(
                    _("This ballot has been saved elsewhere since you opened it."), code="stale"
                )
            if self.member.is_close_to(self.item.organisation):
                raise MoveRefused(
                    _("The member takes no part in the review of their own unit's model."),
                    code="recusal",
                )
            yield

    def _keep(self, by, scores, source):
        self.source, self.version = source, self.version + 1
        self.validate_constraints()
        self.save_by(by, why="draft")
        for criterion in self.item.seminar.criteria.filter(pk__in=scores or {}):
            points = scores[criterion.pk]
            score = self.scores.filter(criterion=criterion).first()
            if score is None and points is not None:
                score = Score(assessment=self, criterion=criterion)
            if score is not None:
                score.points = points
                score.full_clean()
                score.save_by(by)

    def _check_complete(self):
        given = self.scores.filter(points__isnull=False).values("criterion")
        if self.item.seminar.criteria.exclude(pk__in=given).exists():
            raise ValidationError(_("Give points for every criterion before handing in."))

    def _snapshot(self):
        if self.item.model is None:
            return {"title": str(self.item)}
        model = self.item.model
        revision = model.history.order_by("-history_id").values_list("history_id", flat=True)
        texts = ["name", "reason", "approach", "expected_results", "results", "lessons"]
        return {
            "revision": revision.first(),
            "version": model.version,
            **{name: getattr(model, name) for name in texts},
        }


class Score(Recorded):
    """The points a ballot gives for a criterion."""

    assessment = models.ForeignKey(
        Assessment, models.PROTECT, related_name="scores", verbose_name=_("assessment")
    )
    criterion = models.ForeignKey(
        Criterion, models.PROTECT, related_name="scores", verbose_name=_("criterion")
    )
    points = models.PositiveSmallIntegerField(_("points"), null=True, blank=True)

    history = History()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        ordering = ["criterion__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "criterion"], name="score_one_a_criterion"
            )
        ]

    def __str__(self):
        return f"{self.criterion}: {self.points}"

    def clean(self):
        if self.points is not None and self.points > self.criterion.max_points:
            raise ValidationError(
                {
                    "points": _("At most %(most)s points for “%(criterion)s”.")
                    % {"most": self.criterion.max_points, "criterion": self.criterion}
                }
            )


class Recusal(Recorded):
    """A member takes no part in an item's review: by rule, or because they say so."""

    item = models.ForeignKey(
        AgendaItem, models.PROTECT, related_name="recusals", verbose_name=_("item")
    )
    member = models.ForeignKey(
        PanelMember, models.PROTECT, related_name="recusals", verbose_name=_("panel member")
    )
    of_own_unit = models.BooleanField(_("model of the own unit"), default=False)
    reason = LineField(_("reason"), max_length=300, blank=True)

    history = History()
    objects = OfItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        ordering = ["member__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "member"],
                name="recusal_one_a_member",
                violation_error_code="member",
                violation_error_message=_("This member takes no part in it already."),
            ),
            models.CheckConstraint(
                condition=Q(of_own_unit=True) | ~Q(reason=""),
                name="recusal_says_why",
                violation_error_code="reason",
                violation_error_message=_("Say why the member takes no part."),
            ),
        ]

    def __str__(self):
        return f"{self.item} – {self.member}"


class Conclusion(Recorded):
    """The seminar's proposal on an item. It changes no model: only an issued paper does."""

    item = models.OneToOneField(
        AgendaItem, models.PROTECT, related_name="conclusion", verbose_name=_("item")
    )
    verdict = models.CharField(_("proposal"), max_length=20, choices=Verdict)
    rationale = ProseField(_("rationale"), blank=True)
    retire_reason = models.CharField(
        _("why it is proposed to end"), max_length=20, choices=RetireReason, blank=True
    )
    closing_kind = models.CharField(
        _("how it would end"), max_length=20, choices=ClosingKind, blank=True
    )
    merged_into = models.ForeignKey(
        PracticeModel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to be merged into"),
    )
    review_by = models.DateField(_("to be reviewed by"), null=True, blank=True)
    take_up = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("units that should take it up")
    )
    whose = LineField(
        _("whose proposal"), max_length=200, help_text=_("The chair, or the panel by majority …")
    )
    tally = models.JSONField(_("tally at that moment"), default=dict, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)

    history = History(m2m_fields=["take_up"])
    objects = ConclusionQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["item__position"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict__in=EXPLAINED) | ~Q(rationale=""),
                name="conclusion_explained",
                violation_error_code="rationale",
                violation_error_message=_("Say why, in a few words, for this verdict."),
            ),
            models.CheckConstraint(
                condition=~Q(verdict="retire")
                | ~Q(retire_reason="") & Q(closing_kind__in=["completed", "unsuitable", "merged"]),
                name="conclusion_retire_with_a_reason",
                violation_error_code="retire_reason",
                violation_error_message=_("Choose why and how the model is proposed to end."),
            ),
            models.CheckConstraint(
                condition=Q(verdict="retire") | Q(retire_reason="", closing_kind=""),
                name="conclusion_reason_only_to_retire",
                violation_error_code="retire_reason",
                violation_error_message=_("A reason to end goes with the verdict to end only."),
            ),
            models.CheckConstraint(
                condition=Q(closing_kind="merged", merged_into__isnull=False)
                | ~Q(closing_kind="merged") & Q(merged_into=None),
                name="conclusion_merged_into_another",
                violation_error_code="merged_into",
                violation_error_message=_("Choose the model it would be merged into."),
            ),
        ]

    def __str__(self):
        return f"{self.item}: {self.get_verdict_display()}"

    def clean(self):
        if self.merged_into_id and self.merged_into_id == self.item.model_id:
            raise ValidationError({"merged_into": _("A model cannot be merged into itself.")})
