"""A paper while it is a draft: nobody writes over, or issues, what they have not seen."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from pytest_django.asserts import assertContains

from registry.models import DraftBuffer
from reviews.models import Decision
from tests import factories
from tests.reviews.pages import answers_on, leads_to, sent, signed_in, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    return signed_in(client, factories.ClerkFactory())


@pytest.fixture
def line():
    return factories.DecisionLineFactory()


def test_of_two_pages_of_one_line_the_second_does_not_write_over_the_first(client, clerk, line):
    opened = answers_on(client.get(to("line_update", line)))

    leads_to(sent(client, "line_update", line, reason="Một"), line.decision.get_absolute_url())
    second = client.post(to("line_update", line), opened | {"reason": "Hai"})

    assert second.status_code == HTTPStatus.CONFLICT
    line.refresh_from_db()
    assert line.reason == "Một"


@pytest.mark.parametrize("change", ["add", "update", "drop"])
def test_what_is_issued_is_what_the_page_has_shown(client, clerk, line, change):
    paper = line.decision
    page = answers_on(client.get(to("decision_issue", paper)))
    if change == "add":
        sent(client, "line_add", paper, model=factories.running().code, verdict="maintain")
    elif change == "update":
        sent(client, "line_update", line, verdict="replicate", reason="Hiệu quả")
    else:
        client.post(to("line_drop", line), {"version": paper.version})

    issued = client.post(to("decision_issue", paper), page)

    assert issued.status_code == HTTPStatus.CONFLICT
    paper.refresh_from_db()
    assert (paper.is_issued, paper.version) == (False, 2)


def test_proposals_taken_into_a_paper_make_it_another_that_has_to_be_looked_at(client, clerk):
    seminar = factories.opened()
    paper = factories.DecisionFactory(seminar=seminar)
    page = answers_on(client.get(to("decision_issue", paper)))
    item = seminar.items.get()
    item.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=clerk)

    client.post(to("decision_from_seminar", seminar))
    issued = client.post(to("decision_issue", paper), page)

    assert (paper.lines.count(), issued.status_code) == (1, HTTPStatus.CONFLICT)
    again = client.post(to("decision_from_seminar", seminar), follow=True)
    paper.refresh_from_db()
    assert paper.version == 2
    assert "đã có đủ các đề xuất" in again.content.decode()


@pytest.mark.parametrize("version", [None, "", "0"])
def test_a_line_without_its_stamp_is_refused_and_its_words_are_kept(client, clerk, line, version):
    said = answers_on(client.get(to("line_update", line))) | {"reason": "Một lý do dài"}
    said = {name: text for name, text in said.items() if name != "version"}
    if version is not None:
        said["version"] = version

    response = client.post(to("line_update", line), said)

    assertContains(response, "Một lý do dài", status_code=HTTPStatus.CONFLICT)
    assert DraftBuffer.objects.get().content["reason"] == ["Một lý do dài"]
    line.refresh_from_db()
    assert line.reason == ""


def test_a_line_is_taken_out_by_the_button_of_the_page_that_shows_it(client, clerk, line):
    page = answers_on(client.get(line.decision.get_absolute_url()))

    without = client.post(to("line_drop", line), {})
    leads_to(client.post(to("line_drop", line), page), line.decision.get_absolute_url())

    assert without.status_code == HTTPStatus.CONFLICT
    assert not line.decision.lines.exists()


def test_a_paper_is_corrected_by_one_draft_however_often_it_is_asked_for(client, clerk):
    paper = factories.issued(None, factories.running())

    first, again = (client.post(to("decision_correct", paper)) for _time in range(2))

    draft = paper.corrected_by.get()
    leads_to(first, draft.get_absolute_url())
    leads_to(again, draft.get_absolute_url())
    draft.number, draft.dated, draft.signatory = "2-TB/ĐU", paper.dated, paper.signatory
    draft.save()
    factories.issued(draft, factories.running())
    client.post(to("decision_correct", paper))
    assert paper.corrected_by.count() == 2


def test_no_paper_and_no_proposal_has_a_unit_take_up_its_own_model(client, clerk):
    item = factories.opened().items.get()
    said = {"verdict": "replicate", "take_up": item.organisation.name}

    paper = sent(
        client, "line_add", factories.DecisionFactory(),
        model=item.model.code, reason="Dễ học.", **said,
    )  # fmt: skip
    proposal = sent(client, "conclusion_update", item, rationale="Dễ học.", whose="Chủ trì", **said)

    for page in (paper, proposal):
        assert list(page.context["form"].errors) == ["take_up"]


# --- The day and the number of a paper ------------------------------------------------------------


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.mark.parametrize("day", ["1/1/1850", "31/12/9998", "tomorrow"])
def test_a_paper_of_a_day_to_come_or_long_before_the_register_is_refused_at_its_field(
    client, clerk, line, day
):
    day = f"{in_days(1):%d/%m/%Y}" if day == "tomorrow" else day

    refused = sent(client, "decision_update", line.decision, dated=day)
    taken = sent(client, "decision_update", line.decision, dated=f"{in_days(0):%d/%m/%Y}")

    assert list(refused.context["form"].errors) == ["dated"]
    leads_to(taken, line.decision.get_absolute_url())


def test_a_paper_of_a_day_to_come_is_not_issued(client, clerk, line):
    paper = line.decision
    paper.dated = in_days(1)
    paper.save_by(clerk)

    page = sent(client, "decision_issue", paper)

    with pytest.raises(ValidationError) as refused:
        paper.clean()
    assert page.context["refusals"] == refused.value.messages
    paper.refresh_from_db()
    assert not paper.is_issued


def test_a_line_that_will_not_stand_is_said_before_and_after_it_is_issued(client, clerk):
    overtaken, stands = factories.running(name="Đường hoa"), factories.running(name="Vườn rau")
    factories.issued(None, overtaken, by=clerk, verdict="replicate", reason="Dễ học.")
    old = factories.DecisionFactory(dated=date(2024, 6, 5))
    for model in (overtaken, stands):
        factories.DecisionLineFactory(decision=old, model=model)
    later = f"{in_days(0):%d/%m/%Y}"

    page = client.get(to("decision_issue", old))
    first, second = (
        row.text_content() for row in html.fromstring(page.content).xpath("//tbody/tr")
    )
    done = client.post(to("decision_issue", old), answers_on(page), follow=True)

    assert (later in first, "Tiếp tục duy trì" in first) == (True, False)
    assert (later in second, "Tiếp tục duy trì" in second) == (False, True)
    (message,) = done.context["messages"]
    assert ("Đường hoa" in str(message), "Vườn rau" in str(message)) == (True, False)
    overtaken.refresh_from_db()
    assert overtaken.verdict == "replicate"


def test_of_two_papers_of_one_day_the_one_issued_last_stands_and_the_preview_says_so(client, clerk):
    model = factories.running()
    factories.issued(None, model, by=clerk)
    line = factories.DecisionLineFactory(model=model, verdict="survey")

    page = client.get(to("decision_issue", line.decision))

    assert page.context["lines"].get().later is None
    sent(client, "decision_issue", line.decision)
    model.refresh_from_db()
    assert model.verdict == "survey"


def test_a_number_given_to_a_paper_of_the_same_kind_and_year_is_warned_of_and_stops_nothing(
    client, clerk, line
):
    line.decision.number = "12-TB/TU"
    line.decision.save_by(clerk)
    same = factories.issued(factories.DecisionFactory(number="12-tb/TU"), factories.running())
    others = [
        factories.DecisionFactory(number="12-TB/TU", kind="QĐ"),
        factories.DecisionFactory(number="12-TB/TU", dated=date(2024, 6, 5)),
    ]
    for other in others:
        factories.issued(other, factories.running())
    factories.DecisionFactory(number="12-TB/TU")  # not issued

    page = client.get(to("decision_issue", line.decision))

    assert list(page.context["namesakes"]) == [same]
    assertContains(page, "govuk-warning-text__icon", count=1)
    leads_to(sent(client, "decision_issue", line.decision), line.decision.get_absolute_url())


def test_the_preview_of_a_paper_takes_the_same_queries_for_one_line_and_for_four(
    client, clerk, line
):
    with CaptureQueriesContext(connection) as few:
        client.get(to("decision_issue", line.decision))
    for _time in range(3):
        factories.DecisionLineFactory(decision=line.decision)

    with CaptureQueriesContext(connection) as many:
        client.get(to("decision_issue", line.decision))

    assert len(many) == len(few)


# --- Taken from the proposals of a seminar --------------------------------------------------------


def proposed(clerk, *models):
    """Return an open seminar that proposes to go on with each of the models."""
    seminar = factories.SeminarFactory()
    for model in models:
        factories.AgendaItemFactory(seminar=seminar, model=model)
    factories.opened(seminar)
    for item in seminar.items.all():
        item.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=clerk)
    return seminar


def test_a_model_that_is_not_accepted_is_left_out_and_named_and_the_others_can_be_issued(
    client, clerk
):
    accepted, waiting = factories.running(), factories.submitted(name="Chợ văn minh")
    seminar = proposed(clerk, accepted, waiting)

    response = client.post(to("decision_from_seminar", seminar), follow=True)

    paper = seminar.decisions.get()
    assert [line.model for line in paper.lines.all()] == [accepted]
    assert "Chợ văn minh" in " ".join(map(str, response.context["messages"]))
    paper.number, paper.dated, paper.signatory = "3-TB/ĐU", in_days(0), "Lê Thử"
    paper.save_by(clerk)
    leads_to(sent(client, "decision_issue", paper), paper.get_absolute_url())


@pytest.mark.parametrize("proposals", ["none", "not accepted"])
def test_where_there_is_no_proposal_to_take_no_paper_is_made_and_that_is_said(
    client, clerk, proposals
):
    some = proposed(clerk, factories.submitted())
    seminar = factories.opened() if proposals == "none" else some

    response = client.post(to("decision_from_seminar", seminar), follow=True)

    assert response.redirect_chain == [(seminar.get_absolute_url(), HTTPStatus.FOUND)]
    assert response.context["messages"]
    assert not Decision.objects.exists()


def test_a_paper_prepared_on_an_english_page_is_in_vietnamese_all_the_same(client, clerk):
    seminar = proposed(clerk, factories.running())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    client.post(to("decision_from_seminar", seminar))

    assert seminar.decisions.get().subject.startswith("Kết luận về các mô hình")


def test_a_paper_that_came_to_name_a_models_own_unit_asks_it_to_take_up_nothing(clerk):
    model, other = factories.running(), factories.CellFactory()
    said = {"verdict": "replicate", "reason": "Dễ học."}

    factories.issued(None, model, by=clerk, take_up=[model.organisation, other], **said)

    assert [asked.organisation for asked in model.replications.all()] == [other]
