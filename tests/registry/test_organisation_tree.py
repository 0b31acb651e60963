"""The tree of organisations: who stands below whom, and what happens when one ends."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.models import ClosingKind, Organisation, PartyCell, PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db

Kind = Organisation.Kind
END = date(2026, 6, 30)


@pytest.fixture
def tree():
    """A committee, a ward below it, a cell below the ward; and another ward."""
    committee = factories.CommitteeFactory()
    ward = factories.OrganisationFactory(parent=committee)
    cell = factories.CellFactory(parent=ward)
    return committee, ward, cell, factories.OrganisationFactory(parent=committee)


def ended(organisation, **fields):
    by = fields.pop("by", None) or factories.UserFactory()
    organisation.end(**{"on": END, "by": by, "reason": "Sáp nhập."} | fields)


# --- Above and below ------------------------------------------------------------------------------


def test_a_subtree_is_an_organisation_and_all_below_it(tree, django_assert_num_queries):
    committee, ward, cell, other = tree

    with django_assert_num_queries(1):
        assert ward.subtree_ids() == {ward.pk, cell.pk}
    assert committee.subtree_ids() == {one.pk for one in tree}
    assert other.subtree_ids() == {other.pk}
    assert set(Organisation.objects.line_of(cell.pk)) == {cell, ward, committee}


def test_ancestors_come_nearest_first(tree, django_assert_num_queries):
    committee, ward, cell, _other = tree

    with django_assert_num_queries(1):
        assert cell.ancestors() == [ward, committee]
    assert committee.ancestors() == []


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_grassroots_or_belongs_to_the_grassroots_organisation_above(tree, kind):
    _committee, ward, cell, _other = tree
    cell.kind = kind

    expected = cell if kind in Organisation.GRASSROOTS else ward

    assert cell.grassroots() == expected
    assert cell.is_grassroots == (expected is cell)
    assert cell.is_cell == kind.value.endswith("_cell")


def test_the_superior_committee_belongs_to_no_grassroots_organisation(tree):
    assert tree[0].grassroots() is None


def test_an_organisation_stands_neither_below_itself_nor_below_what_is_below_it(tree):
    committee, ward, cell, other = tree

    for parent in (ward, cell):
        ward.parent = parent
        with pytest.raises(ValidationError) as refusal:
            ward.full_clean()
        assert "parent" in refusal.value.error_dict
    ward.parent = other
    ward.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=committee.pk).update(parent=committee.pk)


def test_a_loop_that_came_in_around_the_forms_ends_no_page_in_an_endless_search(tree):
    committee, ward, cell, _other = tree
    Organisation.objects.filter(pk=committee.pk).update(parent=cell.pk)

    assert cell.subtree_ids() >= {committee.pk, ward.pk, cell.pk}
    assert Organisation.objects.get(pk=cell.pk).ancestors()[:2] == [ward, committee]
    assert len(Organisation.objects.get(pk=cell.pk).ancestors()) <= 3


def test_an_organisation_ends_no_earlier_than_it_began():
    ward = factories.OrganisationFactory(valid_from=date(2025, 1, 1))

    with pytest.raises(ValidationError):
        ended(ward, on=date(2024, 12, 31))
    ward.refresh_from_db()
    assert ward.valid_until is None


def test_who_is_continued_by_another_has_a_last_day(tree):
    _committee, ward, _cell, other = tree

    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=ward.pk).update(successor=other)


def test_existing_counts_the_first_and_the_last_day():
    ward = factories.OrganisationFactory(valid_from=date(2024, 7, 1), valid_until=date(2025, 6, 30))

    days = [date(2024, 6, 30), date(2024, 7, 1), date(2025, 6, 30), date(2025, 7, 1)]

    assert [ward in Organisation.objects.existing(day) for day in days] == [
        False,
        True,
        True,
        False,
    ]
    assert ward not in Organisation.objects.existing()


@pytest.mark.parametrize("words", ["tan thanh", "TÂN THẠNH", "thạnh tân", "Ta\u0302n Tha\u0323nh"])
def test_an_organisation_is_found_by_name_short_name_or_place(words):
    by_name = factories.OrganisationFactory(name="Đảng ủy phường Tân Thạnh")
    by_short_name = factories.OrganisationFactory(short_name="P. Tân Thạnh")
    by_place = factories.OrganisationFactory(place="Khối phố Tân Thạnh")
    factories.OrganisationFactory(name="Đảng ủy phường An Mỹ")

    assert set(Organisation.objects.search(words)) == {by_name, by_short_name, by_place}


def test_a_very_long_name_is_still_stored_and_found():
    ward = factories.OrganisationFactory(
        name="Đảng ủy " + "ă" * 190, short_name="b" * 80, place="Hòa " * 50
    )

    assert ward in Organisation.objects.search("dang uy")


def test_party_cells_are_the_organisations_of_those_kinds(tree):
    _committee, _ward, cell, _other = tree
    grassroots = factories.OrganisationFactory(kind=Kind.GRASSROOTS_CELL)

    assert {one.pk for one in PartyCell.objects.all()} == {cell.pk, grassroots.pk}
    assert set(Organisation.objects.cells()) == {cell, grassroots}


# --- The end of one -------------------------------------------------------------------------------


def test_all_that_is_not_closed_goes_on_with_the_successor(tree):
    _committee, _ward, cell, other = tree
    states = ("submitted", "returned", "running", "refused")
    models = {state: getattr(factories, state)(organisation=cell) for state in states}
    models["draft"] = factories.PracticeModelFactory(organisation=cell)
    by = factories.AdminFactory()

    ended(cell, successor=other, by=by)

    gone_on = set(PracticeModel.objects.filter(organisation=other))
    assert gone_on == {models[state] for state in ("draft", "submitted", "returned", "running")}
    for model in gone_on:
        entry = model.history.first()
        assert (entry.history_user, entry.history_change_reason) == (by, "Sáp nhập.")
        assert model.organisation_name == cell.name
    assert models["refused"].history.first().organisation == cell


def test_without_a_successor_what_runs_is_closed_and_the_rest_stays(tree):
    cell = tree[2]
    running, draft = (
        factories.running(organisation=cell),
        factories.PracticeModelFactory(organisation=cell),
    )

    ended(cell)

    running.refresh_from_db()
    draft.refresh_from_db()
    assert (running.status, running.closing_kind) == ("closed", ClosingKind.UNIT_DISSOLVED)
    assert running.moves.first().reason == "Sáp nhập."
    assert (draft.status, draft.organisation) == ("draft", cell)


def test_what_stands_below_moves_to_the_successor_else_to_the_one_above(tree):
    committee, ward, cell, other = tree
    gone = factories.CellFactory(parent=ward, valid_until=date(2020, 1, 1))
    goes_later = factories.CellFactory(parent=ward, valid_until=END + timedelta(days=1))

    ended(ward, successor=other)
    for one in (cell, gone, goes_later):
        one.refresh_from_db()
    assert (cell.parent, goes_later.parent, gone.parent) == (other, other, ward)
    assert cell.history.first().history_change_reason == "Sáp nhập."

    ended(other)
    cell.refresh_from_db()
    assert cell.parent == committee


def test_all_memberships_end_also_those_that_have_not_begun(tree):
    cell = tree[2]
    today = timezone.localdate()
    current = factories.MembershipFactory(organisation=cell)
    left = factories.MembershipFactory(organisation=cell, until=date(2021, 1, 1))
    coming = factories.MembershipFactory(organisation=cell, since=today + timedelta(days=9))

    ended(cell, on=today)

    for membership in (current, left, coming):
        membership.refresh_from_db()
    assert (current.until, left.until) == (today, date(2021, 1, 1))
    assert coming.until == coming.since
    assert current.history.first().history_change_reason == "Sáp nhập."


def test_neither_itself_nor_one_below_it_continues_an_organisation(tree):
    _committee, ward, cell, _other = tree

    for successor in (ward, cell):
        with pytest.raises(ValidationError):
            ended(ward, successor=successor)

    ward.refresh_from_db()
    assert (ward.valid_until, ward.successor) == (None, None)


def test_what_is_continued_by_another_does_not_end_a_second_time(tree):
    _committee, ward, cell, other = tree
    ended(cell, successor=ward)

    with pytest.raises(ValidationError):
        ended(cell, successor=other)

    cell.refresh_from_db()
    assert cell.successor == ward


def test_an_end_that_fails_half_way_leaves_everything_as_it_was(tree):
    cell = tree[2]
    model = factories.running(organisation=cell)

    with pytest.raises(IntegrityError), transaction.atomic():
        # The organisation can be saved without an author, the move of its model cannot.
        cell.end(on=END, by=None, reason="Sáp nhập.")

    cell.refresh_from_db()
    model.refresh_from_db()
    assert (cell.valid_until, model.status) == (None, "running")


# --- Memberships ----------------------------------------------------------------------------------


def test_a_person_acts_for_an_organisation_once_at_a_time():
    left = factories.MembershipFactory(until=date(2022, 1, 1))
    again = factories.MembershipFactory(
        user=left.user, organisation=left.organisation, since=date(2023, 1, 1)
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.MembershipFactory(user=again.user, organisation=again.organisation)


def test_a_membership_ends_no_earlier_than_it_begins():
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.MembershipFactory(since=date(2024, 1, 2), until=date(2024, 1, 1))


def test_an_account_that_was_switched_off_is_not_named_as_acting_for_its_unit(client, tree):
    cell = tree[2]
    left = factories.UnitUserFactory(organisation=cell, full_name="Trần Đã Nghỉ")
    client.force_login(factories.UnitUserFactory(organisation=cell))
    left.is_active = False
    left.save()

    page = client.get(cell.get_absolute_url())

    assert page.context["people"]
    assert "Trần Đã Nghỉ" not in page.content.decode()


def test_names_are_what_people_are_called():
    left = factories.MembershipFactory()

    assert str(left) == f"{left.user.full_name} – {left.organisation.name}"
    assert left.user.get_full_name() == left.user.get_short_name() == left.user.full_name
