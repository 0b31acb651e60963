import errno
import io
import os
import resource
import subprocess
import sys
import time
import unicodedata
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from PIL import Image, ImageFile

from registry import files
from registry import office as office_files
from registry.files import MEGABYTE, MultipleFileField, check_upload, clean_name, file_response
from registry.pdf import kind_of
from registry.storage import PrivateStorage, files_follow_the_transaction
from tamky_models.middleware import CarefulHeaders
from tests.registry.sample_files import (
    BILLION_LAUGHS,
    DECLARED,
    EXTERNAL_ENTITY,
    MACROS,
    PDF,
    compound,
    compound_listing,
    office,
    office_locked,
    office_with_a_link,
    old_text,
    old_workbook,
    pdf,
    pdf_locked,
    pdf_read_for_minutes,
    photo_of_a_phone,
    photo_painted_in_passes,
    photo_with_broken_exif,
    picture,
    pixel_bomb,
    pixel_bomb_beyond_pillow,
    relation,
    sheet,
    without_its_types,
    zip_listing,
)

pytestmark = pytest.mark.look


def upload(name, content):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("ảnh.jpg", picture(), "image/jpeg"),
        ("ẢNH.JPG", picture(), "image/jpeg"),
        ("ảnh.jpeg", picture(), "image/jpeg"),
        ("ảnh.png", picture("PNG"), "image/png"),
        ("ảnh.webp", picture("WEBP"), "image/webp"),
        ("báo cáo.pdf", PDF, "application/pdf"),
        ("báo cáo.docx", office("word"), files.BY_EXTENSION["docx"].content_type),
        ("bảng.xlsx", office("xl"), files.BY_EXTENSION["xlsx"].content_type),
        ("ảnh.heic", picture("HEIF"), "image/jpeg"),
        ("báo cáo.doc", old_text(), "application/msword"),
        ("bảng.xls", old_workbook(sheet()), "application/vnd.ms-excel"),
    ],
)
def test_what_people_bring_is_taken(name, content, content_type):
    checked = check_upload(upload(name, content))

    assert checked.original_name == name
    assert checked.content_type == content_type
    assert checked.size == len(checked.content.read())


def test_what_office_programs_write_is_taken():
    text, table = io.BytesIO(), io.BytesIO()
    docx.Document().save(text)
    openpyxl.Workbook().save(table)

    assert check_upload(upload("a.docx", text.getvalue())).size
    assert check_upload(upload("a.xlsx", table.getvalue())).size


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ảnh.jpg", picture("PNG")),
        ("ảnh.png", picture("GIF")),
        ("ảnh.png", b"<html><script>alert(1)</script></html>"),
        ("ảnh.jpg", picture()[:200]),
        ("báo cáo.pdf", b"MZ\x90\x00 a program"),
        ("báo cáo.pdf", b"%PDF-1.4 cut off"),
        ("báo cáo.pdf", b"%PDF-<script>alert(1)</script>%%EOF"),
        ("báo cáo.pdf", b"<html>" + PDF),
        ("báo cáo.pdf", PDF.replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")),
        ("báo cáo.pdf", PDF.replace(b"/Root", b"/Boot")),
        ("báo cáo.pdf%00.png", PDF),
        ("báo cáo.docx", office("xl")),
        ("báo cáo.docx", b"PK\x03\x04 cut off"),
        ("báo cáo.docx", office(**{"word/vbaProject.bin": "macro"})),
        ("báo cáo.docx", office_with_a_link()),
        ("báo cáo.docx", office_locked()),
        ("báo cáo.docx", b"MZ\x90\x00 a program" + office()),
        ("báo cáo.docx", b"<html><script>alert(1)</script>" + office()),
        ("báo cáo.docx", office(other=MACROS)),
        ("báo cáo.docx", office(main="application/vnd.ms-word.document.macroEnabled.main+xml")),
        ("báo cáo.docx", office(types=BILLION_LAUGHS)),
        ("báo cáo.docx", office(types=DECLARED + " " * office_files.MOST_DESCRIBED)),
        ("báo cáo.docx", office(types="<Types>")),
        ("báo cáo.docx", office(**{f"word/{n}.xml": "" for n in range(office_files.MOST_MEMBERS)})),
        ("báo cáo.docx", office(how=zipfile.ZIP_BZIP2)),
        ("báo cáo.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 locked with a password"),
        ("báo cáo.docx", office(types=EXTERNAL_ENTITY)),
        ("báo cáo.docx", without_its_types()),
        ("ảnh.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("ảnh.heic", picture("JPEG")),
        ("báo cáo.doc", old_workbook(sheet())),
        ("báo cáo.doc", office()),
        ("báo cáo.doc", old_text(flags=0x0100)),
        ("báo cáo.doc", old_text(**{"Macros/VBA/dir": b"macro"})),
        ("báo cáo.doc", old_text(**{"ObjectPool/_1/\x01Ole10Native": b"MZ"})),
        ("báo cáo.doc", old_text()[:1200]),
        ("bảng.xls", old_text()),
        ("bảng.xls", old_workbook(sheet(kind=1))),
        ("bảng.xls", old_workbook((0x002F, b"\0" * 6), sheet())),
        ("bảng.xls", old_workbook(sheet(), **{"_VBA_PROJECT_CUR/VBA/dir": b"macro"})),
        ("bảng.xls", compound({"Workbook": b"no workbook"})),
        ("ảnh.jpg", photo_painted_in_passes(files.MOST_PASSES)),
    ],
)
def test_content_that_does_not_match_the_name_is_refused(name, content):
    with pytest.raises(ValidationError, match=name):
        check_upload(upload(name, content))


