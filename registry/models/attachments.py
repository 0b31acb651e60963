"""What hangs on a model: evidence, outcomes, awards, notes, replications."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry import virusscan
from registry.fields import LineField, ProseField
from registry.history import History, Recorded
from registry.models.catalogues import Indicator
from registry.models.enrolment import Enrolment
from registry.models.events import SecurityEvent
from registry.models.organisation import Organisation
from registry.models.practice import PracticeModel
from registry.querysets import (
    EvidenceQuerySet,
    NoteQuerySet,
    OfModelQuerySet,
    OutcomeQuerySet,
    ReplicationQuerySet,
)


class StoredFile(Recorded):
    """A file kept with a record: stored under a name of ours, served by a permission check."""

    file = models.FileField(_("file"), max_length=200)
    original_name = LineField(_("name of the file"), max_length=160)
    content_type = models.CharField(_("type"), max_length=100, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    held_since = models.DateTimeField(
        _("waits for the virus scanner since"), null=True, editable=False
    )
    virus = models.CharField(
        _("virus found"), max_length=200, blank=True, default="", db_default="", editable=False
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        editable=False,
        related_name="+",
        verbose_name=_("added by"),
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.original_name

    @classmethod
    def store(cls, checked, *, by, **fields):
        """Store a :class:`registry.files.CheckedFile`, inside ``files_follow_the_transaction``."""
        stored = cls(
            original_name=checked.original_name,
            content_type=checked.content_type,
            size=checked.size,
            sha256=checked.sha256,
            width=checked.width,
            height=checked.height,
            held_since=timezone.now() if checked.unscanned else None,
            added_by=by,
            **fields,
        )
        stored.file.save(checked.stored_name, checked.content, save=False)
        stored.save_by(by)
        return stored

    @property
    def is_image(self):
        return self.content_type.startswith("image/")

    def look_again(self):
        """Have the scanner look at a file that was held back, and let it go if it is clean.

        What it has found stays on record, and the file held for good. Raise ScannerAway.
        """
        with self.file.open("rb") as file:
            self.virus = virusscan.found_in(file.read())[:200]
        if self.virus:
            about = f"{self.virus}: {type(self).__name__} {self.pk}"
            SecurityEvent.record(SecurityEvent.Kind.FILE_REFUSED, user=self.added_by, about=about)
        else:
            self.held_since = None
        self.save_by(None, why=f"virus scanner: {self.virus or 'clean'}")


class Evidence(StoredFile):
    """A photo, document or scan that shows what a model does."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        DOCUMENT = "document", _("Document")
        SCAN = "scan", _("Scan of a paper")

    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="evidence", verbose_name=_("model")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.PHOTO)
    caption = LineField(_("caption"), max_length=200, blank=True)
    removed_at = models.DateTimeField(_("taken away"), null=True, editable=False)

    history = History()
    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo or document")
        verbose_name_plural = _("photos and documents")
        ordering = ["pk"]

    def get_absolute_url(self):
        return reverse("registry:evidence_file", args=[self.pk])

    @property
    def has_small(self):
        """Whether pages show it in small. The scan of a paper is opened, which is on record."""
        return self.is_image and self.kind != self.Kind.SCAN

    @property
    def small_address(self):
        """The picture in small, for pages that show several."""
        return f"{self.get_absolute_url()}?small"

    def remove(self, *, by, why=""):
        """Take it off the pages; the file and the record stay."""
        self.removed_at = timezone.now()
        self.save_by(by, why=why)


