"""A person's name or photo is made unreadable everywhere, on record, and the record still holds."""

import json
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.db import connection

from registry import appendonly
from registry.models import PracticeModel, Redaction, SecurityEvent
from registry.sealing import plain_values, sealed_models
from tests import factories

pytestmark = pytest.mark.django_db

NAME = "Trần Thị Hiếm Gặp"


@pytest.fixture
def admin():
    return factories.AdminFactory()


def redact(admin, **options):
    said = {"reason": "Theo đơn của bà", "paper": "CV 12-CV/ĐU"} | options
    call_command("redact", by=admin.username, verbosity=0, **said)


def dump():
    """Return all that the database holds, as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [repr(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def test_a_name_is_nowhere_any_more_and_the_history_still_holds(admin):
    cell = factories.CellFactory()
    unit = factories.UnitUserFactory(organisation=cell)
    model = factories.submitted(
        organisation=cell, by=unit, approach=f"Bà {NAME} vận động.", contact_name=NAME
    )
    model.send_back(by=factories.ClerkFactory(), reason=f"Hỏi lại bà {NAME.upper()}.")
    assert NAME in dump()

    redact(admin, words=NAME)

    assert NAME.lower() not in dump().lower()
    model.refresh_from_db()
    assert model.approach == "Bà [đã ẩn] vận động."
    assert model.moves.first().reason == "Hỏi lại bà [đã ẩn]."
    call_command("verify_history")
    assert appendonly.missing() == []


def test_it_is_on_record_who_had_it_done_and_why_and_not_what_stood_there(admin):
    model = factories.running(contact_name=NAME)

    redact(admin, words=NAME)

    done = Redaction.objects.get()
    assert (done.by, done.reason, done.paper) == (admin, "Theo đơn của bà", "CV 12-CV/ĐU")
    assert done.what["registry_practicemodel"] == 1
    assert SecurityEvent.objects.get(kind=SecurityEvent.Kind.REDACTED).user == admin
    assert model.history.first().history_change_reason == "redact: CV 12-CV/ĐU"
    assert NAME not in dump()


def test_a_name_goes_from_the_log_that_the_administration_once_kept(admin):
    about = {"name": "thành viên", "object": f"{NAME} – Chi bộ", "fields": ["Đến"]}
    entry = LogEntry.objects.create(
        user=admin,
        object_repr=f"Ông bà {NAME}",
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": about}]),
    )
    plain = LogEntry.objects.create(
        user=admin, object_repr="Khác", action_flag=CHANGE, change_message=f"Mật khẩu của {NAME}"
    )
    assert NAME not in entry.change_message

    redact(admin, words=NAME)

    entry.refresh_from_db()
    plain.refresh_from_db()
    assert entry.object_repr == "Ông bà [đã ẩn]"
    assert json.loads(entry.change_message)[0]["changed"]["object"] == "[đã ẩn] – Chi bộ"
    assert plain.change_message == "Mật khẩu của [đã ẩn]"
    assert Redaction.objects.get().what == {"django_admin_log": 2}


def test_a_name_within_another_is_left(admin):
    model = factories.running(approach="Anh An và chị Ánh, anh Ân, anh Anh")

    redact(admin, words="An")

    model.refresh_from_db()
    assert model.approach == "Anh [đã ẩn] và chị Ánh, anh Ân, anh Anh"


def test_a_photo_becomes_grey_and_its_bytes_are_gone(admin, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    photo = factories.EvidenceFactory(model=factories.running())
    path = Path(photo.file.path)
    before, inode, mode = path.read_bytes(), path.stat().st_ino, path.stat().st_mode

    redact(admin, file=f"evidence:{photo.pk}")

    assert path.read_bytes() != before
    # The same file: who runs the command may be root, the application is not.
    assert (path.stat().st_ino, path.stat().st_mode) == (inode, mode)
    photo.refresh_from_db()
    assert photo.original_name == "[đã ẩn].jpg"
    call_command("verify_history")
    call_command("check_invariants", files=True)


def test_only_an_administrator_and_only_with_reason_and_paper(admin):
    factories.running(contact_name=NAME)
    clerk = factories.ClerkFactory()
    before = entries()

    for options in ({"by": clerk.username}, {"by": "nobody"}, {"reason": " "}, {"paper": ""}):
        said = {"by": admin.username, "reason": "Vì", "paper": "CV 1", "words": NAME} | options
        with pytest.raises(CommandError):
            call_command("redact", verbosity=0, **said)

    assert entries() == before


@pytest.mark.parametrize("what", [{"words": "a"}, {"file": "evidence:0"}, {"file": "user:1"}])
def test_what_is_not_there_changes_nothing(admin, what):
    before = entries()

    with pytest.raises(CommandError, match="Nothing was changed"):
        redact(admin, **what)

    assert entries() == before


def entries():
    models = [PracticeModel, Redaction, *sealed_models()]
    return [dict(plain_values(row)) for model in models for row in model._base_manager.all()]
