"""The panel's desk and the ballots."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import posted, refusals_lead_to, visible_or_404
from registry.forms.lookups import is_key
from registry.keeping import keep_for, keep_own_words, words_are_saved
from registry.models import DraftBuffer, MoveRefused
from registry.storage import files_follow_the_transaction
from reviews.forms.assessment import AssessmentForm, PaperBallotForm
from reviews.judging import judged
from reviews.models import Assessment, Scan, Seminar, StockRemark


@require_safe
def desk(request, pk):
    """The reader's ballots in one seminar: what is left, what is handed in."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="judged_by")
    ballots = list(_own_ballots(request.user, seminar))
    unsaved = DraftBuffer.objects.unsaved().filter(user=request.user)
    addresses = [ballot.get_absolute_url() for ballot in ballots]
    begun = set(unsaved.filter(path__in=addresses).values_list("path", flat=True))
    context = {
        "seminar": seminar,
        "waiting": [ballot for ballot in ballots if not ballot.is_handed_in],
        "begun": [ballot for ballot in ballots if ballot.get_absolute_url() in begun],
        "handed_in": [ballot for ballot in ballots if ballot.is_handed_in],
        "recusals": seminar.items.filter(recusals__member__user=request.user).select_related(
            "model", "organisation"
        ),
    }
    return render(request, "reviews/desk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_detail(request, pk):
    """One ballot: to write while it is the reader's and open; to read once handed in."""
    ballot = get_object_or_404(_with_what_is_judged(request.user), pk=pk)
    own = Assessment.objects.written_by(request.user).filter(pk=pk).exists()
    if request.method == "POST" and not own:
        raise PermissionDenied
    if (ballot.is_handed_in and request.method != "POST") or not own:
        return render(request, "reviews/assessment_detail.html", _context(request, ballot))
    form = AssessmentForm(posted(request)[0], instance=ballot)
    # Enter in a field sends no action: what is handed in stays so, and takes its own button.
    hand_in = request.POST.get("action") == "hand_in"
    with refusals_lead_to(ballot.get_absolute_url()):
        ballot.check_waiting()
        if form.is_valid() and _carried_out(request, ballot, form, hand_in=hand_in):
            return _onward(request, ballot, hand_in=hand_in)
    context = _context(request, ballot, form) | {"stock": StockRemark.by_verdict()}
    return render(request, "reviews/assessment_form.html", context)


@require_POST
def assessment_remark(request, pk):
    """Put a stock remark behind what is written, where there is no script that does.

    The rest of the form is kept as it was typed and comes back with it; nothing is stored yet.
    """
    visible_or_404(Assessment.objects, request.user, pk, may="written_by")
    key = request.POST.get("stock", "")
    stock = get_object_or_404(StockRemark.objects.in_use(), pk=key if is_key(key) else None)
    buffer = keep_own_words(request)
    written = buffer.content.get("remark", [""])[0].strip()
    buffer.content["remark"] = [f"{written} {stock}".strip()]
    buffer.save(update_fields=["content"])
    return redirect(buffer.address)


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_paper(request, pk):
    """The clerk enters a ballot that came on paper."""
    ballot = visible_or_404(
        _with_what_is_judged(request.user), request.user, pk, may="entered_by_clerk"
    )
    form = PaperBallotForm(*posted(request), instance=ballot)
    with refusals_lead_to(ballot.item.seminar.get_absolute_url()):
        ballot.check_waiting()
        if form.is_valid() and _entered(request, ballot, form):
            messages.success(request, _("The paper ballot has been entered."))
            return redirect(ballot.item.seminar)
    context = _context(request, ballot, form) | {"from_paper": True}
    return render(request, "reviews/assessment_form.html", context)


def _entered(request, ballot, form):
    """Hand in what came on paper, with its scan; return whether that was done.

    All of it is stored or nothing: the scan would come again with what was missing.
    """
    try:
        with files_follow_the_transaction(), transaction.atomic():
            ballot.hand_in(
                by=request.user,
                version=form.cleaned_data["version"],
                scores=form.scores(),
                source=Assessment.Source.PAPER,
            )
            for checked in form.cleaned_data["files"]:
                Scan.store(checked, by=request.user, assessment=ballot)
            words_are_saved(request)
    except MoveRefused:
        raise
    except ValidationError as error:
        form.add_error(None, error)
        ballot.refresh_from_db()
        return False
    return True


def _carried_out(request, ballot, form, *, hand_in):
    """Keep the ballot, then hand it in if asked; return whether all of that was done.

    What is missing for handing in is said at its field, and costs nothing: the draft is kept.
    """
    with transaction.atomic():
        ballot.write(by=request.user, version=form.cleaned_data["version"], scores=form.scores())
        words_are_saved(request)
    if not hand_in:
        return True
    try:
        ballot.hand_in(by=request.user, version=ballot.version)
    except MoveRefused:
        raise
    except ValidationError as error:
        form.add_error(None, error)
        ballot.refresh_from_db()
        form.data = form.data.copy()
        form.data["version"] = ballot.version
        return False
    return True


def _onward(request, ballot, *, hand_in):
    """Go to the next ballot that waits, or to the desk when none does."""
    seminar = ballot.item.seminar
    waiting = [one for one in _own_ballots(request.user, seminar) if not one.is_handed_in]
    desk_address = reverse("reviews:desk", args=[seminar.pk])
    if not hand_in:
        messages.success(request, _("Kept as a draft. It is not handed in yet."))
        return redirect(desk_address)
    if not waiting:
        messages.success(request, _("Handed in. That was the last one."))
        return redirect(desk_address)
    messages.success(request, _("Handed in. %(number)s left.") % {"number": len(waiting)})
    after = [one for one in waiting if one.item.position > ballot.item.position]
    return redirect(f"{(after or waiting)[0].get_absolute_url()}#ballot-of")


def _own_ballots(user, seminar):
    return (
        Assessment.objects.written_by(user)
        .filter(item__seminar=seminar)
        .select_related("item__model", "item__organisation")
        .order_by("item__position", "pk")
    )


def _with_what_is_judged(user):
    return Assessment.objects.visible_to(user).select_related(
        "item__seminar", "item__model__organisation", "item__model__field", "member__user"
    )


def _context(request, ballot, form=None):
    item = ballot.item
    others = Assessment.objects.visible_to(request.user).handed_in().filter(item=item)
    own = _own_ballots(request.user, item.seminar)
    return {
        "ballot": ballot,
        "item": item,
        "model": item.model,
        "seminar": item.seminar,
        "form": form,
        "keep": keep_for(request, form, version=ballot.version) if form else None,
        "others": others.exclude(pk=ballot.pk)
        .select_related("member")
        .prefetch_related("scores__criterion"),
        "left": own.waiting().count(),
        "of": own.count(),
        "judged": judged(item.model, request.user),
        "scans": ballot.scans.all() if ballot.is_handed_in else (),
    }
