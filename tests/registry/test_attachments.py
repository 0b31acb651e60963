"""What else hangs on a model: notes, awards, and where it is replicated."""

from datetime import date, timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.forms.attachments import NO_OTHER_UNIT
from registry.models import Award, Note, Replication
from tests import factories

pytestmark = pytest.mark.django_db

OK, FORBIDDEN, GONE = 200, 403, 404
CONFLICT, WRONG_METHOD = HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED


@pytest.fixture
def cell():
    return factories.CellFactory()


@pytest.fixture
def person(client, cell):
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


@pytest.fixture
def model(cell):
    return factories.running(organisation=cell)


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


def to(name, record):
    return reverse(f"registry:{name}", args=[record.pk])


def errors(response):
    return set(response.context["form"].errors)


def as_(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


# --- Notes ----------------------------------------------------------------------------------------


def test_a_unit_writes_to_its_own_file_and_cannot_write_inside_the_office(client, person, model):
    assert "audience" not in client.get(to("note_add", model)).context["form"].fields

    client.post(
        to("note_add", model),
        {"token": uuid4(), "text": "Đã bổ sung.", "audience": Note.Audience.OFFICE},
    )

    note = Note.objects.get()
    assert (note.audience, note.by, note.model) == (Note.Audience.UNIT, person, model)
    assert note.history.get().history_user == person


def test_the_clerk_chooses_who_reads_a_note(model, clerk):
    client = as_(clerk)

    missing = client.post(to("note_add", model), {"token": uuid4(), "text": "Cần xem lại."})
    client.post(
        to("note_add", model), {"token": uuid4(), "text": "Cần xem lại.", "audience": "office"}
    )

    assert errors(missing) == {"audience"}
    assertContains(missing, "Cần xem lại.")
    assert Note.objects.get().audience == Note.Audience.OFFICE


def test_an_internal_note_is_read_in_the_office_only(model, person, clerk):
    factories.NoteFactory(model=model, text="Để nội bộ biết.", audience=Note.Audience.OFFICE)
    factories.NoteFactory(model=model, text="Gửi đơn vị.")
    readers = {
        "unit": person,
        "clerk": clerk,
        "admin": factories.AdminFactory(),
        "stranger": factories.UnitUserFactory(),
        "panel": factories.PanelUserFactory(),
    }
    pages = {
        role: as_(user).get(model.get_absolute_url()).content.decode()
        for role, user in readers.items()
    }

    assert {role for role, page in pages.items() if "Để nội bộ biết." in page} == {"clerk", "admin"}
    reads = {role for role, page in pages.items() if "Gửi đơn vị." in page}
    assert reads == {"unit", "clerk", "admin"}


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "ă" * 20_001])
def test_a_note_that_cannot_be_kept_comes_back_with_a_message(client, person, model, text):
    page = client.post(to("note_add", model), {"token": uuid4(), "text": text})

    assert errors(page) == {"text"}
    assert not Note.objects.exists()


def test_a_note_sent_twice_is_kept_once(client, person, model):
    note = {"token": uuid4(), "text": "Đã bổ sung."}

    addresses = {client.post(to("note_add", model), note).url for _ in range(2)}

    assert addresses == {model.get_absolute_url()}
    assert Note.objects.count() == 1


# --- Awards ---------------------------------------------------------------------------------------


def test_an_award_is_recorded_with_its_paper(client, person, model):
    client.post(
        to("award_add", model),
        {
            "token": uuid4(),
            "title": "Mô hình tiêu biểu",
            "level": "city",
            "paper_number": "12-QĐ/TU",
            "awarded_on": "5/6/2026",
        },
    )

    award = Award.objects.get()
    assert (award.model, award.level, award.awarded_on) == (model, "city", date(2026, 6, 5))
    assertContains(client.get(model.get_absolute_url()), "12-QĐ/TU")


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "ă" * 201}, {"title"}),
        ({"level": "world"}, {"level"}),
        ({"awarded_on": "31/2/2026"}, {"awarded_on"}),
        ({"awarded_on": "a\0"}, {"awarded_on"}),
    ],
)
def test_a_wrong_award_says_where(client, person, model, answers, wrong):
    page = client.post(to("award_add", model), {"token": uuid4(), "title": "Giấy khen"} | answers)

    assert errors(page) == wrong
    assert not Award.objects.exists()


