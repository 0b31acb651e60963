"""How the list of models is narrowed and ordered, over what the reader may see anyway."""

from copy import copy
from datetime import timedelta
from functools import cache

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet
from django_filters.fields import IsoDateTimeField

from registry.forms.base import FormLook
from registry.models import (
    Enrolment,
    Evidence,
    Move,
    Note,
    Organisation,
    Outcome,
    PracticeModel,
    Replication,
    Verdict,
)

GREATEST_KEY = 2**63 - 1
GREATEST_YEAR = 9999
# A moment before it is none of the register's, and may be before the first that can be stored.
FIRST_YEAR = 2000

# --- What waits -------------------------------------------------------------------------------


class Waiting(TextChoices):
    """What waits, and for whom; the first page counts what the list then shows."""

    RETURNED = "returned", _("Returned, to be completed")
    DRAFTS = "drafts", _("Drafts not sent yet")
    TO_CONTINUE = "to-continue", _("Running, but not continued this year yet")
    TO_SEND = "to-send", _("Continued, but not sent yet")
    TO_ENDORSE = "to-endorse", _("Sent by your units, to be endorsed")
    TO_TAKE_UP = "to-take-up", _("Recommended to your unit, to be answered")
    SENT = "sent", _("Sent, waiting for the office")
    TO_RECEIVE = "to-receive", _("Submitted, to be looked at")
    TO_RECEIVE_AGAIN = "to-receive-again", _("Continued this year, to be received")
    TO_REVIEW = "to-review", _("Due to be reviewed again")
    WITH_UNITS = "with-units", _("Returned, being completed by their units")
    WITH_ADOPTERS = "with-adopters", _("Recommended to other units, not answered yet")


# So long before its day a model is due to be reviewed again: time enough to plan a seminar.
REVIEWED_AHEAD = timedelta(days=30)


def waiting(models, user, what, unit=None):
    """Return those of the models that wait in that way, as far as they are the user's work.

    Of a unit: as far as they are the work of its people, whoever asks.
    """
    status = models.model.Status
    units = _whose_work(user, unit)
    own, received = models.filter(organisation__in=units), models.received_by(user)
    match what:
        case Waiting.RETURNED:
            return own.filter(status=status.RETURNED)
        case Waiting.DRAFTS:
            return own.filter(status=status.DRAFT)
        case Waiting.TO_CONTINUE:
            this_year = timezone.localdate().year
            return own.running().filter(~_enrolment(year__gte=this_year))
        case Waiting.TO_SEND:
            return own.running().filter(_continued(sent_at=None))
        case Waiting.TO_ENDORSE if settings.ENDORSEMENT == "off":
            return models.none()
        case Waiting.TO_ENDORSE:
            sent = _enrolment(sent_at__isnull=False, endorsed_at=None, accepted_at=None)
            open_still = [status.SUBMITTED, status.RUNNING]
            below = models.endorsed_by(user) if unit is None else own.exclude(organisation=unit)
            return below.filter(sent, status__in=open_still)
        case Waiting.TO_TAKE_UP:
            return models.running().filter(_recommended(organisation__in=units))
        case Waiting.SENT:
            again = Q(_continued(sent_at__isnull=False), status=status.RUNNING)
            return own.filter(Q(status=status.SUBMITTED) | again)
        case Waiting.TO_RECEIVE:
            return received.filter(status=status.SUBMITTED)
        case Waiting.TO_RECEIVE_AGAIN:
            return received.running().filter(_continued(sent_at__isnull=False))
        case Waiting.TO_REVIEW:
            return received.due_for_review(timezone.localdate() + REVIEWED_AHEAD)
        case Waiting.WITH_UNITS:
            return received.filter(status=status.RETURNED)
        case Waiting.WITH_ADOPTERS:
            return received.running().filter(_recommended())


def _whose_work(user, unit):
    units = Organisation.objects
    return (units.acted_for_by(user) if unit is None else units.acted_for_in(unit)).values("pk")


