"""The buttons that move a model: who may press them, when, and what they ask."""

from datetime import date, timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import ClosingKind, PracticeModel
from tests import factories

pytestmark = pytest.mark.django_db

Status = PracticeModel.Status
OF_THE_UNIT = ["submit", "withdraw", "discard"]
OF_THE_OFFICE = ["return", "accept", "refuse", "public"]


@pytest.fixture
def cell():
    return factories.CellFactory()


@pytest.fixture
def person(client, cell):
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client):
    user = factories.ClerkFactory()
    client.force_login(user)
    return user


def to(move, model):
    return reverse(f"registry:practicemodel_{move}", args=[model.pk])


def send(client, model, **changes):
    """Send what the page of all answers shows."""
    model.refresh_from_db()
    sent = {"token": uuid4(), "version": model.version}
    return client.post(to("submit", model), sent | changes)


def leads_to(response, address):
    assertRedirects(response, address, fetch_redirect_response=False)


def status_of(model):
    return PracticeModel.objects.get(pk=model.pk).status


# --- What the unit does -------------------------------------------------------------------------


def test_a_complete_draft_is_sent_from_its_page(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)

    response = send(client, model)

    leads_to(response, to("received", model))
    assert status_of(model) == Status.SUBMITTED


def test_sending_an_incomplete_draft_leads_to_its_form_which_says_what_is_missing(
    client, person, cell
):
    model = factories.PracticeModelFactory(organisation=cell, reason="", place="")

    response = send(client, model)

    page = client.get(response.url)
    assert set(page.context["form"].errors) == {"reason", "place"}
    assertContains(page, 'href="#id_reason"')
    assert status_of(model) == Status.DRAFT


def test_a_second_press_on_send_leads_to_the_receipt_of_the_first(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    token = uuid4()
    send(client, model, token=token)

    again = send(client, model, token=token)

    leads_to(again, to("received", model))
    assert model.moves.count() == 1


def test_sending_from_a_second_page_is_refused_with_a_sentence_and_a_way_on(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    send(client, model)

    again = send(client, model)

    assertContains(again, to("check", model), status_code=HTTPStatus.CONFLICT)
    assert model.moves.count() == 1


@pytest.mark.parametrize("missing", ["token", "version"])
def test_only_what_the_page_of_all_answers_has_shown_is_sent(client, person, cell, missing):
    model = factories.PracticeModelFactory(organisation=cell)

    assert send(client, model, **{missing: ""}).status_code == HTTPStatus.CONFLICT
    assert send(client, model, version=99).status_code == HTTPStatus.CONFLICT
    assert status_of(model) == Status.DRAFT


def test_withdrawing_asks_first_and_gives_the_draft_back(client, person, cell):
    model = factories.submitted(organisation=cell)
    page = client.get(to("withdraw", model))
    assertContains(page, "<form")
    assertNotContains(page, "None")
    assert status_of(model) == Status.SUBMITTED

    response = client.post(to("withdraw", model))

    leads_to(response, reverse("registry:practicemodel_update", args=[model.pk]))
    assert status_of(model) == Status.DRAFT
    assert client.post(to("withdraw", model)).status_code == HTTPStatus.CONFLICT
    assert client.get(to("withdraw", model)).status_code == HTTPStatus.CONFLICT


def test_what_was_accepted_is_no_longer_withdrawn(client, person, cell):
    model = factories.running(organisation=cell)

    assert client.post(to("withdraw", model)).status_code == HTTPStatus.CONFLICT
    assert status_of(model) == Status.RUNNING


def test_a_draft_that_was_never_sent_can_be_discarded(client, person, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    assertContains(client.get(to("discard", model)), "<form")

    leads_to(client.post(to("discard", model)), reverse("home"))

    assert not PracticeModel.objects.exists()
    assert client.post(to("discard", model)).status_code == HTTPStatus.NOT_FOUND


def test_what_was_sent_once_is_never_discarded(client, person, cell):
    model = factories.submitted(organisation=cell)
    model.withdraw(by=person)

    assert client.get(to("discard", model)).status_code == HTTPStatus.CONFLICT
    assert client.post(to("discard", model)).status_code == HTTPStatus.CONFLICT
    assert status_of(model) == Status.DRAFT


def test_a_clerk_discards_only_what_the_office_has_entered(client, clerk, cell):
    of_the_unit = factories.PracticeModelFactory()
    of_the_office = factories.PracticeModelFactory(enrolment__on_behalf_of=cell, organisation=cell)

    assert client.post(to("discard", of_the_unit)).status_code == HTTPStatus.FORBIDDEN
    leads_to(client.post(to("discard", of_the_office)), reverse("home"))
    assert PracticeModel.objects.get() == of_the_unit


def test_a_clerk_sends_and_withdraws_on_behalf_of_the_unit(client, clerk, cell):
    model = factories.PracticeModelFactory(organisation=cell)

    send(client, model)
    client.post(to("withdraw", model))

    moves = model.moves.order_by("pk").values_list("name", "by", "on_behalf_of")
    assert list(moves) == [("submit", clerk.pk, cell.pk), ("withdraw", clerk.pk, cell.pk)]


# --- What the office does -----------------------------------------------------------------------


def test_a_registration_is_returned_with_what_is_missing_and_until_when(client, clerk):
    model = factories.submitted()
    assertContains(client.get(to("return", model)), 'name="due"')
    due = timezone.localdate() + timedelta(days=7)

    response = client.post(
        to("return", model), {"reason": "Nêu rõ số hộ.", "due": due.strftime("%d/%m/%Y")}
    )

    leads_to(response, model.get_absolute_url())
    move = model.moves.first()
    assert (move.to_status, move.reason, move.due) == (Status.RETURNED, "Nêu rõ số hộ.", due)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"reason"}),
        ({"reason": "   "}, {"reason"}),
        ({"reason": "a\0b"}, {"reason"}),
        ({"reason": "ă" * 2001}, {"reason"}),
        ({"reason": "Thiếu", "due": "31/2/2099"}, {"due"}),
        ({"reason": "Thiếu", "due": "1/1/2020"}, {"due"}),
        ({"reason": "Thiếu", "due": "1/1/9999"}, {"due"}),
        ({"reason": "Thiếu", "due": "a\0"}, {"due"}),
    ],
)
def test_a_return_without_a_reason_or_with_a_wrong_day_asks_again(client, clerk, fields, wrong):
    model = factories.submitted()

    page = client.post(to("return", model), fields)

    assert set(page.context["form"].errors) == wrong
    assert status_of(model) == Status.SUBMITTED


