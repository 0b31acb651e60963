"""What many do at the same moment, with transactions as real as in production.

Each of these fails when its guard is taken away: the row lock of a verb (PostgreSQL), the
``IMMEDIATE`` transaction around it (SQLite), the primary key of the token.
"""

import uuid
from datetime import date
from functools import partial
from threading import Event

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registry import heads
from registry.files import MEGABYTE, check_upload
from registry.models import (
    Enrolment,
    Evidence,
    MoveRefused,
    PracticeModel,
    Role,
    SecurityEvent,
    Sequence,
    User,
)
from registry.sealing import broken_seals
from registry.storage import PrivateStorage
from reviews.models import Assessment, Decision, DecisionLine, Round, Seminar
from tests.factories import (
    AdminFactory,
    ClerkFactory,
    DecisionFactory,
    DecisionLineFactory,
    FieldFactory,
    PracticeModelFactory,
    RoundFactory,
    UnitUserFactory,
    UserFactory,
    a_jpeg,
    opened,
    running,
    submitted,
)

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 20


def outcomes(results):
    """Return how many succeeded and how many were refused; anything else fails the test."""
    refused = [result for result in results if isinstance(result, MoveRefused)]
    others = [r for r in results if isinstance(r, Exception) and not isinstance(r, MoveRefused)]
    assert others == []
    return len(results) - len(refused), len(refused)


