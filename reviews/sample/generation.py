"""When sample data may be made, and making all of it or none."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from registry.models import Organisation, PracticeModel, User
from registry.storage import files_follow_the_transaction
from reviews import seminar_2023
from reviews.sample import pictures, register, units
from reviews.sample.drawing import last_day_of
from reviews.sample.meetings import Meetings


class Refused(Exception):
    """Sample data would stand beside something it must not stand beside."""


def exists():
    return Organisation.objects.filter(is_sample=True).exists()


@files_follow_the_transaction()
@transaction.atomic
def generate(count, *, seed, year, told=lambda stored: None):
    """Make so many models and all around them, alike for the same seed, year and day."""
    _refuse_if_unfit(year)
    committee = units.build(count)
    register.fill(committee, count, seed=seed, year=year, told=told)
    Meetings(committee, seed=seed, year=year, last_day=last_day_of(year)).hold()
    pictures.hang(committee, seed=seed)


def _refuse_if_unfit(year):
    if year > timezone.localdate().year:
        raise Refused("The year has not begun yet.")
    if exists():
        raise Refused("There is sample data already. Use a fresh database for another sample.")
    if not settings.DEBUG and _holds_real_data():
        raise Refused("There is real data here; sample data would stand among it.")
    names = User.objects.filter(username__in=units.ACCOUNTS).values_list("username", flat=True)
    if names:
        raise Refused(f"There are accounts of the names the sample uses: {', '.join(names)}.")


def _holds_real_data():
    """Whether there is more than the published seminar of 2023."""
    organisations = Organisation.objects.exclude(name__in=seminar_2023.NAMES)
    models = PracticeModel.objects.exclude(origin=PracticeModel.Origin.OLD_REGISTER)
    return organisations.exists() or models.exists()
