"""Numbers of the register, grouped by the database over what the reader may see."""

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from registry.models import Enrolment, Organisation, Outcome, Replication


def enrolments_by_year(models):
    """Return [(year, new, continued)], the latest year first."""
    new = Count("pk", filter=Q(kind=Enrolment.Kind.NEW))
    continued = Count("pk", filter=Q(kind=Enrolment.Kind.CONTINUED))
    years = _of(Enrolment, models).order_by("-year").values("year")
    return list(
        years.annotate(new=new, continued=continued).values_list("year", "new", "continued")
    )


def coverage(models, units):
    """Return {block: (units with a model, units without)} of those units that exist.

    The superior committee itself keeps no models.
    """
    kept = Exists(models.order_by().filter(organisation=OuterRef("pk")))
    existing = units.existing().exclude(kind=Organisation.Kind.COMMITTEE)
    groups = existing.order_by().annotate(has_model=kept).values_list("block", "has_model")
    counted = {}
    for block, has_model, number in groups.annotate(number=Count("*")):
        with_one, without = counted.get(block, (0, 0))
        counted[block] = (with_one + number, without) if has_model else (with_one, without + number)
    return counted


def outcomes(models):
    """Return [(indicator, unit, year, achieved, number of models)].

    A figure of a period is added up for its year. A cumulative one already holds the years
    before it, so only the latest of each model counts, and its year is None.
    """
    achieved = _of(Outcome, models, "enrolment__model__in").filter(achieved__isnull=False)
    later = Outcome.objects.filter(
        enrolment__model=OuterRef("enrolment__model"),
        indicator=OuterRef("indicator"),
        enrolment__year__gt=OuterRef("enrolment__year"),
        achieved__isnull=False,
    )
    named = ("indicator__position", "indicator", "indicator__name", "indicator__unit")
    totals = {"total": Sum("achieved"), "number": Count("enrolment__model", distinct=True)}
    periodic = achieved.filter(indicator__is_cumulative=False).order_by()
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


def _of(record, models, lookup="model__in"):
    return record.objects.filter(**{lookup: models.order_by().values("pk")})
