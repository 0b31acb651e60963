"""A model in a year: carried on, sent, endorsed, received."""

from http import HTTPStatus
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Enrolment, MoveRefused, PracticeModel
from registry.templatetags.vietnamese import moment
from tests import factories
from tests.counting import rows
from tests.factories import this_year

pytestmark = pytest.mark.django_db

FOUND, FORBIDDEN, GONE = 302, 403, 404
CONFLICT, WRONG_METHOD = HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED
BUTTONS = ["send", "accept", "endorse", "return"]


@pytest.fixture
def ward():
    return factories.OrganisationFactory()


@pytest.fixture
def cell(ward):
    return factories.CellFactory(parent=ward)


@pytest.fixture
def person(cell):
    return factories.UnitUserFactory(organisation=cell)


@pytest.fixture
def above(ward):
    return factories.UnitUserFactory(organisation=ward)


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


@pytest.fixture
def model(cell):
    """A model received last year."""
    return factories.running(organisation=cell, enrolment__year=this_year() - 1)


@pytest.fixture
def begun(model, person):
    return model.continue_in(this_year(), by=person)


@pytest.fixture
def sent(begun, person):
    begun.send(by=person)
    return begun


def to(name, record):
    return reverse(f"registry:{name}", args=[record.pk])


def as_(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def press(user, button, enrolment, **answers):
    """Press a button of the page as it stands now, unless ``version`` says another."""
    shown = PracticeModel.objects.get(pk=enrolment.model_id)
    answers = {"version": shown.version} | answers
    return as_(user).post(to(f"enrolment_{button}", enrolment), answers)


# --- Another year ---------------------------------------------------------------------------------


def test_the_button_enrols_for_this_year_once_and_brings_the_text(model, person):
    client = as_(person)
    button = to("enrolment_continue", model)
    assertContains(client.get(model.get_absolute_url()), button)

    response = client.post(button)

    edit = client.get(response.url)
    assert response.url == to("practicemodel_update", model)
    assertContains(edit, model.approach)
    enrolment = model.enrolments.get(year=this_year())
    assert (enrolment.kind, enrolment.entered_by, enrolment.on_behalf_of) == (
        Enrolment.Kind.CONTINUED,
        person,
        None,
    )
    assertNotContains(client.get(model.get_absolute_url()), button)
    again = client.post(button)
    assertContains(again, model.get_absolute_url(), status_code=CONFLICT)
    assert model.enrolments.count() == 2


def test_a_model_received_this_year_is_not_continued_in_it(cell, person):
    model = factories.running(organisation=cell)

    assertNotContains(as_(person).get(model.get_absolute_url()), to("enrolment_continue", model))
    assert as_(person).post(to("enrolment_continue", model)).status_code == CONFLICT


def test_a_clerk_continues_on_behalf_of_the_unit(model, clerk, cell):
    as_(clerk).post(to("enrolment_continue", model))
    enrolment = model.enrolments.get(year=this_year())
    press(clerk, "send", enrolment)

    enrolment.refresh_from_db()
    assert (enrolment.entered_by, enrolment.on_behalf_of) == (clerk, cell)
    assert [entry.on_behalf_of for entry in enrolment.history.all()] == [cell, cell]


def test_the_ward_continues_for_its_cell_as_one_of_its_own(model, above):
    as_(above).post(to("enrolment_continue", model))

    assert model.enrolments.get(year=this_year()).on_behalf_of is None


@pytest.mark.parametrize("state", ["submitted", "returned", "closed"])
def test_only_what_runs_is_continued(cell, person, state):
    model = getattr(factories, state)(organisation=cell, enrolment__year=this_year() - 1)

    assert as_(person).post(to("enrolment_continue", model)).status_code == CONFLICT
    assert model.enrolments.count() == 1


def test_a_continuation_is_sent_and_received(begun, person, clerk):
    assert press(person, "send", begun).status_code == FOUND
    assert press(clerk, "accept", begun).url == begun.model.get_absolute_url()

    begun.refresh_from_db()
    assert (begun.sent_by, begun.accepted_by) == (person, clerk)
    reasons = begun.history.order_by("history_id").values_list(
        "history_change_reason", "history_user"
    )
    assert list(reasons) == [("", person.pk), ("send", person.pk), ("accept", clerk.pk)]


def test_who_sends_a_continuation_is_told_that_it_has_arrived_and_when(begun, person):
    page = as_(person).post(to("enrolment_send", begun), follow=True)

    begun.refresh_from_db()
    said = f"ĐÃ NHẬN – {begun.model.code} – đăng ký năm {begun.year} – {moment(begun.sent_at)}"
    assertContains(page, said)


def test_a_continuation_is_returned_with_what_is_missing_and_sent_again(sent, person, clerk):
    due = timezone.localdate().replace(year=this_year() + 1)
    form = as_(clerk).get(to("enrolment_return", sent))
    assertContains(form, 'name="due"')

    press(clerk, "return", sent, reason="Thêm kết quả.", due=due.strftime("%d/%m/%Y"))

    sent.refresh_from_db()
    note = sent.model.notes.get()
    assert (sent.sent_at, sent.sent_by, note.by, note.audience) == (None, None, clerk, "unit")
    assert "Thêm kết quả." in note.text
    assert due.strftime("%d/%m/%Y") in note.text
    assertContains(as_(person).get(sent.model.get_absolute_url()), "Thêm kết quả.")
    assert press(person, "send", sent).status_code == FOUND


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({}, {"reason"}),
        ({"reason": "a\0"}, {"reason"}),
        ({"reason": "Thiếu", "due": "31/2/2099"}, {"due"}),
        ({"reason": "Thiếu", "due": "1/1/2020"}, {"due"}),
    ],
)
def test_a_return_that_does_not_say_what_is_missing_asks_again(sent, clerk, answers, wrong):
    page = press(clerk, "return", sent, **answers)

    assert set(page.context["form"].errors) == wrong
    sent.refresh_from_db()
    assert sent.sent_at is not None


