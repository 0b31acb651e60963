"""Ask the virus scanner about the files it was away for."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from registry.models import StoredFile
from registry.virusscan import ScannerAway, is_set


class Command(BaseCommand):
    help = (
        "Has the scanner look at the files that came while it was away, and lets those go that"
        " are clean. Fails while it is still away, and names the files that hold a virus."
    )

    def handle(self, **options):
        if not is_set():
            raise CommandError("CLAMAV_ADDRESS is not set.")
        released, infected = 0, []
        for kind in apps.get_models():
            if not issubclass(kind, StoredFile):
                continue
            for stored in kind.objects.exclude(held_since=None).order_by("pk").iterator():
                try:
                    virus = stored.look_again()
                except ScannerAway as error:
                    raise CommandError(f"The scanner is away: {error}") from error
                if virus:
                    infected.append(f"{kind._meta.verbose_name} {stored.pk}: {virus}")
                else:
                    released += 1
        self.stdout.write(f"Released {released}.")
        if infected:
            raise CommandError("\n".join(["Held back for good:", *infected]))
