"""Vietnamese text: cleaned on entry, folded for search, put in the order readers expect."""

import re
import unicodedata

_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\u202a-\u202e\u2066-\u2069]")
_LOOKALIKE = str.maketrans({"Ð": "Đ", "ð": "đ"})


def clean_text(text):
    """Return the text as it is stored: NFC, the right Đ, no invisible characters, trimmed.

    NUL stays, so that validators refuse it with a message.
    """
    text = unicodedata.normalize("NFC", text).translate(_LOOKALIKE)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()


def fold(text):
    """Return the search key: lower case, no diacritics, words parted by single spaces."""
    text = unicodedata.normalize("NFD", clean_text(text).casefold()).replace("đ", "d")
    letters = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", letters))


def document_date(date):
    """Return a date as papers write it: a zero before days below 10 and months 1 and 2 only."""
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


# --- Order ------------------------------------------------------------------------------------
# What ICU's collation "vi" gives (CLDR root, with the Vietnamese letters as letters of their
# own), written out because no database and no wheel brings it everywhere alike.

# Spaces, punctuation and signs come before digits, digits before letters.
_BEFORE_LETTERS = (
    "\t\n\x0b\x0c\r\x85 _-‐–—―,;:!¡?¿.·'‹›\"«»()[]{}§¶@*/\\&#%‰†‡•`´˜^¯¨°©®→+±÷×<=>¬|¦~≤≥¤¢$£¥₫€"
    "0123456789"
)
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PRIMARY = {character: weight for weight, character in enumerate(_BEFORE_LETTERS + _LETTERS, 4)}
_SHAPES = {
    "a\u0306": "ă",
    "a\u0302": "â",
    "e\u0302": "ê",
    "o\u0302": "ô",
    "o\u031b": "ơ",
    "u\u031b": "ư",
}
# Quotation marks are one character in several shapes, told apart after all tones.
_QUOTES = {"‘": ("'", 3), "’": ("'", 4), "‚": ("'", 5), "“": ('"', 3), "”": ('"', 4), "„": ('"', 5)}
# Huyền, hỏi, ngã, sắc, nặng; no tone comes first.
_TONES = {"\u0300": 3, "\u0309": 4, "\u0303": 5, "\u0301": 6, "\u0323": 7}
_COMMON, _UPPER = 2, 3
_OTHER_LETTER, _OTHER_MARK = 0xFE, 0xFD
_LEVEL = b"\x01"
_LONGEST = 320


def sort_key(text):
    """Return bytes that sort as ICU's collation "vi" sorts the text.

    Compared are the letters first, then all tones, then upper case after lower.
    """
    primary, secondary, tertiary = bytearray(), bytearray(), bytearray()
    for base, marks in _characters(clean_text(text)[:_LONGEST]):
        lower, variant = _QUOTES.get(base, (base.lower(), _COMMON))
        for mark in list(marks):
            if (shaped := _SHAPES.get(lower + mark)) is not None:
                lower = shaped
                marks.remove(mark)
        primary += _weight(lower)
        secondary.append(variant)
        tertiary.append(_COMMON if base.lower() == base else _UPPER)
        for mark in marks:
            secondary.append(_TONES.get(mark, _OTHER_MARK))
            tertiary.append(_COMMON)
    return bytes(primary + _LEVEL + secondary + _LEVEL + tertiary)


def person_sort_key(full_name):
    """Return the sort key of a person: by given name, then family name, then the middle ones."""
    words = full_name.split()
    return sort_key(" ".join([*words[-1:], *words[:-1]]))


def _characters(text):
    """Yield each character with the marks on it."""
    base, marks = "", []
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character) and base:
            marks.append(character)
        else:
            if base:
                yield base, marks
            base, marks = character, []
    if base:
        yield base, marks


def _weight(character):
    known = _PRIMARY.get(character)
    return bytes([known]) if known else bytes([_OTHER_LETTER]) + ord(character).to_bytes(3, "big")
