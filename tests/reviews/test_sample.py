"""A sample, looked at: as the verbs would have made it."""

import re
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction

from registry.models import Enrolment, Organisation, PracticeModel, Replication, User
from reviews.models import Conclusion, Decision, PanelMember, Seminar

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """One for all of them; in a module of their own, as it is there until the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("generate_sample", models=200, year=2024, verbosity=0)
        yield
        transaction.set_rollback(True)


def test_every_model_is_one_that_the_verbs_could_have_made(sample):
    models = PracticeModel.objects.select_related("organisation", "field")
    assert models.count() == 200
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


def test_keys_codes_and_history_are_as_if_each_had_been_saved(sample):
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


def test_seminars_are_held_in_the_past_open_now_and_planned(sample):
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


def test_a_panel_member_is_recused_from_the_model_of_their_own_unit(sample):
    member = PanelMember.objects.get(user__username="thamdinh4", seminar__state="open")
    recused = member.recusals.get().item
    assert recused.organisation == member.organisation
    assert not member.ballots.filter(item=recused).exists()


def test_all_of_it_says_that_it_is_a_sample(sample):
    assert Organisation.objects.filter(is_sample=False).count() == 0
    assert Organisation.objects.exclude(name__contains="Mẫu").count() == 0
    assert Seminar.objects.filter(is_sample=False).count() == 0
    assert Decision.objects.filter(is_sample=False).count() == 0
    for model in PracticeModel.objects.all():
        assert model.contact_name.endswith(" Mẫu")
    for person in User.objects.all():
        assert person.full_name.startswith("Người dùng mẫu")
        assert not person.has_usable_password()
