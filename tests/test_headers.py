"""Every answer is a careful one: its headers, its cookies, and what it says of the server.

That the headers are on every address of the register, for everybody and by every method, is
seen in ``test_permissions``; on the pages of errors also in ``test_errors``.
"""

import os
import re
import runpy
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse

from tests import factories
from tests.factories import PASSWORD
from tests.headers import EXACTLY, wrong_with

pytestmark = pytest.mark.look

LOGIN = "/accounts/login/"
KEY = "0f8Jq2mVb7XcL1sRw9TzYk4HdNp6GuEa3ZiCoQxWnDlMrBtKhS"
PRODUCTION = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "mohinh.example",
    "DATABASE_URL": "postgres://tamky_models@/tamky_models",
    "STATIC_ROOT": "/nowhere",
}


# --- Headers --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_every_page_of_the_administration_has_the_headers(client, is_signed_in):
    if is_signed_in:
        client.force_login(factories.AdminFactory())
    addresses = ["", "login/", "jsi18n/", "registry/", "nothing/", "password_change/"]
    addresses += ["registry/user/", "registry/user/add/", "registry/practicemodel/"]
    wrong = []
    for address in addresses:
        for method in ("get", "post"):
            response = getattr(client, method)(f"/admin/{address}")
            wrong += [f"{method} {address}: {fault}" for fault in wrong_with(response)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_the_files_of_the_pages_have_the_headers_and_are_kept_by_browsers(settings):
    settings.WHITENOISE_USE_FINDERS = True

    for name in ("site.css", "keep.js", "mark.svg", "closed.html"):
        response = Client().get(f"/static/{name}")
        assert response.status_code == 200
        response.close()
        assert wrong_with(response, kept=True) == []


@pytest.mark.django_db
def test_who_signs_out_leaves_no_page_in_the_browser_but_the_words_not_saved_yet(client):
    client.force_login(factories.UnitUserFactory())
    assert "Clear-Site-Data" not in client.get("/").headers

    response = client.post(reverse("account_logout"))

    # "storage" would take the browser's copy of unsaved words, which belongs to its writer alone.
    assert response["Clear-Site-Data"] == '"cache"'
    assert wrong_with(response) == []


@pytest.mark.django_db
def test_a_session_that_was_ended_lets_nobody_in_again(client):
    client.force_login(factories.UnitUserFactory())
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    client.post(reverse("account_logout"))

    client.cookies[django_settings.SESSION_COOKIE_NAME] = cookie

    assert client.get("/seminars/").url.startswith(LOGIN)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [("/models/", 200), ("/models/export.csv", 200), ("/models/export.xlsx", 200), ("/no/", 404)],
)
def test_head_is_answered_like_get_but_without_what_would_be_thrown_away(client, address, status):
    """By the register itself: Django's client for tests takes the body away by itself."""
    client.force_login(factories.ClerkFactory())
    cookies = {"headers": {"cookie": client.cookies.output(header="", sep=";")}}
    answers = {}
    for method in ("get", "head"):
        request = getattr(RequestFactory(), method)(address, **cookies)
        answers[method] = WSGIHandler().get_response(request)
        assert bool(b"".join(answers[method])) == (method == "get")

    assert {answer.status_code for answer in answers.values()} == {status}
    assert {*answers["head"].headers} == {*answers["get"].headers}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/models/", "/seminars/", "/models/new/", "/admin/"])
def test_trace_and_methods_nobody_knows_are_refused(client, address):
    for method in ("TRACE", "CONNECT", "PROPFIND", "GEHEIM"):
        response = client.generic(method, address)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
        assert wrong_with(response) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/.git/HEAD", "/static/", "/static/../manage.py", "/media/", "/.env", "/manage.py"]
)
def test_there_is_no_listing_and_no_file_that_is_not_for_the_pages(client, settings, address):
    settings.WHITENOISE_USE_FINDERS = True
    client.force_login(factories.AdminFactory())

    assert client.get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "<b>evil</b>"])
def test_a_host_that_is_not_ours_is_refused_and_not_repeated(client, caplog, host):
    caplog.set_level("CRITICAL", "django.security")

    response = client.get("/", headers={"host": host, "x-forwarded-host": "testserver"})

    assert response.status_code == 400
    assert "evil" not in response.content.decode() + str(response.headers)
    assert wrong_with(response) == []


