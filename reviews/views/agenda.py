"""What is put before a seminar, what is said of it there, and what is proposed."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import (
    is_allowed,
    posted,
    posted_version,
    refusals_lead_to,
    visible_or_404,
)
from registry.keeping import keep_for
from registry.models import MoveRefused, PracticeModel, Verdict
from registry.storage import files_follow_the_transaction
from reviews.forms.agenda import (
    AgendaAddForm,
    AgendaItemForm,
    BlockForm,
    ConcludeRestForm,
    ConclusionForm,
    RecusalForm,
)
from reviews.judging import judged
from reviews.models import AgendaItem, Assessment, Scan, Seminar
from reviews.models.seminar import listed
from reviews.views.seminars import ITEMS_A_PAGE, seen_version, with_tallies

State = Seminar.State

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_form
def agenda_add(request, pk):
    """Put models before the seminar by code or name."""
    seminar = _planned(request, pk)
    form = AgendaAddForm(posted(request)[0])
    if request.method == "POST" and form.is_valid():
        return _put(request, seminar, form.cleaned_data["codes"])
    context = {"form": form, "seminar": seminar, "keep": keep_for(request, form)}
    return render(request, "reviews/agenda_add.html", context)


@require_form
def agenda_add_block(request, pk):
    """Put all running models of a block, or all that are due, before the seminar, after saying
    which they are.
    """
    seminar = _planned(request, pk)
    sent = request.POST if request.method == "POST" else request.GET
    form = BlockForm(sent if "block" in sent else None)
    context = {"form": form, "seminar": seminar}
    if form.is_valid():
        block, expected = form.cleaned_data["block"], form.cleaned_data["expected"]
        models = _running(block, seminar)
        if request.method == "POST":
            _refuse_others(expected, listed(models), seminar)
            return _put(request, seminar, models)
        context |= {"block": block, "models": models, "expected": listed(models)}
    return render(request, "reviews/agenda_add_block.html", context)


def _running(block, seminar):
    """Return the running models of a block, or those due, that are not before the seminar yet."""
    if block == BlockForm.DUE:
        models = PracticeModel.objects.due_for_review(seminar.held_on)
    else:
        models = PracticeModel.objects.running().filter(organisation__block=block)
    models = models.exclude(agenda_items__seminar=seminar).select_related("organisation")
    return models.order_by("organisation__position", "sort_key", "pk")


def _refuse_others(expected, shown, seminar):
    """Let the clerk put only what they have seen: 409 if the models are others by now."""
    if expected != shown:
        with refusals_lead_to(seminar.get_absolute_url()):
            raise MoveRefused(
                _("Other models belong to this since you opened the page."), code="stale"
            )


def _put(request, seminar, models):
    with refusals_lead_to(seminar.get_absolute_url()):
        number = seminar.put(models, by=request.user)
    done = ngettext(
        "%(number)s model put before the seminar.",
        "%(number)s models put before the seminar.",
        number,
    )
    messages.success(request, done % {"number": number})
    return redirect(seminar)


@require_safe
def agendaitem_detail(request, pk):
    """One item: the model, the discussion, the tally and the ballots the reader may see."""
    item = _item(request, pk)
    (row,) = with_tallies(request.user, [item])
    runs = is_allowed(item, request.user, "run_by")
    ballots = Assessment.objects.visible_to(request.user).filter(item=item)
    shows_opinion = request.user.sees_all or request.user.is_panel
    context = {
        "item": item,
        "model": item.model,
        "seminar": item.seminar,
        "row": row,
        "ballots": ballots.select_related("member").prefetch_related("scores__criterion"),
        "recusals": item.recusals.select_related("member") if runs else (),
        "scans": Scan.objects.visible_to(request.user).filter(item=item),
        "judged": judged(item.model, request.user) if shows_opinion else None,
        "can_write": runs and item.seminar.state != State.CLOSED,
        "can_drop": runs and item.seminar.is_planned,
        "can_conclude": runs and item.seminar.is_open,
        "can_enter": runs and item.seminar.is_open,
        "shows_opinion": shows_opinion,
    }
    return render(request, "reviews/agendaitem_detail.html", context)


@require_form
def agendaitem_update(request, pk):
    item = _item(request, pk, may="run_by")
    with refusals_lead_to(item.get_absolute_url()):
        item.seminar.check_not_closed()
        form = AgendaItemForm(*posted(request), instance=item)
        if request.method == "POST" and form.is_valid():
            with files_follow_the_transaction(), transaction.atomic():
                item.write(by=request.user, version=posted_version(request))
                for checked in form.cleaned_data["files"]:
                    Scan.store(checked, by=request.user, item=item)
            messages.success(request, _("The item has been saved."))
            return redirect(item)
    version = seen_version(request, item.history)
    keep = keep_for(request, form, version=version)
    context = {"form": form, "item": item, "version": version, "keep": keep}
    return render(request, "reviews/agendaitem_form.html", context)


@require_POST
def agendaitem_move(request, pk):
    """One place up, or down; back to where it is seen in the list."""
    item = _item(request, pk, may="run_by")
    if (to := request.POST.get("to")) not in ("up", "down"):
        raise BadRequest
    seminar = item.seminar.get_absolute_url()
    with refusals_lead_to(seminar):
        place = item.move(up=to == "up", by=request.user)
    return redirect(f"{seminar}?page={place // ITEMS_A_PAGE + 1}#item-{pk}")


@require_POST
def agendaitem_drop(request, pk):
    item = _item(request, pk, may="run_by")
    with refusals_lead_to(item.seminar.get_absolute_url()):
        item.drop(by=request.user)
    messages.success(request, _("The item is no longer before the seminar."))
    return redirect(item.seminar)


@require_form
def agendaitem_recuse(request, pk):
    """Take a member out of an item's review: the clerk anyone, a member themselves."""
    item = _item(request, pk)
    members = item.seminar.members.exclude(recusals__item=item)
    is_own = not is_allowed(item, request.user, "run_by")
    if is_own:
        members = members.filter(user=request.user)
        if not is_allowed(item.seminar, request.user, "judged_by"):
            raise PermissionDenied
    form = RecusalForm(posted(request)[0], members=members, is_own=is_own)
    form.instance.item = item
    with refusals_lead_to(item.get_absolute_url()):
        item.seminar.check_not_closed()
        # Of who has declared already, or is no member, there is nobody left to take out.
        if request.method == "POST" and form.is_valid() and form.instance.member_id:
            item.recuse(form.instance.member, reason=form.cleaned_data["reason"], by=request.user)
            if is_own:
                messages.success(request, _("Recorded: you take no part in this one."))
                return redirect("reviews:desk", pk=item.seminar_id)
            messages.success(request, _("Recorded: the member takes no part in this item."))
            return redirect(item.seminar)
    context = {
        "form": form,
        "item": item,
        "is_own": is_own,
        "keep": keep_for(request, form) if members.exists() else None,
    }
    return render(request, "reviews/agendaitem_recuse.html", context)


