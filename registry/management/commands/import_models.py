"""Enter models from a list in Excel."""

from django.core.management.base import BaseCommand, CommandError

from registry.models import User
from registry.workbooks import Unreadable, import_workbook


class Command(BaseCommand):
    help = (
        "Enters the models of a list in Excel as models of the old register: all of them, or none"
        " if a row is wrong. Rows that are there already stay as they are."
    )

    def add_arguments(self, parser):
        parser.add_argument("path", metavar="FILE")
        parser.add_argument("--by", required=True, help="username of a clerk or administrator")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *, path, by, dry_run, **options):
        person = User.objects.filter(username=by, is_active=True).first()
        if person is None or not person.sees_all:
            raise CommandError(f"{by} is neither clerk nor administrator.")
        try:
            done = import_workbook(path, by=person, dry_run=dry_run)
        except Unreadable as error:
            raise CommandError(str(error)) from error
        for sentence in done.left_out:
            self.stdout.write(f"– {sentence}")
        if done.wrong:
            raise CommandError(
                "\n".join([*done.wrong, f"{len(done.wrong)} wrong: nothing entered."])
            )
        for sentence in done.new:
            self.stdout.write(f"+ {sentence}")
        verb = "would be entered" if dry_run else "entered"
        self.stdout.write(f"{len(done.new)} {verb}, {len(done.known)} there already.")
