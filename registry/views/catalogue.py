"""The catalogue: the list of models, one model, and what happened to it."""

from functools import cache, wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import CharField, Exists, Subquery, Value
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.access import is_allowed, record_opening, visible_or_404
from registry.filters import ORDERS, PracticeModelFilter, Waiting, orders
from registry.forms.lookups import OrganisationLookupField
from registry.models import (
    Evidence,
    Field,
    Note,
    Organisation,
    PracticeModel,
    Replication,
    User,
    Verdict,
)
from registry.paging import CappedPaginator, CountOf, up_to_the_cap

PER_PAGE = 25

CHOICES = {
    "status": PracticeModel.Status.choices,
    "verdict": Verdict.choices,
    "block": Organisation.Block.choices,
    "kind": Organisation.Kind.choices,
    "level": PracticeModel.Level.choices,
    "waiting": Waiting.choices,
}
# Of the tags that say the status; what is on its way to the register is yellow.
COLOURS = {PracticeModel.Status.RUNNING: "green", PracticeModel.Status.CLOSED: "grey"}


def labels():
    """Return ``{filter: {value: label}}`` in the reader's language."""
    return _labels(get_language())


@cache
def _labels(language):
    return {name: {value: str(label) for value, label in pairs} for name, pairs in CHOICES.items()}


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
    unit, offered = typed_unit(request)
    if unit is not None:
        return redirect(address(request, unit=None, organisation=unit.pk))
    visible = PracticeModel.objects.visible_to(request.user)
    filterset = PracticeModelFilter(request.GET, visible, request=request)
    found, chosen = filterset.qs, filterset.form.cleaned_data
    beside = beside_the_rows(request.user, found, chosen.get("organisation"))
    offered_orders = orders(of_waiting=bool(chosen.get("waiting")))
    sort = request.GET.get("sort")
    sort = sort if sort in offered_orders else offered_orders[0]
    paginator = CappedPaginator(found.order_by(*ORDERS[sort][1]), PER_PAGE, found=beside["found"])
    page = paginator.get_page(request.GET.get("page"))
    if paginator.count and not paginator.capped:
        counts, fields = filterset.counts()
    else:
        counts, fields = {}, dict(Field.objects.values_list("pk", "name"))
    unit = {chosen.get("organisation"): beside["organisation"]}
    names = labels() | {"field": fields, "organisation": unit}
    context = {
        "page_obj": page,
        "rows": rows(page.object_list),
        "choices": list(choices(filterset, chosen, counts, names)),
        "chips": chips(request, filterset, chosen, names),
        "errors": filterset.form.error_summary + offered,
        "orders": [(name, ORDERS[name][0], name == sort) for name in offered_orders],
        "query": chosen.get("q", ""),
        "kept": [
            (name, str(chosen[name])) for name in ("organisation", "waiting") if chosen.get(name)
        ],
        "year": str(chosen.get("year") or ""),
        "can_register": beside["can_register"],
    }
    return render(request, "registry/practicemodel_list.html", context)


def typed_unit(request):
    """Return the organisation typed into the filter, and what to say if it is not clear which."""
    words = request.GET.get("unit", "").strip()
    if not words:
        return None, []
    units = Organisation.objects.visible_to(request.user).select_related("parent")
    field = OrganisationLookupField(queryset=units)
    try:
        return field.clean(words), []
    except ValidationError as error:
        near = [
            {"url": address(request, unit=None, organisation=key), "label": label}
            for key, label in getattr(field.widget, "choices", ())
            if key
        ]
        return None, [{"label": words, "message": error.messages[0], "near": near}]


def beside_the_rows(user, found, organisation):
    """Return how many there are, what the organisation is called, and whether the reader may
    register a model; one query for a reader who is signed in.
    """
    units = Organisation.objects
    named = units.visible_to(user).filter(pk=organisation).values("name")[:1]
    if not user.is_authenticated:
        number = up_to_the_cap(found).count()
        name = named.values_list("name", flat=True).first() if organisation else None
        return {"found": number, "organisation": name, "can_register": False}
    return User.objects.values(
        found=CountOf(up_to_the_cap(found)),
        organisation=Subquery(named) if organisation else Value(None, CharField()),
        can_register=Exists(units.registered_for_by(user)),
    ).get(pk=user.pk)


def rows(models):
    """Return what a row shows: flat, for a page has many of them."""
    before, after = reverse("registry:practicemodel_detail", args=[0]).rsplit("0", 1)
    known = labels()
    unnamed = _("(not named yet)")
    columns = models.values_list(
        "pk", "name", "code", "organisation__name", "field__name", "status", "verdict"
    )
    return [
        {
            "address": f"{before}{key}{after}",
            "name": name or unnamed,
            "code": code or "",
            "unit": unit,
            "field": field or "",
            "status": known["status"][status],
            "colour": COLOURS.get(status, "yellow"),
            "verdict": known["verdict"].get(verdict, ""),
        }
        for key, name, code, unit, field, status, verdict in columns
    ]


def choices(filterset, chosen, counts, names):
    """Yield the choices of each filter, with how many there are where that could be counted."""
    for name in ("status", "verdict", "field", "block", "kind", "level"):
        numbers = counts.get(name)
        options = [
            (str(value), f"{label} ({numbers.get(value, 0)})" if counts else label, is_on)
            for value, label in names[name].items()
            if (is_on := value == chosen.get(name)) or not counts or numbers.get(value)
        ]
        yield {"name": name, "label": filterset.filters[name].label, "options": options}


def chips(request, filterset, chosen, names):
    """Return each filter that is on, with the address of the list without it."""
    return [
        {
            "label": filterset.filters[name].label,
            "value": names.get(name, {}).get(value) or str(value),
            "address": address(request, **{name: None}),
        }
        for name, value in chosen.items()
        if value not in (None, "")
    ]


def address(request, **changed):
    """Return the address of this list with something changed, from its first page on."""
    query = request.GET.copy()
    for name, value in {"page": None, **changed}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}"


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
    record_opening(request.user, model)
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
