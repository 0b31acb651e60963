"""People: their accounts, what they may do, and the units they act for."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from registry import sessions
from registry.admin.base import NeedsFilter, RecordedAdmin, RecordForm, RegisterInline, Seen
from registry.models import Handover, Membership, Role, SecurityEvent, User
from registry.vietnamese import clean_text


class OpenMemberships(BaseInlineFormSet):
    def clean(self):
        """Refuse two open memberships of a person in a unit; Django compares each row alone."""
        super().clean()
        if any(self.errors):
            return
        rows = [form.instance for form in self.forms if form.has_changed() or form.instance.pk]
        pairs = [(row.user_id, row.organisation_id) for row in rows if row.until is None]
        if len(pairs) != len(set(pairs)):
            raise ValidationError(_("This person already acts for this organisation."))


class MembershipInline(RegisterInline):
    model = Membership
    formset = OpenMemberships
    fields = ["user", "organisation", "since", "until"]
    autocomplete_fields = ["user", "organisation"]


class ActsForMore:
    """What pages share on which people come to act for units."""

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.model is Membership:
            changed = [row for row, _fields in formset.changed_objects]
            for membership in [*formset.new_objects, *changed]:
                self.outgrow_slip(request, membership)

    def outgrow_slip(self, request, membership):
        """Void a slip of who did not look after this unit, when the person begins to act for it."""
        acts = Membership.objects.not_over().filter(pk=membership.pk).exists()
        person = membership.user
        if acts and person.outgrow_slip(membership.organisation, by=request.user):
            self.say_keys_are_void(request, person)

    def say_keys_are_void(self, request, account):
        said = _(
            "%(account)s may do more now. So the former password and second factor open nothing"
            " any more."
        )
        address = reverse("registry:account_reset", args=[account.pk])
        link = format_html('<a href="{}">{}</a>', address, _("Make a new slip"))
        message = format_html("{} {}", said % {"account": account}, link)
        self.message_user(request, message, messages.WARNING)


@admin.register(Membership)
class MembershipAdmin(ActsForMore, RecordedAdmin):
    list_display = ["user", "organisation", "since", "until"]
    list_filter = [("until", admin.EmptyFieldListFilter), "organisation__block"]
    list_select_related = ["user", "organisation"]
    search_fields = ["user__full_name", "user__username", "organisation__name"]
    autocomplete_fields = ["user", "organisation"]
    fieldsets = [(None, {"fields": ["user", "organisation", "since", "until"]})]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        self.outgrow_slip(request, obj)


@admin.register(Handover)
class HandoverAdmin(Seen):
    list_display = ["at", "organisation", "outgoing", "incoming", "by"]
    list_select_related = ["organisation", "outgoing", "incoming", "by"]
    date_hierarchy = "at"
    search_fields = ["organisation__search_key"]
    fieldsets = [(None, {"fields": ["organisation", "outgoing", "incoming", "by", "at", "held"]})]


def as_signed_in(username):
    """Return the username as signing in looks for it: lower case, a phone number in one piece."""
    username = username.strip().lower()
    digits = username.replace(" ", "").replace(".", "")
    return digits if digits.isdigit() else username


class UsernameField(forms.CharField):
    """Taken as people sign in, so that an account that is opened can be entered."""

    def to_python(self, value):
        return as_signed_in(super().to_python(value))


class AccountForm(RecordForm):
    class Meta:
        model = User
        fields = ["username"]
        field_classes = {"username": UsernameField}

    by: User  # who has opened the page

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self.was_a_units = not is_new and not self.instance.is_more_than_a_units

    def clean(self):
        cleaned = super().clean()
        try:
            self.instance.check_keeps_the_register(
                by=self.by,
                is_active=cleaned.get("is_active"),
                is_staff=cleaned.get("is_staff"),
                roles={group.name for group in cleaned.get("groups", ())},
            )
        except ValidationError as error:
            self._update_errors(error)
        return cleaned


class SecondFactorForm(forms.Form):
    why = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("How you know that it is this person who asks. Kept in the history."),
        widget=AdminTextInputWidget,
    )

    def clean_why(self):
        return clean_text(self.cleaned_data["why"])


@admin.register(User)
class UserAdmin(ActsForMore, RecordedAdmin):
    """Accounts are opened here without a password, which a slip gives."""

    form = AccountForm
    list_display = ["username", "full_name", "position", "units", "roles", "is_active", "is_staff"]
    list_filter = [NeedsFilter, "groups", "is_active", "is_staff", "is_shared"]
    actions = ["end_sessions"]
    needs = {
        "without_role": _("Accounts without a role"),
        "without_unit": _("Accounts of units that act for no unit"),
        "never_signed_in": _("Accounts that have never signed in"),
    }
    search_fields = ["full_name", "username", "phone", "position"]
    ordering = ["sort_key", "username"]
    readonly_fields = ["must_change_password", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username"]}),
        (_("Person"), {"fields": ["full_name", "position", "phone", "email"]}),
        (
            _("Rights"),
            {"fields": ["is_active", "must_change_password", "is_shared", "groups", "is_staff"]},
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]  # fmt: skip
    add_fieldsets = [
        (None, {"fields": ["username"]}),
        (_("Person"), {"fields": ["full_name", "position", "phone", "email"]}),
        (_("Rights"), {"fields": ["groups", "is_staff"]}),
    ]

    class MembershipOfUser(MembershipInline):
        fields = ["organisation", "since", "until"]

    inlines = [MembershipOfUser]

    def get_queryset(self, request):
        people = super().get_queryset(request)
        return people.prefetch_related("groups", "memberships__organisation")

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [*self.add_fieldsets, (None, {"fields": ["token"]})]
        return super().get_fieldsets(request, obj)

    def lookup_allowed(self, lookup, value, request):
        """Refuse to filter by the hash of a password, which would give it away bit by bit."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        """Lead to the slip, without which nobody can sign in."""
        return HttpResponseRedirect(reverse("registry:account_reset", args=[obj.pk]))

    def save_related(self, request, form, formsets, change):
        """Put on record, beside the history, what the account may do from now on."""
        super().save_related(request, form, formsets, change)
        account, kinds = form.instance, SecurityEvent.Kind
        if not change:
            SecurityEvent.record(kinds.ACCOUNT_OPENED, user=account)
        elif "is_active" in form.changed_data:
            kind = kinds.SWITCHED_ON if account.is_active else kinds.SWITCHED_OFF
            SecurityEvent.record(kind, user=account)
        rights = {"groups", "is_staff"} & set(form.changed_data)
        if rights:
            roles = [group.name for group in account.groups.all()]
            roles += [str(_("administration"))] if account.is_staff else []
            SecurityEvent.record(kinds.ROLES_CHANGED, user=account, about=", ".join(roles))
        if form.was_a_units and account.is_more_than_a_units:
            account.void_keys(by=request.user, why="more rights")
            self.say_keys_are_void(request, account)
        if change and (rights or "is_active" in form.changed_data):
            sessions.end_all(account, request=request, about=_("other rights"))

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def end_sessions(self, request, queryset):
        accounts = [each for each in queryset if self.has_change_permission(request, each)]
        for account in accounts:
            sessions.end_all(account, request=request)
        said = _("Signed out everywhere: %(number)s") % {"number": len(accounts)}
        self.message_user(request, said, messages.SUCCESS)

    def get_urls(self):
        view = self.admin_site.admin_view(self.second_factor_view)
        name = "registry_user_second_factor"
        return [path("<int:pk>/second-factor/", view, name=name), *super().get_urls()]

    def second_factor_view(self, request, pk):
        """Take the second factor from who has lost it; a reason is asked for."""
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        form = SecondFactorForm(request.POST if request.method == "POST" else None)
        back = reverse("admin:registry_user_change", args=[account.pk])
        if form.is_valid():
            account.reset_second_factor(by=request.user, why=form.cleaned_data["why"])
            said = _("The second factor is taken away; the account is signed out everywhere.")
            self.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take the second factor away"),
            "subtitle": str(account),
            "opts": self.opts,
            "account": account,
            "factors": account.authenticator_set.all(),
            "back": back,
            "form": form,
        }
        return render(request, "admin/registry/user/second_factor.html", context)

    def render_change_form(self, request, context, obj=None, **kwargs):
        if obj is None:
            # What follows is the slip, whichever button is pressed.
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        else:
            may_reset = User.objects.reset_by(request.user)
            context |= {"may_reset": may_reset.filter(pk=obj.pk).exists()}
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user
        return form

    def has_change_permission(self, request, obj=None):
        """Keep the account that may do everything out of the hands of all others."""
        beyond = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not beyond and super().has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Offer the roles this register knows, as boxes to tick."""
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.filter(name__in=Role.values)
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("organisations"))
    def units(self, user):
        open_ones = [row for row in user.memberships.all() if row.until is None]
        return ", ".join(str(row.organisation) for row in open_ones) or "–"

    @admin.display(description=_("roles"))
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all()) or "–"
