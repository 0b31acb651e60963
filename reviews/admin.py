"""The reviews in the administration. Ballots, proposals and issued papers are only seen."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from registry.admin.attachments import StoredFileAdmin
from registry.admin.base import (
    InlineForm,
    NeedsFilter,
    RecordedAdmin,
    RecordedSeen,
    RegisterInline,
    SeenInline,
    YearFilter,
    reads_as,
)
from registry.admin.catalogues import EntryAdmin
from registry.models import Enrolment, PracticeModel, Verdict
from reviews.models import (
    AgendaItem,
    Assessment,
    Conclusion,
    Criterion,
    Decision,
    DecisionLine,
    PanelMember,
    Recusal,
    Round,
    Scan,
    Score,
    Seminar,
    StockRemark,
)

# What an agenda item is found by: the model it is on, or its title and unit.
ITEM_TEXTS = ["item__model__name", "item__model__code", "item__title", "item__organisation__name"]
ITEM = ["item__model", "item__organisation"]


# --- Seminars -----------------------------------------------------------------------------------


class WhilePlanned(RegisterInline):
    """Who sits and by what they judge is settled before the ballots are handed out."""

    def is_open(self, parent):
        return parent is None or parent.is_planned


class PanelMemberInline(WhilePlanned):
    model = PanelMember
    fields = ["position", "name", "title", "organisation", "user"]
    autocomplete_fields = ["organisation", "user"]


class CriterionInline(WhilePlanned):
    model = Criterion
    fields = ["position", "name", "max_points"]


class AgendaItemInline(WhilePlanned):
    """Models are put before a seminar on the site, which knows whose they are."""

    model = AgendaItem
    fields = ["position", "model", "organisation", "title", "presenter", "paper"]
    readonly_fields = ["model", "organisation", "title"]

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("model", "organisation")


@admin.register(Seminar)
class SeminarAdmin(RecordedAdmin):
    list_display = ["title", "kind", "held_on", "place", "state", "origin"]
    list_filter = ["state", "kind", "origin", "is_sample"]
    date_hierarchy = "held_on"
    search_fields = ["title", "place"]
    readonly_fields = ["state", "origin", "opened_at", "closed_at", "is_sample"]
    fieldsets = [
        (None, {"fields": ["kind", "title", "held_on", "place", "chair", "secretary", "quorum"]}),
        (
            _("Where it stands"),
            {"fields": ["state", "opened_at", "closed_at", "origin", "is_sample"]},
        ),
    ]
    inlines = [PanelMemberInline, CriterionInline, AgendaItemInline]

    def is_open(self, record):
        return record.state != Seminar.State.CLOSED


@admin.register(PanelMember)
class PanelMemberAdmin(RecordedAdmin):
    may_add = False  # on the page of the seminar
    list_display = ["name", "title", "organisation", "user", "seminar"]
    list_filter = ["seminar__state"]
    list_select_related = ["organisation", "user", "seminar"]
    search_fields = ["name", "title", "seminar__title"]
    readonly_fields = ["seminar", "organisation", "user"]
    fieldsets = [
        (None, {"fields": ["seminar", "name", "title", "organisation", "user", "position"]})
    ]


@admin.register(Criterion)
class CriterionAdmin(RecordedSeen):
    list_display = ["name", "seminar", "max_points", "position"]
    list_select_related = ["seminar"]
    search_fields = ["name", "seminar__title"]
    fieldsets = [(None, {"fields": ["seminar", "name", "max_points", "position"]})]


@admin.register(StockRemark)
class StockRemarkAdmin(EntryAdmin):
    list_display = ["name", "verdict", "position", "is_active"]
    list_filter = ["verdict", "is_active"]
    fieldsets = [(None, {"fields": ["name", "verdict", "position", "is_active"]})]


@admin.register(AgendaItem)
class AgendaItemAdmin(RecordedAdmin):
    may_add = False  # the site puts models before a seminar
    list_display = ["__str__", "organisation", "seminar", "position", "paper", "proposed"]
    list_filter = ["paper", "proposed", "seminar__state"]
    list_select_related = ["model", "organisation", "seminar"]
    search_fields = ["model__name", "model__code", "title", "organisation__name", "seminar__title"]
    readonly_fields = ["seminar", "position", "organisation", "model", "title"]
    fieldsets = [
        (None, {"fields": ["seminar", "position", "organisation", "model", "title"]}),
        (_("On the day"), {"fields": ["presenter", "paper", "opinion", "proposed", "gist"]}),
    ]

    def is_open(self, record):
        return record.seminar.state != Seminar.State.CLOSED

    def hold(self, key):
        """Hold the seminar too, and first, as the verbs do: it is not closed meanwhile."""
        its = AgendaItem.objects.filter(pk=key).values("seminar")
        list(Seminar.objects.select_for_update().filter(pk__in=its).values("pk"))
        super().hold(key)


# --- What is said -------------------------------------------------------------------------------


class ScoreInline(SeenInline):
    model = Score
    fields = ["criterion", "points"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("criterion")


@admin.register(Assessment)
class AssessmentAdmin(RecordedSeen):
    """A member's vote: nobody writes it here, handed in or not."""

    list_display = ["item", "member", "verdict", "handed_in_at", "source", "entered_by"]
    list_filter = ["verdict", ("handed_in_at", admin.EmptyFieldListFilter), "source"]
    list_select_related = [*ITEM, "member", "entered_by"]
    date_hierarchy = "handed_in_at"
    search_fields = ["member__name", *ITEM_TEXTS]
    fieldsets = [
        (None, {"fields": ["item", "member", "verdict", "remark", "retire_reason"]}),
        (_("Handed in"), {"fields": ["handed_in_at", "source", "entered_by", "what_was_judged"]}),
    ]
    readonly_fields = ["what_was_judged"]
    inlines = [ScoreInline]

    @admin.display(description=_("what was judged"))
    def what_was_judged(self, ballot):
        """Show the snapshot by the names its fields have on the model."""
        names = {field.name: field.verbose_name for field in PracticeModel._meta.fields}
        rows = [
            (names.get(key, key), text) for key, text in (ballot.snapshot or {}).items() if text
        ]
        return format_html_join("", "<p><b>{}</b>: {}</p>", rows) or "–"


