"""The frame in a real browser, on the page everyone meets first: signing in."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.look]
AXE = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}


def violations(page):
    return [found["id"] for found in Axe().run(page, options=AXE).response["violations"]]


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_signing_in_is_accessible_and_fits_the_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})

    page.goto("/accounts/login/")
    assert violations(page) == []
    page.click("main button:not([type=button])")
    page.wait_for_selector(".govuk-error-summary")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("address", ["/no-such-page/", "/models/?q=%00", "/i18n/setlang/"])
def test_a_refusal_is_accessible_fits_the_smallest_screen_and_leads_on(page, address):
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(address)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.click("text=Về trang đầu")
    page.wait_for_url("/")
    assert page.locator("h1").count() == 1


def test_errors_are_met_first_and_lead_to_their_field(page):
    page.goto("/accounts/login/")
    page.click("main button:not([type=button])")

    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.click(".govuk-error-summary a >> nth=0")
    expect(page.locator("#id_login")).to_be_focused()


def test_signing_in_works_without_scripts(page_without_js):
    page_without_js.goto("/accounts/login/")
    page_without_js.click("main button:not([type=button])")

    expect(page_without_js.locator(".govuk-error-summary a")).to_have_count(2)


def test_pressing_twice_sends_once_and_the_button_comes_back_with_the_page(page):
    page.goto("/accounts/login/")
    sent = []

    def stay_on_the_page(route):
        sent.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/accounts/login/", stay_on_the_page)
    with page.expect_request("**/accounts/login/"):
        page.locator("main button:not([type=button])").evaluate(
            "button => { for (let i = 0; i < 2; i++) button.click(); }"
        )
    assert page.locator("form[data-sent] button[aria-disabled]").count() == 1
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")

    assert sent == ["POST"]
    assert page.locator("form[data-sent], button[aria-disabled]").count() == 0