@pytest.mark.parametrize("name", ["evidence_add", "note_add", "award_add"])
def test_what_hangs_on_a_model_answers_no_other_method(client, person, model, name):
    assert client.put(to(name, model)).status_code == WRONG_METHOD
    assert client.delete(to(name, model)).status_code == WRONG_METHOD
    assert client.head(to(name, model)).status_code == OK


@pytest.mark.parametrize("name", ["evidence_add", "note_add", "award_add", "replication_add"])
def test_the_draft_of_another_unit_has_no_such_page(client, person, name):
    model = factories.PracticeModelFactory()

    assert client.get(to(name, model)).status_code == GONE
    assert client.post(to(name, model), {"token": uuid4()}).status_code == GONE
    assert not Replication.objects.exists()


# --- Where it is replicated -----------------------------------------------------------------------


@pytest.fixture
def foreign():
    """A model of another unit, which ours may take up."""
    return factories.running()


def take_up(**answers):
    return {"token": uuid4(), "state": "not_yet", **answers}


def tomorrow():
    return timezone.localdate() + timedelta(days=1)


def test_a_unit_takes_up_the_model_of_another_and_types_its_own_name(client, person, cell, foreign):
    response = client.post(
        to("replication_add", foreign),
        take_up(organisation=cell.name.upper(), state="doing", since="5/6/2026", remark="Đã làm."),
    )

    assert response.url == foreign.get_absolute_url()
    taken = Replication.objects.get()
    assert (taken.model, taken.organisation, taken.since) == (foreign, cell, date(2026, 6, 5))
    assert taken.history.get().history_user == person
    page = client.get(foreign.get_absolute_url())
    assertContains(page, to("replication_update", taken))


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"state": "doing"}, {"since"}),
        ({"state": "unsuited"}, {"remark"}),
        ({"state": "unsuited", "remark": "  "}, {"remark"}),
        ({"state": "maybe"}, {"state"}),
        ({"state": "doing", "since": "31/2/2026"}, {"since"}),
        ({"state": "doing", "since": "13/2026"}, {"since"}),
        ({"state": "doing", "since": "2026"}, {"since"}),
        ({"state": "doing", "since": "năm ngoái"}, {"since"}),
        ({"state": "doing", "since": "1/2099"}, {"since"}),
        ({"state": "doing", "since": f"{tomorrow():%d/%m/%Y}"}, {"since"}),
        ({"organisation": ""}, {"organisation"}),
        ({"organisation": "Chi bộ không có thật"}, {"organisation"}),
        ({"organisation": "9" * 30}, {"organisation"}),
        ({"organisation": "a\0"}, {"organisation"}),
        ({"remark": "a\0b"}, {"remark"}),
        ({"token": "x"}, {"token"}),
    ],
)
def test_a_rule_that_is_broken_is_said_at_its_field(client, person, cell, foreign, answers, wrong):
    page = client.post(to("replication_add", foreign), take_up(organisation=cell.pk) | answers)

    assert errors(page) == wrong
    assert not Replication.objects.exists()


@pytest.mark.parametrize("typed", ["3/2026", "03-2026", "tháng 3 năm 2026", "1/3/26"])
def test_of_a_month_its_first_day_is_recorded(client, person, cell, foreign, typed):
    sent = take_up(organisation=cell.pk, state="doing", since=typed)
    client.post(to("replication_add", foreign), sent)

    assert Replication.objects.get().since == date(2026, 3, 1)