@admin.register(Score)
class ScoreAdmin(RecordedSeen):
    list_display = ["assessment", "criterion", "points"]
    list_select_related = [
        "assessment__item__model", "assessment__item__organisation", "assessment__member",
        "criterion",
    ]  # fmt: skip
    search_fields = ["assessment__member__name", "criterion__name"]
    fieldsets = [(None, {"fields": ["assessment", "criterion", "points"]})]


@admin.register(Recusal)
class RecusalAdmin(RecordedSeen):
    list_display = ["item", "member", "of_own_unit", "reason"]
    list_filter = ["of_own_unit"]
    list_select_related = [*ITEM, "member"]
    search_fields = ["member__name", *ITEM_TEXTS]
    fieldsets = [(None, {"fields": ["item", "member", "of_own_unit", "reason"]})]


@admin.register(Conclusion)
class ConclusionAdmin(RecordedSeen):
    list_display = ["item", "verdict", "whose", "recorded_by", "recorded_at"]
    list_filter = ["verdict"]
    list_select_related = [*ITEM, "recorded_by"]
    date_hierarchy = "recorded_at"
    search_fields = ITEM_TEXTS
    readonly_fields = ["tally_in_words"]
    fieldsets = [
        (None, {"fields": [
            "item", "verdict", "rationale", "retire_reason", "closing_kind", "merged_into",
            "review_by", "take_up",
        ]}),
        (_("Recorded"), {"fields": ["whose", "recorded_by", "recorded_at", "tally_in_words"]}),
    ]  # fmt: skip

    @admin.display(description=_("tally at that moment"))
    def tally_in_words(self, conclusion):
        counted = (conclusion.tally or {}).get("verdicts", {})
        return ", ".join(f"{v.label}: {counted[v]}" for v in Verdict if counted.get(v)) or "–"


# --- What is decided ----------------------------------------------------------------------------


class DecisionLineInline(RegisterInline):
    """The lines of a draft; what is issued never changes."""

    model = DecisionLine
    form = InlineForm
    fields = [
        "model", "verdict", "reason", "retire_reason", "closing_kind", "merged_into", "review_by",
        "take_up",
    ]  # fmt: skip
    autocomplete_fields = ["model", "merged_into", "take_up"]
    template = "admin/edit_inline/stacked.html"

    def is_open(self, parent):
        return parent is None or not parent.is_issued

    def get_queryset(self, request):
        lines = super().get_queryset(request).select_related("model", "merged_into")
        return lines.prefetch_related("take_up")


