"""The registration of a model: one page to write it, one to check it, one that says ĐÃ NHẬN."""

from datetime import timedelta
from functools import partial
from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry import personal_numbers
from registry.access import (
    acting_for,
    is_allowed,
    posted,
    posted_token,
    posted_version,
    record_opening,
    refusals_lead_to,
    visible_or_404,
)
from registry.admin.words import marked
from registry.forms.attachments import NoRoom, hold_to_quota_at_last
from registry.forms.lookups import is_key
from registry.forms.practice import PracticeModelForm, RunningForm
from registry.keeping import keep_for, keep_rest, keep_words, words_are_saved
from registry.merging import merge, take_theirs
from registry.models import (
    Evidence,
    FormToken,
    MoveRefused,
    Organisation,
    PracticeModel,
    StaleVersion,
    TokenSpent,
)
from registry.similarity import similar_to
from registry.storage import files_follow_the_transaction
from registry.views.practicemodel import last_move

# For so long one button on the receipt takes the registration back.
SECOND_THOUGHTS = timedelta(minutes=10)

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
def practicemodel_check(request, pk):
    """All answers to be read once more, before they are sent."""
    models = PracticeModel.objects.select_related("organisation", "field")
    model = visible_or_404(models, request.user, pk, may="written_by")
    # Whoever goes back to this page after sending is shown that it has arrived.
    if model.status == PracticeModel.Status.SUBMITTED:
        return redirect("registry:practicemodel_received", pk=pk)
    with refusals_lead_to(model.get_absolute_url()):
        model.check_can("submit")
    record_opening(request.user, model)
    context = {
        "model": model,
        "answers": list(answers(model)),
        "missing": model.missing(),
        "evidence": model.evidence.present(),
        "similar": similar_to(
            model.name, user=request.user, organisation=model.organisation_id, model=model.pk
        ),
        "numbers": personal_numbers.told(model),
        "token": uuid4(),
    }
    return render(request, "registry/practicemodel_check.html", context)


def answers(model):
    """Yield the fields of the eight items, and whatever else is written, to be read once more."""
    asked = [name for item in model.ITEMS for name in item]
    form = action_of(model)
    for name in [*asked, *(name for name in PracticeModelForm.Meta.fields if name not in asked)]:
        field = model._meta.get_field(name)
        if field.many_to_many:
            value = ", ".join(map(str, getattr(model, name).all()))
        else:
            value = getattr(model, name)
        if (value and name != "organisation") or name in asked:
            yield {
                "label": capfirst(field.verbose_name),
                "words": marked(field, value) if value else "",
                "address": f"{form}#id_{name}",
            }


@require_safe
def practicemodel_received(request, pk):
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="inside_seen_by")
    received = model.moves.filter(name="submit").first()
    if received is None or model.is_unsent:
        return redirect(model)
    writes = is_allowed(model, request.user, "written_by")
    context = {
        "model": model,
        "received": received,
        "address": request.build_absolute_uri(model.get_absolute_url()),
        "can_edit": writes and model.can("withdraw"),
        "can_take_back": writes
        and model.can("withdraw")
        and timezone.now() - received.at < SECOND_THOUGHTS,
    }
    return render(request, "registry/practicemodel_received.html", context)


@require_safe
def similar_models(request):
    """A part of a page: models registered already that are like the one being named."""
    typed = request.GET
    keys = {
        name: int(typed[name]) for name in ("organisation", "model") if is_key(typed.get(name, ""))
    }
    similar = similar_to(typed.get("name", "")[:300], user=request.user, **keys)
    return render(request, "registry/_similar.html", {"similar": similar})


def form_to_edit(request, model, *, from_outside, data=None):
    """Return the form in which the person may write this model now.

    ``data`` is put in place of what was sent. Raise MoveRefused if nobody may any more.
    """
    if model.status == PracticeModel.Status.CLOSED:
        raise MoveRefused(_("This model has ended; its text no longer changes."), code="move")
    data, files = posted(request) if data is None else (data, None)
    if not from_outside and not model.is_open_to_its_unit():
        return chosen(partial(RunningForm, instance=model), data, files)
    entered_by_office = model.enrolments.filter(on_behalf_of__isnull=False)
    build = partial(
        PracticeModelForm,
        instance=model,
        choices=None if from_outside or model.was_submitted else other_units(request.user),
        for_office=request.user.is_clerk,
        is_correction=from_outside and not (model.is_unsent and entered_by_office.exists()),
    )
    return chosen(build, data, files)


def chosen(build, data, files):
    """Return the form, with the record's own words where the writer has chosen those."""
    form = build(data, files)
    if names := data.getlist("take") if data is not None else ():
        form = build(take_theirs(form, names, form.instance), files)
    return form


def other_units(user):
    """Return the units a draft may still be meant for, None if there is only one."""
    units = Organisation.objects.registered_for_by(user)
    return units if units.count() > 1 else None