def test_today_is_no_day_to_come(client, person, cell, foreign):
    sent = take_up(organisation=cell.pk, state="doing", since=f"{timezone.localdate():%d/%m/%Y}")
    client.post(to("replication_add", foreign), sent)

    assert Replication.objects.get().since == timezone.localdate()


@pytest.mark.parametrize("form", ["replication_add", "replication_update"])
def test_what_one_of_the_states_demands_is_not_called_optional(client, person, cell, foreign, form):
    taken = factories.ReplicationFactory(model=foreign, organisation=cell)
    shown = client.get(to(form, {"replication_add": foreign, "replication_update": taken}[form]))

    for name in ("since", "remark"):
        hint = shown.context["form"][name].help_text
        assert hint
        assertContains(shown, hint)
    assertNotContains(shown, "app-optional")


def test_who_speaks_for_one_unit_finds_it_filled_in_and_who_for_several_chooses(
    client, person, cell, foreign
):
    def filled_in(user):
        page = html.fromstring(as_(user).get(to("replication_add", foreign)).content)
        return page.get_element_by_id("id_organisation").value

    name = filled_in(person)
    assert name == f"{cell} – {cell.parent}"
    assert not filled_in(factories.UnitUserFactory(organisation=cell.parent))

    client.post(to("replication_add", foreign), take_up(organisation=name))
    assert Replication.objects.get().organisation == cell


def test_a_unit_is_on_the_list_once(client, person, cell, foreign):
    factories.ReplicationFactory(model=foreign, organisation=cell)

    page = client.post(to("replication_add", foreign), take_up(organisation=cell.pk))

    assert errors(page) == {"organisation"}
    assertContains(page, 'href="#id_organisation"')
    assert Replication.objects.count() == 1


def test_nobody_takes_up_their_own_model(client, person, clerk, cell, model):
    assert client.get(to("replication_add", model)).status_code == FORBIDDEN
    sent = take_up(organisation=cell.pk)
    assert client.post(to("replication_add", model), sent).status_code == FORBIDDEN

    for typed in (cell.pk, cell.name):
        page = as_(clerk).post(to("replication_add", model), take_up(organisation=typed))
        assert errors(page) == {"organisation"}
        assertContains(page, NO_OTHER_UNIT)
    with pytest.raises(ValidationError, match=str(Replication.ITS_OWN)):
        Replication(model=model, organisation=cell).full_clean()
    assert not Replication.objects.exists()


def test_a_model_taken_up_by_its_own_unit_before_that_was_refused_can_still_be_written(
    client, person, cell, model
):
    taken = factories.ReplicationFactory(model=model, organisation=cell)

    sent = {"state": "unsuited", "remark": "Ghi nhầm.", "version": version_shown(client, taken)}
    client.post(to("replication_update", taken), sent)

    assert Replication.objects.get().state == "unsuited"


def test_a_unit_speaks_for_itself_the_ward_for_its_cells_and_the_clerk_for_all(
    person, clerk, cell, foreign
):
    other = factories.CellFactory()
    above = factories.UnitUserFactory(organisation=cell.parent)

    for user, unit, may in [
        (person, other, False),
        (above, other, False),
        (above, cell, True),
        (clerk, other, True),
    ]:
        as_(user).post(to("replication_add", foreign), take_up(organisation=unit.pk))
        taken = Replication.objects.filter(organisation=unit)
        assert taken.exists() == may
        taken.delete()


def test_who_acts_for_no_unit_takes_nothing_up(foreign):
    for user in (factories.PanelUserFactory(), factories.UserFactory()):
        assert as_(user).get(to("replication_add", foreign)).status_code == FORBIDDEN
        assert as_(user).post(to("replication_add", foreign), take_up()).status_code == FORBIDDEN


def test_a_unit_that_has_ended_takes_nothing_up(clerk, foreign):
    ended = factories.CellFactory(valid_until=date(2020, 1, 1))

    page = as_(clerk).post(to("replication_add", foreign), take_up(organisation=ended.pk))

    assert errors(page) == {"organisation"}


