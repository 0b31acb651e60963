"""The second factor: who must have one, what opens with it, and that nothing opens without."""

import json
import time
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Role, SecurityEvent, User
from tests import factories
from tests.factories import PASSWORD
from tests.permissions_world import open_session
from tests.test_admin_saving import address, change
from tests.test_project import PRODUCTION, manage

pytestmark = pytest.mark.django_db

Kind = SecurityEvent.Kind
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SET_UP = reverse("mfa_index")
SECOND = reverse("mfa_authenticate")


@pytest.fixture
def strict(settings):
    """The setting of production, which the other tests go without."""
    settings.MFA_REQUIRED_ROLES = ["CLERK", "ADMIN"]


def code(steps=0, secret=SECRET):
    """Return what the app shows now, or so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_app(user):
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.username, "password": password})


def give(client, answer):
    return client.post(SECOND, {"code": answer})


def signed_in(client):
    return "_auth_user_id" in client.session


def kinds_of(user):
    rows = SecurityEvent.objects.filter(user=user).order_by("pk")
    return [row.kind for row in rows]


# --- Who must have one ----------------------------------------------------------------------------

EVERYWHERE = ["/", "/models/", "/models/new/", "/admin/", "/admin/registry/user/", "/accounts/"]
EVERYWHERE += ["/accounts/password/change/", "/statistics/", "/models/export.xlsx", "/seminars/"]


@pytest.mark.parametrize("person", ["ClerkFactory", "AdminFactory"])
def test_a_password_alone_leads_clerk_and_administrator_to_the_set_up_everywhere(
    client, strict, person
):
    client.force_login(getattr(factories, person)())

    for where in EVERYWHERE:
        assertRedirects(client.get(where), SET_UP, fetch_redirect_response=False)
        assertRedirects(client.post(where), SET_UP, 303, fetch_redirect_response=False)
    assert client.get(SET_UP).status_code == 200
    assert client.get("/healthz/live").status_code == 200
    assert client.post(reverse("set_language"), {"language": "en"}).status_code == 302
    client.post(reverse("account_logout"))
    assert not signed_in(client)


def test_who_may_enter_the_administration_needs_one_whatever_their_group(client, strict):
    for fields in ({"is_staff": True}, {"is_superuser": True}):
        client.force_login(factories.UserFactory(**fields))
        assertRedirects(client.get("/models/"), SET_UP)


@pytest.mark.parametrize("person", ["UnitUserFactory", "PanelUserFactory"])
def test_units_are_not_asked_and_the_panel_is_offered_one(client, strict, person):
    client.force_login(getattr(factories, person)())

    assert client.get("/models/").status_code == 200
    offered = client.get("/").content.decode().count(SET_UP)
    assert offered == (person == "PanelUserFactory")


def test_which_roles_need_one_is_a_setting(client, settings):
    settings.MFA_REQUIRED_ROLES = ["PANEL"]
    client.force_login(factories.PanelUserFactory())

    assertRedirects(client.get("/models/"), SET_UP)


def test_a_session_opened_with_the_password_alone_is_asked_for_the_factor(client, strict):
    """Stolen, or older than the role: the account has a factor, this session has not shown it."""
    client.force_login(with_app(factories.AdminFactory()))

    keys = reverse("mfa_add_webauthn")
    for where in (SET_UP, keys, "/admin/", "/admin/registry/user/", "/models/"):
        again = f"{reverse('mfa_reauthenticate')}?next={where}"
        assertRedirects(client.get(where), again, fetch_redirect_response=False)
    assertRedirects(client.post(again, {"code": code()}), "/models/", fetch_redirect_response=False)
    assert client.get("/admin/").status_code == 200


def test_production_asks_clerk_and_administrator_and_understands_no_other_roles():
    command = "from django.conf import settings; print(settings.MFA_REQUIRED_ROLES)"

    asked = manage("shell", "-v0", "-c", command, **PRODUCTION)
    wrong = manage("check", **PRODUCTION, MFA_REQUIRED_ROLES="CLERK,LEADER")

    assert asked.stdout.strip() == "['CLERK', 'ADMIN']"
    assert "MFA_REQUIRED_ROLES" in wrong.stderr
    assert wrong.returncode != 0


# --- Signing in -----------------------------------------------------------------------------------


def test_the_password_alone_signs_nobody_in_who_has_a_factor(client, strict):
    clerk = with_app(factories.ClerkFactory())

    assertRedirects(sign_in(client, clerk), SECOND)
    assert not signed_in(client)
    assert client.get("/admin/").status_code == 302
    assertRedirects(give(client, code()), "/")
    assert signed_in(client)
    assert client.get("/models/").status_code == 200


def test_a_code_opens_once_as_long_as_it_is_good(client):
    clerk = with_app(factories.ClerkFactory())
    used = code()
    sign_in(client, clerk)
    give(client, used)
    client.post(reverse("account_logout"))

    sign_in(client, clerk)
    again = give(client, f"{used[:3]} {used[3:]}")

    assertContains(again, "Mã này không đúng")
    assert not signed_in(client)
    # Half a minute later the library has forgotten it, and it would still be good.
    cache.delete(f"allauth.mfa.totp.used?user={clerk.pk}&code={used}")
    give(client, used)
    assert not signed_in(client)
    give(client, code(1))
    assert signed_in(client)


def test_guessing_codes_is_held_up_even_with_the_right_one(client):
    clerk = with_app(factories.ClerkFactory())
    sign_in(client, clerk)
    for guess in range(5):
        give(client, f"{guess:06}")

    give(client, code())

    assert not signed_in(client)
    assert kinds_of(clerk).count(Kind.FACTOR_FAILED) == 5


def test_a_half_done_sign_in_is_begun_anew_after_a_while(client):
    clerk = with_app(factories.ClerkFactory())
    sign_in(client, clerk)
    session = client.session
    session["account_login"]["initiated_at"] -= 16 * 60
    session.save()

    assertRedirects(give(client, code()), reverse("account_login"))
    assert not signed_in(client)


def test_each_recovery_code_opens_once_and_is_on_record(client):
    clerk = with_app(factories.ClerkFactory())
    codes = clerk.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    for expected in (True, False):
        sign_in(client, clerk)
        give(client, codes[0])
        assert signed_in(client) is expected
        client.post(reverse("account_logout"))
    assert kinds_of(clerk).count(Kind.CODE_USED) == 1


def test_a_new_password_does_not_skip_the_second_factor(client):
    person = with_app(factories.UnitUserFactory())
    password = person.reset_password(by=factories.ClerkFactory())

    assertRedirects(sign_in(client, person, password), SECOND)
    assert not signed_in(client)


# --- Setting up -----------------------------------------------------------------------------------


def set_up(client):
    """Photograph the square and type a code; return the secret and both answers."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    typed = {"code": code(secret=secret)}
    return secret, page, client.post(reverse("mfa_activate_totp"), typed)


