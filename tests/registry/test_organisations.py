"""The tree of organisations, and the page of one: its models, its people, what is missing."""

from datetime import date
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from tests import factories

pytestmark = pytest.mark.django_db

TREE = reverse("registry:organisation_list")
PHONE = "0911222333"


@pytest.fixture
def city():
    return factories.CommitteeFactory(name="Thành ủy Thử nghiệm")


@pytest.fixture
def ward(city):
    return factories.OrganisationFactory(
        name="Đảng ủy phường Bình Minh", parent=city, position=1, phone=PHONE
    )


@pytest.fixture
def cell(ward):
    return factories.CellFactory(name="Chi bộ khối phố Sao Mai", parent=ward)


@pytest.fixture
def reader(client):
    user = factories.UserFactory()
    client.force_login(user)
    return user


def shown(client, **query):
    return [str(one) for one, _below in client.get(TREE, query).context["organisations"]]


def page(client, organisation, **query):
    return client.get(organisation.get_absolute_url(), query)


# --- The tree ---------------------------------------------------------------------------------


def test_the_tree_begins_with_the_top_and_what_stands_right_below_in_protocol_order(
    client, reader, city, ward, cell
):
    factories.OrganisationFactory(name="Ban Xây dựng Đảng", parent=city, position=0)
    other = factories.CommitteeFactory(name="Huyện ủy Thử nghiệm")
    factories.OrganisationFactory(name="Đảng ủy xã A", parent=other)

    assert shown(client) == [
        "Huyện ủy Thử nghiệm",
        "Đảng ủy xã A",
        "Thành ủy Thử nghiệm",
        "Ban Xây dựng Đảng",
        "Đảng ủy phường Bình Minh",
    ]


def test_every_branch_stands_below_its_head_whatever_the_positions_are(client, city):
    """A ward numbered as its city is: its cells once came before the city's own units."""
    places = ["An Mỹ", "Âu Cơ", "Ba Đình"]
    wards = [factories.OrganisationFactory(name=f"Phường {place}", parent=city) for place in places]
    for ward in reversed(wards):
        factories.CellFactory(name=f"Chi bộ 2 {ward}", parent=ward)
        cell = factories.CellFactory(name=f"Chi bộ 1 {ward}", parent=ward)
        factories.CellFactory(name=f"Tổ đảng {ward}", parent=cell)
    factories.OrganisationFactory(name="Ban Tổ chức", parent=city, position=1)
    client.force_login(factories.ClerkFactory())

    names = [str(row["unit"]) for row in client.get(reverse("registry:board")).context["rows"]]

    below = ["{0}", "Chi bộ 1 {0}", "Tổ đảng {0}", "Chi bộ 2 {0}"]
    branches = [name.format(ward) for ward in wards for name in below]
    assert names == [*branches, "Ban Tổ chức"]


def test_a_branch_opens_by_itself(client, reader, ward, cell):
    tree = html.fromstring(client.get(TREE).content)
    assert f"?parent={ward.pk}" in tree.xpath("//main//a/@href")

    assert shown(client, parent=ward.pk) == ["Chi bộ khối phố Sao Mai"]
    assertContains(client.get(TREE, {"parent": cell.pk}), "app-empty")


def test_an_organisation_is_found_without_diacritics(client, reader, ward, cell):
    assert shown(client, q="sao mai chi bo") == ["Chi bộ khối phố Sao Mai"]
    assertContains(client.get(TREE, {"q": "không có"}), "app-empty")


def test_what_has_ended_is_not_in_the_tree(client, reader, city):
    factories.OrganisationFactory(name="Đã giải thể", valid_until=date(2020, 1, 1))

    assert shown(client) == ["Thành ủy Thử nghiệm"]


@pytest.mark.parametrize(
    "query",
    [{"parent": "x"}, {"parent": "9" * 30}, {"parent": 0}, {"page": "999"}, {"q": "a" * 5000}],
)
def test_what_is_not_understood_opens_the_tree(client, reader, query):
    assert client.get(TREE, query).status_code == HTTPStatus.OK


def test_a_visitor_sees_the_organisations_of_public_models_and_no_link_to_others(
    client, settings, ward, cell
):
    settings.PUBLIC_CATALOGUE = True
    factories.running(organisation=cell, public=True)
    factories.running(organisation=ward)

    assert shown(client) == ["Chi bộ khối phố Sao Mai"]
    assertNotContains(page(client, cell), ward.get_absolute_url())
    assert page(client, ward).status_code == HTTPStatus.NOT_FOUND


def test_the_tree_takes_the_same_queries_however_large_it_is(client, reader, city, ward):
    client.get(TREE)
    with CaptureQueriesContext(connection) as few:
        client.get(TREE)
    factories.OrganisationFactory.create_batch(60, parent=city)

    with CaptureQueriesContext(connection) as many:
        response = client.get(TREE)

    assert len(many) == len(few) <= 6
    assert len(response.context["organisations"]) == 50


# --- One organisation -------------------------------------------------------------------------


def test_its_own_models_are_listed_and_those_below_when_asked(client, reader, ward, cell):
    factories.running(name="Của phường", organisation=ward)
    factories.running(name="Của chi bộ", organisation=cell)
    factories.PracticeModelFactory(name="Bản nháp", organisation=cell)

    own = [row["name"] for row in page(client, ward).context["rows"]]
    everything = [row["name"] for row in page(client, ward, below=1).context["rows"]]

    assert own == ["Của phường"]
    assert everything == ["Của chi bộ", "Của phường"]


