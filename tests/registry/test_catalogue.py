"""The list of models: how it is narrowed, ordered and paged, and who sees what of it."""

from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Organisation, PracticeModel
from registry.paging import CappedPaginator
from tests import factories

pytestmark = pytest.mark.django_db

LIST = reverse("registry:practicemodel_list")
PHONE = "0911222333"
Block, Kind = Organisation.Block, Organisation.Kind


@pytest.fixture
def ward():
    return factories.OrganisationFactory(name="Đảng ủy phường Bình Minh")


@pytest.fixture
def cell(ward):
    return factories.CellFactory(name="Chi bộ khối phố Sao Mai", parent=ward)


@pytest.fixture
def reader(client):
    user = factories.UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


def names(client, **query):
    return [row["name"] for row in client.get(LIST, query).context["rows"]]


def options(client, name, **query):
    """Return {value: label} of a drop-down list, without the entry for all."""
    page = html.fromstring(client.get(LIST, query).content)
    found = page.xpath(f"//select[@name='{name}']/option[@value!='']")
    return {option.get("value"): option.text_content() for option in found}


# --- Narrowing --------------------------------------------------------------------------------


def a_register(ward, cell):
    """Models that differ in everything one can narrow by; each is called by what is special."""
    union = factories.OrganisationFactory(
        name="Hội Phụ nữ", kind=Kind.WOMEN, block=Block.ASSOCIATIONS
    )
    field = factories.FieldFactory(name="Môi trường")
    factories.closed(name="Đã kết thúc", organisation=cell)
    factories.running(name="Của phường", organisation=ward)
    factories.running(name="Của chi bộ", organisation=cell, field=field)
    factories.running(name="Cấp tỉnh", organisation=cell, level="province")
    factories.running(name="Của hội", organisation=union, enrolment__year=2021)
    return {"field": field.pk, "ward": ward.pk}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"field": "field"}, ["Của chi bộ"]),
        ({"organisation": "ward"}, ["Cấp tỉnh", "Của chi bộ", "Của phường", "Đã kết thúc"]),
        ({"kind": "women"}, ["Của hội"]),
        ({"block": "associations"}, ["Của hội"]),
        ({"level": "province"}, ["Cấp tỉnh"]),
        ({"year": 2021}, ["Của hội"]),
        ({"year": 1999}, []),
        ({"status": "closed"}, ["Đã kết thúc"]),
        ({"verdict": "retire"}, ["Đã kết thúc"]),
        ({"organisation": "ward", "status": "running", "q": "của"}, ["Của chi bộ", "Của phường"]),
        ({"organisation": "ward", "kind": "women"}, []),
    ],
)
def test_filters_narrow_and_combine(client, reader, ward, cell, query, expected):
    known = a_register(ward, cell)
    query = {name: known.get(value, value) for name, value in query.items()}

    assert names(client, **query) == expected


@pytest.mark.parametrize("name", ["field", "block", "verdict"])
def test_those_of_which_a_filter_has_nothing_to_say_are_a_choice_too(client, reader, name):
    factories.issued(factories.DecisionFactory(), factories.running(name="Đủ cả"))
    nowhere = factories.OrganisationFactory(block="")
    without = factories.running(name="Chưa có gì", organisation=nowhere)
    PracticeModel.objects.filter(pk=without.pk).update(field=None)

    assert names(client, **{name: "none"}) == ["Chưa có gì"]
    assert options(client, name)["none"].endswith(" (1)")


def test_the_count_beside_a_choice_is_the_length_of_its_list(client, reader, ward, cell):
    a_register(ward, cell)

    for name in ("status", "verdict", "field", "block", "kind", "level"):
        offered = options(client, name)
        assert offered
        for value, label in offered.items():
            assert label.endswith(f" ({len(names(client, **{name: value}))})")


def test_counts_follow_the_other_filters(client, reader, ward, cell):
    a_register(ward, cell)

    assert options(client, "status", level="province") == {"running": "Đang thực hiện (1)"}


def test_a_list_with_nothing_in_it_offers_every_choice_again(client, reader, ward, cell):
    known = a_register(ward, cell)

    offered = options(client, "field", q="không có gì", field=known["field"])

    assert "Môi trường" in offered.values()


