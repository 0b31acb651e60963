"""Every address, for everybody, in every state and width: ``./dev sweep``, some ten minutes.

Not among the tests, of which ``test_pages`` looks at one page of each template in the same way.
"""

import logging
import sys
import time
from collections import Counter

import pytest

from tests import permissions_world
from tests.browser import pages
from tests.browser.pages import Looker, Page

pytestmark = pytest.mark.django_db
ROLES = ("anonymous", "unit", "ward", "panel", "clerk", "admin")


@pytest.fixture(autouse=True)
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


@pytest.fixture(autouse=True)
def no_log_of_refusals(caplog):
    caplog.set_level(logging.ERROR, "django.request")


@pytest.fixture(scope="module")
def report():
    """Print the table of what was looked at, at the end."""
    lines = []
    yield lines
    print(f"\n\n{'state':<16}{'role':<12}{'pages':>7}{'unlike':>8}{'wrong':>7}{'seconds':>9}")
    for state, role, looker, seconds in lines:
        counts = f"{looker.pages:>7}{looker.looked_at:>8}{len(looker.found):>7}"
        print(f"{state:<16}{role:<12}{counts}{seconds:>9.0f}")
    found = [each for _state, _role, looker, _seconds in lines for each in looker.found]
    pages_seen = sum(looker.pages for _state, _role, looker, _seconds in lines)
    looked_at = sum(looker.looked_at for _state, _role, looker, _seconds in lines)
    print(f"\n{pages_seen} pages, {looked_at} unlike each other, {len(found)} things wrong")
    for (rule, name), times in Counter((each.rule, each.page.name) for each in found).items():
        print(f"  {times:>4} × {rule} on {name}")


@pytest.fixture
def sweep(browser, report):
    def run(state, role, user, chosen, look, language="vi"):
        """Look at the pages in one state as one person; say what was found, and on a terminal,
        where each line takes the place of the one before, how far it has got.
        """
        looker, begun = Looker(browser), time.monotonic()
        with looker.as_person(user, language) as answers:
            for number, page in enumerate(chosen, 1):
                if sys.stdout.isatty():
                    print(f"\r{state}, {role}: {number} of {len(chosen)}", end="  ", flush=True)
                look(looker, answers, page)
        seen = f"{looker.pages} pages, {looker.looked_at} unlike each other"
        start = "\r" if sys.stdout.isatty() else "\n"
        print(f"{start}{state}, {role}: {seen}, {len(looker.found)} things wrong", flush=True)
        report.append((state, role, looker, time.monotonic() - begun))
        return looker.found

    return run


def say(found):
    assert not found, "\n" + "\n".join(map(str, found))


def of_role(chosen, role):
    return [page for page in chosen if page.role == role]


def seen(state):
    return lambda looker, answers, page: looker.look(page, state)


@pytest.mark.parametrize("state", ["filled", "long", "error"])
@pytest.mark.parametrize("role", ROLES)
def test_everything_that_is_there(sweep, state, role):
    world = permissions_world.build()
    if state == "long":
        pages.lengthen()
    chosen = list(pages.table_pages(world, [role]))
    if role == "admin":
        chosen += pages.admin_pages()

    def refused(looker, answers, page):
        for response in answers.refusals(page):
            looker.look(page, state, response)

    look = refused if state == "error" else seen(state)
    say(sweep(state, role, world.people.get(role), chosen, look))


@pytest.mark.parametrize("role", ROLES)
def test_a_register_that_has_nothing_yet(sweep, role):
    world, people = pages.nothing_yet()
    chosen = list(pages.table_pages(world, [role]))
    if role == "admin":
        chosen += pages.admin_pages()
    say(sweep("empty", role, people.get(role), chosen, seen("empty")))


@pytest.mark.parametrize("role", ROLES)
def test_a_search_that_finds_nothing(sweep, role):
    """Also an address that takes no search must bear one."""
    world = permissions_world.build()
    chosen = [
        page._replace(address=f"{page.address}?q=zzzz&page=1")
        for page in pages.table_pages(world, [role])
        if not any(character.isdigit() for character in page.address)
    ]
    say(sweep("nothing found", role, world.people.get(role), chosen, seen("nothing found")))


@pytest.mark.parametrize("role", ROLES)
def test_each_page_once_in_english(sweep, role):
    world = permissions_world.build()
    everything = list(pages.table_pages(world, ROLES))
    chosen = of_role(pages.one_of_each(everything), role)
    say(sweep("English", role, world.people.get(role), chosen, seen("English"), "en"))


def test_what_is_shown_when_the_register_fails(sweep):
    broken = pages.broken_pages()
    chosen = [Page(name, "anonymous", f"/{name}/") for name in broken]

    def look(looker, answers, page):
        looker.look(page, "failure", broken[page.name])

    say(sweep("failure", "anonymous", None, chosen, look))
