"""What comes out of the printer."""

import re

import pytest

from registry.models import Verdict
from tests import factories
from tests.browser.test_keeping import sign_in
from tests.reviews.pages import hand_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.look]

A_PAGE = re.compile(rb"/Type /Page\b(?!s)")
# A page of A4 between its margins, in the pixels of print.
A4 = {"width": 680, "height": 1009}


def words(length):
    return ("Mỗi nhóm hộ nhận một đoạn đường, trồng hoa và giữ sạch. " * 200)[:length].strip()


@pytest.fixture
def page(new_context):
    factories.ClerkFactory(username="tonghop")
    page = new_context(viewport=A4).new_page()
    sign_in(page, "tonghop")
    return page


@pytest.fixture
def indicators(db):
    return [factories.IndicatorFactory(name=f"{number} {words(150)}") for number in range(6)]


def full_item(seminar, position, indicators):
    """Put a model with the longest texts before a seminar, with photos, outcomes, an opinion."""
    told = dict.fromkeys(("reason", "approach", "results", "expected_results"), words(3000))
    model = factories.running(name=words(300), **told)
    for _number in range(2):
        factories.EvidenceFactory(model=model)
    for indicator in indicators:
        model.enrolments.get().outcomes.create(indicator=indicator, achieved=1000)
    said = {"opinion": words(3000), "proposed": "replicate"}
    return factories.AgendaItemFactory(seminar=seminar, model=model, position=position, **said)


def test_each_model_before_a_seminar_is_one_sheet_with_all_its_room_for_the_pen(page, indicators):
    seminar = factories.SeminarFactory(title=words(300))
    for number in range(6):
        factories.CriterionFactory(seminar=seminar, name=f"{number} {words(190)}")
    for position in (1, 3, 4):
        full_item(seminar, position, indicators)
    for position in (2, 5):
        factories.AgendaItemFactory(seminar=seminar, position=position)

    page.goto(f"/seminars/{seminar.pk}/packet/")
    printed = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")
    pens = page.evaluate(
        """() => [...document.querySelectorAll(".app-page")].map((sheet) => {
            const pen = sheet.querySelector(".app-pen").getBoundingClientRect();
            const told = sheet.querySelector(".app-page__told").getBoundingClientRect();
            return [Math.round(pen.height), pen.bottom <= sheet.getBoundingClientRect().bottom + 1,
                told.bottom <= pen.top];
        })"""
    )

    assert len(A_PAGE.findall(printed)) == seminar.items.count()
    assert {height for height, *_rest in pens} == {pens[1][0]}
    assert all(fits and is_apart for _height, fits, is_apart in pens)


def test_the_table_of_ballots_is_printed_across_with_nothing_cut(page):
    seminar = factories.opened(members=11, items=12)
    for ballot in seminar.items.first().ballots.all():
        hand_in(ballot, Verdict.STRENGTHEN)

    page.goto(f"/seminars/{seminar.pk}/table/")
    printed = page.pdf(prefer_css_page_size=True)

    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert sizes
    assert all(float(width) > float(height) for width, height in sizes)
    page.set_viewport_size({"width": 1032, "height": 700})
    page.emulate_media(media="print")
    right = "document.querySelector('.app-ballots').getBoundingClientRect().right"
    assert page.evaluate(right) <= 1032
