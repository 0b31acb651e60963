"""What every request passes, and how people sign in."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import User
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def sign_in(client, name, password=PASSWORD):
    return client.post(LOGIN, {"login": name, "password": password})


def signed_in(client):
    return "_auth_user_id" in client.session


# --- Language -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["en", "en-US,en;q=0.9", "fr", "a" * 5000])
def test_what_the_browser_asks_for_does_not_choose_the_language(client, wanted):
    page = client.get(LOGIN, headers={"accept-language": wanted})

    assertContains(page, '<html lang="vi"')
    assert page["Content-Language"] == "vi"


def test_the_reader_chooses_the_language_and_keeps_it(client):
    response = client.post(reverse("set_language"), {"language": "en", "next": LOGIN})

    assert response.url == LOGIN
    assertContains(client.get(LOGIN), '<html lang="en"')
    client.post(reverse("set_language"), {"language": "vi", "next": LOGIN})
    assertContains(client.get(LOGIN, headers={"accept-language": "en"}), '<html lang="vi"')


@pytest.mark.parametrize("language", ["fr", "", "../../etc", "vi\0", "x" * 5000])
def test_a_language_nobody_has_stays_vietnamese(client, language):
    client.post(reverse("set_language"), {"language": language, "next": LOGIN})
    client.cookies["language"] = "xx-nonsense"

    assertContains(client.get(LOGIN), '<html lang="vi"')


def test_switching_the_language_leads_to_no_other_site(client):
    response = client.post(
        reverse("set_language"), {"language": "en", "next": "https://example.com/"}
    )

    assert response.url == "/"
    assert client.get(reverse("set_language")).status_code == 405


# --- NUL ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/models/?q=%00",
        "/models/?%00=a",
        "/organisations/?q=a%00b",
        "/accounts/login/?next=%00",
        "/healthz/ready?%00",
    ],
)
def test_an_address_with_a_nul_character_is_a_bad_request(client, address):
    client.force_login(factories.ClerkFactory())

    assert client.get(address).status_code == 400


@pytest.mark.parametrize("address", ["/models/%00/", "/%00", "/models/1%00/"])
def test_a_path_with_a_nul_character_leads_nowhere(client, address):
    client.force_login(factories.ClerkFactory())

    assert client.get(address).status_code in {400, 404}


def test_a_percent_sign_before_two_noughts_is_no_nul(client):
    client.force_login(factories.ClerkFactory())

    assert client.get("/models/?q=50%2500").status_code == 200


@pytest.mark.parametrize(("login", "password"), [("a\0b", PASSWORD), ("a", "b\0c"), ("\0", "\0")])
def test_a_nul_character_in_the_sign_in_form_is_a_message(client, login, password):
    page = sign_in(client, login, password)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert not signed_in(client)


# --- Signing in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["0905123456", "0905 123 456", "0905.123.456", " 0905 123456 ", "0905\u00a0123\u00a0456"],
)
def test_a_phone_number_is_typed_with_spaces_or_dots(client, typed):
    factories.UserFactory(username="0905123456")

    sign_in(client, typed)

    assert signed_in(client)


@pytest.mark.parametrize(("name", "typed"), [("b.van", "b.van"), ("ToNgHop", "tonghop")])
def test_a_name_keeps_its_dots_and_does_not_mind_capitals(client, name, typed):
    factories.UserFactory(username=name)

    sign_in(client, typed)

    assert signed_in(client)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(client):
    factories.UserFactory(username="0905123456")

    answers = [
        sign_in(client, name, "không phải").context["form"].errors.as_text()
        for name in ("0905123456", "0905999999")
    ]

    assert answers[0] == answers[1]
    assert not signed_in(client)


def test_an_account_that_was_switched_off_does_not_sign_in(client):
    factories.UserFactory(username="0905123456", is_active=False)

    sign_in(client, "0905123456")

    assert not signed_in(client)


def test_guessing_at_one_account_is_held_up_even_with_the_right_password(client):
    factories.UserFactory(username="0905123456")
    for _guess in range(5):
        assert sign_in(client, "0905123456", "không phải").status_code == 200

    answer = sign_in(client, " 0905123456 ")

    assertContains(answer, "Đã nhập sai quá nhiều lần. Xin thử lại sau ít phút.")
    assert not signed_in(client)


def test_an_office_behind_one_address_is_not_locked_out_by_its_neighbours(client):
    people = factories.UserFactory.create_batch(40)
    for person in people[:20]:
        sign_in(client, person.username, "không phải")

    for person in people[20:]:
        sign_in(client, person.username)
        assert signed_in(client)
        client.post("/accounts/logout/")


def test_who_signs_in_comes_to_the_page_they_wanted_and_to_no_other_site(client):
    factories.UserFactory(username="0905123456")
    form = {"login": "0905123456", "password": PASSWORD}

    assert (
        client.post(f"{LOGIN}?next=/seminars/", form | {"next": "/seminars/"}).url == "/seminars/"
    )
    client.post("/accounts/logout/")
    assert client.post(LOGIN, form | {"next": "https://example.com/"}).url == "/"


def test_signing_out_takes_a_button(client):
    client.force_login(factories.UserFactory())

    client.get("/accounts/logout/")
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def test_nobody_opens_an_account_for_themselves(client):
    before = User.objects.count()
    form = {"username": "moi", "password1": "mot-mat-khau-dai", "email": "a@example.com"}

    page, answer = client.get("/accounts/signup/"), client.post("/accounts/signup/", form)

    for response in (page, answer):
        assert response.status_code in {200, 403}
        assertNotContains(response, 'name="password1"', status_code=response.status_code)
    assert User.objects.count() == before


def test_who_forgot_the_password_is_told_whom_to_call_and_asked_for_nothing(client, settings):
    settings.CLERK_PHONE = "0235 000 000"

    page = client.get("/accounts/password/reset/")

    assertContains(page, "0235 000 000")
    assertNotContains(page, 'type="email"')
    main = page.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    assert "<form" not in main
    assert client.post("/accounts/password/reset/").status_code == 405


# --- The frame ------------------------------------------------------------------------------------


def labels(response):
    return [entry.url for entry in response.context["nav"]]


@pytest.mark.look
def test_the_navigation_leads_nobody_where_they_may_not_go(client, settings):
    settings.PUBLIC_CATALOGUE = False
    assert labels(client.get(LOGIN)) == []

    settings.PUBLIC_CATALOGUE = True
    assert labels(client.get(LOGIN)) == ["/models/", "/organisations/", "/statistics/"]

    client.force_login(factories.UnitUserFactory())
    page = client.get("/models/")
    assert labels(page) == [
        "/",
        "/models/",
        "/organisations/",
        "/statistics/",
        "/seminars/",
        "/decisions/",
    ]
    assert [entry.url for entry in page.context["nav"] if entry.current] == ["/models/"]

    client.force_login(factories.AdminFactory())
    assert labels(client.get("/"))[-1] == "/admin/"
    for address in labels(client.get("/")):
        assert client.get(address).status_code == 200


# --- Size of the text -----------------------------------------------------------------------------


def test_larger_text_is_kept_for_the_reader_and_can_be_undone(client):
    response = client.post(reverse("text_size"), {"size": "large", "next": LOGIN})
    assert response.url == LOGIN
    assertContains(client.get(LOGIN), 'class="govuk-template app-large"')
    client.force_login(factories.AdminFactory())
    assertContains(client.get("/admin/"), '<body class="app-large ')
    client.logout()

    client.post(reverse("text_size"), {"size": "normal", "next": LOGIN})
    assertNotContains(client.get(LOGIN), "app-large")


def test_changing_the_size_leads_to_no_other_site(client):
    sent = {"size": "large", "next": "https://example.com/"}

    assert client.post(reverse("text_size"), sent).url == "/"


def test_who_to_call_stands_in_the_head_of_every_page(client, settings):
    settings.CLERK_NAME, settings.CLERK_PHONE = "Lê Thị Thử", "0235.000 111"

    head = client.get(LOGIN).content.decode().split("<main", 1)[0]

    assert "Lê Thị Thử" in head
    assert 'href="tel:0235000111"' in head