def answered_in(what, user, unit=None):
    """Return the key of the replication by which the user answers for a model that waits in that
    way, None where there is nothing to answer, or for others to do so.
    """
    if what != Waiting.TO_TAKE_UP:
        # PostgreSQL takes a bare NULL for text, which it does not join to keys.
        return Cast(None, BigIntegerField())
    asked = Replication.objects.unanswered().kept_by(user)
    asked = asked.filter(model=OuterRef("pk"), organisation__in=_whose_work(user, unit))
    return Subquery(asked.values("pk")[:1])


def _recommended(**to):
    """Say of models that a unit has yet to answer whether it takes them up."""
    unanswered = Replication.objects.unanswered().filter(**to)
    return Q(pk__in=unanswered.order_by().values("model"))


def waiting_since(what):
    """Return the moment from which a model waits in that way, as an expression."""
    match what:
        case Waiting.RETURNED | Waiting.WITH_UNITS:
            returned = Move.objects.filter(model=OuterRef("pk"), to_status="returned")
            return Subquery(returned.order_by("-at", "-pk").values("at")[:1])
        case Waiting.DRAFTS:
            return F("updated_at")
        case Waiting.TO_SEND:
            begun = Enrolment.history.filter(model=OuterRef("pk"), history_type="+")
            begun = begun.filter(kind=Enrolment.Kind.CONTINUED).order_by("-history_date")
            return Subquery(begun.values("history_date")[:1])
        case Waiting.TO_CONTINUE:
            this_year = timezone.localtime().replace(
                month=1, day=1, hour=0, minute=0, second=0, microsecond=0
            )
            return Value(this_year, DateTimeField())
        case Waiting.TO_TAKE_UP | Waiting.WITH_ADOPTERS | Waiting.TO_REVIEW:
            return Cast("verdict_on", DateTimeField())
        case _:
            return SENT_AT


def waiting_until(what):
    """Return the day until which a model may wait in that way, None if none is set."""
    match what:
        case Waiting.RETURNED | Waiting.WITH_UNITS:
            returned = Move.objects.filter(model=OuterRef("pk"), to_status="returned")
            return Subquery(returned.order_by("-at", "-pk").values("due")[:1])
        case Waiting.TO_REVIEW:
            return F("review_by")
        case _:
            # PostgreSQL takes a bare NULL for text, which it does not join to days.
            return Cast(None, DateField())


def changed_by_others(models, user, since):
    """Return those of the user's work that somebody else has moved or written on since then."""
    if not user.is_authenticated:
        return models.none()
    mine = models.received_by(user) if user.is_clerk else models.own_of(user)
    return touched_by_others(mine, user, since)


def touched_by_others(models, user, since):
    """Return those of the models that somebody else has moved or written on since then.

    What is written in a draft, its texts, photos and figures, concerns its unit alone.
    """
    moved = Move.objects.filter(at__gte=since).exclude(by=user)
    noted = Note.objects.visible_to(user).filter(at__gte=since).exclude(by=user)
    sent = Enrolment.objects.filter(sent_at__gte=since).exclude(sent_by=user)
    received = Enrolment.objects.filter(accepted_at__gte=since).exclude(accepted_by=user)
    entries = {"history_date__gte": since, "history_user__isnull": False}
    texts, files, figures = (
        kind.history.filter(**entries).exclude(history_user=user).order_by()
        for kind in (PracticeModel, Evidence, Outcome)
    )
    written = texts.values("id").union(files.values("model"), figures.values("enrolment__model"))
    drafts = Q(status=PracticeModel.Status.DRAFT)
    own = Q(organisation__in=Organisation.objects.acted_for_by(user).values("pk"))
    written = PracticeModel.objects.filter(~drafts | own, pk__in=written).order_by().values("pk")
    # By their keys, of which there are few, and not model by model.
    keys = [found.order_by().values("model") for found in (moved, noted, sent, received)]
    return models.filter(pk__in=written.union(*keys))


def _continued(**conditions):
    return _enrolment(kind=Enrolment.Kind.CONTINUED, accepted_at=None, **conditions)