@pytest.mark.parametrize(
    "extra",
    [
        {"word/embeddings/oleObject1.bin": "OLE"},
        {"word/embeddings/evil.exe": "MZ"},
        {"word/Embeddings/Evil.docm": "PK"},
        {"word/embeddings/no-workbook.xlsx": "MZ"},
        {"word/embeddings/sheet.xlsx": office("xl", **{"xl/embeddings/oleObject1.bin": "OLE"})},
        {"word/embeddings/sheet.xlsx": office("xl", **{"xl/embeddings/sheet.xlsx": office("xl")})},
        {"word/media/picture.SCR": "MZ"},
        {"other": "application/vnd.openxmlformats-officedocument.oleObject"},
        {"other": "application/vnd.ms-office.activeX"},
        {"[content_types].XML": DECLARED},
        {"word/Document.xml": "<document/>"},
        {"word/_rels/settings.xml.rels": relation("attachedTemplate", "http://example.com/a.dotm")},
        {"word/_rels/settings.xml.rels": relation("attachedTemplate", r"file:///\\server\a.dotm")},
        {"word/_rels/webSettings.xml.rels": relation("frame", "https://example.com/")},
        {"word/_rels/document.xml.rels": relation("oleObject", "file:///C:/a.xls")},
        {"word/_rels/document.xml.rels": "<Relationships>"},
        {"_rels/.rels": relation("frame", "https://example.com/")},
    ],
)
def test_a_document_with_a_program_packed_in_or_fetched_is_refused(extra):
    with pytest.raises(ValidationError, match=r"a\.docx"):
        check_upload(upload("a.docx", office(**extra)))


def test_charts_links_and_the_template_of_the_writer_are_no_programs():
    ordinary = {
        "word/embeddings/": "",
        "word/embeddings/Microsoft_Excel_Sheet1.xlsx": office("xl"),
        "word/_rels/document.xml.rels": relation("hyperlink", "https://example.com/"),
        "word/_rels/settings.xml.rels": relation(
            "attachedTemplate", r"file:///C:\Mẫu\công văn.dotx"
        ),
    }

    assert check_upload(upload("a.docx", office(**ordinary))).size


LINK = "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] {} >>]"


