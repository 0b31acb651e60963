"""Papers and their lines: prepared, signed outside, recorded, issued, corrected."""

import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import (
    is_allowed,
    posted,
    posted_version,
    record_export,
    record_file,
    refusals_lead_to,
    visible_or_404,
)
from registry.files import file_response, held_response
from registry.keeping import keep_for
from registry.models import FormToken, MoveRefused
from registry.templatetags.vietnamese import day
from registry.views.exports import attached
from reviews.forms.decision import (
    DecisionForm,
    DecisionLineForm,
    DecisionUpdateForm,
    PublishForm,
    ScanForm,
)
from reviews.models import Decision, DecisionLine, Scan, Seminar
from reviews.papers import DOCX, draft_of

require_form = require_http_methods(["GET", "HEAD", "POST"])

MOST_NAMED = 10


@require_safe
def decision_list(request):
    decisions = Decision.objects.visible_to(request.user).select_related("seminar")
    if request.GET.get("state") == "draft":
        decisions = decisions.drafts()
    context = {
        "page_obj": Paginator(decisions, 25).get_page(request.GET.get("page")),
        "can_write": request.user.is_clerk,
    }
    return render(request, "reviews/decision_list.html", context)


@require_safe
def decision_detail(request, pk):
    """A paper and its lines; why the office lets others' models end is no business of a unit."""
    user = request.user
    decision = visible_or_404(Decision.objects, user, pk)
    own = set(decision.lines.own_of(user).values_list("pk", flat=True))
    lines = (
        DecisionLine.objects.visible_to(user)
        .filter(decision=decision)
        .select_related("model__organisation", "merged_into")
        .prefetch_related("take_up")
    )
    for line in lines:
        line.shows_why = user.sees_all or user.is_panel or line.pk in own
    writes = is_allowed(decision, user, "recorded_by_user")
    context = {
        "decision": decision,
        "lines": lines,
        "scans": Scan.objects.visible_to(user).filter(decision=decision),
        "can_write": writes and not decision.is_issued,
        "stamp": [("version", str(decision.version))],
        "can_follow": writes and decision.is_issued,
        "seminar": Seminar.objects.visible_to(user).filter(pk=decision.seminar_id).first(),
        "corrects": Decision.objects.visible_to(user).filter(pk=decision.corrects_id).first(),
        "corrected_by": decision.corrected_by.visible_to(user),
    }
    return render(request, "reviews/decision_detail.html", context)


@require_safe
def decision_draft(request, pk):
    """The paper as a Word file to be signed, while it is prepared; then the scan is what counts."""
    decision = visible_or_404(Decision.objects, request.user, pk, may="recorded_by_user")
    with refusals_lead_to(decision.get_absolute_url()):
        decision.check_draft()
    record_export(request, f"du-thao-{pk}.docx")
    return attached(draft_of(decision), DOCX, f"du-thao-{pk}.docx")


@require_form
def decision_create(request):
    _writers_only(request)
    form = DecisionForm(posted(request)[0])
    if request.method == "POST" and form.is_valid():

        def create():
            form.instance.save_by(request.user)
            return form.instance.get_absolute_url()

        return redirect(FormToken.once(form.cleaned_data["token"], request.user, create))
    return _page(request, form, _("A new paper"))


@require_POST
def decision_from_seminar(request, pk):
    """Prepare the paper of a seminar from its proposals; go on with it if it is begun."""
    seminar = visible_or_404(Seminar.objects, request.user, pk, may="run_by")
    with transaction.atomic():
        Seminar.objects.select_for_update().get(pk=seminar.pk)
        decision = seminar.decisions.drafts().first()
        proposals, not_accepted = Decision.proposals_of(seminar)
        if decision is None and proposals:
            with override("vi"):  # a Party paper is in Vietnamese, whoever prepares it
                subject = _("Conclusion on the models reviewed at: %(seminar)s")
            decision = Decision(seminar=seminar, subject=subject % {"seminar": seminar})
            decision.save_by(request.user)
        if decision is not None:
            added = decision.take_proposals(by=request.user, version=decision.version)
    if not_accepted:
        said = _("Left out, because they have not been accepted: %(models)s.")
        names = listed_some(f"“{model}”" for model in not_accepted)
        messages.warning(request, said % {"models": names})
    if decision is None:
        messages.warning(request, _("There is no proposal to take, so no paper has been made."))
        return redirect(seminar)
    messages.success(request, _lines_taken(added))
    return redirect(decision)


def _lines_taken(number):
    if not number:
        return _("This paper was begun before, and has every proposal already.")
    sentence = ngettext(
        "%(number)s line taken from the proposals.",
        "%(number)s lines taken from the proposals.",
        number,
    )
    return sentence % {"number": number}


@require_form
def decision_update(request, pk):
    decision = _draft_or_refuse(request, pk)
    form = DecisionUpdateForm(posted(request)[0], instance=decision)
    if request.method == "POST" and form.is_valid():
        with refusals_lead_to(decision.get_absolute_url()):
            decision.write(by=request.user, version=form.cleaned_data["version"] or 0)
        messages.success(request, _("The paper has been saved."))
        return redirect(decision)
    return _page(request, form, _("Write the paper"), decision)


@require_form
def line_add(request, pk):
    decision = _draft_or_refuse(request, pk)
    line = DecisionLine(decision=decision)
    return _line_page(request, decision, line, _("Add a line"))


@require_form
def line_update(request, pk):
    line = _line_or_404(request, pk)
    decision = _draft_or_refuse(request, line.decision_id)
    return _line_page(request, decision, line, _("Change the line"))


