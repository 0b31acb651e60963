"""Which files may be uploaded: one table drives form, check, help text and messages.

The name is believed for nothing: what a file is, its content says, and both must agree.
"""

import hashlib
import io
import uuid
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.http import FileResponse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps

from registry.vietnamese import clean_text

MEGABYTE = 1024 * 1024
MOST_FILES = 20
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
LONGEST_NAME = 150
# An office file is a zip: what it may hold once unpacked.
MOST_UNPACKED = 200 * MEGABYTE
MOST_MEMBERS = 5_000


@dataclass(frozen=True)
class FileType:
    name: str
    extensions: tuple
    content_type: str
    megabytes: int
    part: str = ""  # the folder an office file must hold

    @property
    def is_image(self):
        return self.content_type.startswith("image/")


_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = (
    FileType("JPEG", ("jpg", "jpeg"), "image/jpeg", 15),
    FileType("PNG", ("png",), "image/png", 15),
    FileType("WEBP", ("webp",), "image/webp", 15),
    FileType("PDF", ("pdf",), "application/pdf", 20),
    FileType("DOCX", ("docx",), f"{_OFFICE}wordprocessingml.document", 20, "word/"),
    FileType("XLSX", ("xlsx",), f"{_OFFICE}spreadsheetml.sheet", 20, "xl/"),
)
BY_EXTENSION = {extension: kind for kind in TYPES for extension in kind.extensions}
ACCEPT = ",".join(f".{extension}" for extension in BY_EXTENSION)
HELP = format_lazy(
    gettext_lazy("{types}; photos up to {photo} MB, documents up to {document} MB, {files} files."),
    types=", ".join(BY_EXTENSION),
    photo=TYPES[0].megabytes,
    document=TYPES[3].megabytes,
    files=MOST_FILES,
)


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be stored, as it will be stored; a picture is a copy without EXIF."""

    original_name: str
    stored_name: str
    content_type: str
    content: ContentFile
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def check_upload(upload):
    """Return the file as it may be stored.

    Raise ValidationError with a sentence that names the file and what is wrong with it.
    """
    name = clean_name(upload.name)
    extension = PurePath(name).suffix.lower().removeprefix(".")
    kind = BY_EXTENSION.get(extension)
    if kind is None:
        _refuse(_("“%(name)s”: only %(types)s can be added."), name, types=", ".join(BY_EXTENSION))
    if not upload.size:
        _refuse(_("“%(name)s” is empty."), name)
    if upload.size > kind.megabytes * MEGABYTE:
        _refuse(_("“%(name)s” is larger than %(most)s MB."), name, most=kind.megabytes)
    upload.seek(0)
    content = upload.read()
    width = height = None
    if kind.is_image:
        content, (width, height) = _rewritten(content, kind, name)
    elif kind.part:
        _check_office(content, kind, name)
    elif not (content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]):
        _refuse_content(kind, name)
    return CheckedFile(
        original_name=name,
        stored_name=f"{timezone.localdate():%Y/%m}/{uuid.uuid4().hex}.{kind.extensions[0]}",
        content_type=kind.content_type,
        content=ContentFile(content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
    )


def clean_name(name):
    """Return the last part of a file name, without invisible characters, short, its ending kept."""
    name = clean_text(str(name).replace("\0", "")).replace("\\", "/").rsplit("/", 1)[-1]
    name = " ".join(name.split()) or "file"
    path = PurePath(name)
    return path.stem[: LONGEST_NAME - len(path.suffix)] + path.suffix[:20]


def _refuse(sentence, name, **parts):
    raise ValidationError(sentence % {"name": name, **parts}, code="file")


def _refuse_content(kind, name):
    _refuse(_("“%(name)s” is damaged, or is not a %(type)s file."), name, type=kind.name)


def _rewritten(content, kind, name):
    """Return the picture upright, no larger than needed and without EXIF, and its size.

    Only the decoder of the kind is asked, and only once the number of pixels is known.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=[kind.name])
        if picture.width * picture.height > MOST_PIXELS:
            _refuse(
                _("“%(name)s” has more than %(most)s million pixels."),
                name,
                most=MOST_PIXELS // 1_000_000,
            )
        if kind.name == "JPEG":
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = ImageOps.exif_transpose(picture)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        if kind.name == "JPEG" or picture.mode not in {"L", "LA", "P", "RGB", "RGBA"}:
            picture = picture.convert("RGB")
        clean = Image.new(picture.mode, picture.size)
        if picture.mode == "P":
            clean.putpalette(picture.getpalette("RGBA"), "RGBA")
        clean.paste(picture)
        rewritten = io.BytesIO()
        clean.save(rewritten, kind.name, quality=85)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        _refuse_content(kind, name)
    return rewritten.getvalue(), clean.size


def _check_office(content, kind, name):
    """Look into the zip without unpacking it: the right parts, no macros, not too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        _refuse_content(kind, name)
    names = {member.filename for member in members}
    is_link = any(member.external_attr >> 28 == 0xA for member in members)
    has_macros = any("vbaproject" in member.lower() for member in names)
    fits = "[Content_Types].xml" in names and any(one.startswith(kind.part) for one in names)
    if not fits or is_link or has_macros:
        _refuse_content(kind, name)
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED:
        _refuse(
            _("“%(name)s” holds more than %(most)s MB once unpacked."),
            name,
            most=MOST_UNPACKED // MEGABYTE,
        )


class MultipleFileInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files at once; cleans to a list of :class:`CheckedFile`, one message a bad file.

    ``accepted`` holds the good ones also when others are refused, so that a form can keep them.
    """

    widget = MultipleFileInput
    default_error_messages = {
        "required": gettext_lazy("Choose at least one file."),
        "number": gettext_lazy("At most %(most)s files at a time."),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", HELP)
        super().__init__(**kwargs)
        self.widget.attrs.update({"accept": ACCEPT, "multiple": True})
        self.accepted = []

    def clean(self, data, initial=None):
        self.accepted = []
        uploads = [upload for upload in data or [] if upload]
        if self.required and not uploads:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(uploads) > MOST_FILES:
            raise ValidationError(
                self.error_messages["number"], code="number", params={"most": MOST_FILES}
            )
        errors = []
        for upload in uploads:
            try:
                self.accepted.append(check_upload(upload))
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return self.accepted


def file_response(stored, name, content_type):
    """Send a private file: pictures to be seen in the page, all else to be saved.

    A browser must take nothing in it for a page or a script of ours.
    """
    response = FileResponse(
        stored.open("rb"),
        as_attachment=not content_type.startswith("image/"),
        filename=clean_name(name),
        content_type=content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
