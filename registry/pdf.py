"""What a PDF would do by itself, looked at in a process of its own: ``python -I pdf.py < FILE``.

A reader goes where a file sends it, and a crafted file sends it round for hours; only a process
can be given an end, of time and of memory. It knows nothing of the register.
"""

import io
import logging
import resource
import sys

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError
from pypdf.generic import NullObject

SECONDS, MEGABYTES = 2, 500

# A document may be opened at some place; anything else is done by it.
PLACES = {"/GoTo", "/Named"}
# What a button or a link may not do; others lead somewhere, once somebody clicks.
RUNS = {"/JavaScript", "/Launch"}
PACKED_IN = {"/FileAttachment", "/RichMedia"}
# When the page of a button is turned to, or seen.
BY_ITSELF = {"/PO", "/PV"}


def kind_of(content):
    """Return "harmless", "active", "locked" with a password that is not empty, or "damaged"."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if _is_active(reader.trailer["/Root"]) or any(map(_is_active_page, reader.pages)):
            return "active"
        return "harmless" if reader.pages else "damaged"
    except FileNotDecryptedError:
        return "locked"
    except Exception:  # over crafted bytes it raises nearly every exception there is
        return "damaged"


def _at(holder, key):
    """Return what is there, through whatever references, None if there is nothing."""
    found = holder[key] if isinstance(holder, dict) and key in holder else None
    return None if isinstance(found, NullObject) else found


def _is_active(root):
    """Say whether the document as a whole runs something, or has files packed in."""
    opened, names = _at(root, "/OpenAction"), _at(root, "/Names")
    return (
        "/AA" in root
        or (isinstance(opened, dict) and _at(opened, "/S") not in PLACES)
        or any(_at(names, kind) is not None for kind in ("/JavaScript", "/EmbeddedFiles"))
        or _at(opened, "/Next") is not None
        or _at(_at(root, "/AcroForm"), "/XFA") is not None
    )


def _is_active_page(page):
    """Say whether a page runs something when it is turned to, or has a button that does."""
    marks = [mark.get_object() for mark in _at(page, "/Annots") or ()]
    return "/AA" in page or any(map(_is_active_mark, marks))


def _is_active_mark(mark):
    return (
        _at(mark, "/Subtype") in PACKED_IN
        or _at(_at(mark, "/A"), "/S") in RUNS
        or not BY_ITSELF.isdisjoint(_at(mark, "/AA") or ())
    )


if __name__ == "__main__":
    logging.disable()  # of what it stumbles over it says a line each, to nobody
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 1024 * 1024,) * 2)
    sys.stdout.write(kind_of(sys.stdin.buffer.read()))
