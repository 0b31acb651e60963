"""The administration in a real browser, under the security policy of every other page."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from registry.models import Award, Membership, Organisation, PracticeModel, User
from reviews.models import Decision, Seminar
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page, client, live_server):
    """Open the browser as a registrar; the session is made beforehand, signing in has tests."""
    client.force_login(factories.AdminFactory())
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )


def address(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.look
def test_pages_break_no_policy_and_have_no_script_error(page, client, live_server):
    enter(page, client, live_server)
    model = factories.running()
    seminar = factories.SeminarFactory()
    factories.CriterionFactory(seminar=seminar)
    line = factories.DecisionLineFactory()
    pages = [
        reverse("admin:index"),
        address(PracticeModel, "changelist") + "?status__exact=running&_facets=True&q=thu",
        address(PracticeModel, "change", model.pk),
        address(PracticeModel, "history", model.pk),
        address(PracticeModel, "simple_history", model.pk, model.history.first().pk),
        address(Organisation, "change", model.organisation.pk),
        address(Organisation, "end", model.organisation.pk),
        address(User, "add"),
        address(User, "change", factories.UserFactory().pk),
        address(Seminar, "change", seminar.pk),
        address(Decision, "change", line.decision.pk),
    ]

    for each in pages:
        assert page.goto(each).status == 200, each
        page.wait_for_load_state("networkidle")


def test_a_unit_is_chosen_by_typing_and_a_day_from_the_calendar(page, client, live_server):
    enter(page, client, live_server)
    cell = factories.CellFactory(name="Chi bộ khối phố Hòa Sen")
    person = factories.UserFactory(full_name="Đặng Thử Hòa")
    page.goto(address(Membership, "add"))

    for field, words, name in [("user", "dang hoa", person), ("organisation", "hoa sen", cell)]:
        page.click(f".field-{field} .select2-selection")
        page.fill(".select2-search__field", words)
        page.click(f".select2-results__option:has-text('{name}')")
    page.click(".field-since .datetimeshortcuts a >> nth=1")
    page.click(".calendarbox:visible td a >> text='15'")
    page.click("input[name=_save] >> nth=0")

    page.wait_for_selector(".messagelist .success")
    membership = Membership.objects.get()
    assert (membership.user, membership.organisation, membership.since.day) == (person, cell, 15)


# On a PC that is busy, what jQuery does "when the page is ready" comes long after it has loaded.
BUSY = (
    "const soon = setTimeout; setTimeout = (what, ms = 0, ...args) => soon(what, ms + 300, ...args)"
)


@pytest.mark.look
def test_boxes_to_choose_from_have_names_also_where_the_page_is_ready_late(
    page, client, live_server
):
    enter(page, client, live_server)
    page.add_init_script(BUSY)
    page.goto(address(Membership, "add"))

    for name in ("user", "organisation"):
        label = re.compile(page.inner_text(f"label[for=id_{name}]"))
        expect(page.locator(f".field-{name} .select2-selection")).to_have_accessible_name(label)


def test_a_record_is_saved_without_scripts(page_without_js, client, live_server):
    page = page_without_js
    enter(page, client, live_server)
    award = factories.AwardFactory()
    page.goto(address(Award, "change", award.pk))

    page.fill("input[name=title]", "Giấy khen")
    page.click("input[name=_save] >> nth=0")

    page.wait_for_selector(".messagelist .success")
    award.refresh_from_db()
    assert award.title == "Giấy khen"
