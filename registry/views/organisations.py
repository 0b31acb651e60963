"""The tree of organisations, and the page of one."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.access import visible_or_404
from registry.models import Membership, Organisation, PracticeModel
from registry.paging import CappedPaginator
from registry.views.catalogue import PER_PAGE, open_catalogue, rows


@open_catalogue
@require_safe
def organisation_list(request):
    """Those at the top, with what stands right below them; or what is searched for."""
    words = request.GET.get("q", "").strip()[:200]
    organisations = Organisation.objects.visible_to(request.user).existing()
    if words:
        organisations = organisations.search(words)
    elif request.user.is_authenticated:
        organisations = organisations.filter(
            Q(parent=None) | Q(parent__parent=None, parent__isnull=False)
        )
    organisations = organisations.select_related("parent").order_by(
        "parent__position", "position", "sort_key", "pk"
    )
    page = CappedPaginator(organisations, 50).get_page(request.GET.get("page"))
    keys = [organisation.pk for organisation in page.object_list]
    below = dict(
        Organisation.objects.existing()
        .filter(parent__in=keys)
        .order_by()
        .values_list("parent")
        .annotate(number=Count("pk"))
    )
    context = {
        "page_obj": page,
        "organisations": [(one, below.get(one.pk, 0)) for one in page.object_list],
        "words": words,
    }
    return render(request, "registry/organisation_list.html", context)


@open_catalogue
@require_safe
def organisation_detail(request, pk):
    organisation = visible_or_404(
        Organisation.objects.select_related("parent", "successor"), request.user, pk
    )
    user = request.user
    models = PracticeModel.objects.visible_to(user)
    everything = request.GET.get("below") == "1"
    models = models.in_subtree(pk) if everything else models.filter(organisation=organisation)
    page = CappedPaginator(models.order_by("sort_key", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    inside = acts_inside(user, organisation)
    children = organisation.children.existing().order_by("position", "sort_key", "pk")
    predecessors = list(organisation.predecessors.all())
    around = [*organisation.ancestors(), *predecessors, organisation.successor]
    opened = opened_by(user, filter(None, around))
    context = {
        "organisation": organisation,
        "above": [one for one in reversed(organisation.ancestors()) if one in opened],
        "page_obj": page,
        "rows": rows(page.object_list),
        "everything": everything,
        "children": Paginator(children, 200).get_page(1) if user.is_authenticated else (),
        "inside": inside,
        "people": people(organisation) if inside else (),
        "unfinished": unfinished(models) if inside else (),
        "predecessors": [one for one in predecessors if one in opened],
        "successor": organisation.successor if organisation.successor in opened else None,
        "former_names": former_names(organisation),
        "can_register": user.is_authenticated
        and Organisation.objects.registered_for_by(user).filter(pk=pk).exists(),
    }
    return render(request, "registry/organisation_detail.html", context)


def acts_inside(user, organisation):
    """Whether the reader sees the unit's people: acting for it, above it, or the office."""
    if not user.is_authenticated:
        return False
    acted_for = Organisation.objects.acted_for_by(user).filter(pk=organisation.pk)
    return user.sees_all or acted_for.exists()


def opened_by(user, organisations):
    """Return those the reader may open: a link must not lead to a page that is not there."""
    keys = [organisation.pk for organisation in organisations]
    return set(Organisation.objects.visible_to(user).filter(pk__in=keys))


def people(organisation):
    """Return who acts for it today; an account that was switched off acts for nothing."""
    current = Membership.objects.current().filter(organisation=organisation, user__is_active=True)
    return current.select_related("user").order_by("user__sort_key")


def unfinished(models):
    """Return what waits for the unit: drafts not sent, and what was returned."""
    Status = PracticeModel.Status  # noqa: N806
    return models.filter(status__in=[Status.DRAFT, Status.RETURNED]).order_by("sort_key", "pk")[:50]


def former_names(organisation):
    """Return the names it had before, newest first."""
    names = organisation.history.order_by("-history_id").values_list("name", flat=True)
    return [name for name in dict.fromkeys(names) if name != organisation.name]
