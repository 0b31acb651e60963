"""The addresses of the register; the two apps name their own."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import RedirectView, TemplateView
from django.views.i18n import set_language

from registry.views.look import text_size
from registry.views.own_account import own_account, session_end, sessions_end
from registry.who_types import who_types
from reviews.views.home import home, seen
from tamky_models import health, oidc
from tamky_models.accounts import LoginView

# Of allauth's pages only those that serve accounts opened by somebody else: no e-mail is needed.
forgotten = TemplateView.as_view(template_name="account/password_reset.html")
second_factor_urls = [
    path("", second_factor.index, name="mfa_index"),
    path("authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("again/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("app/", totp.activate_totp, name="mfa_activate_totp"),
    path("app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("keys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("keys/new/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("keys/again/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
]
account_urls = [
    path("", own_account, name="account"),
    path("oidc/<str:provider_id>/", oidc.login, name="openid_connect_login"),
    path("oidc/<str:provider_id>/back/", oidc.callback, name="openid_connect_callback"),
    path("sessions/end/", sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", session_end, name="session_end"),
    path("who-types/", who_types, name="who_types"),
    path("second-factor/", include(second_factor_urls)),
    path("login/", LoginView.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", login_not_required(forgotten), name="account_reset_password"),
]

# What browsers ask for whatever the page says; the address of the picture never changes.
favicon = RedirectView.as_view(url=f"{settings.STATIC_URL}favicon.svg", permanent=True)

handler400 = "tamky_models.errors.bad_request"
handler403 = "tamky_models.errors.permission_denied"
handler500 = "tamky_models.errors.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("seen/", seen, name="seen"),
    path("", include("registry.urls")),
    path("", include("reviews.urls")),
    path("accounts/", include(account_urls)),
    path("admin/", admin.site.urls),
    path("favicon.ico", login_not_required(require_safe(favicon)), name="favicon"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("text-size/", text_size, name="text_size"),
    path("i18n/setlang/", login_not_required(require_POST(set_language)), name="set_language"),
]
