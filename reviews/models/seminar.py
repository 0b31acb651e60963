"""The seminar: planned, opened, closed, and how far it has come."""

from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.days import check_at, check_year
from registry.fields import LineField
from registry.history import History, Recorded, create_all_by, version_of
from registry.models import MoveRefused, StaleVersion
from reviews.models.panel import TreeOfUnits
from reviews.querysets import SeminarQuerySet


def check_version(entries, version):
    """Raise StaleVersion unless the history of what is written is as long as the page has seen."""
    if version != version_of(entries):
        raise StaleVersion(_("Somebody has saved this since you opened the page."), code="stale")


def listed(records):
    """Return the keys of records with commas between: what a page has shown, to be held to it."""
    return ",".join(str(record.pk) for record in records)


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

    # Of an agenda: as long as no meeting is, and short of where the column ends (32767).
    LAST_PLACE = 9999

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SEMINAR)
    title = LineField(_("title"), max_length=300)
    held_on = models.DateField(_("held on"))
    place = LineField(pgettext_lazy("meeting", "place"), max_length=200, blank=True)
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

    def clean(self):
        check_at("held_on", check_year, self.held_on)

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
    def write(self, *, by, version):
        """Store what a form put into this instance, unless the seminar has been closed."""
        Seminar.objects.select_for_update().get(pk=self.pk).check_not_closed()
        check_version(self.history, version)
        self.save_by(by)

    # --- Planning ---------------------------------------------------------------------------

    def put(self, chosen, *, by):
        """Put models before the seminar, after those that are there; return how many were new."""
        with self.held(self.State.PLANNED):
            there = set(self.items.exclude(model=None).values_list("model", flat=True))
            new = dict.fromkeys(model for model in chosen if model.pk not in there)
            last = self._last_place(room_for=len(new), by=by)
            items = [
                self.items.model(
                    seminar=self, position=position, organisation=model.organisation, model=model
                )
                for position, model in enumerate(new, last + 1)
            ]
            create_all_by(by, items)
            return len(items)

    def _last_place(self, *, room_for, by):
        """Return the last number on the agenda, so that as many items have room after it."""
        last = self.items.aggregate(last=Max("position"))["last"] or 0
        if last + room_for <= self.LAST_PLACE:
            return last
        items = list(self.items.all())
        if len(items) + room_for > self.LAST_PLACE:
            raise MoveRefused(
                _("At most %(most)s items have room before a seminar.") % {"most": self.LAST_PLACE},
                code="move",
            )
        self.count_out(items, by=by)
        return len(items)

    def count_out(self, items, *, by):
        """Number the items of the agenda anew, in this order, from 1."""
        for position, item in enumerate(items, 1):
            if item.position != position:
                item.position = position
                item.save_by(by, why="move")

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
        Ballot = self.items.model.ballots.rel.related_model  # noqa: N806
        Recusal = self.items.model.recusals.rel.related_model  # noqa: N806
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

        ``expected`` are the items as a preview ``listed`` them; if they are others by now,
        nothing is recorded.
        """
        with self.held(self.State.OPEN):
            rest = list(self.items.without_conclusion())
            if expected is not None and expected != listed(rest):
                raise MoveRefused(
                    _("The items without a proposal have changed since you opened the page."),
                    code="stale",
                )
            Conclusion = self.items.model._meta.get_field("conclusion").related_model  # noqa: N806
            said = {"verdict": verdict, "rationale": rationale, "whose": whose, "recorded_by": by}
            tallies = self.items.model.tallies(rest)
            proposals = [Conclusion(item=item, tally=tallies[item.pk], **said) for item in rest]
            for proposal in proposals[:1]:  # the others differ in nothing that is checked
                proposal.full_clean()
            create_all_by(by, proposals)
            return len(proposals)

    def conclude_several(self, *, verdict, rationale, whose, by, seen):
        """Record the same proposal on several items, all of them or none; return how many.

        ``seen`` maps the items' keys to the versions of the proposals that a preview has shown.
        """
        with self.held(self.State.OPEN):
            items = self.items.in_bulk(list(seen))
            if set(items) != set(seen):
                raise MoveRefused(
                    _("The agenda has changed since you opened the page."), code="stale"
                )
            said = {"verdict": verdict, "rationale": rationale, "whose": whose, "by": by}
            plain = {"retire_reason": "", "closing_kind": "", "merged_into": None}
            for key, version in seen.items():
                items[key].conclude(version=version, **said, **plain)
            return len(items)

    # --- Progress ---------------------------------------------------------------------------

    def progress(self):
        """Return ``handed_in`` of ``ballots``, in one query."""
        ballots = self.items.model.ballots.rel.related_model.objects.filter(item__seminar=self)
        return ballots.aggregate(ballots=Count("pk"), handed_in=Count("handed_in_at"))

    def members_with_progress(self):
        """Return the members with ``ballots_count`` and ``handed_in_count``: who is missing."""
        # Grouped queries leave Meta.ordering out, so the order has to be said.
        return (
            self.members.annotate(
                ballots_count=Count("ballots"), handed_in_count=Count("ballots__handed_in_at")
            )
            .select_related("user", "organisation")
            .order_by("position", "pk")
        )