@pytest.mark.parametrize(
    "content",
    [
        pdf("/OpenAction [3 0 R /Fit]"),
        pdf("/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
        pdf("/Names << /Dests << /Names [] >> >> /AcroForm << /Fields [] >>"),
        pdf(page=LINK.format("/A << /S /URI /URI (https://example.com/) >>")),
        pdf(page="/Annots null"),
        pdf_locked(""),
        PDF + b"\n" * 5_000,
    ],
)
def test_a_pdf_that_only_shows_itself_is_taken(content):
    assert check_upload(upload("a.pdf", content)).size == len(content)


@pytest.mark.parametrize(
    "content",
    [
        pdf("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
        pdf("/OpenAction << /S /Launch /F (cmd.exe) >>"),
        pdf("/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /Launch /F (cmd.exe) >> >>"),
        pdf("/AA << /WC << /S /JavaScript /JS (1) >> >>"),
        pdf("/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (1) >>] >> >>"),
        pdf("/Names << /EmbeddedFiles << /Names [(a.exe) << /F (a.exe) >>] >> >>"),
        pdf("/AcroForm << /Fields [] /XFA (form) >>"),
        pdf(page="/AA << /O << /S /JavaScript /JS (1) >> >>"),
        pdf(page=LINK.format("/A << /S /Launch /F (cmd.exe) >>")),
        pdf(page=LINK.format("/AA << /PV << /S /JavaScript /JS (1) >> >>")),
        pdf(page="/Annots [<< /Type /Annot /Subtype /FileAttachment >>]"),
    ],
)
def test_a_pdf_that_runs_something_or_has_files_packed_in_is_refused(content):
    with pytest.raises(ValidationError, match=r"a\.pdf”.*PDF"):
        check_upload(upload("a.pdf", content))
    assert kind_of(content) == "active"


def test_a_pdf_that_opens_with_a_password_only_is_refused():
    content = pdf_locked("mật khẩu")

    with pytest.raises(ValidationError, match=r"a\.pdf"):
        check_upload(upload("a.pdf", content))
    assert kind_of(content) == "locked"


def test_a_crafted_pdf_is_given_up_in_time():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    with pytest.raises(ValidationError, match=r"a\.pdf"):
        check_upload(upload("a.pdf", pdf_read_for_minutes()))

    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 3


@pytest.mark.parametrize(
    "name", ["a.svg", "a.html", "a.jpg.php", "a.exe", "a", "a.docm", "a.xlsm", ".jpg"]
)
def test_other_types_are_refused_with_those_that_are_taken(name):
    with pytest.raises(
        ValidationError, match="jpg, jpeg, png, webp, heic, heif, pdf, docx, xlsx, doc, xls"
    ):
        check_upload(upload(name, picture()))


def test_an_empty_file_is_refused():
    with pytest.raises(ValidationError, match=r"a\.png"):
        check_upload(upload("a.png", b""))


def test_a_file_too_large_names_the_limit():
    with pytest.raises(ValidationError, match="15 MB"):
        check_upload(upload("a.png", b"x" * (15 * MEGABYTE + 1)))


@pytest.mark.parametrize(
    "content",
    [pixel_bomb(side=8_000), pixel_bomb(), pixel_bomb_beyond_pillow()],
    ids=["above our limit", "above that of a warning", "above that of Pillow"],
)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(content, monkeypatch):
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)

    with pytest.raises(ValidationError, match="25"):
        check_upload(upload("a.png", content))

    assert decoded == []


@pytest.mark.parametrize(
    ("name", "most", "content"),
    [
        ("a.png", 25, pixel_bomb(side=5_001)),
        ("a.webp", 10, picture("WEBP", (3_163, 3_163))),
        ("a.jpg", 16, picture(size=(4_001, 4_001), progressive=True)),
    ],
)
def test_the_limit_is_that_of_the_type(name, most, content):
    with pytest.raises(ValidationError, match=rf"a\..*\b{most}\b"):
        check_upload(upload(name, content))


MEASURE = """
import os, resource, sys
import django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from registry.files import check_upload

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

for path in sys.argv[1:]:
    if os.fork():
        os.wait()
        continue
    try:
        before = most()
        with open(path, "rb") as file:
            check_upload(SimpleUploadedFile(os.path.basename(path), file.read()))
        print(os.path.basename(path), most() - before, flush=True)
    finally:
        os._exit(0)
"""


def test_a_picture_of_just_so_many_pixels_is_read_with_less_than_200_megabytes(tmp_path):
    largest = {
        "decoded smaller.jpg": ("RGB", 5_119, "JPEG", {}),
        "in passes.jpg": ("CMYK", 4_000, "JPEG", {"progressive": True}),
        "transparent.png": ("RGBA", 5_000, "PNG", {}),
        "transparent.webp": ("RGBA", 3_162, "WEBP", {"lossless": True, "method": 0}),
        "of a phone.heic": ("RGB", 5_000, "HEIF", {}),
    }
    for name, (mode, side, kind, options) in largest.items():
        Image.new(mode, (side, side)).save(tmp_path / name, kind, **options)

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *[str(tmp_path / name) for name in largest]],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    measured = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    assert measured.keys() == largest.keys(), done.stderr
    assert {name: rise for name, rise in measured.items() if int(rise) >= 200} == {}


def test_a_long_photo_is_decoded_smaller_too(monkeypatch):
    decoded = []
    load = ImageFile.ImageFile.load
    monkeypatch.setattr(
        ImageFile.ImageFile, "load", lambda self: decoded.append(self.size) or load(self)
    )

    checked = check_upload(upload("a.jpg", picture(size=(12_000, 600))))

    assert (checked.width, checked.height) == (2560, 128)
    assert decoded[0] == (3_000, 150)


