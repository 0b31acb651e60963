"""The page of one model and its history: who reads what, and what one may do there."""

from datetime import date
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Opening, Replication
from tests import factories

pytestmark = pytest.mark.django_db

PHONE = "0911222333"
THIS_YEAR = factories.this_year()

MOVES = ["update", "check", "withdraw", "return", "accept", "refuse", "discard", "public"]
PARTS = ["evidence_add", "note_add", "award_add", "replication_add", "enrolment_continue"]
OF_A_YEAR = ["send", "endorse", "return", "accept"]
ADDED = {"evidence_add", "note_add", "award_add"}


@pytest.fixture
def ward():
    return factories.OrganisationFactory(name="Đảng ủy phường Bình Minh")


@pytest.fixture
def cell(ward):
    return factories.CellFactory(name="Chi bộ khối phố Sao Mai", parent=ward)


@pytest.fixture
def own(client, cell):
    """A person of the cell, signed in."""
    user = factories.UnitUserFactory(organisation=cell)
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client):
    user = factories.ClerkFactory()
    client.force_login(user)
    return user


@pytest.fixture
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


def page(client, model):
    return client.get(model.get_absolute_url())


def offered(client, model):
    """Return what the page lets the reader do, by the names of the addresses it leads to."""
    tree = html.fromstring(page(client, model).content)
    addresses = set(tree.xpath("//main//form/@action")) | set(tree.xpath("//main//a/@href"))
    known = {name: reverse(f"registry:practicemodel_{name}", args=[model.pk]) for name in MOVES}
    known |= {name: reverse(f"registry:{name}", args=[model.pk]) for name in PARTS}
    latest = model.enrolments.first()
    known |= {
        f"{name} year": reverse(f"registry:enrolment_{name}", args=[latest.pk])
        for name in OF_A_YEAR
    }
    return {name for name, address in known.items() if address in addresses}


# --- What one may do --------------------------------------------------------------------------


def test_a_unit_writes_sends_or_discards_its_draft(client, own, cell):
    draft = factories.PracticeModelFactory(organisation=cell)

    assert offered(client, draft) == {"update", "check", "discard"} | ADDED


def test_a_unit_corrects_or_withdraws_what_it_has_sent(client, own, cell):
    model = factories.submitted(organisation=cell)

    assert offered(client, model) == {"update", "withdraw"} | ADDED


def test_a_unit_sends_again_what_came_back_and_cannot_discard_it(client, own, cell):
    model = factories.returned(organisation=cell)

    assert offered(client, model) == {"update", "check"} | ADDED


def test_a_unit_carries_a_running_model_on_then_sends_the_year(client, own, cell):
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    running = {"update"} | ADDED
    assert offered(client, model) == running | {"enrolment_continue"}

    enrolment = model.continue_in(THIS_YEAR, by=own)
    assert offered(client, model) == running | {"send year"}

    enrolment.send(by=own)
    assert offered(client, model) == running


def test_a_unit_can_do_nothing_to_a_model_that_has_ended(client, own, cell):
    model = factories.closed(organisation=cell)

    assert offered(client, model) == set()


def test_the_clerk_receives_returns_or_refuses_what_was_sent(client, clerk):
    model = factories.submitted()

    assert {"accept", "return", "refuse", "update"} <= offered(client, model)
    assertContains(page(client, model), f'name="version" value="{model.version}"', html=False)


def test_the_clerk_receives_or_returns_a_further_year(client, clerk, cell):
    model = factories.running(organisation=cell, enrolment__year=THIS_YEAR - 1)
    model.continue_in(THIS_YEAR, by=clerk).send(by=clerk)

    assert {"accept year", "return year", "public"} <= offered(client, model)


def test_the_clerk_discards_no_draft_of_a_unit(client, clerk):
    assert "discard" not in offered(client, factories.PracticeModelFactory())


