"""Vietnamese text: cleaned on entry, folded for search, put in the order readers expect."""

import re
import unicodedata
from functools import cache
from itertools import chain

_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\u202a-\u202e\u2066-\u2069]")
_PLAIN = str.maketrans("đ²³", "d23")  # none of which decomposes, but people search for "m2"


def clean_text(text):
    """Return the text as it is stored: NFC, the right Đ, no invisible characters, trimmed.

    NUL stays, so that validators refuse it with a message.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    # Only now: an invisible character may have stood between a letter and its mark.
    text = unicodedata.normalize("NFC", text)
    # Letters that look alike. A table to translate by would take ten times as long.
    return text.replace("Ð", "Đ").replace("ð", "đ").strip()


def fold(text):
    """Return the search key: lower case, no diacritics, words parted by single spaces."""
    text = unicodedata.normalize("NFD", clean_text(text).casefold()).translate(_PLAIN)
    letters = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", letters))


def is_among(name, names):
    """Whether one of the names reads the same: spaces, signs, case and diacritics aside."""
    key = fold(name)
    return any(fold(other) == key if key else other == name for other in names)


def spellings_of(word):
    """Return a regular expression that finds a folded word in text which is not folded."""
    known = _spellings()
    return "".join(known.get(letter, letter) for letter in word)


@cache
def _spellings():
    """Return {letter or digit: the class of all the Latin ones that fold to it}."""
    found = {}
    for character in map(chr, chain(range(0x30, 0x250), range(0x1E00, 0x1F00))):
        if len(folded := fold(character)) == 1:
            found[folded] = found.get(folded, "") + character
    return {folded: f"[{characters}]" for folded, characters in found.items()}


def document_date(date):
    """Return a date as papers write it: a zero before days below 10 and months 1 and 2 only."""
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


# --- Order ------------------------------------------------------------------------------------
# What ICU's collation "vi" gives (CLDR root, with the Vietnamese letters as letters of their
# own), written out because no database and no wheel brings it everywhere alike.

# Spaces, punctuation and signs come before digits, digits before letters.
_BEFORE_LETTERS = (
    "\t\n\x0b\x0c\r\x85 _-‐–—―,;:!¡?¿.·'‹›\"«»()[]{}§¶@*/\\&#%‰†‡•′″`´˜^¯¨¸°©®←→↑↓⇒+±÷×<=>¬|¦~−∕⁄∙"
    "√∞≈≤≥⋅■□▪▫▶►◄◆◇○●◦★☆✓✔✗❖➢¤¢$£¥₫€0123456789"
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
_COMMON, _UPPER = 2, 8
# Characters that stand for others ("²", "…", a space that does not break), told apart last.
_STANDS_FOR = {"<compat>": 4, "<super>": 20, "<sub>": 21, "<noBreak>": 27, "<fraction>": 30}
_STANDS_FOR_OTHERWISE = 31
# The second mark on a letter must outweigh whatever the next letter has.
_FURTHER_MARK = 64
_OTHER_MARK = 63
_OTHER_LETTER = 0xFE
_LEVEL, _PART = b"\x01", b"\x00"
_LONGEST = 320  # characters that count
_LONGEST_KEY = 1000  # bytes; PostgreSQL refuses index rows above some 2,700


def sort_key(text):
    """Return bytes that sort as ICU's collation "vi" sorts the text.

    Compared are the letters first, then all tones, then upper case after lower.
    """
    primary, secondary, tertiary = bytearray(), bytearray(), bytearray()
    for base, marks, shape in _characters(clean_text(text)[:_LONGEST]):
        lower, variant = _QUOTES.get(base, (base.lower(), _COMMON))
        for mark in list(marks):
            if (shaped := _SHAPES.get(lower + mark)) is not None:
                lower = shaped
                marks.remove(mark)
        primary += _weight(lower)
        weights = [_TONES.get(mark, _OTHER_MARK) for mark in marks]
        if variant != _COMMON or not weights:
            weights.insert(0, variant)
        secondary.append(weights[0])
        secondary.extend(_FURTHER_MARK + weight for weight in weights[1:])
        tertiary.append(shape + (0 if base.lower() == base else _UPPER - _COMMON))
    return _LEVEL.join([bytes(primary), _told(secondary), _told(tertiary)])[:_LONGEST_KEY]


def person_sort_key(full_name):
    """Return the sort key of a person: by given name, then family name, then the middle ones.

    Blind to case and to where a tone is put, so that nobody stands apart from their namesakes.
    """
    words = [_tone_last(word) for word in clean_text(full_name).lower().split()]
    parts = [words[-1:], words[:-1][:1], words[1:-1]]
    return _PART.join(sort_key(" ".join(part)) for part in parts)[:_LONGEST_KEY]


def _tone_last(word):
    """Return the word with its tone behind the last letter: "thủy" and "thuỷ" become one."""
    characters = unicodedata.normalize("NFD", word)
    return "".join(sorted(characters, key=lambda character: character in _TONES))


def _characters(text):
    """Yield each character with the marks on it and what it is worth when all else is equal."""
    base, marks, shape = "", [], _COMMON
    for character, its_shape in _spelt_out(text):
        if unicodedata.combining(character) and base:
            marks.append(character)
        else:
            if base:
                yield base, marks, shape
            base, marks, shape = character, [], its_shape
    if base:
        yield base, marks, shape


def _spelt_out(text):
    """Yield every character by itself, and instead of one that stands for others, those."""
    for character in unicodedata.normalize("NFD", text):
        kind = unicodedata.decomposition(character).partition(" ")[0]
        if kind.startswith("<") and character not in _PRIMARY:
            shape = _STANDS_FOR.get(kind, _STANDS_FOR_OTHERWISE)
            yield from ((part, shape) for part in unicodedata.normalize("NFKD", character))
        else:
            yield character, _COMMON


def _told(weights):
    """Return a level without the usual weights at its end, which change no order."""
    return bytes(weights).rstrip(bytes([_COMMON]))


def _weight(character):
    known = _PRIMARY.get(character)
    return bytes([known]) if known else bytes([_OTHER_LETTER]) + ord(character).to_bytes(3, "big")
