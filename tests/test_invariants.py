"""A rule of the stored register that is broken by hand is told; and tables guard themselves."""

import copy
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings
from django.utils import timezone

from registry import appendonly, invariants
from registry.models import Enrolment, Move, Organisation, PracticeModel
from registry.sealing import sealed_models
from reviews.models import Assessment, DecisionLine, PanelMember, Recusal
from tests import permissions_world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def one_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Build a register that was used, once for them all, with a folder of its own."""
    folder = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=folder), django_db_blocker.unblock(), transaction.atomic():
        yield permissions_world.build(), folder
        transaction.set_rollback(True)


@pytest.fixture
def world(one_world, db, settings, tmp_path):
    """Return that register; rows and files that the test spoils are its own."""
    built, folder = one_world
    settings.MEDIA_ROOT = shutil.copytree(folder, tmp_path / "media")
    return copy.deepcopy(built)


def found():
    return dict(invariants.findings())


def test_a_register_that_was_used_keeps_every_rule(world, capsys):
    assert found() == {}
    call_command("check_invariants", files=True)
    assert "rules hold" in capsys.readouterr().out


def _drop_a_trigger(world):
    name = next(iter(appendonly.there()))
    table, _made = appendonly.there()[name]
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    return table


def _hollow_a_trigger(world):
    """One of the same name, that refuses nothing."""
    name, (table, _made) = next(iter(appendonly.there().items()))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RETURN COALESCE(NEW, OLD); END $$"
            )
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [name])
            made = cursor.fetchone()[0]
            cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(made.replace(" BEGIN SELECT", " WHEN 0 BEGIN SELECT"))
    return table


def _switch_a_trigger_to_replicas(world):
    name, (table, _made) = next(iter(appendonly.there().items()))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none may wait for the commit
            cursor.execute(f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}")
        return table
    return _hollow_a_trigger(world)


def _move_past_the_verbs(world):
    PracticeModel.objects.filter(pk=world.running.pk).update(status="submitted")
    return str(world.running.pk)


def _come_from_nowhere(world):
    made = Move.objects.create(
        model=world.running, name="accept", from_status="draft", to_status="running",
        by=world.people["clerk"],
    )  # fmt: skip
    return str(made.pk)


def _forget_the_year(world):
    with appendonly.suspended():
        world.submitted.enrolments.all().delete()
    return str(world.submitted.pk)


def _accept_before_sending(world):
    PracticeModel.objects.filter(pk=world.running.pk).update(
        accepted_at=world.running.submitted_at - timedelta(days=1)
    )
    return str(world.running.pk)


def _forget_that_it_was_accepted(world):
    year = world.running.enrolments.get()
    Enrolment.objects.filter(pk=year.pk).update(
        frozen_at=timezone.now(), revision=1, accepted_at=None
    )
    return str(year.pk)


def _close_a_loop(world):
    Organisation.objects.filter(pk=world.ward_unit.pk).update(parent=world.cell)
    return str(world.cell.pk)


def _lose_a_file(world):
    default_storage.delete(world.photo_of_running.file.name)
    return f"registry_evidence {world.photo_of_running.pk}"


def _say_otherwise_than_the_paper(world):
    PracticeModel.objects.filter(pk=world.public.pk).update(verdict="replicate")
    return str(world.public.pk)


def _take_the_lines_of_a_paper(world):
    with appendonly.suspended():
        DecisionLine.objects.filter(decision=world.issued).delete()
    PracticeModel.objects.filter(pk=world.public.pk).update(verdict="", verdict_on=None)
    return str(world.issued.pk)


def _let_the_recused_vote(world):
    ballot = world.own_ballot
    Recusal(item=ballot.item, member=ballot.member, reason="Thử").save()
    return str(ballot.pk)


def _vote_before_the_opening(world):
    item, member = world.planned_item, world.planned_member
    return str(Assessment.objects.create(item=item, member=member).pk)


def _vote_elsewhere(world):
    member = PanelMember.objects.exclude(seminar=world.open).first()
    return str(Assessment.objects.create(item=world.item, member=member).pk)


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (_drop_a_trigger, "Every append-only table has its triggers."),
        (_hollow_a_trigger, "Every append-only table has its triggers."),
        (_switch_a_trigger_to_replicas, "Every append-only table has its triggers."),
        (_move_past_the_verbs, "A model stands where its last move has brought it."),
        (_come_from_nowhere, "A move begins where the one before it has ended."),
        (_forget_the_year, "A model of the register's own that was ever sent has an enrolment."),
        (_accept_before_sending, "No model was accepted before it was sent."),
        (_forget_that_it_was_accepted, "What is frozen was accepted, and still is."),
        (_close_a_loop, "The tree of organisations hangs on its roots: it has no loop."),
        (_lose_a_file, "Every file on record is on the disk, as long as it was."),
        (
            _say_otherwise_than_the_paper,
            "The standing verdict of a model is that of its latest issued line.",
        ),
        (_take_the_lines_of_a_paper, "An issued paper has at least one line."),
        (_let_the_recused_vote, "Nobody has a ballot on an item they take no part in."),
        (
            _vote_before_the_opening,
            "Ballots and proposals belong to seminars that have been opened.",
        ),
        (_vote_elsewhere, "A member's ballot is on an item of the seminar they sit in."),
    ],
)  # fmt: skip
def test_a_rule_that_is_broken_by_hand_is_missed(world, break_it, sentence):
    broken = break_it(world)

    assert broken in found().get(sentence, "").split(", ")


def test_a_constraint_that_the_database_lacks_is_missed(world, monkeypatch):
    lacks = models.CheckConstraint(condition=~models.Q(name="x"), name="not_in_the_database")
    monkeypatch.setattr(PracticeModel._meta, "constraints", [lacks])

    assert lacks.name in found()["Every constraint of the models is in the database."]


def test_a_constraint_that_was_dropped_is_missed_also_where_a_table_set_aside_has_it(db):
    name, table = "membership_one_open", "registry_membership"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")
        if connection.vendor == "postgresql":
            cursor.execute("CREATE SCHEMA aside")
            cursor.execute(f"CREATE TABLE aside.{table} (id integer)")
            cursor.execute(f"CREATE UNIQUE INDEX {name} ON aside.{table} (id)")

    assert found()["Every constraint of the models is in the database."] == name


def test_a_file_without_a_record_is_told_of_after_a_day_and_deleted_when_asked(world, capsys):
    name = default_storage.save("2026/01/la.jpg", ContentFile(b"x"))
    assert found() == {}
    _make_old(name)

    with pytest.raises(CommandError):
        call_command("check_invariants")
    assert name in capsys.readouterr().err
    call_command("check_invariants", delete_orphans=True)

    assert not default_storage.exists(name)


def _make_old(name):
    before = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(default_storage.path(name), (before, before))


def test_a_changed_file_is_found_by_its_content(world, capsys):
    path = Path(default_storage.path(world.photo_of_running.file.name))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    call_command("check_invariants")
    with pytest.raises(CommandError):
        call_command("check_invariants", files=True)

    assert f"registry_evidence {world.photo_of_running.pk}" in capsys.readouterr().err


# --- The guards of the tables ---------------------------------------------------------------------


def refused(sql, *values):
    """Whether the database itself refuses."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except IntegrityError as error:
        return "append-only" in str(error)
    return False