@require_form
def conclusion_update(request, pk):
    """Record what the seminar proposes on an item; a missing quorum is said, and stops nothing."""
    item = _item(request, pk, may="run_by")
    with refusals_lead_to(item.get_absolute_url()):
        item.seminar.check_state(State.OPEN)
        form = ConclusionForm(
            posted(request)[0], instance=item.conclusion_or_new(), user=request.user
        )
        if request.method == "POST" and form.is_valid() and _concluded(request, item, form):
            messages.success(request, _("The proposal has been recorded. It changes no model yet."))
            return redirect(item.seminar)
    (row,) = with_tallies(request.user, [item])
    version = seen_version(request, item.conclusion_entries())
    context = {
        "form": form,
        "item": item,
        "row": row,
        "lacks_quorum": item.lacks_quorum(),
        "keep": keep_for(request, form, version=version),
        "version": version,
    }
    return render(request, "reviews/conclusion_form.html", context)


def _concluded(request, item, form):
    try:
        item.conclude(by=request.user, version=posted_version(request), **form.cleaned_data)
    except MoveRefused:
        raise
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


@require_form
def conclude_rest(request, pk):
    """ "All others: maintain": shows which, then records exactly those."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with refusals_lead_to(seminar.get_absolute_url()):
        seminar.check_state(State.OPEN)
        rest = list(seminar.items.without_conclusion().select_related("model", "organisation"))
        form = ConcludeRestForm(posted(request)[0], initial={"expected": listed(rest)})
        if request.method == "POST" and form.is_valid():
            number = seminar.conclude_rest(
                verdict=Verdict.MAINTAIN,
                rationale=form.cleaned_data["rationale"],
                whose=form.cleaned_data["whose"],
                by=request.user,
                expected=form.cleaned_data["expected"],
            )
            done = ngettext(
                "%(number)s proposal recorded.", "%(number)s proposals recorded.", number
            )
            messages.success(request, done % {"number": number})
            return redirect(seminar)
    context = {"form": form, "seminar": seminar, "rest": rest}
    context["keep"] = keep_for(request, form) if rest else None
    return render(request, "reviews/conclude_rest.html", context)


def _planned(request, pk):
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with refusals_lead_to(seminar.get_absolute_url()):
        seminar.check_state(State.PLANNED)
    return seminar


def _item(request, pk, *, may=None):
    items = AgendaItem.objects.select_related(
        "seminar", "model__organisation", "model__field", "organisation", "conclusion"
    )
    return visible_or_404(items, request.user, pk, may=may)
