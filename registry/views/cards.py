"""One card per unit: all there is to say to it on the telephone."""

from django.db.models import Exists, OuterRef, Subquery
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from registry.access import visible_or_404
from registry.models import Call, Enrolment, Move, Organisation, PracticeModel, User
from registry.standing import Standing, being_typed, enrolled
from registry.views.board import phones_of
from registry.views.organisations import people

# Of each list; a unit keeps a handful of models.
SHOWN = 20
FEW = 3
Status = PracticeModel.Status


@require_safe
def unit_card(request, pk):
    user = request.user
    organisations = Organisation.objects.select_related("parent")
    unit = visible_or_404(organisations, user, pk, may="looked_after_by")
    year = timezone.localdate().year
    facts = facts_of(unit, year)
    members = list(people(unit)[: SHOWN + 1])
    phone, answers = phones_of([unit]).get(unit.pk, ("", ""))
    resettable = User.objects.reset_by(user).filter(pk__in=[row.user_id for row in members])
    may_reset = set(resettable.values_list("pk", flat=True))
    context = {
        "unit": unit,
        "year": year,
        "facts": facts,
        "typed": being_typed([unit.pk], year).get(unit.pk),
        "nothing": nothing(unit, year) if not any(facts.values()) else "",
        "phone": phone,
        "answers": answers,
        "contacts": contacts(unit),
        "people": [(row.user, row.user_id in may_reset) for row in members[:SHOWN]],
        "handovers": unit.handovers.all()[:FEW],
        "call": Call.objects.filter(organisation=unit, year=year).select_related("by").first(),
        "exists": Organisation.objects.existing().filter(pk=unit.pk).exists(),
        "has_ended": unit.valid_until is not None and unit.valid_until < timezone.localdate(),
        "can_register": Organisation.objects.registered_for_by(user).filter(pk=pk).exists(),
        "has_below": unit.children.existing().exists(),
        "message": message(unit, year, facts, request.build_absolute_uri(reverse("home"))),
        "back": request.path,
        "can_find": user.sees_all,
    }
    return render(request, "registry/unit_card.html", context)


def contacts(unit):
    """Return the newest models of the unit that say who is in charge, each person once."""
    found = {}
    for model in unit.models.exclude(contact_name="", contact_phone="").order_by("-pk")[:SHOWN]:
        found.setdefault((model.contact_name, model.contact_phone), model)
    return list(found.values())


def facts_of(unit, year):
    """Return what the unit has sent this year, and what is still to come, in five lists."""
    models = PracticeModel.objects.filter(organisation=unit).select_related("field")
    asked_back = Move.objects.filter(model=OuterRef("pk"), to_status=Status.RETURNED)
    asked_back = asked_back.order_by("-at", "-pk")
    returned = models.filter(status=Status.RETURNED).annotate(
        due=Subquery(asked_back.values("due")[:1]),
        reason_given=Subquery(asked_back.values("reason")[:1]),
    )
    this_year = Enrolment.objects.filter(model=OuterRef("pk"), year__gte=year)
    begun = Enrolment.objects.filter(
        model__organisation=unit, model__status=Status.RUNNING, sent_at=None, accepted_at=None
    )
    return {
        "sent": list(
            enrolled(year, Standing.SENT)
            .filter(model__organisation=unit)
            .select_related("model")
            .order_by("model__sort_key", "pk")[:SHOWN]
        ),
        "returned": [
            (model, lacks(model)) for model in returned.order_by("due", "sort_key", "pk")[:SHOWN]
        ],
        "drafts": [
            (model, lacks(model))
            for model in models.filter(status=Status.DRAFT).order_by("sort_key", "pk")[:SHOWN]
        ],
        "begun": list(
            begun.filter(kind=Enrolment.Kind.CONTINUED)
            .select_related("model")
            .order_by("model__sort_key", "pk")[:SHOWN]
        ),
        "to_continue": list(
            models.running().filter(~Exists(this_year)).order_by("sort_key", "pk")[:SHOWN]
        ),
    }


def nothing(unit, year):
    """Say that there is nothing: of a unit that has had models before, nothing of the year."""
    if unit.models.exists():
        return _("Nothing has been registered for %(year)s yet.") % {"year": year}
    return _("Nothing has been registered yet.")


def lacks(model):
    """Return which of the eight items are missing, in words."""
    return [str(model._meta.get_field(name).verbose_name) for name in model.missing()]


def message(unit, year, facts, address):
    """Return the same as a text for the unit, to be sent by Zalo; in its own language."""
    with override("vi"):
        said = [_("- Received: “%(model)s”.") % {"model": row.model} for row in facts["sent"]]
        said += [_returned(model) for model, _fields in facts["returned"]]
        said += [_draft(model) for model, _fields in facts["drafts"]]
        said += [
            _("- “%(model)s” is continued this year, but not sent yet.") % {"model": row.model}
            for row in facts["begun"]
        ]
        said += [
            _("- “%(model)s” has not been continued this year yet.") % {"model": model}
            for model in facts["to_continue"]
        ]
        lines = [
            _("To %(unit)s: the register of models for %(year)s.") % {"unit": unit, "year": year},
            *(said or [f"- {nothing(unit, year)}"]),
            _("The page: %(address)s") % {"address": address},
        ]
        return "\n".join(lines)


def _returned(model):
    said = {"model": model, "reason": " ".join(model.reason_given.split())}
    if model.due is None:
        return _("- To be completed: “%(model)s”. %(reason)s") % said
    said["due"] = f"{model.due:%d/%m/%Y}"
    return _("- To be completed by %(due)s: “%(model)s”. %(reason)s") % said


def _draft(model):
    missing = ", ".join(lacks(model))
    if not missing:
        return _("- “%(model)s” is complete, but not sent yet.") % {"model": model}
    return _("- “%(model)s” still lacks: %(missing)s.") % {"model": model, "missing": missing}
