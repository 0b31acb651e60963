from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self):
        from registry import appendonly, history, sessions, setup, signing

        history.connect()
        signing.connect()
        sessions.connect()
        # The openings of a draft go with it, which may be discarded while it was never sent.
        sent = (
            "EXISTS (SELECT 1 FROM registry_practicemodel"
            " WHERE id = OLD.model_id AND code IS NOT NULL)"
        )
        appendonly.RULES.append(appendonly.Rule("registry_opening", once=sent))
        post_migrate.connect(setup.fill, sender=self)
        post_migrate.connect(appendonly.install, sender=self)