def test_each_filter_that_is_on_can_be_taken_off_alone(client, reader, ward, cell):
    known = a_register(ward, cell)
    query = {"q": "của", "organisation": known["ward"], "field": known["field"], "page": 1}

    page = html.fromstring(client.get(LIST, query).content)

    chips = {
        chip.text_content().split(":")[1].strip(" ×\n"): parse_qs(urlsplit(chip.get("href")).query)
        for chip in page.xpath("//ul[@class='app-chips']//a")[:-1]
    }
    query = {name: [str(value)] for name, value in query.items() if name != "page"}
    assert chips == {
        "của": {name: query[name] for name in ("organisation", "field")},
        "Đảng ủy phường Bình Minh": {name: query[name] for name in ("q", "field")},
        "Môi trường": {name: query[name] for name in ("q", "organisation")},
    }


@pytest.mark.parametrize(
    ("query", "is_open"),
    [
        ({"year": "2025", "status": "running", "sort": "new"}, False),
        ({"organisation": "x"}, False),
        ({"year": "x"}, True),
        ({"verdict": "x"}, True),
        ({"unit": "x"}, True),
    ],
)
def test_the_filters_unfold_only_to_show_one_that_is_not_understood(client, reader, query, is_open):
    page = html.fromstring(client.get(LIST, query).content)

    (details,) = page.xpath("//main//details")
    assert ("open" in details.attrib) is is_open


@pytest.mark.parametrize("page", [LIST, reverse("registry:statistics")])
@pytest.mark.parametrize(
    ("name", "typed"), [("q", "hoa " * 51), ("year", "năm nay"), ("unit", "không có")]
)
def test_what_is_not_understood_stays_as_it_was_typed(client, reader, page, name, typed):
    shown = html.fromstring(client.get(page, {name: typed}).content)

    assert shown.find_class("govuk-inset-text")
    assert shown.get_element_by_id(f"filter-{name}").value == typed


@pytest.mark.parametrize("page", [LIST, reverse("registry:statistics")])
def test_a_filter_that_no_field_shows_is_sent_on(client, reader, ward, page):
    query = {"organisation": str(ward.pk), "waiting": "sent", "changed_since": "2026-01-02 08:00"}

    form = html.fromstring(client.get(page, query).content).xpath("//main//form")[0]

    assert {name: form.fields[name][:16] for name in query} == query


@pytest.mark.parametrize("page", [LIST, reverse("registry:statistics")])
def test_paper_says_the_filters_in_words_and_the_day(client, reader, ward, cell, page):
    known = a_register(ward, cell)
    query = {"field": known["field"], "organisation": known["ward"], "year": 2021}

    (said,) = html.fromstring(client.get(page, query).content).find_class("app-print-only")

    words = said.text_content()
    assert f"{timezone.localdate():%d/%m/%Y}" in words
    for name in ("Môi trường", "Đảng ủy phường Bình Minh", "2021"):
        assert f": {name}" in words


def test_an_organisation_is_typed_by_its_name(client, reader, ward, cell):
    a_register(ward, cell)

    response = client.get(LIST, {"unit": "dang uy phuong binh minh", "q": "của", "page": 2})

    assert response.status_code == HTTPStatus.FOUND
    query = parse_qs(urlsplit(response.url).query)
    assert query == {"q": ["của"], "organisation": [str(ward.pk)]}


def test_of_several_organisations_one_is_chosen_by_a_link(client, reader):
    units = [factories.OrganisationFactory(name=f"Đảng ủy phường Hòa {n}") for n in ("An", "Bình")]

    page = html.fromstring(client.get(LIST, {"unit": "phường hòa"}).content)

    links = page.xpath("//*[@role='status']//a/@href")
    assert sorted(links) == sorted(f"{LIST}?organisation={unit.pk}" for unit in units)


def test_an_organisation_nobody_knows_is_told(client, reader):
    factories.running(name="Đường hoa")

    response = client.get(LIST, {"unit": "không có"})

    assert len(response.context["not_understood"]) == 1
    assert html.fromstring(response.content).get_element_by_id("filter-unit").value == "không có"
    assert [row["name"] for row in response.context["rows"]] == ["Đường hoa"]


