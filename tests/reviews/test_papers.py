"""A paper while it is a draft: nobody writes over, or issues, what they have not seen."""

from http import HTTPStatus

import pytest
from pytest_django.asserts import assertContains

from registry.models import DraftBuffer, Replication
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
    client.post(to("decision_from_seminar", seminar))
    paper.refresh_from_db()
    assert paper.version == 2


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
        assert page.context["form"].errors == {"take_up": [str(Replication.ITS_OWN)]}
