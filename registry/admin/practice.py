"""Models, their years and their moves. Where a model stands, only the moves change."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.utils.translation import gettext_lazy as _

from registry.access import record_opening
from registry.admin.base import (
    NeedsFilter,
    RecordedAdmin,
    RecordForm,
    RegisterInline,
    Seen,
    SeenInline,
    YearFilter,
    reads_as,
)
from registry.models import Award, Enrolment, Evidence, Mail, Move, Opening, Outcome, PracticeModel


class EnrolmentYearFilter(YearFilter):
    title = _("year of the register")
    field = "enrolments__year"


class PracticeModelForm(RecordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["why"].required = True
        if "name" in self.fields:
            self.fields["name"].required = not self.instance.is_unsent

    def clean_public(self):
        public = self.cleaned_data["public"]
        if public:
            self.instance.check_accepted()
        return public


class EnrolmentInline(SeenInline):
    model = Enrolment
    fields = ["the_year", "kind", "theme", "sent_at", "accepted_at", "frozen_at"]
    readonly_fields = tuple(fields)
    the_year = staticmethod(reads_as("year", _("year")))


class EvidenceInline(SeenInline):
    model = Evidence
    fields = ["original_name", "kind", "caption", "added_at", "removed_at"]
    readonly_fields = tuple(fields)


class AwardInline(SeenInline):
    model = Award
    fields = ["title", "level", "paper_number", "awarded_on"]


class MoveInline(SeenInline):
    model = Move
    fields = ["at", "from_status", "to_status", "by", "on_behalf_of", "reason", "due"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("by", "on_behalf_of")


@admin.register(PracticeModel)
class PracticeModelAdmin(RecordedAdmin):
    form = PracticeModelForm
    may_add = False
    list_display = [
        "code", "name", "organisation", "status", "verdict", "public", "updated_at",
    ]  # fmt: skip
    list_display_links = ["code", "name"]
    needs = {"left_by_their_unit": _("Models whose unit has ended")}
    list_filter = [
        NeedsFilter, "status", "verdict", "field", "organisation__block", "level",
        EnrolmentYearFilter, "public", "is_pilot", "origin",
    ]  # fmt: skip
    list_select_related = ["organisation"]
    date_hierarchy = "submitted_at"
    search_fields = ["search_key"]
    autocomplete_fields = ["partners", "field", "movements"]
    readonly_fields = [
        "code", "organisation", "organisation_name", "status", "closing_kind", "merged_into",
        "verdict", "verdict_on", "review_by", "origin", "created_at", "updated_at",
        "submitted_at", "accepted_at", "accepted_by",
    ]  # fmt: skip
    fieldsets = [
        (_("Where it stands"), {"fields": [
            "code", "status", "closing_kind", "merged_into", "verdict", "verdict_on", "review_by",
            "origin", "created_at", "submitted_at", "accepted_at", "accepted_by", "updated_at",
        ]}),
        (_("Registration"), {"fields": [
            "name", "short_name", "organisation", "organisation_name", "field", "movements",
            "reason", "approach", "place", "beneficiaries", "started", "expected_results",
            "contact_name", "contact_position", "contact_phone",
        ]}),
        (_("Who keeps it up"), {"fields": [
            "subject", "individual_name", "individual_position", "partners", "actors",
        ]}),
        (_("Further"), {"fields": [
            "level", "is_pilot", "public", "objectives", "resources", "ends", "results",
            "difficulties", "lessons", "replicability", "proposals", "paper_number", "paper_date",
        ]}),
    ]  # fmt: skip
    inlines = [EnrolmentInline, EvidenceInline, AwardInline, MoveInline]

    def is_open(self, record):
        """A draft is its unit's alone until it is sent; what has ended no longer changes."""
        return not record.is_unsent and record.status != PracticeModel.Status.CLOSED

    def suggested_as(self, model):
        return f"{model} ({model.code or _('draft')}, {model.organisation_name})"

    def save_model(self, request, obj, form, change):
        obj.write(by=request.user, version=obj.version, why=form.cleaned_data["why"])

    def change_view(self, request, object_id, form_url="", extra_context=None):
        self._record_opening(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(self, request, object_id, extra_context=None):
        self._record_opening(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        self._record_opening(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)

    def _record_opening(self, request, object_id):
        """Keep, here as on the site, that somebody looked into what its unit has not sent."""
        model = self.get_object(request, unquote(object_id))
        if model is not None and self.has_view_permission(request, model):
            record_opening(request.user, model)


class OutcomeInline(RegisterInline):
    model = Outcome
    fields = ["indicator", "planned", "achieved"]
    autocomplete_fields = ["indicator"]

    def is_open(self, parent):
        return parent is None or parent.frozen_at is None


@admin.register(Enrolment)
class EnrolmentAdmin(RecordedAdmin):
    may_add = False
    list_display = [
        "model",
        "the_year",
        "kind",
        "sent_at",
        "endorsed_at",
        "accepted_at",
        "frozen_at",
    ]
    list_filter = [
        YearFilter, "kind", ("sent_at", admin.EmptyFieldListFilter),
        ("accepted_at", admin.EmptyFieldListFilter), ("frozen_at", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["model"]
    search_fields = ["model__search_key"]
    readonly_fields = [
        "model", "the_year", "kind", "entered_by", "on_behalf_of", "sent_at", "sent_by",
        "endorsed_at", "endorsed_by", "accepted_at", "accepted_by", "frozen_at",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["model", "the_year", "kind", "theme"]}),
        (_("Where it stands"), {"fields": [
            "entered_by", "on_behalf_of", "sent_at", "sent_by", "endorsed_at", "endorsed_by",
            "accepted_at", "accepted_by", "frozen_at",
        ]}),
    ]  # fmt: skip
    inlines = [OutcomeInline]
    the_year = staticmethod(reads_as("year", _("year")))

    def is_open(self, record):
        return record.frozen_at is None


@admin.register(Move)
class MoveAdmin(Seen):
    list_display = ["at", "model", "from_status", "to_status", "by", "on_behalf_of", "due"]
    list_display_links = ["at", "model"]
    list_filter = ["to_status", "from_status"]
    list_select_related = ["model", "by", "on_behalf_of"]
    date_hierarchy = "at"
    search_fields = ["model__search_key"]
    fieldsets = [(None, {"fields": [
        "model", "name", "from_status", "to_status", "at", "by", "typed_by", "on_behalf_of",
        "reason", "due",
    ]})]  # fmt: skip


@admin.register(Opening)
class OpeningAdmin(Seen):
    list_display = ["at", "model", "by"]
    list_select_related = ["model", "by"]
    date_hierarchy = "at"
    search_fields = ["model__search_key"]
    fieldsets = [(None, {"fields": ["model", "by", "at"]})]


@admin.register(Mail)
class MailAdmin(Seen):
    list_display = ["written_at", "to", "subject", "attempts", "sent_at", "last_error"]
    list_filter = [NeedsFilter, ("sent_at", admin.EmptyFieldListFilter)]
    needs = {"stuck": _("Mail that does not go out")}
    date_hierarchy = "written_at"
    search_fields = ["to", "subject"]
    fieldsets = [(None, {"fields": [
        "move", "to", "subject", "body", "written_at", "attempts", "next_attempt_at", "sent_at",
        "last_error",
    ]})]  # fmt: skip
