"""What a seminar counts and what it proposes."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.history import version_of
from registry.models import (
    ClosingKind,
    MoveRefused,
    RetireReason,
    StaleVersion,
    Verdict,
)
from reviews.models import AgendaItem, Conclusion
from reviews.models.seminar import listed
from tests import factories

MAINTAIN = {"verdict": Verdict.MAINTAIN, "rationale": "", "whose": "Chủ trì"}
RETIRE = {
    "verdict": Verdict.RETIRE,
    "rationale": "Mô hình đã đạt mục tiêu đề ra.",
    "whose": "Tổ thẩm định, theo đa số",
    "retire_reason": RetireReason.COMPLETED,
    "closing_kind": ClosingKind.COMPLETED,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


def hand_in(item, verdict=Verdict.MAINTAIN, number=1, **said):
    for ballot in item.ballots.waiting()[:number]:
        ballot.verdict = verdict
        for name, value in said.items():
            setattr(ballot, name, value)
        ballot.hand_in(by=ballot.member.user, version=ballot.version)


# --- The tally ------------------------------------------------------------------------------


def test_a_tally_counts_what_is_handed_in_and_what_waits_and_who_is_recused(clerk):
    seminar = factories.opened(members=5, items=2)
    item, other = seminar.items.all()
    item.recuse(seminar.members.first(), reason="Người thân phụ trách", by=clerk)
    hand_in(item, number=2)
    hand_in(item, Verdict.STRENGTHEN, remark="Cần phân công rõ người.")
    item.ballots.waiting().update(verdict=Verdict.REPLICATE)  # a draft does not count

    tallies = AgendaItem.tallies([item, other])

    nothing = dict.fromkeys(Verdict.values, 0)
    assert tallies[item.pk] == {
        "verdicts": nothing | {"maintain": 2, "strengthen": 1},
        "handed_in": 3,
        "waiting": 1,
        "recused": 1,
    }
    assert tallies[other.pk] == {
        "verdicts": nothing, "handed_in": 0, "waiting": 5, "recused": 0
    }  # fmt: skip


def test_the_progress_says_how_many_ballots_are_in_and_who_is_missing():
    seminar = factories.opened(members=2, items=3)
    diligent, _late = seminar.members.all()
    for ballot in diligent.ballots.all():
        ballot.verdict = Verdict.MAINTAIN
        ballot.hand_in(by=diligent.user, version=ballot.version)

    assert seminar.progress() == {"ballots": 6, "handed_in": 3}
    counted = [(m.handed_in_count, m.ballots_count) for m in seminar.members_with_progress()]
    assert counted == [(3, 3), (0, 3)]


# --- Proposals ------------------------------------------------------------------------------


def test_a_proposal_keeps_the_tally_of_its_moment_and_changes_no_model(clerk):
    seminar = factories.opened(members=2)
    item = seminar.items.get()
    hand_in(item)

    conclusion = item.conclude(by=clerk, **RETIRE)
    hand_in(item)

    assert Conclusion.objects.get().tally["handed_in"] == 1
    assert (conclusion.whose, conclusion.recorded_by) == (RETIRE["whose"], clerk)
    item.model.refresh_from_db()
    assert (item.model.status, item.model.verdict) == ("running", "")


def test_a_missing_quorum_warns_and_stops_nothing(clerk):
    seminar = factories.opened(factories.SeminarFactory(quorum=2), members=3)
    item = seminar.items.get()
    hand_in(item)

    assert item.lacks_quorum()
    item.conclude(by=clerk, **MAINTAIN)
    hand_in(item)
    assert not item.lacks_quorum()


def test_where_there_is_no_quorum_none_is_missing():
    assert not factories.opened().items.get().lacks_quorum()


def test_a_proposal_is_changed_on_record_while_the_seminar_is_open(clerk):
    item = factories.opened().items.get()
    item.conclude(by=clerk, **MAINTAIN)
    unit = factories.OrganisationFactory()

    item.conclude(by=clerk, take_up=[unit], **RETIRE)

    conclusion = Conclusion.objects.get()
    assert conclusion.verdict == Verdict.RETIRE
    assert list(conclusion.take_up.all()) == [unit]
    verdicts = {entry.verdict for entry in conclusion.history.all()}
    assert verdicts == {Verdict.MAINTAIN, Verdict.RETIRE}


def test_of_two_who_record_a_proposal_from_the_same_page_the_second_is_told(clerk):
    item = factories.opened().items.get()
    seen = version_of(item.conclusion_entries())
    item.conclude(by=clerk, version=seen, **MAINTAIN)

    with pytest.raises(StaleVersion):
        item.conclude(by=clerk, version=seen, **RETIRE)

    assert Conclusion.objects.get().verdict == Verdict.MAINTAIN


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rationale": ""}, "rationale"),
        ({"retire_reason": ""}, "retire_reason"),
        ({"closing_kind": ""}, "retire_reason"),
        ({"closing_kind": ClosingKind.NOT_ACCEPTED}, "retire_reason"),
        ({"verdict": Verdict.STRENGTHEN}, "retire_reason"),
        ({"closing_kind": ClosingKind.MERGED}, "merged_into"),
        ({"whose": ""}, "whose"),
    ],
)
def test_a_proposal_that_does_not_hold_together_is_refused_at_its_field(clerk, change, field):
    item = factories.opened().items.get()

    with pytest.raises(ValidationError) as refused:
        item.conclude(by=clerk, **RETIRE | change)

    said = refused.value
    codes = {error.code for error in said.error_dict.get("__all__", [])}
    assert field in said.error_dict or field in codes
    assert not Conclusion.objects.exists()


def test_no_model_is_merged_into_itself(clerk):
    item = factories.opened().items.get()
    into = RETIRE | {"closing_kind": ClosingKind.MERGED}

    with pytest.raises(ValidationError):
        item.conclude(by=clerk, merged_into=item.model, **into)
    item.conclude(by=clerk, merged_into=factories.running(), **into)

    assert Conclusion.objects.get().merged_into != item.model


def test_a_closed_or_planned_seminar_proposes_nothing(clerk):
    closed = factories.opened()
    closed.close(by=clerk)
    planned = factories.AgendaItemFactory().seminar

    for seminar in (closed, planned):
        with pytest.raises(MoveRefused):
            seminar.items.get().conclude(by=clerk, **MAINTAIN)
        with pytest.raises(MoveRefused):
            seminar.conclude_rest(by=clerk, **MAINTAIN)

    assert not Conclusion.objects.exists()


def test_all_others_touches_only_the_items_without_a_proposal(clerk):
    seminar = factories.opened(members=2, items=4)
    decided, judged, *_rest = seminar.items.all()
    decided.conclude(by=clerk, **RETIRE)
    hand_in(judged)

    assert seminar.conclude_rest(by=clerk, **MAINTAIN) == 3

    verdicts = dict(Conclusion.objects.values_list("item", "verdict"))
    assert verdicts.pop(decided.pk) == Verdict.RETIRE
    assert set(verdicts.values()) == {Verdict.MAINTAIN}
    assert judged.conclusion.tally == judged.tally()
    assert [entry.history_user for entry in judged.conclusion.history.all()] == [clerk]


def test_all_others_is_refused_when_they_are_not_those_of_the_preview(clerk):
    seminar = factories.opened(items=2)
    preview = listed(seminar.items.without_conclusion())
    seminar.items.first().conclude(by=clerk, **RETIRE)

    for shown in (preview, ""):
        with pytest.raises(MoveRefused):
            seminar.conclude_rest(by=clerk, expected=shown, **MAINTAIN)

    assert Conclusion.objects.count() == 1


def test_all_others_are_recorded_many_at_a_time(clerk):
    def queries(number):
        seminar = factories.opened(items=number)
        with CaptureQueriesContext(connection) as captured:
            assert seminar.conclude_rest(by=clerk, **MAINTAIN) == number
        return len(captured)

    assert queries(60) < queries(2) + 6
