"""Sample data: as the verbs would have made it, the same every time, never beside real data."""

import re
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from registry.models import Enrolment, Organisation, PracticeModel, Replication, User
from reviews.models import (
    AgendaItem,
    Assessment,
    Conclusion,
    Decision,
    DecisionLine,
    PanelMember,
    Seminar,
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
            generate(40, seed=seed)
            made.append(fingerprint())
            transaction.set_rollback(True)

    assert made[0] == made[1]
    assert made[0] != made[2]


def test_every_model_is_one_that_the_verbs_could_have_made():
    generate(120)

    models = PracticeModel.objects.select_related("organisation", "field")
    assert models.count() == 120
    for model in models:
        model.full_clean()
        assert model.status == "draft" or model.missing() == []
        moves = list(model.moves.order_by("at", "pk"))
        assert model.status == (moves[-1].to_status if moves else "draft")
        for move in moves:
            starts, to = PracticeModel.MOVES[move.name]
            assert move.from_status in starts
            assert move.to_status == to
        standing = model.decision_lines.order_by("-decision__dated").first()
        assert model.verdict == (standing.verdict if standing else "")
        assert model.verdict_on == (standing.decision.dated if standing else None)
    statuses = {"draft", "submitted", "returned", "running", "closed"}
    assert set(models.values_list("status", flat=True)) == statuses


def test_keys_codes_and_history_are_as_if_each_had_been_saved():
    generate(60)

    for model in PracticeModel.objects.select_related("organisation"):
        stored = model.search_key, bytes(model.sort_key)
        model.fill_keys()
        assert (model.search_key, bytes(model.sort_key)) == stored
        assert (model.code is None) == (model.submitted_at is None)
        if model.code:
            assert re.fullmatch(rf"MH-{model.submitted_at.year}-\d{{4}}", model.code)
        last = model.history.first()
        assert (last.name, last.status, last.created_at) == (
            model.name,
            model.status,
            model.created_at,
        )
        remembered = last.movements.values_list("movement_id", flat=True)
        assert set(remembered) == set(model.movements.values_list("pk", flat=True))
    for enrolment in Enrolment.objects.all():
        assert enrolment.history.count() == 1


def test_a_draft_of_the_sample_is_sent_like_any_other():
    generate(60, year=this_year())
    draft = PracticeModel.objects.filter(status="draft").first()
    given = set(PracticeModel.objects.exclude(code=None).values_list("code", flat=True))

    draft.submit(by=User.objects.get(username="donvi"))

    assert draft.code not in given


def test_seminars_are_held_in_the_past_open_now_and_planned():
    generate(200)

    past, now, planned = Seminar.objects.order_by("held_on")
    assert [seminar.state for seminar in (past, now, planned)] == ["closed", "open", "planned"]
    assert past.held_on.year == 2023
    assert past.progress() == {"ballots": 100, "handed_in": 100}
    assert Conclusion.objects.filter(item__seminar=past).count() == past.items.count() == 20
    assert now.items.count() == 40
    assert 0 < now.progress()["handed_in"] < now.progress()["ballots"]
    assert planned.progress()["ballots"] == 0
    paper = Decision.objects.get(seminar=past)
    assert paper.is_issued
    assert paper.dated == date(2023, 10, 12)
    assert all(line.stands() for line in paper.lines.all())
    assert Replication.objects.filter(state="doing").exists()


def test_a_panel_member_is_recused_from_the_model_of_their_own_unit():
    generate(120)

    member = PanelMember.objects.get(user__username="thamdinh4", seminar__state="open")
    recused = member.recusals.get().item
    assert recused.organisation == member.organisation
    assert not member.ballots.filter(item=recused).exists()


def test_all_of_it_says_that_it_is_a_sample():
    generate(60)

    assert Organisation.objects.filter(is_sample=False).count() == 0
    assert Organisation.objects.exclude(name__contains="Mẫu").count() == 0
    assert Seminar.objects.filter(is_sample=False).count() == 0
    assert Decision.objects.filter(is_sample=False).count() == 0
    for model in PracticeModel.objects.all():
        assert model.contact_name.endswith(" Mẫu")
    for person in User.objects.all():
        assert person.full_name.startswith("Người dùng mẫu")
        assert not person.has_usable_password()


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