def test_the_day_is_read_day_first(client, clerk):
    model, year = factories.submitted(), factories.this_year() + 1

    client.post(to("return", model), {"reason": "Thiếu", "due": f"5/6/{year}"})

    assert model.moves.first().due == date(year, 6, 5)


def test_accepting_names_the_version_that_was_looked_at(client, clerk):
    model = factories.submitted()

    response = client.post(to("accept", model), {"version": model.version})

    leads_to(response, model.get_absolute_url())
    model.refresh_from_db()
    assert (model.status, model.accepted_by) == (Status.RUNNING, clerk)
    again = client.post(to("accept", model), {"version": model.version})
    assert again.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize("fields", [{}, {"version": ""}, {"version": "x"}, {"version": "1"}])
def test_a_version_nobody_looked_at_is_not_accepted(client, clerk, fields):
    model = factories.submitted()

    assert client.post(to("accept", model), fields).status_code == HTTPStatus.CONFLICT
    assert status_of(model) == Status.SUBMITTED


@pytest.mark.parametrize("build", [factories.submitted, factories.returned])
def test_a_registration_is_refused_with_a_reason(client, clerk, build):
    model = build()
    assert set(client.post(to("refuse", model)).context["form"].errors) == {"reason"}

    response = client.post(to("refuse", model), {"reason": "Trùng mô hình đã có."})

    leads_to(response, model.get_absolute_url())
    model.refresh_from_db()
    assert (model.status, model.closing_kind) == (Status.CLOSED, ClosingKind.NOT_ACCEPTED)
    assert model.moves.first().reason == "Trùng mô hình đã có."


@pytest.mark.parametrize("move", ["return", "refuse"])
def test_what_runs_is_neither_returned_nor_refused(client, clerk, move):
    model = factories.running()

    assert client.get(to(move, model)).status_code == HTTPStatus.CONFLICT
    response = client.post(to(move, model), {"reason": "Muộn"})
    assert response.status_code == HTTPStatus.CONFLICT
    assert status_of(model) == Status.RUNNING


def test_a_clerk_puts_a_model_into_the_open_catalogue_and_takes_it_out(client, clerk):
    model = factories.running()

    client.post(to("public", model), {"public": "yes", "version": model.version})
    model.refresh_from_db()
    assert model.public

    client.post(to("public", model), {"public": "no", "version": model.version})
    model.refresh_from_db()
    assert not model.public
    stale = client.post(to("public", model), {"public": "yes", "version": model.version - 1})
    assert stale.status_code == HTTPStatus.CONFLICT


# --- Who may not ----------------------------------------------------------------------------------


@pytest.mark.parametrize("move", OF_THE_UNIT + OF_THE_OFFICE)
def test_the_unsent_model_of_another_unit_does_not_exist(client, person, move):
    model = factories.PracticeModelFactory()

    assert client.post(to(move, model)).status_code == HTTPStatus.NOT_FOUND
    assert status_of(model) == Status.DRAFT


@pytest.mark.parametrize("move", OF_THE_UNIT + OF_THE_OFFICE)
def test_the_running_model_of_another_unit_is_not_ours_to_move(client, person, move):
    model = factories.running()

    assert client.post(to(move, model)).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("move", OF_THE_OFFICE)
def test_a_unit_does_not_receive_its_own_registration(client, person, cell, move):
    model = factories.submitted(organisation=cell)
    fields = {"version": model.version, "reason": "x", "public": "yes"}

    assert client.post(to(move, model), fields).status_code == HTTPStatus.FORBIDDEN
    model.refresh_from_db()
    assert (model.status, model.public) == (Status.SUBMITTED, False)


@pytest.mark.parametrize("move", ["submit", "accept", "public"])
def test_what_only_acts_has_no_page(client, person, clerk, move):
    model = factories.submitted()

    assert client.get(to(move, model)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("move", ["withdraw", "return", "refuse", "discard"])
def test_what_asks_first_answers_no_other_method(client, clerk, move):
    model = factories.submitted()

    assert client.put(to(move, model)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("move", OF_THE_UNIT + OF_THE_OFFICE)
def test_a_signed_out_visitor_is_asked_to_sign_in(client, move):
    response = client.post(to(move, factories.submitted()))

    assert response.status_code == HTTPStatus.FOUND
    assert response.url.startswith("/accounts/login/")
