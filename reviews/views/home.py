"""The first page: what the register is, or what waits for the reader."""

from itertools import groupby

from django.contrib.auth.decorators import login_not_required
from django.db.models import CharField, Count, F, OuterRef, Q, Subquery, Value, Window
from django.db.models.functions import RowNumber
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.filters import LONGEST_WAITING, Waiting, waiting
from registry.models import Move, Organisation, PracticeModel
from reviews.models import Decision, Seminar

# A list on this page is a beginning; its heading counts all, and links to them.
SHOWN = 10

OF_THE_OFFICE = [Waiting.TO_RECEIVE, Waiting.TO_RECEIVE_AGAIN]
OF_A_UNIT = [what for what in Waiting if what not in OF_THE_OFFICE]


@login_not_required
@require_safe
def home(request):
    if not request.user.is_authenticated:
        return render(request, "reviews/start.html")
    user = request.user
    context = {
        "tasks": list(tasks(user)),
        "can_register": Organisation.objects.registered_for_by(user).exists(),
        "desks": desks(user) if user.is_panel else (),
        "seminars": open_seminars() if user.is_clerk else (),
        "drafts": drafts() if user.is_clerk else (),
    }
    waits = ("tasks", "desks", "seminars", "drafts")
    context["nothing_waits"] = not any(context[name] for name in waits)
    return render(request, "reviews/home.html", context)


def tasks(user):
    """Yield what waits: each list with its length, its beginning and the address of all of it."""
    models = reverse("registry:practicemodel_list")
    before, after = reverse("registry:practicemodel_detail", args=[0]).rsplit("0", 1)
    for what, rows in groupby(waiting_rows(user), key=lambda row: row["what"]):
        shown = list(rows)
        yield {
            "title": Waiting(what).label,
            "number": shown[0]["number"],
            "has_more": shown[0]["number"] > SHOWN,
            "is_returned": what == Waiting.RETURNED,
            "address": f"{models}?waiting={what}",
            "rows": [row | {"address": f"{before}{row['pk']}{after}"} for row in shown],
        }


def waiting_rows(user):
    """Return the beginning of each list of what waits for the user; one query for all."""
    kinds = OF_THE_OFFICE if user.is_clerk else OF_A_UNIT
    first, *others = [_beginning(user, what) for what in kinds]
    order = {what.value: place for place, what in enumerate(kinds)}
    return sorted(first.union(*others, all=True), key=lambda row: (order[row["what"]], row["turn"]))


def _beginning(user, what):
    models = waiting(PracticeModel.objects.all(), user, what).order_by()
    asked_back = Move.objects.filter(model=OuterRef("pk"), to_status="returned")
    return (
        models.annotate(
            turn=Window(RowNumber(), order_by=LONGEST_WAITING), number=Window(Count("pk"))
        )
        .filter(turn__lte=SHOWN)
        .values(
            "pk",
            "name",
            "turn",
            "number",
            "updated_at",
            unit=F("organisation__name"),
            what=Value(what.value, CharField()),
            due=Subquery(asked_back.order_by("-at", "-pk").values("due")[:1]),
        )
    )


def desks(user):
    """Return the open seminars on whose panel the reader sits, with what is left."""
    mine = Q(items__ballots__member__user=user)
    return (
        Seminar.objects.judged_by(user)
        .filter(state=Seminar.State.OPEN)
        .annotate(
            ballots=Count("items__ballots", filter=mine),
            left=Count("items__ballots", filter=mine & Q(items__ballots__handed_in_at=None)),
        )
    )


def open_seminars():
    """Return the open seminars, with how many ballots are in."""
    return (
        Seminar.objects.filter(state=Seminar.State.OPEN)
        .annotate(ballots=Count("items__ballots"), handed_in=Count("items__ballots__handed_in_at"))
        .annotate(left=F("ballots") - F("handed_in"))
    )


def drafts():
    """Return the papers in preparation: how many there are, and the first of them."""
    first = list(Decision.objects.drafts().annotate(how_many=Window(Count("pk")))[:SHOWN])
    return {"number": first[0].how_many, "papers": first} if first else {}
