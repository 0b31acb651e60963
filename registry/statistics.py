"""Numbers of the register, grouped by the database over what the reader may see."""

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from registry.models import Enrolment, Organisation, Outcome, Replication


def enrolments_by_year(models, year=None):
    """Return [(year, new, continued)], the latest year first; of one year if it is given.

    Only what was sent counts, as on the board.
    """
    new = Count("pk", filter=Q(kind=Enrolment.Kind.NEW))
    continued = Count("pk", filter=Q(kind=Enrolment.Kind.CONTINUED))
    enrolments = _of(Enrolment, models).sent()
    if year is not None:
        enrolments = enrolments.filter(year=year)
    years = enrolments.order_by("-year").values("year").annotate(new=new, continued=continued)
    return list(years.values_list("year", "new", "continued"))


def coverage(models, units):
    """Return {block: (units with a model, units without)} of those units that exist.

    A model is kept while it runs, so that the answer is the same for everybody: who may see it,
    a draft or a refused one makes no unit one that keeps a model. The superior committee itself
    keeps none.
    """
    kept = Exists(models.running().order_by().filter(organisation=OuterRef("pk")))
    existing = units.existing().exclude(kind=Organisation.Kind.COMMITTEE)
    groups = existing.order_by().annotate(has_model=kept).values_list("block", "has_model")
    counted = {}
    for block, has_model, number in groups.annotate(number=Count("*")):
        with_one, without = counted.get(block, (0, 0))
        counted[block] = (with_one + number, without) if has_model else (with_one, without + number)
    return counted


def outcomes(models, year=None):
    """Return [(indicator, unit, year, achieved, number of models)], as of a year if it is given.

    A figure of a period is added up for its year. A cumulative one already holds the years
    before it, so only the latest of each model counts, and its year is None.
    """
    known = Outcome.objects.filter(achieved__isnull=False)
    if year is not None:
        known = known.filter(enrolment__year__lte=year)
    achieved = known.filter(enrolment__model__in=models.order_by().values("pk"))
    later = known.filter(
        enrolment__model=OuterRef("enrolment__model"),
        indicator=OuterRef("indicator"),
        enrolment__year__gt=OuterRef("enrolment__year"),
    )
    named = ("indicator__position", "indicator", "indicator__name", "indicator__unit")
    totals = {"total": Sum("achieved"), "number": Count("enrolment__model", distinct=True)}
    periodic = achieved.filter(indicator__is_cumulative=False).order_by()
    if year is not None:
        periodic = periodic.filter(enrolment__year=year)
    by_year = periodic.values(*named, year=F("enrolment__year")).annotate(**totals)
    cumulative = achieved.filter(~Exists(later), indicator__is_cumulative=True).order_by()
    to_date = cumulative.values(*named).annotate(**totals)
    rows = [*by_year, *({**row, "year": None} for row in to_date)]
    rows.sort(key=lambda row: (row["indicator__position"], row["indicator"], -(row["year"] or 0)))
    return [
        (row["indicator__name"], row["indicator__unit"], row["year"], row["total"], row["number"])
        for row in rows
    ]


def replications(models):
    """Return {state: number} of the units that were to take a model up."""
    states = _of(Replication, models).order_by().values_list("state")
    return dict(states.annotate(number=Count("*")))


def _of(record, models):
    return record.objects.filter(model__in=models.order_by().values("pk"))
