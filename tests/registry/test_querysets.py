"""Who sees and may do what, asked of the querysets that every page goes through."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import transaction
from django.utils import timezone

from registry.models import (
    Enrolment,
    Evidence,
    Field,
    Membership,
    Note,
    Organisation,
    Outcome,
    PracticeModel,
    Replication,
    Role,
    User,
)
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
STATES = ("draft", "submitted", "returned", "running", "refused", "closed")
REGISTER = {"running", "closed"}
EVERY = set(STATES)


class World:
    """Two cells below one ward, below one committee; the first has a model in each state."""

    def __init__(self):
        self.committee = factories.CommitteeFactory()
        self.ward = factories.OrganisationFactory(parent=self.committee)
        self.cell = factories.CellFactory(parent=self.ward)
        self.other_cell = factories.CellFactory(parent=self.ward)
        self.below = factories.CellFactory(parent=self.cell)
        build = {state: getattr(factories, state, None) for state in STATES}
        build["draft"] = factories.PracticeModelFactory
        self.models = {state: build[state](organisation=self.cell) for state in STATES}
        self.people = {
            "visitor": AnonymousUser(),
            "nobody": factories.UserFactory(),
            "stranger": self.member(self.other_cell),
            "unit": self.member(self.cell),
            "ward": self.member(self.ward),
            "committee": self.member(self.committee),
            "below": self.member(self.below),
            "left": self.member(self.cell, until=TODAY() - timedelta(days=1)),
            "last day": self.member(self.cell, until=TODAY()),
            "first day": self.member(self.cell, since=TODAY()),
            "coming": self.member(self.cell, since=TODAY() + timedelta(days=1)),
            "panel": factories.PanelUserFactory(),
            "clerk": factories.ClerkFactory(),
            "admin": factories.AdminFactory(),
            "superuser": User.objects.create_superuser("goc", "Gốc", "mot-mat-khau"),
        }

    def member(self, organisation, **dates):
        user = factories.UserFactory()
        factories.MembershipFactory(user=user, organisation=organisation, **dates)
        return user

    def states(self, found):
        names = {model.pk: state for state, model in self.models.items()}
        return {names[model.pk] for model in found}

    def each(self, method, people=None):
        return {
            name: self.states(getattr(PracticeModel.objects, method)(self.people[name]))
            for name in people or self.people
        }


@pytest.fixture
def world():
    return World()


INSIDE = {"unit", "ward", "last day", "first day"}
OFFICE = {"clerk", "admin", "superuser"}


# --- Models ---------------------------------------------------------------------------------------


def test_what_was_ever_accepted_is_for_all_and_the_rest_for_those_inside(world):
    seen = world.each("visible_to")

    for name, states in seen.items():
        expected = EVERY if name in INSIDE | OFFICE else REGISTER
        assert states == (set() if name == "visitor" else expected), name


def test_own_models_are_those_of_the_unit_and_of_those_below_a_grassroots_committee(world):
    own = world.each("own_of")

    assert {name for name, states in own.items() if states} == INSIDE
    assert all(own[name] == EVERY for name in INSIDE)


def test_the_unit_writes_its_own_and_the_clerk_any_but_nobody_else(world):
    assert {name for name, states in world.each("written_by").items() if states} == {
        *INSIDE,
        "clerk",
    }


def test_only_the_clerk_receives(world):
    assert {name for name, states in world.each("received_by").items() if states} == {"clerk"}


def test_contacts_notes_and_moves_are_seen_inside_and_in_the_office(world):
    assert {name for name, states in world.each("inside_seen_by").items() if states} == (
        INSIDE | OFFICE
    )


def test_only_a_committee_above_endorses(world, settings):
    assert {name for name, states in world.each("endorsed_by").items() if states} == {"ward"}

    factories.MembershipFactory(user=world.people["ward"], organisation=world.cell)
    assert not world.each("endorsed_by", ["ward"])["ward"]

    settings.ENDORSEMENT = "off"
    assert not any(world.each("endorsed_by").values())


def test_a_clerk_discards_what_the_office_has_entered_and_what_is_of_their_own_unit(world):
    clerk = world.people["clerk"]
    assert world.each("discarded_by", ["clerk", "unit", "stranger"]) == {
        "clerk": set(),
        "unit": EVERY,
        "stranger": set(),
    }

    world.models["draft"].enrolments.update(on_behalf_of=world.cell)
    assert world.each("discarded_by", ["clerk"])["clerk"] == {"draft"}
    factories.MembershipFactory(user=clerk, organisation=world.cell)
    assert world.each("discarded_by", ["clerk"])["clerk"] == EVERY


def test_a_visitor_sees_what_is_public_of_the_register_where_the_catalogue_is_open(world, settings):
    PracticeModel.objects.update(public=True)
    visitor = world.people["visitor"]
    settings.PUBLIC_CATALOGUE = False
    assert not PracticeModel.objects.visible_to(visitor).exists()

    settings.PUBLIC_CATALOGUE = True
    assert world.states(PracticeModel.objects.visible_to(visitor)) == REGISTER

    PracticeModel.objects.update(public=False)
    assert not PracticeModel.objects.visible_to(visitor).exists()


def test_a_panel_sees_what_was_submitted_and_is_on_its_agenda_and_nothing_more(world):
    panel = world.people["panel"]
    member = factories.PanelMemberFactory(user=panel)
    for state in ("submitted", "returned", "draft"):
        factories.AgendaItemFactory(seminar=member.seminar, model=world.models[state])

    assert world.each("visible_to", ["panel"])["panel"] == REGISTER | {"submitted"}
    assert world.each("inside_seen_by", ["panel"])["panel"] == set()
    assert world.each("visible_to", ["stranger"])["stranger"] == REGISTER
    other = factories.PanelUserFactory()
    assert world.states(PracticeModel.objects.visible_to(other)) == REGISTER

    panel.groups.clear()
    again = User.objects.get(pk=panel.pk)
    assert world.states(PracticeModel.objects.visible_to(again)) == REGISTER


def test_an_account_that_was_switched_off_has_no_role(world):
    clerk = world.people["clerk"]
    clerk.is_active = False
    clerk.save()

    clerk = User.objects.get(pk=clerk.pk)

    assert (clerk.is_clerk, clerk.is_panel, clerk.sees_all) == (False, False, False)
    assert not PracticeModel.objects.received_by(clerk).exists()


def test_models_are_counted_filtered_searched_and_enrolled_within_what_one_sees(world):
    stranger, unit = world.people["stranger"], world.people["unit"]
    objects = PracticeModel.objects

    assert objects.visible_to(stranger).count() == len(REGISTER)
    assert objects.visible_to(unit).filter(status="draft").count() == 1
    assert objects.visible_to(stranger).filter(status="draft").count() == 0
    assert objects.visible_to(unit).search("mo hinh thu nghiem").count() == len(STATES)
    assert objects.visible_to(stranger).in_subtree(world.ward.pk).count() == len(REGISTER)
    assert objects.in_subtree(world.other_cell.pk).count() == 0
    year = factories.this_year()
    assert objects.visible_to(unit).enrolled_in(year, told_to=unit).count() == len(STATES)
    assert objects.enrolled_in(year - 1, told_to=unit).count() == 0
    assert world.states(objects.visible_to(unit).running()) == {"running"}
    assert world.states(objects.visible_to(unit).ever_accepted()) == REGISTER


@pytest.mark.parametrize(
    "method",
    [
        "visible_to",
        "own_of",
        "written_by",
        "discarded_by",
        "received_by",
        "endorsed_by",
        "inside_seen_by",
    ],
)
def test_every_method_can_be_locked_ordered_counted_and_combined(world, method):
    for user in world.people.values():
        found = getattr(PracticeModel.objects, method)(user)
        with transaction.atomic():
            locked = list(found.select_for_update().order_by("sort_key", "pk"))
        assert len(locked) == found.count() == found.visible_to(user).count()
        assert found.filter(pk__in=found.values("pk")).count() == len(locked)


# --- Organisations and people ---------------------------------------------------------------------


def test_a_person_acts_for_the_own_unit_and_a_grassroots_committee_for_all_below(world):
    def acted_for(name):
        return set(Organisation.objects.acted_for_by(world.people[name]))

    assert acted_for("unit") == {world.cell}
    assert acted_for("ward") == {world.ward, world.cell, world.other_cell, world.below}
    assert acted_for("committee") == {world.committee}
    for name in ("visitor", "nobody", "left", "coming", "panel", "clerk", "admin"):
        assert acted_for(name) == set()


def test_a_grassroots_cell_acts_for_the_cells_below_it(world):
    Organisation.objects.filter(pk=world.cell.pk).update(kind=Organisation.Kind.GRASSROOTS_CELL)

    assert set(Organisation.objects.acted_for_by(world.people["unit"])) == {world.cell, world.below}


def test_a_model_is_registered_for_what_exists_by_its_people_and_by_the_clerk(world):
    Organisation.objects.filter(pk=world.other_cell.pk).update(valid_until="2020-01-01")
    registered_for = Organisation.objects.registered_for_by

    assert set(registered_for(world.people["ward"])) == {world.ward, world.cell, world.below}
    assert world.other_cell not in registered_for(world.people["clerk"])
    assert world.committee in registered_for(world.people["clerk"])
    for name in ("visitor", "stranger", "panel", "admin"):
        assert not registered_for(world.people[name]).exists()


def test_visitors_see_the_organisations_of_public_models_and_those_signed_in_all(world, settings):
    settings.PUBLIC_CATALOGUE = True
    everyone = Organisation.objects.count()
    assert Organisation.objects.visible_to(world.people["nobody"]).count() == everyone
    assert not Organisation.objects.visible_to(world.people["visitor"]).exists()

    PracticeModel.objects.filter(pk=world.models["running"].pk).update(public=True)
    assert set(Organisation.objects.visible_to(world.people["visitor"])) == {world.cell}

    settings.PUBLIC_CATALOGUE = False
    assert not Organisation.objects.visible_to(world.people["visitor"]).exists()


def test_people_see_those_of_the_units_they_act_for_and_themselves(world):
    def seen_by(name):
        found = User.objects.visible_to(world.people[name])
        assert found.count() == len(found)
        return {key for key, user in world.people.items() if user in found}

    assert seen_by("unit") == {"unit", "last day", "first day"}
    assert seen_by("ward") == {"ward", "unit", "stranger", "below", "last day", "first day"}
    assert seen_by("committee") == {"committee"}
    assert seen_by("panel") == {"panel"}
    assert seen_by("visitor") == set()
    for name in OFFICE:
        assert seen_by(name) == set(world.people) - {"visitor"}


def test_memberships_are_current_from_their_first_to_their_last_day(world):
    current = Membership.objects.current().filter(organisation=world.cell)

    names = {name for name, user in world.people.items() if user in {m.user for m in current}}
    assert names == INSIDE - {"ward"}


# --- What hangs on a model ------------------------------------------------------------------------


def test_what_belongs_to_a_model_is_seen_with_it_and_written_by_those_who_write_it(world):
    for model in world.models.values():
        factories.ReplicationFactory(model=model)
        factories.OutcomeFactory(enrolment=model.enrolments.get())

    for name, user in world.people.items():
        seen = PracticeModel.objects.visible_to(user).count()
        written = PracticeModel.objects.written_by(user).count()
        for records in (Enrolment.objects, Replication.objects):
            assert records.visible_to(user).count() == seen, name
            assert records.written_by(user).count() == written, name
        assert Outcome.objects.visible_to(user).count() == seen, name


def test_a_replication_is_kept_by_the_unit_that_takes_the_model_up(world):
    taken = factories.ReplicationFactory(
        model=world.models["running"], organisation=world.other_cell
    )
    kept_by = Replication.objects.kept_by

    keepers = {name for name, user in world.people.items() if taken in kept_by(user)}

    assert keepers == {"stranger", "ward", "clerk"}


def test_a_note_to_the_unit_is_read_inside_and_an_internal_one_in_the_office(world):
    model = world.models["running"]
    to_unit = factories.NoteFactory(model=model)
    internal = factories.NoteFactory(model=model, audience=Note.Audience.OFFICE)
    seen = {name: set(Note.objects.visible_to(user)) for name, user in world.people.items()}

    assert {name for name, notes in seen.items() if to_unit in notes} == INSIDE | OFFICE
    assert {name for name, notes in seen.items() if internal in notes} == OFFICE


def test_files_are_seen_with_their_model_and_scans_inside_only(world, settings):
    settings.PUBLIC_CATALOGUE = True
    PracticeModel.objects.update(public=True)
    for model in world.models.values():
        factories.EvidenceFactory(model=model)
        factories.EvidenceFactory(model=model, kind=Evidence.Kind.SCAN)
    scans = Evidence.objects.filter(kind=Evidence.Kind.SCAN)
    others = Evidence.objects.exclude(kind=Evidence.Kind.SCAN)

    for name, user in world.people.items():
        inside = name in INSIDE | OFFICE
        assert scans.visible_to(user).count() == (len(STATES) if inside else 0), name
        # Of a model that has ended a visitor gets name and years.
        shown = {"visitor": 1}.get(name, len(STATES) if inside else len(REGISTER))
        assert others.visible_to(user).count() == shown, name


def test_a_file_taken_away_is_not_present(world):
    evidence = factories.EvidenceFactory(model=world.models["running"])
    evidence.remove(by=world.people["unit"])

    assert not Evidence.objects.present().exists()
    assert Evidence.objects.exists()


def test_an_entry_no_longer_in_use_is_offered_only_where_it_was_chosen():
    used, retired = factories.FieldFactory(), factories.FieldFactory(is_active=False)

    assert retired not in Field.objects.in_use()
    assert used in Field.objects.in_use()
    assert retired in Field.objects.in_use(including=retired)


def test_a_role_is_a_group_and_only_a_group(world):
    user = world.people["nobody"]
    user.groups.add(Group.objects.get(name=Role.CLERK))

    user = User.objects.get(pk=user.pk)

    assert (user.is_clerk, user.is_panel, user.is_admin, user.sees_all) == (
        True,
        False,
        False,
        True,
    )
