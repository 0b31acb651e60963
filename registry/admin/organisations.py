"""Organisations and party cells, and how one of them ends."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from registry.admin.base import NeedsFilter, RecordedAdmin, RecordedSeen, SuggestedOne, reads_as
from registry.admin.people import ActsForMore, MembershipInline
from registry.models import Call, Organisation, PartyCell
from registry.vietnamese import clean_text


class EndForm(forms.Form):
    """When and why an organisation ends, and who continues it."""

    on = forms.DateField(label=_("Last day"), widget=AdminDateWidget)
    successor = forms.ModelChoiceField(
        label=_("Continued by"),
        queryset=Organisation.objects.none(),
        required=False,
        help_text=_("Its running models go on there. Without one they are closed."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args, organisation, admin_site, **kwargs):
        super().__init__(*args, **kwargs)
        others = Organisation.objects.existing().exclude(pk__in=organisation.subtree_ids())
        self.fields["successor"].queryset = others
        self.fields["successor"].widget = SuggestedOne(
            Organisation._meta.get_field("successor"), admin_site
        )
        self.fields["successor"].widget.choices = self.fields["successor"].choices

    def clean_reason(self):
        return clean_text(self.cleaned_data["reason"])


@admin.register(Organisation)
class OrganisationAdmin(ActsForMore, RecordedAdmin):
    list_display = ["name", "kind", "block", "parent", "position", "valid_from", "valid_until"]
    list_filter = [
        NeedsFilter, "kind", "block", ("valid_until", admin.EmptyFieldListFilter), "is_sample",
    ]  # fmt: skip
    needs = {
        "without_account": _("Units for whom nobody can sign in"),
        "below_an_ended_one": _("Units below one that has ended"),
    }
    search_fields = ["search_key"]
    autocomplete_fields = ["parent"]
    readonly_fields = ["successor", "is_sample"]
    fieldsets = [
        (None, {"fields": ["name", "short_name", "kind", "block", "parent", "position"]}),
        (_("Contact"), {"fields": ["place", "phone"]}),
        (_("Dates"), {"fields": ["valid_from", "valid_until", "successor", "is_sample"]}),
    ]

    class MembershipOfOrganisation(MembershipInline):
        fields = ["user", "since", "until"]

    inlines = [MembershipOfOrganisation]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("parent")

    def get_readonly_fields(self, request, obj=None):
        """Let nobody end an organisation past the page that asks what becomes of its models."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else [*fields, "valid_until"]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        where = format_html(
            '{} <a href="{}">{}</a>',
            _("An organisation is ended on a page of its own, with reason and successor:"),
            self.address("end", obj),
            _("End this organisation"),
        )
        return [
            (
                name,
                options | {"description": where} if "valid_until" in options["fields"] else options,
            )
            for name, options in fieldsets
        ]

    def suggested_as(self, organisation):
        """Tell organisations of the same name apart, where one is chosen by typing."""
        return f"{organisation} ({organisation.parent})" if organisation.parent else organisation

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_end"
        view = self.admin_site.admin_view(self.end_view)
        return [path("<path:object_id>/end/", view, name=name), *super().get_urls()]

    def end_view(self, request, object_id):
        """Ask for date, successor and reason, show what follows, then end the organisation."""
        organisation = self.get_object(request, unquote(object_id))
        if organisation is None:
            raise Http404
        if not self.has_change_permission(request, organisation):
            raise PermissionDenied
        form = EndForm(
            request.POST if request.method == "POST" else None,
            organisation=organisation,
            admin_site=self.admin_site,
        )
        confirmed = "confirm" in request.POST
        if (
            form.is_bound
            and form.is_valid()
            and confirmed
            and self._end(request, organisation, form)
        ):
            return HttpResponseRedirect(self.address("change", organisation))
        context = {
            **self.admin_site.each_context(request),
            "title": _("End this organisation"),
            "subtitle": str(organisation),
            "opts": self.opts,
            "organisation": organisation,
            "back": self.address("change", organisation),
            "form": form,
            "media": self.media + form.media,
            "to_confirm": form.is_bound and form.is_valid(),
            "running": organisation.models.running().count(),
            "below": organisation.children.filter(valid_until=None).count(),
            "people": organisation.memberships.current().count(),
        }
        return render(request, "admin/registry/organisation/end.html", context)

    def _end(self, request, organisation, form):
        try:
            Organisation.objects.get(pk=organisation.pk).end(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        self.message_user(request, _("The organisation has ended."), messages.SUCCESS)
        return True


@admin.register(PartyCell)
class PartyCellAdmin(OrganisationAdmin):
    """Organisations of the kinds that are party cells, on a page of their own."""

    needs: dict[str, Promise] = {}  # said of all organisations

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "kind":
            kinds = [kind for kind in Organisation.Kind if kind in Organisation.CELLS]
            kwargs["choices"] = [("", "---------"), *((kind.value, kind.label) for kind in kinds)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(Call)
class CallAdmin(RecordedSeen):
    list_display = ["at", "organisation", "the_year", "by"]
    list_select_related = ["organisation", "by"]
    date_hierarchy = "at"
    search_fields = ["organisation__search_key"]
    readonly_fields = ["the_year"]
    fieldsets = [(None, {"fields": ["organisation", "the_year", "by", "at"]})]
    the_year = staticmethod(reads_as("year", _("year")))
