"""What hangs on a model: photos and documents, outcomes, awards, notes, replications."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from registry.admin.base import NeedsFilter, RecordedAdmin, RecordedSeen, YearFilter
from registry.models import Award, Evidence, Note, Outcome, Replication


class OfModelAdmin(RecordedAdmin):
    """Records of a model: which model, and of what, is said once."""

    fixed = ["model"]
    list_select_related = ["model"]
    search_fields = ["model__search_key"]
    autocomplete_fields = ["model"]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *self.fixed] if obj is not None else fields


@admin.register(Award)
class AwardAdmin(OfModelAdmin):
    list_display = ["title", "model", "level", "paper_number", "awarded_on"]
    list_filter = ["level"]
    date_hierarchy = "awarded_on"
    fieldsets = [(None, {"fields": ["model", "title", "level", "paper_number", "awarded_on"]})]


@admin.register(Replication)
class ReplicationAdmin(OfModelAdmin):
    fixed = ["model", "organisation"]
    list_display = ["model", "organisation", "state", "since"]
    list_filter = ["state", "organisation__block"]
    list_select_related = ["model", "organisation"]
    autocomplete_fields = ["model", "organisation"]
    fieldsets = [(None, {"fields": ["model", "organisation", "state", "since", "remark"]})]


class OutcomeYearFilter(YearFilter):
    field = "enrolment__year"


@admin.register(Outcome)
class OutcomeAdmin(OfModelAdmin):
    may_add = False  # on the page of its enrolment
    fixed = ["enrolment", "indicator"]
    list_display = ["enrolment", "indicator", "planned", "achieved"]
    list_filter = [OutcomeYearFilter, "indicator"]
    list_select_related = ["enrolment__model", "indicator"]
    search_fields = ["enrolment__model__search_key"]
    autocomplete_fields = []
    fieldsets = [(None, {"fields": ["enrolment", "indicator", "planned", "achieved"]})]

    def is_open(self, record):
        return record.enrolment.frozen_at is None


class StoredFileAdmin(RecordedAdmin):
    """Files come in through the site, which looks at them first."""

    may_add = False
    needs = {"infected": _("Files in which a virus was found")}
    list_filter = [NeedsFilter]

    @admin.display(description=_("file"))
    def to_open(self, stored):
        return format_html('<a href="{}">{}</a>', stored.get_absolute_url(), stored.original_name)


@admin.register(Evidence)
class EvidenceAdmin(StoredFileAdmin):
    list_display = ["original_name", "model", "kind", "added_at", "added_by", "removed_at"]
    list_filter = [NeedsFilter, "kind", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["model", "added_by"]
    date_hierarchy = "added_at"
    search_fields = ["model__search_key"]
    readonly_fields = [
        "model", "to_open", "content_type", "size", "virus", "added_at", "added_by", "removed_at",
    ]  # fmt: skip
    fieldsets = [(None, {"fields": [
        "model", "to_open", "kind", "caption", "content_type", "size", "virus", "added_at",
        "added_by", "removed_at",
    ]})]  # fmt: skip


@admin.register(Note)
class NoteAdmin(RecordedSeen):
    list_display = ["at", "model", "audience", "by"]
    list_filter = ["audience"]
    list_select_related = ["model", "by"]
    date_hierarchy = "at"
    search_fields = ["model__search_key"]
    fieldsets = [(None, {"fields": ["model", "audience", "text", "by", "at"]})]