def test_a_ward_endorses_what_its_cell_sent_while_that_still_waits(client, ward, cell, settings):
    settings.ENDORSEMENT = "optional"
    client.force_login(factories.UnitUserFactory(organisation=ward))
    model = factories.submitted(organisation=cell)
    refused = factories.refused(organisation=cell)

    assert "endorse year" in offered(client, model)
    assert "endorse year" not in offered(client, refused)
    settings.ENDORSEMENT = "off"
    assert "endorse year" not in offered(client, model)


def test_a_reader_of_another_unit_may_only_take_it_up(client):
    client.force_login(factories.UnitUserFactory())

    assert offered(client, factories.running()) == {"replication_add"}


ANSWER = "Trả lời đề nghị nhân rộng"


def answers(client, model):
    links = html.fromstring(page(client, model).content).xpath("//main//a")
    return {
        link.get("href"): link.text_content()
        for link in links
        if link.text_content().startswith((ANSWER, "Answer the recommendation"))
    }


def test_where_a_recommendation_waits_it_is_answered_and_not_entered_again(client, own, cell):
    model = factories.running()
    asked = factories.ReplicationFactory(model=model, organisation=cell)
    factories.ReplicationFactory(model=model)

    assert list(answers(client, model)) == [reverse("registry:replication_update", args=[asked.pk])]
    assert offered(client, model) == set()

    asked.state, asked.remark = "unsuited", "Địa bàn khác."
    asked.save_by(own)
    assert answers(client, model) == {}
    assert offered(client, model) == set()


def test_a_ward_answers_for_each_cell_by_name_and_takes_up_for_those_not_on_the_list(
    client, ward, cell
):
    other, model = factories.CellFactory(parent=ward), factories.running()
    for unit in (cell, other):
        factories.ReplicationFactory(model=model, organisation=unit)
    client.force_login(factories.UnitUserFactory(organisation=ward))

    said = answers(client, model).values()
    assert sorted(words.split(": ")[1] for words in said) == sorted([str(cell), str(other)])
    assert offered(client, model) == {"replication_add"}

    factories.ReplicationFactory(model=model, organisation=ward, state="unsuited", remark="Không.")
    assert offered(client, model) == set()


def test_a_reader_without_a_unit_may_do_nothing(client):
    client.force_login(factories.UserFactory())

    assert offered(client, factories.running()) == set()


# --- What one reads ---------------------------------------------------------------------------


def a_full_model(cell, **fields):
    model = factories.running(
        organisation=cell,
        public=True,
        contact_phone=PHONE,
        contact_name="Người phụ trách",
        lessons="Bài học từ dân",
        **fields,
    )
    factories.EvidenceFactory(model=model, caption="Đoạn đường mới")
    factories.EvidenceFactory(model=model, kind="scan", original_name="ban-chup.pdf")
    factories.OutcomeFactory(enrolment=model.enrolments.get(), planned=1234567)
    factories.AwardFactory(model=model, title="Mô hình tiêu biểu 2024")
    factories.NoteFactory(model=model, text="Ghi chú gửi đơn vị")
    factories.NoteFactory(model=model, text="Ghi chú nội bộ", audience="office")
    factories.ReplicationFactory(model=model, state="doing", since=date(2024, 5, 1))
    factories.ReplicationFactory(model=model, state="unsuited", remark="Chưa có quỹ đất")
    return model


EVERYBODY = ["Bài học từ dân", "Đoạn đường mới", "1.234.567", "Mô hình tiêu biểu 2024"]
INSIDE = ["Chưa có quỹ đất", PHONE, "Người phụ trách", "ban-chup.pdf", "Ghi chú gửi đơn vị"]
INSIDE += ["Quá trình xử lý"]
OFFICE = ["Ghi chú nội bộ"]


