"""Lists in Excel, as units keep them: entered whole, or not at all, and never twice."""

import io
import itertools
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl.styles import Font
from openpyxl.xml import DEFUSEDXML
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Field, Note, PracticeModel
from registry.workbooks import Import, Unreadable, _Names, import_workbook, read
from tests import factories
from tests.counting import rows
from tests.registry.sample_files import office

KEPT = Path(__file__).parent / "data" / "register-as-kept-in-excel.xlsx"
pytestmark = pytest.mark.django_db
HEADING = ["TT", "Tên mô hình", "Đơn vị", "Lĩnh vực", "Bắt đầu", "Kết quả", "Ghi chú"]


@pytest.fixture
def clerk():
    return factories.ClerkFactory()


@pytest.fixture
def cell():
    return factories.CellFactory(name="Chi bộ thôn Thử Một")


@pytest.fixture
def workbook(tmp_path):
    """Return a function that makes a workbook with a list of these rows."""

    def make(*lines, heading=HEADING, font=None):
        book = openpyxl.Workbook()
        book.active.title = "Danh sách"
        book.active.append(["ĐẢNG BỘ PHƯỜNG"])
        book.active.append(heading)
        for line in lines:
            book.active.append(line)
            if font:
                book.active.cell(book.active.max_row, 2).font = Font(name=font)
        book.save(tmp_path / "danh-sach.xlsx")
        return tmp_path / "danh-sach.xlsx"

    return make


def a_line(**changed):
    said = {
        "TT": 1,
        "Tên mô hình": "“Tiếng kẻng thử”",
        "Đơn vị": "Chi bộ thôn Thử Một",
        "Bắt đầu": "Tháng 6/2021",
    } | changed
    return [said.get(heading) for heading in HEADING]


def run(path, clerk, *options):
    call_command("import_models", str(path), *options, by=clerk.username)


def wrong(path, clerk):
    """Return what is said of a workbook that is refused; nothing may have been written."""
    before = rows()
    with pytest.raises(CommandError) as refused:
        run(path, clerk)
    assert rows() == before
    return str(refused.value)


def test_a_row_becomes_a_model_of_the_old_register_on_record(workbook, clerk, cell):
    path = workbook(a_line(**{"Kết quả": "12 hộ", "Ghi chú": "Chờ ảnh"}))
    run(path, clerk)

    model = PracticeModel.objects.get()
    assert (model.name, model.organisation, model.started) == ("Tiếng kẻng thử", cell, "2021-06")
    assert (model.results, model.status, model.origin) == ("12 hộ", "running", "old_register")
    assert model.code
    (entry,) = model.history.all()
    assert entry.history_user == clerk
    assert entry.history_change_reason == "danh-sach.xlsx: Trang “Danh sách”, dòng 3"
    note = Note.objects.get()
    assert (note.text, note.audience, note.by) == ("Chờ ảnh", "office", clerk)
    call_command("verify_history")
    call_command("check_invariants")


def test_the_same_workbook_again_changes_nothing(workbook, clerk, cell, capsys):
    path = workbook(a_line(), a_line(**{"TT": 2, "Tên mô hình": "Hai"}))
    run(path, clerk)
    before = rows()
    capsys.readouterr()

    run(path, clerk)

    assert rows() == before
    assert "0 entered, 2 there already" in capsys.readouterr().out


def test_one_wrong_row_and_nothing_is_entered(workbook, clerk, cell):
    said = wrong(workbook(a_line(), a_line(**{"TT": 2, "Tên mô hình": ""})), clerk)

    assert said.startswith("Trang “Danh sách”, dòng 4, Tên mô hình: ")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(workbook, clerk, cell, capsys):
    path, before = workbook(a_line()), rows()
    run(path, clerk, "--dry-run")

    assert rows() == before
    said = capsys.readouterr().out
    assert "Tiếng kẻng thử" in said
    assert "1 would be entered" in said


