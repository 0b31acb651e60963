"""A seminar's own rules: what is put before it, who judges what, what may change when."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from registry.history import version_of
from registry.models import MoveRefused, StaleVersion, Verdict
from reviews.models import AgendaItem, Assessment, Recusal, Seminar
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


def order(seminar):
    return list(seminar.items.values_list("model__name", flat=True))


def item_of(organisation, seminar):
    return factories.AgendaItemFactory(
        seminar=seminar, model=factories.running(organisation=organisation)
    )


def hand_in(item, verdict=Verdict.MAINTAIN, number=1, **said):
    for ballot in item.ballots.waiting()[:number]:
        ballot.verdict = verdict
        for name, value in said.items():
            setattr(ballot, name, value)
        ballot.hand_in(by=ballot.member.user, version=ballot.version)


# --- Planning -------------------------------------------------------------------------------


def test_models_are_put_before_a_seminar_in_the_order_given(clerk):
    seminar = factories.SeminarFactory()
    models = [factories.running(name=name) for name in ("Ba", "Một", "Hai")]

    assert seminar.put(models, by=clerk) == 3

    assert order(seminar) == ["Ba", "Một", "Hai"]
    assert {item.organisation for item in seminar.items.all()} == {m.organisation for m in models}


def test_a_model_put_twice_is_before_the_seminar_once(clerk):
    seminar = factories.SeminarFactory()
    first, second = factories.running(), factories.running()
    seminar.put([first], by=clerk)

    assert seminar.put([second, first, second], by=clerk) == 1

    assert list(seminar.items.values_list("model", flat=True)) == [first.pk, second.pk]


def test_the_database_holds_a_model_to_one_item_of_a_seminar():
    item = factories.AgendaItemFactory()

    with pytest.raises(IntegrityError):
        factories.AgendaItemFactory(seminar=item.seminar, model=item.model)


def test_one_person_has_one_seat_on_a_panel():
    member = factories.PanelMemberFactory()

    with pytest.raises(IntegrityError):
        factories.PanelMemberFactory(seminar=member.seminar, user=member.user)


def test_what_is_put_before_a_seminar_has_a_history_with_its_author(clerk):
    seminar = factories.SeminarFactory()

    seminar.put([factories.running()], by=clerk)

    assert [entry.history_user for entry in seminar.items.get().history.all()] == [clerk]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("Hai", True)], ["Hai", "Một", "Ba"]),
        ([("Hai", False)], ["Một", "Ba", "Hai"]),
        ([("Một", True)], ["Một", "Hai", "Ba"]),
        ([("Ba", False)], ["Một", "Hai", "Ba"]),
        ([("Ba", True), ("Ba", True)], ["Ba", "Một", "Hai"]),
    ],
)
@pytest.mark.parametrize("positions", [(1, 2, 3), (7, 7, 7), (1, 5, 5)])
def test_an_item_changes_places_with_its_neighbour(clerk, positions, moves, expected):
    seminar = factories.SeminarFactory()
    for name, position in zip(("Một", "Hai", "Ba"), positions, strict=True):
        model = factories.running(name=name)
        factories.AgendaItemFactory(seminar=seminar, model=model, position=position)

    for name, up in moves:
        place = seminar.items.get(model__name=name).move(up=up, by=clerk)
        assert order(seminar)[place] == name

    assert order(seminar) == expected


def test_an_item_leaves_with_what_was_declared_on_it_as_long_as_the_seminar_is_planned(clerk):
    item = factories.AgendaItemFactory()
    member = factories.PanelMemberFactory(seminar=item.seminar)
    item.recuse(member, reason="Tham gia xây dựng mô hình", by=clerk)

    item.drop(by=clerk)

    assert not AgendaItem.objects.exists()
    assert not Recusal.objects.exists()
    assert AgendaItem.history.filter(history_type="-").get().history_user == clerk


def test_what_has_left_the_agenda_meanwhile_is_not_written_moved_or_dropped_again(clerk):
    item = factories.AgendaItemFactory()
    late = AgendaItem.objects.get()
    item.drop(by=clerk)

    for act in (
        lambda: late.write(by=clerk, version=1),
        lambda: late.move(up=True, by=clerk),
        lambda: late.drop(by=clerk),
    ):
        with pytest.raises(MoveRefused):
            act()
    assert not AgendaItem.objects.exists()


def test_a_member_leaves_the_panel_with_what_they_declared(clerk):
    item = factories.AgendaItemFactory()
    member = factories.PanelMemberFactory(seminar=item.seminar)
    item.recuse(member, reason="Người thân phụ trách", by=clerk)

    member.remove(by=clerk)

    assert not item.seminar.members.exists()
    assert not Recusal.objects.exists()


def test_what_somebody_else_has_saved_meanwhile_is_not_written_over(clerk):
    item = factories.AgendaItemFactory()
    seen = version_of(item.history)
    AgendaItem.objects.get().write(by=clerk, version=seen)

    for version in (seen, 0):
        with pytest.raises(StaleVersion):
            item.write(by=clerk, version=version)


# --- Opening --------------------------------------------------------------------------------


def test_a_seminar_with_nothing_before_it_does_not_open(clerk):
    seminar = factories.SeminarFactory()

    with pytest.raises(ValidationError):
        seminar.open(by=clerk)

    assert Seminar.objects.get().is_planned


def test_opening_gives_each_member_one_ballot_for_each_item():
    seminar = factories.opened(members=3, items=2)

    given = Assessment.objects.values_list("item", "member")
    assert sorted(given) == sorted(
        (item.pk, member.pk) for item in seminar.items.all() for member in seminar.members.all()
    )
    assert not Recusal.objects.exists()


@pytest.fixture
def tree():
    """A committee; below it two wards; below the first of them two cells and a party group."""
    committee = factories.CommitteeFactory()
    ward, other_ward = factories.OrganisationFactory.create_batch(2, parent=committee)
    cell, sibling = factories.CellFactory.create_batch(2, parent=ward)
    return {
        "the committee": committee,
        "the ward": ward,
        "another ward": other_ward,
        "the cell": cell,
        "its sibling": sibling,
        "a cell elsewhere": factories.CellFactory(parent=other_ward),
    }


@pytest.mark.parametrize("known", ["by record", "by account"])
@pytest.mark.parametrize(
    ("own", "close"),
    [
        ("the cell", {"the cell", "the ward"}),
        ("the ward", {"the ward", "the cell", "its sibling"}),
        ("the committee", {"the committee"}),
        ("another ward", {"another ward", "a cell elsewhere"}),
    ],
)
def test_a_member_has_no_ballot_on_models_of_their_own_unit_or_above_or_below_it(
    tree, own, close, known
):
    seminar = factories.SeminarFactory()
    items = {name: item_of(unit, seminar) for name, unit in tree.items()}
    if known == "by record":
        factories.PanelMemberFactory(seminar=seminar, organisation=tree[own], user=None)
    else:
        person = factories.PanelUserFactory()
        factories.MembershipFactory(user=person, organisation=tree[own])
        factories.PanelMemberFactory(seminar=seminar, user=person)

    factories.opened(seminar)

    recused = {name for name, item in items.items() if item.recusals.filter(of_own_unit=True)}
    judged = {name for name, item in items.items() if item.ballots.exists()}
    assert recused == close
    assert judged == set(tree) - close


def test_whoever_has_left_a_unit_may_judge_its_models():
    item = factories.AgendaItemFactory()
    person = factories.PanelUserFactory()
    factories.MembershipFactory(user=person, organisation=item.organisation, until="2024-12-31")
    factories.PanelMemberFactory(seminar=item.seminar, user=person)

    factories.opened(item.seminar)

    assert item.ballots.get().member.user == person


def test_who_has_declared_to_take_no_part_gets_no_ballot(clerk):
    item = factories.AgendaItemFactory()
    member, other = factories.PanelMemberFactory.create_batch(2, seminar=item.seminar)
    item.recuse(member, reason="Tham gia xây dựng mô hình", by=clerk)

    factories.opened(item.seminar)

    assert [ballot.member for ballot in item.ballots.all()] == [other]
    assert item.recusals.get().member == member


def test_a_recusal_in_an_open_seminar_withdraws_the_ballot_and_says_why(clerk):
    seminar = factories.opened(members=2)
    item, (member, other) = seminar.items.get(), seminar.members.all()

    item.recuse(member, reason="Người thân phụ trách", by=clerk)

    assert [ballot.member for ballot in item.ballots.all()] == [other]
    gone = Assessment.history.filter(history_type="-").get()
    assert (gone.member, gone.history_change_reason) == (member, "Người thân phụ trách")


def test_who_has_handed_in_cannot_be_recused_any_more(clerk):
    seminar = factories.opened()
    item, member = seminar.items.get(), seminar.members.get()
    hand_in(item)

    with pytest.raises(MoveRefused):
        item.recuse(member, reason="Người thân phụ trách", by=clerk)

    assert item.ballots.get().is_handed_in


def test_a_recusal_says_why_and_is_recorded_once(clerk):
    item = factories.AgendaItemFactory()
    member = factories.PanelMemberFactory(seminar=item.seminar)
    with pytest.raises(ValidationError):
        item.recuse(member, reason="", by=clerk)
    item.recuse(member, reason="Người thân phụ trách", by=clerk)

    with pytest.raises(ValidationError):
        item.recuse(member, reason="Người thân phụ trách", by=clerk)

    assert item.recusals.count() == 1


def test_a_seminar_opens_once_and_closes_once(clerk):
    seminar = factories.opened()

    with pytest.raises(MoveRefused):
        Seminar.objects.get().open(by=clerk)
    seminar.close(by=clerk)
    with pytest.raises(MoveRefused):
        seminar.close(by=clerk)

    assert Assessment.objects.count() == 1


def test_opening_writes_the_ballots_of_two_hundred_items_many_at_a_time(clerk):
    def queries(number):
        seminar = factories.SeminarFactory()
        cells = factories.CellFactory.create_batch(number)
        models = [factories.PracticeModelFactory(organisation=cell) for cell in cells]
        seminar.put(models, by=clerk)
        for unit in factories.OrganisationFactory.create_batch(7):
            factories.PanelMemberFactory(seminar=seminar, organisation=unit)
        with CaptureQueriesContext(connection) as captured:
            seminar.open(by=clerk)
        assert Assessment.objects.filter(item__seminar=seminar).count() == number * 7
        return len(captured)

    # 1,400 ballots and their history; SQLite takes about a hundred in a statement.
    assert queries(200) < queries(2) + 60


@pytest.mark.django_db(transaction=True)
def test_of_those_who_open_at_once_one_hands_out_the_ballots(in_threads, clerk):
    seminar = factories.SeminarFactory()
    factories.PanelMemberFactory.create_batch(2, seminar=seminar)
    factories.AgendaItemFactory.create_batch(3, seminar=seminar)

    def open_it():
        Seminar.objects.get(pk=seminar.pk).open(by=clerk)

    results = in_threads(*[open_it] * 8)

    assert [type(result) for result in results if result] == [MoveRefused] * 7
    assert Assessment.objects.count() == 6


# --- Changes after the opening --------------------------------------------------------------


def test_an_open_seminar_takes_nothing_new_and_loses_nothing(clerk):
    seminar = factories.opened(items=2)

    with pytest.raises(MoveRefused):
        seminar.put([factories.running()], by=clerk)
    with pytest.raises(MoveRefused):
        seminar.items.first().drop(by=clerk)

    assert seminar.items.count() == 2


def test_title_and_gist_are_written_until_the_seminar_closes(clerk):
    seminar = factories.opened()
    item = seminar.items.get()
    seminar.title, item.gist = "Tọa đàm tháng Sáu", "Nhiều ý kiến đồng tình."
    seminar.write(by=clerk, version=version_of(seminar.history))
    item.write(by=clerk, version=version_of(item.history))
    Seminar.objects.get().close(by=clerk)

    with pytest.raises(MoveRefused):
        seminar.write(by=clerk, version=version_of(seminar.history))
    with pytest.raises(MoveRefused):
        item.write(by=clerk, version=version_of(item.history))

    assert Seminar.objects.get().title == "Tọa đàm tháng Sáu"
