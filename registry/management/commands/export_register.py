"""Write the whole register as tables and files that are read without the application."""

from django.core.management.base import BaseCommand, CommandError

from registry import archives
from registry.backups import MANIFEST, BackupError

SHOWN = 20


class Command(BaseCommand):
    help = "Writes the whole register into a folder of its own in DIR: Excel tables and all files."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument(
            "--history", action="store_true", help="also every earlier state of each record"
        )

    def handle(self, *, folder, history, **options):
        try:
            place, manifest = archives.make(folder, history=history)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(manifest["rows"].values())
        self.stdout.write(
            f"{place}: {rows} rows in {len(manifest['rows'])} sheets, {manifest['files']} files"
        )
        wrong = [
            f"{sentence}: {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}"
            for sentence, names in (
                ("Files on record that are gone", manifest["missing"]),
                ("Files that are not as they came", manifest["changed"]),
            )
            if names
        ]
        if wrong:
            raise CommandError("\n".join([f"All else was written. All names: {MANIFEST}", *wrong]))
