"""Look whether the stored register is one that its rules allow."""

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from registry import invariants


class Command(BaseCommand):
    help = "Asks what must be true of the stored register. Fails, and names what breaks it."

    def add_arguments(self, parser):
        parser.add_argument("--files", action="store_true", help="read every file and compare it")
        parser.add_argument(
            "--delete-orphans",
            action="store_true",
            help="delete files older than a day that no record names, such as a crash leaves",
        )

    def handle(self, *, files, delete_orphans, **options):
        if delete_orphans:
            for name in invariants.orphans():
                default_storage.delete(name)
                self.stdout.write(f"Deleted {name}")
        found = list(invariants.findings())
        if files and (changed := invariants.other_content()):
            found.append(("Every file is what was stored.", ", ".join(changed)))
        for sentence, what in found:
            self.stderr.write(f"Not true: {sentence} {what}")
        if found:
            raise CommandError(f"{len(found)} of the register's rules are broken.")
        self.stdout.write(f"{len(invariants.INVARIANTS)} rules hold.")
