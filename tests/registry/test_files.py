import io
import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from registry import files
from registry.files import MEGABYTE, MultipleFileField, check_upload, clean_name, file_response
from registry.storage import PrivateStorage, files_follow_the_transaction
from tests.registry.sample_files import (
    PDF,
    office,
    office_with_a_link,
    photo_of_a_phone,
    picture,
    pixel_bomb,
)


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
    ],
)
def test_what_people_bring_is_taken(name, content, content_type):
    checked = check_upload(upload(name, content))

    assert checked.original_name == name
    assert checked.content_type == content_type
    assert checked.size == len(checked.content.read())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ảnh.jpg", picture("PNG")),
        ("ảnh.png", picture("GIF")),
        ("ảnh.png", b"<html><script>alert(1)</script></html>"),
        ("ảnh.jpg", picture()[:200]),
        ("báo cáo.pdf", b"MZ\x90\x00 a program"),
        ("báo cáo.pdf", b"%PDF-1.4 cut off"),
        ("báo cáo.docx", office("xl")),
        ("báo cáo.docx", b"PK\x03\x04 cut off"),
        ("báo cáo.docx", office(**{"word/vbaProject.bin": "macro"})),
        ("báo cáo.docx", office_with_a_link()),
    ],
)
def test_content_that_does_not_match_the_name_is_refused(name, content):
    with pytest.raises(ValidationError, match=name):
        check_upload(upload(name, content))


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.jpg.php", "a.exe", "a", "a.docm", ".jpg"])
def test_other_types_are_refused_with_those_that_are_taken(name):
    with pytest.raises(ValidationError, match="jpg, jpeg, png, webp, pdf, docx, xlsx"):
        check_upload(upload(name, picture()))


def test_an_empty_file_is_refused():
    with pytest.raises(ValidationError, match=r"a\.png"):
        check_upload(upload("a.png", b""))


def test_a_file_too_large_names_the_limit():
    with pytest.raises(ValidationError, match="15 MB"):
        check_upload(upload("a.png", b"x" * (15 * MEGABYTE + 1)))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    with pytest.raises(ValidationError, match="50"):
        check_upload(upload("a.png", pixel_bomb()))


def test_an_office_file_that_unpacks_to_too_much_is_refused_unopened():
    bomb = office(**{"word/bomb.xml": b"\0" * (files.MOST_UNPACKED + 1)})

    assert len(bomb) < MEGABYTE
    with pytest.raises(ValidationError, match="200 MB"):
        check_upload(upload("a.docx", bomb))


def test_a_photo_is_stored_upright_and_does_not_tell_where_it_was_taken():
    checked = check_upload(upload("a.jpg", photo_of_a_phone()))

    assert (checked.width, checked.height) == (200, 400)
    assert dict(Image.open(checked.content).getexif()) == {}


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
        ("C:\\Users\\ảnh.jpg", "ảnh.jpg"),
        ("ả\u202egpj.exe", "ảgpj.exe"),
        (unicodedata.normalize("NFD", "ảnh.jpg"), "ảnh.jpg"),
        ("a\0\r\nb.jpg", "a b.jpg"),
        ("", "file"),
        ("x" * 300 + ".jpg", "x" * 146 + ".jpg"),
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


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [("image/jpeg", "inline"), ("application/pdf", "attachment")],
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