def _enrolment(**conditions):
    return Exists(Enrolment.objects.filter(model=OuterRef("pk"), **conditions))


_sent = Enrolment.objects.filter(model=OuterRef("pk"), accepted_at=None).order_by("-year")
SENT_AT = Subquery(_sent.values("sent_at")[:1])
# What was sent first comes first, so that nobody is overtaken.
LONGEST_WAITING = (SENT_AT.asc(nulls_last=True), "updated_at", "pk")

# --- Order ------------------------------------------------------------------------------------

# What may be asked for in ``sort``; each ends with the key, so that pages never overlap.
ORDERS = {
    "name": (_("Name"), ("sort_key", "pk")),
    "new": (_("Newest first"), ("-pk",)),
    "unit": (
        _("Organisation"),
        ("organisation__position", "organisation__sort_key", "sort_key", "pk"),
    ),
    "code": (_("Code"), (F("code").asc(nulls_last=True), "pk")),
    "verdict": (_("Latest verdict first"), (F("verdict_on").desc(nulls_last=True), "pk")),
    "review": (_("First to be reviewed again"), (F("review_by").asc(nulls_last=True), "pk")),
    "waiting": (_("Longest waiting first"), LONGEST_WAITING),
}


def _unless_ended(column):
    return Case(When(status=PracticeModel.Status.CLOSED, then=None), default=F(column))


# Of a model that has ended, a visitor is not told these days, and its place must not tell them.
VISITORS_ORDERS = {
    "verdict": (_unless_ended("verdict_on").desc(nulls_last=True), "pk"),
    "review": (_unless_ended("review_by").asc(nulls_last=True), "pk"),
}


def ordering(name, user):
    """Return what the list is ordered by for that user."""
    ordered = ORDERS[name][1]
    return ordered if user.is_authenticated else VISITORS_ORDERS.get(name, ordered)


def order_of(what):
    """Return the order in which what waits in that way is to be taken up."""
    return "review" if what == Waiting.TO_REVIEW else "waiting"


def orders(what):
    """Return the orders there are for a list, of what waits in that way or ("") of anything.

    The first is taken where none is asked for.
    """
    first = order_of(what) if what else "name"
    others = (name for name in ORDERS if name not in {first, "waiting"})
    return [first, *others]


# --- Filters ----------------------------------------------------------------------------------


class KeyField(forms.IntegerField):
    def __init__(self, *args, **kwargs):
        kwargs.pop("null_label", None)
        super().__init__(*args, min_value=1, max_value=GREATEST_KEY, **kwargs)


class KeyFilter(Filter):
    field_class = KeyField


class MomentField(IsoDateTimeField):
    def __init__(self, *args, **kwargs):
        kwargs.pop("null_label", None)
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        moment = super().to_python(value)
        if moment is not None and not FIRST_YEAR <= moment.year < GREATEST_YEAR:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class MomentFilter(Filter):
    field_class = MomentField


# What is asked for to get those of which a filter has nothing to say, and what it is called.
NOTHING = ("none", _("(none)"))


class KeyOrNothingField(KeyField):
    def clean(self, value):
        return value if value == NOTHING[0] else super().clean(value)


class KeyOrNothingFilter(Filter):
    field_class = KeyOrNothingField


class FilterForm(FormLook, forms.Form):
    mark_optional = False


class _Filters(dict):
    """Of which each filterset has a copy, but not of all that they hold: their choices stay."""

    def __deepcopy__(self, memo):
        copies = {name: copy(each) for name, each in self.items()}
        for each in copies.values():
            each.method = each.method  # which is bound to the copy so
        return copies


