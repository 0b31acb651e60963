"""Tell the administrators of a service that has failed; for OnFailure= of systemd."""

from django.core.management.base import BaseCommand

from registry.models import SecurityEvent


class Command(BaseCommand):
    help = (
        "Puts on record that the service NAME has failed, once a day; the start page of the"
        " administration says so for a week."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", metavar="NAME")

    def handle(self, *, name, **options):
        if not SecurityEvent.objects.failed_lately(days=1).filter(about=name).exists():
            SecurityEvent.record(SecurityEvent.Kind.TASK_FAILED, about=name)
