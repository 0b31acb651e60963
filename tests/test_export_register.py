"""The whole register is taken out, and everything is read without the application."""

import hashlib
import json
import subprocess
import unicodedata
from datetime import date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from openpyxl import load_workbook

from registry import archives, backups
from registry.history import HistoryEntry
from registry.models import Evidence, FormToken, PracticeModel, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Đường hoa Ỗ ẵ – “Mẹ đỡ đầu”"
LONG = "Ngày thứ nhất\n" + "ưỡ🌸" * 20_000
ODD = "một\ufffehai"


@pytest.fixture
def rules_of_the_register_hold_at_the_end():
    """Not here: files are moved and damaged on purpose."""


@pytest.fixture
def register(settings, tmp_path):
    """A small register in use, with what spreadsheets and file systems trip over."""
    settings.MEDIA_ROOT = tmp_path / "media"
    unit = factories.UnitUserFactory(username="0905000111", full_name="=1+1")
    model = factories.running(
        by=unit,
        organisation=unit.memberships.get().organisation,
        name=NAME,
        approach=LONG,
        started="2021-05",
        ends="2022-05-19",
        place="=HYPERLINK(1)",
    )
    PracticeModel.objects.filter(pk=model.pk).update(lessons=ODD, paper_date=date(1899, 5, 1))
    for name in ("../../x\u202egpj.exe.jpg", "Ảnh: hội nghị?.jpg"):
        photo = factories.EvidenceFactory(model=model)
        Evidence.objects.filter(pk=photo.pk).update(original_name=name)
    factories.PracticeModelFactory(organisation=model.organisation, name="")
    factories.issued(None, model)
    factories.opened()
    model.refresh_from_db()
    return model


def taken_out(tmp_path, **options):
    place, manifest = archives.make(tmp_path / "out", **options)
    book = load_workbook(place / "so-mo-hinh.xlsx")
    return place, manifest, book


def rows_of(book, manifest, label):
    """Return the rows of a model as dictionaries by the headers."""
    header, *rows = book[manifest["sheets"][label]].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def ours():
    for app in apps.get_app_configs():
        if Path(app.path).parent == Path(project.BASE_DIR):
            yield from (model for model in app.get_models() if not model._meta.proxy)


def test_every_model_is_a_sheet_with_all_its_rows_or_is_said_to_be_left_out(register, tmp_path):
    there = {model._meta.label: model._base_manager.count() for model in ours()}

    _place, manifest, book = taken_out(tmp_path, history=True)

    left_out = {label for label, _why in archives.LEFT_OUT}
    assert set(manifest["rows"]) == set(there) - left_out
    assert left_out < set(there)
    for label, title in manifest["sheets"].items():
        assert book[title].max_row - 1 == there[label] == manifest["rows"][label], label
    assert len(book.sheetnames) == len(manifest["rows"])


def test_the_history_is_taken_out_only_when_it_is_asked_for(register, tmp_path):
    _place, manifest, _book = taken_out(tmp_path)

    assert not [
        m for m in ours() if issubclass(m, HistoryEntry) and m._meta.label in manifest["rows"]
    ]


def test_a_model_reads_as_it_was_written(register, tmp_path):
    place, manifest, book = taken_out(tmp_path)

    rows = rows_of(book, manifest, "registry.PracticeModel")
    row = next(row for row in rows if row["ID"] == register.pk)
    assert row["Mã"] == register.code
    assert row["Tên mô hình"] == NAME
    assert row["Đơn vị, tổ chức"] == register.organisation.name
    assert row["Đơn vị, tổ chức (ID)"] == register.organisation_id
    assert row["Trạng thái"] == "Đang thực hiện"
    assert row["Thời gian bắt đầu"] == "05/2021"
    assert row["Dự kiến kết thúc"] == datetime(2022, 5, 19)  # noqa: DTZ001
    assert row["Ngày văn bản đăng ký"] == "01/05/1899"
    accepted = timezone.localtime(register.accepted_at).replace(tzinfo=None)
    assert abs((row["Tiếp nhận lúc"] - accepted).total_seconds()) < 0.01
    assert manifest["texts"] == 2
    for header, text in (("Cách làm", register.approach), ("Bài học kinh nghiệm", ODD)):
        where = row[header].split("[toàn văn: ")[1].removesuffix("]")
        assert (place / where).read_bytes().decode() == text
        assert len(row[header].encode("utf-16-le")) // 2 <= archives.LONGEST_CELL


@pytest.mark.look
def test_no_cell_is_a_formula(register, tmp_path):
    _place, _manifest, book = taken_out(tmp_path)

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type in ("f", "e")]
    values = {cell.value for cell in cells}
    assert {"'=HYPERLINK(1)", "'=1+1"} <= values