@pytest.mark.parametrize(
    ("name", "listing", "number"),
    [("a.docx", zip_listing, 400_000), ("a.doc", compound_listing, 140_000)],
    ids=["17 seconds", "10 seconds"],
)
def test_an_office_file_of_very_many_parts_is_refused_before_they_are_listed(name, listing, number):
    content = listing(number)
    started = time.process_time()

    with pytest.raises(ValidationError, match=name):
        check_upload(upload(name, content))

    assert time.process_time() - started < 1


def test_an_office_file_that_unpacks_to_too_much_is_refused_unopened():
    bomb = office(**{"word/bomb.xml": b"\0" * (files.MOST_UNPACKED + 1)})

    assert len(bomb) < MEGABYTE
    with pytest.raises(ValidationError, match="200 MB"):
        check_upload(upload("a.docx", bomb))


def test_a_photo_is_stored_upright_and_does_not_tell_where_it_was_taken():
    checked = check_upload(upload("a.jpg", photo_of_a_phone()))

    assert (checked.width, checked.height) == (200, 400)
    assert dict(Image.open(checked.content).getexif()) == {}


def test_a_photo_whose_exif_is_broken_is_stored_without_it():
    checked = check_upload(upload("a.jpg", photo_with_broken_exif()))

    assert (checked.width, checked.height) == (200, 400)
    assert dict(Image.open(checked.content).getexif()) == {}


def test_a_film_behind_a_photo_does_not_count_as_passes_over_it():
    film = b"\x00\x02" + b"\xff\xda\x00\x02" * files.MOST_PASSES * 2

    assert check_upload(upload("a.jpg", photo_painted_in_passes(5) + film)).width == 2000


def test_passes_cannot_hide_behind_a_marker_without_length():
    photo = photo_painted_in_passes(files.MOST_PASSES)
    first = photo.index(b"\xff\xda") + 2
    hidden = photo[:first] + photo[first:].replace(b"\xff\xda", b"\xff\x01\xff\xda")
    Image.open(io.BytesIO(hidden)).load()  # the decoder sees them all

    with pytest.raises(ValidationError):
        check_upload(upload("a.jpg", hidden))


def test_sixteen_bits_of_grey_stay_grey():
    out = io.BytesIO()
    Image.new("I;16", (6000, 3000), 128 * 256).save(out, "PNG")

    checked = check_upload(upload("a.png", out.getvalue()))

    assert Image.open(checked.content).convert("L").getpixel((9, 9)) == 128


def test_what_hangs_behind_a_picture_is_gone():
    checked = check_upload(upload("a.png", picture("PNG") + b"<script>alert(1)</script>"))

    assert b"script" not in checked.content.read()


def test_a_large_photo_is_made_smaller():
    checked = check_upload(upload("a.jpg", picture(size=(6000, 3000))))

    assert (checked.width, checked.height) == (2560, 1280)


@pytest.mark.parametrize("mode", ["P", "RGBA", "L", "1"])
def test_pictures_of_other_modes_stay_pictures(mode):
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "PNG")

    assert check_upload(upload("a.png", out.getvalue())).width == 30


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/ảnh.jpg", "ảnh.jpg"),
        ("/tmp/../etc/ảnh.jpg", "ảnh.jpg"),
        ("..&#x2F;..&#x2F;ảnh.jpg", "..&#x2F;..&#x2F;ảnh.jpg"),
        ("C:\\Users\\ảnh.jpg", "ảnh.jpg"),
        ("ả\u202egpj.exe", "ảgpj.exe"),
        (unicodedata.normalize("NFD", "ảnh.jpg"), "ảnh.jpg"),
        ("a\0\r\nb.jpg", "a b.jpg"),
        ("", "file"),
        (".", "file"),
        ("a\u200f\u061c\ud800b.jpg", "ab.jpg"),
        ("a\u200b\u0309nh.jpg", "ảnh.jpg"),
        ("x" * 300 + ".jpg", "x" * 146 + ".jpg"),
        ("x" * 300 + "." + "y" * 300, "x" * 130 + "." + "y" * 19),
    ],
)
def test_a_name_keeps_what_can_be_shown(name, cleaned):
    assert clean_name(name) == cleaned


