"""The figures of a model in a year: written as people write numbers, and never lost."""

from decimal import Decimal
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Indicator, Outcome
from tests import factories
from tests.factories import this_year

pytestmark = pytest.mark.django_db

OK, FORBIDDEN, GONE = 200, 403, 404
CONFLICT, WRONG_METHOD = HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED


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
def households():
    return Indicator.objects.get(name="Hộ được giúp đỡ")


def to(name, record):
    return reverse(f"registry:{name}", args=[record.pk])


def as_(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def page_of(client, enrolment):
    return client.get(to("outcomes_update", enrolment))


def figures(client, enrolment, indicator, planned="", achieved="", **answers):
    """Return what the page sends that is open in the browser."""
    prefix = f"indicator-{indicator.pk}"
    seen = {"version": page_of(client, enrolment).context["version"]}
    return seen | {f"{prefix}-planned": planned, f"{prefix}-achieved": achieved} | answers


def test_figures_are_written_for_the_indicators_that_apply(begun, person, households):
    client = as_(person)

    response = client.post(
        to("outcomes_update", begun), figures(client, begun, households, "20", "1.234,5")
    )

    assert response.url == begun.model.get_absolute_url()
    outcome = begun.outcomes.get()
    assert (outcome.indicator, outcome.planned, outcome.achieved) == (
        households,
        20,
        Decimal("1234.5"),
    )
    assert outcome.history.get().history_user == person
    page = page_of(client, begun)
    assertContains(page, 'value="20"')
    assertContains(page, 'value="1.234,5')
    assertContains(client.get(begun.model.get_absolute_url()), "1.234,5")


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("vi", "1.234,5", "1234.5"),
        ("vi", "1.234.567", "1234567"),
        ("vi", "1.234", "1234"),
        ("vi", "1,5", "1.5"),
        ("vi", "1.5", "1.5"),
        ("vi", "0", "0"),
        ("vi", " 12 ", "12"),
        ("vi", "1 000", "1000"),
        ("vi", "1\u00a0234\u00a0567", "1234567"),
        ("vi", "1\u202f234,5", "1234.5"),
        ("en", "1 234.5", "1234.5"),
        ("en", "1,234.5", "1234.5"),
        ("en", "1,234", "1234"),
        ("en", "1,5", "1.5"),
        ("en", "1.5", "1.5"),
    ],
)
def test_a_number_is_read_as_it_is_written(begun, person, households, language, typed, meant):
    client = as_(person)
    client.cookies["language"] = language

    client.post(to("outcomes_update", begun), figures(client, begun, households, typed))

    assert begun.outcomes.get().planned == Decimal(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "-1",
        "abc",
        "1.2.3",
        "1.23.456",
        "1 00",
        "1 000.000",
        "1.000 000",
        "10 1000",
        "1000 000",
        "1,2,3",
        "1e5",
        "NaN",
        "Infinity",
        "1_000",
        "٣",
        "1,234",
        "0,001",
        "9" * 40,
        "9" * 15,
        "a\0",
        "20 hộ",
    ],
)
def test_what_is_no_figure_is_said_at_its_field_and_kept(begun, person, households, typed):
    client, other = as_(person), Indicator.objects.exclude(pk=households.pk).first()
    sent = figures(client, begun, households, "7", typed)

    page = client.post(to("outcomes_update", begun), sent | {f"indicator-{other.pk}-planned": "11"})

    assert page.status_code == OK
    field = f"indicator-{households.pk}-achieved"
    form = next(form for form in page.context["forms"] if form.instance.indicator == households)
    assert set(form.errors) == {"achieved"}
    assertContains(page, f'href="#id_{field}"')
    assertContains(page, 'value="11"')
    if "\0" not in typed:
        assertContains(page, f'value="{typed}"')
    assert not Outcome.objects.exists()


def test_an_empty_row_stays_unwritten_and_a_figure_can_be_taken_back(begun, person, households):
    client = as_(person)
    client.post(to("outcomes_update", begun), figures(client, begun, households))
    assert not Outcome.objects.exists()

    client.post(to("outcomes_update", begun), figures(client, begun, households, "5"))
    client.post(to("outcomes_update", begun), figures(client, begun, households, "5"))
    assert begun.outcomes.get().history.count() == 1

    client.post(to("outcomes_update", begun), figures(client, begun, households))
    assert begun.outcomes.get().planned is None


@pytest.mark.parametrize("version", [None, "", "x", "0", "a\0", "9" * 400])
def test_figures_somebody_else_has_written_meanwhile_are_not_lost(
    begun, person, clerk, households, version
):
    client = as_(person)
    mine = figures(client, begun, households, achieved="3")
    if version is not None:
        mine["version"] = version
    as_(clerk).post(to("outcomes_update", begun), figures(as_(clerk), begun, households, "20"))

    response = client.post(to("outcomes_update", begun), mine)

    assertContains(response, begun.model.get_absolute_url(), status_code=CONFLICT)
    assert (begun.outcomes.get().planned, begun.outcomes.get().achieved) == (20, None)


def test_an_indicator_no_longer_in_use_stays_where_it_has_a_figure(begun, person, households):
    client = as_(person)
    client.post(to("outcomes_update", begun), figures(client, begun, households, "5"))
    Indicator.objects.update(is_active=False)

    shown = [form.instance.indicator for form in page_of(client, begun).context["forms"]]

    assert shown == [households]


def test_the_figures_of_a_frozen_year_stay(begun, person, clerk, households):
    client = as_(person)
    mine = figures(client, begun, households, "5")
    begun.send(by=person)
    begun.accept(by=clerk)
    begun.freeze(by=clerk)

    for response in (page_of(client, begun), client.post(to("outcomes_update", begun), mine)):
        assertContains(response, begun.model.get_absolute_url(), status_code=CONFLICT)
    assert not Outcome.objects.exists()
    page = client.get(begun.model.get_absolute_url())
    assertNotContains(page, to("outcomes_update", begun))


def test_the_figures_of_a_model_that_has_ended_stay(cell, person):
    enrolment = factories.closed(organisation=cell).enrolments.get()

    assert page_of(as_(person), enrolment).status_code == CONFLICT
    assert as_(person).post(to("outcomes_update", enrolment)).status_code == CONFLICT


def test_figures_are_the_units_and_the_offices_to_write(begun, above, clerk):
    assert page_of(as_(above), begun).status_code == OK
    assert page_of(as_(clerk), begun).status_code == OK
    for user in (factories.UnitUserFactory(), factories.PanelUserFactory()):
        assert page_of(as_(user), begun).status_code == FORBIDDEN
    assert as_(clerk).put(to("outcomes_update", begun)).status_code == WRONG_METHOD
    draft = factories.PracticeModelFactory().enrolments.get()
    assert page_of(as_(above), draft).status_code == GONE
