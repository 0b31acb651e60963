"""Who changes the record by hand is found: a byte, a missing entry, a record beside its history."""

import json
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from registry import appendonly
from registry.access import record_opening
from registry.history import HistoryEntry
from registry.models import Call, Enrolment, PracticeModel, SecurityEvent, User
from registry.redaction import redact_words
from registry.sealing import Sealed, broken_seals, joins_of, seal_again, sealed_models
from reviews.models import StockRemark
from tests import factories, permissions_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return permissions_world.build()


def findings(capsys):
    with pytest.raises(CommandError):
        call_command("verify_history")
    return capsys.readouterr().err


def by_hand(sql, *values):
    """Do what only somebody with the keys of the database can: take the triggers off first."""
    with appendonly.suspended(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_register_that_was_used_is_as_it_was_written(world, capsys):
    call_command("verify_history")

    said = capsys.readouterr().out
    assert said.endswith("entries, each as it was written.\n")
    assert int(said.split()[0]) > 200


def test_a_changed_byte_of_any_entry_is_found_and_named(world):
    more_than_the_world_has(world)
    for model in sealed_models():
        entry = model._base_manager.order_by("-pk").first()
        assert entry is not None, model
        # Of an opening there is nothing to read but when, and who.
        column, value = next(
            ((field.column, "x") for field in model._meta.concrete_fields if is_text(field)),
            ("at", "2020-01-01 00:00:00+00"),
        )
        mark = transaction.savepoint()
        change = f'UPDATE "{model._meta.db_table}" SET "{column}" = %s'
        by_hand(f'{change} WHERE "{model._meta.pk.column}" = %s', value, entry.pk)

        assert f"entry {entry.pk}," in next(broken_seals(model)), model

        transaction.savepoint_rollback(mark)


def is_text(field):
    return isinstance(field, models.CharField | models.TextField) and field.name != "seal"


def more_than_the_world_has(world):
    factories.RoundFactory()
    factories.AwardFactory(model=world.running)
    factories.NoteFactory(model=world.running)
    factories.OutcomeFactory(enrolment=world.year_begun)
    factories.MovementFactory()
    seminar = factories.SeminarFactory()
    criterion = factories.CriterionFactory(seminar=seminar)
    member = factories.PanelMemberFactory(seminar=seminar)
    item = factories.AgendaItemFactory(seminar=seminar, model=world.running)
    seminar.open(by=world.people["clerk"])
    ballot = item.ballots.get()
    ballot.verdict = "maintain"
    ballot.write(by=member.user, version=ballot.version, scores={criterion.pk: 5})
    item.conclude(verdict="maintain", rationale="", whose="Chủ trì", by=world.people["clerk"])
    item.recuse(member, reason="Tự xin", by=world.people["clerk"])
    Call.tick(world.cell, 2026, by=world.people["clerk"])
    StockRemark.objects.first().save()
    SecurityEvent.record(SecurityEvent.Kind.REFUSED, user=world.people["unit"])
    record_opening(world.people["clerk"], world.draft)
    redact_words("Không có ở đâu", by=world.people["admin"], reason="Thử", paper="CV 1")


def test_an_entry_taken_out_of_the_middle_is_missed(capsys):
    model = factories.running()
    middle = model.history.order_by("pk")[1]
    by_hand(f"DELETE FROM {middle._meta.db_table} WHERE history_id = %s", middle.pk)

    assert f"of record {model.pk}" in findings(capsys)


def test_an_entry_taken_from_the_end_is_missed(capsys):
    model = factories.running()
    last = model.history.first()
    by_hand(f"DELETE FROM {last._meta.db_table} WHERE history_id = %s", last.pk)

    assert f"record {model.pk} is not what its history says: status" in findings(capsys)


def test_a_record_changed_past_its_history_is_found(capsys):
    model = factories.running(name="Đường hoa")
    PracticeModel.objects.filter(pk=model.pk).update(name="Đường cờ")

    assert f"record {model.pk} is not what its history says: name" in findings(capsys)


def test_a_role_given_past_the_history_is_found(capsys):
    person, clerk = factories.UserFactory(), factories.ClerkFactory()
    through = User.groups.through
    through.objects.bulk_create([through(user=person, group=clerk.groups.get())])

    assert f"record {person.pk} is not what its history says: groups" in findings(capsys)


def test_a_record_that_vanished_or_appeared_is_found(capsys):
    gone, came = factories.FieldFactory(), factories.FieldFactory()
    by_hand("DELETE FROM registry_field WHERE id = %s", gone.pk)
    by_hand("DELETE FROM registry_historicalfield WHERE id = %s", came.pk)

    said = findings(capsys)
    assert f"registry_field: record {gone.pk} is gone, and its history does not say so." in said
    assert f"registry_field: record {came.pk} has no history." in said


def test_an_event_taken_out_of_the_middle_is_missed_whomever_it_was_about(capsys):
    person = factories.UserFactory()
    kind = SecurityEvent.Kind.REFUSED
    for user in (None, person, None):
        SecurityEvent.record(kind, user=user)
    (gone,) = SecurityEvent.objects.filter(user=person)
    after = SecurityEvent.objects.filter(pk__gt=gone.pk).earliest("pk")
    by_hand("DELETE FROM registry_securityevent WHERE id = %s", gone.pk)

    assert f"registry_securityevent: entry {after.pk}, or the one before it" in findings(capsys)


def test_on_whose_behalf_a_year_was_entered_is_held_to_its_first_entry(world, capsys):
    year = world.office_draft.enrolments.get()
    Enrolment.objects.filter(pk=year.pk).update(on_behalf_of=world.other_cell)

    said = findings(capsys)
    assert f"record {year.pk} is not what its history says: on_behalf_of_id" in said


# --- Against what was kept elsewhere --------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, caplog):
    """Return a line of last night's log, as another machine has it."""
    model = factories.running(name="Đường hoa")
    note = factories.NoteFactory(model=model)
    SecurityEvent.record(SecurityEvent.Kind.REFUSED)
    caplog.set_level("INFO", "registry.record")
    call_command("verify_history")
    (line,) = [record for record in caplog.records if record.name == "registry.record"]
    path = tmp_path / "line.json"
    path.write_text(json.dumps({"message": line.getMessage()}))
    return SimpleNamespace(path=path, model=model, note=note)


def test_what_has_only_grown_is_as_it_was_kept(kept, capsys):
    kept.model.save()
    factories.running()
    SecurityEvent.record(SecurityEvent.Kind.REFUSED)

    call_command("verify_history", against=str(kept.path))

    assert "all that was there on" in capsys.readouterr().out


def _take_the_last_entry_and_set_the_record_back(kept):
    before, last = kept.model.history.order_by("-pk")[1], kept.model.history.latest("pk")
    by_hand("DELETE FROM registry_historicalpracticemodel WHERE history_id = %s", last.pk)
    fields = {field.attname for field in kept.model.history.model.tracked_fields} - {"id"}
    was = {name: getattr(before, name) for name in fields}
    PracticeModel.objects.filter(pk=kept.model.pk).update(**was)
    return "registry_historicalpracticemodel"


def _take_a_note_with_its_history(kept):
    by_hand("DELETE FROM registry_historicalnote WHERE id = %s", kept.note.pk)
    by_hand("DELETE FROM registry_note WHERE id = %s", kept.note.pk)
    return "registry_historicalnote"


def _take_the_last_event(kept):
    last = SecurityEvent.objects.latest("pk").pk
    by_hand("DELETE FROM registry_securityevent WHERE id = %s", last)
    return "registry_securityevent"


def _forge_and_seal_anew(kept):
    table = "registry_historicalpracticemodel"
    by_hand(f"UPDATE {table} SET name = 'Đường cờ' WHERE id = %s", kept.model.pk)
    PracticeModel.objects.filter(pk=kept.model.pk).update(name="Đường cờ")
    with appendonly.suspended():
        seal_again(PracticeModel.history.model, "id")
    return table


@pytest.mark.parametrize(
    "forge",
    [
        _take_the_last_entry_and_set_the_record_back,
        _take_a_note_with_its_history,
        _take_the_last_event,
        _forge_and_seal_anew,
    ],
)
def test_what_the_chain_alone_does_not_show_is_shown_by_what_was_kept(kept, capsys, forge):
    table = forge(kept)
    call_command("verify_history")

    with pytest.raises(CommandError):
        call_command("verify_history", against=str(kept.path))

    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == [table]


def test_a_lawful_redaction_is_named_where_it_has_sealed_a_table_anew(kept, capsys):
    clerk = factories.AdminFactory()
    redact_words("Đường hoa", by=clerk, reason="Theo đơn", paper="CV 12-CV/ĐU")

    with pytest.raises(CommandError):
        call_command("verify_history", against=str(kept.path))

    assert "(CV 12-CV/ĐU)" in capsys.readouterr().err


def test_a_file_that_says_nothing_of_the_record_is_refused(tmp_path):
    for number, text in enumerate(("", "{}", "[]", '{"message": "x"}')):
        path = tmp_path / str(number)
        path.write_text(text)
        with pytest.raises(CommandError, match="cannot be compared"):
            call_command("verify_history", against=str(path))


# --- Many at a time -------------------------------------------------------------------------------


def test_what_is_written_many_at_a_time_is_sealed_alike(capsys):
    call_command("load_seminar_2023", verbosity=0)
    call_command("generate_sample", models=20, verbosity=0, year=2024)
    for model in PracticeModel.objects.filter(status="submitted")[:2]:
        model.accept(by=factories.ClerkFactory())

    call_command("verify_history")


def test_every_history_is_sealed():
    histories = [model for model in sealed_models() if issubclass(model, HistoryEntry)]

    assert len(histories) > 20
    assert all(issubclass(model, Sealed) for model in histories)


@pytest.mark.parametrize("model", ["historicalpracticemodel", "historicaluser"])
def test_a_migration_seals_what_is_joined_as_the_register_does(model):
    """In a migration the tables are the same, their columns stand in another order."""
    then = MigrationLoader(connection).project_state().apps.get_model("registry", model)
    now = apps.get_model("registry", model)

    columns = [{name: key for name, (_rows, key) in joins_of(each).items()} for each in (then, now)]
    assert columns[0] == columns[1] != {}
