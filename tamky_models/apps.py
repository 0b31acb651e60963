"""The admin under our own site class."""

from django.contrib.admin.apps import AdminConfig


class RegisterAdminConfig(AdminConfig):
    default_site = "tamky_models.admin.RegisterAdminSite"
