"""Planning, opening and closing a seminar, and how far it has come."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Max
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import (
    is_allowed,
    posted,
    posted_version,
    refusals_lead_to,
    visible_or_404,
)
from registry.history import version_of
from registry.keeping import keep_for
from registry.models import FormToken, MoveRefused
from reviews.forms.seminar import CriteriaFormSet, PanelFormSet, SeminarCreateForm, SeminarForm
from reviews.models import AgendaItem, Assessment, Criterion, PanelMember, Seminar
from reviews.models.seminar import check_version

State = Seminar.State

# A proposal for those who want criteria and have none; it is there to be changed.
CRITERIA = (
    (gettext_noop("Practical, and fit for the political task"), 20),
    (gettext_noop("New and creative"), 15),
    (gettext_noop("Effect, in figures"), 25),
    (gettext_noop("Lasting"), 15),
    (gettext_noop("Spreads, and can be replicated"), 15),
    (gettext_noop("Agreed to by the people"), 10),
)

ITEMS_A_PAGE = 50

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def seminar_list(request):
    seminars = Seminar.objects.visible_to(request.user)
    context = {
        "page_obj": Paginator(seminars, 25).get_page(request.GET.get("page")),
        "can_plan": request.user.is_clerk,
    }
    return render(request, "reviews/seminar_list.html", context)


@require_form
def seminar_create(request):
    if not request.user.is_clerk:
        raise PermissionDenied
    form = SeminarCreateForm(posted(request)[0])
    if request.method == "POST" and form.is_valid():

        def create():
            form.instance.save_by(request.user)
            return form.instance.get_absolute_url()

        return redirect(FormToken.once(form.cleaned_data["token"], request.user, create))
    context = {"form": form, "keep": keep_for(request, form)}
    return render(request, "reviews/seminar_form.html", context)


@require_form
def seminar_update(request, pk):
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with refusals_lead_to(seminar.get_absolute_url()):
        seminar.check_not_closed()
        form = SeminarForm(posted(request)[0], instance=seminar)
        if request.method == "POST" and form.is_valid():
            seminar.write(by=request.user, version=posted_version(request))
            messages.success(request, _("The seminar has been saved."))
            return redirect(seminar)
    version = seen_version(request, seminar.history)
    keep = keep_for(request, form, version=version)
    context = {"form": form, "seminar": seminar, "version": version, "keep": keep}
    return render(request, "reviews/seminar_form.html", context)


def seen_version(request, entries):
    """Return the version a page carries: of what it shows first, and again when it is corrected."""
    return posted_version(request) if request.method == "POST" else version_of(entries)


@require_safe
def seminar_detail(request, pk):
    """The agenda, with as much of the results as the reader may see."""
    seminar = visible_or_404(Seminar.objects, request.user, pk)
    items = (
        AgendaItem.objects.visible_to(request.user)
        .filter(seminar=seminar)
        .select_related("model", "organisation", "conclusion")
    )
    page = Paginator(items, ITEMS_A_PAGE).get_page(request.GET.get("page"))
    runs = is_allowed(seminar, request.user, "run_by")
    progress = seminar.progress()
    context = {
        "seminar": seminar,
        "page_obj": page,
        "rows": with_tallies(request.user, list(page.object_list)),
        "shows_ballots": progress["ballots"] and (request.user.sees_all or request.user.is_panel),
        "can_run": runs,
        "reads_all": is_allowed(seminar, request.user, "read_in_full_by"),
        "counts": request.user.sees_all,
        "can_plan": runs and seminar.is_planned,
        "can_conclude": runs and seminar.is_open,
        "can_write": runs and seminar.state != State.CLOSED,
        "sits": is_allowed(seminar, request.user, "judged_by") and not seminar.is_planned,
        "progress": progress,
        "members": seminar.members_with_progress() if runs else (),
        "criteria": seminar.criteria.all(),
        "decisions": seminar.decisions.visible_to(request.user),
    }
    return render(request, "reviews/seminar_detail.html", context)


def with_tallies(user, items):
    """Return each item with the reader's ballot, the tally they may see, and who is recused.

    A member sees the tally of an item once their own ballot on it is in; where there are no
    ballots, as in what came from the old register, there is none to be seen.
    """
    tallies = AgendaItem.tallies(items) if user.sees_all or user.is_panel else {}
    own = {
        ballot.item_id: ballot
        for ballot in Assessment.objects.written_by(user).filter(item__in=items)
    }
    rows = []
    for item in items:
        ballot = own.get(item.pk)
        sees = user.sees_all or (ballot is not None and ballot.is_handed_in)
        tally = tallies.get(item.pk) if sees else None
        if tally and not (tally["handed_in"] or tally["waiting"] or tally["recused"]):
            tally = None
        rows.append(
            {
                "item": item,
                "ballot": ballot,
                "tally": tally,
                "conclusion": getattr(item, "conclusion", None),
            }
        )
    return rows


@require_form
def panel_update(request, pk):
    rows = PanelMember.objects.select_related("organisation__parent", "user")
    done = _("The panel has been saved.")
    return _rows_page(request, pk, PanelFormSet, rows, "reviews/panel_form.html", done)


@require_form
def criteria_update(request, pk):
    """Write the criteria; ``suggested`` fills in a proposal where there are none."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    if request.method == "POST" and "suggested" in request.POST:
        with refusals_lead_to(seminar.get_absolute_url()), seminar.held(State.PLANNED):
            if not seminar.criteria.exists():
                with override("vi"):  # like all else that is stored
                    suggested = [(_(name), points) for name, points in CRITERIA]
                for position, (name, points) in enumerate(suggested, 1):
                    Criterion(
                        seminar=seminar, name=name, max_points=points, position=position
                    ).save_by(request.user)
                messages.success(
                    request, _("These criteria are only a suggestion. Change them as you need.")
                )
        return redirect("reviews:criteria_update", pk)
    done = _("The criteria have been saved.")
    rows = Criterion.objects.all()
    return _rows_page(request, pk, CriteriaFormSet, rows, "reviews/criteria_form.html", done)


