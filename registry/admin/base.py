"""What every page of the administration has in common.

Nothing is deleted, what the moves keep is not edited around them, and whoever saves stands in
the history, with the reason.
"""

from itertools import pairwise

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import (
    AdminTextInputWidget,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms.models import _get_foreign_key
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from registry.admin import words
from registry.forms.attachments import OnceField
from registry.forms.base import FormLook
from registry.forms.lookups import is_key
from registry.history import version_of
from registry.models.tokens import FormToken, TokenSpent
from registry.querysets import matching
from registry.vietnamese import clean_text, fold


class InlineForm(FormLook, forms.ModelForm):
    """A form that speaks where our forms speak, and looks as the administration looks."""

    default_renderer = None  # type: ignore[assignment]
    bound_field_class = None  # type: ignore[assignment]

    def _post_clean(self):
        """Hold the record to all its constraints.

        Django passes by those that name a field this page does not show; the database does not.
        """
        super()._post_clean()
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except forms.ValidationError as error:
                self._update_errors(error)


class OnceForm(InlineForm):
    """To add a record: sent twice, it adds one."""

    token = OnceField()


class RecordForm(OnceForm):
    """To add a record, or to change one: who comes second to a change is told."""

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    why = forms.CharField(
        label=_("Reason for the change"),
        required=False,
        max_length=300,
        help_text=_("Kept in the history."),
        widget=AdminTextInputWidget,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["token"]
            self.fields["opened_version"].initial = self.instance.page_version
        else:
            del self.fields["opened_version"], self.fields["why"]

    def clean_why(self):
        return clean_text(self.cleaned_data["why"])

    def clean(self):
        cleaned = super().clean()
        opened = cleaned.get("opened_version")
        if self.instance.pk and opened != self.instance.page_version:
            self.add_error(
                None, _("Somebody has saved this record since you opened the page. Open it again.")
            )
        return cleaned


class Suggested:
    """Choosing by typing that takes what no page of ours sends for a wrong choice.

    Django's own widgets, shown again with a key that is no number, fail in the database.
    """

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [key for key in value if is_key(key)], attr)


class SuggestedOne(Suggested, AutocompleteSelect):
    pass


class SuggestedSeveral(Suggested, AutocompleteSelectMultiple):
    pass


class Suggesting:
    """What pages and rows share: which widget takes a choice made by typing."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = SuggestedOne(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = SuggestedSeveral(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class NeedsFilter(admin.SimpleListFilter):
    """What needs the registrar: the queryset methods that the page names in ``needs``."""

    title = _("what needs the registrar")
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return list(model_admin.needs.items())

    def queryset(self, request, queryset):
        if self.value() in {key for key, _label in self.lookup_choices}:
            return getattr(queryset, self.value())()
        return queryset


class RegisterAdmin(Suggesting, admin.ModelAdmin):
    """The rules of every page. ``search_fields`` names a folded key, or texts to be folded."""

    list_per_page = 50
    save_on_top = True
    may_add = True
    # Queryset method to words, for NeedsFilter and the start page.
    needs: dict[str, Promise] = {}

    def is_open(self, record):
        """Whether the registrar may still write this record."""
        return True

    def has_add_permission(self, request):
        return self.may_add and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        return (obj is None or self.is_open(obj)) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        """Find what holds every word, in any order, diacritics aside."""
        fields = self.get_search_fields(request)
        wanted = fold(search_term).split()
        if not wanted:
            return queryset, False
        if fields[0].endswith("search_key"):
            return queryset.filter(matching(search_term, fields[0])), False
        texts = queryset.order_by().values_list("pk", *fields)
        found = [
            pk
            for pk, *parts in texts
            if all(word in fold(" ".join(filter(None, parts))) for word in wanted)
        ]
        return queryset.filter(pk__in=found), False

    def get_changelist_instance(self, request):
        """Take a day that no calendar has, in the address, for a filter that is not understood."""
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(error) from error

    def response_action(self, request, queryset):
        """Take what is ticked and can be no key for not ticked; the database would not."""
        ticked = [key for key in request.POST.getlist(ACTION_CHECKBOX_NAME) if is_key(key)]
        request.POST = request.POST.copy()
        request.POST.setlist(ACTION_CHECKBOX_NAME, ticked)
        return super().response_action(request, queryset)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Say it, where two people save at the same moment what can only be there once."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except TokenSpent as spent:
            return HttpResponseRedirect(spent.result or request.get_full_path())
        except IntegrityError:
            self.message_user(
                request,
                _("Nothing was saved: it contradicts another record. Look, then try again."),
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())

    def log_addition(self, request, obj, message):
        """Keep no log beside the history: it would hold names that a redaction has to find."""

    log_change = log_addition

    def address(self, page, record):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[record.pk])


class RecordedAdmin(RegisterAdmin, SimpleHistoryAdmin):
    """Records with a history: each save has an author and may have a reason."""

    form = RecordForm
    asks: tuple[str, ...] = ("why", "opened_version")

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return [*fieldsets, (None, {"fields": ["token"]})]
        if not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (None, {"fields": self.asks})]

    def get_object(self, request, object_id, from_field=None):
        """Return the record; to be written, under its lock, so that no move comes between.

        Its version is counted before it is read: no page passes for newer than what it shows.
        """
        if not is_key(object_id):
            return None
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            self.hold(object_id)
        version = self._version(object_id)
        record = super().get_object(request, object_id, from_field)
        if record is not None:
            record.page_version = version
        return record

    def hold(self, key):
        """Lock what must not change while the record is written: itself."""
        # Evaluated for its lock alone.
        list(self.model._base_manager.select_for_update().filter(pk=key).values("pk"))

    def _version(self, key):
        """Return a number that grows with each entry on the record or on a row its page writes."""
        rows = 0
        for inline in self.inlines:
            if not issubclass(inline, SeenInline):
                to_parent = _get_foreign_key(self.model, inline.model).name
                rows += inline.model.history.filter(**{to_parent: key}).count()
        return version_of(self.model.history.filter(id=key)) + rows

    def save_model(self, request, obj, form, change):
        if change:
            obj.save_by(request.user, why=form.cleaned_data["why"])
            return
        claimed = FormToken.claim(form.cleaned_data["token"], request.user)
        obj.save_by(request.user)
        claimed.led_to(self.address("change", obj))

    def save_formset(self, request, form, formset, change):
        for record in formset.save(commit=False):
            record.save_by(request.user, why=form.cleaned_data.get("why", ""))
        formset.save_m2m()

    # --- History ----------------------------------------------------------------------------

    def history_view(self, request, object_id, extra_context=None):
        if not is_key(unquote(object_id)):
            raise Http404
        return super().history_view(request, object_id, extra_context)

    def get_history_queryset(self, request, history_manager, pk_name, object_id):
        entries = super().get_history_queryset(request, history_manager, pk_name, object_id)
        return entries.select_related("on_behalf_of")

    def set_history_delta_changes(self, request, historical_records, foreign_keys_are_objs=True):
        entries = list(historical_records)
        for entry, before in pairwise(entries):
            entry.history_delta_changes = words.changes(entry, before)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """Show the record as it stood then.

        The library's own page would put it back as it was, with the state of that day.
        """
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not is_key(object_id) or not is_key(version_id):
            raise Http404
        entry = get_object_or_404(self.model.history, pk=version_id, id=object_id)
        if not self.has_view_permission(request, entry.instance):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("As it stood then"),
            "subtitle": str(entry.instance),
            "opts": self.opts,
            "object_id": object_id,
            "entry": entry,
            "rows": words.rows(entry).values(),
        }
        return render(request, self.object_history_form_template, context)


class Seen(RegisterAdmin):
    """Records that only the moves write."""

    may_add = False

    def is_open(self, record):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class RecordedSeen(Seen, RecordedAdmin):
    """The same, with a history."""


class RegisterInline(Suggesting, admin.TabularInline):
    """Rows below a record: written with it, never deleted."""

    form = InlineForm
    extra = 0
    can_delete = False
    show_change_link = True

    def is_open(self, parent):
        return True

    def has_add_permission(self, request, obj=None):
        return self.is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return self.is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False


class SeenInline(RegisterInline):
    """Rows that only the moves write."""

    def is_open(self, parent):
        return False


class YearFilter(admin.SimpleListFilter):
    """Years, written without the dot of a thousand."""

    title = _("year")
    parameter_name = "year"
    field = "year"

    def lookups(self, request, model_admin):
        years = model_admin.model._default_manager.order_by().values_list(self.field, flat=True)
        found = sorted({year for year in years.distinct() if year is not None}, reverse=True)
        return [(str(year), str(year)) for year in found]

    def queryset(self, request, queryset):
        if self.value() in {key for key, _label in self.lookup_choices}:
            return queryset.filter(**{self.field: int(self.value())})
        return queryset


def reads_as(name, label):
    """Return a column that shows the whole number of a field as it is: a year has no dots."""

    @admin.display(description=label, ordering=name)
    def column(record):
        value = getattr(record, name)
        return "–" if value is None else str(value)

    return column
