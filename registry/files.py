"""Which files may be uploaded: one table drives form, check, help text and messages.

The name is believed for nothing: what a file is, its content says, and both must agree.
"""

import hashlib
import io
import logging
import re
import shutil
import subprocess
import sys
import unicodedata
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePath

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.http import FileResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import ExifTags, Image, ImageOps
from pillow_heif import register_heif_opener

from registry import office, virusscan
from registry.history import signed_in
from registry.models import SecurityEvent
from registry.vietnamese import clean_text

register_heif_opener(thumbnails=False)
logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
MOST_FILES = 20
LONGEST_SIDE = 2560
SMALL_SIDE = 320
LONGEST_NAME = 150
LONGEST_ENDING = 20
# A progressive JPEG paints the picture in about ten passes; a crafted one in 100,000, for hours.
MOST_PASSES = 50
# Where a JPEG has more than one, the decoder keeps the whole of it between them.
MOST_MEGAPIXELS_IN_PASSES = 16
# What an office file, a zip, may hold once unpacked.
MOST_UNPACKED = 200 * MEGABYTE


@dataclass(frozen=True)
class FileType:
    name: str
    extensions: tuple
    content_type: str
    megabytes: int
    megapixels: int = 0  # as many as are read with less than 200 MB of memory
    part: str = ""  # the folder an office file must hold
    stream: str = ""  # the stream an office file of before 2007 must hold
    becomes: str = ""  # the type it is stored as, if another

    @property
    def is_image(self):
        return self.content_type.startswith("image/")


_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = (
    # A JPEG alone can be decoded smaller than it is.
    FileType("JPEG", ("jpg", "jpeg"), "image/jpeg", 15, 51),
    FileType("PNG", ("png",), "image/png", 15, 25),
    FileType("WEBP", ("webp",), "image/webp", 15, 10),
    # Photos of newer phones, which older browsers do not show.
    FileType("HEIF", ("heic", "heif"), "image/heic", 15, 25, becomes="JPEG"),
    FileType("PDF", ("pdf",), "application/pdf", 20),
    FileType("DOCX", ("docx",), f"{_OFFICE}wordprocessingml.document", 20, part="word/"),
    FileType("XLSX", ("xlsx",), f"{_OFFICE}spreadsheetml.sheet", 20, part="xl/"),
    FileType("DOC", ("doc",), "application/msword", 20, stream="WordDocument"),
    FileType("XLS", ("xls",), "application/vnd.ms-excel", 20, stream="Workbook"),
)
BY_NAME = {kind.name: kind for kind in TYPES}
BY_EXTENSION = {extension: kind for kind in TYPES for extension in kind.extensions}
SHOWN = {kind.content_type for kind in TYPES if kind.is_image}
# Phones offer their camera where types of pictures are named; office PCs go by endings.
ACCEPT = ",".join([*sorted(SHOWN), *(f".{extension}" for extension in BY_EXTENSION)])
HELP = format_lazy(
    gettext_lazy(
        "{types}; photos up to {photo} MB, documents up to {document} MB, {files} files."
        " Nothing that is secret."
    ),
    types=", ".join(BY_EXTENSION),
    photo=BY_EXTENSION["jpg"].megabytes,
    document=BY_EXTENSION["pdf"].megabytes,
    files=MOST_FILES,
)

