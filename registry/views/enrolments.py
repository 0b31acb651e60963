"""Carrying a model on into another year, and receiving that."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from registry.access import (
    acting_for,
    is_allowed,
    posted_version,
    refusals_lead_to,
    visible_or_404,
)
from registry.forms.moves import SendBackForm
from registry.keeping import keep_for
from registry.models import Enrolment, PracticeModel
from registry.templatetags.vietnamese import moment


@require_POST
def enrolment_continue(request, pk):
    """Enrol a running model for this year; its text opens, as it was, to be written again."""
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    year = timezone.localdate().year
    with refusals_lead_to(model.get_absolute_url()):
        model.continue_in(
            year,
            by=request.user,
            on_behalf_of=acting_for(request.user, model.organisation),
        )
    done = _("Look through the text and save it. Then press “Send for %(year)s” beside the model.")
    messages.success(request, done % {"year": year})
    return redirect(reverse("registry:practicemodel_update", args=[model.pk]))


@require_POST
def enrolment_send(request, pk):
    enrolment = _enrolment_or_404(request, pk, may="written_by")
    with refusals_lead_to(enrolment.model.get_absolute_url()):
        enrolment.send(
            by=request.user,
            on_behalf_of=acting_for(request.user, enrolment.model.organisation),
        )
    said = {"code": enrolment.model.code, "year": enrolment.year, "at": moment(enrolment.sent_at)}
    messages.success(request, _("RECEIVED – %(code)s – for %(year)s – %(at)s") % said)
    return redirect(enrolment.model)


@require_POST
def enrolment_accept(request, pk):
    enrolment = _enrolment_or_404(request, pk, may="received_by")
    with refusals_lead_to(enrolment.model.get_absolute_url()):
        enrolment.accept(by=request.user, version=posted_version(request))
    messages.success(request, _("Received into the register of %(year)s.") % vars(enrolment))
    return redirect(enrolment.model)


@require_POST
def enrolment_endorse(request, pk):
    enrolment = _enrolment_or_404(request, pk, may="endorsed_by")
    with refusals_lead_to(enrolment.model.get_absolute_url()):
        enrolment.endorse(by=request.user, version=posted_version(request))
    messages.success(request, _("Endorsed."))
    return redirect(enrolment.model)


@require_http_methods(["GET", "HEAD", "POST"])
def enrolment_return(request, pk):
    enrolment = _enrolment_or_404(request, pk, may="received_by")
    form = SendBackForm(request.POST if request.method == "POST" else None)
    with refusals_lead_to(enrolment.model.get_absolute_url()):
        enrolment.check_open(sent=True)
        if form.is_valid():
            enrolment.send_back(by=request.user, **form.cleaned_data)
            messages.success(request, _("Returned to the unit."))
            return redirect(enrolment.model)
    context = {
        "form": form,
        "model": enrolment.model,
        "title": _("Ask for completion of %(year)s") % {"year": enrolment.year},
        "keep": keep_for(request, form),
    }
    return render(request, "registry/attachment_form.html", context)


def _enrolment_or_404(request, pk, *, may):
    """Return a visible enrolment whose model the reader may treat so."""
    visible = Enrolment.objects.visible_to(request.user).select_related("model__organisation")
    enrolment = get_object_or_404(visible, pk=pk)
    if not is_allowed(enrolment.model, request.user, may):
        raise PermissionDenied
    return enrolment
