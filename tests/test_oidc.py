"""Signing in by the committee's directory: a small one that speaks OpenID Connect stands here."""

import json
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry.models import Role, SecurityEvent, User
from tests import factories
from tests.factories import PASSWORD
from tests.test_project import PRODUCTION, manage

pytestmark = pytest.mark.django_db

Kind = SecurityEvent.Kind
LOGIN = reverse("openid_connect_login", args=["oidc"])
CALLBACK = reverse("openid_connect_callback", args=["oidc"])
CLIENT, SECRET = "so-mo-hinh", "bi-mat-cua-so"


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def keys():
    """The directory's own key, and one of somebody else."""
    return new_key(), new_key()


@pytest.fixture
def directory(keys, settings):
    """A directory; ``claims`` is what it says of who signs in, ``key`` what it signs with."""
    state = SimpleNamespace(claims={}, key=keys[0], asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            base = f"http://{self.headers['Host']}"
            if self.path.startswith("/.well-known/"):
                self.answer(
                    {
                        "issuer": base,
                        "authorization_endpoint": f"{base}/authorize",
                        "token_endpoint": f"{base}/token",
                        "jwks_uri": f"{base}/keys",
                        "token_endpoint_auth_methods_supported": ["client_secret_post"],
                    }
                )
            else:
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(keys[0].public_key()))
                self.answer({"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            now = int(time.time())
            claims = {"iss": f"http://{self.headers['Host']}", "aud": CLIENT, "sub": "s-1"}
            claims |= {"iat": now, "exp": now + 60} | state.claims
            token = jwt.encode(claims, state.key, algorithm="RS256", headers={"kid": "1"})
            self.answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

        def answer(self, content):
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.OIDC_SERVER_URL = f"http://127.0.0.1:{server.server_port}"
    settings.OIDC_NAME = "Danh bạ cơ quan"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    yield state
    server.shutdown()
    server.server_close()


def come_back(client, directory, code="ma", **claims):
    """Press the button, say at the directory who one is, come back."""
    directory.claims = claims
    leads_to = client.post(LOGIN, {"next": "/models/"})
    asked = parse_qs(urlsplit(leads_to.url).query)
    return client.get(CALLBACK, {"code": code, "state": asked["state"][0]})


def signed_in_as(client):
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


# --- Who gets in ----------------------------------------------------------------------------------


def test_the_directory_signs_in_the_account_of_that_name_with_its_rights(client, directory):
    person = factories.UnitUserFactory(username="0905123456")

    done = come_back(client, directory, preferred_username="0905123456", name="Lê Thử")

    assertRedirects(done, "/models/")
    assert signed_in_as(client) == person
    asked = directory.asked[0]
    assert (asked["client_id"], asked["client_secret"]) == (CLIENT, SECRET)
    assert asked["code_verifier"]
    kinds = SecurityEvent.objects.order_by("pk").values_list("kind", "about")
    assert list(kinds) == [(Kind.DIRECTORY_JOINED, "s-1"), (Kind.SIGNED_IN, "")]
    assert set(person.socialaccount_set.get().extra_data["id_token"]) == {"sub", "name", "claimed"}


@pytest.mark.parametrize("role", [Role.CLERK, Role.PANEL, Role.ADMIN])
def test_a_name_in_the_directory_opens_no_account_that_is_more_than_a_units(
    client, directory, role
):
    person = factories.UnitUserFactory(username="0905123456")
    person.groups.add(Group.objects.get(name=role))

    back = come_back(client, directory, preferred_username="0905123456")

    assertRedirects(back, reverse("account_login"))
    assert signed_in_as(client) is None
    assert not person.socialaccount_set.exists()
    client.force_login(factories.UnitUserFactory())
    come_back(client, directory, preferred_username="0905123456")
    assert not person.socialaccount_set.exists()


def test_who_has_signed_in_with_the_password_joins_the_directory_from_then_on(client, directory):
    panel = factories.PanelUserFactory(username="thamdinh")
    client.post(reverse("account_login"), {"login": "thamdinh", "password": PASSWORD})
    page = client.get(reverse("account"))
    assertContains(page, f'action="{LOGIN}"')

    come_back(client, directory, preferred_username="thamdinh")

    assert signed_in_as(client) == panel
    assert SecurityEvent.objects.filter(kind=Kind.DIRECTORY_JOINED, user=panel).count() == 1
    assertNotContains(client.get(reverse("account")), f'action="{LOGIN}"')
    client.post(reverse("account_logout"))
    come_back(client, directory, preferred_username="ten-moi")
    assert signed_in_as(client) == panel


def test_a_new_slip_undoes_the_directory(client, directory):
    panel = factories.PanelUserFactory(username="thamdinh")
    client.force_login(panel)
    come_back(client, directory, preferred_username="thamdinh")
    client.post(reverse("account_logout"))

    panel.reset_password(by=factories.AdminFactory())

    come_back(client, directory, preferred_username="thamdinh")
    assert signed_in_as(client) is None


def test_who_came_before_is_known_by_their_number_whatever_their_name(client, directory):
    person = factories.UnitUserFactory(username="0905123456")
    come_back(client, directory, preferred_username="0905123456")
    client.post(reverse("account_logout"))

    come_back(client, directory, preferred_username="ten-moi")

    assert signed_in_as(client) == person


def test_no_account_is_opened_for_anybody(client, directory):
    before = User.objects.count()

    back = come_back(client, directory, preferred_username="nguoi-la", email="a@example.com")

    assertRedirects(back, reverse("account_login"))
    assert signed_in_as(client) is None
    assert User.objects.count() == before
    event = SecurityEvent.objects.get()
    assert (event.kind, event.username) == (Kind.SIGN_IN_FAILED, "nguoi-la")


def test_a_name_given_anew_in_the_directory_does_not_inherit_the_account(client, directory):
    factories.UnitUserFactory(username="0905123456")
    come_back(client, directory, preferred_username="0905123456")
    client.post(reverse("account_logout"))

    come_back(client, directory, sub="s-2", preferred_username="0905123456")

    assert signed_in_as(client) is None


def test_an_account_that_was_switched_off_stays_so(client, directory):
    person = factories.UnitUserFactory(username="0905123456")
    come_back(client, directory, preferred_username="0905123456")
    client.post(reverse("account_logout"))
    User.objects.filter(pk=person.pk).update(is_active=False)

    come_back(client, directory, preferred_username="0905123456")

    assert signed_in_as(client) is None


def test_who_comes_by_the_directory_needs_no_slip(client, directory):
    person = factories.UnitUserFactory(username="0905123456")
    person.reset_password(by=factories.ClerkFactory())
    User.objects.update(first_password_until=timezone.now() - timedelta(days=1))

    come_back(client, directory, preferred_username="0905123456")

    assert signed_in_as(client) == person
    assert client.get("/models/").status_code == 200


def test_the_second_factor_is_asked_for_as_after_a_password(client, directory):
    clerk = factories.ClerkFactory(username="tonghop")
    client.force_login(clerk)
    come_back(client, directory, preferred_username="tonghop")
    client.post(reverse("account_logout"))
    TOTP.activate(clerk, "JBSWY3DPEHPK3PXP")

    done = come_back(client, directory, preferred_username="tonghop")

    assertRedirects(done, reverse("mfa_authenticate"))
    assert signed_in_as(client) is None


@pytest.mark.parametrize(("verified", "enters"), [(True, True), (False, False), ("true", False)])
def test_an_address_counts_where_the_directory_vouches_for_it(
    client, directory, settings, verified, enters
):
    settings.OIDC_CLAIM = "email"
    factories.UnitUserFactory(email="Thu@example.com")

    come_back(client, directory, email="thu@example.com", email_verified=verified)

    assert bool(signed_in_as(client)) is enters


def test_an_address_of_two_accounts_is_nobodys(client, directory, settings):
    settings.OIDC_CLAIM = "email"
    factories.UnitUserFactory.create_batch(2, email="thu@example.com")

    come_back(client, directory, email="thu@example.com", email_verified=True)

    assert signed_in_as(client) is None


# --- What is not believed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"preferred_username": ["0905123456"]},
        {"preferred_username": None},
    ],
)
def test_a_token_for_others_from_others_or_of_yesterday_opens_nothing(client, directory, claims):
    factories.UnitUserFactory(username="0905123456")

    back = come_back(client, directory, **{"preferred_username": "0905123456"} | claims)

    assertRedirects(back, reverse("account_login"))
    assert signed_in_as(client) is None


