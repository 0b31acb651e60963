"""Delete what was only kept for a while."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

from registry.models import DraftBuffer, FormToken


class Command(BaseCommand):
    help = (
        "Deletes what people typed and have not saved for KEEP_UNSAVED_DAYS, the traces of forms"
        " sent long ago, and sessions that have ended."
    )

    def handle(self, **options):
        words = DraftBuffer.objects.no_longer_kept().delete()[0]
        tokens = FormToken.objects.no_longer_kept().delete()[0]
        call_command("clearsessions")
        self.stdout.write(f"Deleted {words} texts not saved and {tokens} traces of forms.")
