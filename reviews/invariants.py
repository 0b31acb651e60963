"""What must be true of reviews at any time; asked with those of the registry."""

from django.db.models import Exists, F, OuterRef, Q, Subquery

from registry.invariants import invariant
from registry.models import PracticeModel
from reviews.models import Assessment, Conclusion, Decision, DecisionLine, Recusal


@invariant("The standing verdict of a model is that of its latest issued line.")
def other_than_the_latest_paper():
    latest = DecisionLine.objects.filter(model=OuterRef("pk")).issued().latest_first()
    models = PracticeModel.objects.annotate(
        said=Subquery(latest.values("verdict")[:1]),
        said_on=Subquery(latest.values("decision__dated")[:1]),
    )
    unsaid = Q(said=None) & (Q(verdict="") | Q(origin="old_register"))
    return models.exclude(unsaid | Q(said=F("verdict"), said_on=F("verdict_on")))


@invariant("An issued paper has at least one line.")
def papers_without_lines():
    lines = DecisionLine.objects.filter(decision=OuterRef("pk"))
    return Decision.objects.filter(~Exists(lines), issued_at__isnull=False)


@invariant("Nobody has a ballot on an item they take no part in.")
def ballots_of_the_recused():
    recused = Recusal.objects.filter(item=OuterRef("item"), member=OuterRef("member"))
    return Assessment.objects.filter(Exists(recused))


@invariant("Ballots and proposals belong to seminars that have been opened.")
def before_the_opening():
    planned = Assessment.objects.filter(item__seminar__state="planned")
    return planned or Conclusion.objects.filter(item__seminar__state="planned")


@invariant("A member's ballot is on an item of the seminar they sit in.")
def ballots_of_others():
    return Assessment.objects.exclude(member__seminar=F("item__seminar"))