def test_a_token_with_another_signature_opens_nothing(client, directory, keys):
    factories.UnitUserFactory(username="0905123456")
    directory.key = keys[1]

    back = come_back(client, directory, preferred_username="0905123456")

    assertRedirects(back, reverse("account_login"))
    assert signed_in_as(client) is None


def test_coming_back_without_having_gone_opens_nothing(client, directory):
    factories.UnitUserFactory(username="0905123456")
    directory.claims = {"preferred_username": "0905123456"}

    for query in ({}, {"code": "x"}, {"code": "x", "state": "y"}, {"error": "access_denied"}):
        back = client.get(f"{CALLBACK}?{urlencode(query)}")
        assertRedirects(back, reverse("account_login"))
    assert signed_in_as(client) is None
    assert not directory.asked


def test_a_directory_that_is_away_leads_back_to_the_password(client, settings):
    settings.OIDC_SERVER_URL = "http://127.0.0.1:9"

    back = client.post(LOGIN)

    assertRedirects(back, reverse("account_login"), fetch_redirect_response=False)
    assertContains(client.get(back.url), "Không đăng nhập được bằng danh bạ")


# --- Where there is none --------------------------------------------------------------------------


def test_without_a_directory_nothing_of_it_is_there(client):
    assert client.post(LOGIN).status_code == 404
    assert client.get(CALLBACK).status_code == 404
    assertNotContains(client.get(reverse("account_login")), "oidc")


def test_the_button_is_on_the_sign_in_page_and_takes_a_press(client, directory):
    assertContains(client.get(reverse("account_login")), "Danh bạ cơ quan")
    assert client.get(LOGIN).status_code == 405
    assert client.post(reverse("openid_connect_login", args=["khac"])).status_code == 404


def test_the_sign_in_form_may_lead_to_the_directory_and_nowhere_else():
    policy = "print(settings.CONTENT_SECURITY_POLICY)"
    where = {"OIDC_SERVER_URL": "https://dir.example/realm", "OIDC_CLIENT_ID": "a"}

    done = manage(
        "shell", "-v0", "-c", f"from django.conf import settings; {policy}",
        **PRODUCTION | where | {"OIDC_CLIENT_SECRET": "b"},
    )  # fmt: skip

    assert "form-action 'self' https://dir.example" in done.stdout.strip().split("; ")


@pytest.mark.parametrize(
    "environment",
    [{"OIDC_CLIENT_ID": ""}, {"OIDC_CLIENT_SECRET": ""}, {"OIDC_SERVER_URL": "http://dir.example"}],
)
def test_production_does_not_start_with_half_a_directory(environment):
    whole = {"OIDC_SERVER_URL": "https://dir.example", "OIDC_CLIENT_ID": "a"}
    whole["OIDC_CLIENT_SECRET"] = "b"

    done = manage("check", **PRODUCTION | whole | environment)

    assert done.returncode != 0
    assert "OIDC" in done.stderr
