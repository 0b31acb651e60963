"""Everything a demonstration needs, and accounts to look at it with."""

import os
import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registry.models import Organisation, PracticeModel, User
from registry.storage import files_follow_the_transaction
from reviews import seminar_2023
from reviews.sample import generation, units

SEED = 1
PORT = 8000
LAST = 10_000


class Command(BaseCommand):
    help = (
        "Enters the seminar of 2023 and sample data, if they are not there, and gives the demo "
        "accounts a password: DEMO_PASSWORD, or a new one each time. Refuses outside DEBUG."
    )

    def add_arguments(self, parser):
        parser.add_argument("--models", type=int, default=200, help="how many sample models (200)")
        parser.add_argument(
            "--port", type=int, default=PORT, help="of the server that will run (8000)"
        )

    @files_follow_the_transaction()
    @transaction.atomic
    def handle(self, *, models, port, **options):
        if not settings.DEBUG:
            raise CommandError("Demo accounts have a known password: only with DEBUG=true.")
        first_time = not seminar_2023.loaded()
        if first_time:
            seminar_2023.load()
        if not generation.exists():
            try:
                generation.generate(models, seed=SEED, year=timezone.localdate().year)
            except generation.Refused as refusal:
                raise CommandError(str(refusal)) from None
        if first_time:
            self._open_to_readers()
            self._put_last()
        self._print(self._give_password(), f"http://127.0.0.1:{port}/")

    def _open_to_readers(self):
        """Put the seven models into the open catalogue: the newspaper has done so before us."""
        clerk = User.objects.get(username="tonghop")
        for model in PracticeModel.objects.filter(origin=PracticeModel.Origin.OLD_REGISTER):
            model.public = True
            model.write(by=clerk, version=model.version, why=seminar_2023.WHY)

    def _put_last(self):
        """Let lists begin with the sample, in which there is something to do."""
        for unit in Organisation.objects.filter(is_sample=False, name__in=seminar_2023.NAMES):
            unit.position = LAST
            unit.save_by(None, why=seminar_2023.WHY)

    def _give_password(self):
        password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
        # One hash for all: computing it takes long on purpose.
        hashed = make_password(password)
        User.objects.filter(username__in=units.ACCOUNTS).update(password=hashed)
        return password

    def _print(self, password, address):
        people = {person.username: person for person in User.objects.all()}
        self.stdout.write(f"\nDemo: {address}  Password of every account: {password}\n")
        for username in units.ACCOUNTS:
            self.stdout.write(f"  {username:<10}  {people[username]}")
        self.stdout.write("")
