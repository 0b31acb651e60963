"""Is there a whole backup that is young enough? For monitors."""

from django.core.management.base import BaseCommand, CommandError

from registry import backups


class Command(BaseCommand):
    help = "Checks every byte of the newest backup in DIR, and its age."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument("--hours", type=int, default=26, help="how old it may be (26)")

    def handle(self, *, folder, hours, **options):
        try:
            place, manifest = backups.newest(folder, hours=hours)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{place.name}: whole, finished {manifest['finished']}")
