"""How people sign in: passwords they can remember, guessing held up, nothing given away."""

import time
import unicodedata
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from registry.models import SecurityEvent, User
from tamky_models import devices
from tests import factories
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")
CHANGE = reverse("account_change_password")


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": name, "password": password}, **extra)


def signed_in(client):
    return "_auth_user_id" in client.session


def choose(client, new, old=PASSWORD):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


# --- Passwords ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "một câu dài dễ nhớ",
        "toi yeu que huong",
        "hoamuoigio",
        "tôi yêu Tam Kỳ quê hương",
        "a sentence of sixty-four characters, which is as long as NIST asks",
        "93750172",
        " có dấu cách ở hai đầu ",
    ],
)
def test_a_password_needs_no_capitals_no_signs_and_may_be_a_sentence(client, password):
    person = factories.UnitUserFactory()
    client.force_login(person)

    choose(client, password)

    client.post(reverse("account_logout"))
    sign_in(client, person.username, password)
    assert signed_in(client)


@pytest.mark.parametrize(
    "password",
    [
        "ngắn",
        "12345678",
        "password1",
        "tamky2026",
        "Tam Kỳ 2026",
        "thành ủy tam kỳ",
        "mohinh123456",
        "Mật khẩu 123",
        "somohinhtamky",
        "0905777888",
        "lê thị thử nghiệm",
        "lethithunghiem",
        "Le Thi Thu Nghiem",
        "Thi.Thu.Nghiem!",
        "lethithunghiem1970",
        "0905.777.888",
    ],
)
def test_what_everybody_would_try_first_is_refused_in_words(client, password):
    person = factories.UnitUserFactory(username="0905777888", full_name="Lê Thị Thử Nghiệm")
    client.force_login(person)

    page = choose(client, password)

    assert page.context["form"].errors["password1"]
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_a_sentence_with_the_letters_of_a_name_in_another_order_is_nobodys_name():
    person = factories.UserFactory.build(full_name="Nguyễn Thị Hương", phone="0905777888")

    for password in ("toi yeu que huong", "gio mua thu ngoi hien", "!!!!!!!!!!"):
        validate_password(password, person)


def test_the_same_letters_are_the_same_password_from_every_keyboard(client):
    person, typed = factories.UnitUserFactory(), "mỗi buổi sáng đều vui"
    client.force_login(person)
    choose(client, unicodedata.normalize("NFD", typed))
    client.post(reverse("account_logout"))

    sign_in(client, person.username, unicodedata.normalize("NFC", typed))

    assert signed_in(client)


def test_changing_the_password_takes_the_old_one(client):
    person = factories.UnitUserFactory()
    client.force_login(person)

    page = choose(client, "một câu dài dễ nhớ", old="không phải")

    assert list(page.context["form"].errors) == ["oldpassword"]
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_passwords_can_be_pasted_shown_and_filled_in_by_the_browser(client):
    client.force_login(factories.UnitUserFactory())
    page = client.get(CHANGE).content.decode()

    assert page.count('type="password"') == 3
    assert page.count("data-show=") == 3
    assert 'autocomplete="current-password"' in page
    assert page.count('autocomplete="new-password"') == 2
    assert "maxlength" not in page
    assert "onpaste" not in page


def test_names_of_the_settings_are_known_words(settings):
    settings.COMMITTEE_NAME, settings.PLACE_NAME = "Đảng ủy phường Hoa Mai", "Hoa Mai"

    for password in ("hoamai2026", "Hoa Mai 12345"):
        with pytest.raises(ValidationError):
            validate_password(password)
    validate_password("tamky2026 xuân về")


# --- Two at once ----------------------------------------------------------------------------------


def as_it_is_hashed(monkeypatch, password, act):
    """Call ``act`` the first time the password is hashed, which takes most of a second."""
    encode, waits = MD5PasswordHasher.encode, [act]

    def encode_and_act(self, raw, salt):
        if raw == password and waits:
            waits.pop()()
        return encode(self, raw, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode_and_act)


def row_of(person):
    return User.objects.filter(pk=person.pk).values().get()


def switch_off(account):
    account.is_active = False
    account.save_by(factories.AdminFactory())


