"""Who may see, judge and record what in the reviews."""

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from registry.querysets import StoredFileQuerySet


def on_agenda_of(user):
    """Return a Q for the submitted models before a seminar on whose panel the user sits.

    One that is withdrawn or returned is its unit's alone again, on an agenda or not.
    """
    if not user.is_panel:
        return Q(pk__in=[])
    items = apps.get_model("reviews", "AgendaItem").objects.filter(
        seminar__members__user=user, model__isnull=False
    )
    return Q(pk__in=items.values("model"), status="submitted")


class SeminarQuerySet(QuerySet):
    def visible_to(self, user):
        """Return every seminar for office and panel; to units those with a model of theirs."""
        if not user.is_authenticated:
            return self.none()
        if user.sees_all or user.is_panel:
            return self
        models = self._items().model.model.field.related_model.objects.own_of(user)
        own = self._items().filter(seminar=OuterRef("pk"), model__in=models.values("pk"))
        return self.filter(Exists(own))

    def run_by(self, user):
        """Return those the user plans, opens, records and closes: the clerk's work."""
        return self if user.is_authenticated and user.is_clerk else self.none()

    def read_in_full_by(self, user):
        """Return those whose whole agenda the user reads: its panel and the office."""
        if user.is_authenticated and user.sees_all:
            return self
        return self.judged_by(user)

    def counted_by(self, user):
        """Return those whose ballots the user sees one by one, by member: the office."""
        return self if user.is_authenticated and user.sees_all else self.none()

    def judged_by(self, user):
        """Return those on whose panel the user sits; a seat alone, without the role, is none."""
        if not (user.is_authenticated and user.is_panel):
            return self.none()
        members = self.model.members.rel.related_model.objects
        return self.filter(Exists(members.filter(seminar=OuterRef("pk"), user=user)))

    def _items(self):
        return self.model.items.rel.related_model.objects


class OfSeminarQuerySet(QuerySet):
    """Records seen and run with their seminar."""

    def visible_to(self, user):
        seminars = self.model.seminar.field.related_model.objects.visible_to(user)
        return self.filter(seminar__in=seminars.values("pk"))

    def run_by(self, user):
        return self if user.is_authenticated and user.is_clerk else self.none()


class AgendaItemQuerySet(OfSeminarQuerySet):
    def without_conclusion(self):
        return self.filter(conclusion=None)

    def visible_to(self, user):
        """Return what stands before a seminar; to a unit only its own."""
        if not user.is_authenticated:
            return self.none()
        if user.sees_all or user.is_panel:
            return self
        models = self.model.model.field.related_model.objects.own_of(user)
        return self.filter(model__in=models.values("pk"))


class AssessmentQuerySet(QuerySet):
    def handed_in(self):
        return self.filter(handed_in_at__isnull=False)

    def waiting(self):
        return self.filter(handed_in_at=None)

    def written_by(self, user):
        """Return the ballots of the user as a member of the panel."""
        if not (user.is_authenticated and user.is_panel):
            return self.none()
        return self.filter(member__user=user)

    def entered_by_clerk(self, user):
        """Return those the user may enter from a paper ballot."""
        return self if user.is_authenticated and user.is_clerk else self.none()

    def visible_to(self, user):
        """Return one's own, and others' handed-in ones on an item one has handed in oneself."""
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        if not user.is_panel:
            return self.none()
        own = self.model.objects.written_by(user).handed_in().filter(item=OuterRef("item"))
        return self.filter(Q(member__user=user) | Q(Exists(own), handed_in_at__isnull=False))


class OfItemQuerySet(QuerySet):
    """Records seen with their agenda item."""

    def visible_to(self, user):
        items = self.model.item.field.related_model.objects.visible_to(user)
        return self.filter(item__in=items.values("pk"))


class ConclusionQuerySet(OfItemQuerySet):
    """Proposals: all to office and panel; to a unit those on its own models."""