@require_POST
def line_drop(request, pk):
    line = _line_or_404(request, pk)
    decision = _draft_or_refuse(request, line.decision_id)
    with refusals_lead_to(decision.get_absolute_url()):
        decision.drop_line(line, by=request.user, version=posted_version(request))
    messages.success(request, _("The line has been taken out."))
    return redirect(decision)


@require_form
def decision_issue(request, pk):
    """Show what issuing will do to each model, then do it."""
    decision = _draft_or_refuse(request, pk)
    refusals = []
    if request.method == "POST":
        try:
            with refusals_lead_to(decision.get_absolute_url()):
                decision.issue(by=request.user, version=posted_version(request))
        except MoveRefused:
            raise
        except ValidationError as error:
            refusals = error.messages
        else:
            messages.success(request, _what_stands(decision))
            return redirect(decision)
        decision.refresh_from_db()
    lines = decision.lines.select_related("model__organisation", "merged_into")
    context = {
        "decision": decision,
        "lines": lines.with_later().prefetch_related("take_up"),
        "refusals": refusals,
        "namesakes": decision.namesakes(),
        "unsigned": not (decision.number and decision.dated and decision.signatory),
    }
    return render(request, "reviews/decision_issue.html", context)


def _what_stands(decision):
    """Say which models the paper that was issued leaves as they are, for a later one stands."""
    lines = list(decision.lines.select_related("model").with_later())
    later = [line for line in lines if line.later]
    if not later:
        return _("Issued. The models stand as the paper says.")
    if len(later) == len(lines):
        said = _("Issued. No model changes, for papers of later days stand: %(models)s.")
    else:
        said = _(
            "Issued. The models stand as the paper says, but for these, of which a paper of a"
            " later day stands: %(models)s."
        )
    return said % {"models": listed_some(f"“{line.model}” ({day(line.later)})" for line in later)}


def listed_some(names):
    """Return the first names for a sentence: a paper may have hundreds."""
    names = list(names)
    shown = "; ".join(names[:MOST_NAMED])
    return f"{shown}; …" if len(names) > MOST_NAMED else shown


@require_form
def decision_publish(request, pk):
    decision = visible_or_404(Decision.objects, request.user, pk, may="recorded_by_user")
    form = PublishForm(posted(request)[0])
    with refusals_lead_to(decision.get_absolute_url()):
        decision.check_publishable()
        if request.method == "POST" and form.is_valid():
            first = form.cleaned_data["from_day"]
            at = first and timezone.make_aware(datetime.datetime.combine(first, datetime.time()))
            decision.publish(by=request.user, at=at)
            messages.success(request, _("The paper is open to all from that moment."))
            return redirect(decision)
    return _page(request, form, _("Open the paper to all"), decision)


@require_POST
def decision_correct(request, pk):
    decision = visible_or_404(Decision.objects, request.user, pk, may="recorded_by_user")
    with refusals_lead_to(decision.get_absolute_url()):
        paper = decision.correcting(by=request.user)
    messages.success(request, _("Write here what is to stand instead."))
    return redirect(paper)


@require_form
def scan_add(request, pk):
    decision = visible_or_404(Decision.objects, request.user, pk, may="recorded_by_user")
    form = ScanForm(*posted(request))
    if request.method == "POST" and form.is_valid():

        def create():
            for checked in form.cleaned_data["files"]:
                Scan.store(checked, by=request.user, decision=decision)
            return decision.get_absolute_url()

        FormToken.once(form.cleaned_data["token"], request.user, create)
        messages.success(request, _("The scan has been added."))
        return redirect(decision)
    return _page(request, form, _("Add a scan of the signed paper"), decision)


@require_safe
def scan_file(request, pk):
    scan = visible_or_404(Scan.objects, request.user, pk)
    if scan.held_since:
        return held_response(request, scan)
    record_file(request, scan)
    return file_response(scan.file, scan.original_name, scan.content_type)


def _writers_only(request):
    if not request.user.is_clerk:
        raise PermissionDenied


def _draft_or_refuse(request, pk):
    """Return a paper the reader may still write; 409 once it is issued."""
    decision = visible_or_404(Decision.objects, request.user, pk, may="recorded_by_user")
    if decision.is_issued:
        with refusals_lead_to(decision.get_absolute_url()):
            raise MoveRefused(
                _("This paper has been issued and never changes; correct it by a new one."),
                code="move",
            )
    return decision


def _line_or_404(request, pk):
    """Return a line, and in the same breath its paper, whose version the page will say."""
    lines = DecisionLine.objects.visible_to(request.user)
    return get_object_or_404(lines.select_related("decision", "model", "merged_into"), pk=pk)


def _line_page(request, decision, line, title):
    form = DecisionLineForm(posted(request)[0], instance=line, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            with refusals_lead_to(decision.get_absolute_url()):
                decision.add_line(
                    form.instance,
                    by=request.user,
                    version=form.cleaned_data["version"] or 0,
                    take_up=form.cleaned_data["take_up"],
                )
        except MoveRefused:
            raise
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The line has been kept."))
            return redirect(decision)
    return _page(request, form, title, decision)


def _page(request, form, title, decision=None):
    back = decision.get_absolute_url() if decision else reverse("reviews:decision_list")
    context = {
        "form": form,
        "keep": keep_for(request, form, version=decision.version if decision else None),
        "title": title,
        "back": back,
        "decision": decision,
    }
    return render(request, "reviews/decision_form.html", context)
