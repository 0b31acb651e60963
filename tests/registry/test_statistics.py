"""The register in numbers: each number is the length of the list it leads to."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from registry import statistics
from registry.models import Enrolment, PracticeModel
from registry.standing import numbers_of
from tests import factories
from tests.factories import this_year

pytestmark = pytest.mark.django_db

PAGE = reverse("registry:statistics")


@pytest.fixture
def reader(client):
    client.force_login(factories.UserFactory())


def parts(client, **query):
    return {part["name"]: part for part in client.get(PAGE, query).context["parts"]}


def a_register():
    field = factories.FieldFactory(name="Môi trường")
    ward = factories.OrganisationFactory()
    factories.running(field=field, organisation=ward, name="Một")
    second = factories.running(field=field, name="Hai")
    factories.running(name="Ba")
    factories.EnrolmentFactory(
        model=second,
        year=factories.this_year() - 1,
        kind=Enrolment.Kind.CONTINUED,
        accepted_at=timezone.now(),
    )
    nowhere = factories.running(organisation=factories.OrganisationFactory(block=""))
    PracticeModel.objects.filter(pk=nowhere.pk).update(field=None)
    factories.issued(factories.DecisionFactory(), second)


@pytest.mark.parametrize("query", [{}, {"block": "wards"}, {"q": "hai"}, {"field": "none"}])
def test_every_linked_number_is_the_length_of_the_list_it_leads_to(client, reader, query):
    a_register()
    page = html.fromstring(client.get(PAGE, query).content)
    links = page.xpath("//main//td/a")
    assert links
    for link in links:
        listed = client.get(link.get("href")).context["page_obj"].paginator.count
        assert link.text_content() == str(listed), link.get("href")


def test_what_has_no_field_block_or_verdict_is_a_number_with_its_list(client, reader):
    a_register()
    page = html.fromstring(client.get(PAGE).content)
    for name in ("field", "block", "verdict"):
        assert page.xpath("//main//td/a[contains(@href, $asked)]", asked=f"{name}=none")


def test_a_cumulative_figure_is_the_latest_of_each_model_and_never_added_over_years():
    kept = factories.IndicatorFactory(is_cumulative=True)
    year = factories.this_year()
    one, two = factories.running(), factories.running()
    earlier = factories.EnrolmentFactory(model=one, year=year - 1)
    latest = one.enrolments.get(year=year)
    earlier.outcomes.create(indicator=kept, achieved=100)
    latest.outcomes.create(indicator=kept, achieved=130)
    two.enrolments.get().outcomes.create(indicator=kept, achieved=7)
    (total,) = statistics.outcomes(PracticeModel.objects.all())
    assert total[2:] == (None, Decimal(137), 2)


def test_a_figure_not_reported_yet_leaves_the_latest_one_standing():
    kept = factories.IndicatorFactory(is_cumulative=True)
    model = factories.running()
    earlier = factories.EnrolmentFactory(model=model, year=factories.this_year() - 1)
    earlier.outcomes.create(indicator=kept, achieved=100)
    latest = model.enrolments.get(year=factories.this_year())
    latest.outcomes.create(indicator=kept, planned=150)
    assert statistics.outcomes(PracticeModel.objects.all())[0][3] == 100


def test_figures_of_a_period_are_added_up_year_by_year():
    days = factories.IndicatorFactory(is_cumulative=False)
    year = factories.this_year()
    one, two = factories.running(), factories.running()
    factories.EnrolmentFactory(model=one, year=year - 1).outcomes.create(indicator=days, achieved=5)
    for model, achieved in [(one, 10), (two, 20)]:
        model.enrolments.get(year=year).outcomes.create(indicator=days, achieved=achieved)
    totals = statistics.outcomes(PracticeModel.objects.all())
    assert [row[2:] for row in totals] == [(year, 30, 2), (year - 1, 5, 1)]


def test_of_a_year_the_statistics_show_that_year_and_what_had_come_up_to_it(client, reader):
    days = factories.IndicatorFactory(is_cumulative=False, position=1)
    kept = factories.IndicatorFactory(is_cumulative=True, position=2)
    year, model = factories.this_year(), factories.running()
    achieved = {year - 2: (1, 100), year - 1: (2, None), year: (4, 130)}
    for when, (worked, members) in achieved.items():
        enrolment, _ = model.enrolments.get_or_create(
            year=when, defaults={"accepted_at": timezone.now()}
        )
        enrolment.outcomes.create(indicator=days, achieved=worked)
        if members:
            enrolment.outcomes.create(indicator=kept, achieved=members)

    shown = parts(client, year=year - 1)

    assert [row["label"] for row in shown["year"]["rows"]] == [str(year - 1)]
    (worked, members) = shown["outcomes"]["rows"]
    assert [cell["value"] for cell in worked["cells"]] == [year - 1, 2, 1]
    assert [cell["value"] for cell in members["cells"]][1:] == [100, 1]
    assert str(year - 1) in members["cells"][0]["value"]


def test_a_year_counts_what_was_sent_or_accepted_as_the_board_does(client):
    clerk, ward, year = factories.ClerkFactory(), factories.OrganisationFactory(), this_year()
    factories.submitted(organisation=ward)
    begun, again = factories.running(organisation=ward), factories.running(organisation=ward)
    for model in (begun, again):
        model.enrolments.update(year=year - 1)
        model.continue_in(year, by=clerk)
    again.enrolments.get(year=year).send(by=clerk)
    of_old = {"origin": "old_register", "status": "running", "code": "MH-2020-0001"}
    old = factories.PracticeModelFactory(organisation=ward, enrolment=False, **of_old)
    factories.EnrolmentFactory(model=old, accepted_at=timezone.now())
    factories.PracticeModelFactory(organisation=ward)
    factories.returned(organisation=ward)
    factories.refused(organisation=ward)

    client.force_login(clerk)

    rows = parts(client)["year"]["rows"]
    counted = {row["label"]: [cell["value"] for cell in row["cells"]] for row in rows}
    assert counted == {str(year): [2, 1, 3], str(year - 1): [2, 0, 2]}
    assert numbers_of([ward.pk], year)[ward.pk]["sent"] == 3


def test_a_year_beside_a_figure_is_written_as_a_year(client, reader):
    days, year = factories.IndicatorFactory(is_cumulative=False), factories.this_year()
    factories.running().enrolments.get().outcomes.create(indicator=days, achieved=5000)

    page = html.fromstring(client.get(PAGE).content)

    cells = page.xpath("//tr[th[contains(., $name)]]/td", name=str(days))
    assert [cell.text_content().strip() for cell in cells][:2] == [str(year), "5.000"]


def test_coverage_counts_units_that_exist_with_and_without_a_model(client, reader):
    ward = factories.OrganisationFactory()
    factories.OrganisationFactory()
    factories.OrganisationFactory(valid_until="2020-01-01")
    factories.CommitteeFactory()
    factories.running(organisation=ward)
    (row,) = parts(client)["coverage"]["rows"]
    assert [cell["value"] for cell in row["cells"]] == [1, 1, 2]


def test_coverage_is_the_same_for_everybody_and_counts_what_runs(client):
    refused, drafted, ended = (factories.CellFactory() for _number in range(3))
    factories.refused(organisation=refused)
    factories.PracticeModelFactory(organisation=drafted)
    factories.closed(organisation=ended)
    factories.running(organisation=factories.CellFactory())
    seen = []
    for user in (factories.ClerkFactory(), factories.UnitUserFactory(organisation=drafted)):
        client.force_login(user)
        (row,) = parts(client)["coverage"]["rows"]
        seen.append(row["cells"][0]["value"])
    assert seen == [1, 1]


def test_a_visitor_counts_public_models_alone(client, settings):
    factories.running(public=True)
    factories.running()
    settings.PUBLIC_CATALOGUE = True
    assert client.get(PAGE).context["total"] == 1
    assert "coverage" not in parts(client)
    settings.PUBLIC_CATALOGUE = False
    assert client.get(PAGE).status_code == 302


def test_a_visitor_counts_an_ended_model_only_by_what_its_row_tells(client, settings):
    settings.PUBLIC_CATALOGUE = True
    running, ended = factories.running(public=True), factories.closed(public=True)
    factories.EnrolmentFactory(model=ended, year=factories.this_year() + 1, kind="continued")

    shown = parts(client)

    assert [row["label"] for row in shown["field"]["rows"]] == [str(running.field)]
    assert [row["label"] for row in shown["verdict"]["rows"]] == ["(chưa có)"]
    assert [row["label"] for row in shown["year"]["rows"]] == [str(factories.this_year())]
    assert {row["label"]: row["bar"] for row in shown["status"]["rows"]} == {
        "Đang thực hiện": 1,
        "Đã kết thúc": 1,
    }
    page = html.fromstring(client.get(PAGE).content)
    for link in page.xpath("//main//td/a"):
        listed = client.get(link.get("href")).context["page_obj"].paginator.count
        assert link.text_content() == str(listed), link.get("href")


def test_a_reader_does_not_count_the_drafts_of_others(client, reader):
    factories.PracticeModelFactory()
    factories.running()
    assert client.get(PAGE).context["total"] == 1


def test_each_table_is_a_file_that_excel_opens_and_nothing_in_it_is_a_formula(client, reader):
    factories.running(field=factories.FieldFactory(name="=1+1"))
    content = client.get(PAGE, {"table": "field"}).content
    assert content.startswith(b"\xef\xbb\xbf")
    assert "'=1+1,1" in content.decode("utf-8-sig")
    assert client.get(PAGE, {"table": "nothing"}).status_code == 404


def test_a_file_says_whose_it_is_what_it_counts_and_that_a_figure_is_cumulative(
    client, reader, settings
):
    kept = factories.IndicatorFactory(name="Thành viên", is_cumulative=True)
    factories.running().enrolments.get().outcomes.create(indicator=kept, achieved=7)
    content = client.get(PAGE, {"table": "outcomes", "status": "running"}).content
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == settings.COMMITTEE_NAME
    assert any("Đang thực hiện" in line for line in lines[:4])
    assert lines[-1].startswith("Thành viên (hộ),lũy kế đến nay,7")


def test_an_empty_register_says_so(client, reader):
    assert b"app-empty" in client.get(PAGE).content


def test_more_models_ask_no_more_queries(client, reader):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        return len(asked)

    a_register()
    before = queries()
    for _ in range(3):
        factories.running()
    assert queries() == before