@pytest.mark.django_db(transaction=True)
def test_setting_up_shows_the_secret_as_square_and_text_and_opens_the_register(client, strict):
    clerk = factories.ClerkFactory()
    elsewhere = type(client)()
    elsewhere.force_login(clerk)
    sign_in(client, clerk)

    secret, page, done = set_up(client)

    assertContains(page, secret)
    assertContains(page, "<svg")
    assertNotContains(page, "data:")
    assertRedirects(done, reverse("mfa_view_recovery_codes"), fetch_redirect_response=False)
    codes = client.get(done.url)
    assert codes.content.decode().count("app-slip__code") == 10
    assertNotContains(client.get(done.url), "app-slip__code")
    assert client.get("/models/").status_code == 200
    assert "_auth_user_id" not in elsewhere.get("/accounts/").wsgi_request.session
    assert kinds_of(clerk) == [Kind.SIGNED_IN, Kind.FACTOR_ADDED, Kind.SESSIONS_ENDED]


def test_the_database_alone_makes_no_codes(client):
    clerk = factories.ClerkFactory()
    sign_in(client, clerk)
    secret, _page, _done = set_up(client)

    kept = clerk.authenticator_set.get(type="totp").data
    assert secret not in str(kept)


def test_a_secret_of_another_key_of_the_site_fits_no_code(client, settings):
    clerk = factories.ClerkFactory()
    sign_in(client, clerk)
    secret, _page, _done = set_up(client)
    client.post(reverse("account_logout"))
    settings.SECRET_KEY = "another key for tests, which protects nothing at all, 98765"

    sign_in(client, clerk)
    give(client, code(1, secret))

    assert not signed_in(client)


def test_a_wrong_code_sets_nothing_up(client):
    clerk = factories.ClerkFactory()
    sign_in(client, clerk)
    client.get(reverse("mfa_activate_totp"))

    page = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert list(page.context["form"].errors) == ["code"]
    assert not clerk.authenticator_set.exists()


def test_the_password_is_asked_for_again_where_it_was_typed_long_ago(client):
    clerk = with_app(factories.ClerkFactory())
    client.force_login(clerk)

    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        where = reverse(name)
        wanted = f"{reverse('account_reauthenticate')}?{urlencode({'next': where})}"
        assert client.get(where).url == wanted
        assert client.post(where).url == wanted
    client.post(wanted, {"password": "falsch"})
    assert client.get(where).url == wanted
    client.post(wanted, {"password": PASSWORD})
    assert client.get(where).status_code == 200


