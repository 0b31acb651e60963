from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = _("Reviews")

    def ready(self):
        from registry import appendonly
        from registry.models.enrolment import CLOSED_YEARS
        from registry.querysets import SEEN_THROUGH
        from reviews import invariants, setup  # noqa: F401
        from reviews.models import Round
        from reviews.querysets import on_agenda_of

        SEEN_THROUGH.append(on_agenda_of)
        CLOSED_YEARS.append(Round.objects.closed_for)
        appendonly.RULES += setup.NEVER_CHANGED
        post_migrate.connect(setup.fill, sender=self)