# --- Order and pages --------------------------------------------------------------------------


def test_the_list_can_be_ordered_by_what_is_on_the_list_of_orders(client, reader):
    last = factories.OrganisationFactory(name="A", position=2)
    first = factories.OrganisationFactory(name="B", position=1)
    factories.running(name="Hai", organisation=last)
    factories.running(name="Ba", organisation=first)
    factories.issued(factories.DecisionFactory(), PracticeModel.objects.get(name="Hai"))

    assert names(client) == ["Ba", "Hai"]
    assert names(client, sort="new") == ["Ba", "Hai"]
    assert names(client, sort="unit") == ["Ba", "Hai"]
    assert names(client, sort="code") == ["Hai", "Ba"]
    assert names(client, sort="verdict") == ["Hai", "Ba"]


def test_pages_keep_the_filters_and_do_not_overlap(client, reader, cell):
    for number in range(30):
        factories.running(name=f"Mô hình {number:02d}", organisation=cell)
    factories.running(name="Mô hình của nơi khác")
    query = {"organisation": cell.pk, "sort": "name"}

    page = html.fromstring(client.get(LIST, query).content)

    (following,) = page.xpath("//a[@rel='next']/@href")
    assert parse_qs(urlsplit(following).query) == {
        "organisation": [str(cell.pk)],
        "sort": ["name"],
        "page": ["2"],
    }
    both = names(client, **query) + names(client, **query, page=2)
    assert both == [f"Mô hình {number:02d}" for number in range(30)]


@pytest.mark.parametrize(
    "query",
    [
        {"page": "999999"},
        {"page": "-1"},
        {"page": "abc"},
        {"page": "9" * 400},
        {"sort": "organisation__users__password"},
        {"sort": "-search_key"},
        {"sort": "waiting"},
        {"field": "abc"},
        {"field": "-1"},
        {"field": "9" * 30},
        {"year": "99999999999"},
        {"year": "9" * 30},
        {"year": "1e3"},
        {"organisation": "x"},
        {"kind": "password"},
        {"status": "null"},
        {"waiting": "everything"},
        {"q": "a" * 5000},
        {"unit": "a" * 5000},
        {"unit": "9" * 30},
        {"password": "x"},
    ],
)
def test_what_is_not_understood_is_told_or_ignored(client, reader, query):
    factories.running(name="Đường hoa")

    response = client.get(LIST, query)

    assert response.status_code == HTTPStatus.OK
    assert len(response.context["rows"]) <= 1


@pytest.mark.parametrize("query", [{"field": "abc"}, {"status": "null"}, {"year": "1e3"}])
def test_a_value_that_is_no_choice_narrows_nothing_and_is_told(client, reader, query):
    factories.running(name="Đường hoa")

    response = client.get(LIST, query)

    assert [row["name"] for row in response.context["rows"]] == ["Đường hoa"]
    assert len(response.context["not_understood"]) == 1


@pytest.mark.parametrize("name", ["q", "sort", "page", "unit", "field"])
def test_a_nul_byte_is_refused(client, reader, name):
    assert client.get(LIST, {name: "a\0b"}).status_code == HTTPStatus.BAD_REQUEST


def test_beyond_the_cap_nothing_is_counted_to_the_end(client, reader, monkeypatch):
    monkeypatch.setattr("registry.paging.COUNTED", 30)
    PracticeModel.objects.bulk_create(accepted(40))

    response = client.get(LIST, {"page": 999})

    assert response.context["page_obj"].paginator.capped
    assert response.context["page_obj"].paginator.count == 30
    assert response.context["page_obj"].number == 2
    assertContains(response, "hơn 30")
    assert "Đang thực hiện" in options(client, "status").values()


def test_a_paginator_counts_by_itself_where_nobody_has(reader):
    factories.running()

    paginator = CappedPaginator(PracticeModel.objects.order_by("pk"), 25)

    assert (paginator.count, paginator.capped) == (1, False)


# --- Who sees what ----------------------------------------------------------------------------