def test_of_twenty_who_accept_or_refuse_at_once_one_wins(in_threads):
    model, clerk = submitted(), ClerkFactory()

    def accept():
        PracticeModel.objects.get(pk=model.pk).accept(by=clerk)

    def refuse():
        PracticeModel.objects.get(pk=model.pk).refuse(by=clerk, reason="Trùng.")

    results = in_threads(*[accept, refuse] * (AT_ONCE // 2))

    assert outcomes(results) == (1, AT_ONCE - 1)
    model.refresh_from_db()
    assert model.moves.count() == 2  # the sending, and one of these
    assert model.moves.first().to_status == model.status


def test_of_twenty_pages_that_accept_at_once_one_is_answered_and_the_others_get_a_409(in_threads):
    model, clerk = submitted(), ClerkFactory()

    def accept():
        client = Client(raise_request_exception=False)
        client.force_login(clerk)
        address = reverse("registry:practicemodel_accept", args=[model.pk])
        return client.post(address, {"version": model.version}).status_code

    results = in_threads(*[accept] * AT_ONCE)

    assert sorted(results) == [302] + [409] * (AT_ONCE - 1)
    assert model.moves.filter(name="accept").count() == 1


@pytest.mark.parametrize("page", ["account_open", "hand_over"])
def test_of_many_who_open_an_account_of_one_number_at_once_one_does(in_threads, page):
    clerk = ClerkFactory()
    people = UnitUserFactory.create_batch(AT_ONCE // 2)
    Group.objects.get_or_create(name=Role.UNIT)

    def open_for(person):
        membership = person.memberships.get()
        client = Client(raise_request_exception=False)
        client.force_login(clerk)
        address = reverse(f"registry:{page}", args=[membership.organisation_id])
        sent = {"full_name": "Lê Thử", "phone": "0905 777 888", "outgoing": membership.pk}
        return client.post(address, {"token": str(uuid.uuid4()), **sent})

    answers = in_threads(*[partial(open_for, person) for person in people])

    # Who came too late is told so, by the form or in its place.
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(b"app-slip__code" in answer.content for answer in answers) == 1
    assert User.objects.filter(username="0905777888").count() == 1


def test_of_twenty_posts_of_one_form_with_a_photo_one_creates(in_threads):
    person = UnitUserFactory()
    form = {"token": str(uuid.uuid4()), "name": "Con đường hoa", "subject": "collective"}
    before = stored_files()

    def post():
        client = Client(raise_request_exception=False)
        client.force_login(person)
        photo = SimpleUploadedFile("duong-hoa.jpg", a_jpeg(), "image/jpeg")
        answer = client.post(
            reverse("registry:practicemodel_create"),
            {**form, "level": "grassroots", "action": "draft", "photos": [photo]},
        )
        return answer.status_code, answer.headers.get("Location")

    results = in_threads(*[post] * AT_ONCE)

    model = PracticeModel.objects.get()
    edit = reverse("registry:practicemodel_update", args=[model.pk])
    assert set(results) == {(302, edit)}
    evidence = Evidence.objects.get()
    assert stored_files() - before == {evidence.file.name}


@pytest.mark.parametrize("is_new", [False, True], ids=["of one model", "of new models"])
def test_forms_sent_at_once_bring_no_more_files_than_their_unit_has_room_for(
    in_threads, settings, is_new
):
    person = UnitUserFactory()
    model = PracticeModelFactory(organisation=person.memberships.get().organisation)
    size = check_upload(SimpleUploadedFile("anh.jpg", a_jpeg())).size
    settings.UNIT_MEGABYTES = 1.5 * size / MEGABYTE
    before = stored_files()

    def post():
        client = Client(raise_request_exception=False)
        client.force_login(person)
        photo = SimpleUploadedFile("anh.jpg", a_jpeg(), "image/jpeg")
        address = reverse("registry:evidence_add", args=[model.pk])
        sent = {"kind": "photo", "files": [photo]}
        if is_new:
            address = reverse("registry:practicemodel_create")
            sent = {"name": "Con đường hoa", "subject": "collective", "level": "grassroots"}
            sent |= {"action": "draft", "photos": [photo]}
        return client.post(address, {"token": uuid.uuid4(), **sent}).status_code

    statuses = in_threads(*[post] * 8)

    assert sorted(statuses) == [200] * 7 + [302]
    assert len(stored_files() - before) == Evidence.objects.count() == 1
    # The words of those without room are kept.
    assert PracticeModel.objects.count() == (9 if is_new else 1)


def test_twenty_who_send_at_once_get_twenty_codes(in_threads):
    models, by = PracticeModelFactory.create_batch(AT_ONCE), UserFactory()

    results = in_threads(*[lambda model=model: model.submit(by=by).code for model in models])

    assert len(set(results)) == AT_ONCE
    assert Sequence.objects.get().last == AT_ONCE


def test_a_paper_issued_by_twenty_at_once_is_issued_once(in_threads):
    clerk, decision = ClerkFactory(), DecisionFactory()
    line = DecisionLineFactory(decision=decision)
    history = line.model.history.count()

    def issue():
        Decision.objects.get(pk=decision.pk).issue(by=clerk)

    results = in_threads(*[issue] * AT_ONCE)

    assert outcomes(results) == (1, AT_ONCE - 1)
    assert line.model.history.count() == history + 1


def test_of_two_papers_issued_at_once_the_later_by_date_stands(in_threads, monkeypatch):
    clerk, model = ClerkFactory(), running()
    older = DecisionFactory(dated=date(2026, 6, 1))
    newer = DecisionFactory(dated=date(2026, 6, 2))
    DecisionLineFactory(decision=older, model=model, verdict="maintain")
    DecisionLineFactory(decision=newer, model=model, verdict="survey")
    asked, done = Event(), Event()
    stands = DecisionLine.stands

    def ask_and_wait(self):
        answer = stands(self)
        if self.decision_id == older.pk:
            asked.set()
            # Whoever waits for the model has not done by then.
            done.wait(timeout=1)
        return answer

    monkeypatch.setattr(DecisionLine, "stands", ask_and_wait)

    def issue_older():
        Decision.objects.get(pk=older.pk).issue(by=clerk)

    def issue_newer():
        asked.wait(timeout=20)
        Decision.objects.get(pk=newer.pk).issue(by=clerk)
        done.set()

    assert outcomes(in_threads(issue_older, issue_newer)) == (2, 0)
    model.refresh_from_db()
    assert (model.verdict, model.verdict_on) == ("survey", newer.dated)


def test_a_year_is_frozen_as_accepted_or_its_acceptance_taken_back_never_both(
    in_threads, monkeypatch
):
    clerk, model, this = ClerkFactory(), running(), RoundFactory()
    begun, done = Event(), Event()
    freeze = Enrolment.freeze

    def wait_and_freeze(self, *, by):
        begun.set()
        # On SQLite nobody takes anything back before the round is closed.
        done.wait(timeout=1)
        freeze(self, by=by)

    monkeypatch.setattr(Enrolment, "freeze", wait_and_freeze)

    def close():
        Round.objects.get(pk=this.pk).close(by=clerk)

    def take_back():
        begun.wait(timeout=20)
        accepted = PracticeModel.objects.get(pk=model.pk)
        accepted.take_back_accept(by=clerk, version=accepted.version)
        done.set()

    outcomes(in_threads(close, take_back))

    model.refresh_from_db()
    year = model.enrolments.get()
    moments = [model.accepted_at, year.accepted_at, year.frozen_at]
    assert len({moment is None for moment in moments}) == 1, moments


def test_an_item_is_not_saved_in_the_administration_while_its_seminar_is_being_closed(in_threads):
    clerk, seminar = ClerkFactory(), opened()
    item, client = seminar.items.get(), Client()
    client.force_login(AdminFactory())
    address = reverse("admin:reviews_agendaitem_change", args=[item.pk])
    form = client.get(address).context["adminform"].form
    sent = {"opened_version": form["opened_version"].value(), "paper": "none", "gist": "Muộn"}
    closing, saved = Event(), Event()

    def close():
        with transaction.atomic():
            Seminar.objects.get(pk=seminar.pk).close(by=clerk)
            closing.set()
            saved.wait(timeout=1)

    def save():
        closing.wait(timeout=20)
        answer = client.post(address, sent)
        saved.set()
        return answer.status_code

    assert in_threads(close, save) == [None, 403]
    item.refresh_from_db()
    assert item.gist == ""


def test_how_far_the_record_has_come_is_said_once_who_is_writing_has_written(in_threads):
    """An entry with a lower number that is stored later would pass for one put in between."""

    written, asking = Event(), Event()

    def write_for_long():
        with transaction.atomic():
            FieldFactory()
            written.set()
            # SQLite lets nobody else write, and so nobody ask, until this has ended.
            asking.wait(timeout=1)

    def write_and_ask():
        written.wait()
        FieldFactory()
        asking.set()
        return heads.now()

    _slow, kept = in_threads(write_for_long, write_and_ask)

    assert kept["tables"]["registry_historicalfield"]["rows"] >= 2
    assert list(heads.unlike(kept)) == []


def test_of_twenty_events_at_once_each_is_sealed_behind_the_one_before(in_threads):
    def record():
        SecurityEvent.record(SecurityEvent.Kind.REFUSED)

    in_threads(*[record] * AT_ONCE)

    assert SecurityEvent.objects.count() == AT_ONCE
    assert list(broken_seals(SecurityEvent)) == []


def test_a_ballot_handed_in_twice_at_once_stands_as_one(in_threads):
    opened()
    ballot = Assessment.objects.get()

    def hand_in(verdict):
        mine = Assessment.objects.get(pk=ballot.pk)
        mine.verdict = verdict
        mine.hand_in(by=ballot.member.user, version=ballot.version)

    results = in_threads(*[lambda v=v: hand_in(v) for v in ("maintain", "survey") * 5])

    assert outcomes(results) == (1, 9)


def stored_files():
    """Return the names of all files in the storage."""
    storage, names = PrivateStorage(), set()

    def walk(folder):
        if not storage.exists(folder or "."):
            return
        folders, files = storage.listdir(folder)
        names.update(f"{folder}/{name}".lstrip("/") for name in files)
        for name in folders:
            walk(f"{folder}/{name}".lstrip("/"))

    walk("")
    return names