# What the script of the page says of each chosen file before anything is sent.
SAID_BEFORE_SENDING = {
    "data-most": " ".join(f"{ending}:{kind.megabytes}" for ending, kind in BY_EXTENSION.items()),
    "data-too-large": gettext_lazy("too large"),
    "data-unknown": gettext_lazy("this kind of file cannot be added"),
}


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
    unscanned: bool = False  # the virus scanner was away


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
    stored = BY_NAME[kind.becomes or kind.name]
    if kind.is_image:
        content, (width, height) = _rewritten(content, kind, stored, name)
    elif kind.part or kind.stream:
        _check_office(content, kind, name)
    else:
        _check_pdf(content, kind, name)
    unscanned = _scan(content, name)
    return CheckedFile(
        original_name=name,
        stored_name=f"{timezone.localdate():%Y/%m}/{uuid.uuid4().hex}.{stored.extensions[0]}",
        content_type=stored.content_type,
        content=ContentFile(content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
        unscanned=unscanned,
    )


def _scan(content, name):
    """Refuse what the virus scanner finds something in; say whether it could not be asked."""
    if not virusscan.is_set():
        return False
    try:
        virus = virusscan.found_in(content)
    except virusscan.ScannerAway:
        logger.exception("The virus scanner is away: a file is held back")
        return True
    if virus:
        about = f"{virus}: {name}"
        SecurityEvent.record(SecurityEvent.Kind.FILE_REFUSED, user=signed_in(), about=about)
        _refuse(_("“%(name)s” holds a virus (%(virus)s)."), name, virus=virus)
    return False


def clean_name(name):
    """Return the last part of a file name, without invisible characters, short, its ending kept."""
    # Before clean_text: only when nothing invisible stands between them do letter and mark join.
    name = "".join(c for c in str(name) if c.isspace() or unicodedata.category(c)[0] != "C")
    name = " ".join(clean_text(name).replace("\\", "/").rsplit("/", 1)[-1].split())
    path = PurePath(name)
    ending = path.suffix[:LONGEST_ENDING]
    return (path.stem[: LONGEST_NAME - len(ending)] + ending) or "file"


def _refuse(sentence, name, **parts):
    raise ValidationError(sentence % {"name": name, **parts}, code="file")


def _refuse_content(kind, name):
    _refuse(_("“%(name)s” is damaged, or is not a %(type)s file."), name, type=kind.name)


def _check_pixels(picture, most, name):
    if picture.width * picture.height > most * 1_000_000:
        _refuse_pixels(most, name)


def _refuse_pixels(most, name):
    _refuse(_("“%(name)s” has more than %(most)s million pixels."), name, most=most)


@contextmanager
def _refused_when_unreadable(kind, name):
    """Take whatever stops a reader for damage.

    Over crafted bytes Pillow, zipfile and the parser of XML raise nearly every exception there
    is, and none of them may become a page of error 500.
    """
    try:
        yield
    except (ValidationError, MemoryError):
        raise
    except Exception:
        _refuse_content(kind, name)


def _rewritten(content, kind, stored, name):
    """Return the picture upright, no larger than needed and without EXIF, and its size.

    Only the decoder of the kind is asked, and only once the number of pixels is known.
    """
    with _refused_when_unreadable(kind, name):
        try:
            picture = Image.open(io.BytesIO(content), formats=[kind.name])
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            _refuse_pixels(kind.megapixels, name)  # Pillow's own limits are above ours
        _check_pixels(picture, kind.megapixels, name)
        if kind.name == "JPEG":
            passes = _passes(content)
            if passes > MOST_PASSES:
                _refuse_content(kind, name)
            if passes > 1:
                _check_pixels(picture, MOST_MEGAPIXELS_IN_PASSES, name)
            shrunk = LONGEST_SIDE / max(picture.size)
            picture.draft("RGB", tuple(max(1, int(side * shrunk)) for side in picture.size))
        orientation = _orientation(picture)
        if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut to white
            picture = picture.point(lambda grey: grey / 256 + 0).convert("L")
        mode = picture.mode
        if mode in {"LA", "RGBA"}:  # which resizing would do beside the picture, not in its place
            picture = picture.convert(mode[:-1] + "a")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        picture = picture.convert(mode)
        if stored.name == "JPEG" or picture.mode not in {"L", "LA", "P", "RGB", "RGBA"}:
            picture = picture.convert("RGB")
        clean = Image.new(picture.mode, picture.size)
        if picture.mode == "P":
            clean.putpalette(picture.getpalette("RGBA"), "RGBA")
        clean.paste(picture)
        # The one thing taken over: turning the original would write all its EXIF anew, and
        # stumble over what cameras leave in it.
        clean.getexif()[ExifTags.Base.Orientation] = orientation
        ImageOps.exif_transpose(clean, in_place=True)
        rewritten = io.BytesIO()
        clean.save(rewritten, stored.name, quality=85)
    return rewritten.getvalue(), clean.size


def _orientation(picture):
    """Return how the camera was held; a photo whose EXIF is broken is shown as it lies."""
    try:
        held = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        held = None
    return held if held in range(1, 9) else 1


# Neither escaped bytes, nor the marks that have no length after them.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_PASS, _END = b"\xda", b"\xd9"


def _passes(jpeg):
    """Count how often a decoder goes over the picture.

    Walks from segment to segment: the thumbnail inside and the film a phone hangs behind the
    picture do not count.
    """
    passes, at = 0, 2
    while (marker := _MARKER.search(jpeg, at)) and marker[1] != _END:
        passes += marker[1] == _PASS
        at = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return passes


def _check_office(content, kind, name):
    """Look into an office file without unpacking it: its parts, nothing to run, not too much."""
    with _refused_when_unreadable(kind, name):
        if kind.stream:
            is_office = office.is_old_document(content, kind.stream)
        else:
            if office.unpacked(content) > MOST_UNPACKED:
                _refuse(
                    _("“%(name)s” holds more than %(most)s MB once unpacked."),
                    name,
                    most=MOST_UNPACKED // MEGABYTE,
                )
            is_office = office.is_document(content, kind.part, kind.content_type)
        if not is_office:
            _refuse(
                _(
                    "“%(name)s” is damaged, locked, holds macros or a packed-in program,"
                    " or is not a %(type)s file."
                ),
                name,
                type=kind.name,
            )


# It ends by itself; this is for a machine with no time for it.
PDF_READER, PDF_SECONDS = Path(__file__).with_name("pdf.py"), 20


def _check_pdf(content, kind, name):
    """Have a process of its own look whether a PDF opens, and what it would do then."""
    found = "damaged"
    if content.startswith(b"%PDF-"):
        try:
            done = subprocess.run(
                [sys.executable, "-I", PDF_READER],
                env={},
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PDF_SECONDS,
            )
            found = done.stdout.decode()
        except subprocess.TimeoutExpired:
            logger.warning("A PDF was not read within %s seconds", PDF_SECONDS)
    if found == "locked":
        _refuse(_("“%(name)s” is locked with a password. Save it without one first."), name)
    if found == "active":
        _refuse(
            _(
                "“%(name)s” runs something when it is opened, or has a file packed in."
                " Print it into a new PDF first."
            ),
            name,
        )
    if found != "harmless":
        _refuse_content(kind, name)


def _free_megabytes():
    """Return what is free where files are stored."""
    place = Path(settings.MEDIA_ROOT)
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free // MEGABYTE


class MultipleFileInput(forms.FileInput):
    """Without the box for clearing, whose answer in a post is no list of files."""

    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files at once; cleans to a list of :class:`CheckedFile`, one message a bad file.

    ``accepted`` holds the good ones also when others are refused, so that a form can keep them.
    """

    widget = MultipleFileInput
    default_error_messages = {
        "required": gettext_lazy("Choose at least one file."),
        "number": gettext_lazy("At most %(most)s files at a time."),
        "disk": gettext_lazy("There is no room for files just now. Texts are stored as always."),
    }

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", HELP)
        super().__init__(**kwargs)
        self.widget.attrs.update({"accept": ACCEPT, "multiple": True, **SAID_BEFORE_SENDING})
        self.accepted = []

    def clean(self, data, initial=None):
        self.accepted = []
        uploads = [upload for upload in data or [] if upload]
        if self.required and not uploads:
            raise ValidationError(self.error_messages["required"], code="required")
        if uploads and _free_megabytes() < settings.FREE_MEGABYTES:
            raise ValidationError(self.error_messages["disk"], code="disk")
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


def small_picture(stored):
    """Return a stored picture as a small WebP, for pages that show several.

    What is stored is upright, without EXIF and of known size: it was rewritten on its way in.
    """
    with stored.open("rb") as file, Image.open(file) as picture:
        picture.draft("RGB", (SMALL_SIDE, SMALL_SIDE))
        picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
        small = io.BytesIO()
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        picture.convert(mode).save(small, "WEBP", quality=70)
    return ContentFile(small.getvalue())


def held_response(request, held):
    """Say that a file waits for the virus scanner, or that it has found something in it."""
    status = HTTPStatus.FORBIDDEN if held.virus else HTTPStatus.SERVICE_UNAVAILABLE
    response = render(request, "registry/file_held.html", {"virus": held.virus}, status=status)
    if not held.virus:
        response["Retry-After"] = "600"
    return response


def file_response(stored, name, content_type):
    """Send a private file: pictures to be seen in the page, all else to be saved.

    A browser must take nothing in it for a page or a script of ours.
    """
    response = FileResponse(
        stored.open("rb"),
        as_attachment=content_type not in SHOWN,
        filename=clean_name(name),
        content_type=content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