def test_guessing_the_password_that_is_asked_for_again_is_held_up(client):
    client.force_login(with_app(factories.ClerkFactory()))
    where = reverse("mfa_deactivate_totp")
    again = client.get(where).url
    for _guess in range(10):
        client.post(again, {"password": "không phải"})

    assert client.post(again, {"password": PASSWORD}).status_code == 429
    assert client.get(where).url == again


def test_removing_the_factor_leads_who_needs_one_back_to_the_set_up(client, strict):
    clerk = with_app(factories.ClerkFactory())
    sign_in(client, clerk)
    give(client, code())

    client.post(reverse("mfa_deactivate_totp"))

    assert not clerk.authenticator_set.exists()
    assertRedirects(client.get("/models/"), SET_UP)
    assert Kind.FACTOR_REMOVED in kinds_of(clerk)


def test_strange_answers_of_a_key_are_refused_in_words(client):
    clerk = factories.ClerkFactory()
    sign_in(client, clerk)
    client.get(reverse("mfa_add_webauthn"))

    bytes_of = {"id": "AA", "rawId": "AA", "type": "public-key"}
    odd = [{"clientDataJSON": "AA", "attestationObject": "AA"}, {"clientDataJSON": 1}, None, "x"]
    forged = [json.dumps(bytes_of | {"response": each}) for each in odd]
    for credential in (*forged, "", "x", "{}", "[]", "null", '{"id": 1}', "9" * 5000, "[" * 99_999):
        page = client.post(reverse("mfa_add_webauthn"), {"name": "a", "credential": credential})
        assert page.status_code == 200
    assert not clerk.authenticator_set.exists()


# --- Taking it away -------------------------------------------------------------------------------


def reset_address(user):
    return address(User, "second_factor", user.pk)


def test_the_administration_takes_a_lost_factor_away_with_a_reason_and_on_record(client):
    admin, clerk = factories.AdminFactory(), with_app(factories.ClerkFactory())
    session = open_session(clerk)
    client.force_login(admin)

    page = client.post(reset_address(clerk), {"why": ""})
    assert page.status_code == 200
    assert clerk.authenticator_set.exists()
    client.post(reset_address(clerk), {"why": "Mất điện thoại, đã gặp trực tiếp"})

    assert not clerk.authenticator_set.exists()
    assert clerk.history.latest().history_change_reason == "Mất điện thoại, đã gặp trực tiếp"
    event = SecurityEvent.objects.get(kind=Kind.FACTOR_RESET)
    assert (event.user, event.by, event.about) == (
        clerk,
        admin,
        "Mất điện thoại, đã gặp trực tiếp",
    )
    other = type(client)()
    other.cookies["sessionid"] = session.session_key
    assert "_auth_user_id" not in other.get("/accounts/").wsgi_request.session


def test_nobody_but_the_administration_takes_a_factor_away(client):
    ward = factories.OrganisationFactory()
    person = with_app(factories.UnitUserFactory(organisation=factories.CellFactory(parent=ward)))
    for other in (factories.UnitUserFactory(organisation=ward), factories.ClerkFactory()):
        client.force_login(other)
        assert client.post(reset_address(person), {"why": "x"}).status_code == 403
    assert Authenticator.objects.filter(user=person).count() == 2


def test_the_account_that_may_do_everything_keeps_its_factor(client):
    client.force_login(factories.AdminFactory())
    beyond = with_app(factories.UserFactory(is_superuser=True, is_staff=True))

    assert client.post(reset_address(beyond), {"why": "x"}).status_code == 403
    assert beyond.authenticator_set.exists()


def test_a_role_that_needs_a_factor_ends_what_was_opened_without(client, strict):
    """Made a clerk, one signs in again: no session carries over."""
    admin = with_app(factories.AdminFactory())
    person = factories.UnitUserFactory()
    theirs = type(client)()
    theirs.force_login(person)
    sign_in(client, admin)
    give(client, code())
    clerk_group = Group.objects.get(name=Role.CLERK)
    change(client, person, groups=[clerk_group.pk])

    assert "_auth_user_id" not in theirs.get("/accounts/").wsgi_request.session


def test_whoever_runs_the_server_helps_the_last_administrator_on_record():
    admin = with_app(factories.AdminFactory())

    call_command("reset_second_factor", admin.username.upper(), why="Mất điện thoại", verbosity=0)

    assert not admin.authenticator_set.exists()
    assert SecurityEvent.objects.get().about == "Mất điện thoại"
    assert admin.history.latest().history_change_reason == "Mất điện thoại"
    for name, why in (("khong-co", "x"), (admin.username, " ")):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name, why=why)