@pytest.mark.parametrize("reader_is", ["own", "above", "office"])
def test_people_and_what_is_missing_are_shown_to_those_inside(client, ward, cell, reader_is):
    person = factories.UnitUserFactory(
        organisation=cell, full_name="Trần Thị Thử", phone=PHONE, position="Bí thư"
    )
    factories.PracticeModelFactory(organisation=cell)
    factories.returned(organisation=cell)
    reader = {
        "own": lambda: person,
        "above": lambda: factories.UnitUserFactory(organisation=ward),
        "office": factories.ClerkFactory,
    }[reader_is]()
    client.force_login(reader)

    response = page(client, cell)

    for words in ("Trần Thị Thử", PHONE, "Bí thư"):
        assertContains(response, words)
    missing = html.fromstring(response.content).xpath("//main//a[contains(@href, '&status=')]")
    assert len(missing) == 2
    for link in missing:
        listed = client.get(link.get("href")).context["page_obj"].paginator.count
        assert link.text_content().endswith(f": {listed}")


def test_others_see_neither_people_nor_what_is_missing(client, city, ward, cell):
    person = factories.UnitUserFactory(organisation=cell, full_name="Trần Thị Thử", phone=PHONE)
    factories.PracticeModelFactory(organisation=cell, name="Bản nháp")
    for reader in (
        factories.UnitUserFactory(),
        factories.PanelUserFactory(),
        factories.UnitUserFactory(organisation=city),
    ):
        client.force_login(reader)
        for organisation in (cell, ward):
            for words in (person.full_name, PHONE, "Bản nháp", "status=draft"):
                assertNotContains(page(client, organisation), words)


def test_a_person_who_has_left_is_no_longer_named(client, cell):
    membership = factories.MembershipFactory(
        organisation=cell, user__full_name="Người đã nghỉ", until=date(2021, 1, 1)
    )
    factories.MembershipFactory(
        organisation=cell, user__full_name="Tài khoản đã khóa", user__is_active=False
    )
    client.force_login(factories.ClerkFactory())

    response = page(client, cell)

    assertNotContains(response, membership.user.full_name)
    assertNotContains(response, "Tài khoản đã khóa")


def test_the_page_tells_what_stands_above_before_and_after_and_its_former_names(
    client, reader, city, ward, cell
):
    heir = factories.OrganisationFactory(name="Đảng ủy phường Hướng Dương", parent=city)
    cell.name = "Chi bộ khối phố Hướng Dương"
    cell.save()
    ward.valid_until, ward.successor = date(2025, 6, 30), heir
    ward.save()

    above = html.fromstring(page(client, cell).content).xpath("//nav//li/a/@href")
    assert above[-2:] == [city.get_absolute_url(), ward.get_absolute_url()]
    assertContains(page(client, cell), "Chi bộ khối phố Sao Mai")
    assertContains(page(client, ward), "30/06/2025")
    assertContains(page(client, ward), heir.get_absolute_url())
    assertContains(page(client, heir), ward.get_absolute_url())


def test_only_those_who_register_for_it_are_offered_to(client, cell):
    address = f"{reverse('registry:practicemodel_create')}?organisation={cell.pk}"
    client.force_login(factories.UnitUserFactory())
    assertNotContains(page(client, cell), address)

    client.force_login(factories.UnitUserFactory(organisation=cell.parent))
    assertContains(page(client, cell), address)


def test_a_page_takes_the_same_queries_however_much_belongs_to_it(client, ward, cell):
    client.force_login(factories.ClerkFactory())
    factories.running(organisation=ward)
    factories.UnitUserFactory(organisation=ward)
    page(client, ward, below=1)
    with CaptureQueriesContext(connection) as few:
        page(client, ward, below=1)
    for below in factories.CellFactory.create_batch(25, parent=ward):
        factories.running(organisation=below)
        factories.UnitUserFactory(organisation=ward)

    with CaptureQueriesContext(connection) as many:
        response = page(client, ward, below=1)

    assert len(many) == len(few)
    assertContains(response, f"{TREE}?parent={ward.pk}")


# --- Where there is nothing yet ---------------------------------------------------------------


def ways_on(client, organisation):
    """Return where the empty places of the page lead."""
    tree = html.fromstring(page(client, organisation).content)
    return tree.xpath("//div[@class='app-empty']//a/@href")


def test_where_there_is_nothing_the_page_says_what_each_reader_can_do(client, ward, cell):
    register = f"{reverse('registry:practicemodel_create')}?organisation={cell.pk}"
    account = reverse("registry:account_open", args=[cell.pk])
    catalogue = reverse("registry:practicemodel_list")
    found = {}

    for name, user in {
        "ward": factories.UnitUserFactory(organisation=ward),
        "clerk": factories.ClerkFactory(),
        "panel": factories.PanelUserFactory(),
        "reader": factories.UserFactory(),
    }.items():
        client.force_login(user)
        found[name] = ways_on(client, cell)
        assert [client.get(way).status_code for way in found[name]] == [200] * len(found[name])
    client.force_login(factories.UnitUserFactory(organisation=cell))
    found["cell"] = ways_on(client, cell)

    assert found == {
        "ward": [register, account],
        "clerk": [register, account],
        "panel": [catalogue],
        "reader": [catalogue],
        "cell": [register],
    }


def test_the_name_of_a_unit_is_not_repeated_beside_each_of_its_models(client, reader, ward, cell):
    factories.running(organisation=cell)

    own, of_all = page(client, cell), page(client, ward, below="1")

    assert not html.fromstring(own.content).xpath(f"//td[text()='{cell}']")
    assert html.fromstring(of_all.content).xpath(f"//td[text()='{cell}']")