@require_POST
def seminar_open(request, pk):
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with refusals_lead_to(seminar.get_absolute_url()):
        try:
            seminar.open(by=request.user)
        except MoveRefused:
            raise
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The seminar is open. Every member has their ballots."))
    return redirect(seminar)


@require_POST
def seminar_close(request, pk):
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with refusals_lead_to(seminar.get_absolute_url()):
        seminar.close(by=request.user)
    messages.success(request, _("The seminar is closed."))
    return redirect(seminar)


def _rows_page(request, pk, formset_class, rows, template, done):
    """Show and store the rows of a planned seminar; all of them or none."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    entries = formset_class.model.history.filter(seminar=seminar)
    with refusals_lead_to(seminar.get_absolute_url()):
        seminar.check_state(State.PLANNED)
        last = rows.filter(seminar=seminar).aggregate(last=Max("position"))["last"] or 0
        empty = [{"position": last + number} for number in range(1, formset_class.extra + 1)]
        formset = formset_class(posted(request)[0], instance=seminar, queryset=rows, initial=empty)
        if request.method == "POST":
            with seminar.held(State.PLANNED):
                check_version(entries, posted_version(request))
                saved = formset.is_valid()
                if saved:
                    _store(formset, request.user)
            if saved:
                messages.success(request, done)
                return redirect(seminar)
    version = seen_version(request, entries)
    keep = keep_for(request, formset, version=version)
    context = {"formset": formset, "seminar": seminar, "version": version, "keep": keep}
    return render(request, template, context)


def _store(formset, user):
    formset.save(commit=False)
    for gone in formset.deleted_objects:
        gone.remove(by=user)
    for record in [
        *(changed for changed, _fields in formset.changed_objects),
        *formset.new_objects,
    ]:
        record.save_by(user)
