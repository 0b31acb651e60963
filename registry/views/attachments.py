"""Pages for what hangs on a model: files, notes, awards, figures, replications."""

import logging
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import (
    is_allowed,
    posted,
    posted_version,
    record_file,
    refusals_lead_to,
    visible_or_404,
)
from registry.files import file_response, held_response, small_picture
from registry.forms.attachments import (
    AwardForm,
    EvidenceForm,
    NoRoom,
    NoteForm,
    ReplicationForm,
    errors_of,
    hold_to_quota_at_last,
    outcome_forms,
)
from registry.history import version_of
from registry.keeping import keep_for, words_are_saved
from registry.models import (
    Enrolment,
    Evidence,
    FormToken,
    MoveRefused,
    Organisation,
    Outcome,
    PracticeModel,
    Replication,
    StaleVersion,
)

logger = logging.getLogger(__name__)
require_form = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@require_safe
def evidence_file(request, pk):
    """Send a file to whoever sees its model; scans and drafts' files to fewer."""
    evidence = visible_or_404(Evidence.objects.present(), request.user, pk)
    if evidence.held_since:
        return held_response(request, evidence)
    try:
        if "small" in request.GET and evidence.has_small:
            return file_response(small_picture(evidence.file), "small.webp", "image/webp")
        record_file(request, evidence, evidence.model)
        return file_response(evidence.file, evidence.original_name, evidence.content_type)
    except FileNotFoundError:  # A backup brought back without its files, for example.
        logger.exception("The file of evidence %s is missing", pk)
        raise Http404 from None


@require_form
def evidence_add(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    _refuse_when_closed(model)
    form = EvidenceForm(*posted(request), unit=model.organisation)
    title = _("Add photos and documents")
    if request.method != "POST" or not form.good_files:
        return _form_page(request, form, model, title)

    def create():
        hold_to_quota_at_last(form, "files", model.organisation)
        fields = {name: form.cleaned_data[name] for name in ("kind", "caption")}
        for checked in form.good_files:
            Evidence.store(checked, by=request.user, model=model, **fields)

    names = ", ".join(checked.original_name for checked in form.good_files)
    try:
        onward = _once(request, form, model, create, _("Stored: %(files)s.") % {"files": names})
    except NoRoom:
        return _form_page(request, form, model, title)
    if form.errors:
        form.renew()
        words_are_saved(request)
        return _form_page(request, form, model, title)
    return onward


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
    _refuse_when_closed(model)
    for_office = is_allowed(model, request.user, "received_by")
    form = NoteForm(posted(request)[0], for_office=for_office)
    form.instance.model, form.instance.by = model, request.user
    if request.method == "POST" and form.is_valid():
        return _save_once(request, form, model, _("The note has been kept."))
    return _form_page(request, form, model, _("Write a note"))


@require_form
def award_add(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="written_by")
    _refuse_when_closed(model)
    form = AwardForm(posted(request)[0])
    form.instance.model = model
    if request.method == "POST" and form.is_valid():
        return _save_once(request, form, model, _("The award has been recorded."))
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
    _refuse_when_closed(model)
    entries = Outcome.history.filter(enrolment=enrolment)
    if request.method != "POST":
        _refuse_when_frozen(enrolment)
        forms, version = outcome_forms(enrolment), version_of(entries)
    else:
        version = posted_version(request)
        with transaction.atomic():
            Enrolment.objects.select_for_update().get(pk=pk)
            enrolment.refresh_from_db(fields=["frozen_at"])
            _refuse_when_frozen(enrolment)
            _refuse_when_stale(model, version_of(entries), version)
            forms = outcome_forms(enrolment, request.POST)
            saved = all(form.is_valid() for form in forms)
            for form in forms:
                if saved and form.has_changed():
                    form.instance.save_by(request.user)
        if saved:
            messages.success(request, _("The figures have been saved."))
            return redirect(model)
    context = {
        "enrolment": enrolment,
        "model": model,
        "forms": forms,
        "errors": errors_of(forms),
        "version": version,
        "keep": keep_for(request, *forms, version=version),
    }
    return render(request, "registry/outcomes_form.html", context)


@require_form
def replication_add(request, pk):
    """A unit says that it takes the model up, or why it does not."""
    model = get_object_or_404(PracticeModel.objects.visible_to(request.user), pk=pk)
    if not model.was_accepted:
        raise Http404
    choices = Organisation.objects.taking_up_for(request.user, model.organisation_id)
    choices = choices.select_related("parent")
    if not choices.exists():
        raise PermissionDenied
    form = ReplicationForm(posted(request)[0], choices=choices)
    form.instance.model = model
    if request.method == "POST" and form.is_valid():
        return _save_once(request, form, model, _("The replication has been recorded."))
    return _form_page(request, form, model, _("Take this model up"))


@require_form
def replication_update(request, pk):
    replication = visible_or_404(Replication.objects, request.user, pk, may="kept_by")
    model, version = replication.model, posted_version(request)
    form = ReplicationForm(posted(request)[0], instance=replication)
    if request.method != "POST":
        version = version_of(replication.history)
    elif form.is_valid():
        with transaction.atomic():
            Replication.objects.select_for_update().get(pk=pk)
            _refuse_when_stale(model, version_of(replication.history), version)
            replication.save_by(request.user)
        messages.success(request, _("The replication has been recorded."))
        return redirect(model)
    title = _("Replication at “%(unit)s”") % {"unit": replication.organisation}
    return _form_page(request, form, model, title, version)


def _save_once(request, form, model, done):
    """Save the form's record as the reader's, once however often the form is sent."""
    try:
        return _once(request, form, model, partial(form.instance.save_by, request.user), done)
    except IntegrityError:  # What the constraints forbid, and did not when the form was checked.
        with refusals_lead_to(model.get_absolute_url()):
            raise MoveRefused(_("Somebody has just recorded the same."), code="move") from None


def _once(request, form, model, create, done):
    """Call ``create`` unless the form was sent before, say which, and go on to the model.

    A reader who came back to the page by the browser's button and wrote something else in it
    must not be told that it was kept.
    """
    created = []

    def create_here():
        create()
        created.append(True)
        return model.get_absolute_url()

    with refusals_lead_to(model.get_absolute_url()):
        address = FormToken.once(form.cleaned_data["token"], request.user, create_here)
    if created:
        messages.success(request, done)
    else:
        messages.info(
            request,
            _("This page had been sent before, and was kept as it was sent first."),
        )
    return redirect(address)


def _refuse_when_closed(model):
    if model.status == PracticeModel.Status.CLOSED:
        _refuse(model, MoveRefused(_("This model has ended; its record stays as it is.")))


def _refuse_when_frozen(enrolment):
    if enrolment.frozen_at is not None:
        _refuse(enrolment.model, MoveRefused(_("The figures of this year are frozen.")))


def _refuse_when_stale(model, version, seen):
    if version != seen:
        sentence = _("Somebody has saved this since you opened the page.")
        _refuse(model, StaleVersion(sentence, code="stale"))


def _refuse(model, refusal):
    with refusals_lead_to(model.get_absolute_url()):
        raise refusal


def _form_page(request, form, model, title, version=None):
    keep = keep_for(request, form, version=version)
    context = {"form": form, "model": model, "title": title, "version": version, "keep": keep}
    return render(request, "registry/attachment_form.html", context)
