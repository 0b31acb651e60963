"""Send the mail that waits; to be run each minute."""

from django.core.management.base import BaseCommand, CommandError

from registry.models import Mail


class Command(BaseCommand):
    help = "Sends the mail that is due. Fails, and tries again next time, while the server is away."

    def handle(self, **options):
        sent, error = Mail.send_waiting()
        self.stdout.write(f"Sent {sent}, waiting {Mail.objects.unsent().count()}.")
        if error:
            raise CommandError(f"The mail server does not take mail: {error}")
