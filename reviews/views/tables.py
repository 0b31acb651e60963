"""A whole seminar at once: on paper for the meeting, and as a table for whoever records it."""

from textwrap import shorten
from uuid import uuid4

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.access import (
    is_allowed,
    posted_token,
    record_export,
    refusals_lead_to,
    visible_or_404,
)
from registry.forms.lookups import is_key
from registry.history import version_of
from registry.keeping import keep_for
from registry.models import Enrolment, Evidence, FormToken, MoveRefused, Verdict
from registry.views.exports import attached
from reviews.forms.agenda import ConcludeSeveralForm
from reviews.models import AgendaItem, Assessment, Recusal, Seminar
from reviews.papers import DOCX, minutes_of
from reviews.views.seminars import ITEMS_A_PAGE

SALT = "reviews.several"
GOOD_FOR_SECONDS = 60 * 60
# On one sheet of A4 with room for a pen: the longest texts are cut, and lead to the whole.
ON_A_SHEET = (("reason", 350), ("approach", 700), ("results", 450), ("expected_results", 250))
PHOTOS, MOST_ITEMS = 2, 300
# In the narrow columns of the members.
SHORT = {
    Verdict.REPLICATE: pgettext_lazy("short", "Replicate"),
    Verdict.MAINTAIN: pgettext_lazy("short", "Maintain"),
    Verdict.STRENGTHEN: pgettext_lazy("short", "Strengthen"),
    Verdict.RETIRE: pgettext_lazy("short", "Retire"),
    Verdict.SURVEY: pgettext_lazy("short", "Look again"),
}


# --- The packet -------------------------------------------------------------------------------


@require_safe
def seminar_packet(request, pk):
    """A sheet of A4 for each item, in the order of the meeting, with lines to write on."""
    user = request.user
    seminar = visible_or_404(Seminar.objects, user, pk, may="read_in_full_by")
    photos = Evidence.objects.photos()
    years = Enrolment.objects.filter(sent_at__isnull=False).prefetch_related("outcomes__indicator")
    items = seminar.items.select_related("model__field", "organisation").prefetch_related(
        Prefetch("model__evidence", photos, to_attr="photos"),
        Prefetch("model__enrolments", years, to_attr="years"),
    )
    recused = Recusal.objects.filter(item__seminar=seminar, member__user=user)
    away = set(recused.values_list("item", flat=True))
    member = seminar.members.filter(user=user).first()
    context = {
        "seminar": seminar,
        "member": member,
        "sheets": [sheet(request, item) for item in items[:MOST_ITEMS] if item.pk not in away],
        "away": [item for item in items[:MOST_ITEMS] if item.pk in away],
        "verdicts": Verdict.labels,
        "criteria": seminar.criteria.all(),
    }
    record_export(request, request.path)
    return render(request, "reviews/seminar_packet.html", context)


def sheet(request, item):
    model = item.model
    shown = {"item": item, "model": model, "texts": [], "photos": [], "outcomes": []}
    shown["address"] = request.build_absolute_uri(item.get_absolute_url())
    if model is None or model.is_with_its_unit:
        return shown
    for name, most in ON_A_SHEET:
        if text := getattr(model, name):
            label = capfirst(model._meta.get_field(name).verbose_name)
            shown["texts"].append((label, shorten(text, most, placeholder="…")))
    shown["photos"] = model.photos[:PHOTOS]
    for year in model.years[:1]:
        shown["outcomes"], shown["year"] = year.outcomes.all(), year.year
    return shown


