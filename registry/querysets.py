"""Who may see and write which records of the registry.

An anonymous visitor is a user like any other here: every method takes ``request.user`` as it
comes. What is not in the answer of ``visible_to`` does not exist for that person.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.db.models import Exists, Manager, OuterRef, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone

from registry.vietnamese import fold, spellings_of

# What other apps let people see beside what is theirs: each entry takes a user and returns a
# Q over PracticeModel. ``reviews`` adds the models on an agenda; ``registry`` need not know.
SEEN_THROUGH = []

# Of a form that was sent: longer than it may be open, which is a week and a day
# (``registry.keeping``), so that sending it again is always noticed.
KEEP_TRACES = timedelta(days=30)

# Of an enrolment; a Q, because the board also counts by it.
IN_ITS_YEAR = (Q(sent_at__isnull=False) | Q(accepted_at__isnull=False)) & ~Q(
    model__closing_kind="not_accepted"
)

_SUBTREE = """
    WITH RECURSIVE subtree(id) AS (
        SELECT id FROM registry_organisation WHERE id = %s
        UNION
        SELECT child.id FROM registry_organisation child
        JOIN subtree ON child.parent_id = subtree.id
    )
    SELECT id FROM subtree"""

_LINE = """
    WITH RECURSIVE line(id, parent_id) AS (
        SELECT id, parent_id FROM registry_organisation WHERE id = %s
        UNION
        SELECT up.id, up.parent_id FROM registry_organisation up JOIN line ON up.id = line.parent_id
    )
    SELECT id FROM line"""

# Own units, and below a grassroots organisation everything that stands there.
_ACTED_FOR = """
    WITH RECURSIVE mine(id, kind) AS (
        SELECT organisation.id, organisation.kind
        FROM registry_membership membership
        JOIN registry_organisation organisation ON organisation.id = membership.organisation_id
        WHERE membership.user_id = %s AND membership.since <= %s
          AND (membership.until IS NULL OR membership.until >= %s)
    ), below(id) AS (
        SELECT id FROM mine WHERE kind IN ({grassroots})
        UNION
        SELECT child.id FROM registry_organisation child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM mine UNION SELECT id FROM below"""

# Everything below a grassroots organisation of one's own, that one itself not.
_LOOKED_AFTER = """
    WITH RECURSIVE mine(id) AS (
        SELECT organisation.id
        FROM registry_membership membership
        JOIN registry_organisation organisation ON organisation.id = membership.organisation_id
        WHERE membership.user_id = %s AND membership.since <= %s
          AND (membership.until IS NULL OR membership.until >= %s)
          AND organisation.kind IN ({grassroots})
    ), below(id) AS (
        SELECT child.id FROM registry_organisation child JOIN mine ON child.parent_id = mine.id
        UNION
        SELECT child.id FROM registry_organisation child JOIN below ON child.parent_id = below.id
    )
    SELECT id FROM below"""


class FewKeys(RawSQL):
    """Keys that a query of its own finds, as a rule some dozens.

    PostgreSQL takes a recursive query for one that finds thousands, and reads the whole register
    to join them; of an array it expects ten.
    """

    def as_postgresql(self, compiler, connection):
        sql, params = super().as_sql(compiler, connection)
        return f"(SELECT unnest(ARRAY{sql}))", params


def matching(words, field="search_key"):
    """Return a Q for records whose folded key holds every word, in any order."""
    condition = Q()
    for word in words_in(words):
        condition &= Q(**{f"{field}__contains": word})
    return condition


def words_in(text):
    """Return the folded words to search by."""
    return fold(text).split()[:12]


class UserQuerySet(QuerySet):
    def members_of(self, organisations):
        """Return those who act for one of the organisations today."""
        memberships = self.model.memberships.rel.related_model.objects.current()
        return self.filter(
            Exists(memberships.filter(user=OuterRef("pk"), organisation__in=organisations))
        )

    def visible_to(self, user):
        """Return the people of the units the user acts for; everyone for clerk and admin."""
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        organisations = self.model.memberships.rel.related_model.organisation.field.related_model
        return self.members_of(organisations.objects.acted_for_by(user)) | self.filter(pk=user.pk)

    def search(self, words):
        """Return those with every word in name or username, diacritics aside."""
        return self.filter(matching(words))

    def administrators(self):
        """Return the accounts that keep the register: open, let in, and with every right."""
        group = self.model.groups.through.objects.filter(
            user=OuterRef("pk"), group__name=self.model.ADMINISTRATOR
        )
        return self.filter(Q(is_superuser=True) | Q(Exists(group)), is_active=True, is_staff=True)

    def without_role(self):
        """Return open accounts that may do nothing but read."""
        groups = self.model.groups.through.objects.filter(user=OuterRef("pk"))
        return self.filter(~Exists(groups), is_active=True, is_superuser=False)

    def without_unit(self):
        """Return open accounts of a unit's people that act for none today, nor soon."""
        groups = self.model.groups.through.objects.filter(user=OuterRef("pk"))
        memberships = self.model.memberships.rel.related_model.objects
        return self.filter(
            Exists(groups.filter(group__name=self.model.UNIT)),
            ~Exists(memberships.not_over().filter(user=OuterRef("pk"))),
            is_active=True,
        )

    def never_signed_in(self):
        return self.filter(is_active=True, last_login=None)

    def reset_by(self, user):
        """Return the accounts whose password the user may set anew.

        For the administration others' accounts, but none that may do everything. For all others
        only those that are a unit's and nothing else, so that nobody gets at more than a unit's
        rights by it; for a grassroots committee, those that belong wholly below it.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_admin and user.is_staff:
            return self.filter(is_active=True, is_superuser=False).exclude(pk=user.pk)
        memberships = self.model.memberships.rel.related_model.objects
        groups = self.model.groups.through.objects.filter(user=OuterRef("pk"))
        units = self.filter(
            Exists(groups.filter(group__name=self.model.UNIT)),
            ~Exists(groups.exclude(group__name=self.model.UNIT)),
            ~Exists(self.model.user_permissions.through.objects.filter(user=OuterRef("pk"))),
            Exists(memberships.current().filter(user=OuterRef("pk"))),
            is_active=True,
            is_staff=False,
            is_superuser=False,
        )
        if user.sees_all:
            return units
        organisations = memberships.model.organisation.field.related_model.objects
        below = organisations.looked_after_by(user).values("pk")
        held = memberships.not_over().filter(user=OuterRef("pk"))
        return units.exclude(Exists(held.exclude(organisation__in=below)))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, username, full_name, password=None, **fields):
        # Signing in looks for the name in lower case.
        user = self.model(username=username.lower(), full_name=full_name, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username, full_name, password=None, **fields):
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(username, full_name, password, **fields)


class MembershipQuerySet(QuerySet):
    def current(self):
        today = timezone.localdate()
        return self.filter(Q(until=None) | Q(until__gte=today), since__lte=today)

    def not_over(self):
        """Return those of today and those that have yet to begin."""
        return self.filter(Q(until=None) | Q(until__gte=timezone.localdate()))

    def end(self, *, on, by, why=""):
        """End each of them on a day, on record."""
        for membership in self:
            membership.until = max(on, membership.since)
            membership.save_by(by, why=why)


class MailQuerySet(QuerySet):
    def unsent(self):
        return self.filter(sent_at=None)

    def due(self):
        """Return what is to be tried now, what waits longest first."""
        return (
            self.unsent()
            .filter(next_attempt_at__lte=timezone.now())
            .order_by("next_attempt_at", "pk")
        )

    def stuck(self):
        """Return what has been tried so often that somebody should look at it."""
        return self.unsent().filter(attempts__gte=5)


class DraftBufferQuerySet(QuerySet):
    def unsaved(self):
        """Return those that still hold what the record does not."""
        return self.filter(stored_at=None)

    def at(self, address):
        """Return those whose words are given back at the address."""
        path, _mark, opened = address.partition("?draft=")
        try:
            # A path of ours has no NUL, which PostgreSQL would answer with an error.
            return self.none() if "\0" in path else self.filter(opened=UUID(opened), path=path)
        except ValueError:
            return self.none()

    def keep(self, user_id, opened, *, path, **words):
        """Keep the words of an opened form; late ones, of a form that is stored, are dropped."""
        words["kept_at"] = timezone.now()
        # Asked and written at once: the form may be stored at this very moment.
        begun = self.filter(user_id=user_id, opened=opened, path=path, stored_at=None)
        begun.update(**words)
        buffer, _created = self.get_or_create(
            user_id=user_id, opened=opened, defaults={"path": path, **words}
        )
        return buffer

    def empty(self, user, opened, *, path):
        """Let go of the words, which are stored now."""
        stored = {"content": {}, "files": [], "stored_at": timezone.now(), "path": path}
        self.update_or_create(user=user, opened=opened, defaults=stored)

    def no_longer_kept(self):
        """Return what nobody has come back for, and what only says that the words are stored.

        The latter longer than a form may be open: what comes late from it is not kept again.
        """
        now = timezone.now()
        forgotten = Q(stored_at=None, kept_at__lt=now - timedelta(days=settings.KEEP_UNSAVED_DAYS))
        return self.filter(forgotten | Q(stored_at__lt=now - KEEP_TRACES))


class FormTokenQuerySet(QuerySet):
    def no_longer_kept(self):
        """Return those of forms that nobody can have open any more, to send them again."""
        return self.filter(claimed_at__lt=timezone.now() - KEEP_TRACES)


class SecurityEventQuerySet(QuerySet):
    def failed_lately(self, days=7):
        """Return what systemd has told of services that failed."""
        since = timezone.now() - timedelta(days=days)
        return self.filter(kind=self.model.Kind.TASK_FAILED, at__gte=since)


class CatalogueQuerySet(QuerySet):
    def in_use(self, *, including=None):
        """Return the entries to choose from, and the one already chosen if it has retired."""
        chosen = Q(pk=including.pk) if including is not None else Q()
        return self.filter(Q(is_active=True) | chosen) if chosen else self.filter(is_active=True)

    def unused(self):
        """Return entries in use that nothing has ever been entered under."""
        unused = self.filter(is_active=True)
        for relation in self.model._meta.related_objects:
            uses = relation.through if relation.many_to_many else relation.related_model
            name = (
                relation.field.m2m_reverse_name() if relation.many_to_many else relation.field.name
            )
            unused = unused.exclude(Exists(uses._base_manager.filter(**{name: OuterRef("pk")})))
        return unused


class OrganisationQuerySet(QuerySet):
    def existing(self, on=None):
        """Return those that exist on a day, today if none is given."""
        on = on or timezone.localdate()
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_until=None) | Q(valid_until__gte=on)
        )

    def without_account(self):
        """Return those that exist and keep no register, for whom nobody can sign in."""
        memberships = self.model.memberships.rel.related_model.objects.not_over()
        acting = memberships.filter(organisation=OuterRef("pk"), user__is_active=True)
        units = self.existing().exclude(kind=self.model.Kind.COMMITTEE)
        return units.filter(~Exists(acting))

    def below_an_ended_one(self):
        """Return those that exist below one that does not any more."""
        return self.existing().filter(parent__valid_until__lt=timezone.localdate())

    def cells(self):
        return self.filter(kind__in=self.model.CELLS)

    def subtree(self, pk):
        """Return the organisation and all that stand below it."""
        return self.filter(pk__in=FewKeys(_SUBTREE, [pk]))

    def line_of(self, pk):
        """Return the organisation and all it stands below."""
        return self.filter(pk__in=FewKeys(_LINE, [pk]))

    def acted_for_by(self, user):
        """Return the user's own units; a grassroots organisation's members also act below it."""
        if not user.is_authenticated:
            return self.none()
        today = timezone.localdate()
        kinds = sorted(self.model.GRASSROOTS)
        sql = _ACTED_FOR.format(grassroots=", ".join(["%s"] * len(kinds)))
        return self.filter(pk__in=FewKeys(sql, [user.pk, today, today, *kinds]))

    def acted_for_in(self, unit):
        """Return those whoever acts for the unit acts for by that."""
        if unit.kind in self.model.GRASSROOTS:
            return self.subtree(unit.pk)
        return self.filter(pk=unit.pk)

    def looked_after_by(self, user):
        """Return those whose people and whose register the user looks after.

        For clerk and admin all; for members of a grassroots organisation what stands below it.
        """
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        today = timezone.localdate()
        kinds = sorted(self.model.GRASSROOTS)
        sql = _LOOKED_AFTER.format(grassroots=", ".join(["%s"] * len(kinds)))
        return self.filter(pk__in=FewKeys(sql, [user.pk, today, today, *kinds]))

    def registered_for_by(self, user):
        """Return those the user may register a model for: a clerk for any."""
        existing = self.existing()
        if user.is_authenticated and user.is_clerk:
            return existing
        return existing.acted_for_by(user)

    def taking_up_for(self, user, owner):
        """Return those the user may take a model up for whose unit is ``owner``: all but that."""
        return self.registered_for_by(user).exclude(pk=owner)

    def visible_to(self, user):
        """Return every organisation for those signed in; else those with a public model."""
        if user.is_authenticated:
            return self
        models = self.model.models.rel.related_model.objects.visible_to(user)
        return self.filter(Exists(models.filter(organisation=OuterRef("pk"))))

    def search(self, words):
        return self.filter(matching(words))


class HandoverQuerySet(QuerySet):
    def visible_to(self, user):
        """Return those of the units the user acts for, or looks after."""
        organisations = self.model.organisation.field.related_model.objects
        acted_for = organisations.acted_for_by(user).values("pk")
        looked_after = organisations.looked_after_by(user).values("pk")
        return self.filter(Q(organisation__in=acted_for) | Q(organisation__in=looked_after))


class PartyCellManager(Manager.from_queryset(OrganisationQuerySet)):
    def get_queryset(self):
        return super().get_queryset().cells()


class PracticeModelQuerySet(QuerySet):
    def running(self):
        return self.filter(status=self.model.Status.RUNNING)

    def due_for_review(self, day):
        """Return the running ones of which a paper says to review them again by that day."""
        return self.running().filter(review_by__lte=day)

    def left_by_their_unit(self):
        """Return those not closed whose organisation has ended: nobody writes them any more."""
        open_ones = self.exclude(status=self.model.Status.CLOSED)
        return open_ones.filter(organisation__valid_until__lt=timezone.localdate())

    def ever_accepted(self):
        return self.filter(in_register=True)

    def visible_to(self, user):
        """Return what the person may open at all (design: who sees and may do what)."""
        if not user.is_authenticated:
            return (
                self.ever_accepted().filter(public=True)
                if settings.PUBLIC_CATALOGUE
                else self.none()
            )
        if user.sees_all:
            return self
        own = Q(organisation__in=self._acted_for_by(user))
        shown = Q(in_register=True) | own
        for through in SEEN_THROUGH:
            shown |= through(user)
        return self.filter(shown)

    def _acted_for_by(self, user):
        organisations = self.model.organisation.field.related_model.objects
        return organisations.acted_for_by(user).values("pk")

    def own_of(self, user):
        """Return those of the units the user acts for."""
        return self.filter(organisation__in=self._acted_for_by(user))

    def written_by(self, user):
        """Return those the user may write: the unit its own, the clerk any, with a reason."""
        if user.is_authenticated and user.is_clerk:
            return self
        return self.own_of(user)

    def discarded_by(self, user):
        """Return those whose draft the user may discard: the unit's, the clerk's only if the
        office has entered it.
        """
        if user.is_authenticated and user.is_clerk:
            enrolments = self.model.enrolments.rel.related_model.objects
            entered = enrolments.filter(model=OuterRef("pk"), on_behalf_of__isnull=False)
            return self.filter(Exists(entered) | Q(organisation__in=self._acted_for_by(user)))
        return self.own_of(user)

    def received_by(self, user):
        """Return those the user receives, returns, accepts or refuses."""
        return self if user.is_authenticated and user.is_clerk else self.none()

    def endorsed_by(self, user):
        """Return those the user endorses: of units below a grassroots committee of theirs."""
        if not user.is_authenticated or settings.ENDORSEMENT == "off":
            return self.none()
        own = user.memberships.current().values("organisation")
        return self.own_of(user).exclude(organisation__in=own)

    def inside_seen_by(self, user):
        """Return those whose contacts, drafts, notes and moves the user sees."""
        if user.is_authenticated and user.sees_all:
            return self
        return self.own_of(user)

    def told_in_full_to(self, user):
        """Return those of which the user is told all that is open, and not only that it has ended.

        Of a model that has ended, a visitor gets name, code, unit and years. What it is filtered,
        searched, ordered and counted by tells as much as a page does, and is held to the same.
        """
        return self if user.is_authenticated else self.filter(self._not_ended())

    def _not_ended(self):
        return ~Q(status=self.model.Status.CLOSED)

    def search(self, words):
        """Return those with every word in name, code, organisation or place, diacritics aside."""
        return self.filter(matching(words))

    def search_by(self, user, words):
        """Return what the words find among what the user is told of each model."""
        found = self.search(words)
        if user.is_authenticated:
            return found
        # Of the search key nobody knows which part is the place, so the columns are asked.
        for word in map(spellings_of, words_in(words)):
            told = Q(name__regex=word) | Q(code__regex=word) | Q(organisation_name__regex=word)
            found = found.filter(self._not_ended() | told)
        return found

    def in_subtree(self, organisation_pk):
        """Return those of an organisation and of all that stand below it."""
        organisations = self.model.organisation.field.related_model.objects
        return self.filter(organisation__in=organisations.subtree(organisation_pk).values("pk"))

    def enrolled_in(self, year, *, told_to):
        """Return those enrolled in that year, for a visitor those that were sent for it."""
        enrolments = self.model.enrolments.rel.related_model.objects
        enrolments = enrolments.filter(model=OuterRef("pk"), year=year)
        if not told_to.is_authenticated:
            enrolments = enrolments.sent()
        return self.filter(Exists(enrolments))


class OfModelQuerySet(QuerySet):
    """Records that belong to a model and are seen with it."""

    def visible_to(self, user):
        models = self.model.model.field.related_model.objects
        return self.filter(model__in=models.visible_to(user).values("pk"))

    def written_by(self, user):
        models = self.model.model.field.related_model.objects
        return self.filter(model__in=models.written_by(user).values("pk"))


class EnrolmentQuerySet(OfModelQuerySet):
    def sent(self):
        """Return those that count in their year.

        What the old register brought was accepted without being sent. Of what was refused, as a
        duplicate or as no model, nothing is left in the year.
        """
        return self.filter(IN_ITS_YEAR)


class ReplicationQuerySet(OfModelQuerySet):
    def unanswered(self):
        """Return those of which the unit has not said yet whether it takes the model up."""
        return self.filter(state=self.model.State.NOT_YET)

    def answered_by(self, user):
        """Return those of the units the user acts for."""
        organisations = self.model.organisation.field.related_model.objects
        return self.filter(organisation__in=organisations.acted_for_by(user).values("pk"))

    def told_in_full_to(self, user):
        """Return those of which the user reads the remark.

        Why a unit does not take a model up is for both units, those above them and the office.
        """
        if not user.is_authenticated:
            return self.none()
        if user.sees_all:
            return self
        organisations = self.model.organisation.field.related_model.objects
        acted_for = organisations.acted_for_by(user).values("pk")
        own = Q(organisation__in=acted_for) | Q(model__organisation__in=acted_for)
        return self.filter(~Q(state=self.model.State.UNSUITED) | own)

    def kept_by(self, user):
        """Return those the user keeps up to date: of the own units, for the clerk any."""
        if user.is_authenticated and user.is_clerk:
            return self
        return self.answered_by(user)


class NoteQuerySet(OfModelQuerySet):
    def visible_to(self, user):
        """Return notes to the unit for those inside it; internal ones for the clerk's office."""
        if user.is_authenticated and user.sees_all:
            return self
        models = self.model.model.field.related_model.objects
        return self.filter(
            audience=self.model.Audience.UNIT, model__in=models.own_of(user).values("pk")
        )


class StoredFileQuerySet(QuerySet):
    def infected(self):
        """Return the files in which the scanner has found a virus: held for good."""
        return self.exclude(virus="")


class EvidenceQuerySet(OfModelQuerySet, StoredFileQuerySet):  # type: ignore[override]
    def bytes_of(self, organisation):
        """Return how much an organisation has stored; what was taken away is still there."""
        own = self.filter(model__organisation=organisation)
        return own.aggregate(total=Sum("size"))["total"] or 0

    def present(self):
        """Return what has not been taken away again."""
        return self.filter(removed_at=None)

    def photos(self):
        """Return the photos that pages may show: none that waits for the virus scanner."""
        return self.present().filter(kind=self.model.Kind.PHOTO, held_since=None)

    def visible_to(self, user):
        """Return what may be opened; scans of papers stay inside the unit and the office.

        Of a model that has ended, a visitor gets its name and its years, no more.
        """
        # Asked of the model of each file: a list of all models is not made for the few of one.
        models = self.model.model.field.related_model.objects.filter(pk=OuterRef("model"))
        visible = models.visible_to(user).told_in_full_to(user)
        shown = ~Q(kind=self.model.Kind.SCAN) & Q(Exists(visible))
        return self.filter(Q(Exists(models.inside_seen_by(user))) | shown)


class OutcomeQuerySet(QuerySet):
    def visible_to(self, user):
        enrolments = self.model.enrolment.field.related_model.objects
        return self.filter(enrolment__in=enrolments.visible_to(user).values("pk"))