def test_what_is_not_in_the_register_is_taken_up_by_nobody(client, person, cell, clerk):
    model = factories.submitted(organisation=cell)

    for reader in (client, as_(clerk)):
        page = reader.post(to("replication_add", model), take_up(organisation=cell.pk))
        assert page.status_code == GONE


def test_its_unit_and_the_clerk_bring_a_replication_up_to_date_and_nobody_else(
    person, clerk, cell, foreign
):
    taken = factories.ReplicationFactory(model=foreign, organisation=cell)
    owner = factories.UnitUserFactory(organisation=foreign.organisation)

    for user, status in [(owner, 403), (factories.PanelUserFactory(), 403), (person, 302)]:
        page = as_(user)
        seen = {"version": version_shown(as_(person), taken)}
        answer = page.post(
            to("replication_update", taken), seen | {"state": "doing", "since": "1/2/2026"}
        )
        assert answer.status_code == status
    taken.refresh_from_db()
    assert (taken.state, taken.history.first().history_user) == ("doing", person)

    seen = {"version": version_shown(as_(clerk), taken)}
    answer = as_(clerk).post(to("replication_update", taken), seen | {"state": "unsuited"})
    assert errors(answer) == {"remark"}
    assert taken.history.count() == 2


def test_why_a_model_does_not_suit_is_read_by_both_units_those_above_and_the_office(
    client, person, clerk, cell, foreign
):
    why = {"state": "unsuited", "remark": "Không có đất trống."}
    factories.ReplicationFactory(model=foreign, organisation=cell, **why)
    doing = {"state": "doing", "since": date(2026, 1, 2), "remark": "Đã có ba hộ."}
    factories.ReplicationFactory(model=foreign, **doing)
    readers = {
        "its unit": person,
        "the ward above": factories.UnitUserFactory(organisation=cell.parent),
        "the model's unit": factories.UnitUserFactory(organisation=foreign.organisation),
        "the ward above that": factories.UnitUserFactory(organisation=foreign.organisation.parent),
        "the clerk": clerk,
        "an administrator": factories.AdminFactory(),
        "another unit": factories.UnitUserFactory(),
        "the panel": factories.PanelUserFactory(),
    }

    told = {"another unit": False, "the panel": False}
    for name, user in readers.items():
        page = as_(user).get(foreign.get_absolute_url()).content.decode()
        assert (why["remark"] in page) == told.get(name, True), name
        assert doing["remark"] in page, name


def version_shown(client, record):
    return client.get(to("replication_update", record)).context["version"]


@pytest.mark.parametrize("version", [None, "", "x", "0", "a\0", "9" * 400])
def test_a_replication_somebody_else_has_changed_is_not_written_over(
    client, person, cell, foreign, version
):
    taken = factories.ReplicationFactory(model=foreign, organisation=cell)
    seen = version_shown(client, taken) if version is None else version
    taken.state, taken.remark = "unsuited", "Không có đất."
    taken.save_by(factories.ClerkFactory())

    response = client.post(to("replication_update", taken), {"state": "not_yet", "version": seen})

    assertContains(response, foreign.get_absolute_url(), status_code=CONFLICT)
    taken.refresh_from_db()
    assert taken.state == "unsuited"


@pytest.mark.django_db(transaction=True)
def test_of_a_unit_entered_twice_at_once_one_is_recorded_and_nobody_sees_an_error(in_threads):
    model, cell, clerk = factories.running(), factories.CellFactory(), factories.ClerkFactory()

    def post():
        sent = take_up(organisation=cell.pk)
        return as_(clerk).post(to("replication_add", model), sent).status_code

    statuses = in_threads(*[post] * 8)

    assert Replication.objects.count() == 1
    assert statuses.count(302) == 1
    assert set(statuses) <= {200, 302, CONFLICT}