# --- Production -----------------------------------------------------------------------------------


def settings_of(**environment):
    """Return the settings as they are where nothing is set but what is given."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({name: value for name, value in environment.items() if value is not None})
    try:
        return runpy.run_path(str(django_settings.BASE_DIR / "tamky_models" / "settings.py"))
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def production(settings):
    """The register over HTTPS, with the settings that production has for it."""
    for name, value in settings_of(**PRODUCTION).items():
        if name.startswith("SECURE_") or "_COOKIE_" in name:
            setattr(settings, name, value)
    return Client(headers={"host": "testserver"})


@pytest.mark.django_db
def test_over_https_everybody_stays_there_and_the_cookies_are_bound_to_this_host(production):
    factories.UserFactory(username="0905123456", is_staff=False)
    form = {"login": "0905123456", "password": PASSWORD, "language": "vi", "size": "large"}

    answers = [
        production.get(LOGIN, secure=True),
        production.post(LOGIN, form, secure=True),
        production.get("/", secure=True),
        production.post("/i18n/setlang/", form, secure=True),
        production.post("/text-size/", form, secure=True),
        production.post("/accounts/logout/", secure=True),
        production.get("/no-such-page/", secure=True),
    ]

    assert answers[1].status_code == 302
    names = {name for answer in answers for name in answer.cookies}
    ours = ("sessionid", "csrftoken", "language", "text", "device")
    assert names >= {f"__Host-{name}" for name in ours}
    for answer in answers:
        allowed = [fault for fault in wrong_with(answer) if "messages" not in fault]
        assert allowed == []
        assert answer["Strict-Transport-Security"] == (
            "max-age=31536000; includeSubDomains; preload"
        )


@pytest.mark.django_db
def test_what_comes_without_https_is_sent_there_before_anything_is_said(production):
    for address in ("/", "/models/?q=hoa", "/admin/", "/no-such-page/"):
        response = production.get(address)
        assert (response.status_code, response.url) == (301, f"https://testserver{address}")
        assert response.content == b""
        assert wrong_with(response) == []


def test_production_over_https_names_every_cookie_for_this_host_alone():
    names = {
        value
        for name, value in settings_of(**PRODUCTION).items()
        if name.endswith("COOKIE_NAME")
    }  # fmt: skip

    assert len(names) == 6
    assert all(name.startswith("__Host-") for name in names)


def test_production_believes_nothing_a_visitor_writes_of_host_and_scheme():
    settings = settings_of(**PRODUCTION)

    assert not settings.get("USE_X_FORWARDED_HOST")
    assert "SECURE_PROXY_SSL_HEADER" not in settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", f"django-insecure-{KEY}"),
        ("SECRET_KEY", "only-for-development-never-in-production"),
        ("ALLOWED_HOSTS", None),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "mohinh.example,*"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:////var/lib/tamky-models.sqlite3"),
        ("DATABASE_URL", "mysql://tamky_models@/tamky_models"),
        ("DEBUG", "perhaps"),
        ("HTTPS", "perhaps"),
        ("SQLITE_IN_PRODUCTION", "perhaps"),
        ("ENDORSEMENT", "perhaps"),
        ("SECRET_KEY", f"only-for-development-never-in-production-{KEY}"),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("SECRET_KEY_FALLBACKS", f"{KEY},{'a' * 60}"),
        ("SITE_URL", "http://mohinh.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://*.example"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example,http://b.example"),
        ("MFA_REQUIRED_ROLES", ""),
        ("MFA_REQUIRED_ROLES", "NONE,CLERK"),
        ("SESSION_IDLE_HOURS", "0"),
        ("SESSION_IDLE_HOURS", "13"),
        ("SESSION_MOST_HOURS", "-1"),
        ("SESSION_MOST_HOURS", "25"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        # A proxy is spoken of, and everybody would have its address.
        ("TRUST_X_FORWARDED_PROTO", "true"),
    ],
)
def test_production_refuses_to_start_with_what_is_unsafe_or_not_understood(name, value):
    environment = PRODUCTION | {name: value}
    if name == "SQLITE_IN_PRODUCTION":
        environment["DATABASE_URL"] = "sqlite:////var/lib/tamky-models.sqlite3"

    with pytest.raises(Exception, match=name) as refusal:
        settings_of(**environment)

    # What is wrong is told in a sentence, and the secret itself is not repeated.
    assert value is None or len(value) < 20 or value not in str(refusal.value)


def test_production_starts_with_what_is_safe_and_on_sqlite_when_told_so():
    assert settings_of(**PRODUCTION)["DEBUG"] is False
    on_sqlite = PRODUCTION | {"DATABASE_URL": "sqlite:////var/lib/tamky-models.sqlite3"}
    assert settings_of(**on_sqlite, SQLITE_IN_PRODUCTION="true")["DEBUG"] is False


def test_production_starts_behind_a_proxy_and_without_a_second_factor_when_told_so():
    proxy = {"TRUST_X_FORWARDED_PROTO": "true", "TRUSTED_PROXY_COUNT": "1"}
    found = settings_of(**PRODUCTION, **proxy, MFA_REQUIRED_ROLES="NONE", SECRET_KEY_FALLBACKS=KEY)

    assert (found["TRUSTED_PROXY_COUNT"], found["MFA_REQUIRED_ROLES"]) == (1, [])


def test_trying_out_takes_nothing_but_debug():
    assert settings_of(DEBUG="true")["DATABASES"]["default"]["ENGINE"].endswith("sqlite3")


@pytest.mark.parametrize(
    ("hosts", "starts"),
    [
        ("localhost,127.0.0.1,[::1]", True),
        ("mohinh.localhost", True),
        ("mohinh.example", False),
        ("localhost,192.168.1.5", False),
        ("0.0.0.0", False),
        ("*", False),
        ("localhost.example", False),
    ],
)
def test_a_register_that_is_tried_out_is_for_its_own_machine_alone(hosts, starts):
    if starts:
        assert settings_of(DEBUG="true", ALLOWED_HOSTS=hosts)["DEBUG"] is True
    else:
        with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
            settings_of(DEBUG="true", ALLOWED_HOSTS=hosts)


def test_manage_py_stops_with_the_sentence_and_nothing_is_started():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **PRODUCTION, "SECRET_KEY": "short"},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == (
        f"{ImproperlyConfigured.__module__}.ImproperlyConfigured:"
        " Set SECRET_KEY to at least 50 random characters."
    )


# --- The proxy ------------------------------------------------------------------------------------


def test_the_proxy_gives_its_own_answers_the_same_headers_and_leaves_ours_alone():
    proxy = (django_settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    maps = dict(
        re.findall(r"^map \S+ (\$own_\w+) \{\s+(.+?);\s+default \"\";", proxy, re.M | re.DOTALL)
    )
    added = dict(re.findall(r"^ +add_header (\S+) (\S+) always;", proxy, re.M))

    assert set(added) == {
        *EXACTLY,
        "Cache-Control",
        "Content-Security-Policy",
        "Permissions-Policy",
        "Retry-After",
        "Strict-Transport-Security",
    }
    assert proxy.count("add_header") == len(added)
    said = {name: maps[variable].removeprefix('"" ').strip('"') for name, variable in added.items()}
    assert {name: said[name] for name in EXACTLY} == EXACTLY
    assert said["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "default-src 'none'" in said["Content-Security-Policy"]
    assert proxy.count("server_tokens off;") == 2


def test_the_proxy_lets_through_what_the_register_refuses_with_a_page_and_waits_longer():
    proxy = (django_settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    server = runpy.run_path(str(django_settings.BASE_DIR / "deploy" / "gunicorn.conf.py"))

    (most,) = re.findall(r"client_max_body_size (\d+)m;", proxy)
    (waits,) = re.findall(r"proxy_read_timeout (\d+)s;", proxy)

    assert int(most) > django_settings.REQUEST_MAX_MEGABYTES
    assert int(waits) > server["timeout"] > django_settings.LONG_REQUEST_SECONDS
    assert server["graceful_timeout"] >= django_settings.LONG_REQUEST_SECONDS
