"""The first page: what the register is, or what waits for the reader."""

import re
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import CharField, Count, F, Q, Subquery, Value, Window
from django.db.models.functions import RowNumber
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from registry.filters import (
    ORDERS,
    Waiting,
    answered_in,
    changed_by_others,
    order_of,
    touched_by_others,
    waiting,
    waiting_since,
    waiting_until,
)
from registry.models import (
    DraftBuffer,
    Enrolment,
    Field,
    Organisation,
    PracticeModel,
    Replication,
)
from reviews.models import AgendaItem, Assessment, Decision, DecisionLine, Round, Seminar

# A list on this page is a beginning; its heading counts all, and links to them.
SHOWN = 10
FEW = 5

# What the address of a form says of the record that is written about.
FORM_OF_A_RECORD = re.compile(r"/(?P<kind>\w+)/(?P<key>\d+)/")
WRITTEN_ABOUT = {
    "models": PracticeModel,
    "enrolments": Enrolment,
    "replications": Replication,
    "organisations": Organisation,
    "seminars": Seminar,
    "items": AgendaItem,
    "assessments": Assessment,
    "decisions": Decision,
    "lines": DecisionLine,
}

FOR_THE_OFFICE = [
    Waiting.TO_RECEIVE,
    Waiting.TO_RECEIVE_AGAIN,
    Waiting.TO_REVIEW,
    Waiting.WITH_UNITS,
    Waiting.WITH_ADOPTERS,
]
FOR_A_UNIT = [what for what in Waiting if what not in FOR_THE_OFFICE]
# What is late once the round of registration is over.
BY_THE_DEADLINE = {Waiting.DRAFTS, Waiting.TO_CONTINUE, Waiting.TO_SEND}
FOR_OTHERS = {Waiting.SENT, Waiting.WITH_UNITS, Waiting.WITH_ADOPTERS}


@login_not_required
@require_safe
def home(request):
    if not request.user.is_authenticated:
        fields = Field.objects.in_use() if settings.PUBLIC_CATALOGUE else ()
        return render(request, "reviews/start.html", {"fields": fields})
    user = request.user
    found = list(tasks(user))
    context = {
        "tasks": [task for task in found if task["what"] not in FOR_OTHERS],
        "with_others": [task for task in found if task["what"] in FOR_OTHERS],
        "unsaved": begun(user),
        "can_register": Organisation.objects.registered_for_by(user).exists(),
        "desks": desks(user) if user.is_panel else (),
        "seminars": open_seminars() if user.is_clerk else (),
        "drafts": drafts() if user.is_clerk else (),
        "news": news(user, last_here(request)),
        "offer_second_factor": user.is_panel and not request.session.get("second_factor"),
    }
    waits = ("tasks", "unsaved", "desks", "drafts")
    context["nothing_waits"] = not any(context[name] for name in waits)
    return render(request, "reviews/home.html", context)


@require_safe
def unit_to_do(request, pk):
    """What waits for a unit, as its own people find it, for those who look after it."""
    unit = get_object_or_404(Organisation.objects.looked_after_by(request.user), pk=pk)
    found = list(tasks(request.user, unit))
    context = {
        "unit": unit,
        "tasks": [task for task in found if task["what"] not in FOR_OTHERS],
        "with_others": [task for task in found if task["what"] in FOR_OTHERS],
    }
    return render(request, "reviews/unit_to_do.html", context)


def begun(user):
    """Return what the reader has typed and not saved, each with the record its form is about."""
    buffers = list(DraftBuffer.objects.unsaved().filter(user=user)[:FEW])
    for buffer in buffers:
        if (found := FORM_OF_A_RECORD.search(buffer.path)) and found["kind"] in WRITTEN_ABOUT:
            records = WRITTEN_ABOUT[found["kind"]].objects.visible_to(user)
            buffer.about = records.filter(pk=found["key"]).first()
    return buffers


@require_POST
def seen(request):
    """Count as seen what has changed until now."""
    request.session["last_here"] = timezone.now().isoformat()
    return redirect("home")


def last_here(request):
    """Return when the reader was here before this session, or has last seen what was new."""
    kept = request.session.get("last_here")
    return datetime.fromisoformat(kept) if kept else None


