"""The lists the committee keeps. An entry that is no longer used is switched off."""

from django.contrib import admin

from registry.admin.base import RecordedAdmin
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
    pass


@admin.register(Movement)
class MovementAdmin(EntryAdmin):
    pass


@admin.register(Indicator)
class IndicatorAdmin(EntryAdmin):
    list_display = ["name", "unit", "is_cumulative", "position", "is_active"]
    list_filter = ["is_active", "is_cumulative"]
    fieldsets = [(None, {"fields": ["name", "unit", "is_cumulative", "position", "is_active"]})]
