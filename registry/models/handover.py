"""The hand-over of a unit from one person to the next, as it goes on paper."""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.events import SecurityEvent
from registry.models.people import Membership
from registry.models.practice import PracticeModel
from registry.models.verdicts import MoveRefused
from registry.querysets import HandoverQuerySet
from registry.sealing import Sealed


class Handover(Sealed):
    """One person has stopped, another has begun to act for a unit. Never changed.

    The work belongs to the unit and stays where it is. What there was to hand over is kept as
    it stood on the day, for the paper that both sign.
    """

    CHAIN = None
    # A unit keeps a handful of models; a paper with more is no paper.
    MOST = 200

    organisation = models.ForeignKey(
        "registry.Organisation",
        models.PROTECT,
        related_name="handovers",
        verbose_name=_("organisation"),
    )
    outgoing = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("hands over")
    )
    incoming = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("takes over")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    held = models.JSONField(_("what was handed over"), default=list)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.organisation}: {self.outgoing} → {self.incoming}"

    def get_absolute_url(self):
        return reverse("registry:handover_detail", args=[self.pk])

    @classmethod
    @transaction.atomic
    def carry_out(cls, membership, incoming, *, by):
        """End the membership and let the next person act for the unit instead.

        ``incoming`` is a new account, or one that is there. Return the hand-over and the first
        password, None for who has one already. Raise :exc:`MoveRefused` if the membership has
        ended meanwhile.
        """
        today = timezone.localdate()
        held_by = Membership.objects.current().select_for_update(of=("self",))
        membership = held_by.filter(pk=membership.pk).first()
        if membership is None:
            raise MoveRefused(_("This person does not act for the unit any more."), code="move")
        organisation, outgoing = membership.organisation, membership.user
        password = None
        if incoming.pk is None:
            password = incoming.open_for(organisation, by=by)
        elif (
            not Membership.objects.current()
            .filter(user=incoming, organisation=organisation)
            .exists()
        ):
            Membership(user=incoming, organisation=organisation).save_by(by, why="hand over")
        # At once, not at midnight: yesterday was the last day, also of what began today.
        membership.until = today - timedelta(days=1)
        membership.since = min(membership.since, membership.until)
        membership.save_by(by, why="hand over")
        outgoing.leave(by=by)
        handover = cls.objects.create(
            organisation=organisation,
            outgoing=outgoing,
            incoming=incoming,
            by=by,
            held=cls.held_by(organisation),
        )
        for account in (outgoing, incoming):
            SecurityEvent.record(SecurityEvent.Kind.HANDED_OVER, user=account, about=str(handover))
        return handover, password

    @classmethod
    def held_by(cls, organisation):
        """Return what the unit has in the register, as it is written on the paper."""
        found = PracticeModel.objects.filter(organisation=organisation)
        found = found.exclude(status=PracticeModel.Status.CLOSED)
        rows = found.order_by("status", "sort_key", "pk")[: cls.MOST]
        return [
            {"name": row.name, "code": row.code or "", "status": str(row.status)} for row in rows
        ]

    def rows(self):
        """Return what was handed over, each with its status in words."""
        labels = dict(PracticeModel.Status.choices)
        return [{**row, "status": labels.get(row["status"], row["status"])} for row in self.held]
