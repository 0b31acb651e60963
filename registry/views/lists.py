"""Beside the list of models: filters that people keep, and one thing done to many models."""

from uuid import uuid4

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry import personal_numbers
from registry.access import posted, posted_token, refusals_lead_to
from registry.filters import PracticeModelFilter
from registry.forms.lists import BulkForm, SavedFilterForm
from registry.forms.lookups import is_key
from registry.models import BulkAction, Field, FormToken, MoveRefused, PracticeModel, SavedFilter
from registry.views.catalogue import asked_for, chips, in_order, named, understood

LIST = "registry:practicemodel_list"
SALT = "registry.bulk"
# A preview is read and confirmed, not kept for another day.
GOOD_FOR_SECONDS = 60 * 60


# --- Filters of one's own ---------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def filter_create(request):
    """Keep the filters of a list under a name. The address has them, as the list's has."""
    filterset, chosen, sort, _orders = asked_for(request)
    query = understood(request, chosen, sort)
    form = SavedFilterForm(posted(request)[0], instance=SavedFilter(user=request.user, query=query))
    if not query:
        raise BadRequest("no filter to keep")
    if form.is_valid() and form.saved():
        messages.success(request, _("The filter is kept."))
        return redirect(form.instance.address)
    told = chips(request, filterset, chosen, named(request.user, chosen))
    context = {"form": form, "chips": told, "back": f"{reverse(LIST)}?{query}"}
    return render(request, "registry/savedfilter_form.html", context)


@require_safe
def filter_list(request):
    context = {"filters": in_order(request.user.filters.all())}
    return render(request, "registry/savedfilter_list.html", context)


@require_POST
def filter_remove(request, pk):
    get_object_or_404(SavedFilter.objects.filter(user=request.user), pk=pk).delete()
    messages.success(request, _("The filter is removed."))
    return redirect("registry:filter_list")


# --- Many models at once ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request):
    """Choose what to do to the models that were ticked, or to all that the filters find; show
    what becomes of each. Nothing is done yet.
    """
    check_may(request.user)
    chosen, is_all, too_many = selected(request)
    form = BulkForm(request.POST if request.POST.get("step") == "preview" else None)
    context = {
        "form": form,
        "selected": selection_of(request),
        "number": len(chosen),
        "is_all": is_all,
        "too_many": too_many,
        "most": BulkAction.MOST,
        "query": query_of(request).urlencode(),
        "back": list_again(request),
    }
    if form.is_valid() and chosen and not too_many:
        action = BulkAction(by=request.user, **form.cleaned_data)
        rows = action.preview(chosen)
        seen = {str(model.pk): model.version for model, refusal in rows if not refusal}
        sealed = {"kind": action.kind, "field": action.field_id, "seen": seen}
        context |= {
            "action": action,
            "rows": [(*row, numbers_before(action, *row)) for row in rows],
            "does": len(seen),
            "sealed": signing.dumps(sealed, salt=SALT, compress=True),
            "token": uuid4(),
        }
        return render(request, "registry/bulk_preview.html", context)
    return render(request, "registry/bulk_form.html", context)


def numbers_before(action, model, refusal):
    """Return what looks like a number of a person in a model that would be accepted."""
    accepts = action.kind == BulkAction.Kind.RECEIVE and not refusal
    return personal_numbers.told(model) if accepts else ()


def check_may(user):
    if not user.is_clerk:
        raise PermissionDenied


def query_of(request):
    """Return what the list was narrowed and ordered by, as its form or a link says.

    Of what is sent only what the list asks for is taken, and it leads to the list alone.
    """
    given = QueryDict(request.POST.get("query", "")) if request.method == "POST" else request.GET
    query = QueryDict(mutable=True)
    for name in (*PracticeModelFilter.base_filters, "sort"):
        if given.get(name):
            query[name] = given[name]
    return query


def list_again(request):
    """Return the address of the list as it was."""
    query = query_of(request).urlencode()
    return f"{reverse(LIST)}?{query}" if query else reverse(LIST)


def selection_of(request):
    """Return what was ticked on the list, to be sent on."""
    return [("model", key) for key in request.POST.getlist("model") if is_key(key)]


def selected(request):
    """Return the models that are meant, whether they are all of a list, and whether too many."""
    models = PracticeModel.objects.received_by(request.user).visible_to(request.user)
    models = models.select_related("organisation", "field").order_by("sort_key", "pk")
    if request.method == "POST" and request.POST.get("all") != "yes":
        keys = [key for _name, key in selection_of(request)]
        return list(models.filter(pk__in=keys[: BulkAction.MOST])), False, False
    filterset = PracticeModelFilter(query_of(request), models, request=request)
    filterset.is_valid()
    found = list(filterset.qs[: BulkAction.MOST + 1])
    return found, True, len(found) > BulkAction.MOST


@require_POST
def bulk_confirm(request):
    """Do what the preview has shown, once."""
    check_may(request.user)
    try:
        sealed = signing.loads(request.POST.get("sealed", ""), salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.SignatureExpired:
        raise too_old() from None
    except signing.BadSignature:
        raise BadRequest("not a preview of ours") from None
    token = posted_token(request)
    if token is None:
        raise MoveRefused(_("Something is missing in what was sent."), code="token")

    def create():
        action = BulkAction(by=request.user, kind=sealed["kind"], field_id=sealed["field"])
        if action.field_id and not Field.objects.in_use().filter(pk=action.field_id).exists():
            raise too_old()
        seen = {int(key): version for key, version in sealed["seen"].items()}
        return action.carry_out(seen).get_absolute_url()

    with refusals_lead_to(reverse(LIST)):
        return redirect(FormToken.once(token, request.user, create))


def too_old():
    """Return the refusal of a preview that says no longer what would be done."""
    refusal = MoveRefused(_("This preview is too old. Choose the models again."), code="stale")
    refusal.back = reverse(LIST)
    return refusal


@require_safe
def bulk_detail(request, pk):
    """What was done, to how many, what was left out and why; the button to take it back."""
    action = own_action(request, pk)
    changes = list(action.changes.select_related("model__organisation"))
    context = {
        "action": action,
        "done": [change for change in changes if not change.left_out],
        "left_out": [change for change in changes if change.left_out],
    }
    return render(request, "registry/bulk_detail.html", context)


@require_POST
def bulk_take_back(request, pk):
    action = own_action(request, pk)
    with refusals_lead_to(action.get_absolute_url()):
        action.take_back(by=request.user)
    messages.success(request, _("Taken back."))
    return redirect(action)


def own_action(request, pk):
    check_may(request.user)
    return get_object_or_404(BulkAction.objects.filter(by=request.user), pk=pk)
