"""What is inside the files of Word and Excel, looked at without opening them as such.

A document that could run something once somebody opens it is none for this register: macros of
either format, sheets of the macros before them, programs packed into it. Nor is one that cannot
be looked into because it is locked.
"""

import io
import struct
import zipfile

import olefile
from defusedxml import ElementTree

MOST_MEMBERS = 5_000
MOST_CONTENT_TYPES = 1024 * 1024


def unpacked(content):
    """Return how many bytes a zip says it holds; Python unpacks no more than it says."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(member.file_size for member in archive.infolist())


def is_document(content, folder, content_type):
    """Say whether these bytes are a harmless office file with this folder and of this type."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        # zipfile finds an archive behind a program or a page as well.
        return (
            content.startswith(b"PK\3\4")
            and len(members) <= MOST_MEMBERS
            and all(map(_is_plain, members))
            and any(member.filename.startswith(folder) for member in members)
            and _declares(archive, content_type)
        )


def _is_plain(member):
    """Say whether a member is a file that Office writes: no link, not encrypted, no macros.

    The other ways to compress give Python no limit while it unpacks.
    """
    return (
        member.external_attr >> 28 != 0xA
        and not member.flag_bits & 1
        and member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        and "vbaproject" not in member.filename.lower()
    )


def _declares(archive, content_type):
    """Say whether the file calls itself a document of the type, and no part of it a macro.

    What Office runs goes by the declared type; the name of the part may be anything.
    """
    if archive.getinfo("[Content_Types].xml").file_size > MOST_CONTENT_TYPES:
        return False
    root = ElementTree.fromstring(archive.read("[Content_Types].xml"))
    types = {element.get("ContentType", "").lower() for element in root.iter()}
    has_macros = any("macro" in one or "vba" in one for one in types)
    return f"{content_type}.main+xml" in types and not has_macros


# Where Office before 2007 keeps macros, and programs packed into a document.
_RUNS = {"macros", "vba", "_vba_project", "_vba_project_cur", "\x01ole10native"}


def is_old_document(content, stream):
    """Say whether these bytes are a harmless file of Word or Excel 97–2003 with this stream."""
    with olefile.OleFileIO(io.BytesIO(content)) as file:
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
