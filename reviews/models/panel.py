"""The panel of a seminar, its criteria, and who is too close to a model to judge it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.models import Organisation
from reviews.querysets import OfSeminarQuerySet


class PanelMember(Recorded):
    """A member of a seminar's panel, with an account or with a paper ballot only."""

    seminar = models.ForeignKey(
        "reviews.Seminar", models.PROTECT, related_name="members", verbose_name=_("seminar")
    )
    name = LineField(_("full name"), max_length=120)
    title = LineField(_("position"), max_length=160, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("own organisation"),
        help_text=_("The member takes no part in the review of its models."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="panel_seats",
        verbose_name=_("account"),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    history = History()
    objects = OfSeminarQuerySet.as_manager()

    class Meta:
        verbose_name = _("panel member")
        verbose_name_plural = _("panel members")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seminar", "user"],
                name="panelmember_one_seat",
                violation_error_message=_("This person already sits on the panel."),
            )
        ]

    def __str__(self):
        return self.name

    @transaction.atomic
    def remove(self, *, by):
        """Take the member off the panel of a planned seminar, with what they declared."""
        for record in [*self.recusals.all(), self]:
            record._history_user = by
            record.delete()

    def own_organisations(self):
        """Return the keys of the units the member belongs to, by record or by account."""
        own = {self.organisation_id} if self.organisation_id else set()
        if self.user_id:
            own |= set(self.user.memberships.current().values_list("organisation", flat=True))
        return own

    def is_close_to(self, organisation):
        """Whether an organisation is the member's own, or above or below it.

        Up to the grassroots level: the city committee above both makes nobody close.
        """
        tree = TreeOfUnits()
        return any(tree.are_close(unit, organisation.pk) for unit in self.own_organisations())


class TreeOfUnits:
    """Who stands above whom, read once, for questions about many pairs of organisations."""

    def __init__(self):
        units = Organisation.objects.values_list("pk", "parent", "kind")
        self.units = {pk: (parent, kind) for pk, parent, kind in units}

    def are_close(self, one, other):
        """Whether one is the other, or above or below it, up to the grassroots level."""
        return one in self._line(other) or other in self._line(one)

    def _line(self, pk):
        """Return the unit and those above it, up to its grassroots organisation."""
        line, kinds = [], Organisation.Kind
        while pk is not None and pk not in line:
            parent, kind = self.units[pk]
            if kind == kinds.COMMITTEE and line:
                break
            line.append(pk)
            if kind in Organisation.GRASSROOTS:
                break
            pk = parent
        return line


class Criterion(Recorded):
    """A criterion of a seminar, with the most points it gives; the set belongs to the seminar."""

    seminar = models.ForeignKey(
        "reviews.Seminar", models.PROTECT, related_name="criteria", verbose_name=_("seminar")
    )
    name = LineField(_("criterion"), max_length=200)
    max_points = models.PositiveSmallIntegerField(
        _("most points"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    history = History()
    objects = OfSeminarQuerySet.as_manager()

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seminar", "name"],
                name="criterion_once_a_seminar",
                violation_error_message=_("This criterion is in the list already."),
            ),
            models.CheckConstraint(
                condition=Q(max_points__gte=1) & Q(max_points__lte=100),
                name="criterion_points_in_range",
            ),
        ]

    def __str__(self):
        return self.name

    def remove(self, *, by):
        """Take the criterion off the list of a planned seminar."""
        self._history_user = by
        self.delete()