class PracticeModelFilter(FilterSet):
    """Narrow the catalogue. A value that is not understood narrows nothing, and is told."""

    q = CharFilter(method="search", label=_("Words"), max_length=200)
    field = KeyOrNothingFilter(method="that_have", label=_("Field"))
    organisation = KeyFilter(method="in_subtree", label=_("Organisation and those below it"))
    kind = ChoiceFilter(
        field_name="organisation__kind",
        choices=Organisation.Kind.choices,
        label=_("Kind of organisation"),
    )
    block = ChoiceFilter(
        method="that_have",
        choices=[*Organisation.Block.choices, NOTHING],
        label=_("Block"),
    )
    level = ChoiceFilter(choices=PracticeModel.Level.choices, label=_("Level"))
    year = KeyFilter(method="enrolled_in", label=_("Year"))
    status = ChoiceFilter(choices=PracticeModel.Status.choices, label=_("Status"))
    verdict = ChoiceFilter(
        method="that_have",
        choices=[*Verdict.choices, NOTHING],
        label=_("Standing verdict"),
    )
    changed_since = MomentFilter(method="changed", label=_("Changed by others since"))
    waiting = ChoiceFilter(method="that_wait", choices=Waiting.choices, label=_("Waiting"))

    class Meta:
        model = PracticeModel
        form = FilterForm
        fields = (
            "q",
            "field",
            "organisation",
            "kind",
            "block",
            "level",
            "year",
            "status",
            "verdict",
            "changed_since",
            "waiting",
        )

    @classmethod
    def get_filters(cls):
        return _Filters(super().get_filters())

    def get_form_class(self):
        """Return a form of what was asked for, and of nothing else."""
        return _form_class(tuple(name for name in self.filters if name in self.data))

    def that_have(self, queryset, name, value):
        value = self.WITHOUT[name] if value == NOTHING[0] else value
        return queryset.filter(**{self.COUNTED[name]: value})

    def search(self, queryset, name, words):
        return queryset.search_by(self.request.user, words)

    def in_subtree(self, queryset, name, key):
        return queryset.in_subtree(key)

    def enrolled_in(self, queryset, name, year):
        if year > GREATEST_YEAR:
            return queryset.none()
        return queryset.enrolled_in(year, told_to=self.request.user)

    def changed(self, queryset, name, moment):
        return changed_by_others(queryset, self.request.user, moment)

    def that_wait(self, queryset, name, what):
        return waiting(queryset, self.request.user, what)

    # What is not told of every model: see ``told_in_full_to``.
    UNTOLD = {"field", "level", "verdict"}

    def filter_queryset(self, queryset):
        """Let nobody find a model by what they are not told of it."""
        if any(self.form.cleaned_data.get(name) for name in self.UNTOLD):
            queryset = queryset.told_in_full_to(self.request.user)
        return super().filter_queryset(queryset)

    # How nothing is stored.
    WITHOUT = {"field": None, "block": "", "verdict": ""}
    # What can be chosen, and how many there are of each.
    COUNTED = {
        "field": "field",
        "kind": "organisation__kind",
        "block": "organisation__block",
        "level": "level",
        "status": "status",
        "verdict": "verdict",
    }

    def counts(self):
        """Return ``{filter: {value: number}}`` for what is found, and what its fields are called.

        One query. Each number is the length of the list that its choice leads to.
        """
        columns = ["field__position", "field__name", *self.COUNTED.values()]
        groups = self.qs.order_by().values_list(*columns).annotate(number=Count("*"))
        counted = {name: {} for name in self.COUNTED}
        fields = {}
        untold = () if self.request.user.is_authenticated else self.UNTOLD
        for position, field, *values, number in groups:
            row = dict(zip(counted, values, strict=True))
            if row["status"] == PracticeModel.Status.CLOSED:
                row = {name: row[name] for name in row if name not in untold}
            for name, value in row.items():
                value = NOTHING[0] if value in (None, "") else value
                counted[name][value] = counted[name].get(value, 0) + number
            if row.get("field") is not None:
                fields[position, row["field"]] = field
        return counted, {key: fields[position, key] for position, key in sorted(fields)}


@cache
def _form_class(names):
    filters = PracticeModelFilter.base_filters
    # Of copies: a filter keeps its field, and would hand it to every filterset to be copied.
    fields = {name: copy(filters[name]).field for name in names}
    return type("PracticeModelFilterForm", (FilterForm,), fields)