@require_safe
def seminar_minutes(request, pk):
    """The minutes as a Word file, to be completed, signed and kept on paper."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="counted_by")
    record_export(request, f"bien-ban-{pk}.docx")
    return attached(minutes_of(seminar), DOCX, f"bien-ban-{pk}.docx")


# --- The table --------------------------------------------------------------------------------


@require_safe
def seminar_table(request, pk):
    """Items by members: who has said what, who is missing, how it stands; ``left=1`` shows those
    without a proposal.
    """
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="counted_by")
    agenda = seminar.items.select_related("model", "organisation", "conclusion")
    left = agenda.without_conclusion()
    is_left = request.GET.get("left") == "1"
    page = Paginator(left if is_left else agenda, ITEMS_A_PAGE).get_page(request.GET.get("page"))
    items, members = list(page.object_list), list(seminar.members_with_progress())
    ballots = {
        (ballot.item_id, ballot.member_id): ballot
        for ballot in Assessment.objects.filter(item__in=items)
    }
    recused = set(Recusal.objects.filter(item__in=items).values_list("item", "member"))
    tallies = AgendaItem.tallies(items)
    concludes = seminar.is_open and is_allowed(seminar, request.user, "run_by")
    context = {
        "seminar": seminar,
        "page_obj": page,
        "members": members,
        "has_ballots": any(member.ballots_count for member in members),
        "rows": [
            {
                "item": item,
                "cells": [cell(item, member, ballots, recused) for member in members],
                "tally": tallies[item.pk],
                "lacks_quorum": lacks_quorum(seminar, tallies[item.pk]),
                "conclusion": getattr(item, "conclusion", None),
            }
            for item in items
        ],
        "can_conclude": concludes,
        "majorities": majorities(seminar) if concludes else (),
        "left": left.count(),
        "is_left": is_left,
    }
    return render(request, "reviews/seminar_table.html", context)


def cell(item, member, ballots, recused):
    """Return what a member has said of an item: a verdict only once it is handed in."""
    ballot = ballots.get((item.pk, member.pk))
    if (item.pk, member.pk) in recused:
        return {"member": member, "text": _("takes no part")}
    if ballot is None or not ballot.is_handed_in:
        return {"member": member, "text": "–"}
    return {
        "member": member,
        "text": SHORT[ballot.verdict],
        "url": ballot.get_absolute_url(),
    }


def majorities(seminar):
    """Return ``[(verdict, how many)]`` of items without a proposal on which a majority agrees."""
    numbers = {}
    for verdict in agreed_on(seminar).values():
        numbers[verdict] = numbers.get(verdict, 0) + 1
    return [
        (verdict, numbers[verdict])
        for verdict in Verdict
        if verdict in numbers and verdict != Verdict.RETIRE
    ]


def agreed_on(seminar):
    """Return ``{key of an item without a proposal: the verdict of its majority}``."""
    items = list(seminar.items.without_conclusion()[:MOST_ITEMS])
    tallies = AgendaItem.tallies(items)
    found = {item.pk: AgendaItem.majority(tallies[item.pk], seminar.quorum) for item in items}
    return {key: verdict for key, verdict in found.items() if verdict}


# --- Several proposals ------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def conclude_several(request, pk):
    """The same proposal on several items: first what becomes of each, then, once seen, done."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    step = request.POST.get("step")
    with refusals_lead_to(reverse("reviews:seminar_table", args=[pk])):
        seminar.check_state(Seminar.State.OPEN)
        if "sealed" in request.POST and step != "edit":
            return confirmed(request, seminar)
    if step == "edit":
        initial = request.POST.dict()
    elif verdict := request.GET.get("majority"):
        with override("vi"):  # what is stored goes into the minutes
            initial = {"verdict": verdict, "whose": _("the panel by majority")}
    else:
        initial = {}
    form = ConcludeSeveralForm(request.POST if step == "preview" else None, initial=initial)
    keep = keep_for(request, form)
    items = chosen(request, seminar, keep)
    context = {"form": form, "seminar": seminar, "items": items, "keep": keep if items else None}
    said = form.cleaned_data if items and form.is_valid() else None
    context["rows"] = consequences(seminar, items, said["verdict"] if said else "")
    if said:
        seen = {item.pk: version_of(item.conclusion_entries()) for item in items}
        context |= {
            "verdict": Verdict(said["verdict"]),
            "said": said,
            "sealed": signing.dumps({"seminar": pk, "seen": seen, **said}, salt=SALT),
            "token": uuid4(),
        }
    return render(request, "reviews/conclude_several.html", context)


def consequences(seminar, items, verdict):
    """Return each item with its ballots, and whether the verdict is other than their majority's."""
    tallies = AgendaItem.tallies(items)
    majorities = {key: AgendaItem.majority(tally, seminar.quorum) for key, tally in tallies.items()}
    return [
        {
            "item": item,
            "tally": tallies[item.pk],
            "lacks_ballots": tallies[item.pk]["waiting"] or lacks_quorum(seminar, tallies[item.pk]),
            "differs": verdict and majorities[item.pk] not in {"", verdict},
        }
        for item in items
    ]


def lacks_quorum(seminar, tally):
    return tally["handed_in"] < (seminar.quorum or 0)


def chosen(request, seminar, keep):
    """Return the items that were ticked, now or with what is given back, or on which the majority
    agrees as asked.
    """
    asked = request.POST if request.method == "POST" else keep.typed or request.GET
    agenda = seminar.items.select_related("model", "organisation", "conclusion")
    keys = [int(key) for key in asked.getlist("item") if is_key(key)][:MOST_ITEMS]
    if not keys and request.method != "POST" and (verdict := asked.get("majority")):
        keys = [key for key, said in agreed_on(seminar).items() if said == verdict]
    return list(agenda.filter(pk__in=keys))


def confirmed(request, seminar):
    """Record what the preview has shown, once."""
    try:
        sealed = signing.loads(request.POST["sealed"], salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise BadRequest("not a preview of ours") from None
    if sealed.pop("seminar") != seminar.pk:
        raise PermissionDenied
    if (token := posted_token(request)) is None:
        raise MoveRefused(_("Something is missing in what was sent."), code="token")
    seen = {int(key): version for key, version in sealed.pop("seen").items()}

    def record():
        seminar.conclude_several(by=request.user, seen=seen, **sealed)
        return reverse("reviews:seminar_table", args=[seminar.pk])

    back = FormToken.once(token, request.user, record)
    done = ngettext("%(number)s proposal recorded.", "%(number)s proposals recorded.", len(seen))
    messages.success(request, done % {"number": len(seen)})
    return redirect(back)
