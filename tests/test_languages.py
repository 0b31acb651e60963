"""In the English interface, what people have written in Vietnamese says so to a screen reader."""

import re

import pytest
from lxml import html

from tests import permissions_world
from tests.browser import pages

pytestmark = pytest.mark.django_db

# Letters that no English word has.
VIETNAMESE = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.I
)
# Names of things in the interface's own English texts.
IN_ENGLISH = re.compile("Hồ Chí Minh|mô hình|Tiếng Việt|ĐÃ NHẬN|QĐ|“[^”]*”", re.I)
ROLES = ("anonymous", "unit", "ward", "panel", "clerk", "admin")
NOT_READ = {"script", "style", "title", "meta"}


def unmarked(page):
    """Yield the texts with Vietnamese letters that no element around them says to be so."""
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str) or element.tag in NOT_READ:
            continue
        inside = element.text or ""
        if looks_vietnamese(inside) and language_of(element) != "vi":
            yield f"<{element.tag}> {inside.strip()[:60]}"
        after = element.tail or ""
        if looks_vietnamese(after) and language_of(element.getparent()) != "vi":
            yield f"after <{element.tag}> {after.strip()[:60]}"


def looks_vietnamese(text):
    return VIETNAMESE.search(IN_ENGLISH.sub("", text)) is not None


def language_of(element):
    while element is not None:
        if element.get("lang"):
            return element.get("lang")
        element = element.getparent()
    return None


def test_vietnamese_words_are_marked_on_every_page_in_english(settings):
    settings.PUBLIC_CATALOGUE = True
    world = permissions_world.build()
    chosen = pages.one_of_each(list(pages.table_pages(world, ROLES)))
    wrong = []
    for page in chosen:
        answers = pages.Answers(world.people.get(page.role), "en")
        response = answers.get(page.address)
        if pages.is_page(response):
            found = unmarked(response.content.decode())
            wrong += [f"{page.name} as {page.role}: {text}" for text in found]
    assert not wrong, "\n" + "\n".join(wrong)
