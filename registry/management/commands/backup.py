"""Back up the database and the files."""

from django.core.management.base import BaseCommand, CommandError

from registry import backups


class Command(BaseCommand):
    help = "Writes a backup of database and files into a folder of its own in DIR."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="then delete all but the newest N, and the newest N with every file",
        )

    def handle(self, *, folder, keep, **options):
        try:
            place, manifest = backups.make(folder)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        rows, files = sum(manifest["rows"].values()), len(manifest["contents"]) - 1
        self.stdout.write(f"{place}: {rows} rows, {files} files")
        for name in backups.delete_older(folder, keep) if keep else ():
            self.stdout.write(f"Deleted {name}")
        if manifest["missing"]:
            raise CommandError(f"Files on record that are gone: {', '.join(manifest['missing'])}")
        if manifest["unreadable"]:
            names = ", ".join(manifest["unreadable"])
            raise CommandError(f"Files that could not be read, and are not in it: {names}")