def store(request, form, write, unit):
    """Store what the form brings, once. Return the page that follows.

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
            hold_to_quota_at_last(form, "photos", model.organisation)
            write(**acting)
            form.save_lists()
            store_files(form, by=request.user)
            if form.has_refused_words:
                keep_rest(request, path=action_of(model), version=model.version)
            else:
                words_are_saved(request)
            if checks(request, model):
                form.show_missing()
            token.led_to(address_after(request, form))
    except StaleVersion:
        return conflict(request, form, unit)
    except NoRoom:  # A draft's words are kept without its files, as at any other wrong answer.
        if form.can_be_stored:
            return store(request, form, write, unit)
        return page(request, form)
    except TokenSpent as spent:
        if not spent.result:
            raise MoveRefused(_("This page has been sent before."), code="token") from None
        return sent_before(request, form, spent.result)
    return answer(request, form)


def sent_before(request, form, address):
    """Go where the form has led already; what was written in it since is kept, and given back.

    Who comes back by the browser's button and writes on must not be told that this is stored.
    """
    current = PracticeModel.objects.get(pk=resolve(address).kwargs["pk"])
    if not merge(form, current, None).both:
        return redirect(address)
    opened_on = posted_version(request)
    since = current.history.filter(version__gt=opened_on or 0).exclude(history_user=request.user)
    version = opened_on if opened_on and since.exists() else current.version
    rest = keep_rest(request, path=action_of(current), version=version, files_too=True)
    messages.warning(
        request,
        _("This page had been sent before. What you have written in it since is not saved yet."),
    )
    return redirect(rest.address)


def store_files(form, *, by):
    kinds = Evidence.Kind
    for checked in form.fields["photos"].accepted:
        kind = kinds.PHOTO if checked.width else kinds.DOCUMENT
        Evidence.store(checked, by=by, model=form.instance, kind=kind)


def checks(request, model):
    """Whether the writer goes on to the page that shows all answers once more."""
    return request.POST.get("action") == "check" and model.can("submit")


def address_after(request, form):
    """Return the page that follows; the receipt is the unit's, also after it has corrected."""
    model = form.instance
    if checks(request, model):
        return reverse("registry:practicemodel_check", args=[model.pk])
    if model.status == PracticeModel.Status.SUBMITTED and not form.is_correction:
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
    if checks(request, model):
        return redirect(address_after(request, form))
    if model.can("submit"):
        messages.success(request, _("The draft is saved. It has not been sent yet."))
    else:
        at = time_format(timezone.localtime(), "H:i")
        messages.success(request, _("Your changes were saved at %(at)s.") % {"at": at})
        begun = model.enrolments.filter(kind="continued", sent_at=None, accepted_at=None)
        if enrolment := begun.first():
            unsent = _("The registration for %(year)s has not been sent yet.")
            messages.warning(request, unsent % {"year": enrolment.year})
    return redirect(address_after(request, form))


def conflict(request, form, unit):
    """Show both texts, one's own in the form, when somebody has saved since it was opened."""
    keep_words(request)
    models = PracticeModel.objects.select_related("organisation", "field")
    current = models.get(pk=form.instance.pk)
    entries = current.history.filter(version=posted_version(request))
    merged = merge(form, current, entries.first())
    form = form_to_edit(request, current, from_outside=unit is not None, data=merged.data)
    last = current.history.select_related("history_user").first()
    return page(request, form, version=current.version, merged=merged, last=last)


def page(request, form, *, version=None, merged=None, last=None):
    """Show the form. ``version`` is that of the record if it has just been stored or merged.

    A form that comes back unstored keeps the version it was opened with: what others have
    written in the meantime must not be written over the second time.
    """
    model = form.instance
    is_new = model.pk is None
    path = action_of(model)
    keep = keep_for(request, form, path=path, version=None if is_new else model.version)
    if version is None and not is_new:
        version = posted_version(request) if form.is_bound else keep.version or model.version
    context = {
        "form": form,
        "model": model,
        "keep": keep,
        "merged": merged,
        "last": last,
        "action": path,
        "version": version,
        "token": uuid4(),
        "organisation": None if "organisation" in form.fields else model.organisation,
        "is_running_form": isinstance(form, RunningForm),
        "can_send": model.can("submit"),
        "can_discard": not is_new and model.is_unsent and not model.was_submitted,
        "is_unsent": model.is_unsent,
        "evidence": [] if is_new else model.evidence.present(),
        "last_move": None if is_new else last_move(model, model.moves.all()),
        "is_returned": model.status == PracticeModel.Status.RETURNED,
        "is_submitted": model.status == PracticeModel.Status.SUBMITTED,
    }
    status = HTTPStatus.OK if merged is None else HTTPStatus.CONFLICT
    return render(request, "registry/practicemodel_form.html", context, status=status)


def action_of(model):
    """Return the address a model's form is sent to."""
    if model.pk is None:
        return reverse("registry:practicemodel_create")
    return reverse("registry:practicemodel_update", args=[model.pk])
