"""The seminar: its panel, what is put before it, and how far it has come."""

from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField, ProseField
from registry.history import History, Recorded, create_all_by
from registry.models import MoveRefused, Organisation, PracticeModel, Verdict
from reviews.querysets import AgendaItemQuerySet, OfSeminarQuerySet, SeminarQuerySet


class Seminar(Recorded):
    """A seminar, an appraisal meeting or a written round, at which models are reviewed."""

    class Kind(models.TextChoices):
        SEMINAR = "seminar", _("Seminar")
        APPRAISAL = "appraisal", _("Appraisal meeting")
        WRITTEN = "written", _("Written round")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Origin(models.TextChoices):
        FORM = "form", _("Web form")
        OLD_REGISTER = "old_register", _("Old register")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SEMINAR)
    title = LineField(_("title"), max_length=300)
    held_on = models.DateField(_("held on"))
    place = LineField(_("place"), max_length=200, blank=True)
    chair = LineField(_("chair"), max_length=200, blank=True, help_text=_("Name and position."))
    secretary = LineField(
        _("secretary"), max_length=200, blank=True, help_text=_("Name and position.")
    )
    quorum = models.PositiveSmallIntegerField(
        _("quorum"),
        null=True,
        blank=True,
        help_text=_("Ballots an item should have before a proposal is recorded; it only warns."),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State, default=State.PLANNED, editable=False
    )
    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin, default=Origin.FORM, editable=False
    )
    opened_at = models.DateTimeField(_("opened"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)

    history = History()
    objects = SeminarQuerySet.as_manager()

    class Meta:
        verbose_name = _("seminar")
        verbose_name_plural = _("seminars")
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="planned", opened_at=None, closed_at=None)
                | Q(state="open", opened_at__isnull=False, closed_at=None)
                | Q(state="closed", opened_at__isnull=False, closed_at__isnull=False)
                | Q(state="closed", origin="old_register"),
                name="seminar_state_says_when",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("reviews:seminar_detail", args=[self.pk])

    @property
    def is_planned(self):
        return self.state == self.State.PLANNED

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    def check_state(self, *states):
        """Raise MoveRefused, with a sentence, unless the seminar is in one of the states."""
        if self.state not in states:
            raise MoveRefused(
                _("“%(seminar)s” is now: %(state)s.")
                % {"seminar": self, "state": self.get_state_display().lower()},
                code="move",
            )

    def check_not_closed(self):
        self.check_state(self.State.PLANNED, self.State.OPEN)

    @contextmanager
    def held(self, *states):
        """Hold the seminar's row while something that needs one of the states is done."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Seminar.objects.select_for_update())
            self.check_state(*states)
            yield

    @transaction.atomic
    def write(self, *, by):
        """Store what a form put into this instance, unless the seminar has been closed."""
        Seminar.objects.select_for_update().get(pk=self.pk).check_not_closed()
        self.save_by(by)

    # --- Planning ---------------------------------------------------------------------------

    def put(self, chosen, *, by):
        """Put models before the seminar, after those that are there; return how many were new."""
        with self.held(self.State.PLANNED):
            there = set(self.items.exclude(model=None).values_list("model", flat=True))
            last = self.items.aggregate(last=Max("position"))["last"] or 0
            new = [model for model in chosen if model.pk not in there]
            items = [
                AgendaItem(
                    seminar=self, position=position, organisation=model.organisation, model=model
                )
                for position, model in enumerate(dict.fromkeys(new), last + 1)
            ]
            create_all_by(by, items)
            return len(items)

    # --- Moves ------------------------------------------------------------------------------

    def open(self, *, by):
        """Open the seminar: each member gets a ballot for each item they are not recused from."""
        with self.held(self.State.PLANNED):
            if not self.items.exists():
                raise ValidationError(_("Put at least one model before the seminar first."))
            self.state, self.opened_at = self.State.OPEN, timezone.now()
            self.save_by(by, why="open")
            self._hand_out_ballots(by=by)

    def close(self, *, by):
        """Close the seminar: from now on its ballots and proposals stay as they are."""
        with self.held(self.State.OPEN):
            self.state, self.closed_at = self.State.CLOSED, timezone.now()
            self.save_by(by, why="close")

    def _hand_out_ballots(self, *, by):
        """Give each member a ballot for each item, or a recusal where it is close to their unit."""
        Ballot = AgendaItem.ballots.rel.related_model  # noqa: N806
        Recusal = AgendaItem.recusals.rel.related_model  # noqa: N806
        declared = set(Recusal.objects.filter(item__seminar=self).values_list("item", "member"))
        members = list(self.members.select_related("user", "organisation"))
        tree = TreeOfUnits()
        own = {member.pk: member.own_organisations() for member in members}
        ballots, recusals = [], []
        for item in self.items.all():
            for member in members:
                if (item.pk, member.pk) in declared:
                    continue
                if any(tree.are_close(unit, item.organisation_id) for unit in own[member.pk]):
                    recusals.append(Recusal(item=item, member=member, of_own_unit=True))
                else:
                    ballots.append(Ballot(item=item, member=member))
        create_all_by(by, ballots, why="open")
        create_all_by(by, recusals, why="open")

    def conclude_rest(self, *, verdict, rationale, whose, by, expected=None):
        """Record one proposal for every item that has none yet; return how many.

        ``expected`` holds the keys of the items as a preview showed them, with commas between;
        if they are others by now, nothing is recorded.
        """
        with self.held(self.State.OPEN):
            rest = list(self.items.without_conclusion())
            if expected is not None and expected != ",".join(str(item.pk) for item in rest):
                raise MoveRefused(
                    _("The items without a proposal have changed since you opened the page."),
                    code="stale",
                )
            for item in rest:
                item.conclude(verdict=verdict, rationale=rationale, whose=whose, by=by)
            return len(rest)

    # --- Progress ---------------------------------------------------------------------------

    def progress(self):
        """Return ``handed_in`` of ``ballots``, in one query."""
        ballots = self.items.model.ballots.rel.related_model.objects.filter(item__seminar=self)
        return ballots.aggregate(ballots=Count("pk"), handed_in=Count("handed_in_at"))

    def members_with_progress(self):
        """Return the members with ``ballots_count`` and ``handed_in_count``: who is missing."""
        return self.members.annotate(
            ballots_count=Count("ballots"), handed_in_count=Count("ballots__handed_in_at")
        ).select_related("user", "organisation")


class PanelMember(Recorded):
    """A member of a seminar's panel, with an account or with a paper ballot only."""

    seminar = models.ForeignKey(
        Seminar, models.PROTECT, related_name="members", verbose_name=_("seminar")
    )
    name = LineField(_("full name"), max_length=120)
    title = LineField(_("position"), max_length=160, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("own organisation"),
        help_text=_("The member takes no part in the review of its models."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="panel_seats",
        verbose_name=_("account"),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    history = History()
    objects = OfSeminarQuerySet.as_manager()

    class Meta:
        verbose_name = _("panel member")
        verbose_name_plural = _("panel members")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seminar", "user"],
                name="panelmember_one_seat",
                violation_error_message=_("This person already sits on the panel."),
            )
        ]

    def __str__(self):
        return self.name

    @transaction.atomic
    def remove(self, *, by):
        """Take the member off the panel of a planned seminar, with what they declared."""
        for record in [*self.recusals.all(), self]:
            record._history_user = by
            record.delete()

    def own_organisations(self):
        """Return the keys of the units the member belongs to, by record or by account."""
        own = {self.organisation_id} if self.organisation_id else set()
        if self.user_id:
            own |= set(self.user.memberships.current().values_list("organisation", flat=True))
        return own

    def is_close_to(self, organisation):
        """Whether an organisation is the member's own, or above or below it.

        Up to the grassroots level: the city committee above both makes nobody close.
        """
        tree = TreeOfUnits()
        return any(tree.are_close(unit, organisation.pk) for unit in self.own_organisations())


