"""The second factor in a browser: a security key, and the look of what has to do with it."""

import pytest
from django.urls import reverse

from tests import factories
from tests.browser.pages import Looker, Page
from tests.browser.test_road import sign_in
from tests.factories import PASSWORD
from tests.test_mfa import with_app

pytestmark = pytest.mark.look

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.django_db(transaction=True)
def test_a_security_key_is_added_and_signs_in_under_the_policy(new_context):
    clerk = factories.ClerkFactory()
    page = new_context().new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in(page, clerk)

    page.goto(reverse("mfa_add_webauthn"))
    page.click("[data-ask]")
    page.wait_for_selector(".app-codes")
    page.click("text=Đăng xuất")
    page.goto(reverse("account_login"))
    page.fill("[name=login]", clerk.username)
    page.fill("[name=password]", PASSWORD)
    page.click("[data-show]")
    assert page.get_attribute("[name=password]", "type") == "text"
    page.click("form.app-card button:not([type=button])")
    page.wait_for_selector("h1:has-text('Bước thứ hai')")
    page.click("[data-ask]")

    page.wait_for_url("**/")
    page.wait_for_selector("h1:has-text('Việc cần xử lý')")
    assert [row.type for row in clerk.authenticator_set.order_by("pk")] == [
        "webauthn",
        "recovery_codes",
    ]


@pytest.mark.django_db
def test_the_pages_of_the_second_factor(browser):
    looker, clerk = Looker(browser), factories.ClerkFactory()
    typed = {"login": clerk.username, "password": PASSWORD}
    with looker.as_person() as answers:
        answers.client.post(reverse("account_login"), typed)
        for name in ("mfa_activate_totp", "mfa_add_webauthn"):
            looker.look(Page(name, "clerk", reverse(name)), "fresh")
        with_app(clerk)
        for name in ("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes"):
            looker.look(Page(name, "clerk", reverse(name)), "set up")
        looker.look(Page("codes", "clerk", reverse("mfa_view_recovery_codes")), "once")
        looker.look(Page("again", "clerk", reverse("mfa_reauthenticate")), "set up")
    with looker.as_person() as answers:
        answers.client.post(reverse("account_login"), typed)
        looker.look(Page("mfa_authenticate", "clerk", reverse("mfa_authenticate")), "half in")

    assert looker.looked_at == 8
    assert not looker.found, "\n" + "\n".join(map(str, looker.found))
