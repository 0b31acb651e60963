"""A whole seminar at once: the sheets for the meeting, the table, proposals for several."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import SecurityEvent, Verdict
from reviews.models import AgendaItem, Assessment, Conclusion
from reviews.views.tables import SHORT
from tests import factories
from tests.counting import rows
from tests.reviews.pages import hand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    clerk = factories.ClerkFactory()
    client.force_login(clerk)
    return clerk


def seminar_of(*models, members=3, quorum=2):
    """Return an open seminar with the models before it."""
    seminar = factories.SeminarFactory(quorum=quorum)
    for _number in range(members):
        factories.PanelMemberFactory(seminar=seminar, user=factories.PanelUserFactory())
    for position, model in enumerate(models, 1):
        factories.AgendaItemFactory(seminar=seminar, model=model, position=position)
    seminar.open(by=factories.ClerkFactory())
    return seminar


def said(item, *verdicts):
    """Let members hand in ballots on an item, one verdict each."""
    for ballot, verdict in zip(item.ballots.order_by("pk"), verdicts, strict=False):
        hand_in(ballot, verdict)


def page_of(name, seminar):
    return reverse(f"reviews:{name}", args=[seminar.pk])


# --- The packet -----------------------------------------------------------------------------------


def test_there_is_a_sheet_for_each_item_in_the_order_of_the_meeting(client, clerk):
    one = factories.running(name="Thứ nhất", approach="Cách làm rất dài. " * 200)
    seminar = seminar_of(one, factories.running(name="Thứ hai"))

    page = client.get(page_of("seminar_packet", seminar))

    assert [sheet["model"].name for sheet in page.context["sheets"]] == ["Thứ nhất", "Thứ hai"]
    assertContains(page, "<svg", count=2)
    assert all(len(text) <= 701 for sheet in page.context["sheets"] for _l, text in sheet["texts"])
    for verdict in Verdict:
        assertContains(page, f"☐ {verdict.label}", count=2)


def test_who_takes_the_whole_agenda_along_is_on_record(client, clerk):
    seminar = seminar_of(factories.running())

    client.get(page_of("seminar_packet", seminar))

    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.EXPORTED)
    assert (event.user, event.about) == (clerk, f"{page_of('seminar_packet', seminar)}?")


def test_the_desk_of_a_member_leads_to_the_sheets(client):
    seminar = seminar_of(factories.running())
    client.force_login(seminar.members.first().user)

    assertContains(client.get(page_of("desk", seminar)), page_of("seminar_packet", seminar))


def test_a_member_gets_no_sheet_of_what_they_take_no_part_in(client, clerk):
    seminar = seminar_of(factories.running(name="Của mình"), factories.running(name="Của bạn"))
    member = seminar.members.first()
    seminar.items.get(position=1).recuse(member, reason="Tự xin", by=clerk)
    client.force_login(member.user)

    page = client.get(page_of("seminar_packet", seminar))

    assert [sheet["model"].name for sheet in page.context["sheets"]] == ["Của bạn"]
    assert [item.model.name for item in page.context["away"]] == ["Của mình"]


@pytest.mark.parametrize("is_returned", [False, True], ids=["withdrawn", "returned"])
def test_what_lies_with_its_unit_again_is_on_no_sheet(client, clerk, is_returned):
    unit = factories.UnitUserFactory()
    model = factories.submitted(
        organisation=unit.memberships.get().organisation, by=unit, approach="Chuyện riêng"
    )
    seminar = seminar_of(model)
    model.refresh_from_db()
    if is_returned:
        model.send_back(by=clerk, reason="Nêu rõ cách làm.")
    else:
        model.withdraw(by=unit)

    assertNotContains(client.get(page_of("seminar_packet", seminar)), "Chuyện riêng")


@pytest.mark.parametrize("name", ["seminar_packet", "seminar_table"])
def test_the_page_takes_the_same_queries_for_two_items_and_for_twelve(client, clerk, name):
    few, many = (
        seminar_of(*[factories.running() for _number in range(number)]) for number in (2, 12)
    )
    with CaptureQueriesContext(connection) as lean:
        client.get(page_of(name, few))
    for item in many.items.all():
        factories.EvidenceFactory(model=item.model)
        said(item, Verdict.MAINTAIN, Verdict.REPLICATE)

    with CaptureQueriesContext(connection) as rich:
        client.get(page_of(name, many))

    # One for the indicators, one for the outcomes, where there are any.
    assert len(rich) <= len(lean) + 2


# --- The table ------------------------------------------------------------------------------------


def test_the_table_says_who_said_what_who_is_missing_and_how_it_stands(client, clerk):
    seminar = seminar_of(factories.running(), factories.running())
    first, second = seminar.items.all()
    said(first, Verdict.REPLICATE, Verdict.REPLICATE)
    ballot = second.ballots.first()
    ballot.verdict = Verdict.RETIRE
    ballot.write(by=ballot.member.user, version=ballot.version)

    page = client.get(page_of("seminar_table", seminar))

    cells = [[cell["text"] for cell in row["cells"]] for row in page.context["rows"]]
    replicate = SHORT[Verdict.REPLICATE]
    assert cells == [[replicate, replicate, "–"], ["–", "–", "–"]]
    assert [row["lacks_quorum"] for row in page.context["rows"]] == [False, True]
    assert page.context["majorities"] == [(Verdict.REPLICATE, 1)]


def test_the_table_can_be_left_with_those_that_have_no_proposal(client, clerk):
    seminar = seminar_of(factories.running(name="Thứ nhất"), factories.running(name="Thứ hai"))
    first, second = seminar.items.all()
    first.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=clerk)
    table = page_of("seminar_table", seminar)

    (address,) = html.fromstring(client.get(table).content).xpath("//main//a/@href[.='?left=1']")
    page = client.get(f"{table}{address}")

    assert [row["item"] for row in page.context["rows"]] == [second]
    second.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=clerk)
    assertContains(client.get(f"{table}{address}"), f'href="{table}"')


def test_where_there_are_no_ballots_none_are_counted(client, clerk):
    seminar = factories.SeminarFactory()
    item = factories.AgendaItemFactory(seminar=seminar)

    for address in (
        seminar.get_absolute_url(),
        item.get_absolute_url(),
        page_of("seminar_table", seminar),
    ):
        assertNotContains(client.get(address), "còn chờ")
        assertNotContains(client.get(address), "Phiếu đánh giá")


@pytest.mark.parametrize(
    ("verdicts", "quorum", "expected"),
    [
        ([], 0, ""),
        (["maintain"], 2, ""),
        (["maintain", "maintain"], 2, "maintain"),
        (["maintain", "replicate"], 2, ""),
        (["maintain", "replicate", "replicate"], 3, "replicate"),
        (["maintain"], None, "maintain"),
    ],
)
def test_a_majority_is_more_than_half_of_a_quorum(verdicts, quorum, expected):
    numbers = {verdict: verdicts.count(verdict) for verdict in Verdict.values}
    tally = {"verdicts": numbers, "handed_in": len(verdicts)}

    assert AgendaItem.majority(tally, quorum) == expected


# --- Several proposals ----------------------------------------------------------------------------


def preview(client, seminar, items, **answers):
    sent = {"step": "preview", "item": [item.pk for item in items], "whose": "Chủ trì"}
    return client.post(page_of("conclude_several", seminar), sent | answers)


def record(client, seminar, page):
    sent = {"sealed": page.context["sealed"], "token": page.context["token"]}
    return client.post(page_of("conclude_several", seminar), sent)


def test_the_same_proposal_is_recorded_on_the_ticked_items_after_a_preview(client, clerk):
    seminar = seminar_of(*[factories.running() for _number in range(3)])
    first, second, third = seminar.items.all()
    page = preview(client, seminar, [first, second], verdict="maintain")
    assert not Conclusion.objects.exists()

    record(client, seminar, page)
    record(client, seminar, page)

    found = {row.item: (row.verdict, row.recorded_by) for row in Conclusion.objects.all()}
    assert found == {first: ("maintain", clerk), second: ("maintain", clerk)}
    assert third not in found


def test_those_on_which_a_majority_agrees_are_chosen_with_one_tap(client, clerk):
    seminar = seminar_of(*[factories.running() for _number in range(3)])
    first, second, _third = seminar.items.all()
    said(first, Verdict.REPLICATE, Verdict.REPLICATE)
    said(second, Verdict.MAINTAIN, Verdict.MAINTAIN)

    page = client.get(page_of("conclude_several", seminar), {"majority": "replicate"})

    assert page.context["items"] == [first]
    assert page.context["form"]["verdict"].value() == "replicate"


def test_whose_proposal_it_is_stands_in_vietnamese_on_an_english_page_too(client, clerk):
    seminar = seminar_of(factories.running())
    said(seminar.items.get(), Verdict.REPLICATE, Verdict.REPLICATE)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    page = client.get(page_of("conclude_several", seminar), {"majority": "replicate"})

    assert page.context["form"]["whose"].value() == "tổ thẩm định, theo đa số"


def test_the_preview_says_where_ballots_are_missing_and_where_a_majority_said_otherwise(
    client, clerk
):
    seminar = seminar_of(*[factories.running() for _number in range(4)], members=2)
    agreed, other, few, nobody = seminar.items.all()
    said(agreed, Verdict.MAINTAIN, Verdict.MAINTAIN)
    said(other, Verdict.REPLICATE, Verdict.REPLICATE)
    said(few, Verdict.REPLICATE)

    page = preview(client, seminar, [agreed, other, few, nobody], verdict="maintain")

    found = {
        row["item"]: (row["tally"]["handed_in"], bool(row["lacks_ballots"]), row["differs"])
        for row in page.context["rows"]
    }
    assert found == {
        agreed: (2, False, False),
        other: (2, False, True),
        few: (1, True, False),
        nobody: (0, True, False),
    }


def test_from_the_preview_one_goes_back_to_what_one_has_typed(client, clerk):
    seminar = seminar_of(*[factories.running() for _number in range(2)])
    shown = preview(client, seminar, seminar.items.all(), verdict="replicate", rationale="Dễ\nhọc")
    form = html.fromstring(shown.content).xpath("//main//form")[-1]
    items = form.xpath(".//input[@name='item']/@value")
    sent = dict(form.form_values()) | {"step": "edit", "item": items}

    page = client.post(page_of("conclude_several", seminar), sent)

    form = page.context["form"]
    assert {field.name: field.value() for field in form} == {
        "verdict": "replicate",
        "rationale": "Dễ\nhọc",
        "whose": "Chủ trì",
    }
    assert not form.is_bound
    assert page.context["items"] == list(seminar.items.all())
    assert not Conclusion.objects.exists()


def test_if_one_proposal_has_changed_since_the_preview_none_is_recorded(client, clerk):
    seminar = seminar_of(factories.running(), factories.running())
    first, second = seminar.items.all()
    page = preview(client, seminar, [first, second], verdict="maintain")
    second.conclude(verdict="survey", rationale="", whose="Chủ trì", by=clerk)

    assert record(client, seminar, page).status_code == 409

    assert [row.verdict for row in Conclusion.objects.all()] == ["survey"]


def test_a_proposal_to_end_is_replaced_whole(client, clerk):
    seminar = seminar_of(factories.running())
    (item,) = seminar.items.all()
    item.conclude(
        verdict="retire",
        rationale="Đã xong",
        whose="Chủ trì",
        by=clerk,
        retire_reason="completed",
        closing_kind="completed",
    )

    record(client, seminar, preview(client, seminar, [item], verdict="maintain"))

    conclusion = Conclusion.objects.get()
    assert (conclusion.verdict, conclusion.retire_reason, conclusion.closing_kind) == (
        "maintain",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({}, "verdict"),
        ({"verdict": "retire"}, "verdict"),
        ({"verdict": "replicate"}, "rationale"),
        ({"verdict": "maintain", "whose": ""}, "whose"),
    ],
)
def test_what_is_missing_is_said_at_its_field(client, clerk, answers, wrong):
    seminar = seminar_of(factories.running())

    page = preview(client, seminar, seminar.items.all(), **answers)

    assert list(page.context["form"].errors) == [wrong]
    assert "sealed" not in page.context


def test_without_a_tick_nothing_is_meant(client, clerk):
    seminar = seminar_of(factories.running())

    assertContains(preview(client, seminar, [], verdict="maintain"), "app-empty")


@pytest.mark.parametrize("sealed", ["", "x", "é\0"])
def test_a_preview_that_is_not_ours_is_refused(client, clerk, sealed):
    seminar = seminar_of(factories.running())
    before = rows()
    sent = {"sealed": sealed, "token": uuid4()}

    assert client.post(page_of("conclude_several", seminar), sent).status_code == 400
    assert rows() == before


def test_a_preview_of_another_seminar_is_refused(client, clerk):
    one, other = seminar_of(factories.running()), seminar_of(factories.running())
    page = preview(client, one, one.items.all(), verdict="maintain")

    assert record(client, other, page).status_code == 403
    assert not Conclusion.objects.exists()
    assert Assessment.objects.exists()