@admin.register(Decision)
class DecisionAdmin(RecordedAdmin):
    """A paper is prepared here or on the site, and issued on the site alone."""

    list_display = ["subject", "kind", "number", "dated", "signatory", "issued_at", "published_at"]
    list_filter = [
        NeedsFilter, "kind", ("issued_at", admin.EmptyFieldListFilter), "origin", "is_sample",
    ]  # fmt: skip
    needs = {"without_scan": _("Published papers without a scan")}
    date_hierarchy = "dated"
    search_fields = ["subject", "number", "signatory"]
    autocomplete_fields = ["seminar"]
    readonly_fields = [
        "corrects",
        "issued_at",
        "recorded_by",
        "published_at",
        "origin",
        "is_sample",
    ]
    fieldsets = [
        (None, {"fields": ["kind", "subject", "seminar", "corrects"]}),
        (_("From the signed paper"), {"fields": [
            "number", "dated", "signatory", "signatory_position",
        ]}),
        (_("Where it stands"), {"fields": [
            "issued_at", "recorded_by", "published_at", "origin", "is_sample",
        ]}),
    ]  # fmt: skip
    inlines = [DecisionLineInline]

    def is_open(self, record):
        return not record.is_issued

    def save_model(self, request, obj, form, change):
        if change:
            obj.write(by=request.user, version=obj.version, why=form.cleaned_data["why"])
        else:
            super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        formset.save(commit=False)
        for row in formset.forms:
            if row.has_changed():
                form.instance.add_line(
                    row.instance,
                    by=request.user,
                    version=form.instance.version,
                    take_up=row.cleaned_data["take_up"],
                )


@admin.register(DecisionLine)
class DecisionLineAdmin(RecordedSeen):
    list_display = ["model", "verdict", "decision", "review_by"]
    list_filter = ["verdict", "closing_kind", ("decision__issued_at", admin.EmptyFieldListFilter)]
    list_select_related = ["model", "decision"]
    search_fields = ["model__search_key"]
    fieldsets = [(None, {"fields": [
        "decision", "model", "verdict", "reason", "retire_reason", "closing_kind", "merged_into",
        "review_by", "take_up",
    ]})]  # fmt: skip


@admin.register(Scan)
class ScanAdmin(RecordedSeen, StoredFileAdmin):
    list_display = ["original_name", "of_what", "added_at", "added_by"]
    list_select_related = [
        "added_by", "decision", "item__model", "item__organisation",
        "assessment__item__model", "assessment__item__organisation", "assessment__member",
    ]  # fmt: skip
    date_hierarchy = "added_at"
    search_fields = ["original_name"]
    readonly_fields = ["of_what", "to_open"]
    fieldsets = [(None, {"fields": [
        "of_what", "to_open", "content_type", "size", "virus", "added_at", "added_by",
    ]})]  # fmt: skip

    @admin.display(description=_("scan of"))
    def of_what(self, scan):
        return str(scan.decision or scan.item or scan.assessment)


# --- Rounds -------------------------------------------------------------------------------------


@admin.register(Round)
class RoundAdmin(RecordedAdmin):
    list_display = ["name", "kind", "the_year", "opens_on", "deadline", "closed_at"]
    list_filter = ["kind", YearFilter, ("closed_at", admin.EmptyFieldListFilter)]
    date_hierarchy = "deadline"
    search_fields = ["name"]
    readonly_fields = ["the_year", "closed_at"]
    fieldsets = [(None, {"fields": ["kind", "name", "year", "opens_on", "deadline", "closed_at"]})]
    actions = ["close"]
    the_year = staticmethod(reads_as("year", _("year")))

    def is_open(self, record):
        return record.closed_at is None

    def get_fieldsets(self, request, obj=None):
        """Show the year as it is written where it is only read."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        [(title, options)] = fieldsets
        read = ["the_year" if name == "year" else name for name in options["fields"]]
        return [(title, options | {"fields": read})]

    @admin.action(description=_("Close the chosen rounds"), permissions=["change"])
    def close(self, request, queryset):
        """Close them, once it has been shown what that freezes: a closed round stays closed."""
        if "confirmed" not in request.POST and queryset.open().exists():
            return self.ask_to_close(request, queryset)
        for each in queryset:
            try:
                each.close(by=request.user)
            except ValidationError as error:
                for message in error.messages:
                    self.message_user(request, f"{each}: {message}", messages.ERROR)
            else:
                self.message_user(request, _("“%s” is closed.") % each, messages.SUCCESS)
        return None

    def ask_to_close(self, request, rounds):
        freezing = Round.Kind.REGISTRATION
        context = {
            **self.admin_site.each_context(request),
            "title": _("Close the chosen rounds"),
            "opts": self.opts,
            "chosen": ACTION_CHECKBOX_NAME,
            "closing": [
                (each, frozen_by(each) if each.kind == freezing else None) for each in rounds
            ],
        }
        return render(request, "admin/reviews/round/close.html", context)


def frozen_by(closing):
    """Return how many enrolments of its year a round freezes, and how many wait to be accepted.

    What has ended without having been accepted waits for nothing.
    """
    of_year = Enrolment.objects.filter(year=closing.year)
    waiting = of_year.filter(accepted_at=None).exclude(model__status=PracticeModel.Status.CLOSED)
    return {
        "frozen": of_year.filter(accepted_at__isnull=False, frozen_at=None).count(),
        "waiting": waiting.count(),
        "sent": waiting.sent().count(),
    }
