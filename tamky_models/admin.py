"""The registrars' back office: entered through the site's own sign-in, never a second one."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _


class RegisterAdminSite(AdminSite):
    site_header = _("Register of models: administration")
    site_title = _("Administration")
    index_title = _("Records")

    def login(self, request, extra_context=None):
        """Send the visitor to the one sign-in page; refuse who is signed in without the right."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return super().login(request, extra_context)
            raise PermissionDenied
        target = request.GET.get("next") or request.get_full_path()
        return redirect_to_login(target, resolve_url(settings.LOGIN_URL))
