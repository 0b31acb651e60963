"""What the office does with the telephone in its hand: find a unit, read its card, tick it off."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Call, DraftBuffer, SecurityEvent
from registry.phones import digits_of
from registry.standing import Standing, counts, units_of
from registry.templatetags.vietnamese import moment
from tests import factories
from tests.factories import this_year

pytestmark = pytest.mark.django_db

FIND, BOARD = reverse("registry:find"), reverse("registry:board")


@pytest.fixture
def clerk(client):
    clerk = factories.ClerkFactory()
    client.force_login(clerk)
    return clerk


@pytest.fixture
def ward():
    committee = factories.CommitteeFactory()
    return factories.OrganisationFactory(parent=committee, name="Đảng ủy phường Mẫu Sen")


def cell_of(ward, **fields):
    return factories.CellFactory(parent=ward, **fields)


def card(unit):
    return reverse("registry:unit_card", args=[unit.pk])


# --- Who is calling? ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("0905 123 456", "0905123456"),
        ("0905.123.456", "0905123456"),
        ("(0235) 3851-234", "02353851234"),
        ("+84 905 123 456", "0905123456"),
        ("84905123456", "0905123456"),
        ("khối phố 3", ""),
        ("", ""),
    ],
)
def test_a_number_is_one_number_however_it_is_written(text, digits):
    assert digits_of(text) == digits


@pytest.mark.parametrize("words", ["chi bo mau sen 7", "Chi bộ Mẫu Sen 7", "MẪU 7 sen"])
def test_a_unit_is_found_by_its_name_with_or_without_diacritics(client, clerk, ward, words):
    unit = cell_of(ward, name="Chi bộ Mẫu Sen 7")
    cell_of(ward, name="Chi bộ Mẫu Sen 8")

    assertRedirects(client.get(FIND, {"q": words}), card(unit))


@pytest.mark.parametrize("words", ["0905 123 456", "0905123456", "+84905123456", "123456"])
def test_a_unit_is_found_by_the_number_of_its_own_of_a_person_or_of_a_model(
    client, clerk, ward, words
):
    own = cell_of(ward, phone="0905.123.456")
    assertRedirects(client.get(FIND, {"q": words}), card(own))

    own.delete()
    of_a_person = cell_of(ward)
    person = factories.UnitUserFactory(organisation=of_a_person, phone="0905 123456")
    assertRedirects(client.get(FIND, {"q": words}), card(of_a_person))

    person.memberships.all().delete()
    person.delete()
    model = factories.PracticeModelFactory(contact_phone="0905-123-456")
    assertRedirects(client.get(FIND, {"q": words}), card(model.organisation))


def test_a_person_leads_to_the_unit_they_act_for_today(client, clerk, ward):
    unit, former = cell_of(ward), cell_of(ward)
    person = factories.UnitUserFactory(organisation=unit, full_name="Trần Thị Người Mẫu")
    past = factories.UnitUserFactory(organisation=former, full_name="Lê Văn Thử")
    past.memberships.all().delete()

    assertRedirects(client.get(FIND, {"q": "người mẫu"}), card(unit))
    assertContains(client.get(FIND, {"q": "lê văn thử"}), str(past))
    person.is_active = False
    person.save()
    assertNotContains(client.get(FIND, {"q": "người mẫu"}), str(person), status_code=200)


@pytest.mark.parametrize("words", ["hoàng văn mẫu", "HOANG mau", "123 456", "3851234"])
def test_who_is_in_charge_of_a_model_is_found_and_the_list_says_of_which(
    client, clerk, ward, words
):
    phone = "0235.3851-234" if words == "3851234" else "+84 905 123 456"
    who = {"contact_name": "Hoàng Văn Mẫu", "contact_phone": phone}
    older = factories.running(name="Đường hoa", **who)
    newer = factories.running(name="Chợ số", **who)
    factories.running(name="Vườn mẫu", organisation=newer.organisation, **who)
    factories.running(contact_name="Hoàng Văn Khác", contact_phone="0905 123 457")

    hits = client.get(FIND, {"q": words}).context["hits"]

    assert [(hit["unit"], hit["reasons"]) for hit in hits] == [
        (newer.organisation, [f"Hoàng Văn Mẫu – {phone} (Vườn mẫu)"]),
        (older.organisation, [f"Hoàng Văn Mẫu – {phone} (Đường hoa)"]),
    ]


def test_of_several_the_one_called_just_so_stands_first(client, clerk, ward):
    cell_of(ward, name="Chi bộ An", position=5)
    cell_of(ward, name="Chi bộ An Hà", position=1)

    page = client.get(FIND, {"q": "chi bộ an"})

    assert [hit["unit"].name for hit in page.context["hits"]] == ["Chi bộ An", "Chi bộ An Hà"]


@pytest.mark.parametrize("words", ["", "   ", "987654", "không ai", "x" * 5000, "\0", "%", "'"])
def test_what_finds_nothing_says_what_to_do(client, clerk, words):
    page = client.get(FIND, {"q": words})

    assert page.status_code in {200, 400}
    if page.status_code == 200:
        assertContains(page, "app-empty")


# --- The card -------------------------------------------------------------------------------------


def test_the_card_says_what_each_model_lacks_in_the_units_own_language(client, clerk, ward):
    unit = cell_of(ward)
    person = factories.UnitUserFactory(organisation=unit)
    factories.PracticeModelFactory(organisation=unit, name="Dở dang", approach="")
    returned = factories.returned(organisation=unit, name="Bị trả", by=person, clerk=clerk)
    factories.submitted(organisation=unit, name="Đã gửi", by=person)
    factories.running(organisation=unit, name="Năm ngoái", enrolment__year=this_year() - 1)
    client.cookies["language"] = "en"

    page = client.get(card(unit))

    text = page.context["message"]
    assert "“Dở dang” còn thiếu: cách làm." in text
    assert returned.moves.latest("at", "pk").reason in text
    assert "“Năm ngoái”" in text
    assert [str(row.model) for row in page.context["facts"]["sent"]] == ["Đã gửi"]
    assertContains(page, person.full_name)
    assertContains(page, "has never signed in")


def test_card_board_and_table_have_the_number_of_the_newest_model_where_there_is_no_other(
    client, clerk, ward
):
    unit = cell_of(ward)
    for name, phone in (("Trần Cũ", "0905 000 001"), ("Lê Mới", "0905 000 002"), ("Võ", "")):
        factories.PracticeModelFactory(organisation=unit, contact_name=name, contact_phone=phone)

    def on_the_board():
        rows = {row["unit"]: row for row in client.get(BOARD).context["rows"]}
        return rows[unit]["phone"], rows[unit]["answers"]

    page = client.get(card(unit))
    assert (page.context["phone"], page.context["answers"]) == ("0905 000 002", "Lê Mới")
    assert [model.contact_name for model in page.context["contacts"]] == ["Võ", "Lê Mới", "Trần Cũ"]
    assertContains(page, 'href="tel:0905000001"')
    assert on_the_board() == ("0905 000 002", "Lê Mới")
    assert "0905 000 002\tLê Mới" in client.get(BOARD, {"table": "1"}).context["table"]

    factories.UnitUserFactory(organisation=unit, full_name="Phan Thử", phone="0905 000 003")
    assert on_the_board() == ("0905 000 003", "Phan Thử")
    unit.phone = "0235 000 004"
    unit.save()
    assert on_the_board() == ("0235 000 004", "")


def test_that_somebody_is_typing_is_said_on_card_and_board_and_not_what(client, clerk, ward):
    unit, other = cell_of(ward), cell_of(ward)
    person = factories.UnitUserFactory(organisation=unit)
    factories.UnitUserFactory(organisation=other)
    form = reverse("registry:practicemodel_create")
    kept = DraftBuffer.objects.keep(
        person.pk, uuid4(), path=form, content={"name": ["Đường hoa của khối phố"]}
    )
    DraftBuffer.objects.keep(person.pk, uuid4(), path="/models/1/edit/", content={})

    def typed():
        rows = client.get(BOARD).context["rows"]
        assert client.get(card(other)).context["typed"] is None
        on_the_board = {row["unit"]: row["typed"] for row in rows if row["typed"]}
        return on_the_board, client.get(card(unit)).context["typed"]

    assert typed() == ({unit: kept.kept_at}, kept.kept_at)
    for address in (card(unit), BOARD):
        assertContains(client.get(address), moment(kept.kept_at))
        assertNotContains(client.get(address), "Đường hoa của khối phố")

    DraftBuffer.objects.empty(person, kept.opened, path=form)
    assert typed() == ({}, None)


def test_nothing_missing_is_not_said_to_be_missing(client, clerk, ward):
    unit = cell_of(ward)
    factories.submitted(organisation=unit, by=factories.UnitUserFactory(organisation=unit))

    assertNotContains(client.get(card(unit)), "Nội dung cần bổ sung")


def test_of_a_unit_whose_models_have_ended_it_is_not_said_that_it_never_had_one(
    client, clerk, ward
):
    new, unit = cell_of(ward), cell_of(ward)
    ended = factories.closed(organisation=unit)
    ended.enrolments.update(year=this_year() - 1)

    page = client.get(card(unit))

    for said in (page.context["nothing"], page.context["message"]):
        assert "Chưa đăng ký mô hình nào." not in said
        assert str(this_year()) in said
    assert client.get(card(new)).context["nothing"] == "Chưa đăng ký mô hình nào."


def test_the_card_of_a_unit_that_has_ended_says_so_with_the_day(client, clerk, ward):
    today = timezone.localdate()
    unit, ending = cell_of(ward, valid_until=date(2024, 3, 31)), cell_of(ward, valid_until=today)

    assertContains(client.get(card(unit)), "31/03/2024")
    # The last day is a day on which it exists.
    assertNotContains(client.get(card(ending)), f"{today:%d/%m/%Y}")


# --- The board ------------------------------------------------------------------------------------


def test_the_board_counts_each_unit_by_what_it_has_in_the_year(clerk, ward):
    person = factories.UnitUserFactory(organisation=cell_of(ward))
    factories.submitted(organisation=cell_of(ward), by=person)
    factories.returned(organisation=cell_of(ward), by=person, clerk=clerk)
    factories.PracticeModelFactory(organisation=cell_of(ward))
    factories.refused(organisation=cell_of(ward), by=person, clerk=clerk)
    both = cell_of(ward)
    factories.submitted(organisation=both, by=person)
    factories.PracticeModelFactory(organisation=both)

    rows = counts(units_of(clerk, this_year()), this_year()).values()

    total = {name: sum(row[name] for row in rows) for name in ("all", *Standing.values)}
    # The ward itself, the person's cell and the refused one have nothing; the committee is not in.
    assert total == {"all": 7, "sent": 2, "returned": 1, "draft": 2, "nothing": 3, "unsent": 4}


def test_every_count_of_the_board_is_as_long_as_its_list(client, clerk, ward):
    factories.PracticeModelFactory.create_batch(3)
    page = client.get(BOARD)

    for state, number in page.context["total"].items():
        listed = client.get(BOARD, {"state": "" if state == "all" else state})
        assert listed.context["page_obj"].paginator.count == number
        assert len(listed.context["rows"]) == number


def test_a_ward_sees_on_its_board_what_stands_below_it_alone(client, ward):
    mine = cell_of(ward)
    cell_of(factories.OrganisationFactory(parent=ward.parent))
    client.force_login(factories.UnitUserFactory(organisation=ward))

    rows = client.get(BOARD).context["rows"]

    assert [row["unit"] for row in rows] == [mine]


def test_the_board_on_paper_says_what_it_is_narrowed_by(client, clerk, ward):
    page = client.get(BOARD, {"state": "nothing", "block": "wards"})

    (paper,) = html.fromstring(page.content).find_class("app-print-only")
    for label in (Standing.NOTHING.label, ward.get_block_display()):
        assert f": {label}" in paper.text_content()


def test_the_board_takes_the_same_queries_for_two_units_and_for_forty(
    client, clerk, ward, django_assert_num_queries
):
    cell_of(ward)
    with CaptureQueriesContext(connection) as few:
        client.get(BOARD)
    for number in range(40):
        factories.UnitUserFactory(organisation=cell_of(ward), phone=f"0905 000 0{number:02}")

    with django_assert_num_queries(len(few)):
        client.get(BOARD)


def test_who_takes_the_telephones_of_all_units_along_is_on_record(client, clerk, ward):
    client.get(BOARD)
    assert not SecurityEvent.objects.filter(kind=SecurityEvent.Kind.EXPORTED)

    client.get(BOARD, {"table": "1"})
    assert SecurityEvent.objects.get(kind=SecurityEvent.Kind.EXPORTED).user == clerk


def test_the_table_to_copy_has_a_line_for_each_unit_and_no_formula(client, clerk, ward):
    cell_of(ward, name="=HYPERLINK(1)", phone="0235 000 111")

    lines = client.get(BOARD, {"table": "1"}).context["table"].splitlines()

    assert len(lines) == 1 + 2
    assert len({line.count("\t") for line in lines}) == 1
    assert "'=HYPERLINK(1)" in lines[-1] or "'=HYPERLINK(1)" in lines[-2]


def test_the_board_says_until_when_units_register_and_how_many_are_late(client, clerk, ward):
    sent, unsent = cell_of(ward), cell_of(ward)
    factories.submitted(organisation=sent, by=clerk)
    factories.PracticeModelFactory(organisation=unsent)
    factories.returned(organisation=cell_of(ward), by=clerk)
    today = timezone.localdate()
    factories.RoundFactory(opens_on=today + timedelta(days=1), deadline=today + timedelta(days=9))
    factories.RoundFactory(kind="report", opens_on=today, deadline=today + timedelta(days=9))
    assertNotContains(client.get(BOARD), "govuk-inset-text")
    period = factories.RoundFactory(name="Đợt chính", opens_on=today, deadline=today)

    def said():
        (box,) = html.fromstring(client.get(BOARD).content).xpath("//p[@class='govuk-inset-text']")
        return " ".join(box.text_content().split()), box.xpath(".//a/@href")

    words, (address,) = said()
    assert "Đợt chính" in words
    assert f"{today:%d/%m/%Y}" in words
    listed = client.get(address).context["rows"]
    assert {row["unit"] for row in listed} == {ward, unsent}

    period.opens_on = period.deadline = today - timedelta(days=1)
    period.save()
    late, (again,) = said()
    assert (late != words, again) == (True, address)

    period.close(by=clerk)
    assertNotContains(client.get(BOARD), "govuk-inset-text")


@pytest.mark.parametrize("asked", ["0", "9999", "abc", "", "٢٠٢٦", "-1", "2026.5"])
def test_a_year_that_is_none_is_this_year(client, clerk, ward, asked):
    assert client.get(BOARD, {"year": asked}).context["year"] == this_year()


# --- Called ---------------------------------------------------------------------------------------


def tick(client, unit, **fields):
    address = reverse("registry:unit_call", args=[unit.pk])
    return client.post(address, {"year": this_year(), "back": BOARD, **fields})


def test_a_call_is_ticked_once_seen_by_all_and_taken_back_on_record(client, clerk, ward):
    assert tick(client, ward).url == f"{BOARD}#unit-{ward.pk}"
    tick(client, ward)
    call = Call.objects.get()
    assert (call.organisation, call.by, call.year) == (ward, clerk, this_year())
    assertContains(client.get(BOARD), str(clerk))

    tick(client, ward, called="no")

    assert not Call.objects.exists()
    kinds = Call.history.order_by("history_id").values_list("history_type", "history_user")
    assert list(kinds) == [("+", clerk.pk), ("-", clerk.pk)]


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_a_tick_leads_to_no_other_site(client, clerk, ward, back):
    assert tick(client, ward, back=back).url == f"{card(ward)}#unit-{ward.pk}"


@pytest.mark.parametrize("year", ["", "x", "1", "99999"])
def test_a_tick_of_no_year_is_refused_and_stores_nothing(client, clerk, ward, year):
    assert tick(client, ward, year=year).status_code == 400
    assert not Call.objects.exists()