def test_every_button_is_too_late_once_the_year_is_received(sent, person, above, clerk):
    sent.accept(by=clerk)

    assert press(person, "send", sent).status_code == CONFLICT
    assert press(above, "endorse", sent).status_code == CONFLICT
    for button in ("accept", "return"):
        late = press(clerk, button, sent, reason="Muộn")
        assertContains(late, sent.model.get_absolute_url(), status_code=CONFLICT)
    assert not sent.model.notes.exists()


@pytest.mark.parametrize("button", ["accept", "endorse"])
def test_a_year_is_received_and_endorsed_in_the_version_that_was_seen(
    sent, person, above, clerk, button
):
    user, model = clerk if button == "accept" else above, sent.model
    page = as_(user).get(model.get_absolute_url())
    (form,) = html.fromstring(page.content).xpath(
        f"//form[@action='{to(f'enrolment_{button}', sent)}']"
    )
    seen = form.fields["version"]
    model.approach = "Viết lại sau khi đã xem."
    model.write(by=person, version=model.version)
    before = rows()

    for version in (seen, "", "x"):
        late = press(user, button, sent, version=version)
        assertContains(late, model.get_absolute_url(), status_code=CONFLICT)
    assert rows() == before

    assert press(user, button, sent).status_code == FOUND


def test_what_was_not_sent_is_neither_received_returned_nor_endorsed(begun, above, clerk):
    assert press(clerk, "accept", begun).status_code == CONFLICT
    assert press(clerk, "return", begun, reason="Thiếu").status_code == CONFLICT
    assert press(above, "endorse", begun).status_code == CONFLICT


def test_a_year_of_a_model_that_has_ended_meanwhile_is_not_received(sent, clerk, person):
    sent.model.close_with_unit(by=clerk, reason="Giải thể.")

    assert press(clerk, "accept", sent).status_code == CONFLICT


def test_a_unit_does_not_receive_its_own_year_and_no_stranger_sends_it(begun, sent, person, above):
    for user in (person, above, factories.UnitUserFactory(), factories.PanelUserFactory()):
        for button in ("accept", "return"):
            assert press(user, button, sent, reason="x").status_code == FORBIDDEN
    for user in (factories.UnitUserFactory(), factories.PanelUserFactory()):
        assert press(user, "send", sent).status_code == FORBIDDEN
        assert as_(user).post(to("enrolment_continue", sent.model)).status_code == FORBIDDEN


@pytest.mark.parametrize("button", BUTTONS)
def test_the_year_of_a_draft_is_there_for_its_unit_only(button):
    enrolment = factories.PracticeModelFactory().enrolments.get()

    assert press(factories.UnitUserFactory(), button, enrolment).status_code == GONE
    assert press(factories.PanelUserFactory(), button, enrolment).status_code == GONE


@pytest.mark.parametrize("button", ["send", "accept", "endorse"])
def test_what_only_acts_has_no_page(sent, clerk, button):
    assert as_(clerk).get(to(f"enrolment_{button}", sent)).status_code == WRONG_METHOD


def test_no_other_method_is_answered(sent, clerk):
    assert as_(clerk).put(to("enrolment_return", sent)).status_code == WRONG_METHOD
    assert as_(clerk).get(to("enrolment_continue", sent.model)).status_code == WRONG_METHOD


# --- Endorsement ----------------------------------------------------------------------------------


def test_the_ward_endorses_what_its_cell_has_sent_and_the_cell_does_not(sent, person, above, clerk):
    assertContains(as_(above).get(sent.model.get_absolute_url()), to("enrolment_endorse", sent))
    for user in (person, clerk, factories.UnitUserFactory(), factories.AdminFactory()):
        assert press(user, "endorse", sent).status_code == FORBIDDEN

    assert press(above, "endorse", sent).status_code == FOUND

    sent.refresh_from_db()
    assert sent.endorsed_by == above
    assert press(above, "endorse", sent).status_code == CONFLICT