@pytest.mark.parametrize("model", sealed_models(), ids=lambda model: model.__name__)
def test_no_table_of_the_record_lets_a_row_be_changed_or_deleted(model):
    tables = {table for table, _made in appendonly.there().values()}

    assert model._meta.db_table in tables


def test_the_database_refuses_to_change_or_delete_what_is_written_once(world):
    entry, move = world.running.history.first(), world.running.moves.first()
    ballot = world.own_handed_in
    for table, column, key, row in (
        ("registry_historicalpracticemodel", "name", "history_id", entry.pk),
        ("registry_move", "reason", "id", move.pk),
        ("reviews_assessment", "remark", "id", ballot.pk),
        ("reviews_decision", "signatory", "id", world.issued.pk),
        ("reviews_decisionline", "reason", "id", world.issued_line.pk),
    ):
        assert refused(f"UPDATE {table} SET {column} = 'x' WHERE {key} = %s", row), table
        assert refused(f"DELETE FROM {table} WHERE {key} = %s", row), table


def test_what_is_not_handed_in_or_issued_yet_may_be_written(world):
    assert not refused(
        "UPDATE reviews_assessment SET remark = 'x' WHERE id = %s", world.own_ballot.pk
    )
    assert not refused("UPDATE reviews_decision SET subject = 'x' WHERE id = %s", world.paper.pk)
    assert not refused("UPDATE reviews_decisionline SET reason = 'x' WHERE id = %s", world.line.pk)


def test_of_an_issued_paper_only_when_it_is_open_to_all_may_be_written(world):
    change = "UPDATE reviews_decision SET published_at = NULL WHERE id = %s"
    assert not refused(change, world.published.pk)


@pytest.mark.parametrize("spoil", [_drop_a_trigger, _hollow_a_trigger])
def test_a_trigger_that_was_taken_off_or_hollowed_is_made_anew(world, spoil):
    before = appendonly.there()
    spoil(world)

    appendonly.install()

    assert appendonly.there() == before


def test_installing_the_triggers_again_changes_nothing():
    before = appendonly.there()
    appendonly.install()
    assert appendonly.there() == before
    assert appendonly.missing() == []


def test_at_night_what_fails_holds_up_nothing_else_and_is_told_at_the_end(
    world, monkeypatch, capsys
):
    _lose_a_file(world)

    def crash(*args, **kwargs):
        raise OSError("disk is gone")

    monkeypatch.setattr("registry.management.commands.verify_history.sealed_models", crash)

    with pytest.raises(CommandError, match=r"(?s)check_invariants: .*verify_history: .*gone"):
        call_command("nightly")

    assert "texts not saved" in capsys.readouterr().out


def test_at_night_all_is_done_and_nothing_said_when_nothing_is_wrong(world, capsys):
    call_command("nightly")

    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert err == ""
