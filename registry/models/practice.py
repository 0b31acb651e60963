"""The model (mô hình): what it says, and what may be stored of it."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, When
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField, ProseField
from registry.history import History
from registry.models.catalogues import Field, Movement
from registry.models.moves import Moving
from registry.models.organisation import Organisation
from registry.models.verdicts import ClosingKind, Verdict
from registry.partialdates import PartialDateField
from registry.phones import Digits
from registry.querysets import PracticeModelQuerySet
from registry.vietnamese import fold, sort_key


class PracticeModel(Moving):
    """A "mô hình": a way of working that an organisation keeps and others may take up.

    Called PracticeModel because ``Model`` means something else in Django; a variable or key
    that holds one is called ``model``. Eight items make a registration (:attr:`ITEMS`); all
    else may be added when there is something to say.
    """

    class Origin(models.TextChoices):
        FORM = "form", _("Web form")
        IMPORT = "import", _("Import")
        OLD_REGISTER = "old_register", _("Old register")

    class Subject(models.TextChoices):
        COLLECTIVE = "collective", _("A collective")
        INDIVIDUAL = "individual", _("An individual")

    class Level(models.TextChoices):
        GRASSROOTS = "grassroots", _("Grassroots")
        CITY = "city", _("City")
        PROVINCE = "province", _("Province")

    # Unique, so what has no code yet has none at all and not an empty one.
    code = models.CharField(  # noqa: DJ001
        _("code"), max_length=30, unique=True, null=True, editable=False
    )
    name = LineField(_("name of the model"), max_length=300, blank=True)
    short_name = LineField(_("short name"), max_length=120, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="models", verbose_name=_("organisation")
    )
    organisation_name = LineField(
        _("name of the organisation on that day"), max_length=200, editable=False
    )
    partners = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("partner organisations")
    )
    subject = models.CharField(
        _("who keeps it up"), max_length=20, choices=Subject, default=Subject.COLLECTIVE
    )
    individual_name = LineField(_("name of the individual"), max_length=120, blank=True)
    individual_position = LineField(_("position of the individual"), max_length=160, blank=True)
    field = models.ForeignKey(
        Field,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="models",
        verbose_name=_("field"),
    )
    movements = models.ManyToManyField(
        Movement, blank=True, related_name="models", verbose_name=_("movements")
    )
    level = models.CharField(_("level"), max_length=20, choices=Level, default=Level.GRASSROOTS)
    is_pilot = models.BooleanField(_("pilot model"), default=False)
    public = models.BooleanField(
        _("in the open catalogue"),
        default=False,
        help_text=_("Anyone may read it, without contacts, where the catalogue is open."),
    )

    reason = ProseField(_("situation and reason"), blank=True)
    approach = ProseField(_("approach"), blank=True)
    place = LineField(_("place"), max_length=300, blank=True)
    beneficiaries = LineField(_("beneficiaries and participants"), max_length=500, blank=True)
    started = PartialDateField(_("start"), blank=True)
    expected_results = ProseField(_("expected results"), blank=True)
    contact_name = LineField(_("person in charge"), max_length=120, blank=True)
    contact_position = LineField(_("position of the person in charge"), max_length=160, blank=True)
    contact_phone = LineField(_("phone of the person in charge"), max_length=40, blank=True)

    objectives = ProseField(_("objectives"), blank=True)
    actors = ProseField(_("who takes part"), blank=True)
    resources = ProseField(_("budget and resources"), blank=True)
    ends = PartialDateField(_("expected end"), blank=True)
    results = ProseField(_("results"), blank=True)
    difficulties = ProseField(_("difficulties and causes"), blank=True)
    lessons = ProseField(_("lessons"), blank=True)
    replicability = ProseField(_("how it can be kept up and replicated"), blank=True)
    proposals = ProseField(_("proposals"), blank=True)
    paper_number = LineField(_("number of the registration paper"), max_length=60, blank=True)
    paper_date = models.DateField(_("date of the registration paper"), null=True, blank=True)

    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin, default=Origin.FORM, editable=False
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Moving.Status,
        default=Moving.Status.DRAFT,
        editable=False,
    )
    closing_kind = models.CharField(
        _("how it ended"), max_length=20, choices=ClosingKind, blank=True, editable=False
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    verdict = models.CharField(
        _("standing verdict"), max_length=20, choices=Verdict, blank=True, editable=False
    )
    verdict_on = models.DateField(_("date of the verdict"), null=True, editable=False)
    review_by = models.DateField(_("to be reviewed by"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)
    submitted_at = models.DateTimeField(_("first submitted"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    # Whether it was ever accepted: what everybody may see. In a column, so that lists and
    # counts read a narrow index and not the wide rows.
    in_register = models.GeneratedField(
        expression=Case(
            When(Q(accepted_at__isnull=False) | Q(origin="old_register"), then=True), default=False
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    search_key = models.TextField(editable=False, default="")
    sort_key = models.BinaryField(editable=False, default=b"")

    history = History(
        excluded_fields=["in_register", "search_key", "sort_key"],
        m2m_fields=["partners", "movements"],
    )
    objects = PracticeModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["sort_key", "pk"]
        indexes = [
            models.Index(fields=["sort_key", "id"]),
            models.Index(fields=["status", "updated_at"]),
            models.Index(fields=["field", "sort_key"]),
            models.Index(fields=["organisation", "sort_key"]),
            models.Index(fields=["verdict_on"]),
            models.Index(fields=["review_by"]),
            # Who calls is found by the number on the display.
            models.Index(Digits("contact_phone"), name="practicemodel_contact_digits"),
            models.Index(
                fields=[
                    "in_register",
                    "public",
                    "status",
                    "verdict",
                    "field",
                    "level",
                    "organisation",
                ],
                name="practicemodel_counts",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code=None, submitted_at=None)
                | Q(code__isnull=False, submitted_at__isnull=False)
                | Q(code__isnull=False, origin="old_register"),
                name="practicemodel_code_once_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(code__isnull=False),
                name="practicemodel_only_a_draft_has_no_code",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | ~Q(name=""),
                name="practicemodel_only_a_draft_has_no_name",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="practicemodel_accepted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "submitted", "returned"])
                | Q(status="closed", closing_kind="not_accepted")
                | Q(accepted_at__isnull=False)
                | Q(origin="old_register"),
                name="practicemodel_runs_once_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(origin="old_register") | Q(status__in=["running", "closed"]),
                name="practicemodel_old_runs_or_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(status="closed") & ~Q(closing_kind="")
                | ~Q(status="closed") & Q(closing_kind=""),
                name="practicemodel_closed_has_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(closing_kind="merged", merged_into__isnull=False)
                | ~Q(closing_kind="merged") & Q(merged_into=None),
                name="practicemodel_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", verdict_on=None)
                | ~Q(verdict="") & Q(verdict_on__isnull=False),
                name="practicemodel_verdict_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(subject="collective", individual_name="")
                | Q(subject="individual") & ~Q(individual_name=""),
                name="practicemodel_individual_has_a_name",
                violation_error_code="individual_name",
                violation_error_message=_("Give the individual's name, or choose a collective."),
            ),
        ]

    def __str__(self):
        return self.name or gettext("(not named yet)")

    def get_absolute_url(self):
        return reverse("registry:practicemodel_detail", args=[self.pk])

    def save(self, **kwargs):
        self.fill_keys()
        super().save(**kwargs)

    def fill_keys(self):
        """Compute what is stored beside the text; to be called where ``save`` is passed by."""
        if not self.organisation_name:
            self.organisation_name = self.organisation.name
        parts = [self.name, self.short_name, self.code or "", self.organisation_name, self.place]
        self.search_key = " ".join(fold(part) for part in parts)
        self.sort_key = sort_key(self.name)

    def clean(self):
        if self.subject == self.Subject.COLLECTIVE:
            self.individual_name = self.individual_position = ""
