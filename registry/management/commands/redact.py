"""Make a person's name or a photo unreadable, on record."""

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from registry import redaction
from registry.models import User


class Command(BaseCommand):
    help = (
        "Makes words (a person's name or phone) or one stored file unreadable, in the records and"
        " in their history, and puts on record who had it done, why and by which paper."
    )

    def add_arguments(self, parser):
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--words", help="as they stand in the register")
        what.add_argument("--file", metavar="KIND:KEY", help="for example evidence:17")
        parser.add_argument("--by", required=True, help="username of an administrator")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--paper", required=True, help="number and date of the request")

    def handle(self, *, words, file, by, reason, paper, **options):
        person = User.objects.administrators().filter(username=by).first()
        if person is None:
            raise CommandError(f"{by} is no administrator.")
        if not reason.strip() or not paper.strip():
            raise CommandError("Say why, and by which paper.")
        about = {"by": person, "reason": reason.strip(), "paper": paper.strip()}
        try:
            if words:
                done = redaction.redact_words(words, **about)
            else:
                kind, _colon, key = file.partition(":")
                done = redaction.redact_file(redaction.file_named(kind, int(key)), **about)
        except (OSError, ValueError, LookupError, ObjectDoesNotExist) as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        for table, number in done.what.items():
            self.stdout.write(f"{table}: {number} rows")
        self.stdout.write(f"On record as redaction {done.pk}; the entries are sealed anew.")
