"""The registrars' back office: entered through the site's own sign-in, never a second one."""

from functools import update_wrapper

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models.base import ModelBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.vietnamese import sort_key

OWN = {"registry", "reviews"}


class Suggestions(AutocompleteJsonView):
    """What is offered to who types, in the words its page in the administration has for it."""

    def serialize_result(self, obj, to_field_name):
        found = super().serialize_result(obj, to_field_name)
        if suggested_as := getattr(self.model_admin, "suggested_as", None):
            found["text"] = str(suggested_as(obj))
        return found


class RegisterAdminSite(AdminSite):
    site_header = _("Administration of the register")
    site_title = _("Administration")
    index_title = _("Records")
    # Beside it a list of models would lose the column that says how each stands.
    enable_nav_sidebar = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.disable_action("delete_selected")

    def register(self, model_or_iterable, admin_class=None, **options):
        """Take our own records alone.

        What libraries bring, such as groups, the code knows by name: nobody edits it here.
        """
        models = model_or_iterable
        if isinstance(models, ModelBase):
            models = [models]
        own = [model for model in models if model._meta.app_label in OWN]
        super().register(own, admin_class, **options)

    def admin_view(self, view, cacheable=False):
        """Send the visitor to sign in; answer 403 to who is signed in without the right."""
        inner = super().admin_view(view, cacheable)

        def allowed(request, *args, **kwargs):
            if self.has_permission(request):
                return inner(request, *args, **kwargs)
            return self._turn_away(request, request.get_full_path())

        return update_wrapper(allowed, inner)

    def get_app_list(self, request, app_label=None):
        """Sort as a Vietnamese reader expects: Đ after D, not after Z."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: sort_key(str(model["name"])))
        return sorted(apps, key=lambda app: sort_key(str(app["name"])))

    def index(self, request, extra_context=None):
        """Put above the records what needs the registrar, as lists of so many."""
        context = {"needs": self._needs(request)}
        return super().index(request, context | (extra_context or {}))

    def _needs(self, request):
        found = []
        for model, page in self._registry.items():
            if not page.has_view_permission(request):
                continue
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            for method, label in getattr(page, "needs", {}).items():
                number = getattr(page.get_queryset(request), method)().count()
                url = f"{reverse(name)}?needs={method}"
                found.append({"label": label, "number": number, "url": url})
        return [each for each in found if each["number"]]

    def autocomplete_view(self, request):
        return Suggestions.as_view(admin_site=self)(request)

    # Signing in and out and changing one's password have pages of their own on the site.

    def login(self, request, extra_context=None):
        if self.has_permission(request):
            return redirect("admin:index")
        return self._turn_away(request, request.GET.get("next") or request.get_full_path())

    def logout(self, request, extra_context=None):
        return redirect("account_logout")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def password_change_done(self, request, extra_context=None):
        return redirect("account_change_password")

    def _turn_away(self, request, target):
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target, resolve_url(settings.LOGIN_URL))
