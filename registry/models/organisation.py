"""Organisations, of which party cells are one kind."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.querysets import OrganisationQuerySet, PartyCellManager
from registry.vietnamese import fold, sort_key


class Organisation(Recorded):
    """A party body, association, agency or company that keeps models.

    Names and codes are used again after a merger, so neither tells an organisation: the
    record does. The tree is one parent a record; who stands below is found by one recursive
    query (:meth:`OrganisationQuerySet.subtree`).
    """

    class Kind(models.TextChoices):
        """The typology of a committee and what stands below it."""

        COMMITTEE = "committee", _("Superior Party committee")
        ADVISORY = "advisory", _("Advisory body of the committee")
        WARD_COMMITTEE = "ward_committee", _("Ward or commune Party committee")
        AGENCY_COMMITTEE = "agency_committee", _("Party committee of an agency or school")
        FORCES_COMMITTEE = "forces_committee", _("Military or police Party committee")
        ENTERPRISE_COMMITTEE = "enterprise_committee", _("Party committee of a company")
        GRASSROOTS_CELL = "grassroots_cell", _("Grassroots party cell")
        RESIDENTIAL_CELL = "residential_cell", _("Party cell of a residential block or village")
        SUBORDINATE_CELL = "subordinate_cell", _("Other subordinate party cell")
        ENTERPRISE_CELL = "enterprise_cell", _("Party cell of a company branch")
        MOBILISATION_BLOCK = "mobilisation_block", _("Mass-mobilisation block")
        FRONT = "front", _("Fatherland Front")
        WOMEN = "women", _("Women's Union")
        YOUTH = "youth", _("Youth Union")
        VETERANS = "veterans", _("Veterans' Association")
        FARMERS = "farmers", _("Farmers' Association")
        LABOUR = "labour", _("Trade union")
        ASSOCIATION = "association", _("Other association")
        STATE = "state", _("State body")
        PARTY_BODY = "party_body", _("Party organisation (other)")

    CELLS = frozenset(
        {
            Kind.GRASSROOTS_CELL,
            Kind.RESIDENTIAL_CELL,
            Kind.SUBORDINATE_CELL,
            Kind.ENTERPRISE_CELL,
        }
    )
    # Their members also act for the organisations below.
    GRASSROOTS = frozenset(
        {
            Kind.WARD_COMMITTEE,
            Kind.AGENCY_COMMITTEE,
            Kind.FORCES_COMMITTEE,
            Kind.ENTERPRISE_COMMITTEE,
            Kind.GRASSROOTS_CELL,
        }
    )

    class Block(models.TextChoices):
        """Khối: how the committee groups its organisations for meetings and reports."""

        WARDS = "wards", _("Wards and communes")
        AGENCIES = "agencies", _("Agencies")
        FORCES = "forces", _("Armed forces")
        ENTERPRISES = "enterprises", _("Companies")
        ASSOCIATIONS = "associations", _("Front and associations")

    name = LineField(_("name"), max_length=200)
    short_name = LineField(_("short name"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    block = models.CharField(_("block"), max_length=20, choices=Block, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("stands below"),
    )
    position = models.PositiveIntegerField(
        _("protocol order"), default=0, help_text=_("Lists follow it before the alphabet.")
    )
    place = LineField(_("place"), max_length=200, blank=True)
    phone = LineField(_("phone"), max_length=40, blank=True)
    valid_from = models.DateField(_("exists since"), null=True, blank=True)
    valid_until = models.DateField(_("exists until"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("continued by"),
    )
    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)
    search_key = models.CharField(max_length=500, editable=False, default="")
    sort_key = models.BinaryField(editable=False, default=b"")

    history = History(excluded_fields=["search_key", "sort_key"])
    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["position", "sort_key", "pk"]
        indexes = [models.Index(fields=["position", "sort_key", "id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="organisation_not_below_itself",
                violation_error_message=_("An organisation cannot stand below itself."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None)
                | Q(valid_from=None)
                | Q(valid_until__gte=F("valid_from")),
                name="organisation_ends_after_it_starts",
                violation_error_message=_("It cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(successor=None) | Q(valid_until__isnull=False),
                name="organisation_continued_once_it_ends",
                violation_error_message=_("Say until when it existed before it was continued."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("registry:organisation_detail", args=[self.pk])

    def clean(self):
        if self.pk and self.parent_id and self.parent_id in self.subtree_ids():
            raise ValidationError(
                {"parent": _("It cannot stand below one of its own organisations.")}
            )

    def save(self, **kwargs):
        self.search_key = fold(f"{self.name} {self.short_name} {self.place}")[:500]
        self.sort_key = sort_key(self.name)
        super().save(**kwargs)

    @property
    def is_cell(self):
        return self.kind in self.CELLS

    @property
    def is_grassroots(self):
        return self.kind in self.GRASSROOTS

    def subtree_ids(self):
        """Return the keys of this organisation and all below it; one query."""
        return set(Organisation.objects.subtree(self.pk).values_list("pk", flat=True))

    def ancestors(self):
        """Return those it stands below, nearest first; one query."""
        line = {
            organisation.pk: organisation for organisation in Organisation.objects.line_of(self.pk)
        }
        above, at = [], line.get(self.parent_id)
        while at is not None and at not in above:
            above.append(at)
            at = line.get(at.parent_id)
        return above

    def grassroots(self):
        """Return the grassroots organisation it belongs to: itself, or the nearest above."""
        return next((up for up in [self, *self.ancestors()] if up.is_grassroots), None)

    @transaction.atomic
    def end(self, *, on, by, reason, successor=None):
        """End this organisation on a day.

        Its models go on with the successor, under the name they were registered by, those not
        received yet as well: nobody else could finish them. Without a successor those that run
        are closed as "unit dissolved". What stands below it moves below the successor, or below
        its parent.
        """
        self.refresh_from_db(from_queryset=Organisation.objects.select_for_update())
        self._check_end(successor)
        self.valid_until, self.successor = on, successor
        self.validate_constraints()
        self.save_by(by, why=reason)
        if successor is None:
            for model in self.models.running():
                model.close_with_unit(by=by, reason=reason)
        else:
            for model in self.models.exclude(status="closed"):
                model.hand_to(successor, by=by, reason=reason)
        for child in self.children.filter(Q(valid_until=None) | Q(valid_until__gt=on)):
            child.parent = successor or self.parent
            child.save_by(by, why=reason)
        self.memberships.filter(Q(until=None) | Q(until__gt=on)).end(on=on, by=by, why=reason)

    def _check_end(self, successor):
        if self.successor is not None:
            raise ValidationError(_("It has ended already, and is continued by another."))
        if successor is not None and successor.pk in self.subtree_ids():
            raise ValidationError(_("Neither itself nor an organisation below it can continue it."))


class PartyCell(Organisation):
    """A party cell: an organisation of one of the kinds in :attr:`Organisation.CELLS`.

    For naming and for its own page in the administration; written through Organisation.
    """

    objects = PartyCellManager()

    class Meta:
        proxy = True
        verbose_name = _("party cell")
        verbose_name_plural = _("party cells")
