"""In the English interface, what people have written in Vietnamese says so to a screen reader;
what is the interface's own does not.
"""

import re

import polib
import pytest
from django.conf import settings as project
from django.urls import reverse
from lxml import html

from registry.models import Verdict
from tests import factories
from tests.browser import pages
from tests.browser.pages import Page
from tests.permissions_table import ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.look]

# Letters that no English word has.
VIETNAMESE = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.I
)
# Names of things in the interface's own English texts, and a name in its made-up example.
IN_ENGLISH = re.compile("Hồ Chí Minh|mô hình|Tiếng Việt|ĐÃ NHẬN|QĐ|Nguyễn Thị Mẫu", re.I)
NOT_READ = {"script", "style", "title", "meta"}
CATALOGUE = polib.pofile(project.LOCALE_PATHS[0] / "vi/LC_MESSAGES/django.po")
# But for what stands in the place of a name.
OURS = {entry.msgid for entry in CATALOGUE} - {"(not named yet)"}


@pytest.fixture
def world(world, settings):
    """A world in which people have written wherever they may."""
    settings.PUBLIC_CATALOGUE = True
    settings.CLERK_NAME, settings.CLERK_PHONE = "Nguyễn Thị Tổng Hợp", "0235 000 0000"
    clerk = world.people["clerk"]
    cell, model = world.cell, world.running
    cell.name, cell.place = f"{cell.name} sáp nhập", "Khối phố Đông"
    cell.save()
    world.replication.remark = "Đang bàn với bà con"
    world.replication.save()
    model.place, model.contact_name, model.results = "Đường số 3", "Trần Văn Mẫu", "Đã trồng"
    model.save_by(clerk, why="Theo điện thoại của đơn vị", on_behalf_of=cell)
    model.partners.add(world.other_cell)
    factories.AwardFactory(model=model, title="Giấy khen của đảng ủy")
    factories.NoteFactory(model=model, by=clerk)
    factories.OutcomeFactory(enrolment=model.enrolments.get())
    factories.OutcomeFactory(enrolment=world.year_begun)
    factories.PracticeModelFactory(organisation=cell, field=None)
    said = {"rationale": "Đã làm tốt", "whose": "Tổ thẩm định, theo đa số"}
    world.item.conclude(verdict=Verdict.REPLICATE, **said, by=clerk)
    return world


def narrowed(world, role):
    """Yield lists that a filter narrows."""
    field, unit = world.running.field_id, world.cell.pk
    asked = {
        "registry:practicemodel_list": f"q=đường&field={field}&organisation={unit}&block=wards",
        "registry:filter_create": f"q=đường&field={field}&status=running",
        "registry:statistics": f"q=mô&field={field}&organisation={unit}&status=running",
        "registry:find": "q=thử",
    }
    for name, query in asked.items():
        yield Page(name, role, f"{reverse(name)}?{query}")


def texts(page):
    """Yield each text of a page, with the element it stands in."""
    for element in html.fromstring(page).iter():
        if isinstance(element.tag, str) and element.tag not in NOT_READ:
            yield element, (element.text or "").strip()
            if element.getparent() is not None:
                yield element.getparent(), (element.tail or "").strip()


def wrongly_marked(page):
    """Yield Vietnamese words that do not say so, and texts of ours that say they are."""
    for element, text in texts(page):
        is_theirs = VIETNAMESE.search(text) and VIETNAMESE.search(IN_ENGLISH.sub("", text))
        if is_theirs and language_of(element) != "vi":
            yield f"<{element.tag}> is not marked: {text[:60]}"
        elif text in OURS and language_of(element) == "vi":
            yield f"<{element.tag}> is marked: {text[:60]}"


def language_of(element):
    """Return the language that a screen reader takes for the element's text."""
    while element is not None:
        if (language := element.get("lang")) is not None:
            return language
        element = element.getparent()
    return None


@pytest.mark.parametrize("role", ROLES)
def test_just_what_people_wrote_is_marked_on_every_page_in_english(world, role):
    answers = pages.Answers(world.people.get(role), "en")
    wrong = set()
    for page in [*pages.table_pages(world, [role]), *narrowed(world, role)]:
        for response in [answers.get(page.address), *answers.refusals(page)]:
            if pages.is_page(response):
                found = wrongly_marked(response.content.decode())
                wrong |= {f"{page}: {text}" for text in found}
    assert not wrong, "\n" + "\n".join(sorted(wrong))