class TreeOfUnits:
    """Who stands above whom, read once, for questions about many pairs of organisations."""

    def __init__(self):
        units = Organisation.objects.values_list("pk", "parent", "kind")
        self.units = {pk: (parent, kind) for pk, parent, kind in units}

    def are_close(self, one, other):
        """Whether one is the other, or above or below it, up to the grassroots level."""
        return one in self._line(other) or other in self._line(one)

    def _line(self, pk):
        """Return the unit and those above it, up to its grassroots organisation."""
        line, kinds = [], Organisation.Kind
        while pk is not None and pk not in line:
            parent, kind = self.units[pk]
            if kind == kinds.COMMITTEE and line:
                break
            line.append(pk)
            if kind in Organisation.GRASSROOTS:
                break
            pk = parent
        return line


class Criterion(Recorded):
    """A criterion of a seminar, with the most points it gives; the set belongs to the seminar."""

    seminar = models.ForeignKey(
        Seminar, models.PROTECT, related_name="criteria", verbose_name=_("seminar")
    )
    name = LineField(_("criterion"), max_length=200)
    max_points = models.PositiveSmallIntegerField(
        _("most points"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    history = History()
    objects = OfSeminarQuerySet.as_manager()

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seminar", "name"],
                name="criterion_once_a_seminar",
                violation_error_message=_("This criterion is in the list already."),
            ),
            models.CheckConstraint(
                condition=Q(max_points__gte=1) & Q(max_points__lte=100),
                name="criterion_points_in_range",
            ),
        ]

    def __str__(self):
        return self.name

    def remove(self, *, by):
        """Take the criterion off the list of a planned seminar."""
        self._history_user = by
        self.delete()


