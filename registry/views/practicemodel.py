"""One model: its page, and its sheet on paper."""

from textwrap import shorten

from django.conf import settings
from django.db.models import Exists, OuterRef, Value
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import personal_numbers
from registry.access import is_allowed, record_opening, visible_or_404
from registry.admin.words import in_words
from registry.models import (
    Evidence,
    Note,
    Organisation,
    PracticeModel,
    Replication,
)
from registry.views.catalogue import COLOURS, Status, open_catalogue

PHOTOS_ON_A_SHEET, YEARS_ON_A_SHEET = 3, 2

# What hands a text on to others, who should be told first of numbers of people in it.
PASSED_ON = ("can_accept", "can_send_year", "can_accept_year")
RIGHTS = ("written_by", "received_by", "endorsed_by", "discarded_by", "inside_seen_by")


def with_rights(models, user):
    """Let each model know what the user may do with it, as far as that depends on who they are."""
    if not user.is_authenticated:
        nothing = [*(f"is_{may}" for may in RIGHTS), "is_taken_up_by"]
        return models.annotate(**dict.fromkeys(nothing, Value(False)))
    this = PracticeModel.objects.filter(pk=OuterRef("pk"))
    rights = {f"is_{may}": Exists(getattr(this, may)(user)) for may in RIGHTS}
    there = Replication.objects.filter(model=OuterRef(OuterRef("pk")), organisation=OuterRef("pk"))
    units = Organisation.objects.taking_up_for(user, OuterRef("organisation"))
    return models.annotate(**rights, is_taken_up_by=Exists(units.filter(~Exists(there))))


@open_catalogue
@require_safe
def practicemodel_detail(request, pk):
    user = request.user
    models = with_rights(PracticeModel.objects.all(), user).select_related(
        "organisation", "field", "merged_into"
    )
    model = visible_or_404(models.prefetch_related("partners", "movements"), user, pk)
    inside = model.is_inside_seen_by
    if inside:
        record_opening(user, model)
    elif model.status == Status.CLOSED and not user.is_authenticated:
        return render(request, "registry/practicemodel_ended.html", ended(model))
    enrolments = enrolments_of(model, inside=inside)
    moves = list(model.moves.select_related("by", "on_behalf_of")) if inside else []
    replications = model.replications.select_related("organisation").annotate(
        is_own=Exists(Replication.objects.answered_by(user).filter(pk=OuterRef("pk")))
    )
    if not user.is_authenticated:
        replications = replications.filter(state=Replication.State.DOING)
    may = actions(model, enrolments)
    context = {
        "model": model,
        "inside": inside,
        "evidence": list(Evidence.objects.visible_to(user).present().filter(model=model)),
        "enrolments": enrolments,
        "told": told_of(model),
        "preview": preview(request, model),
        "replications": list(replications),
        "to_answer": to_answer(model, replications),
        "told_in_full": set(
            Replication.objects.told_in_full_to(user)
            .filter(model=model)
            .values_list("pk", flat=True)
        ),
        "awards": list(model.awards.all()),
        "notes": list(Note.objects.visible_to(user).filter(model=model).select_related("by")),
        "moves": moves,
        "last_move": last_move(model, moves),
        "status_colour": COLOURS.get(model.status, "yellow"),
        "more": more_of(model, inside=inside),
        "is_unsent": model.is_unsent,
        "is_returned": model.status == Status.RETURNED,
        "is_submitted": model.status == Status.SUBMITTED,
        "numbers": personal_numbers.told(model) if any(may[one] for one in PASSED_ON) else (),
        **may,
        "own_replications": set(
            Replication.objects.kept_by(user).filter(model=model).values_list("pk", flat=True)
        ),
    }
    return render(request, "registry/practicemodel_detail.html", context)


def last_move(model, moves):
    """Return the move by which a model stands where it stands; ``moves`` has the latest first.

    Of what is with the office that is its sending, also after an acceptance that was taken back.
    """
    if model.status == Status.SUBMITTED:
        moves = (move for move in moves if move.name == "submit")
    return next(iter(moves), None)


def to_answer(model, replications):
    """Return those by which the reader's units have yet to say whether they take the model up."""
    if model.status != Status.RUNNING:
        return []
    return [one for one in replications if one.is_own and one.state == Replication.State.NOT_YET]


def enrolments_of(model, *, inside):
    """Return the years of a model, the latest first; to others a year counts once it was sent."""
    enrolments = model.enrolments.select_related("accepted_by")
    if not inside:
        enrolments = enrolments.sent()
    return list(enrolments.prefetch_related("outcomes__indicator"))


