"""Security events in the administration: to be read, newest first."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import NeedsFilter, Seen
from registry.models import Redaction, SecurityEvent


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return SecurityEvent.Kind.choices

    def queryset(self, request, queryset):
        if self.value() in SecurityEvent.Kind.values:
            return queryset.filter(kind=self.value())
        return queryset


@admin.register(SecurityEvent)
class SecurityEventAdmin(Seen):
    list_display = ["at", "kind", "whose", "address", "by_another"]
    list_display_links = ["at", "kind"]
    list_filter = [NeedsFilter, KindFilter]
    needs = {"failed_lately": _("Tasks of the server that failed this week")}
    list_select_related = ["user", "by"]
    date_hierarchy = "at"
    search_fields = ["user__search_key"]
    search_help_text = _("Name of the account")
    show_full_result_count = False
    fieldsets = [(None, {"fields": [
        "at", "kind", "user", "username", "by", "about", "address", "request_id",
    ]})]  # fmt: skip

    @admin.display(description=_("account"), ordering="user__sort_key")
    def whose(self, event):
        """Return whose account it was about, or the name that was tried."""
        return event.user or event.username or "–"

    @admin.display(description=_("by"), ordering="by__sort_key")
    def by_another(self, event):
        """Return who has done it to somebody else's account."""
        return event.by if event.by_id and event.by_id != event.user_id else "–"


@admin.register(Redaction)
class RedactionAdmin(Seen):
    list_display = ["at", "by", "reason", "paper"]
    search_fields = ["reason", "paper"]
    list_select_related = ["by"]
    date_hierarchy = "at"
    fieldsets = [(None, {"fields": ["at", "by", "reason", "paper", "what"]})]