def test_a_strangers_draft_is_in_no_list_count_search_or_filter(client, reader, cell):
    field = factories.FieldFactory(name="Lĩnh vực của bản nháp")
    factories.PracticeModelFactory(name="Bản nháp", organisation=cell, field=field)
    factories.submitted(name="Đã gửi", organisation=cell)
    factories.returned(name="Cần bổ sung", organisation=cell)

    response = client.get(LIST)

    assert response.context["page_obj"].paginator.count == 0
    assert names(client, q="bản nháp") == []
    for status in ("draft", "submitted", "returned"):
        assert names(client, status=status) == []
    for what in ("drafts", "returned", "to-receive", "sent"):
        assert names(client, waiting=what) == []
    assert options(client, "field", field=field.pk)[str(field.pk)] == "Lĩnh vực của bản nháp"
    factories.running()
    assert "Lĩnh vực của bản nháp" not in str(options(client, "field"))


def test_a_unit_finds_its_own_drafts_by_their_status(client, cell):
    factories.PracticeModelFactory(name="Bản nháp", organisation=cell)
    factories.running(name="Đang làm", organisation=cell)
    client.force_login(factories.UnitUserFactory(organisation=cell))

    assert names(client, status="draft") == ["Bản nháp"]
    assert names(client) == ["Bản nháp", "Đang làm"]
    assert options(client, "status")["draft"].endswith("(1)")


def test_a_closed_catalogue_asks_visitors_to_sign_in(client, settings):
    settings.PUBLIC_CATALOGUE = False
    model = factories.running(public=True)

    for address in (LIST, model.get_absolute_url(), model.organisation.get_absolute_url()):
        response = client.get(address)
        assert response.status_code == HTTPStatus.FOUND
        assert response.url == f"{reverse('account_login')}?next={address}"