@pytest.mark.parametrize(
    "meanwhile",
    [
        switch_off,
        lambda account: account.reset_password(by=factories.AdminFactory()),
        lambda account: account.end_sessions(),
    ],
    ids=["switched off", "given a slip", "signed out everywhere"],
)
def test_choosing_a_password_undoes_nothing_that_is_done_to_the_account_meanwhile(
    client, monkeypatch, meanwhile
):
    person, stood = factories.UnitUserFactory(), []
    client.force_login(person)

    def act():
        meanwhile(User.objects.get(pk=person.pk))
        stood.append(row_of(person))

    as_it_is_hashed(monkeypatch, "một câu dài dễ nhớ", act)

    page = choose(client, "một câu dài dễ nhớ")

    assert page.status_code == 409
    assert stood == [row_of(person)]
    assert client.get(CHANGE).url.startswith(LOGIN)


def test_choosing_a_password_keeps_the_name_that_was_corrected_meanwhile(client, monkeypatch):
    person = factories.UnitUserFactory(full_name="Lê Thị Thử", must_change_password=True)
    client.force_login(person)

    def correct():
        account = User.objects.get(pk=person.pk)
        account.full_name = "Lê Thị Thử Nghiệm"
        account.save_by(factories.AdminFactory())

    as_it_is_hashed(monkeypatch, "một câu dài dễ nhớ", correct)

    choose(client, "một câu dài dễ nhớ")

    person.refresh_from_db()
    assert person.check_password("một câu dài dễ nhớ")
    assert not person.must_change_password
    latest = person.history.latest()
    assert (latest.history_change_reason, latest.history_user) == ("change password", person)
    assert {person.full_name, latest.full_name} == {"Lê Thị Thử Nghiệm"}


@pytest.mark.parametrize(
    "act",
    [
        lambda account, by: account.share(by=by, is_shared=True),
        lambda account, by: account.reset_second_factor(by=by, why="Mất điện thoại."),
        lambda account, by: account.void_keys(by=by, why="more rights"),
        lambda account, by: account.leave(by=by),
    ],
    ids=["shared", "factor taken", "keys void", "handed over"],
)
def test_what_is_done_to_an_account_undoes_nothing_written_since_it_was_read(act):
    read = factories.UserFactory(full_name="Lê Thị Thử")
    written = User.objects.get(pk=read.pk)
    written.full_name = "Lê Thị Thử Nghiệm"
    written.save_by(factories.AdminFactory())

    act(read, factories.AdminFactory())

    assert row_of(read)["full_name"] == read.history.latest().full_name == "Lê Thị Thử Nghiệm"


# --- Guessing -------------------------------------------------------------------------------------


def test_guessing_at_one_account_from_many_addresses_is_held_up(client):
    person = factories.UserFactory(username="0905123456")
    for number in range(5):
        sign_in(client, "0905123456", "không phải", REMOTE_ADDR=f"203.0.113.{number}")

    for typed in ("0905123456", " 0905 123 456 ", "0905.123.456"):
        answer = sign_in(client, typed, REMOTE_ADDR="198.51.100.1")
        assertContains(answer, "Đã nhập sai quá nhiều lần")
    assert not signed_in(client)
    neighbour = factories.UserFactory()
    sign_in(client, neighbour.username, REMOTE_ADDR="198.51.100.1")
    assert signed_in(client)
    assert person.username == "0905123456"


def test_who_was_held_up_may_try_again_after_five_minutes(client, monkeypatch):
    person, now = factories.UserFactory(), time.time
    for _guess in range(6):
        sign_in(client, person.username, "không phải")

    for minutes, opens in ((4, False), (6, True)):
        monkeypatch.setattr(time, "time", lambda minutes=minutes: now() + minutes * 60)
        sign_in(client, person.username)
        assert signed_in(client) == opens


def test_capitals_share_the_count(client):
    factories.UserFactory(username="nguoithu")
    for name in ("nguoithu", "NguoiThu", "NGUOITHU", " nguoithu", "nguoithu "):
        sign_in(client, name, "không phải")

    sign_in(client, "nguoithu")

    assert not signed_in(client)