def test_who_acts_for_the_cell_and_for_the_ward_does_not_endorse_their_own(sent, above, cell):
    factories.MembershipFactory(user=above, organisation=cell)

    assert press(above, "endorse", sent).status_code == FORBIDDEN


def test_the_first_registration_is_endorsed_until_it_is_received_or_refused(cell, above, clerk):
    first, other = (factories.submitted(organisation=cell) for _ in range(2))
    other.refuse(by=clerk, reason="Trùng.")

    assert press(above, "endorse", first.enrolments.get()).status_code == FOUND
    assert press(above, "endorse", other.enrolments.get()).status_code == CONFLICT
    assert other.enrolments.get().endorsed_at is None


@pytest.mark.parametrize("left", ["refused", "withdrawn", "returned", "dissolved"])
def test_what_has_left_the_register_is_not_endorsed_however_it_is_asked_for(
    cell, above, person, clerk, left
):
    model = factories.submitted(organisation=cell)
    if left == "refused":
        model.refuse(by=clerk, reason="Trùng.")
    elif left == "withdrawn":
        model.withdraw(by=person)
    elif left == "returned":
        model.send_back(by=clerk, reason="Thiếu cách làm.")
    else:
        model.accept(by=clerk)
        model.continue_in(this_year() + 1, by=person).send(by=person)
        model.close_with_unit(by=clerk, reason="Giải thể.")
    enrolment = model.enrolments.first()
    before = rows()

    with pytest.raises(MoveRefused):
        enrolment.endorse(by=above)
    assert press(above, "endorse", enrolment).status_code == CONFLICT
    assert rows() == before


def test_withdrawing_takes_the_endorsement_back(cell, above, person):
    model = factories.submitted(organisation=cell)
    press(above, "endorse", model.enrolments.get())

    model.withdraw(by=person)

    assert model.enrolments.get().endorsed_at is None


def test_where_the_committee_wants_no_endorsement_there_is_none(sent, above, clerk, settings):
    settings.ENDORSEMENT = "off"

    assertNotContains(as_(above).get(sent.model.get_absolute_url()), to("enrolment_endorse", sent))
    assert press(above, "endorse", sent).status_code == FORBIDDEN
    assert press(clerk, "accept", sent).status_code == FOUND


def test_where_it_is_optional_a_year_is_received_without(sent, clerk, settings):
    settings.ENDORSEMENT = "optional"

    assert press(clerk, "accept", sent).status_code == FOUND


def test_where_it_is_required_a_continuation_waits_for_it_too(sent, above, clerk, settings):
    settings.ENDORSEMENT = "required"

    assert press(clerk, "accept", sent).status_code == CONFLICT
    assert press(above, "endorse", sent).status_code == FOUND
    assert press(clerk, "accept", sent).status_code == FOUND


def test_a_unit_with_no_committee_above_waits_for_nobody(clerk, settings):
    settings.ENDORSEMENT = "required"
    alone = factories.OrganisationFactory(kind="women")
    model = factories.submitted(organisation=alone)

    model.accept(by=clerk)

    assert not model.awaits_endorsement()


def test_every_page_that_acts_ignores_what_nobody_asked_for(begun, person):
    press(person, "send", begun, accepted_at="2020-01-01", accepted_by=person.pk, token=uuid4())

    begun.refresh_from_db()
    assert begun.accepted_at is None


def test_a_verb_looks_at_the_row_and_not_at_what_it_was_called_on(begun, person, clerk):
    stale = Enrolment.objects.get(pk=begun.pk)
    begun.send(by=person)
    begun.accept(by=clerk)

    with pytest.raises(MoveRefused):
        stale.send(by=person)


# --- Freezing -------------------------------------------------------------------------------------


def test_a_year_that_is_not_received_is_not_frozen(sent, clerk):
    sent.freeze(by=clerk)

    sent.refresh_from_db()
    assert (sent.frozen_at, sent.revision) == (None, None)


def test_what_is_received_after_its_round_is_closed_is_frozen_at_once(sent, clerk):
    factories.RoundFactory().close(by=clerk)

    sent.accept(by=clerk)
    new = factories.submitted()
    new.accept(by=clerk, version=new.version)

    for enrolment in (sent, new.enrolments.get()):
        enrolment.refresh_from_db()
        assert enrolment.revision == enrolment.model.history.latest().history_id


def test_what_is_received_while_a_round_of_its_year_is_open_is_not_frozen_yet(sent, clerk):
    factories.RoundFactory().close(by=clerk)
    factories.RoundFactory()

    sent.accept(by=clerk)

    sent.refresh_from_db()
    assert sent.frozen_at is None


def test_a_year_is_frozen_once_with_the_revision_of_that_moment(sent, clerk):
    sent.accept(by=clerk)
    last = sent.model.history.latest().history_id
    sent.freeze(by=clerk)
    sent.model.write(by=clerk, version=sent.model.version)
    at = sent.frozen_at

    sent.freeze(by=clerk)

    sent.refresh_from_db()
    assert (sent.revision, sent.frozen_at) == (last, at)
