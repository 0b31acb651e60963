"""Sample data: as the verbs would have made it, the same every time, never beside real data."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from registry.models import Enrolment, Organisation, PracticeModel, Replication, User
from reviews.models import (
    AgendaItem,
    Assessment,
    DecisionLine,
)
from tests.counting import rows
from tests.factories import OrganisationFactory, PracticeModelFactory, UserFactory, this_year

pytestmark = pytest.mark.django_db


def generate(models=1, **options):
    call_command("generate_sample", models=models, verbosity=0, **{"year": 2024} | options)


def fingerprint():
    """Return what a run has made, without keys and without the moments of this minute."""
    queries = (
        Organisation.objects.values_list("name", "kind", "parent__name", "position"),
        PracticeModel.objects.values_list(
            *("name", "code", "organisation__name", "field__name", "status", "approach"),
            *("verdict", "verdict_on", "submitted_at", "accepted_at", "public", "contact_name"),
        ),
        Enrolment.objects.order_by("model", "year").values_list("year", "sent_at", "accepted_at"),
        AgendaItem.objects.values_list("seminar__title", "model__code", "proposed", "paper"),
        Assessment.objects.order_by("pk").values_list("verdict", "remark", "source"),
        DecisionLine.objects.order_by("pk").values_list(
            "decision__number", "model__code", "verdict"
        ),
        Replication.objects.order_by("pk").values_list(
            "model__code", "organisation__name", "state"
        ),
    )
    return [list(query) for query in queries]


def test_the_same_seed_makes_the_same_data_and_another_seed_other_data():
    made = []
    for seed in (7, 7, 8):
        with transaction.atomic():
            generate(15, seed=seed)
            made.append(fingerprint())
            transaction.set_rollback(True)

    assert made[0] == made[1]
    assert made[0] != made[2]


def test_a_draft_of_the_sample_is_sent_like_any_other():
    generate(30, year=this_year())
    draft = PracticeModel.objects.filter(status="draft").first()
    given = set(PracticeModel.objects.exclude(code=None).values_list("code", flat=True))

    draft.submit(by=User.objects.get(username="donvi"))

    assert draft.code not in given


def test_it_stands_beside_the_seminar_of_2023():
    call_command("load_seminar_2023", verbosity=0)

    generate()

    assert PracticeModel.objects.count() == 8


@pytest.mark.parametrize("real", [OrganisationFactory, PracticeModelFactory])
def test_it_refuses_beside_real_data_and_writes_nothing(real):
    real()
    before = rows()

    with pytest.raises(CommandError, match="real data"):
        generate()

    assert rows() == before


def test_it_refuses_beside_a_real_model_of_a_unit_of_2023():
    call_command("load_seminar_2023", verbosity=0)
    PracticeModelFactory(organisation=Organisation.objects.get(name="Thành ủy Tam Kỳ"))

    with pytest.raises(CommandError, match="real data"):
        generate()


def test_a_developer_may_have_it_beside_anything(settings):
    settings.DEBUG = True
    OrganisationFactory()

    generate()

    assert Organisation.objects.filter(is_sample=True).exists()


def test_it_refuses_beside_sample_data():
    generate()
    before = rows()

    with pytest.raises(CommandError, match="sample data already"):
        generate()

    assert rows() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": 0}, "At least one"),
        ({"year": this_year() + 1}, "not begun"),
    ],
)
def test_it_refuses_what_makes_no_sense(options, words):
    with pytest.raises(CommandError, match=words):
        generate(**options)


def test_it_refuses_to_take_over_an_account():
    UserFactory(username="tonghop")

    with pytest.raises(CommandError, match="tonghop"):
        generate()