class Outcome(Recorded):
    """A figure of a model in a year: what was planned, what was achieved."""

    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="outcomes", verbose_name=_("enrolment")
    )
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, related_name="outcomes", verbose_name=_("indicator")
    )
    planned = models.DecimalField(
        _("planned"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    achieved = models.DecimalField(
        _("achieved"), max_digits=16, decimal_places=2, null=True, blank=True
    )

    history = History()
    objects = OutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ["indicator__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "indicator"],
                name="outcome_one_an_indicator",
                violation_error_message=_("This indicator is already in this year's outcomes."),
            ),
            models.CheckConstraint(
                condition=(Q(planned=None) | Q(planned__gte=0))
                & (Q(achieved=None) | Q(achieved__gte=0)),
                name="outcome_not_negative",
                violation_error_message=_("A figure cannot be negative."),
            ),
        ]

    def __str__(self):
        return f"{self.enrolment}: {self.indicator}"


class Award(Recorded):
    """A commendation a model has had: outstanding model, certificate of merit …"""

    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="awards", verbose_name=_("model")
    )
    title = LineField(_("award"), max_length=200)
    level = models.CharField(_("level"), max_length=20, choices=PracticeModel.Level, blank=True)
    paper_number = LineField(_("number of the paper"), max_length=60, blank=True)
    awarded_on = models.DateField(_("date"), null=True, blank=True)

    history = History()
    objects = OfModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering = ["-awarded_on", "-pk"]

    def __str__(self):
        return self.title


class NoteManager(models.Manager.from_queryset(NoteQuerySet)):
    def write(self, model, text, *, by, audience="unit"):
        """Leave a note on a model, to its unit unless said otherwise."""
        note = self.model(model=model, text=text, by=by, audience=audience)
        note.save_by(by)
        return note


class Note(Recorded):
    """A few words on a model: to its unit, or among the clerk's office."""

    class Audience(models.TextChoices):
        UNIT = "unit", _("To the unit")
        OFFICE = "office", _("Internal to the office")

    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="notes", verbose_name=_("model")
    )
    audience = models.CharField(
        _("for whom"), max_length=20, choices=Audience, default=Audience.UNIT
    )
    text = ProseField(_("note"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)

    history = History()
    objects = NoteManager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["at"])]

    def __str__(self):
        return self.text[:80]


class Replication(Recorded):
    """Another organisation takes a model up, or says why it does not."""

    class State(models.TextChoices):
        NOT_YET = "not_yet", _("Not yet")
        DOING = "doing", _("Being carried out")
        UNSUITED = "unsuited", _("Does not suit this unit")

    ITS_OWN = _("A unit does not replicate a model of its own.")

    model = models.ForeignKey(
        PracticeModel, models.PROTECT, related_name="replications", verbose_name=_("model")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="replications", verbose_name=_("taken up by")
    )
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.NOT_YET)
    since = models.DateField(_("since"), null=True, blank=True)
    remark = ProseField(_("result, or why it does not suit"), blank=True)

    history = History()
    objects = ReplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("replication")
        verbose_name_plural = _("replications")
        ordering = ["organisation__position", "pk"]
        indexes = [
            models.Index(
                fields=["model"], condition=Q(state="not_yet"), name="replication_unanswered"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "organisation"],
                name="replication_once_an_organisation",
                violation_error_code="organisation",
                violation_error_message=_("This unit is on the list already."),
            ),
            models.CheckConstraint(
                condition=~Q(state="unsuited") | ~Q(remark=""),
                name="replication_says_why_not",
                violation_error_code="remark",
                violation_error_message=_("Say why it does not suit this unit."),
            ),
            models.CheckConstraint(
                condition=~Q(state="doing") | Q(since__isnull=False),
                name="replication_doing_since",
                violation_error_code="since",
                violation_error_message=_("Say since when it is being carried out."),
            ),
        ]

    def __str__(self):
        return f"{self.model} → {self.organisation}"

    def clean(self):
        errors = []
        # Of new ones alone: what was recorded before this rule can still be brought up to date.
        owner = self.model.organisation_id if self.model_id else None
        if self._state.adding and owner and owner == self.organisation_id:
            errors.append(ValidationError(self.ITS_OWN, code="organisation"))
        if self.state == self.State.DOING and self.since and self.since > timezone.localdate():
            begun = _("What is being carried out has begun: give a day that is not in the future.")
            errors.append(ValidationError(begun, code="since"))
        if errors:
            raise ValidationError(errors)
