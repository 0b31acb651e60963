"""Real pages in a real browser: Debian's Chromium, driven by Playwright."""

import os

import pytest

from tests.browser import chromium

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    program = chromium()
    if not program:
        pytest.fail("Chromium is needed: install it, for example by ./dev test as root.")
    return {**browser_type_launch_args, "executable_path": program, "args": FLAGS}


@pytest.fixture(scope="session", autouse=True)
def database_beside_playwright():
    """Allow the database while Playwright's event loop runs in this thread, as it does until
    the session ends; Django would take any query for one made by asynchronous code.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture
def browser_context_args(browser_context_args, live_server):
    """Let a test write ``page.goto("/models/")``."""
    return {**browser_context_args, "base_url": live_server.url, "locale": "vi-VN"}


@pytest.fixture
def new_context(new_context):
    """Fail the test when any of its pages breaks the security policy or has a script error."""
    problems = []

    def watched_context(**options):
        context = new_context(**options)
        context.on("console", lambda message: problems.extend(problems_in(message)))
        context.on("weberror", lambda error: problems.append(str(error.error)))
        return context

    yield watched_context
    assert problems == []


@pytest.fixture
def page_without_js(new_context):
    return new_context(java_script_enabled=False).new_page()


def problems_in(message):
    """Return the errors of the console, where the browser also reports the security policy.

    The answer to the page itself is the test's affair: it may have asked for one that is refused.
    So is that to a script that keeps what is written, which has to live without an answer.
    """
    url = message.location["url"]
    answer_to_page = message.page and url == message.page.url and "status of 4" in message.text
    to_keep = "/drafts/" in url and "Failed to load resource" in message.text
    if message.type == "error" and not answer_to_page and not to_keep:
        return [f"{url}: {message.text}"]
    return []
