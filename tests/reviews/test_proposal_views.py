"""How far a seminar has come, what it proposes, and who sees how much."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Verdict
from reviews.models import AgendaItem, Assessment, Conclusion
from tests import factories
from tests.factories import this_year
from tests.reviews.pages import answers_on, hand_in, leads_to, planned, sent, signed_in, text_of, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    return signed_in(client, factories.ClerkFactory())


# --- Progress and tallies -------------------------------------------------------------------


def test_the_clerk_sees_who_has_assessed_how_much_and_how_each_item_stands(client, clerk):
    seminar = factories.opened(planned("Một", "Hai"), members=2)
    diligent, late = seminar.members.all()
    for ballot in diligent.ballots.all():
        hand_in(ballot)

    response = client.get(seminar.get_absolute_url())

    said = text_of(response)
    assert f"{diligent}: 2/2" in said
    assert f"{late}: 0/2" in said
    assert [row["tally"]["verdicts"]["maintain"] for row in response.context["rows"]] == [1, 1]


def test_a_member_sees_the_tally_of_an_item_only_after_handing_in_their_own(client):
    seminar = factories.opened(planned("Một", "Hai"), members=2)
    member, other = seminar.members.all()
    for ballot in other.ballots.all():
        hand_in(ballot)
    hand_in(member.ballots.get(item__model__name="Một"))
    signed_in(client, member.user)

    rows = client.get(seminar.get_absolute_url()).context["rows"]

    assert {str(row["item"]): row["tally"] is not None for row in rows} == {
        "Một": True, "Hai": False,
    }  # fmt: skip
    hidden = client.get(seminar.items.get(model__name="Hai").get_absolute_url())
    assertNotContains(hidden, str(other))
    assertNotContains(hidden, "Có kết quả rõ.")
    seen = client.get(seminar.items.get(model__name="Một").get_absolute_url())
    assertContains(seen, str(other))


@pytest.fixture
def judged():
    """An open seminar with a judged, discussed and concluded item, and one of another unit."""
    seminar = factories.opened(planned("Của mình", "Của bạn"), members=2)
    for ballot in Assessment.objects.all():
        hand_in(ballot, Verdict.STRENGTHEN)
    own = seminar.items.get(model__name="Của mình")
    AgendaItem.objects.filter(pk=own.pk).update(opinion="Ý kiến nội bộ", gist="Lời thảo luận")
    own.conclude(
        verdict=Verdict.STRENGTHEN, rationale="Cần thêm số liệu.", whose="Chủ trì",
        by=factories.ClerkFactory(),
    )  # fmt: skip
    return seminar, own


def test_a_unit_sees_its_own_item_and_the_proposal_and_never_tally_voter_or_opinion(client, judged):
    seminar, own = judged
    signed_in(client, factories.UnitUserFactory(organisation=own.organisation))

    on_list, on_item = client.get(seminar.get_absolute_url()), client.get(own.get_absolute_url())

    for page in (on_list, on_item):
        for hidden in ("Của bạn", "Có kết quả rõ.", "Ý kiến nội bộ", "Lời thảo luận"):
            assertNotContains(page, hidden)
        for member in seminar.members.all():
            assertNotContains(page, str(member))
    assert [row["tally"] for row in on_list.context["rows"]] == [None]
    assert len(html.fromstring(on_list.content).xpath("//main//th")) == 3  # none for ballots
    assert on_item.context["row"]["tally"] is None
    assertContains(on_item, "Cần thêm số liệu.")
    other = seminar.items.exclude(pk=own.pk).get()
    assert client.get(other.get_absolute_url()).status_code == HTTPStatus.NOT_FOUND


def test_the_page_of_a_seminar_asks_as_many_queries_for_two_hundred_items_as_for_two(client, clerk):
    def opened(number):
        seminar = factories.SeminarFactory()
        seminar.put(factories.PracticeModelFactory.create_batch(number), by=clerk)
        return factories.opened(seminar, members=7)

    few, many = opened(2), opened(200)
    for ballot in Assessment.objects.filter(item__seminar=many, item__position__lt=5):
        hand_in(ballot)

    with CaptureQueriesContext(connection) as of_few:
        client.get(few.get_absolute_url())
    with CaptureQueriesContext(connection) as of_many:
        client.get(many.get_absolute_url())

    assert len(of_many) == len(of_few)


# --- Proposals ------------------------------------------------------------------------------


def test_a_proposal_is_recorded_beside_the_tally_and_a_missing_quorum_only_warns(client, clerk):
    seminar = factories.opened(planned("Một", quorum=2), members=2)
    item = seminar.items.get()
    hand_in(item.ballots.first())
    unit = factories.CellFactory(name="Chi bộ khối phố Sông Xanh")

    page = client.get(to("conclusion_update", item))
    response = sent(
        client, "conclusion_update", item,
        verdict="replicate", rationale="Cách làm dễ học.", whose="Chủ trì", take_up="song xanh",
        review_by=f"31/12/{this_year() + 1}",
    )  # fmt: skip

    assert page.context["lacks_quorum"]
    assert page.context["row"]["tally"]["handed_in"] == 1
    leads_to(response, seminar.get_absolute_url())
    conclusion = Conclusion.objects.get()
    assert (conclusion.verdict, conclusion.recorded_by) == (Verdict.REPLICATE, clerk)
    assert conclusion.review_by == date(this_year() + 1, 12, 31)
    assert list(conclusion.take_up.all()) == [unit]


def test_no_quorum_is_missed_where_enough_are_in(client, clerk):
    seminar = factories.opened(planned("Một", quorum=1))
    hand_in(Assessment.objects.get())

    page = client.get(to("conclusion_update", seminar.items.get()))

    assert not page.context["lacks_quorum"]
    assertNotContains(page, "govuk-warning-text")


def test_a_retirement_says_why_and_how_and_into_what(client, clerk):
    item = factories.opened().items.get()
    retire = {
        "verdict": "retire",
        "rationale": "Trùng với mô hình khác.",
        "whose": "Tổ thẩm định",
        "retire_reason": "duplicate",
        "closing_kind": "merged",
    }

    lacking = sent(client, "conclusion_update", item, **retire)
    itself = sent(client, "conclusion_update", item, merged_into=item.model.code, **retire)
    into = factories.running()
    sent(client, "conclusion_update", item, merged_into=into.code, **retire)

    assert list(lacking.context["form"].errors) == ["merged_into"]
    assert list(itself.context["form"].errors) == ["merged_into"]
    assert Conclusion.objects.get().merged_into == into


def test_a_proposal_shows_again_what_was_recorded_and_is_changed_on_record(client, clerk):
    item = factories.opened().items.get()
    unit = factories.CellFactory()
    item.conclude(
        verdict=Verdict.REPLICATE, rationale="Dễ học.", whose="Chủ trì", by=clerk, take_up=[unit]
    )

    sent(client, "conclusion_update", item, verdict="maintain")

    conclusion = Conclusion.objects.get()
    assert conclusion.verdict == Verdict.MAINTAIN
    assert list(conclusion.take_up.all()) == [unit]


def test_of_two_pages_opened_at_once_the_second_does_not_write_over_the_first(client, clerk):
    item = factories.opened().items.get()
    answers = answers_on(client.get(to("conclusion_update", item))) | {"whose": "Chủ trì"}

    client.post(to("conclusion_update", item), answers | {"verdict": "maintain"})
    late = client.post(to("conclusion_update", item), answers | {"verdict": "survey"})

    assert late.status_code == HTTPStatus.CONFLICT
    assert Conclusion.objects.get().verdict == Verdict.MAINTAIN


def test_what_the_preview_of_all_others_lists_is_exactly_what_is_recorded(client, clerk):
    seminar = factories.opened(planned("Một", "Hai", "Ba"))
    decided = seminar.items.get(model__name="Hai")
    decided.conclude(verdict=Verdict.SURVEY, rationale="", whose="Chủ trì", by=clerk)

    listed = client.get(to("conclude_rest", seminar)).context["rest"]
    response = sent(client, "conclude_rest", seminar, whose="Chủ trì")

    leads_to(response, seminar.get_absolute_url())
    maintained = Conclusion.objects.filter(verdict=Verdict.MAINTAIN)
    assert [conclusion.item for conclusion in maintained] == listed
    assert [str(item) for item in listed] == ["Một", "Ba"]
    assert decided.conclusion_or_new().verdict == Verdict.SURVEY
    assert not client.get(to("conclude_rest", seminar)).context["rest"]


def test_all_others_is_refused_when_one_was_decided_since_the_preview(client, clerk):
    seminar = factories.opened(planned("Một", "Hai"))
    expected = client.get(to("conclude_rest", seminar)).context["form"].initial["expected"]
    seminar.items.first().conclude(verdict=Verdict.SURVEY, rationale="", whose="Chủ trì", by=clerk)

    for shown in (expected, "", "x"):
        response = client.post(
            to("conclude_rest", seminar), {"whose": "Chủ trì", "expected": shown}
        )
        assert response.status_code == HTTPStatus.CONFLICT

    assert Conclusion.objects.count() == 1


def test_all_others_asks_whose_proposal_it_is(client, clerk):
    seminar = factories.opened()

    response = sent(client, "conclude_rest", seminar, whose=" ")

    assert list(response.context["form"].errors) == ["whose"]
    assert not Conclusion.objects.exists()


# --- What a proposal and a line have in common ----------------------------------------------------


@pytest.fixture(params=["conclusion_update", "line_add"])
def saying(request, client, clerk):
    """Return how one says something of a model on either page; the model is the first of it."""
    item = factories.opened().items.get()
    paper = factories.DecisionFactory(dated=None)
    record = {"conclusion_update": item, "line_add": paper}[request.param]
    plain = {"verdict": "maintain", "whose": "Chủ trì", "model": item.model.code}

    def say(**answers):
        return sent(client, request.param, record, **plain | answers)

    return item.model, say


def test_a_unit_is_not_asked_to_take_up_its_own_model(saying):
    model, say = saying
    other = factories.CellFactory()

    refused = say(take_up=f"{other.name}\n{model.organisation.name}")

    assert list(refused.context["form"].errors) == ["take_up"]
    assert say(take_up=other.name).status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("day", ["yesterday", "1/1/1850", "1/1/9999"])
def test_a_model_is_to_be_reviewed_on_a_day_that_is_not_over_and_not_too_far_off(saying, day):
    _model, say = saying
    today = timezone.localdate()
    yesterday = f"{today - timedelta(days=1):%d/%m/%Y}"

    refused = say(review_by=yesterday if day == "yesterday" else day)

    assert list(refused.context["form"].errors) == ["review_by"]
    assert say(review_by=f"{today:%d/%m/%Y}").status_code == HTTPStatus.FOUND


def test_a_paper_recorded_late_says_a_day_that_was_not_over_when_it_was_signed(client, clerk):
    paper = factories.DecisionFactory(dated=date(2024, 6, 5))
    line = {"model": factories.running().code, "verdict": "maintain"}

    refused = sent(client, "line_add", paper, review_by="4/6/2024", **line)
    leads_to(
        sent(client, "line_add", paper, review_by="31/12/2024", **line), paper.get_absolute_url()
    )

    assert list(refused.context["form"].errors) == ["review_by"]


def test_of_a_model_that_is_not_accepted_the_form_says_so_and_not_that_there_is_none(saying):
    _model, say = saying
    waiting = factories.submitted(name="Chợ văn minh")
    merged = {
        "verdict": "retire", "reason": "Trùng.", "rationale": "Trùng.",
        "retire_reason": "duplicate", "closing_kind": "merged",
    }  # fmt: skip

    known = say(merged_into=waiting.code, **merged).context["form"]
    unknown = say(merged_into="không có mô hình này", **merged).context["form"]

    assert known.errors["merged_into"] == ["“Chợ văn minh” chưa được tiếp nhận."]
    assert "Không tìm thấy" in unknown.errors["merged_into"][0]