def test_names_nobody_has_do_not_push_out_the_count_of_an_account(client):
    person = factories.UserFactory()
    for _guess in range(5):
        sign_in(client, person.username, "không phải")

    for number in range(400):
        cache.set(f"nobody-{number}", 1, 300)

    sign_in(client, person.username)
    assert not signed_in(client)


def test_the_host_a_visitor_names_begins_no_new_count(client, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    person = factories.UserFactory()
    for port in range(5):
        sign_in(
            client, person.username, "không phải", headers={"host": f"testserver:{8000 + port}"}
        )

    sign_in(client, person.username, headers={"host": "testserver:9000"})

    assert not signed_in(client)


# --- One's own device -----------------------------------------------------------------------------

DEVICE = settings.DEVICE_COOKIE_NAME


@pytest.fixture
def at_home(client):
    """A person, and the browser in which they have signed in and out again."""
    person = factories.UserFactory(username="0905123456")
    sign_in(client, person.username)
    client.post(reverse("account_logout"))
    return person


def test_neither_neighbours_nor_guessers_elsewhere_keep_anybody_from_their_own_device(
    client, at_home
):
    neighbour, guesser = Client(), Client()
    for number in range(61):
        sign_in(neighbour, f"ai{number}", "không phải")
    for number in range(6):
        sign_in(guesser, at_home.username, "không phải", REMOTE_ADDR=f"203.0.113.{number}")

    for stranger, address in ((neighbour, "127.0.0.1"), (guesser, "198.51.100.1")):
        sign_in(stranger, at_home.username, REMOTE_ADDR=address)
        assert not signed_in(stranger)
    sign_in(client, " 0905 123 456")
    assert signed_in(client)


def test_guessing_on_ones_own_device_is_held_up_there_and_nowhere_else(client, at_home):
    other = Client()
    sign_in(other, at_home.username)
    other.post(reverse("account_logout"))
    for _guess in range(5):
        sign_in(client, at_home.username, "không phải")

    assertContains(sign_in(client, at_home.username), "Đã nhập sai quá nhiều lần")
    assert not signed_in(client)
    sign_in(other, at_home.username)
    assert signed_in(other)


def test_a_device_says_nothing_of_who_uses_it_and_knows_each_of_them(client, at_home):
    colleague = factories.UserFactory()
    sign_in(client, colleague.username)

    cookie = client.cookies[DEVICE]

    assert cookie["httponly"]
    assert at_home.username not in cookie.value
    for person in (at_home, colleague):
        assert mark_on(cookie.value, person.username)
    assert mark_on(cookie.value, factories.UserFactory().username) is None


def test_a_device_is_known_for_nobody_who_has_not_signed_in_there(client, at_home, monkeypatch):
    """Neither by another's cookie, nor by one that was written by hand or has grown old."""
    cookie, victim = client.cookies[DEVICE].value, factories.UserFactory()
    content, rest = cookie.split(":", 1)
    theirs = mark_on(cookie, at_home.username)

    for forged in (
        f"{content}.{theirs}:{rest}",
        f"{content.replace(theirs, '0' * 24)}:{rest}",
        content,
        "",
        "x" * 5000,
    ):
        assert mark_on(forged, at_home.username) is None
    assert mark_on(cookie, victim.username) is None
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 366 * 24 * 60 * 60)
    assert mark_on(cookie, at_home.username) is None


def test_a_device_of_many_forgets_who_was_there_first(client, at_home):
    for person in factories.UserFactory.create_batch(devices.MOST):
        assert mark_on(client.cookies[DEVICE].value, at_home.username)
        sign_in(client, person.username)
        client.post(reverse("account_logout"))

    assert mark_on(client.cookies[DEVICE].value, at_home.username) is None
    assert len(client.cookies[DEVICE].value) < 1000


def mark_on(cookie, username):
    request = RequestFactory().post(LOGIN)
    request.COOKIES[DEVICE] = cookie
    return devices.mark_of(request, username)


# --- What gives nothing away ----------------------------------------------------------------------


def test_a_wrong_name_and_a_wrong_password_take_the_same_work(client, monkeypatch):
    factories.UserFactory(username="0905123456")
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: hashed.append(1) or encode(self, password, salt),
    )
    work, pages = [], []
    for name in ("0905123456", "0905999999"):
        page = sign_in(client, name, "không phải")
        pages.append((page.status_code, page.context["form"].errors.as_text()))
        work.append(len(hashed))

    assert pages[0] == pages[1]
    assert work == [1, 2]