class DecisionQuerySet(QuerySet):
    def issued(self):
        return self.filter(issued_at__isnull=False)

    def drafts(self):
        return self.filter(issued_at=None)

    def published(self):
        return self.issued().filter(published_at__lte=timezone.now())

    def without_scan(self):
        """Return published papers of which nobody can see the signed sheet."""
        scans = self.model.scans.rel.related_model.objects.filter(decision=OuterRef("pk"))
        return self.published().filter(~Exists(scans))

    def recorded_by_user(self, user):
        """Return those the user may write and issue."""
        return self if user.is_authenticated and user.is_clerk else self.none()

    def visible_to(self, user):
        """Return papers: all to the office, issued to the panel; to a unit those with its line.

        Others, signed in, see a paper from its publication.
        """
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        if user.is_panel:
            return self.issued()
        lines = self.model.lines.rel.related_model.objects
        own = lines.own_of(user).filter(decision=OuterRef("pk"))
        return self.issued().filter(Q(Exists(own)) | Q(published_at__lte=timezone.now()))


class DecisionLineQuerySet(QuerySet):
    def issued(self):
        return self.filter(decision__issued_at__isnull=False)

    def latest_first(self):
        """Return them so that the first of a model stands: by the paper's date, then by entry."""
        return self.order_by("-decision__dated", "-decision__issued_at", "-pk")

    def with_later(self):
        """Say of each line in ``later`` the day of the paper of a later day that stands, if any."""
        issued = self.model.objects.issued().filter(
            model=OuterRef("model"), decision__dated__gt=OuterRef("decision__dated")
        )
        return self.annotate(later=Subquery(issued.latest_first().values("decision__dated")[:1]))

    def own_of(self, user):
        models = self.model.model.field.related_model.objects.own_of(user)
        return self.filter(model__in=models.values("pk"))

    def visible_to(self, user):
        """Return issued lines one may read: a unit its own first, others once published.

        An anonymous reader sees the lines of published papers on models in the open catalogue.
        """
        issued = self.issued()
        if user.is_authenticated:
            if user.sees_all:
                return self
            if user.is_panel:
                return issued
            own = Q(pk__in=issued.own_of(user).values("pk"))
            return issued.filter(own | Q(decision__published_at__lte=timezone.now()))
        models = self.model.model.field.related_model.objects.visible_to(user)
        return issued.filter(
            decision__published_at__lte=timezone.now(), model__in=models.values("pk")
        )


class RoundQuerySet(QuerySet):
    def visible_to(self, user):
        return self if user.is_authenticated else self.none()

    def open(self):
        return self.filter(closed_at=None)

    def registering(self, year):
        """Return the rounds in which units register for a year, the last deadline first.

        Such a round is open until it is closed: after its deadline who has not sent is late.
        """
        registration = self.open().filter(kind=self.model.Kind.REGISTRATION, year=year)
        return registration.filter(opens_on__lte=timezone.localdate()).order_by("-deadline", "-pk")

    def closed_for(self, year):
        """Return whether registering for a year is over: its rounds are closed, all of them."""
        rounds = self.filter(kind=self.model.Kind.REGISTRATION, year=year)
        states = {closed_at is None for closed_at in rounds.values_list("closed_at", flat=True)}
        return states == {False}


class ScanQuerySet(StoredFileQuerySet):
    def visible_to(self, user):
        """Return scans for the office; for others those of what they see, and see all of.

        A unit sees its line of an issued paper first; its scan has everybody's lines.
        """
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        related = {
            name: self.model._meta.get_field(name).related_model.objects.visible_to(user)
            for name in ("decision", "item", "assessment")
        }
        if not user.is_panel:
            related["decision"] = related["decision"].published()
        return self.filter(
            Q(decision__in=related["decision"].values("pk"))
            | Q(item__in=related["item"].values("pk"))
            | Q(assessment__in=related["assessment"].values("pk"))
        )
