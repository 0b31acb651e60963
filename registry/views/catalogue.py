"""The catalogue: the list of models."""

from datetime import datetime
from functools import cache, wraps
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db.models import CharField, Exists, Subquery, Value
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.exports import when_made
from registry.filters import NOTHING, ORDERS, PracticeModelFilter, Waiting, ordering, orders
from registry.forms.lookups import OrganisationLookupField
from registry.models import (
    Field,
    Organisation,
    PracticeModel,
    SavedFilter,
    User,
    Verdict,
)
from registry.paging import CappedPaginator, CountOf, up_to_the_cap
from registry.templatetags.vietnamese import moment
from registry.vietnamese import sort_key

PER_PAGE = 25

Status = PracticeModel.Status

CHOICES = {
    "status": PracticeModel.Status.choices,
    "verdict": [*Verdict.choices, NOTHING],
    "block": [*Organisation.Block.choices, NOTHING],
    "kind": Organisation.Kind.choices,
    "level": PracticeModel.Level.choices,
    "waiting": Waiting.choices,
}
# Filters whose value people have written.
WRITTEN = {"q", "field", "organisation"}
# The filters that are chosen from what there is, folded away with the year and the order.
CHOSEN = ("status", "verdict", "field", "block", "kind", "level")
# What no field of the page has is sent on with what its fields have.
SENT_ON = ("organisation", "waiting", "changed_since")
COLUMNS = ("pk", "name", "code", "organisation__name", "field__name", "status", "verdict")
# Of the tags that say the status; what is on its way to the register is yellow.
COLOURS = {Status.RUNNING: "green", Status.CLOSED: "grey"}


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


@open_catalogue
@require_safe
def practicemodel_list(request):
    unit, offered = typed_unit(request)
    if unit is not None:
        return redirect(address(request, unit=None, organisation=unit.pk))
    filterset, chosen, sort, offered_orders = asked_for(request)
    found = filterset.qs
    models = found.order_by(*ordering(sort, request.user))
    beside = beside_the_rows(request.user, found, chosen.get("organisation"))
    first, number = None, beside["found"]
    if number is None and "page" not in request.GET:
        first, number = first_rows(models)
    paginator = CappedPaginator(models, PER_PAGE, found=number)
    page = paginator.get_page(request.GET.get("page"))
    columns = page.object_list.values_list(*COLUMNS) if first is None else first
    counts, fields = {}, None
    if paginator.count and not paginator.capped:
        counts, fields = filterset.counts()
    names = named(request.user, chosen, fields, beside["organisation"] or "")
    context = {
        **filters_shown(request, filterset, chosen, counts, names, offered),
        "page_obj": page,
        "rows": rows(columns, request.user),
        "orders": tuple((name, str(ORDERS[name][0]), name == sort) for name in offered_orders),
        "can_register": beside["can_register"],
        "asked": asked(request),
        "found": paginator.count,
        "kept_filters": kept_filters(beside["kept"], understood(request, chosen, sort)),
        "can_tick": request.user.is_authenticated and request.user.is_clerk,
    }
    return render(request, "registry/practicemodel_list.html", context)


def asked_for(request):
    """Return the filters over what the reader may see, what they say, the order asked for, and
    the orders there are.
    """
    visible = PracticeModel.objects.visible_to(request.user)
    # Without a query there is nothing to be understood.
    filterset = PracticeModelFilter(request.GET or None, visible, request=request)
    # Of what was asked, that which was understood is kept.
    filterset.is_valid()
    chosen = filterset.form.cleaned_data if filterset.is_bound else {}
    offered = orders(chosen.get("waiting"))
    sort = request.GET.get("sort")
    return filterset, chosen, sort if sort in offered else offered[0], offered


def understood(request, chosen, sort):
    """Return the query of what was asked for and understood, always in the same order."""
    names = [name for name, value in chosen.items() if value]
    if request.GET.get("sort") == sort:
        names.append("sort")
    query = QueryDict(mutable=True)
    for name in sorted(names):
        query[name] = request.GET[name].strip()
    return query.urlencode()


def kept_filters(kept, shown):
    """Return a reader's own filters as (name, address, whether the list shows just that)."""
    return [(one.name, one.address, one.query == shown) for one in kept]


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
    """Return how many there are, what the organisation is called, whether the reader may register
    a model, and the filters they keep; one query for a reader who is signed in.

    How many there are is None for a visitor: of them nothing else need be asked beside the rows.
    """
    units = Organisation.objects
    asked = units.filter(pk=organisation).values_list("name", flat=True)
    if not user.is_authenticated:
        name = asked.visible_to(user).first() if organisation else None
        return {"found": None, "organisation": name, "can_register": False, "kept": []}
    # A row for each filter that is kept, or one without; what stands beside it is found once.
    told = User.objects.filter(pk=user.pk).values(
        "filters__name",
        "filters__query",
        found=CountOf(up_to_the_cap(found)),
        organisation=Subquery(asked[:1]) if organisation else Value(None, CharField()),
        can_register=Exists(units.registered_for_by(user)),
    )
    told = list(told)
    names = [(row.pop("filters__name"), row.pop("filters__query")) for row in told]
    kept = [SavedFilter(name=name, query=query) for name, query in names if name is not None]
    return told[0] | {"kept": in_order(kept)}


