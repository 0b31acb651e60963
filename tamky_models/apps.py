"""The admin under our own site class, and what the project listens to."""

from django.contrib.admin.apps import AdminConfig


class RegisterAdminConfig(AdminConfig):
    default_site = "tamky_models.admin.RegisterAdminSite"

    def ready(self):
        super().ready()
        from tamky_models import second_factor

        second_factor.connect()
