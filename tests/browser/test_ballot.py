"""The ballot under the fingers: in sight, and handed in by the keyboard from all of its page."""

import pytest
from playwright.sync_api import expect

from reviews.models import Assessment
from tests.browser.test_keeping import says, sign_in, sign_out
from tests.factories import (
    AgendaItemFactory,
    ClerkFactory,
    CriterionFactory,
    PanelMemberFactory,
    PanelUserFactory,
    SeminarFactory,
    running,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.look]


@pytest.fixture
def ballots(db):
    """Return the ballots of one member on two models, of which there is much to read."""
    seminar = SeminarFactory()
    PanelMemberFactory(seminar=seminar, user=PanelUserFactory(username="thamdinh1"))
    for position in (1, 2):
        model = running(approach="Mỗi nhóm hộ nhận một đoạn đường.\n" * 40)
        AgendaItemFactory(seminar=seminar, model=model, position=position)
    seminar.open(by=ClerkFactory())
    return list(Assessment.objects.order_by("item__position"))


def opened(new_context, ballot, **viewport):
    page = new_context(viewport=viewport).new_page()
    sign_in(page, "thamdinh1")
    page.goto(f"/seminars/{ballot.item.seminar_id}/desk/")
    page.click(f"main li a[href^='{ballot.get_absolute_url()}']")
    # The browser takes the focus there when it has drawn the page, from a field as well.
    expect(page.locator("#ballot-of")).to_be_focused()
    return page


def test_on_a_small_screen_of_an_office_the_buttons_are_in_sight_all_the_time(new_context, ballots):
    page = opened(new_context, ballots[0], width=1280, height=800)
    hand_in = page.locator("button[value=hand_in]")

    expect(hand_in).to_be_in_viewport(ratio=1)
    page.check("[name=verdict][value=replicate]")  # the remarks to tap come with it
    expect(hand_in).to_be_in_viewport(ratio=1)
    page.locator("#judged-approach + dd").evaluate("text => text.scrollIntoView({block: 'end'})")
    expect(hand_in).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("width", "height", "key"),
    [(1280, 800, "saved"), (1280, 2400, "saved"), (1280, 2400, "signedOut"), (360, 2400, "saved")],
)
def test_what_is_said_of_the_words_moves_no_button_that_is_being_pressed(
    new_context, ballots, width, height, key
):
    page = opened(new_context, ballots[0], width=width, height=height)
    if key == "signedOut":
        sign_out(page.context.new_page())
    page.check("[name=verdict][value=maintain]")
    hand_in = page.locator("button[value=hand_in]")
    page.fill("[name=remark]", "Nên giữ như hiện nay.")
    says(page, key)
    page.locator("[data-kept]").evaluate("said => { said.textContent = '' }")
    before = hand_in.bounding_box()

    page.locator("[name=remark]").blur()
    says(page, key)

    assert hand_in.bounding_box() == before


def test_ctrl_and_enter_hand_in_from_anywhere_and_the_next_ballot_is_gone_on_with(
    new_context, ballots
):
    page = opened(new_context, ballots[0], width=1280, height=800)
    page.check("[name=verdict][value=maintain]")
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("[data-shortcut]")).to_be_visible()  # the script that listens is there

    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{ballots[1].get_absolute_url()}#*")

    expect(page.locator("#ballot-of:has(h1)")).to_be_focused()
    for key in ("Tab", "Enter", "Tab"):  # the way to the ballot, and into it
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('#keep') !== null")


def test_enter_in_a_field_of_the_ballot_keeps_it_as_a_draft(new_context, ballots):
    CriterionFactory(seminar=ballots[0].item.seminar)
    page = opened(new_context, ballots[0], width=1280, height=800)
    page.fill("[name^=points]", "4")

    page.press("[name^=points]", "Enter")
    page.wait_for_url("**/desk/#*")

    ballot = Assessment.objects.get(pk=ballots[0].pk)
    assert ballot.scores.get().points == 4
    assert not ballot.is_handed_in


def test_on_a_phone_a_link_leads_past_the_text_to_the_ballot(new_context, ballots):
    page = opened(new_context, ballots[0], width=360, height=640)
    verdict = page.locator("[name=verdict]").first
    expect(verdict).not_to_be_in_viewport()

    page.click("a[href='#keep']")

    expect(verdict).to_be_in_viewport()
