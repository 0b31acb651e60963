"""Ask the virus scanner about the files it was away for."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from registry.models import StoredFile
from registry.virusscan import ScannerAway, is_set


class Command(BaseCommand):
    help = (
        "Has the scanner look at the files that came while it was away, and lets those go that"
        " are clean. Fails while it is still away, and, once, for each file that holds a virus:"
        " that one stays held, and is not looked at again."
    )

    def handle(self, **options):
        if not is_set():
            raise CommandError("CLAMAV_ADDRESS is not set.")
        released, infected = 0, []
        for kind in apps.get_models():
            if not issubclass(kind, StoredFile):
                continue
            waiting = kind.objects.exclude(held_since=None).filter(virus="")
            for stored in waiting.order_by("pk").iterator():
                try:
                    stored.look_again()
                except ScannerAway as error:
                    raise CommandError(f"The scanner is away: {error}") from error
                if stored.virus:
                    infected.append(f"{kind._meta.verbose_name} {stored.pk}: {stored.virus}")
                else:
                    released += 1
        self.stdout.write(f"Released {released}.")
        if infected:
            raise CommandError("\n".join(["Held back for good:", *infected]))
