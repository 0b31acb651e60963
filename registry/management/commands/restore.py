"""Put a backup back."""

from django.core.management.base import BaseCommand, CommandError

from registry import backups


class Command(BaseCommand):
    help = "Puts the backup in the folder DIR in the place of database and files."
    # The database may be empty, or of another version.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("place", metavar="DIR")
        parser.add_argument("--force", action="store_true", help="put aside what is here")

    def handle(self, *, place, force, **options):
        try:
            backups.restore(place, force=force, say=self.stdout.write)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
