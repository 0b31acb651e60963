"""Take a second factor away from the command line: where the last administrator has lost theirs."""

from django.core.management.base import BaseCommand, CommandError

from registry.models import User


class Command(BaseCommand):
    help = "Take the second factor of an account away, on record. For whoever runs the server."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--why", required=True, help="How it is known who asks; kept.")

    def handle(self, *, username, why, **options):
        try:
            account = User.objects.get(username=User.normalize_username(username))
        except User.DoesNotExist:
            raise CommandError(f"There is no account named {username}.") from None
        if not why.strip():
            raise CommandError("Say why.")
        account.reset_second_factor(by=None, why=why.strip()[:300])
        self.stdout.write(f"{account} signs in with the password alone, once more.")