def news(user, since):
    """Return what others have changed since then in the reader's models and in those on which
    they hold a ballot, and which papers came.
    """
    if since is None:
        return {}
    changed = changed_by_others(PracticeModel.objects.all(), user, since)
    models = changed.select_related("organisation").annotate(number=Window(Count("pk")))
    shown = list(models.order_by("-updated_at", "-pk")[:SHOWN])
    papers = Decision.objects.visible_to(user).issued()
    papers = papers.filter(Q(issued_at__gte=since) | Q(published_at__gte=since))
    query = urlencode({"changed_since": since.isoformat()})
    return {
        "since": since,
        "models": shown,
        "number": shown[0].number if shown else 0,
        "address": f"{reverse('registry:practicemodel_list')}?{query}",
        "ballots": changed_ballots(user, since) if user.is_panel else (),
        "papers": list(papers.order_by("-issued_at", "-pk")[:FEW]),
    }


def changed_ballots(user, since):
    """Return the reader's ballots of open seminars on models that others have changed since."""
    changed = touched_by_others(PracticeModel.objects.all(), user, since)
    ballots = Assessment.objects.written_by(user).filter(
        item__seminar__state=Seminar.State.OPEN, item__model__in=changed.order_by().values("pk")
    )
    return ballots.select_related("item__model", "item__organisation")


def tasks(user, unit=None):
    """Yield what waits: each list with its length, its beginning and the address of all of it.

    What waits for a unit has no such address: the list is narrowed by what waits for its reader.
    What is to be answered leads to where it is answered, all else to the model.
    """
    models = reverse("registry:practicemodel_list")
    # What stands before and after the key; to ask for each address takes longer.
    model = reverse("registry:practicemodel_detail", args=[0]).rsplit("0", 1)
    answer = reverse("registry:replication_update", args=[0]).rsplit("0", 1)

    def address(row):
        return str(row["answer"]).join(answer) if row["answer"] else str(row["pk"]).join(model)

    for what, rows in groupby(waiting_rows(user, unit), key=lambda row: row["what"]):
        shown = list(rows)
        yield {
            "what": what,
            "title": Waiting(what).label,
            "number": shown[0]["number"],
            "has_more": shown[0]["number"] > SHOWN,
            "address": f"{models}?waiting={what}" if unit is None else "",
            "rows": [row | {"address": address(row)} for row in shown],
        }


def waiting_rows(user, unit):
    """Return the beginning of each list of what waits for the user, or for a unit; one query."""
    kinds = FOR_THE_OFFICE if user.is_clerk and unit is None else FOR_A_UNIT
    first, *others = [_beginning(user, what, unit) for what in kinds]
    order = {what.value: place for place, what in enumerate(kinds)}
    return sorted(first.union(*others, all=True), key=lambda row: (order[row["what"]], row["turn"]))


def _beginning(user, what, unit):
    models = waiting(PracticeModel.objects.all(), user, what, unit).order_by()
    return (
        models.annotate(
            turn=Window(RowNumber(), order_by=ORDERS[order_of(what)][1]),
            number=Window(Count("pk")),
        )
        .filter(turn__lte=SHOWN)
        .values(
            "pk",
            "name",
            "turn",
            "number",
            since=waiting_since(what),
            unit=F("organisation__name"),
            what=Value(what.value, CharField()),
            due=_until(what),
            answer=answered_in(what, user, unit),
        )
    )


def _until(what):
    """Return the day until which a model may wait in that way: for some it is the round's."""
    if what not in BY_THE_DEADLINE:
        return waiting_until(what)
    rounds = Round.objects.registering(timezone.localdate().year)
    return Subquery(rounds.values("deadline")[:1])


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
        .order_by("held_on", "pk")
    )


def open_seminars():
    """Return the open seminars, with how many ballots are in."""
    return (
        Seminar.objects.filter(state=Seminar.State.OPEN)
        .annotate(ballots=Count("items__ballots"), handed_in=Count("items__ballots__handed_in_at"))
        .annotate(left=F("ballots") - F("handed_in"))
        .order_by("held_on", "pk")
    )


def drafts():
    """Return the papers in preparation: how many there are, and the first of them."""
    first = list(Decision.objects.drafts().annotate(how_many=Window(Count("pk")))[:SHOWN])
    return {"number": first[0].how_many, "papers": first} if first else {}
