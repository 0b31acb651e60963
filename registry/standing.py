"""How far units are with a year's register: what each has sent, begun, got back, or not begun."""

from django.db.models import Count, Max, Q, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import (
    ClosingKind,
    DraftBuffer,
    Enrolment,
    Membership,
    Organisation,
    PracticeModel,
)
from registry.querysets import IN_ITS_YEAR

Status = PracticeModel.Status


class Standing(TextChoices):
    """What there is of a unit in a year. A unit may have several of them, or nothing alone.

    Those that have drafts at the most have sent nothing: they are late after the deadline.
    """

    SENT = "sent", _("Sent")
    RETURNED = "returned", _("To be completed")
    DRAFT = "draft", _("Draft begun")
    NOTHING = "nothing", _("Nothing yet")
    UNSENT = "unsent", _("Nothing sent yet")


_RETURNED = Q(model__status=Status.RETURNED)
_BEGUN = Q(model__status=Status.DRAFT) | Q(
    model__status=Status.RUNNING,
    kind=Enrolment.Kind.CONTINUED,
    sent_at=None,
    accepted_at=None,
)
# Refused as a duplicate or as no model: nothing of it is left in the year.
_REFUSED = Q(model__closing_kind=ClosingKind.NOT_ACCEPTED)
OF_AN_ENROLMENT = {
    Standing.SENT: IN_ITS_YEAR,
    Standing.RETURNED: _RETURNED,
    Standing.DRAFT: _BEGUN,
}


def enrolled(year, standing):
    """Return the enrolments of a year that stand so."""
    return Enrolment.objects.filter(OF_AN_ENROLMENT[standing], year=year)


def units_of(user, year):
    """Return the units the user looks after that can register: those existing on that day.

    That is today, of a year that is over its last day; the superior committee itself keeps the
    register and is not in it.
    """
    today = timezone.localdate()
    day = today if year >= today.year else today.replace(year=year, month=12, day=31)
    units = Organisation.objects.looked_after_by(user).existing(day)
    return units.exclude(kind=Organisation.Kind.COMMITTEE)


def standing_so(year, standing):
    """Return a Q over organisations."""
    if standing == Standing.UNSENT:
        return ~(standing_so(year, Standing.SENT) | standing_so(year, Standing.RETURNED))
    if standing == Standing.NOTHING:
        some = Enrolment.objects.filter(~_REFUSED, year=year)
        return ~Q(pk__in=some.values("model__organisation"))
    return Q(pk__in=enrolled(year, standing).values("model__organisation"))


def counts(units, year):
    """Return ``{block: {"all": number, standing: number}}``; one query."""
    numbers = {
        standing.value: Count("pk", filter=standing_so(year, standing)) for standing in Standing
    }
    found = units.order_by().values("block").annotate(all=Count("pk"), **numbers)
    return {row.pop("block"): row for row in found}


def numbers_of(units, year):
    """Return ``{key of a unit: {standing: how many models}}``; one query."""
    numbers = {
        standing.value: Count("pk", filter=condition)
        for standing, condition in OF_AN_ENROLMENT.items()
    }
    of_these = Enrolment.objects.filter(year=year, model__organisation__in=units)
    found = of_these.order_by().values("model__organisation").annotate(**numbers)
    return {row.pop("model__organisation"): row for row in found}


def being_typed(units, year):
    """Return ``{key of a unit: when}`` where its people have typed a registration that year, and
    saved none of it; one query.

    That it is so helps on the telephone. What they typed is theirs alone.
    """
    form = reverse("registry:practicemodel_create")
    typed = DraftBuffer.objects.unsaved().filter(path=form, kept_at__year=year)
    people = Membership.objects.current().filter(organisation__in=units)
    found = typed.filter(user__memberships__in=people).order_by()
    return dict(found.values_list("user__memberships__organisation").annotate(Max("kept_at")))
