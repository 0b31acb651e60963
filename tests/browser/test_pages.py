"""One page of each template with axe: full of long texts, empty, refused, and what fails.

At 1280, 360 and 320 px. Every address for everybody is looked at by ``./dev sweep``.
"""

import logging

import pytest

from tests import permissions_world
from tests.browser import pages
from tests.browser.pages import Looker, Page

pytestmark = [pytest.mark.django_db, pytest.mark.look]
ROLES = ("anonymous", "unit", "ward", "panel", "clerk", "admin")
# Of the administration, which has four templates for all its records.
ADMINISTERED = ("admin:index", "admin:registry_user", "admin:reviews_seminar")


@pytest.fixture(autouse=True)
def open_catalogue(settings, caplog):
    settings.PUBLIC_CATALOGUE = True
    caplog.set_level(logging.ERROR, "django.request")


@pytest.fixture
def looker(browser):
    """Look at pages; in the end nothing may have been wrong with them."""
    looker = Looker(browser)
    yield looker
    assert looker.looked_at
    assert not looker.found, "\n" + "\n".join(map(str, looker.found))


def template_of(response):
    """Return what a page is made from, and how it came out: each is looked at once."""
    templates = getattr(response, "templates", None)
    return (templates[0].name if templates else response.request["PATH_INFO"], response.status_code)


def look_once(looker, people, chosen, state, *, refused=False):
    """Look at the first page of each template, as the person who is shown it."""
    seen = set()
    for role in ROLES:
        with looker.as_person(people.get(role)) as answers:
            for page in (page for page in chosen if page.role == role):
                found = answers.refusals(page) if refused else [answers.get(page.address)]
                for response in found:
                    template = template_of(response)
                    if template not in seen:
                        seen.add(template)
                        looker.look(page, state, response)


def administered():
    return [page for page in pages.admin_pages() if page.name.startswith(ADMINISTERED)]


@pytest.mark.parametrize("refused", [False, True], ids=["shown", "refused"])
def test_pages_that_are_full_of_long_texts(looker, refused):
    world = permissions_world.build()
    pages.lengthen()
    everything = list(pages.table_pages(world, ROLES))
    chosen = [*pages.one_of_each(everything), *administered()]
    look_once(looker, world.people, chosen, "long", refused=refused)


def test_pages_that_have_nothing_to_show_yet(looker):
    world, people = pages.nothing_yet()
    chosen = [*pages.one_of_each(list(pages.table_pages(world, ROLES))), *administered()]
    look_once(looker, people, chosen, "empty")


def test_pages_of_a_failure(looker):
    with looker.as_person():
        for name, response in pages.broken_pages().items():
            looker.look(Page(name, "anonymous", f"/{name}/"), "failure", response)
