from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        from registry import history, sessions, setup, signing

        history.connect()
        signing.connect()
        sessions.connect()
        post_migrate.connect(setup.fill, sender=self)