def told_of(model):
    """Return (label, text) of what is told at length."""
    return [
        (capfirst(model._meta.get_field(name).verbose_name), text)
        for name in TOLD
        if (text := getattr(model, name))
    ]


def preview(request, model):
    """Return what a link to the page shows where it is passed on: of what this reader sees."""
    text = shorten(model.approach or model.reason, 200, placeholder="…")
    shown = {"title": str(model), "text": text}
    photos = Evidence.objects.visible_to(request.user).photos().filter(model=model)
    if photo := photos.first():
        shown["image"] = request.build_absolute_uri(photo.get_absolute_url())
    return shown


@open_catalogue
@require_safe
def practicemodel_print(request, pk):
    """One sheet about a model, to be printed or hung up."""
    user = request.user
    models = PracticeModel.objects.select_related("organisation", "field")
    model = visible_or_404(models, user, pk)
    inside = is_allowed(model, user, "inside_seen_by")
    if inside:
        record_opening(user, model)
    elif model.status == Status.CLOSED and not user.is_authenticated:
        return redirect(model)
    photos = Evidence.objects.visible_to(user).photos().filter(model=model)
    context = {
        "model": model,
        "inside": inside,
        "told": told_of(model),
        "photos": photos[:PHOTOS_ON_A_SHEET],
        "years": enrolments_of(model, inside=inside)[:YEARS_ON_A_SHEET],
        "address": request.build_absolute_uri(model.get_absolute_url()),
        "today": timezone.localdate(),
    }
    return render(request, "registry/practicemodel_print.html", context)


def ended(model):
    """Return what a stranger reads of a model that has ended: its name, its years, no more."""
    enrolments = model.enrolments.sent().order_by("year")
    return {"model": model, "years": list(enrolments.values_list("year", flat=True))}


# What a reader came for, in the order in which it is told.
TOLD = (
    *("reason", "approach", "expected_results", "results"),
    *("difficulties", "lessons", "replicability"),
)
MORE = (
    "objectives",
    "actors",
    "resources",
    "ends",
    "individual_name",
    "individual_position",
)
MORE_INSIDE = (
    "contact_name",
    "contact_position",
    "contact_phone",
    "proposals",
    "paper_number",
    "paper_date",
    "review_by",
)


def more_of(model, *, inside):
    """Return (label, text) of all that is written beside the items every reader looks for."""
    fields = [model._meta.get_field(name) for name in MORE + MORE_INSIDE * inside]
    told = [(field, getattr(model, field.name)) for field in fields]
    pairs = [
        (capfirst(field.verbose_name), in_words(field, value)) for field, value in told if value
    ]
    pairs += [(_("Partner"), partner.name) for partner in model.partners.all()]
    pairs += [(_("Movement"), movement.name) for movement in model.movements.all()]
    return pairs


def actions(model, enrolments):
    """Return what the reader may do with the model now: who they are, and where it stands."""
    latest = enrolments[0] if enrolments else None
    # What was sent first is received first, also when the next year is under way.
    sent_first = [row for row in enrolments if row.sent_at and not row.accepted_at]
    enrolment = sent_first[-1] if sent_first else latest
    this_year = timezone.localdate().year
    writes, receives = model.is_written_by, model.is_received_by
    running, closed = model.status == Status.RUNNING, model.status == Status.CLOSED
    waits = enrolment is not None and enrolment.accepted_at is None and not closed
    sent = waits and enrolment.sent_at is not None
    endorses = model.is_endorsed_by and settings.ENDORSEMENT != "off"
    return {
        "can_edit": writes and not closed,
        "can_submit": writes and model.can("submit"),
        "can_withdraw": writes and model.can("withdraw"),
        "can_discard": model.is_discarded_by and model.is_unsent and not model.was_submitted,
        "can_accept": receives and model.can("accept"),
        "can_return": receives and model.can("send_back"),
        "can_refuse": receives and model.can("refuse"),
        # Taken out it may always be.
        "can_publish": receives and (model.was_accepted or model.public),
        "can_endorse": endorses and sent and enrolment.endorsed_at is None,
        "can_continue": writes and running and not (latest and latest.year >= this_year),
        "can_send_year": writes and running and waits and not sent,
        "can_accept_year": receives and running and sent,
        "can_attach": writes and not closed,
        "can_take_up": model.was_accepted and model.is_taken_up_by,
        "enrolment": enrolment,
        "this_year": this_year,
    }