class AgendaItem(Recorded):
    """What is put before a seminar: a model, or a paper on one that has no name yet."""

    class Paper(models.TextChoices):
        NONE = "none", _("No paper")
        EXPECTED = "expected", _("Expected")
        RECEIVED = "received", _("Received")

    seminar = models.ForeignKey(
        Seminar, models.PROTECT, related_name="items", verbose_name=_("seminar")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="agenda_items", verbose_name=_("organisation")
    )
    model = models.ForeignKey(
        PracticeModel,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="agenda_items",
        verbose_name=_("model"),
    )
    title = LineField(_("title, if there is no model"), max_length=300, blank=True)
    presenter = LineField(_("presenter"), max_length=200, blank=True)
    paper = models.CharField(_("paper"), max_length=20, choices=Paper, default=Paper.NONE)
    opinion = ProseField(_("the clerk's opinion"), blank=True)
    proposed = models.CharField(_("proposed verdict"), max_length=20, choices=Verdict, blank=True)
    gist = ProseField(_("gist of the discussion"), blank=True)

    history = History()
    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seminar", "model"],
                name="agendaitem_model_once",
                violation_error_message=_("This model is before the seminar already."),
            ),
            models.CheckConstraint(
                condition=Q(model=None) | Q(title=""),
                name="agendaitem_title_or_model",
                violation_error_message=_("Give a title only where there is no model."),
            ),
        ]

    def __str__(self):
        if self.model_id:
            return str(self.model)
        return self.title or str(_("(model not named) %(unit)s") % {"unit": self.organisation})

    def get_absolute_url(self):
        return reverse("reviews:agendaitem_detail", args=[self.pk])

    @transaction.atomic
    def write(self, *, by):
        """Store what a form put into this instance, unless the seminar has been closed."""
        Seminar.objects.select_for_update().get(pk=self.seminar_id).check_not_closed()
        self.save_by(by)

    def drop(self, *, by):
        """Take the item off the agenda while the seminar is planned."""
        with self.seminar.held(Seminar.State.PLANNED):
            for record in [*self.recusals.all(), *self.scans.all()]:
                record._history_user = by
                record.delete()
            self._history_user = by
            self.delete()

    def recuse(self, member, *, reason, by):
        """Take a member out of this item's review; an open ballot of theirs is withdrawn."""
        with self.seminar.held(Seminar.State.PLANNED, Seminar.State.OPEN):
            ballot = self.ballots.filter(member=member).first()
            if ballot and ballot.handed_in_at:
                raise MoveRefused(
                    _("%(member)s has handed in a ballot on this item.") % {"member": member},
                    code="move",
                )
            if ballot:
                ballot.withdraw_for_recusal(by=by, why=reason)
            recusal = self.recusals.model(item=self, member=member, reason=reason)
            recusal.full_clean()
            recusal.save_by(by)
            return recusal

    @classmethod
    def tallies(cls, items):
        """Return each item's tally by its key, in two queries however many there are.

        A tally says how many handed-in ballots give each verdict (``verdicts``), how many there
        are (``handed_in``), how many wait (``waiting``) and who is recused (``recused``).
        """
        Ballot = cls.ballots.rel.related_model  # noqa: N806
        Recusal = cls.recusals.rel.related_model  # noqa: N806
        found = {
            item.pk: {
                "verdicts": dict.fromkeys(Verdict.values, 0),
                "handed_in": 0,
                "waiting": 0,
                "recused": 0,
            }
            for item in items
        }
        ballots = Ballot.objects.filter(item__in=found).order_by()
        for item, verdict, number, handed_in in ballots.values_list("item", "verdict").annotate(
            Count("pk"), Count("handed_in_at")
        ):
            tally = found[item]
            if handed_in:
                tally["verdicts"][verdict] += handed_in
            tally["handed_in"] += handed_in
            tally["waiting"] += number - handed_in
        recusals = Recusal.objects.filter(item__in=found).order_by()
        for item, number in recusals.values_list("item").annotate(Count("pk")):
            found[item]["recused"] = number
        return found

    def tally(self):
        return self.tallies([self])[self.pk]

    def lacks_quorum(self):
        """Whether fewer ballots than the seminar's quorum are in; it warns, it does not stop."""
        return bool(self.seminar.quorum) and self.ballots.handed_in().count() < self.seminar.quorum

    def conclusion_or_new(self):
        """Return the proposal on this item, a new one if there is none."""
        conclusions = self._meta.get_field("conclusion").related_model
        return conclusions.objects.filter(item=self).first() or conclusions(item=self)

    def conclude(self, *, verdict, rationale, whose, by, take_up=None, **details):
        """Record the seminar's proposal on this item, with the tally at this moment.

        ``whose`` says who proposed, for the clerk only writes down. Recorded again, the
        proposal is changed on record, as long as the seminar is open.
        """
        with self.seminar.held(Seminar.State.OPEN):
            conclusion = self.conclusion_or_new()
            conclusion.verdict, conclusion.rationale = verdict, rationale
            conclusion.whose, conclusion.recorded_by = whose, by
            conclusion.recorded_at = timezone.now()
            conclusion.tally = self.tally()
            for name, value in details.items():
                setattr(conclusion, name, value)
            conclusion.full_clean()
            conclusion.save_by(by)
            if take_up is not None:
                conclusion.take_up.set(take_up)
            return conclusion
