"""The catalogue: the list of models, one model, and what happened to it."""

from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.access import is_allowed, record_opening, visible_or_404
from registry.filters import ORDERS, PracticeModelFilter, ordered
from registry.models import (
    Evidence,
    Field,
    Note,
    Organisation,
    PracticeModel,
    Replication,
    Verdict,
)
from registry.paging import CappedPaginator

PER_PAGE = 25

LABELS = {
    "kind": dict(Organisation.Kind.choices),
    "block": dict(Organisation.Block.choices),
    "level": dict(PracticeModel.Level.choices),
    "status": dict(PracticeModel.Status.choices),
    "verdict": dict(Verdict.choices),
}


def open_catalogue(view):
    """Let anyone in where the catalogue is open, those with an account where it is not."""

    @login_not_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not (request.user.is_authenticated or settings.PUBLIC_CATALOGUE):
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded


# --- The list ---------------------------------------------------------------------------------


@open_catalogue
@require_safe
def practicemodel_list(request):
    filterset = PracticeModelFilter(
        request.GET, PracticeModel.objects.visible_to(request.user), request=request
    )
    found, sort = ordered(filterset.qs, request.GET.get("sort"))
    paginator = CappedPaginator(found, PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    chosen = dict(filterset.form.cleaned_data)
    context = {
        "page_obj": page,
        "rows": rows(page.object_list),
        "choices": choices(filterset, chosen, counted=not paginator.capped),
        "chips": chips(request, filterset, chosen),
        "errors": filterset.form.error_summary,
        "orders": [(name, label, name == sort) for name, (label, _keys) in ORDERS.items()],
        "query": chosen.get("q", ""),
        "year": chosen.get("year"),
        "organisation": chosen.get("organisation"),
        "can_register": request.user.is_authenticated
        and Organisation.objects.registered_for_by(request.user).exists(),
    }
    return render(request, "registry/practicemodel_list.html", context)


def rows(models):
    """Return what a row shows: flat, for a page has many of them."""
    address = reverse("registry:practicemodel_detail", args=[0])
    status, verdict = LABELS["status"], LABELS["verdict"]
    columns = (
        "pk", "code", "name", "organisation_name", "organisation__name", "field__name",
        "status", "verdict", "place",
    )  # fmt: skip
    return [
        {
            "address": address.replace("0", str(row["pk"])),
            "name": row["name"] or _("(not named yet)"),
            "code": row["code"] or "",
            "unit": row["organisation__name"],
            "field": row["field__name"] or "",
            "status": status[row["status"]],
            "is_running": row["status"] == PracticeModel.Status.RUNNING,
            "verdict": verdict.get(row["verdict"], ""),
        }
        for row in models.values(*columns)
    ]


def choices(filterset, chosen, *, counted):
    """Return the choices of each filter, with how many there are where that could be counted."""
    counts = filterset.counts() if counted else {}
    labels = LABELS | {"field": dict(Field.objects.values_list("pk", "name"))}
    drawn = []
    for name in ("status", "verdict", "field", "block", "kind", "level"):
        numbers = counts.get(name)
        options = [
            (str(value), label if numbers is None else f"{label} ({numbers.get(value, 0)})", is_on)
            for value, label in labels[name].items()
            if (is_on := value == chosen.get(name)) or numbers is None or numbers.get(value)
        ]
        drawn.append({"name": name, "label": filterset.filters[name].label, "options": options})
    return drawn


def chips(request, filterset, chosen):
    """Return each filter that is on, with the address of the list without it."""
    on = [(name, value) for name, value in chosen.items() if value not in (None, "")]
    return [
        {
            "label": filterset.filters[name].label,
            "value": said(name, value),
            "address": without(request, name),
        }
        for name, value in on
    ]


def said(name, value):
    """Return how a chosen value reads."""
    named = {"organisation": Organisation, "field": Field}.get(name)
    if named is not None:
        return named.objects.filter(pk=value).values_list("name", flat=True).first() or str(value)
    return LABELS.get(name, {}).get(value, str(value))


def without(request, name):
    kept = request.GET.copy()
    for gone in (name, "page"):
        kept.pop(gone, None)
    return f"{request.path}?{kept.urlencode()}"


# --- One model --------------------------------------------------------------------------------


@open_catalogue
@require_safe
def practicemodel_detail(request, pk):
    models = PracticeModel.objects.select_related(
        "organisation__parent", "field", "merged_into", "accepted_by"
    ).prefetch_related("partners", "movements")
    model = visible_or_404(models, request.user, pk)
    inside = is_allowed(model, request.user, "inside_seen_by")
    if inside:
        record_opening(request.user, model)
    elif model.status == PracticeModel.Status.CLOSED and not request.user.is_authenticated:
        return render(request, "registry/practicemodel_ended.html", ended(model))
    enrolments = list(
        model.enrolments.select_related("accepted_by").prefetch_related("outcomes__indicator")
    )
    context = {
        "model": model,
        "inside": inside,
        "evidence": Evidence.objects.visible_to(request.user).present().filter(model=model),
        "enrolments": enrolments,
        "replications": Replication.objects.filter(model=model).select_related("organisation"),
        "awards": model.awards.all(),
        "notes": Note.objects.visible_to(request.user).filter(model=model).select_related("by"),
        "moves": model.moves.select_related("by", "on_behalf_of") if inside else (),
        "last_move": model.moves.first() if inside else None,
        "is_unsent": model.is_unsent,
        "is_returned": model.status == PracticeModel.Status.RETURNED,
        "is_submitted": model.status == PracticeModel.Status.SUBMITTED,
        **actions(request, model, enrolments[0] if enrolments else None),
    }
    return render(request, "registry/practicemodel_detail.html", context)


def ended(model):
    """Return what a stranger reads of a model that has ended: its name, its years, no more."""
    years = list(model.enrolments.order_by("year").values_list("year", flat=True))
    return {"model": model, "years": years}


def actions(request, model, enrolment):
    """Return what the reader may do with the model now."""
    user = request.user
    writes = is_allowed(model, user, "written_by")
    receives = is_allowed(model, user, "received_by")
    endorses = is_allowed(model, user, "endorsed_by") and settings.ENDORSEMENT != "off"
    this_year = timezone.localdate().year
    running = model.status == PracticeModel.Status.RUNNING
    closed = model.status == PracticeModel.Status.CLOSED
    waits = enrolment is not None and enrolment.accepted_at is None
    sent = waits and enrolment.sent_at is not None
    return {
        "can_edit": writes and not closed,
        "can_submit": writes and model.can("submit"),
        "can_withdraw": writes and model.can("withdraw"),
        "can_discard": writes and model.is_unsent and not model.was_submitted,
        "can_accept": receives and model.can("accept"),
        "can_return": receives and model.can("send_back"),
        "can_refuse": receives and model.can("refuse"),
        "can_publish": receives and model.was_accepted,
        "can_endorse": endorses and sent and enrolment.endorsed_at is None,
        "can_continue": writes and running and not (enrolment and enrolment.year >= this_year),
        "can_send_year": writes and running and waits and not sent,
        "can_accept_year": receives and running and sent,
        "can_attach": writes and not closed,
        "can_take_up": model.was_accepted
        and user.is_authenticated
        and Organisation.objects.registered_for_by(user).exists(),
        "own_replications": set(
            Replication.objects.kept_by(user).filter(model=model).values_list("pk", flat=True)
        )
        if user.is_authenticated
        else set(),
        "enrolment": enrolment,
        "this_year": this_year,
    }


@require_safe
def practicemodel_history(request, pk):
    """Who wrote what when, and why; for those inside the unit and for the office."""
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="inside_seen_by")
    entries = model.history.select_related("history_user", "on_behalf_of").order_by(
        "-history_date", "-history_id"
    )
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {"model": model, "page_obj": page, "entries": list(compared(model, page))}
    return render(request, "registry/practicemodel_history.html", context)


def compared(model, page):
    """Yield each entry of the page with what changed in it since the one before."""
    entries = list(page.object_list)
    older = (
        model.history.filter(history_id__lt=entries[-1].history_id).order_by("-history_id").first()
        if entries
        else None
    )
    hidden = {"version", "updated_at"}
    for entry, before in zip(entries, [*entries[1:], older], strict=True):
        changes = []
        if before is not None:
            delta = entry.diff_against(before, foreign_keys_are_objs=True)
            changes = [
                {
                    "label": PracticeModel._meta.get_field(change.field).verbose_name,
                    "old": shown(change.old),
                    "new": shown(change.new),
                }
                for change in delta.changes
                if change.field not in hidden
            ]
        yield {"entry": entry, "changes": changes}


def shown(value):
    if isinstance(value, list):
        return ", ".join(str(next(iter(one.values()), "")) for one in value)
    return "" if value is None else str(value)
