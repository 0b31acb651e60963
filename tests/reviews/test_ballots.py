"""The panel's desk: what is read before judging, the ballot, the remarks to tap."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from registry import appendonly
from registry.keeping import Keep
from registry.models import DraftBuffer, PracticeModel, Role, Verdict
from reviews.judging import Judged, judged
from reviews.models import Assessment, Scan, StockRemark
from reviews.setup import STOCK_REMARKS, fill
from tests import factories
from tests.counting import rows
from tests.factories import this_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client):
    user = factories.PanelUserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


def seminar_of(member, *models):
    """Return the ballots of a member on models put before an open seminar, in their order."""
    seminar = factories.SeminarFactory()
    factories.PanelMemberFactory(seminar=seminar, user=member)
    for position, model in enumerate(models, 1):
        factories.AgendaItemFactory(seminar=seminar, model=model, position=position)
    seminar.open(by=factories.ClerkFactory())
    return list(Assessment.objects.written_by(member).order_by("item__position"))


def running(**fields):
    return factories.running(**{"enrolment__year": this_year() - 1} | fields)


def long_ago(model, **texts):
    """Write texts into the model, and put all its history of today into last year."""
    PracticeModel.objects.filter(pk=model.pk).update(**texts)
    with appendonly.suspended():
        model.history.update(history_date=timezone.now() - timedelta(days=366), **texts)
    model.refresh_from_db()


def changed(model, clerk, **texts):
    for name, text in texts.items():
        setattr(model, name, text)
    model.save_by(clerk, why="năm nay")


def send(client, ballot, action="hand_in", **answers):
    sent = {"version": ballot.version, "action": action, "verdict": "maintain"}
    return client.post(ballot.get_absolute_url(), sent | answers)


def row(found, name):
    return next(row for row in found.rows if row["name"] == name)


# --- What is read ---------------------------------------------------------------------------------


def test_what_is_other_than_at_the_end_of_last_year_stands_beside_what_was(clerk, member):
    model = running()
    long_ago(model, approach="Mỗi hộ một chậu hoa.", results="Có 10 hộ.")
    changed(model, clerk, approach="Mỗi nhóm hộ một đoạn đường.")

    found = judged(model, member)

    assert not found.is_new
    assert [each["name"] for each in found.changed] == ["approach"]
    assert row(found, "approach")["before"] == "Mỗi hộ một chậu hoa."
    assert row(found, "results")["before"] == ""


def test_what_was_a_draft_last_year_is_new_and_its_draft_is_shown_to_nobody(clerk, member):
    model = factories.running(clerk=clerk, approach="Đã sửa")
    drafts = model.history.filter(status="draft")
    with appendonly.suspended():
        drafts.update(history_date=timezone.now() - timedelta(days=366), approach="Bản nháp cũ")
    assert drafts.exists()

    found = judged(model, member)

    assert found.is_new
    assert not found.changed
    assert all("Bản nháp cũ" not in str(each) for each in found.rows)


@pytest.mark.parametrize("is_returned", [False, True], ids=["withdrawn", "returned"])
def test_the_text_of_a_model_that_lies_with_its_unit_again_is_not_shown(
    client, member, clerk, is_returned
):
    unit = factories.UnitUserFactory()
    model = factories.submitted(
        organisation=unit.memberships.get().organisation, by=unit, approach="Chuyện riêng"
    )
    (ballot,) = seminar_of(member, model)
    assertContains(client.get(ballot.get_absolute_url()), "Chuyện riêng")

    model.refresh_from_db()
    if is_returned:
        model.send_back(by=clerk, reason="Nêu rõ cách làm.")
    else:
        model.withdraw(by=unit)

    page = client.get(ballot.get_absolute_url())
    assertNotContains(page, "Chuyện riêng")
    # Which of the two it was is between the unit and the office.
    assert page.context["judged"] == Judged(year=this_year(), is_with_its_unit=True)
    page = client.get(ballot.item.get_absolute_url())
    assertNotContains(page, "Chuyện riêng")


def test_the_figures_of_this_year_stand_beside_those_of_last_year(clerk, member):
    model = running(clerk=clerk)
    households = factories.IndicatorFactory()
    last, this = model.enrolments.get(), model.continue_in(this_year(), by=clerk)
    factories.OutcomeFactory(enrolment=last, indicator=households, achieved=10)
    factories.OutcomeFactory(enrolment=this, indicator=households, planned=20, achieved=17)
    assert [figure["this"] for figure in judged(model, member).figures] == [None]

    this.send(by=clerk)

    (figure,) = judged(model, member).figures
    assert (figure["last"], figure["this"], figure["planned"]) == (10, 17, 20)


def test_the_last_paper_is_shown_with_its_reason(client, clerk, member):
    model = running()
    decision = factories.issued(None, model, by=clerk, verdict=Verdict.STRENGTHEN, reason="Còn ít")
    model.refresh_from_db()
    (ballot,) = seminar_of(member, model)

    page = client.get(ballot.get_absolute_url())

    assertContains(page, "Còn ít")
    assertContains(page, decision.get_absolute_url())


def test_an_older_paper_entered_later_is_not_what_stands(client, clerk, member):
    model = running()
    new, old = (factories.DecisionFactory(dated=date(year, 6, 1)) for year in (2025, 2024))
    factories.issued(new, model, by=clerk, verdict=Verdict.STRENGTHEN, reason="Còn ít")
    factories.issued(old, model, by=clerk)
    model.refresh_from_db()

    last = judged(model, member).last

    assert (last.decision, last.stands()) == (new, True)
    assert model.verdict == Verdict.STRENGTHEN


def test_the_clerks_opinion_is_on_the_screen_of_the_ballot(client, member):
    (ballot,) = seminar_of(member, running())
    ballot.item.opinion = "Đã đến xem tại chỗ."
    ballot.item.save_by(factories.ClerkFactory())

    assertContains(client.get(ballot.get_absolute_url()), "Đã đến xem tại chỗ.")


def test_a_ballot_takes_the_same_queries_whatever_hangs_on_its_model(client, clerk, member):
    few, many = seminar_of(member, running(), running(clerk=clerk))
    with CaptureQueriesContext(connection) as lean:
        client.get(few.get_absolute_url())
    model = many.item.model
    factories.EvidenceFactory.create_batch(4, model=model)
    for enrolment in model.enrolments.all():
        factories.OutcomeFactory.create_batch(5, enrolment=enrolment)

    with CaptureQueriesContext(connection) as rich:
        client.get(many.get_absolute_url())

    assert len(rich) <= len(lean)


# --- The ballot -----------------------------------------------------------------------------------


def test_handing_in_opens_the_next_and_the_last_leads_to_the_desk(client, member):
    first, second = seminar_of(member, running(), running())
    desk = reverse("reviews:desk", args=[first.item.seminar_id])
    assertContains(client.get(desk), "Còn 2 mô hình")

    assertRedirects(send(client, first), f"{second.get_absolute_url()}#ballot-of")
    assertRedirects(send(client, second), desk)

    assert not Assessment.objects.waiting().exists()
    assertContains(client.get(desk), "Đã nộp")


def test_the_next_is_the_one_after_it_then_those_that_were_passed_over(client, member):
    first, second, third = seminar_of(member, running(), running(), running())

    assertRedirects(send(client, second), f"{third.get_absolute_url()}#ballot-of")
    assertRedirects(send(client, third), f"{first.get_absolute_url()}#ballot-of")


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"verdict": ""}, "verdict"),
        ({"verdict": "best"}, "verdict"),
        ({"verdict": "replicate"}, "remark"),
        ({"verdict": "retire", "remark": "Đã xong."}, "retire_reason"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_what_was_written_stays(
    client, member, answers, wrong
):
    (ballot,) = seminar_of(member, running())

    page = send(client, ballot, **{"remark": ""} | answers)

    assert list(page.context["form"].errors) == [wrong]
    ballot.refresh_from_db()
    assert not ballot.is_handed_in


def test_a_draft_stays_the_members_own_and_is_no_ballot_yet(client, member, clerk):
    (ballot,) = seminar_of(member, running())

    send(client, ballot, "save", remark="Để xem lại")

    ballot.refresh_from_db()
    assert (ballot.remark, ballot.is_handed_in) == ("Để xem lại", False)
    client.force_login(clerk)
    assertNotContains(client.get(ballot.item.get_absolute_url()), "Để xem lại")


def test_a_ballot_saved_in_another_window_is_not_written_over(client, member):
    (ballot,) = seminar_of(member, running())
    send(client, ballot, "save", remark="Cửa sổ thứ nhất")

    keep = Keep(member, ballot.get_absolute_url(), uuid4())
    page = send(client, ballot, remark="Cửa sổ thứ hai", writer=keep.writer, draft=keep.draft)

    assert page.status_code == 409
    assertContains(page, "Cửa sổ thứ hai", status_code=409)
    ballot.refresh_from_db()
    assert ballot.remark == "Cửa sổ thứ nhất"


def test_a_begun_ballot_is_marked_on_the_desk_and_opens_as_it_was_left(client, member):
    begun, _other = seminar_of(member, running(), running())
    sent = {"version": begun.version, "verdict": "maintain", "remark": "Để xem lại"}
    keep = Keep(member, begun.get_absolute_url(), uuid4())
    client.post("/drafts/", sent | {"writer": keep.writer, "draft": keep.draft})

    desk = client.get(reverse("reviews:desk", args=[begun.item.seminar_id]))
    page = client.get(begun.get_absolute_url())

    assert desk.context["begun"] == [begun]
    form = page.context["form"]
    assert (form["verdict"].value(), form["remark"].value()) == ("maintain", "Để xem lại")
    begun.refresh_from_db()
    assert begun.verdict == ""


def test_a_ballot_that_lacks_something_is_kept_and_its_words_are_no_longer_unsaved(client, member):
    (ballot,) = seminar_of(member, running())
    keep = Keep(member, ballot.get_absolute_url(), uuid4())
    kept = {"writer": keep.writer, "draft": keep.draft}
    client.post("/drafts/", kept | {"verdict": "replicate", "version": ballot.version})

    page = send(client, ballot, verdict="", **kept)

    assert page.status_code == 200
    assert not DraftBuffer.objects.unsaved().exists()
    assert page.context["keep"].draft != keep.draft


# --- Remarks to tap -------------------------------------------------------------------------------


def tap(client, ballot, stock, user, **answers):
    """Press a remark where there is no script."""
    keep = Keep(user, ballot.get_absolute_url(), uuid4())
    sent = {"stock": stock.pk, "writer": keep.writer, "draft": keep.draft, **answers}
    address = reverse("reviews:assessment_remark", args=[ballot.pk])
    return client.post(address, sent, follow=True)


def test_a_tapped_remark_stands_behind_what_is_written_and_nothing_else_is_lost(client, member):
    (ballot,) = seminar_of(member, running())
    stock = StockRemark.objects.filter(verdict="replicate").first()

    page = tap(client, ballot, stock, member, verdict="replicate", remark="Rất tốt.")

    form = page.context["form"]
    assert form["remark"].value() == f"Rất tốt. {stock}"
    assert form["verdict"].value() == "replicate"
    ballot.refresh_from_db()
    assert (ballot.verdict, ballot.remark) == ("", "")


def test_a_remark_that_is_no_longer_in_use_is_offered_to_nobody(client, member):
    (ballot,) = seminar_of(member, running())
    stock = StockRemark.objects.first()
    stock.is_active = False
    stock.save()

    assertNotContains(client.get(ballot.get_absolute_url()), stock.name)
    before = rows()
    assert tap(client, ballot, stock, member).status_code == 404
    assert rows() == before


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30, "-1"])
def test_a_remark_that_is_none_is_not_found(client, member, key):
    (ballot,) = seminar_of(member, running())
    address = reverse("reviews:assessment_remark", args=[ballot.pk])

    assert client.post(address, {"stock": key}).status_code == 404
    assert not DraftBuffer.objects.exists()


def test_every_verdict_has_stock_remarks_until_the_committee_writes_its_own():
    assert set(STOCK_REMARKS) == set(Verdict.values)
    assert [verdict for verdict, _remarks in StockRemark.by_verdict()] == list(Verdict)
    StockRemark.objects.exclude(verdict="retire").delete()

    fill()

    assert {remark.verdict for remark in StockRemark.objects.all()} == {"retire"}


def test_a_clerk_who_sits_on_a_panel_is_shown_both(client):
    both = factories.ClerkFactory()
    both.groups.add(Group.objects.get(name=Role.PANEL))
    client.force_login(both)
    (ballot,) = seminar_of(both, running())

    assertContains(client.get(ballot.get_absolute_url()), 'name="stock"')


# --- On paper -------------------------------------------------------------------------------------


def stored_files():
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_a_paper_ballot_that_lacks_something_leaves_no_draft_and_no_scan(client, clerk, member):
    (ballot,) = seminar_of(member, running())
    client.force_login(clerk)
    address, before = reverse("reviews:assessment_paper", args=[ballot.pk]), stored_files()

    def enter(**answers):
        scan = SimpleUploadedFile("phieu.jpg", factories.a_jpeg())
        sent = {"version": ballot.version, "verdict": "replicate", "files": scan}
        return client.post(address, sent | answers)

    refused = enter()
    ballot.refresh_from_db()

    assert list(refused.context["form"].errors) == ["remark", "files"]  # to be chosen again
    assert (ballot.verdict, ballot.source, ballot.version) == ("", "form", 1)
    assert (Scan.objects.count(), stored_files()) == (0, before)
    assert enter(remark="Dễ học.").status_code == 302
    ballot.refresh_from_db()
    assert (ballot.is_handed_in, ballot.source, ballot.scans.count()) == (True, "paper", 1)
    assert stored_files() == before + 1
