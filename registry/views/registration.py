"""The registration of a model: one page to write it, and one that says it was received."""

from functools import partial
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry.access import (
    acting_for,
    posted_token,
    posted_version,
    record_opening,
    refusals_lead_to,
    visible_or_404,
)
from registry.forms.practice import PracticeModelForm, RunningForm
from registry.models import (
    Evidence,
    FormToken,
    MoveRefused,
    Organisation,
    PracticeModel,
    TokenSpent,
)
from registry.storage import files_follow_the_transaction

show_or_store = require_http_methods(["GET", "HEAD", "POST"])


@show_or_store
def practicemodel_create(request):
    user = request.user
    units = Organisation.objects.registered_for_by(user)
    if not (user.is_clerk or units.exists()):
        raise PermissionDenied
    model = PracticeModel()
    if not user.is_clerk and units.count() == 1:
        model.organisation, units = units.get(), None
    initial = {"organisation": request.GET.get("organisation")}
    form = PracticeModelForm(
        *posted(request), instance=model, initial=initial, choices=units, for_office=user.is_clerk
    )
    if request.method == "POST" and form.can_be_stored:
        unit = acting_for(user, model.organisation)
        year = timezone.localdate().year
        return store(request, form, partial(model.begin, year=year), unit)
    return page(request, form)


@show_or_store
def practicemodel_update(request, pk):
    models = PracticeModel.objects.select_related("organisation", "field")
    model = visible_or_404(models, request.user, pk, may="written_by")
    with refusals_lead_to(model.get_absolute_url()):
        unit = acting_for(request.user, model.organisation)
        form = form_to_edit(request, model, from_outside=unit is not None)
        if request.method == "POST" and form.can_be_stored:
            why = form.cleaned_data.get("why", "")
            write = partial(model.write, version=posted_version(request), why=why)
            return store(request, form, write, None if form.is_correction else unit)
    if request.method != "POST" and "missing" in request.GET and model.can("submit"):
        form.show_missing()
    record_opening(request.user, model)
    return page(request, form)


@require_safe
def practicemodel_received(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="inside_seen_by")
    received = model.moves.filter(name="submit").first()
    if received is None or model.is_unsent:
        return redirect(model)
    address = request.build_absolute_uri(model.get_absolute_url())
    context = {"model": model, "received": received, "address": address}
    return render(request, "registry/practicemodel_received.html", context)


def posted(request):
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def form_to_edit(request, model, *, from_outside):
    """Return the form in which the person may write this model now.

    Raise MoveRefused if nobody may any more.
    """
    if model.status == PracticeModel.Status.CLOSED:
        raise MoveRefused(_("This model has ended; its text no longer changes."), code="move")
    if not from_outside and not model.is_open_to_its_unit():
        return RunningForm(*posted(request), instance=model)
    entered_by_office = model.enrolments.filter(on_behalf_of__isnull=False)
    return PracticeModelForm(
        *posted(request),
        instance=model,
        choices=None if from_outside or model.was_submitted else other_units(request.user),
        for_office=request.user.is_clerk,
        is_correction=from_outside and not (model.is_unsent and entered_by_office.exists()),
    )


def other_units(user):
    """Return the units a draft may still be meant for, None if there is only one."""
    units = Organisation.objects.registered_for_by(user)
    return units if units.count() > 1 else None


def store(request, form, write, unit):
    """Store what the form brings, once; send it if asked. Return the page that follows.

    ``unit`` is the organisation this is done on behalf of, if the person is not of it.
    """
    model, acting = form.instance, {"by": request.user, "on_behalf_of": unit}
    token = posted_token(request)
    if token is None:
        form.add_error(None, _("Something is missing in what was sent. Please send it again."))
        return page(request, form)
    try:
        with files_follow_the_transaction(), transaction.atomic():
            token = FormToken.claim(token, request.user)
            write(**acting)
            form.save_lists()
            store_files(form, by=request.user)
            if request.POST.get("action") == "send" and model.can("submit"):
                form.show_missing()
                if not form.errors:
                    model.submit(**acting)
            token.led_to(address_after(model))
    except TokenSpent as spent:
        if not spent.result:
            raise MoveRefused(_("This page has been sent before."), code="token") from None
        return redirect(spent.result)
    return answer(request, form)


def store_files(form, *, by):
    kinds = Evidence.Kind
    for checked in form.fields["photos"].accepted:
        kind = kinds.PHOTO if checked.width else kinds.DOCUMENT
        Evidence.store(checked, by=by, model=form.instance, kind=kind)


def address_after(model):
    if model.status == PracticeModel.Status.SUBMITTED:
        return reverse("registry:practicemodel_received", args=[model.pk])
    if model.can("submit"):
        return reverse("registry:practicemodel_update", args=[model.pk])
    return model.get_absolute_url()


def answer(request, form):
    """Say what has been stored; with errors on the same page, which keeps what was typed."""
    model = form.instance
    if stored := [checked.original_name for checked in form.fields["photos"].accepted]:
        messages.success(request, _("Stored: %(files)s.") % {"files": ", ".join(stored)})
    if form.errors:
        messages.warning(
            request,
            _("All that is right is saved as a draft. It has not been sent; see below why."),
        )
        return page(request, form, version=model.version)
    if model.can("submit"):
        messages.success(request, _("The draft is saved. It has not been sent yet."))
    elif model.status != PracticeModel.Status.SUBMITTED:
        messages.success(request, _("Your changes are saved."))
    return redirect(address_after(model))


def page(request, form, *, version=None):
    """Show the form. ``version`` is that of the record if it has just been stored.

    A form that comes back unstored keeps the version it was opened with: what others have
    written in the meantime must not be written over the second time.
    """
    model = form.instance
    is_new = model.pk is None
    if version is None and not is_new:
        version = posted_version(request) if form.is_bound else model.version
    edit = "practicemodel_create" if is_new else "practicemodel_update"
    context = {
        "form": form,
        "model": model,
        "action": reverse(f"registry:{edit}", args=[] if is_new else [model.pk]),
        "version": version,
        "token": uuid4(),
        "organisation": None if "organisation" in form.fields else model.organisation,
        "is_running_form": isinstance(form, RunningForm),
        "can_send": model.can("submit"),
        "can_discard": not is_new and model.is_unsent and not model.was_submitted,
        "is_unsent": model.is_unsent,
        "evidence": [] if is_new else model.evidence.present(),
        "last_move": None if is_new else model.moves.first(),
        "is_returned": model.status == PracticeModel.Status.RETURNED,
        "is_submitted": model.status == PracticeModel.Status.SUBMITTED,
    }
    return render(request, "registry/practicemodel_form.html", context)
