"""The history of every record: who, when, what, why, on whose behalf, from where."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.history import Recorded, create_all_by, version_of
from registry.models import (
    Award,
    Evidence,
    Field,
    Membership,
    Note,
    Organisation,
    PartyCell,
    PracticeModel,
    User,
)
from tests import factories

pytestmark = pytest.mark.django_db


def recorded():
    return [
        model
        for app in ("registry", "reviews")
        for model in apps.get_app_config(app).get_models()
        if issubclass(model, Recorded)
    ]


def posted(user, name, record, address="203.0.113.7", **answers):
    client = Client()
    client.force_login(user)
    where = reverse(f"registry:{name}", args=[record.pk] if record else [])
    return client.post(where, {"token": uuid4()} | answers, REMOTE_ADDR=address)


@pytest.mark.parametrize("model", recorded(), ids=lambda model: model.__name__)
def test_every_record_of_ours_keeps_who_why_for_whom_and_from_where(model):
    entry = model.history.model
    fields = {field.name: field for field in entry._meta.get_fields()}

    assert {"history_user", "history_date", "history_change_reason"} <= fields.keys()
    assert {"on_behalf_of", "address", "request_id"} <= fields.keys()
    assert fields["history_user"].remote_field.on_delete is models.PROTECT


def test_only_what_is_never_changed_has_no_history():
    without = {
        model.__name__
        for model in apps.get_app_config("registry").get_models()
        if not issubclass(model, Recorded) and not model.__name__.startswith("Historical")
    }

    # What is done to many models is on record with each of them.
    of_lists = {"SavedFilter", "BulkAction", "BulkChange"}
    never_changed = {"FormToken", "Sequence", "DraftBuffer", "Move", "Opening", "SecurityEvent"}
    never_changed |= {"Mail", "Handover", "Redaction"}
    assert without == never_changed | of_lists


# --- The ways to save -----------------------------------------------------------------------------


def test_a_page_leaves_author_address_and_request():
    cell = factories.CellFactory()
    model, person = (
        factories.running(organisation=cell),
        factories.UnitUserFactory(organisation=cell),
    )
    before = timezone.now()

    posted(person, "award_add", model, title="Giấy khen")
    posted(person, "note_add", model, text="Đã gửi.", address="2001:db8::1")

    award, note = Award.history.get(), Note.history.get()
    assert (award.history_user, award.history_type, award.address) == (person, "+", "203.0.113.7")
    assert note.address == "2001:db8::1"
    assert before <= award.history_date <= timezone.now()
    assert award.request_id
    assert award.request_id != note.request_id


def test_all_that_one_request_writes_bears_its_number():
    model = factories.submitted()
    clerk = factories.ClerkFactory()

    posted(clerk, "practicemodel_accept", model, version=model.version)

    entry, year = model.history.first(), model.enrolments.get().history.first()
    assert entry.request_id == year.request_id is not None
    assert entry.history_user == year.history_user == clerk


def test_a_server_behind_a_socket_has_no_address_and_still_writes():
    model = factories.running()

    posted(factories.ClerkFactory(), "award_add", model, title="Giấy khen", address="")

    assert Award.history.get().address is None


def test_outside_a_request_a_verb_leaves_author_reason_and_unit_and_no_address():
    clerk, cell = factories.ClerkFactory(), factories.CellFactory()
    model = factories.PracticeModelFactory(organisation=cell)

    model.submit(by=clerk, on_behalf_of=cell)
    model.send_back(by=clerk, reason="Thiếu kết quả.")

    returned, sent = model.history.all()[:2]
    assert (sent.history_user, sent.on_behalf_of, sent.history_change_reason) == (clerk, cell, "")
    assert (returned.on_behalf_of, returned.history_change_reason) == (None, "Thiếu kết quả.")
    assert (returned.address, returned.request_id) == (None, None)


def test_the_reason_of_one_save_is_not_that_of_the_next():
    award, clerk = factories.AwardFactory(), factories.ClerkFactory()
    award.save_by(clerk, why="Sai số văn bản", on_behalf_of=award.model.organisation)

    award.save_by(clerk)

    entry = award.history.first()
    assert (entry.history_change_reason, entry.on_behalf_of) == ("", None)


def test_many_at_once_are_written_as_one_by_one():
    clerk = factories.ClerkFactory()
    fields = [Field(name=f"Lĩnh vực {number}") for number in range(3)]

    create_all_by(clerk, fields, why="Danh mục năm nay")
    create_all_by(clerk, [])

    entries = Field.history.filter(history_change_reason="Danh mục năm nay")
    assert entries.count() == 3
    assert {(entry.history_user, entry.history_type) for entry in entries} == {(clerk, "+")}
    assert {entry.request_id for entry in entries} == {None}


def test_many_at_once_in_a_request_say_where_they_came_from(rf):
    from registry.history import RecordRequest

    clerk = factories.ClerkFactory()
    request = rf.post("/", REMOTE_ADDR="203.0.113.7")
    request.user = clerk

    def answer(request):
        create_all_by(clerk, (Field(name=name) for name in ("Một", "Hai")))
        factories.FieldFactory(name="Ba")

    RecordRequest(answer)(request)

    entries = Field.history.filter(name__in=["Một", "Hai", "Ba"])
    assert {(e.history_user, e.address, e.request_id) for e in entries} == {
        (clerk, "203.0.113.7", request.id)
    }


def test_after_a_request_even_a_failed_one_nothing_of_it_is_remembered(rf):
    from registry.history import RecordRequest

    request = rf.get("/")
    request.user = factories.ClerkFactory()

    def fail(request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        RecordRequest(fail)(request)

    entry = factories.FieldFactory().history.get()
    assert (entry.history_user, entry.address, entry.request_id) == (None, None, None)


def test_models_of_the_old_register_begin_their_history_with_author_and_reason():
    clerk = factories.ClerkFactory()
    models = [PracticeModel(name="Mô hình cũ", organisation=factories.CellFactory())]

    PracticeModel.enter_old(models, year=2021, by=clerk, why="Sổ năm 2021")

    entry = PracticeModel.objects.get().history.get()
    assert (entry.history_user, entry.history_change_reason) == (clerk, "Sổ năm 2021")


def test_what_is_saved_or_deleted_as_a_party_cell_is_in_the_organisations_history():
    clerk = factories.AdminFactory()
    cell = PartyCell(name="Chi bộ Một", kind=Organisation.Kind.RESIDENTIAL_CELL)
    cell.save_by(clerk, why="Lập mới")
    cell.name = "Chi bộ Hai"
    cell.save_by(clerk)

    entries = Organisation.objects.get(pk=cell.pk).history.all()
    assert [(e.name, e.history_user) for e in entries] == [
        ("Chi bộ Hai", clerk),
        ("Chi bộ Một", clerk),
    ]
    assert list(cell.history.all()) == list(entries)

    key = cell.pk
    cell._history_user = clerk
    cell.delete()
    assert Organisation.history.filter(id=key).first().history_type == "-"


def test_partners_and_groups_are_part_of_the_history():
    model, partner = factories.PracticeModelFactory(), factories.CellFactory()
    model.partners.add(partner)
    assert model.history.first().partners.get().organisation == partner

    person = factories.UserFactory()
    person.groups.add(Group.objects.first())
    assert person.history.first().groups.get().group == Group.objects.first()


def test_a_draft_that_was_discarded_leaves_its_history():
    model, person = factories.PracticeModelFactory(), factories.UserFactory()
    key = model.pk

    model.discard(by=person)

    last = PracticeModel.history.filter(id=key).first()
    assert (last.history_type, last.history_user) == ("-", person)


# --- People ---------------------------------------------------------------------------------------


def test_no_password_is_ever_in_a_history():
    names = {field.name for field in User.history.model._meta.get_fields()}

    assert not names & {"password", "last_login"}


def test_signing_in_leaves_no_entry_but_a_change_does(client):
    person = factories.UserFactory()
    entries = person.history.count()

    client.force_login(person)
    assert person.history.count() == entries

    person.full_name = "Tên Mới"
    person.save_by(factories.AdminFactory(), update_fields=["full_name", "last_login"])
    assert person.history.count() == entries + 1


def test_who_has_written_anything_is_never_deleted():
    author = factories.UserFactory()
    factories.AwardFactory().save_by(author)

    with pytest.raises(ProtectedError):
        author.delete()


def test_an_organisation_somebody_has_written_for_is_never_deleted():
    cell = factories.CellFactory()
    factories.AwardFactory().save_by(factories.UserFactory(), on_behalf_of=cell)

    with pytest.raises(ProtectedError):
        cell.delete()


def test_ended_memberships_and_files_taken_away_say_who_and_why():
    clerk = factories.ClerkFactory()
    membership, evidence = factories.MembershipFactory(), factories.EvidenceFactory()

    Membership.objects.filter(pk=membership.pk).end(
        on=timezone.localdate() - timedelta(days=1), by=clerk, why="Chuyển công tác"
    )
    evidence.remove(by=clerk, why="Nhầm ảnh")

    for record, why in [(membership, "Chuyển công tác"), (evidence, "Nhầm ảnh")]:
        entry = record.history.first()
        assert (entry.history_user, entry.history_change_reason) == (clerk, why)
    assert Evidence.objects.filter(pk=evidence.pk).exists()


def test_a_version_grows_with_every_save_and_is_never_the_one_of_a_page_without():
    award, clerk = factories.AwardFactory(), factories.ClerkFactory()
    seen = [version_of(Award.history.none()), version_of(award.history)]
    award.save_by(clerk)
    seen.append(version_of(award.history))

    assert seen == sorted(set(seen))
    assert 0 not in seen