def test_one_message_a_bad_file_and_the_good_ones_are_kept():
    field = MultipleFileField()
    good, bad = upload("a.png", picture("PNG")), upload("b.png", b"x")

    with pytest.raises(ValidationError) as refused:
        field.clean([good, bad, upload("c.svg", b"x")])

    assert len(refused.value.messages) == 2
    assert [checked.original_name for checked in field.accepted] == ["a.png"]


@pytest.mark.parametrize("required", [True, False])
def test_a_post_cannot_ask_to_clear_what_it_brings(required):
    class Form(forms.Form):
        files = MultipleFileField(required=required)

    brought = MultiValueDict({"files": [upload("a.png", picture("PNG"))]})
    form = Form(QueryDict("files-clear=on"), brought)

    assert form.is_valid()
    assert [checked.original_name for checked in form.cleaned_data["files"]] == ["a.png"]


def test_the_field_says_what_it_takes():
    class Form(forms.Form):
        files = MultipleFileField()

    shown = str(Form()["files"])

    # By type, so that a phone offers its camera; by ending, for office PCs.
    accepted = (
        "image/heic,image/jpeg,image/png,image/webp,"
        ".jpg,.jpeg,.png,.webp,.heic,.heif,.pdf,.docx,.xlsx,.doc,.xls"
    )
    assert f'accept="{accepted}"' in shown
    assert " multiple" in shown
    assert "15 MB" in str(Form().fields["files"].help_text)


def test_the_documentation_lists_the_types_as_they_are_checked():
    told = Path("docs/files.md").read_text()

    for kind in files.TYPES:
        most = f"{kind.megabytes} MB"
        if kind.is_image:
            most += f", {kind.megapixels} million pixels"
        row = f"| {', '.join(kind.extensions)} | {kind.content_type} | {most} |"
        assert row in told


def test_too_many_files_name_the_limit():
    with pytest.raises(ValidationError, match="20"):
        MultipleFileField().clean([upload("a.png", picture("PNG"))] * 21)


@pytest.mark.django_db
def test_a_file_saved_in_a_transaction_that_fails_is_gone():
    storage = PrivateStorage()

    saved = []

    def fail():
        with files_follow_the_transaction(), transaction.atomic():
            saved.append(storage.save("2026/lost.txt", ContentFile(b"x")))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with files_follow_the_transaction(), transaction.atomic():
        kept = storage.save("2026/kept.txt", ContentFile(b"x"))

    assert not storage.exists(saved[0])
    assert storage.exists(kept)
    with pytest.raises(ValueError, match="no address"):
        storage.url(kept)


class NoRoomForAll(ContentFile):
    """A file of which the disk takes only the first part."""

    def chunks(self, chunk_size=None):
        yield b"x" * 1000
        raise OSError(errno.ENOSPC, "No space left on device")


def test_of_a_file_the_disk_does_not_take_nothing_is_left():
    storage = PrivateStorage()

    with pytest.raises(OSError, match="No space left"):
        storage.save("2026/part.txt", NoRoomForAll(b""))

    assert not storage.exists("2026/part.txt")


def test_a_file_is_on_the_disk_before_its_row_is(monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor)))
    storage = PrivateStorage()

    path = storage.path(storage.save("2026/flushed.txt", ContentFile(b"x")))

    written = [os.stat(path), os.stat(os.path.dirname(path))]
    assert [each.st_ino for each in flushed] == [each.st_ino for each in written]


def test_files_of_a_block_within_a_block_follow_the_outer_one():
    storage = PrivateStorage()
    saved = []

    def fail():
        with files_follow_the_transaction():
            with files_follow_the_transaction():
                saved.append(storage.save("2026/inner.txt", ContentFile(b"x")))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert not storage.exists(saved[0])


def test_the_policy_of_the_pages_does_not_replace_that_of_a_file(rf):
    name = PrivateStorage().save("2026/x", ContentFile(b"x"))
    response = file_response(PrivateStorage().open(name), "a.png", "image/png")

    CarefulHeaders(lambda request: response)(rf.get("/"))

    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    response.file_to_stream.close()


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [
        ("image/jpeg", "inline"),
        ("image/svg+xml", "attachment"),
        ("application/pdf", "attachment"),
    ],
)
def test_a_file_is_sent_so_that_it_can_only_be_seen_or_saved(content_type, disposition):
    name = PrivateStorage().save("2026/x", ContentFile(b"x"))

    response = file_response(PrivateStorage().open(name), "Báo cáo\u202e.pdf", content_type)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith(disposition)
    assert "filename*=utf-8''B%C3%A1o%20c%C3%A1o.pdf" in response["Content-Disposition"]
    response.file_to_stream.close()
