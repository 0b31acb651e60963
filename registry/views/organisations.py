"""The tree of organisations, and the page of one."""

from django.db.models import Case, Count, Q, When
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.access import is_allowed, visible_or_404
from registry.forms.lookups import is_key
from registry.models import Membership, Organisation, PracticeModel
from registry.paging import CappedPaginator
from registry.views.catalogue import COLUMNS, PER_PAGE, open_catalogue, rows

# On a page of the tree; and how many of those below it the page of one shows.
TREE, BELOW = 50, 20

PROTOCOL_ORDER = ("position", "sort_key", "pk")
# From the top down: a committee, one below it, a cell, and what a cell may have below it.
LEVELS = ("parent__parent__parent__", "parent__parent__", "parent__", "")


def on_level(level, name):
    """Return that field of whoever stands on a level above each organisation, or of itself.

    Who stands higher has nobody there, and comes before all that stand below it.
    """
    lines = [LEVELS[top:] for top in range(len(LEVELS)) if level < len(LEVELS) - top]
    branches = [
        When(**{f"{line[0]}pk__isnull": False}, then=f"{line[level]}{name}") for line in lines
    ]
    return Case(*branches).asc(nulls_first=True)


# Each branch right after its head, its own units in protocol order, each with what is below it.
BRANCHES = tuple(on_level(level, name) for level in range(len(LEVELS)) for name in PROTOCOL_ORDER)
Status = PracticeModel.Status


@open_catalogue
@require_safe
def organisation_list(request):
    """The top of the tree with what stands right below it; one branch of it; or what is found."""
    user = request.user
    words = request.GET.get("q", "").strip()[:200]
    key = request.GET.get("parent", "")
    organisations = Organisation.objects.visible_to(user).existing()
    parent = organisations.filter(pk=key).first() if is_key(key) else None
    if words:
        found = organisations.search(words)
    elif parent is not None:
        found = organisations.filter(parent=parent)
    elif user.is_authenticated:
        found = organisations.filter(Q(parent=None) | Q(parent__parent=None))
    else:
        found = organisations
    found = found.select_related("parent").order_by(*BRANCHES)
    page = CappedPaginator(found, TREE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "organisations": with_number_below(page.object_list),
        "words": words,
        "parent": parent,
    }
    return render(request, "registry/organisation_list.html", context)


def with_number_below(organisations):
    """Return each with the number of organisations that stand right below it; one query."""
    shown = list(organisations)
    below = Organisation.objects.existing().filter(parent__in=[one.pk for one in shown])
    numbers = dict(below.order_by().values_list("parent").annotate(number=Count("pk")))
    return [(one, numbers.get(one.pk, 0)) for one in shown]


@open_catalogue
@require_safe
def organisation_detail(request, pk):
    user = request.user
    organisation = visible_or_404(Organisation.objects.select_related("successor"), user, pk)
    everything = request.GET.get("below") == "1"
    models = PracticeModel.objects.visible_to(user)
    models = models.in_subtree(pk) if everything else models.filter(organisation=organisation)
    paginator = CappedPaginator(models.order_by("sort_key", "pk"), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    below = organisation.children.visible_to(user).existing().order_by(*PROTOCOL_ORDER)
    first_below = list(below[: BELOW + 1])
    inside = acts_inside(user, organisation)
    context = {
        "organisation": organisation,
        "page_obj": page,
        "rows": rows(page.object_list.values_list(*COLUMNS), request.user),
        "everything": everything,
        "below": first_below[:BELOW],
        "has_more_below": len(first_below) > BELOW,
        "inside": inside,
        "people": list(people(organisation)) if inside else (),
        "unfinished": unfinished(user, pk) if inside else (),
        "former_names": former_names(organisation),
        "has_card": inside and is_allowed(organisation, user, "looked_after_by"),
        "has_board": inside and organisation.is_grassroots and bool(first_below),
        "can_register": Organisation.objects.registered_for_by(user).filter(pk=pk).exists(),
        "register_url": f"{reverse('registry:practicemodel_create')}?organisation={pk}",
        **around(user, organisation),
    }
    return render(request, "registry/organisation_detail.html", context)


def acts_inside(user, organisation):
    """Whether the reader sees the unit's people: acting for it, above it, or the office."""
    if not user.is_authenticated:
        return False
    acted_for = Organisation.objects.acted_for_by(user).filter(pk=organisation.pk)
    return user.sees_all or acted_for.exists()


def around(user, organisation):
    """Return those above, before and after it that the reader may open.

    A link must not lead to a page that is not there.
    """
    above, before = organisation.ancestors(), list(organisation.predecessors.all())
    keys = [one.pk for one in [*above, *before]] + [organisation.successor_id]
    opened = set(Organisation.objects.visible_to(user).filter(pk__in=keys))
    return {
        "above": [one for one in reversed(above) if one in opened],
        "predecessors": [one for one in before if one in opened],
        "successor": organisation.successor if organisation.successor in opened else None,
    }


def people(organisation):
    """Return who acts for it today; an account that was switched off acts for nothing."""
    current = Membership.objects.current().filter(organisation=organisation, user__is_active=True)
    return current.select_related("user").order_by("user__sort_key", "pk")


def unfinished(user, pk):
    """Return what is missing from it and those below: what was returned, and drafts not sent."""
    models = PracticeModel.objects.visible_to(user).in_subtree(pk)
    waiting = models.filter(status__in=[Status.RETURNED, Status.DRAFT]).order_by()
    numbers = dict(waiting.values_list("status").annotate(number=Count("pk")))
    return [
        (status.value, status.label, numbers[status])
        for status in (Status.RETURNED, Status.DRAFT)
        if status in numbers
    ]


def former_names(organisation):
    """Return the names it had before, newest first."""
    names = organisation.history.order_by("-history_id").values_list("name", flat=True)
    return [name for name in dict.fromkeys(names) if name != organisation.name]
