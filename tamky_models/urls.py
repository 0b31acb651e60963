"""The addresses of the register; the two apps name their own."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from reviews.views.home import home
from tamky_models import health

urlpatterns = [
    path("", home, name="home"),
    path("", include("registry.urls")),
    path("", include("reviews.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
]
