"""All that is to be done each night, so that one part which fails holds up none of the others."""

import logging

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

PARTS = (["check_invariants", "--files"], ["verify_history"], ["clear_away"])
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Checks the stored register and its history, and clears away what nobody needs any more."
        " Fails at the end, and names what failed."
    )

    def handle(self, **options):
        failed = []
        for name, *arguments in PARTS:
            try:
                call_command(name, *arguments, stdout=self.stdout, stderr=self.stderr)
            except CommandError as error:
                failed.append(f"{name}: {error}")
            except Exception as error:  # whatever it is: the others are done, and it is told
                logger.exception("%s failed", name)
                failed.append(f"{name}: {error!r}")
        if failed:
            raise CommandError("\n".join(failed))
