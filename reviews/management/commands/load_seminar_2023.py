"""Enter the seminar of 1 June 2023."""

from django.core.management.base import BaseCommand

from reviews import seminar_2023


class Command(BaseCommand):
    help = "Enters the seminar of 1 June 2023 as published; does nothing if it is there."

    def handle(self, **options):
        if seminar_2023.loaded():
            self.stdout.write("The seminar of 1 June 2023 is there already.")
        else:
            seminar = seminar_2023.load()
            self.stdout.write(
                f"Entered the seminar of 1 June 2023 with {seminar.items.count()} papers."
            )