@pytest.mark.parametrize(
    ("changed", "column", "what"),
    [
        ({"Đơn vị": None}, "Đơn vị", "Chưa ghi"),
        ({"Đơn vị": "Chi bộ thôn Thử Mật"}, "Đơn vị", "Chi bộ thôn Thử Một?"),
        ({"Bắt đầu": "năm ngoái"}, "Bắt đầu", "năm ngoái"),
        ({"Bắt đầu": 2041}, "Bắt đầu", "2041"),
        ({"Lĩnh vực": "Không có"}, "Lĩnh vực", "Không có"),
        ({"Tên mô hình": "=1+1"}, "Tên mô hình", "công thức"),
        ({"Tên mô hình": "x" * 301}, "Tên mô hình", "300"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(workbook, clerk, cell, changed, column, what):
    said = wrong(workbook(a_line(**changed)), clerk)

    assert f"dòng 3, {column}: " in said
    assert what in said


def test_a_long_list_asks_the_database_no_more_than_a_short_one(workbook, clerk, cell):
    asked = []
    for number in (2, 20):
        lines = [a_line(**{"Tên mô hình": f"Mô hình thử {n}"}) for n in range(number)]
        with CaptureQueriesContext(connection) as queries:
            import_workbook(workbook(*lines), by=clerk, dry_run=True)
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.look
def test_ten_thousand_models_are_read_with_their_headings_and_no_endless_sheet_is(workbook):
    lines = [[number, "Tên", "Đơn vị"] for number in range(10_000)]

    assert len(list(read(workbook(*lines), Import()))) == 10_000
    with pytest.raises(Unreadable, match="11000"):
        list(read(workbook(*lines, *[["Cộng"]] * 1_000), Import()))


def test_the_same_model_twice_in_one_list_is_wrong(workbook, clerk, cell):
    said = wrong(workbook(a_line(), a_line(**{"Tên mô hình": "TIẾNG KẺNG THỬ"})), clerk)
    assert "dòng 4" in said
    assert "dòng 3" in said


def test_a_name_that_two_units_have_needs_the_ward(workbook, clerk):
    for ward in ("Đảng ủy xã Tam Một", "Đảng ủy xã Tam Hai"):
        above = factories.OrganisationFactory(name=ward)
        factories.CellFactory(name="Chi bộ thôn 1", parent=above)

    assert "Chi bộ thôn 1" in wrong(workbook(a_line(**{"Đơn vị": "Chi bộ thôn 1"})), clerk)
    run(workbook(a_line(**{"Đơn vị": "Chi bộ thôn 1, xã Tam Hai"})), clerk)
    assert PracticeModel.objects.get().organisation.parent.name == "Đảng ủy xã Tam Hai"


def test_short_forms_sections_dittos_and_the_end_of_a_list_are_understood(workbook, clerk):
    women = factories.OrganisationFactory(name="Hội Liên hiệp Phụ nữ phường Thử")
    field, _made = Field.objects.get_or_create(name="Văn hóa – xã hội")
    run(
        workbook(
            ["I. KHỐI ĐOÀN THỂ"],
            [1, "Một", "Hội LHPN P. Thử", "VH-XH", "Quý II/2023"],
            [2, "Hai", "nt", "nt", None, "-"],
            [None, "Tổng cộng: 2 mô hình"],
        ),
        clerk,
    )

    one, two = PracticeModel.objects.order_by("code")
    assert one.organisation == two.organisation == women
    assert one.field == two.field == field
    assert (one.started, two.results) == ("2023", "")
    assert Note.objects.get().text == "Bắt đầu: Quý II/2023"  # nothing is lost


def test_text_of_a_font_from_before_unicode_is_refused(workbook, clerk, cell):
    assert ".VnTime" in wrong(workbook(a_line(), font=".VnTime"), clerk)


def test_what_people_type_is_text_everywhere(workbook, clerk, cell, client):
    nasty = '"><img src=x onerror=alert(1)>{{7*7}}'
    run(workbook(a_line(**{"Tên mô hình": nasty, "Kết quả": "@SUM(1+1)"})), clerk)

    client.force_login(clerk)
    page = client.get(PracticeModel.objects.get().get_absolute_url())
    assertNotContains(page, "<img src=x")
    assertContains(page, "&lt;img src=x onerror=alert(1)&gt;{{7*7}}")


def test_a_list_as_units_really_keep_it_is_read_row_by_row(clerk):
    done = Import()
    read_rows = list(read(KEPT, done))

    assert len(read_rows) == 77
    assert read_rows[1].cells["organisation"] == "Hội LHPN xã Tam Thanh"  # "nt"
    assert read_rows[1].headings["started"] == "Bắt đầu"  # below a merged heading
    assert any("nháp" in sentence for sentence in done.left_out)
    assert any("Tổng cộng" in sentence for sentence in done.left_out)


def test_of_a_real_list_each_wrong_row_is_named_at_once(clerk):
    units = {row.cells.get("organisation") for row in read(KEPT, Import())} - {None}
    for name in {_Names.key(unit): unit for unit in units}.values():
        factories.OrganisationFactory(name=name)
    for name in ("Kinh tế", "VH-XH", "QP - AN", "Xây dựng Đảng, HTCT", "Môi trường", "CCHC"):
        Field.objects.get_or_create(name=name)

    said = wrong(KEPT, clerk)

    for number in range(84, 89):
        assert f"dòng {number}" in said


def zip_with(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(KEPT) as kept, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in kept.namelist():
            made.writestr(name, members.get(name, kept.read(name)))
    return out.getvalue()


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij"))
    + "]><worksheet>&j;</worksheet>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.xlsx", b"PK\x03\x04 cut off"),
        ("list.xlsx", office("word")),
        ("list.docx", office("word")),
        ("list.xlsm", office("xl")),
        ("list.xlsx", office("xl")),
        ("list.xlsx", zip_with(**{"xl/worksheets/sheet1.xml": BOMB})),
        ("list.xlsx", zip_with(**{"xl/worksheets/sheet1.xml": OUTSIDE})),
        ("list.xlsx", zip_with(**{"xl/workbook.xml": BOMB.replace("worksheet", "workbook")})),
    ],
)
def test_what_is_no_such_workbook_is_refused(tmp_path, clerk, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable):
        import_workbook(tmp_path / name, by=clerk)
    assert not PracticeModel.objects.exists()


def test_workbooks_are_parsed_by_a_parser_that_expands_nothing():
    assert DEFUSEDXML is True


def test_only_the_office_imports(workbook, cell):
    unit = factories.UnitUserFactory(organisation=cell)
    with pytest.raises(CommandError, match=unit.username):
        run(workbook(a_line()), unit)


def test_a_file_that_is_not_there_is_said_plainly(tmp_path, clerk):
    with pytest.raises(CommandError, match=r"list\.xlsx"):
        run(tmp_path / "list.xlsx", clerk)