def test_the_sign_in_page_of_the_administration_is_no_way_around(client):
    admin = factories.AdminFactory()
    for _guess in range(6):
        answer = client.post("/admin/login/", {"username": admin.username, "password": PASSWORD})
        assert answer.status_code == 302
        assert answer.url.startswith(LOGIN)
    assert not signed_in(client)


# --- The address of a visitor ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "sent", "known"),
    [
        (0, "1.2.3.4", "198.51.100.9"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (2, "1.2.3.4, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "198.51.100.9"),
        (1, "", "198.51.100.9"),
        (1, "<script>", "198.51.100.9"),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_what_our_own_proxies_say_of_a_visitor_is_believed(
    client, settings, trusted, sent, known
):
    settings.TRUSTED_PROXY_COUNT = trusted

    sign_in(client, "ai", "x", REMOTE_ADDR="198.51.100.9", HTTP_X_FORWARDED_FOR=sent)

    assert SecurityEvent.objects.get().address == known


def test_a_forged_address_does_not_escape_the_throttle(client, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip"}
    person = factories.UserFactory()
    for number in range(3):
        forged = f"10.9.8.{number}, 203.0.113.7"
        sign_in(client, f"ai{number}", "x", HTTP_X_FORWARDED_FOR=forged)

    sign_in(client, person.username, HTTP_X_FORWARDED_FOR="10.1.1.1, 203.0.113.7")
    assert not signed_in(client)
    sign_in(client, person.username, HTTP_X_FORWARDED_FOR="203.0.113.8")
    assert signed_in(client)


# --- Where one is led -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        "http://example.com",
        "http:///example.com",
        "https://example.com",
        "ftp://example.com",
        "///example.com",
        "//example.com",
        'javascript:alert("XSS")',
        "\\\\evil.example",
        "/\\evil.example",
        "%0d%0aSet-Cookie:a=b",
    ],
)
def test_signing_in_leads_to_no_other_site(client, wanted):
    person = factories.UserFactory()

    answer = client.post(LOGIN, {"login": person.username, "password": PASSWORD, "next": wanted})

    assert answer.status_code == 302
    assert urljoin(f"http://testserver{LOGIN}", answer.url).startswith("http://testserver/")
    assert "\\" not in answer.url
    assert "a" not in answer.cookies


@pytest.mark.parametrize("name", ["account_logout", "account_reauthenticate"])
def test_signing_out_and_the_password_asked_for_again_lead_to_no_other_site(client, name):
    client.force_login(factories.UserFactory())

    for wanted in ("https://example.com", "//example.com", "/\\evil.example"):
        sent = {"password": PASSWORD, "next": wanted}
        answer = client.post(f"{reverse(name)}?next={wanted}", sent)
        assert answer.status_code == 302
        assert answer.url.startswith("/")
        assert not answer.url.startswith(("//", "/\\"))
        client.force_login(factories.UserFactory())


# --- Slips ----------------------------------------------------------------------------------------


def test_a_slip_that_nobody_used_for_a_month_opens_nothing(client):
    clerk, person = factories.ClerkFactory(), factories.UnitUserFactory()
    password = person.reset_password(by=clerk)
    User.objects.filter(pk=person.pk).update(
        first_password_until=timezone.now() - timedelta(minutes=1)
    )

    answer = sign_in(client, person.username, password)

    assert not signed_in(client)
    assertContains(client.get(answer.url), "Mật khẩu trên phiếu này đã quá hạn")
    password = person.reset_password(by=clerk)
    sign_in(client, person.username, password)
    assert signed_in(client)


def test_a_password_of_ones_own_has_no_end(client):
    person = factories.UnitUserFactory()
    password = person.reset_password(by=factories.ClerkFactory())
    sign_in(client, person.username, password)
    choose(client, "một câu dài dễ nhớ", old=password)
    client.post(reverse("account_logout"))
    User.objects.filter(pk=person.pk).update(
        first_password_until=timezone.now() - timedelta(days=1000)
    )

    sign_in(client, person.username, "một câu dài dễ nhớ")

    assert signed_in(client)