@pytest.mark.parametrize(
    ("reader", "shown"),
    [
        ("visitor", EVERYBODY),
        ("other unit", EVERYBODY),
        ("panel", EVERYBODY),
        ("unit", EVERYBODY + INSIDE),
        ("ward", EVERYBODY + INSIDE),
        ("clerk", EVERYBODY + INSIDE + OFFICE),
    ],
)
def test_each_reads_as_much_as_is_theirs_to_read(client, open_catalogue, cell, reader, shown):
    model = a_full_model(cell)
    people = {
        "other unit": factories.UnitUserFactory,
        "panel": factories.PanelUserFactory,
        "unit": lambda: factories.UnitUserFactory(organisation=cell),
        "ward": lambda: factories.UnitUserFactory(organisation=cell.parent),
        "clerk": factories.ClerkFactory,
    }
    if reader in people:
        client.force_login(people[reader]())

    text = page(client, model).content.decode()

    known = EVERYBODY + INSIDE + OFFICE
    assert [words for words in known if words in text] == shown


def test_a_draft_is_nobody_elses(client, cell):
    draft = factories.PracticeModelFactory(organisation=cell)
    client.force_login(factories.UnitUserFactory())

    assert page(client, draft).status_code == HTTPStatus.NOT_FOUND


def test_the_office_opens_a_units_draft_on_record(client, clerk, cell):
    draft = factories.PracticeModelFactory(organisation=cell)

    page(client, draft)

    assert list(Opening.objects.values_list("model", "by")) == [(draft.pk, clerk.pk)]


def test_the_band_says_where_the_registration_stands(client, own, cell):
    draft = factories.PracticeModelFactory(organisation=cell)
    sent = factories.submitted(organisation=cell)
    back = factories.returned(organisation=cell, due=date(2031, 5, 9), reason="Nêu rõ số hộ")

    assertContains(page(client, draft), "CHƯA GỬI")
    assertContains(page(client, sent), "ĐÃ NHẬN")
    assertContains(page(client, sent), sent.code)
    assertContains(page(client, back), "09/05/2031")
    assertContains(page(client, back), "Nêu rõ số hộ")


def test_a_model_keeps_the_name_of_the_organisation_it_was_registered_under(client, own, cell):
    model = factories.running(organisation=cell)
    cell.name = "Chi bộ khối phố Hướng Dương"
    cell.save()

    response = page(client, model)

    assertContains(response, "Chi bộ khối phố Hướng Dương")
    assertContains(response, "Chi bộ khối phố Sao Mai")


def test_of_an_ended_model_a_visitor_reads_name_and_years_and_no_more(client, open_catalogue, cell):
    model = factories.closed(name="Mô hình cũ", organisation=cell, public=True, contact_phone=PHONE)

    response = page(client, model)

    assertContains(response, "Mô hình cũ")
    assertContains(response, "đã kết thúc")
    assertContains(response, str(THIS_YEAR))
    for hidden in (PHONE, model.approach, "hết mục tiêu", "không còn phù hợp"):
        assertNotContains(response, hidden)


def test_of_an_ended_model_a_visitor_reads_no_year_that_was_begun_and_never_sent(
    client, open_catalogue
):
    model = factories.closed(public=True, enrolment__year=2023)
    factories.EnrolmentFactory(model=model, year=2024, kind="continued")

    assert page(client, model).context["years"] == [2023]


def test_the_verdict_that_stands_is_shown_with_its_day_and_its_paper(client, own, cell):
    model = factories.running(organisation=cell)
    paper = factories.DecisionFactory(subject="Thông báo kết quả", dated=date(2025, 6, 1))
    factories.issued(paper, model, verdict="replicate", reason="Đã đi vào thực chất")

    response = page(client, model)

    for words in ("01/06/2025", "Thông báo kết quả", "Đã đi vào thực chất"):
        assertContains(response, words)


def test_a_line_not_yet_published_is_shown_to_its_unit_and_not_to_others(client, cell):
    model = factories.running(organisation=cell)
    factories.issued(factories.DecisionFactory(), model, reason="Đã đi vào thực chất")

    client.force_login(factories.UnitUserFactory(organisation=cell))
    assertContains(page(client, model), "Đã đi vào thực chất")
    client.force_login(factories.UnitUserFactory())
    assertNotContains(page(client, model), "Đã đi vào thực chất")


