"""Whatever happens to the server, the session or the network: no character is lost."""

import os
import select
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import expect

from registry.models import DraftBuffer, PracticeModel
from tests.databases import address_of
from tests.factories import PASSWORD, CellFactory, UnitUserFactory, running

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "/models/new/"
WORDS = "Mỗi nhóm hộ nhận một đoạn đường, trồng hoa Ệ Ỗ và giữ sạch."
MORE = " Sáng thứ Bảy cùng dọn."


@pytest.fixture
def person(db):
    return UnitUserFactory(username="donvi", organisation=CellFactory())


@pytest.fixture
def page(new_context, person):
    page = new_context().new_page()
    sign_in(page)
    page.goto(NEW)
    return page


def sign_in(page, username="donvi"):
    page.goto("/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button:not([type=button])")
    page.locator(".app-account__name").wait_for()


def sign_out(page):
    page.goto("/")
    page.click(f"form[action='{reverse('account_logout')}'] button")
    page.locator(".app-account [href='/accounts/login/']").wait_for()


SERVER = """
from django.conf import settings
from django.core.management import execute_from_command_line
settings.WHITENOISE_USE_FINDERS = True
execute_from_command_line(["manage.py", "runserver", "--noreload", "localhost:{port}"])
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@contextmanager
def served(port):
    """Serve the test's database from a process of its own, which can be killed."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER.format(port=port)],
        env=os.environ | {"DATABASE_URL": address_of(connection.settings_dict)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _attempt in range(600):
            with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
                break
            assert server.poll() is None, "the server has not started"
            select.select([], [], [], 0.1)
        yield server
    finally:
        server.kill()
        server.wait()


def write(page, words=WORDS):
    """Write into the field and leave it, as autosave waits for."""
    page.fill("[name=approach]", words)
    page.locator("[name=approach]").press("Tab")


def says(page, key):
    """Wait until the page says what has become of the words."""
    page.wait_for_function(
        "key => document.querySelector('[data-kept]').textContent.startsWith("
        "document.querySelector('[data-kept]').dataset[key].split('{')[0])",
        arg=key,
    )


def written(page):
    return page.input_value("[name=approach]")


def test_leaving_a_field_keeps_it_on_the_server_and_says_so(page):
    write(page)

    says(page, "saved")
    assert DraftBuffer.objects.get().content["approach"] == [WORDS]
    assert not PracticeModel.objects.exists()


@pytest.mark.look
@pytest.mark.parametrize(("width", "key"), [(1280, "saved"), (1280, "signedOut"), (360, "saved")])
def test_what_is_said_of_the_words_moves_no_button_that_is_being_pressed(page, width, key):
    page.set_viewport_size({"width": width, "height": 720})
    if key == "signedOut":
        sign_out(page.context.new_page())
    page.fill("[name=approach]", WORDS)
    button = page.locator("button[value=check]")
    button.scroll_into_view_if_needed()
    before = button.bounding_box()

    page.locator("[name=approach]").dispatch_event("change")
    says(page, key)

    assert button.bounding_box() == before


def test_what_is_written_when_the_server_is_killed_is_offered_when_it_is_back(browser, person):
    port = free_port()
    context = browser.new_context(base_url=f"http://localhost:{port}")
    page = context.new_page()
    with served(port) as server:
        sign_in(page)
        page.goto(NEW)
        server.kill()
        server.wait()
        write(page)
        says(page, "local")
    # The machine is switched off too: nothing but the browser's own store is left.
    page.close()
    with served(port):
        page = context.new_page()
        page.goto(NEW)
        page.click("[data-kept-take]")
        assert written(page) == WORDS
        says(page, "saved")
    assert DraftBuffer.objects.get().content["approach"] == [WORDS]


@pytest.mark.look
def test_what_is_written_offline_is_kept_here_and_sent_when_the_network_is_back(page):
    page.context.set_offline(True)
    write(page)
    says(page, "local")

    page.context.set_offline(False)
    says(page, "saved")

    assert DraftBuffer.objects.get().content["approach"] == [WORDS]
    page.reload()
    page.goto(DraftBuffer.objects.get().address)
    assert written(page) == WORDS


def test_signing_out_in_another_tab_loses_nothing(page):
    other = page.context.new_page()
    sign_out(other)

    write(page, WORDS + MORE)
    page.click("button[value=check]")
    page.wait_for_url("**/accounts/login/**")
    page.fill("[name=login]", "donvi")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button:not([type=button])")
    page.wait_for_url("**/models/new/**")

    assert written(page) == WORDS + MORE


@pytest.mark.look
def test_signing_out_and_in_again_in_another_tab_loses_nothing(page):
    other = page.context.new_page()
    sign_out(other)
    sign_in(other)

    page.fill("[name=approach]", WORDS)
    page.click("button[value=check]")
    page.click("main a[href*=draft]")

    page.wait_for_url("**/models/new/**")
    assert written(page) == WORDS


@pytest.mark.look
def test_a_page_whose_session_has_ended_says_so_and_goes_on_once_signed_in_again(page):
    other = page.context.new_page()
    sign_out(other)

    write(page)
    says(page, "signedOut")
    link = page.locator("[data-kept] a")
    assert (link.get_attribute("href"), link.get_attribute("target")) == (
        "/accounts/login/",
        "_blank",
    )
    assert DraftBuffer.objects.get().content["approach"] == [WORDS]

    sign_in(other)
    write(page, WORDS + MORE)
    says(page, "saved")
    assert DraftBuffer.objects.get().content["approach"] == [WORDS + MORE]
    page.click("button[value=draft]")
    page.wait_for_url("**/edit/")
    assert PracticeModel.objects.get().approach == WORDS + MORE


@pytest.mark.look
def test_a_page_goes_on_by_itself_when_its_reader_comes_back_signed_in(page):
    other = page.context.new_page()
    sign_out(other)
    write(page)
    says(page, "signedOut")

    sign_in(other)
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    says(page, "saved")


@pytest.mark.look
def test_a_page_does_not_go_on_for_another_person_who_has_signed_in(page):
    UnitUserFactory(username="nguoikhac", organisation=CellFactory())
    other = page.context.new_page()
    sign_out(other)
    sign_in(other, "nguoikhac")

    write(page)

    says(page, "signedOut")
    buffer = DraftBuffer.objects.get()
    assert (buffer.user.username, buffer.content["approach"]) == ("donvi", [WORDS])


@pytest.mark.look
def test_what_the_server_has_is_not_copied_here_afterwards(page):
    """Leaving a field sends it before the copy of what was typed last is due."""
    write(page)
    says(page, "saved")
    page.wait_for_timeout(600)

    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


@pytest.mark.look
def test_what_is_written_after_going_back_to_a_stored_form_is_kept_as_another(page):
    write(page)
    page.click("button[value=draft]")
    page.wait_for_url("**/edit/")
    page.go_back()

    write(page, MORE)
    says(page, "saved")

    assert DraftBuffer.objects.unsaved().get().content["approach"] == [MORE]


@pytest.mark.look
def test_on_a_phone_it_is_in_sight_that_the_words_are_kept_and_hides_no_field(new_context, person):
    page = new_context(viewport={"width": 360, "height": 640}).new_page()
    sign_in(page)
    page.goto(NEW)
    write(page)
    says(page, "saved")

    said = page.locator("[data-kept]")
    for field in page.locator("#keep :is(input, textarea, select):visible").all():
        field.focus()
        bar, box = said.bounding_box(), field.bounding_box()
        assert bar["y"] + bar["height"] <= 640
        assert box["y"] < bar["y"]
    page.emulate_media(media="print")
    assert said.is_hidden()


@pytest.mark.look
@pytest.mark.parametrize("script", [True, False])
def test_changing_the_language_loses_nothing(new_context, person, script):
    page = new_context(java_script_enabled=script).new_page()
    sign_in(page)
    page.goto(NEW)
    page.fill("[name=approach]", WORDS)

    page.click("button[name=language][value=en]")
    page.wait_for_url("**draft=**")

    assert page.get_attribute("html", "lang") == "en"
    assert written(page) == WORDS


def test_what_is_registered_already_waits_while_something_is_being_pressed(page, person):
    running(name="Con đường hoa")
    said = page.locator("[data-similar-here]")
    page.fill("[name=name]", "Con đường hoa")

    page.hover("h1")
    with page.expect_response("**/models/similar/**") as answer:
        page.mouse.down()
    answer.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(said).to_be_empty()

    page.mouse.up()
    expect(said).to_contain_text("Con đường hoa")


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_field_saves_what_is_typed_and_changes_nothing_else(new_context, person, script):
    page = new_context(java_script_enabled=script).new_page()
    sign_in(page)
    page.goto(NEW)
    page.fill("[name=name]", "Con đường hoa")

    page.press("[name=name]", "Enter")
    page.wait_for_url("**/edit/")

    assert PracticeModel.objects.get().name == "Con đường hoa"
    assert page.get_attribute("[data-text-size] [name=size]", "value") == "large"


@pytest.mark.look
def test_a_form_open_in_two_tabs_keeps_the_words_of_both(page):
    other = page.context.new_page()
    other.goto(NEW)

    write(page, WORDS)
    write(other, MORE)
    says(page, "saved")
    says(other, "saved")

    kept = {tuple(buffer.content["approach"]) for buffer in DraftBuffer.objects.all()}
    assert kept == {(WORDS,), (MORE,)}


@pytest.mark.look
def test_what_is_stored_is_not_offered_again(page):
    write(page)
    page.click("button[value=draft]")
    page.wait_for_url("**/edit/")

    page.goto(NEW)

    page.wait_for_function("() => Object.keys(localStorage).every(key => !key.endsWith('/new/'))")
    assert page.locator("[data-kept-here]").is_hidden()
    assert page.locator("a[href*=draft]").count() == 0


@pytest.mark.look
def test_the_copy_in_the_browser_is_offered_to_its_writer_alone(page):
    page.context.set_offline(True)
    write(page)
    says(page, "local")
    page.context.set_offline(False)
    UnitUserFactory(username="nguoikhac", organisation=CellFactory())
    page.goto("/accounts/login/")
    page.context.clear_cookies()
    sign_in(page, "nguoikhac")

    page.goto(NEW)

    assert page.locator("[data-kept-here]").is_hidden()
    assert WORDS not in page.content()


# What UniKey sends for the keys of "Việt Nam đường": it takes letters back and puts others in.
UNIKEY = [
    ("V", 0), ("i", 0), ("e", 0), ("ê", 1), ("t", 0), ("ệt", 2), (" ", 0),
    ("N", 0), ("a", 0), ("m", 0), (" ", 0),
    ("d", 0), ("đ", 1), ("u", 0), ("o", 0), ("ươ", 2), ("n", 0), ("g", 0), ("ường", 4),
]  # fmt: skip


@pytest.mark.look
def test_typing_with_unikey_gives_what_was_meant_while_the_form_is_kept(page):
    field = page.locator("[name=approach]")
    field.focus()
    for typed, backspaces in UNIKEY:
        for _number in range(backspaces):
            page.keyboard.press("Backspace")
        page.keyboard.insert_text(typed)
        # Autosave in the middle of a word.
        page.dispatch_event("#keep", "change")

    assert written(page) == "Việt Nam đường"
    field.press("Tab")
    says(page, "saved")
    page.wait_for_function(
        "words => new FormData(document.forms.keep).get('approach') === words", arg="Việt Nam đường"
    )
