"""Where a model stands, and how it comes there."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry.models import (
    ClosingKind,
    Enrolment,
    MoveRefused,
    Organisation,
    PracticeModel,
    StaleVersion,
    Verdict,
)
from tests.factories import (
    AwardFactory,
    CellFactory,
    ClerkFactory,
    EnrolmentFactory,
    EvidenceFactory,
    MembershipFactory,
    NoteFactory,
    OrganisationFactory,
    OutcomeFactory,
    PracticeModelFactory,
    UserFactory,
    closed,
    refused,
    returned,
    running,
    submitted,
    this_year,
)

pytestmark = pytest.mark.django_db

Status = PracticeModel.Status

AT = {
    Status.DRAFT: PracticeModelFactory,
    Status.SUBMITTED: submitted,
    Status.RETURNED: returned,
    Status.RUNNING: running,
    Status.CLOSED: closed,
}
CALLS = {
    "submit": lambda model, by: model.submit(by=by),
    "withdraw": lambda model, by: model.withdraw(by=by),
    "send_back": lambda model, by: model.send_back(by=by, reason="Thiếu kết quả."),
    "accept": lambda model, by: model.accept(by=by),
    "refuse": lambda model, by: model.refuse(by=by, reason="Trùng."),
    "close": lambda model, by: model.close_with_unit(by=by, reason="Giải thể."),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", CALLS)
def test_a_move_goes_where_the_table_says_or_is_refused(status, move):
    model, by = AT[status](), UserFactory()
    before = model.moves.count(), model.history.count()
    begins, leads_to = PracticeModel.MOVES[move]

    if status in begins:
        CALLS[move](model, by)
        model.refresh_from_db()
        assert model.status == leads_to
        last = model.moves.first()
        assert (last.name, last.from_status, last.to_status, last.by) == (
            move,
            status,
            leads_to,
            by,
        )
        assert model.history.first().history_user == by
    else:
        with pytest.raises(MoveRefused):
            CALLS[move](model, by)
        model.refresh_from_db()
        assert model.status == status
        assert (model.moves.count(), model.history.count()) == before


def test_every_move_begins_and_ends_at_a_status_that_exists():
    for begins, leads_to in PracticeModel.MOVES.values():
        assert begins <= set(Status)
        assert leads_to in set(Status)


def test_sending_names_every_item_that_is_missing_and_changes_nothing():
    model = PracticeModelFactory(name="", field=None, reason="", contact_phone="")

    with pytest.raises(ValidationError) as refusal:
        model.submit(by=UserFactory())

    assert set(refusal.value.error_dict) == {"name", "field", "reason", "contact_phone"}
    model.refresh_from_db()
    assert (model.status, model.code) == (Status.DRAFT, None)


def test_the_code_is_given_once_and_kept():
    model, by = PracticeModelFactory(), UserFactory()
    model.submit(by=by)
    code = model.code

    model.withdraw(by=by)
    model.submit(by=by)

    assert code == f"MH-{this_year()}-0001"
    assert model.code == code
    assert submitted().code == f"MH-{this_year()}-0002"


def test_acceptance_names_the_version_it_accepts():
    model, by = submitted(), UserFactory()
    seen = model.version
    model.approach = "Cách làm đã sửa."
    model.write(by=by, version=seen)

    with pytest.raises(StaleVersion):
        model.accept(by=ClerkFactory(), version=seen)

    model.refresh_from_db()
    assert model.status == Status.SUBMITTED


@pytest.mark.parametrize("version", [None, 0, 7])
def test_writing_over_a_version_that_is_not_the_last_is_refused(version):
    model = PracticeModelFactory(reason="Trước.")
    model.reason = "Sau."

    with pytest.raises(StaleVersion):
        model.write(by=UserFactory(), version=version)

    model.refresh_from_db()
    assert (model.reason, model.version) == ("Trước.", 1)


def test_the_first_enrolment_follows_its_model():
    by, clerk = UserFactory(), ClerkFactory()
    model = submitted(by=by)
    enrolment = model.enrolments.get()
    assert (enrolment.sent_by, enrolment.accepted_at) == (by, None)

    model.send_back(by=clerk, reason="Thiếu.")
    enrolment.refresh_from_db()
    assert enrolment.sent_at is None

    model.submit(by=by)
    model.accept(by=clerk)
    enrolment.refresh_from_db()
    assert enrolment.accepted_by == clerk


def test_only_a_draft_that_was_never_sent_can_be_discarded():
    sent, draft, by = submitted(), PracticeModelFactory(), UserFactory()
    sent.withdraw(by=by)

    with pytest.raises(MoveRefused):
        sent.discard(by=by)
    draft.discard(by=by)

    assert list(PracticeModel.objects.all()) == [sent]
    assert PracticeModel.history.filter(name=draft.name, history_type="-").get().history_user == by


def test_a_discarded_draft_takes_all_that_hangs_on_it_along(django_capture_on_commit_callbacks):
    draft = PracticeModelFactory()
    OutcomeFactory(enrolment=draft.enrolments.get())
    photo = EvidenceFactory(model=draft)
    NoteFactory(model=draft)
    AwardFactory(model=draft)

    with django_capture_on_commit_callbacks(execute=True):
        draft.discard(by=UserFactory())

    assert not PracticeModel.objects.exists()
    assert not photo.file.storage.exists(photo.file.name)


# --- Endorsement ------------------------------------------------------------------------------


def test_where_endorsement_is_required_nothing_is_accepted_without(settings):
    settings.ENDORSEMENT = "required"
    model, clerk = submitted(), ClerkFactory()

    with pytest.raises(MoveRefused):
        model.accept(by=clerk)
    model.enrolments.get().endorse(by=UserFactory())
    model.accept(by=clerk)

    assert model.status == Status.RUNNING


def test_a_ward_needs_nobody_to_endorse_its_own_model(settings):
    settings.ENDORSEMENT = "required"
    model = submitted(organisation=OrganisationFactory())

    model.accept(by=ClerkFactory())

    assert model.status == Status.RUNNING


def test_endorsing_twice_or_before_it_is_sent_is_refused():
    draft, sent = PracticeModelFactory().enrolments.get(), submitted().enrolments.get()
    sent.endorse(by=UserFactory())

    for enrolment in (draft, sent):
        with pytest.raises(MoveRefused):
            enrolment.endorse(by=UserFactory())


# --- Another year -----------------------------------------------------------------------------


def test_a_running_model_is_continued_once_a_year_and_written_again_until_accepted():
    model, by, clerk = running(enrolment__year=this_year() - 1), UserFactory(), ClerkFactory()
    assert not model.is_open_to_its_unit()

    enrolment = model.continue_in(this_year(), by=by)
    assert (enrolment.kind, enrolment.entered_by) == (Enrolment.Kind.CONTINUED, by)
    assert model.is_open_to_its_unit()
    with pytest.raises(MoveRefused):
        model.continue_in(this_year(), by=by)
    with pytest.raises(MoveRefused):
        enrolment.accept(by=clerk)

    enrolment.send(by=by)
    enrolment.accept(by=clerk)

    assert enrolment.accepted_by == clerk
    assert not model.is_open_to_its_unit()
    for late in (enrolment.send, enrolment.accept):
        with pytest.raises(MoveRefused):
            late(by=clerk)


def test_a_returned_continuation_tells_the_unit_why():
    model, by, clerk = running(enrolment__year=this_year() - 1), UserFactory(), ClerkFactory()
    enrolment = model.continue_in(this_year(), by=by)
    enrolment.send(by=by)

    enrolment.send_back(by=clerk, reason="Thêm kết quả năm trước.")

    assert enrolment.sent_at is None
    assert model.notes.get().text == "Thêm kết quả năm trước."


@pytest.mark.parametrize("model", [PracticeModelFactory, submitted, closed])
def test_only_a_running_model_is_continued(model):
    with pytest.raises(MoveRefused):
        model().continue_in(this_year() + 1, by=UserFactory())


def test_a_model_is_enrolled_once_a_year():
    enrolment = EnrolmentFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        EnrolmentFactory(model=enrolment.model, year=enrolment.year)


# --- Verdicts ---------------------------------------------------------------------------------


def test_a_verdict_other_than_retire_reopens_a_closed_model():
    model, clerk = closed(), ClerkFactory()

    model.take_verdict(Verdict.STRENGTHEN, on="2026-06-01", by=clerk, reason="02-TB/TU")

    model.refresh_from_db()
    assert (model.status, model.closing_kind, model.verdict) == (Status.RUNNING, "", "strengthen")
    assert model.moves.first().name == "reopen"


@pytest.mark.parametrize("model", [PracticeModelFactory, submitted, returned, refused])
def test_nothing_is_decided_on_a_model_that_was_never_accepted(model):
    model = model()
    status = model.status

    with pytest.raises(MoveRefused):
        model.take_verdict(Verdict.REPLICATE, on="2026-06-01", by=ClerkFactory(), reason="Tốt.")

    model.refresh_from_db()
    assert (model.status, model.verdict) == (status, "")


# --- What the database holds ------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "submitted"},
        {"status": "running", "code": "X-1", "submitted_at": "2026-01-01T00:00Z"},
        {"status": "closed", "code": "X-1", "submitted_at": "2026-01-01T00:00Z"},
        {"closing_kind": "completed"},
        {"code": "X-1"},
        {"submitted_at": "2026-01-01T00:00Z"},
        {"accepted_at": "2026-01-01T00:00Z"},
        {"verdict": "replicate"},
        {"subject": "individual"},
        {"individual_name": "Ai đó"},
    ],
    ids=str,
)
def test_the_database_refuses_a_state_that_cannot_be(broken):
    model = PracticeModelFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        PracticeModel.objects.filter(pk=model.pk).update(**broken)


# --- Organisations that end -------------------------------------------------------------------


def test_models_of_a_unit_that_ends_go_on_with_its_successor_under_their_old_name():
    old, new, by = CellFactory(name="Chi bộ cũ"), CellFactory(), UserFactory()
    member = MembershipFactory(organisation=old)
    model = running(organisation=old)

    old.end(on=datetime.date(2026, 6, 30), successor=new, by=by, reason="Sáp nhập.")

    model.refresh_from_db()
    assert (model.organisation, model.organisation_name) == (new, "Chi bộ cũ")
    assert model.status == Status.RUNNING
    member.refresh_from_db()
    assert str(member.until) == "2026-06-30"


def test_models_of_a_unit_dissolved_without_successor_are_closed():
    cell = CellFactory()
    below = CellFactory(parent=cell)
    model = running(organisation=cell)

    cell.end(on=datetime.date(2026, 6, 30), by=UserFactory(), reason="Giải thể.")

    model.refresh_from_db()
    below.refresh_from_db()
    assert model.closing_kind == ClosingKind.UNIT_DISSOLVED
    assert below.parent == cell.parent
    assert cell not in Organisation.objects.existing(on=None)