def test_a_visitor_of_an_open_catalogue_sees_what_was_opened_and_no_phone(
    client, open_catalogue, cell
):
    shown = factories.running(
        name="Mở cho mọi người", organisation=cell, public=True, contact_phone=PHONE
    )
    hidden = factories.running(name="Không mở", organisation=cell)
    factories.PracticeModelFactory(name="Bản nháp", organisation=cell, public=True)

    assert names(client) == ["Mở cho mọi người"]
    for address in (LIST, shown.get_absolute_url(), cell.get_absolute_url()):
        assertContains(client.get(address), "Mở cho mọi người")
        assertNotContains(client.get(address), PHONE)
        assertNotContains(client.get(address), "Không mở")
    assert client.get(hidden.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND


@pytest.fixture
def ended_and_running(open_catalogue, cell):
    """Two models in the open catalogue, alike but that one has ended."""
    field = factories.FieldFactory(name="Môi trường")
    alike = {"organisation": cell, "field": field, "level": "city", "public": True}
    factories.running(name="Đang làm", place="Bãi Sậy", short_name="Tổ nhặt rác", **alike)
    factories.closed(name="Nay thôi làm", place="Bãi Sậy", short_name="Tổ nhặt rác", **alike)
    return field


HIDDEN = ["field", "level", "verdict", "place", "short name"]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_visitor_finds_no_ended_model_by_what_its_row_does_not_tell(
    client, ended_and_running, hidden
):
    asked = {
        "field": {"field": ended_and_running.pk},
        "level": {"level": "city"},
        "verdict": {"verdict": "retire"},
        "place": {"q": "bai say"},
        "short name": {"q": "nhặt rác"},
    }[hidden]
    running = [] if hidden == "verdict" else ["Đang làm"]

    assert names(client, **asked) == running
    assert names(client, **asked, status="closed") == []
    listed = client.get(reverse("registry:models_csv"), asked).content.decode()
    assert "Nay thôi làm" not in listed
    client.force_login(factories.UserFactory())
    assert names(client, **asked) == [*running, "Nay thôi làm"]


@pytest.mark.parametrize("name", ["field", "level", "verdict"])
def test_beside_a_choice_a_visitor_counts_no_ended_model_that_it_does_not_find(
    client, ended_and_running, name
):
    for value, label in options(client, name).items():
        assert label.endswith(f" ({len(names(client, **{name: value}))})")
    assert options(client, name, status="closed") == {}
    assert options(client, "status", status="closed") == {"closed": "Đã kết thúc (1)"}


@pytest.mark.parametrize(
    "words", ["thoi lam", "NAY THÔI", "  làm,   thôi!", "sao mai", "thôi sao mai", "code", "%"]
)
def test_a_visitor_finds_an_ended_model_by_its_name_its_code_and_its_unit(
    client, ended_and_running, words
):
    words = PracticeModel.objects.get(status="closed").code if words == "code" else words

    assert "Nay thôi làm" in names(client, q=words)


@pytest.mark.parametrize("sort", ["verdict", "review"])
def test_the_place_of_an_ended_model_tells_a_visitor_no_day(client, ended_and_running, sort):
    factories.closed(name="Thôi hẳn", public=True)
    days = {"Đang làm": (2030, 2021), "Nay thôi làm": (2020, 2020), "Thôi hẳn": (2040, 2019)}
    for name, (verdict, review) in days.items():
        PracticeModel.objects.filter(name=name).update(
            verdict="maintain", verdict_on=date(verdict, 1, 1), review_by=date(review, 1, 1)
        )

    assert names(client, sort=sort) == ["Đang làm", "Nay thôi làm", "Thôi hẳn"]
    client.force_login(factories.UserFactory())
    told = {
        "verdict": ["Thôi hẳn", "Đang làm", "Nay thôi làm"],
        "review": ["Thôi hẳn", "Nay thôi làm", "Đang làm"],
    }
    assert names(client, sort=sort) == told[sort]


def test_a_year_begun_and_never_sent_is_none_for_a_visitor(client, open_catalogue):
    model = factories.running(name="Đường hoa", public=True, enrolment__year=2023)
    factories.EnrolmentFactory(model=model, year=2024, kind="continued")

    assert names(client, year=2023) == ["Đường hoa"]
    assert names(client, year=2024) == []
    client.force_login(factories.UserFactory())
    assert names(client, year=2024) == ["Đường hoa"]


def test_only_those_for_whom_one_may_register_are_offered_to_register(client, cell):
    create = reverse("registry:practicemodel_create")
    client.force_login(factories.UserFactory())
    assertNotContains(client.get(LIST), create)

    client.force_login(factories.UnitUserFactory(organisation=cell))
    assertContains(client.get(LIST), create)


# --- What it costs ----------------------------------------------------------------------------


def accepted(number, **fields):
    """Return models as the register keeps them, to be stored at once."""
    clerk, unit = factories.ClerkFactory(), fields.pop("organisation", factories.CellFactory())
    models = factories.PracticeModelFactory.build_batch(
        number, organisation=unit, field=None, enrolment=False, **fields
    )
    for place, model in enumerate(models):
        model.status, model.code = "running", f"THU-{unit.pk}-{place}"
        model.submitted_at = model.accepted_at = "2025-01-01T00:00:00Z"
        model.accepted_by = clerk
        model.fill_keys()
    return models


@pytest.mark.parametrize(
    ("role", "limit"), [("visitor", 4), ("reader", 6), ("unit", 6), ("clerk", 6), ("panel", 6)]
)
@pytest.mark.parametrize("narrowed", [False, True])
def test_the_list_takes_the_same_few_queries_for_10_and_for_1000_models(
    client, open_catalogue, cell, role, limit, narrowed
):
    people = {
        "reader": factories.UserFactory,
        "unit": lambda: factories.UnitUserFactory(organisation=cell),
        "clerk": factories.ClerkFactory,
        "panel": factories.PanelUserFactory,
    }
    if role in people:
        client.force_login(people[role]())
    factories.running(public=True, organisation=cell)
    query = {"organisation": cell.parent_id, "status": "running", "q": "mô"} if narrowed else {}
    taken = []
    for number in (10, 990):
        unit = factories.CellFactory(parent=cell.parent)
        PracticeModel.objects.bulk_create(accepted(number, organisation=unit, public=True))
        with CaptureQueriesContext(connection) as queries:
            response = client.get(LIST, query)
        assert response.context["page_obj"].paginator.count >= number
        taken.append(len(queries))

    assert taken[0] == taken[1] <= limit
    assert len(response.context["rows"]) == 25
    assert len(response.content) <= 30_000
