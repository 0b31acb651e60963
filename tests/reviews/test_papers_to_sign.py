"""Minutes and drafts as Word files: what they say, and what they leave to the office."""

import re
from datetime import date
from http import HTTPStatus
from io import BytesIO

import docx
import pytest
from django.utils.translation import override
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import SecurityEvent, Verdict
from reviews.models import DecisionLine
from reviews.papers import draft_of, in_words, minutes_of
from tests import factories
from tests.reviews.pages import hand_in, signed_in, text_of, to

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client):
    return signed_in(client, factories.ClerkFactory())


def read(content):
    """Return all words of a Word file, and its tables as rows of texts."""
    document = docx.Document(BytesIO(content))
    tables = [
        [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables
    ]
    words = [paragraph.text for paragraph in document.paragraphs]
    words += [text for table in tables for row in table for text in row]
    return "\n".join(words), tables


def concluded(clerk, **fields):
    """Return an open seminar with one item on which a member has voted and a proposal stands."""
    seminar = factories.opened(members=1, items=1)
    item = seminar.items.get()
    hand_in(item.ballots.get(), Verdict.REPLICATE)
    said = {"verdict": "replicate", "rationale": "Cách làm rõ.", "whose": "Chủ trì", "by": clerk}
    item.conclude(**said | fields)
    return seminar, item


def test_minutes_say_who_was_there_what_was_counted_and_what_is_proposed(client, clerk):
    seminar, item = concluded(clerk, review_by=date(2027, 3, 5))
    item.gist = "Đề nghị nêu rõ số hộ tham gia."
    item.save_by(clerk)

    words, tables = read(minutes_of(seminar))

    member = seminar.members.get()
    for said in (
        "BIÊN BẢN",
        "ĐẢNG CỘNG SẢN VIỆT NAM",
        "THÀNH ỦY TAM KỲ",
        member.name,
        f"1. {item.model} – {item.organisation}",
        "Đề nghị nêu rõ số hộ tham gia.",
        "Phiếu đánh giá (1 phiếu): Nhân rộng: 1.",
        "Kiến nghị (Chủ trì): Nhân rộng.",
        "Cách làm rõ.",
        "Rà soát lại trước ngày 05/03/2027.",
    ):
        assert said in words
    assert ["Nhân rộng", "1"] in tables[1]


def test_minutes_leave_number_hours_and_signatures_to_the_office(clerk):
    seminar, _item = concluded(clerk)

    words, _tables = read(minutes_of(seminar))

    assert "Số ……-BB/TU" in words
    assert "bắt đầu vào hồi ……" in words


def test_who_said_what_on_a_ballot_is_not_in_the_minutes(clerk):
    seminar, _item = concluded(clerk)

    words, _tables = read(minutes_of(seminar))

    assert "Có kết quả rõ." not in words


def test_an_item_without_proposal_or_name_is_in_the_minutes_all_the_same(clerk):
    seminar = factories.SeminarFactory(title="Tọa đàm <thử> & xem")
    unit = factories.CellFactory(name="Chi bộ Không Tên")
    factories.AgendaItemFactory(seminar=seminar, model=None, organisation=unit)

    words, _tables = read(minutes_of(seminar))

    assert "Tọa đàm <thử> & xem" in words
    assert "Chi bộ Không Tên" in words
    assert "Chưa ghi nhận kiến nghị." in words


def test_a_draft_lists_its_lines_by_verdict_with_what_is_to_be_done(clerk):
    good, done = factories.running(name="Đường hoa"), factories.running(name="Đã xong")
    unit = factories.CellFactory(name="Chi bộ khối phố 9")
    paper = factories.DecisionFactory(subject="kết luận về hai mô hình", number="", dated=None)
    ends = {"retire_reason": "completed", "closing_kind": "completed"}
    over = DecisionLine(model=done, verdict="retire", reason="Đã đạt.", **ends)
    paper.add_line(over, by=clerk, version=paper.version)
    taken_up = DecisionLine(model=good, verdict="replicate", reason="Dễ học.")
    paper.add_line(taken_up, by=clerk, version=paper.version, take_up=[unit])

    words, tables = read(draft_of(paper))

    assert "Dự thảo" in words
    assert "Số ……-TB/TU" in words
    assert words.index("1. Nhân rộng: 1 mô hình") < words.index("2. Kết thúc")
    assert tables[1][1][1:3] == ["Đường hoa", good.organisation.name]
    assert tables[1][1][3] == "Dễ học.\nĐơn vị cần nhân rộng: Chi bộ khối phố 9."
    assert "Đã đạt." in tables[2][1][3]


def test_of_a_model_that_is_merged_no_paper_says_that_it_no_longer_fits(client, clerk):
    ends = {
        "verdict": "retire", "retire_reason": "duplicate", "closing_kind": "merged",
        "merged_into": factories.running(name="Vườn rau"),
    }  # fmt: skip
    seminar, _item = concluded(clerk, rationale="Trùng.", **ends)
    paper = factories.DecisionFactory()
    line = DecisionLine(model=factories.running(), reason="Trùng.", **ends)
    paper.add_line(line, by=clerk, version=paper.version)

    for words in (
        read(draft_of(paper))[0],
        read(minutes_of(seminar))[0],
        text_of(client.get(to("decision_issue", paper))),
        text_of(client.get(paper.get_absolute_url())),
    ):
        assert "Nhập vào mô hình khác" in words
        assert "không còn phù hợp" not in words.lower()


def test_papers_are_in_vietnamese_on_an_english_page_too(clerk):
    seminar, _item = concluded(clerk)

    with override("en"):
        words, _tables = read(minutes_of(seminar))

    assert "BIÊN BẢN" in words
    assert not re.search(r"\b(Minutes|Replicate|Proposal)\b", words, re.IGNORECASE)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2023, 6, 1), "ngày 01 tháng 6 năm 2023"),
        (date(2026, 2, 27), "ngày 27 tháng 02 năm 2026"),
        (date(2026, 11, 9), "ngày 09 tháng 11 năm 2026"),
        (None, "ngày …… tháng …… năm ……"),
    ],
)
def test_dates_are_written_as_party_papers_write_them(day, said):
    assert in_words(day) == said


def test_the_clerk_takes_both_along_and_it_is_on_record(client, clerk):
    seminar, item = concluded(clerk)
    paper = factories.DecisionFactory()
    factories.DecisionLineFactory(decision=paper, model=item.model)

    for address in (to("seminar_minutes", seminar), to("decision_draft", paper)):
        response = client.get(address)
        assert response["Content-Disposition"].startswith("attachment")
        assert read(response.content)

    exported = SecurityEvent.objects.filter(kind=SecurityEvent.Kind.EXPORTED, user=clerk)
    assert exported.count() == 2
    assertContains(client.get(seminar.get_absolute_url()), to("seminar_minutes", seminar))
    assertContains(client.get(paper.get_absolute_url()), to("decision_draft", paper))


def test_of_an_issued_paper_there_is_no_draft_any_more(client, clerk):
    paper = factories.issued(factories.DecisionFactory(), factories.running())

    assert client.get(to("decision_draft", paper)).status_code == HTTPStatus.CONFLICT
    assertNotContains(client.get(paper.get_absolute_url()), to("decision_draft", paper))


def test_minutes_take_the_same_queries_for_many_items(clerk, django_assert_max_num_queries):
    seminar = factories.opened(members=2, items=12)
    for item in seminar.items.all():
        item.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=clerk)

    with django_assert_max_num_queries(7):
        minutes_of(seminar)
