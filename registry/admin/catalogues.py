"""The lists the committee keeps. An entry that is no longer used is switched off."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import NeedsFilter, RecordedAdmin
from registry.models import Field, Indicator, Movement


class EntryAdmin(RecordedAdmin):
    list_display = ["name", "position", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name", "position", "is_active"]})]

    def get_search_results(self, request, queryset, search_term):
        """Find entries; those to choose from only while they are in use."""
        if request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_active=True)
        return super().get_search_results(request, queryset, search_term)


@admin.register(Field)
class FieldAdmin(EntryAdmin):
    list_filter = [NeedsFilter, "is_active"]
    needs = {"unused": _("Fields without a model")}


@admin.register(Movement)
class MovementAdmin(EntryAdmin):
    list_filter = [NeedsFilter, "is_active"]
    needs = {"unused": _("Movements without a model")}


@admin.register(Indicator)
class IndicatorAdmin(EntryAdmin):
    list_display = ["name", "unit", "is_cumulative", "position", "is_active"]
    list_filter = [NeedsFilter, "is_active", "is_cumulative"]
    needs = {"unused": _("Indicators without a figure")}
    fieldsets = [(None, {"fields": ["name", "unit", "is_cumulative", "position", "is_active"]})]
