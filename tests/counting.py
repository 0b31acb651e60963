"""How much is stored."""

from django.apps import apps

# A refusal is itself on record.
SAYS_WHO_TRIED = "SecurityEvent"


def rows():
    """Return how many rows each table of the register has, history and joining tables included."""
    return {
        model._meta.label: model._base_manager.count()
        for app in ("registry", "reviews")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model.__name__ != SAYS_WHO_TRIED
    }
