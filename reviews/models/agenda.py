"""What is put before a seminar, and what is said of it there."""

from contextlib import contextmanager

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField, ProseField
from registry.history import History, Recorded
from registry.models import MoveRefused, Organisation, PracticeModel, Verdict
from reviews.models.seminar import Seminar, check_version
from reviews.querysets import AgendaItemQuerySet


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

    @contextmanager
    def held(self, *states):
        """Hold the seminar in one of the states, with this item still before it."""
        with self.seminar.held(*states):
            if not AgendaItem.objects.filter(pk=self.pk).exists():
                raise MoveRefused(_("This item is no longer before the seminar."), code="move")
            yield

    def write(self, *, by, version):
        """Store what a form put into this instance, unless the seminar has been closed."""
        with self.held(Seminar.State.PLANNED, Seminar.State.OPEN):
            check_version(self.history, version)
            self.save_by(by)

    def drop(self, *, by):
        """Take the item off the agenda while the seminar is planned."""
        with self.held(Seminar.State.PLANNED):
            for record in [*self.recusals.all(), *self.scans.all()]:
                record._history_user = by
                record.delete()
            self._history_user = by
            self.delete()

    def move(self, *, up, by):
        """Change places with the item before this one, or after it; return the place, from 0.

        Those at the ends stay. Numbers that were given twice are counted out anew, so that the
        step is always seen.
        """
        with self.held(Seminar.State.PLANNED, Seminar.State.OPEN):
            items = list(self.seminar.items.all())
            here = items.index(self)
            there = here - 1 if up else here + 1
            if 0 <= there < len(items):
                items[here], items[there] = items[there], items[here]
            self.seminar.count_out(items, by=by)
            return items.index(self)

    def recuse(self, member, *, reason, by):
        """Take a member out of this item's review; an open ballot of theirs is withdrawn."""
        with self.held(Seminar.State.PLANNED, Seminar.State.OPEN):
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

    @staticmethod
    def majority(tally, quorum):
        """Return the verdict that more than half of the ballots give, "" if none does or too
        few are in.
        """
        for verdict, number in tally["verdicts"].items():
            if number * 2 > tally["handed_in"] >= (quorum or 1):
                return verdict
        return ""

    def lacks_quorum(self):
        """Whether fewer ballots than the seminar's quorum are in; it warns, it does not stop."""
        return bool(self.seminar.quorum) and self.ballots.handed_in().count() < self.seminar.quorum

    def conclusion_or_new(self):
        """Return the proposal on this item, a new one if there is none."""
        conclusions = self._meta.get_field("conclusion").related_model
        return conclusions.objects.filter(item=self).first() or conclusions(item=self)

    def conclusion_entries(self):
        """Return the history of the proposal on this item, empty as long as there is none."""
        return self._meta.get_field("conclusion").related_model.history.filter(item=self)

    def conclude(self, *, verdict, rationale, whose, by, take_up=None, version=None, **details):
        """Record the seminar's proposal on this item, with the tally at this moment.

        ``whose`` says who proposed, for the clerk only writes down. Recorded again, the
        proposal is changed on record, as long as the seminar is open. ``version`` is that of
        the proposal a page has shown.
        """
        with self.held(Seminar.State.OPEN):
            if version is not None:
                check_version(self.conclusion_entries(), version)
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
