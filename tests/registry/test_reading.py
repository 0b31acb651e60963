"""What others read of a model: in the list, on its page, on paper, in the preview of a link."""

import csv
import io

import pytest
from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Verdict
from tests import factories
from tests.factories import this_year

pytestmark = pytest.mark.django_db

LIST = reverse("registry:practicemodel_list")


@pytest.fixture(autouse=True)
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


@pytest.fixture
def cell():
    return factories.CellFactory()


def public(**fields):
    return factories.running(public=True, **fields)


def sheet(model):
    return reverse("registry:practicemodel_print", args=[model.pk])


def metadata(page):
    found = html.fromstring(page.content).xpath("//meta[@property or @name='description']")
    return {each.get("property") or each.get("name"): each.get("content") for each in found}


# --- What has ended -------------------------------------------------------------------------------


def test_a_visitor_reads_of_an_ended_model_its_name_and_that_it_has_ended(client, cell):
    model = factories.closed(name="Nuôi heo đất", public=True, organisation=cell)
    type(model).objects.filter(pk=model.pk).update(verdict=Verdict.RETIRE)

    (row,) = client.get(LIST).context["rows"]

    assert (row["name"], row["field"], row["verdict"]) == ("Nuôi heo đất", "", "")
    assert row["status"] == "Đã kết thúc"
    lines = csv.reader(io.StringIO(client.get(reverse("registry:models_csv")).content.decode()))
    (line,) = [line for line in lines if "Nuôi heo đất" in line]
    assert str(model.field) not in line
    assert Verdict.RETIRE.label not in line
    assertRedirects(client.get(sheet(model)), model.get_absolute_url())
    client.force_login(factories.UserFactory())
    (row,) = client.get(LIST).context["rows"]
    assert row["field"] == str(model.field)


# --- What has not been sent -----------------------------------------------------------------------


def test_a_year_that_is_begun_and_not_sent_is_the_units_own(client, cell):
    unit, clerk = factories.UnitUserFactory(organisation=cell), factories.ClerkFactory()
    model = public(organisation=cell, enrolment__year=this_year() - 1)
    begun = model.continue_in(this_year(), by=unit)

    def years():
        page = client.get(model.get_absolute_url())
        return [row.year for row in page.context["enrolments"]]

    assert years() == [this_year() - 1]
    client.force_login(factories.UnitUserFactory())
    assert years() == [this_year() - 1]
    for insider in (unit, clerk):
        client.force_login(insider)
        assert years() == [this_year(), this_year() - 1]
    begun.send(by=unit)
    client.logout()
    assert years() == [this_year(), this_year() - 1]


def test_the_year_that_was_sent_first_is_received_first(client, cell):
    unit = factories.UnitUserFactory(organisation=cell)
    model = public(organisation=cell, enrolment__year=this_year() - 2)
    older = model.continue_in(this_year() - 1, by=unit)
    older.send(by=unit)
    model.continue_in(this_year(), by=unit)
    client.force_login(factories.ClerkFactory())

    page = client.get(model.get_absolute_url())

    assertContains(page, reverse("registry:enrolment_accept", args=[older.pk]))


# --- The sheet ------------------------------------------------------------------------------------


def test_the_sheet_has_the_way_back_to_the_page_and_no_contact_for_others(client, cell):
    model = public(organisation=cell, contact_phone="0905 000 111", approach="Mỗi hộ một chậu hoa.")

    page = client.get(sheet(model))

    assertContains(page, "<svg")
    assertContains(page, f"http://testserver{model.get_absolute_url()}")
    assertContains(page, "Mỗi hộ một chậu hoa.")
    assertNotContains(page, "0905 000 111")
    client.force_login(factories.UnitUserFactory(organisation=cell))
    assertContains(client.get(sheet(model)), "0905 000 111")


def test_reading_a_draft_on_paper_is_on_record_too(client, cell):
    model = factories.PracticeModelFactory(organisation=cell)
    client.force_login(factories.ClerkFactory())

    client.get(sheet(model))

    assert model.openings.count() == 1


# --- Previews of links ----------------------------------------------------------------------------


def test_a_link_to_a_model_shows_its_name_first_words_and_photo(client, cell):
    model = public(
        organisation=cell, name='Đường hoa "tự quản"', approach="Mỗi hộ một chậu hoa. " * 50
    )
    photo = factories.EvidenceFactory(model=model)

    found = metadata(client.get(model.get_absolute_url()))

    assert found["og:title"] == 'Đường hoa "tự quản"'
    assert found["og:description"].startswith("Mỗi hộ một chậu hoa.")
    assert found["og:description"].removesuffix("…").split()[-1] in model.approach.split()
    assert len(found["og:description"]) <= 200
    assert found["og:image"] == f"http://testserver{photo.get_absolute_url()}"
    assert found["og:url"] == f"http://testserver{model.get_absolute_url()}"


def test_a_link_to_another_page_shows_its_title_and_what_the_register_is(client):
    page = client.get(LIST)

    found = metadata(page)
    title = html.fromstring(page.content).findtext(".//title")
    assert title.startswith(f"{found['og:title']} – ")
    assert found["og:title"] == "Mô hình"
    assert found["og:description"] == found["description"]


def test_a_link_to_what_visitors_may_not_see_tells_nothing(client, cell):
    hidden = factories.running(name="Không công khai", organisation=cell)
    ended = factories.closed(public=True, organisation=cell, approach="Đã từng làm")

    assertNotContains(client.get(hidden.get_absolute_url()), "Không công khai", status_code=404)
    assert "Đã từng làm" not in str(metadata(client.get(ended.get_absolute_url())))
