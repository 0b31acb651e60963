"""Pages for what hangs on a model: files, notes, awards, figures, replications."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import is_allowed, posted, refusals_lead_to, visible_or_404
from registry.files import file_response
from registry.forms.attachments import (
    AwardForm,
    EvidenceForm,
    NoteForm,
    ReplicationForm,
    outcome_forms,
)
from registry.models import (
    Enrolment,
    Evidence,
    FormToken,
    MoveRefused,
    Organisation,
    PracticeModel,
    Replication,
)

require_form = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@require_safe
def evidence_file(request, pk):
    """Send a file to whoever sees its model; scans and drafts' files to fewer."""
    evidence = visible_or_404(Evidence.objects.present(), request.user, pk)
    return file_response(evidence.file, evidence.original_name, evidence.content_type)


@require_form
def evidence_add(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    form = EvidenceForm(*posted(request))
    if request.method == "POST" and form.is_valid():
        _refuse_when_closed(model)

        def create():
            for checked in form.cleaned_data["files"]:
                Evidence.store(
                    checked,
                    by=request.user,
                    model=model,
                    kind=form.cleaned_data["kind"],
                    caption=form.cleaned_data["caption"],
                )
            return model.get_absolute_url()

        address = FormToken.once(form.cleaned_data["token"], request.user, create)
        messages.success(request, _("The files have been added."))
        return redirect(address or model)
    return _form_page(request, form, model, _("Add photos and documents"))


@require_POST
def evidence_remove(request, pk):
    evidence = visible_or_404(Evidence.objects.present(), request.user, pk, may="written_by")
    _refuse_when_closed(evidence.model)
    evidence.remove(by=request.user)
    messages.success(request, _("The file is no longer shown. It is kept on record."))
    return redirect(evidence.model)


@require_form
def note_add(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    for_office = is_allowed(model, request.user, "received_by")
    form = NoteForm(posted(request)[0], for_office=for_office)
    form.instance.model, form.instance.by = model, request.user
    if request.method == "POST" and form.is_valid():
        return _once(request, form, model, _("The note has been kept."))
    return _form_page(request, form, model, _("Write a note"))


@require_form
def award_add(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    form = AwardForm(posted(request)[0])
    form.instance.model = model
    if request.method == "POST" and form.is_valid():
        return _once(request, form, model, _("The award has been recorded."))
    return _form_page(request, form, model, _("Record an award"))


@require_form
def outcomes_update(request, pk):
    """Write a year's figures, one row an indicator; an empty row stays unwritten."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related("model"), pk=pk
    )
    model = enrolment.model
    if not is_allowed(model, request.user, "written_by"):
        raise PermissionDenied
    forms = outcome_forms(enrolment, posted(request)[0])
    if request.method == "POST" and all(form.is_valid() for form in forms):
        _refuse_when_closed(model)
        if enrolment.frozen_at is not None:
            with refusals_lead_to(model.get_absolute_url()):
                raise MoveRefused(_("The figures of this year are frozen."), code="frozen")
        with transaction.atomic():
            for form in forms:
                if form.has_changed():
                    form.instance.save_by(request.user)
        messages.success(request, _("The figures have been saved."))
        return redirect(model)
    context = {"enrolment": enrolment, "model": model, "forms": forms}
    return render(request, "registry/outcomes_form.html", context)


@require_form
def replication_add(request, pk):
    """A unit says that it takes the model up, or why it does not."""
    model = get_object_or_404(PracticeModel.objects.visible_to(request.user), pk=pk)
    if not model.was_accepted:
        raise Http404
    choices = Organisation.objects.registered_for_by(request.user)
    if not choices.exists():
        raise PermissionDenied
    form = ReplicationForm(posted(request)[0], choices=choices)
    form.instance.model = model
    if request.method == "POST" and form.is_valid():
        return _once(request, form, model, _("The replication has been recorded."))
    return _form_page(request, form, model, _("Take this model up"))


@require_form
def replication_update(request, pk):
    replication = visible_or_404(Replication.objects, request.user, pk, may="kept_by")
    form = ReplicationForm(posted(request)[0], instance=replication)
    if request.method == "POST" and form.is_valid():
        replication.save_by(request.user)
        messages.success(request, _("The replication has been recorded."))
        return redirect(replication.model)
    title = _("Replication at %(unit)s") % {"unit": replication.organisation}
    return _form_page(request, form, replication.model, title)


def _once(request, form, model, done):
    """Save the form's record as the reader's, once however often the form is sent."""

    def create():
        form.instance.save_by(request.user)
        return model.get_absolute_url()

    try:
        address = FormToken.once(form.cleaned_data["token"], request.user, create)
    except ValidationError as error:
        form.add_error(None, error)
        return _form_page(request, form, model, done)
    messages.success(request, done)
    return redirect(address or model)


def _refuse_when_closed(model):
    if model.status == PracticeModel.Status.CLOSED:
        with refusals_lead_to(model.get_absolute_url()):
            raise MoveRefused(_("This model has ended; its record stays as it is."), code="move")


def _form_page(request, form, model, title):
    context = {"form": form, "model": model, "title": title}
    return render(request, "registry/attachment_form.html", context)
