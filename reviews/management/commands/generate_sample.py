"""Fill an empty register with sample data of any size."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reviews.sample.generation import Refused, generate


class Command(BaseCommand):
    help = (
        "Fills the register with a fictional committee, its units, models, seminars and papers. "
        "The same seed gives the same data. Refuses beside real data outside DEBUG, and beside "
        "sample data everywhere."
    )

    def add_arguments(self, parser):
        parser.add_argument("--models", type=int, default=200, help="how many models (200)")
        parser.add_argument("--seed", type=int, default=1, help="what chance begins with (1)")
        parser.add_argument("--year", type=int, help="the latest year of the data (this year)")

    def handle(self, *, models, seed, year, verbosity, **options):
        if models < 1:
            raise CommandError("At least one model is needed.")

        def told(stored):
            if verbosity and models > stored:
                self.stdout.write(f"{stored:,} of {models:,} models")

        try:
            generate(models, seed=seed, year=year or timezone.localdate().year, told=told)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        if verbosity:
            self.stdout.write(f"Made {models:,} sample models.")