def in_order(kept):
    """Return filters in the order of their names."""
    return sorted(kept, key=lambda one: sort_key(one.name))


def first_rows(models):
    """Return the columns of the first page of models and how many there are, in one query."""
    counted = models.annotate(found=CountOf(up_to_the_cap(models)))
    columns = list(counted.values_list(*COLUMNS, "found")[:PER_PAGE])
    return [row[:-1] for row in columns], columns[0][-1] if columns else 0


def rows(columns, user):
    """Return what a row shows, of models with these ``COLUMNS``: flat, for a page has many of them.

    Of a model that has ended, whoever is not signed in gets the name and that it has.
    """
    before, after = reverse("registry:practicemodel_detail", args=[0]).rsplit("0", 1)
    known = labels()
    unnamed = _("(not named yet)")
    if not user.is_authenticated:
        columns = [
            (*row[:4], "", row[5], "") if row[5] == Status.CLOSED else row for row in columns
        ]
    return [
        {
            "key": key,
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


def named(user, chosen, fields=None, organisation=None):
    """Return ``{filter: {value: what it is called}}``, in the reader's language.

    The fields there are, and the name of the organisation chosen, are looked up unless a query
    of the page has brought them.
    """
    if fields is None:
        fields = dict(Field.objects.values_list("pk", "name"))
    if organisation is None and (key := chosen.get("organisation")):
        units = Organisation.objects.visible_to(user).filter(pk=key)
        organisation = units.values_list("name", flat=True).first()
    nothing, called = NOTHING
    return labels() | {
        "field": fields | {nothing: str(called)},
        "organisation": {chosen.get("organisation"): organisation},
    }


def filters_shown(request, filterset, chosen, counts, names, offered):
    """Return what ``registry/_filters.html`` shows, and what paper says in its place."""
    form = filterset.form if filterset.is_bound else None
    on = chips(request, filterset, chosen, names)
    return {
        "choices": tuple(choices(filterset, chosen, counts, names)),
        "chips": on,
        "not_understood": [*(form.error_summary if form else ()), *offered],
        "is_folded": not (offered or (form and form.errors.keys() & {*CHOSEN, "year"})),
        # As it was typed, if that was not understood.
        "query": chosen.get("q") or request.GET.get("q", ""),
        "unit": offered[0]["label"] if offered else "",
        "sent_on": [(name, str(chosen[name])) for name in SENT_ON if chosen.get(name)],
        "year": str(chosen.get("year") or request.GET.get("year", "")),
        "printed": when_made(),
    }


class Choice(NamedTuple):
    """A filter that is chosen from what there is; ``options`` are (value, label, is it chosen)."""

    name: str
    label: str
    options: tuple


def choices(filterset, chosen, counts, names):
    """Yield the choices of each filter, with how many there are where that could be counted."""
    for name in CHOSEN:
        numbers = counts.get(name)
        options = tuple(
            (str(value), f"{label} ({numbers.get(value, 0)})" if counts else label, is_on)
            for value, label in names[name].items()
            if (is_on := value == chosen.get(name)) or not counts or numbers.get(value)
        )
        yield Choice(name, str(filterset.filters[name].label), options)


def chips(request, filterset, chosen, names):
    """Return each filter that is on, with the address of the list without it; which of them
    name what people have written, and not a choice of ours.
    """
    return [
        {
            "label": filterset.filters[name].label,
            "value": names.get(name, {}).get(value) or shown(value),
            "is_written": name in WRITTEN,
            "address": address(request, **{name: None}),
        }
        for name, value in chosen.items()
        if value not in (None, "")
    ]


def told(on):
    """Return each of the ``chips`` in words."""
    return [f"{chip['label']}: {chip['value']}" for chip in on]


def shown(value):
    return moment(value) if isinstance(value, datetime) else str(value)


def asked(request):
    """Return the query of this list, to be asked of its exports."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"?{query.urlencode()}" if query else ""


def address(request, **changed):
    """Return the address of this list with something changed, from its first page on."""
    query = request.GET.copy()
    for name, value in {"page": None, **changed}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}"
