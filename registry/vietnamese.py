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


def sort_key(text):
    return fold(text).encode()


def person_sort_key(full_name):
    words = full_name.split()
    return sort_key(" ".join([*words[-1:], *words[:-1]]))
