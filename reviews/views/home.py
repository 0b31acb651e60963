"""The first page: what the register is, or what waits for the reader."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, F, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.models import Enrolment, Organisation, PracticeModel
from reviews.models import Decision, Seminar

# A list on this page is a beginning; its heading counts all, and links to them.
SHOWN = 10

Status = PracticeModel.Status


@login_not_required
@require_safe
def home(request):
    if not request.user.is_authenticated:
        return render(request, "reviews/start.html")
    user = request.user
    own = PracticeModel.objects.own_of(user)
    units = Organisation.objects.acted_for_by(user).existing()
    context = {
        "tasks": [task for task in tasks(user, own) if task["number"]],
        "can_register": user.is_clerk or units.exists(),
        "desks": desks(user) if user.is_panel else (),
        "seminars": open_seminars() if user.is_clerk else (),
    }
    return render(request, "reviews/home.html", context)


def tasks(user, own):
    """Return the lists of what waits, each with its length and the address of all of it."""
    if user.is_clerk:
        yield task(
            _("Submitted, to be looked at"),
            PracticeModel.objects.filter(status=Status.SUBMITTED).order_by("updated_at"),
            status=Status.SUBMITTED,
        )
        yield enrolments(
            _("Continued this year, to be received"),
            Enrolment.objects.filter(sent_at__isnull=False, accepted_at=None, kind="continued"),
        )
        yield decisions(_("Papers being prepared"), Decision.objects.drafts())
    else:
        yield task(
            _("Returned, to be completed"), own.filter(status=Status.RETURNED), status="returned"
        )
        yield task(_("Drafts not sent yet"), own.filter(status=Status.DRAFT), status="draft")
        yield enrolments(
            _("Continued, but not sent yet"),
            Enrolment.objects.filter(
                model__in=own.values("pk"), sent_at=None, accepted_at=None, kind="continued"
            ),
        )
        yield enrolments(
            _("Sent by your units, to be endorsed"),
            Enrolment.objects.filter(
                model__in=PracticeModel.objects.endorsed_by(user).values("pk"),
                sent_at__isnull=False,
                endorsed_at=None,
                accepted_at=None,
            ),
        )
        yield task(
            _("Sent, waiting for the office"),
            own.filter(status=Status.SUBMITTED),
            status="submitted",
        )


def task(title, models, **query):
    address = f"{reverse('registry:practicemodel_list')}?status={query['status']}"
    listed = models.select_related("organisation")[:SHOWN]
    return {
        "title": title,
        "number": models.count(),
        "address": address,
        "rows": [
            {
                "address": m.get_absolute_url(),
                "name": str(m),
                "unit": m.organisation,
                "at": m.updated_at,
            }
            for m in listed
        ],
    }


def enrolments(title, found):
    found = found.select_related("model__organisation").order_by("sent_at", "pk")
    return {
        "title": title,
        "number": found.count(),
        "address": None,
        "rows": [
            {
                "address": one.model.get_absolute_url(),
                "name": f"{one.model} ({one.year})",
                "unit": one.model.organisation,
                "at": one.sent_at,
            }
            for one in found
        ],
    }


def decisions(title, found):
    return {
        "title": title,
        "number": found.count(),
        "address": None,
        "rows": [
            {"address": one.get_absolute_url(), "name": str(one), "unit": ""} for one in found
        ],
    }


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
