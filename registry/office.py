"""What is inside the files of Word and Excel, looked at without opening them as such.

A document that could run something once somebody opens it is none for this register: macros of
either format, sheets of the macros before them, programs packed into it or fetched
by it. Nor is one that cannot be looked into because it is locked.
"""

import io
import re
import struct
import zipfile
from pathlib import PurePosixPath

import olefile
from defusedxml import ElementTree

MOST_MEMBERS = 5_000
# What the types and the relations of the parts may be to read, in bytes, all together.
MOST_DESCRIBED = 8 * 1024 * 1024
MOST_EMBEDDED = 20 * 1024 * 1024

TYPES_PART, RELATIONS = "[content_types].xml", ".rels"
# The workbook behind a chart; it alone may be packed into a document.
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROGRAMS = {
    *("bat", "cmd", "com", "cpl", "dll", "exe", "hta", "jar", "js", "jse", "lnk", "msi"),
    *("pif", "ps1", "scr", "vbe", "vbs", "wsf"),
}
# What Office runs goes by the declared type; the name of the part may be anything.
RUN_TYPES = ("macro", "vba", "oleobject", "activex")
# What Office fetches by itself from where they point to. Links wait until somebody clicks.
FETCHED = {"attachedtemplate", "frame", "oleobject"}
# The template of whoever wrote the document, on a disk of theirs.
OWN_DISK = re.compile(r"(file:///)?[a-z]:[\\/]", re.IGNORECASE)


def _opened(content):
    """Open a zip, unless it lists so many members that reading the list alone takes its time."""
    if content.count(b"PK\1\2") > MOST_MEMBERS:  # with which each line of the list begins
        raise zipfile.BadZipFile("too many members")
    return zipfile.ZipFile(io.BytesIO(content))


def unpacked(content):
    """Return how many bytes a zip says it holds; Python unpacks no more than it says."""
    with _opened(content) as archive:
        return sum(member.file_size for member in archive.infolist())


def is_document(content, folder, content_type, *, is_packed_in=False):
    """Say whether these bytes are a harmless office file with this folder and of this type."""
    with _opened(content) as archive:
        # By the name Office looks a part up by: of two of one name it may read the other one.
        members = {_name(member): member for member in archive.infolist()}
        embedded = [member for name, member in members.items() if "embeddings" in name.parts]
        described = [
            member
            for name, member in members.items()
            if str(name) == TYPES_PART or name.name.endswith(RELATIONS)
        ]
        # zipfile finds an archive behind a program or a page as well.
        return (
            content.startswith(b"PK\3\4")
            and len(members) == len(archive.infolist())
            and all(_is_plain(name, member) for name, member in members.items())
            and any(member.filename.startswith(folder) for member in members.values())
            and sum(member.file_size for member in described) <= MOST_DESCRIBED
            and _declares(archive.read(members[PurePosixPath(TYPES_PART)]), content_type)
            and not any(_fetches(archive.read(member)) for member in described)
            and not (embedded and is_packed_in)
            and all(_is_workbook(archive, member) for member in embedded)
        )


def _name(member):
    return PurePosixPath(member.filename.replace("\\", "/").lstrip("/").lower())


def _is_plain(name, member):
    """Say whether a member is a file that Office writes: no link, not encrypted, no program.

    The other ways to compress give Python no limit while it unpacks.
    """
    return (
        member.external_attr >> 28 != 0xA
        and not member.flag_bits & 1
        and member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        and "vbaproject" not in str(name)
        and name.suffix.removeprefix(".") not in PROGRAMS
    )


def _is_workbook(archive, member):
    """Say whether what is packed into a document is a workbook with nothing packed into it."""
    if member.is_dir():
        return True
    return (
        _name(member).suffix == ".xlsx"
        and member.file_size <= MOST_EMBEDDED
        and is_document(archive.read(member), "xl/", WORKBOOK, is_packed_in=True)
    )


def _declares(types, content_type):
    """Say whether the file calls itself a document of the type, and no part of it a program."""
    declared = {
        element.get("ContentType", "").lower() for element in ElementTree.fromstring(types).iter()
    }
    runs = any(word in one for one in declared for word in RUN_TYPES)
    return f"{content_type}.main+xml" in declared and not runs


def _fetches(relations):
    """Say whether Office would fetch something from elsewhere, to show or to run it."""
    for element in ElementTree.fromstring(relations).iter():
        kind = element.get("Type", "").rsplit("/", 1)[-1].lower()
        is_own = kind == "attachedtemplate" and OWN_DISK.match(element.get("Target", ""))
        is_elsewhere = element.get("TargetMode", "").lower() == "external"
        if kind in FETCHED and is_elsewhere and not is_own:
            return True
    return False


# Where Office before 2007 keeps macros, and programs packed into a document.
_RUNS = {"macros", "vba", "_vba_project", "_vba_project_cur", "\x01ole10native"}


class OldFile(olefile.OleFileIO):
    """A compound file, unless its directory is so long that reading it alone takes its time."""

    MOST_ENTRIES, ENTRY = 5_000, 128

    def loaddirectory(self, sect):
        at, size = sect, 0
        while at < len(self.fat):
            at, size = self.fat[at], size + self.sector_size
            if size > self.MOST_ENTRIES * self.ENTRY:
                raise olefile.NotOleFileError("too long a directory")
        super().loaddirectory(sect)


def is_old_document(content, stream):
    """Say whether these bytes are a harmless file of Word or Excel 97–2003 with this stream."""
    with OldFile(io.BytesIO(content)) as file:
        names = {name.lower() for path in file.listdir(storages=True) for name in path}
        if names & _RUNS or not file.exists(stream):
            return False
        with file.openstream(stream) as text:
            text = text.read()
    return _is_open_workbook(text) if stream == "Workbook" else _is_open_text(text)


def _is_open_text(text):
    """Say whether a text of Word begins as one, unlocked ([MS-DOC] 2.5.2: wIdent, fEncrypted)."""
    ident, flags = struct.unpack_from("<H8xH", text)
    return ident == 0xA5EC and not flags & 0x0100


_BEGIN, _LOCKED, _SHEET, _END = 0x0809, 0x002F, 0x0085, 0x000A
_MACROS = {0x01, 0x06}


def _is_open_workbook(text):
    """Say whether a workbook is unlocked and without sheets of macros ([MS-XLS] 2.4.28)."""
    at, first = 0, True
    while at + 4 <= len(text):
        record, length = struct.unpack_from("<HH", text, at)
        if (first and record != _BEGIN) or record == _LOCKED:
            return False
        if record == _SHEET and text[at + 9] in _MACROS:
            return False
        if record == _END:  # of what is said of the workbook as a whole
            return True
        at, first = at + 4 + length, False
    return False