def test_no_password_token_or_unsaved_draft_is_in_any_cell(register, tmp_path):
    token = "0b0b0b0b-1c1c-4d4d-8e8e-2f2f2f2f2f2f"
    unit = register.accepted_by
    FormToken.objects.create(token=token, user=unit)

    place, _manifest, book = taken_out(tmp_path, history=True)

    text = "\n".join(
        str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row
    )
    assert unit.password not in text
    assert "$" not in text
    assert token not in text
    assert all(path.stat().st_mode & 0o077 == 0 for path in (place, *place.rglob("*")))


@pytest.mark.look
def test_each_file_is_there_under_a_safe_name_and_as_it_came(register, tmp_path):
    place, manifest, book = taken_out(tmp_path)

    rows = rows_of(book, manifest, "registry.Evidence")
    assert manifest["files"] == len(rows) == 2
    for row in rows:
        path = (place / row["Tệp"]).resolve()
        assert path.is_relative_to(place / "tep" / register.code)
        content = path.read_bytes()
        assert content == Path(Evidence.objects.get(pk=row["ID"]).file.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["SHA-256 của tệp"]
        assert not [c for c in path.name if unicodedata.category(c)[0] == "C" or c in '/\\:?*"<>|']
        assert path.suffix == ".jpg"


@pytest.mark.look
def test_the_sums_name_every_file_and_sha256sum_agrees(register, tmp_path):
    place, manifest, _book = taken_out(tmp_path)

    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=place, capture_output=True
    )

    assert done.returncode == 0, done.stderr
    named = {line[66:] for line in (place / "SHA256SUMS").read_text().splitlines()}
    there = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    assert named == there - {"SHA256SUMS"}
    assert json.loads((place / "manifest.json").read_text()) == manifest
    read_me = (place / "DOC-TOI.txt").read_text(encoding="utf-8-sig")
    assert f"Mô hình: {manifest['rows']['registry.PracticeModel']}" in read_me


def test_a_file_that_is_gone_or_changed_is_named_and_all_else_is_there(register, tmp_path):
    gone, changed = Evidence.objects.order_by("pk")
    default_storage.delete(gone.file.name)
    Path(changed.file.path).chmod(0o600)
    Path(changed.file.path).write_bytes(b"other")

    with pytest.raises(CommandError) as refused:
        call_command("export_register", str(tmp_path / "out"))

    assert refused.value.returncode == 1
    assert gone.file.name in str(refused.value)
    assert f"-{changed.pk}.jpg" in str(refused.value)
    (place,) = (tmp_path / "out").iterdir()
    assert gone.file.name in (place / "DOC-TOI.txt").read_text(encoding="utf-8-sig")


@pytest.mark.look
def test_what_is_there_already_is_left_alone(register, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "NAMED", "so-mo-hinh")
    place, _manifest, _book = taken_out(tmp_path)
    before = backups.contents_of(place)

    with pytest.raises(CommandError, match="is there already"):
        call_command("export_register", str(tmp_path / "out"))

    assert backups.contents_of(place) == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["so-mo-hinh"]


def test_what_fails_leaves_nothing_that_could_be_taken_for_whole(register, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LONGEST_FILE_NAME", None)
    monkeypatch.setattr(archives, "FILES", "tep/" + "x" * 300)

    with pytest.raises(CommandError, match="could not be written"):
        call_command("export_register", str(tmp_path / "out"))

    assert list((tmp_path / "out").iterdir()) == []
    assert not SecurityEvent.objects.filter(kind=SecurityEvent.Kind.EXPORTED).exists()


@pytest.mark.look
def test_more_rows_than_a_sheet_takes_go_on_in_the_next_workbook(register, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ROWS_OF_A_SHEET", 2)
    many = PracticeModel.objects.count()
    assert many > 2

    place, manifest, book = taken_out(tmp_path)

    title = manifest["sheets"]["registry.PracticeModel"]
    books = [book, *(load_workbook(place / f"so-mo-hinh-{n}.xlsx") for n in range(2, many + 1))]
    keys = [book[title]["A2"].value for book in books]
    assert keys == list(PracticeModel.objects.order_by("pk").values_list("pk", flat=True))


def test_the_taking_out_is_on_record_and_others_write_meanwhile(register, tmp_path, in_threads):
    with backups.one_moment():
        before = PracticeModel.objects.count()
        if connection.vendor == "postgresql" or not connection.is_in_memory_db():
            (written,) = in_threads(lambda: factories.PracticeModelFactory())
            assert isinstance(written, PracticeModel), written
        assert PracticeModel.objects.count() == before

    place, manifest, _book = taken_out(tmp_path)

    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.EXPORTED)
    assert event.about.startswith(f"{place.name}: {sum(manifest['rows'].values())} rows")