def test_what_people_typed_is_text_and_nothing_else(client, own, cell):
    model = factories.running(organisation=cell, name="<script>alert(1)</script>")
    factories.AwardFactory(model=model, title="<b>Khen</b>")

    for address in (model.get_absolute_url(), reverse("registry:practicemodel_list")):
        assertNotContains(client.get(address), "<script>alert")
    assertNotContains(page(client, model), "<b>Khen")


def test_no_model_no_page(client, clerk):
    for key in (999_999, 2**63, 10**30):
        assert client.get(f"/models/{key}/").status_code == HTTPStatus.NOT_FOUND


def test_a_page_takes_the_same_queries_however_much_hangs_on_the_model(client, own, cell):
    model = a_full_model(cell)
    page(client, model)
    with CaptureQueriesContext(connection) as few:
        page(client, model)
    for year in range(2015, 2020):
        enrolment = factories.EnrolmentFactory(model=model, year=year)
        factories.OutcomeFactory.create_batch(2, enrolment=enrolment)
    for factory in (factories.EvidenceFactory, factories.AwardFactory, factories.NoteFactory):
        factory.create_batch(5, model=model)
    factories.ReplicationFactory.create_batch(5, model=model)
    for _time in range(3):
        factories.issued(factories.DecisionFactory(), model)

    with CaptureQueriesContext(connection) as many:
        page(client, model)

    assert Replication.objects.count() == 7
    assert len(many) == len(few) <= 20


# --- History ----------------------------------------------------------------------------------


def history(client, model):
    return client.get(reverse("registry:practicemodel_history", args=[model.pk]))


def test_the_history_says_who_changed_what_why_and_for_whom(client, clerk, cell):
    model = factories.running(organisation=cell, place="Khối phố cũ")
    partner, movement = factories.OrganisationFactory(), factories.MovementFactory()
    model.partners.add(partner)
    model.movements.add(movement)
    model.place, model.level = "Khối phố mới", "city"
    model.write(by=clerk, version=model.version, why="Sửa theo điện thoại", on_behalf_of=cell)

    entry = history(client, model).context["entries"][0]

    assert entry["entry"].history_user == clerk
    assert entry["entry"].history_change_reason == "Sửa theo điện thoại"
    assert entry["entry"].on_behalf_of == cell
    assert {change["label"]: (change["old"], change["new"]) for change in entry["changes"]} == {
        "Địa bàn": ("Khối phố cũ", "Khối phố mới"),
        "Cấp": ("Cơ sở", "Thành phố"),
    }


def test_the_history_tells_partners_and_movements(client, clerk, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    partner = factories.OrganisationFactory(name="Hội Phụ nữ phường")
    model.partners.add(partner)

    told = [
        change for entry in history(client, model).context["entries"] for change in entry["changes"]
    ]

    assert [change["new"] for change in told] == ["Hội Phụ nữ phường"]


def test_the_history_is_for_those_inside_and_the_office(client, cell):
    model = factories.running(organisation=cell)
    readers = {
        factories.UnitUserFactory(organisation=cell): HTTPStatus.OK,
        factories.UnitUserFactory(organisation=cell.parent): HTTPStatus.OK,
        factories.ClerkFactory(): HTTPStatus.OK,
        factories.UnitUserFactory(): HTTPStatus.FORBIDDEN,
        factories.PanelUserFactory(): HTTPStatus.FORBIDDEN,
    }

    for reader, status in readers.items():
        client.force_login(reader)
        assert history(client, model).status_code == status


def test_a_long_history_has_pages_that_take_the_same_queries(client, clerk, cell):
    model = factories.PracticeModelFactory(organisation=cell, place="0")
    with CaptureQueriesContext(connection) as few:
        history(client, model)
    for number in range(1, 30):
        model.place = str(number)
        model.save_by(clerk)

    with CaptureQueriesContext(connection) as many:
        first = history(client, model)
    address = reverse("registry:practicemodel_history", args=[model.pk])
    last = client.get(address, {"page": 999})

    assert len(many) <= len(few) + 1
    places = [
        change["old"]
        for response in (first, last)
        for entry in response.context["entries"]
        for change in entry["changes"]
    ]
    assert places == [str(number) for number in reversed(range(29))]
