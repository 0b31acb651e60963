"""What Django itself says to a reader is Vietnamese too: in its own words, or in ours."""

import json
import re
from pathlib import Path

import django
import polib
import pytest
from django.apps import apps
from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext

from tests import factories

pytestmark = pytest.mark.look

ROOT = Path(django.__file__).parent
COUNTS = (0, 1, 2, 11)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr]|\{\w*\}")
# What is no word of English, and why it stays as it is.
SAME = {
    "…": "a sign",
    ":": "a sign",
    ":?.!": "the signs after which a label takes no colon",
    ", ": "a sign",
    "%(truncated_text)s…": "the text, cut",
    "%(class_name)s %(instance)s": "a name beside its kind, in the same order",
    "IPv4": "the name of a protocol",
    "IPv6": "the name of a protocol",
    "Email": "a loanword",
    "%(size)d byte": "a unit",
    "%s KB": "a unit",
    "%s MB": "a unit",
    "%s GB": "a unit",
    "%s TB": "a unit",
    "%s PB": "a unit",
}


def catalogues(domain):
    """Return the English catalogues of Django and of its parts that are in use."""
    parts = [Path(app.path) for app in apps.get_app_configs() if app.name.startswith("django.")]
    paths = [
        folder / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po"
        for folder in (ROOT / "conf", *parts)
    ]
    return [path for path in paths if path.exists()]


def entries(domain):
    return [entry for path in catalogues(domain) for entry in polib.pofile(str(path))]


def said_in_vietnamese(entry):
    """Return the texts that Django looks up, each with what it finds."""
    one, more, context = entry.msgid, entry.msgid_plural, entry.msgctxt
    with translation.override("vi"):
        if not more:
            return [(one, pgettext(context, one) if context else gettext(one))]
        look_up = (lambda n: npgettext(context, one, more, n)) if context else (
            lambda n: ngettext(one, more, n)
        )  # fmt: skip
        return [(one if n == 1 else more, look_up(n)) for n in COUNTS]


def wrong_with(english, said):
    if not said.strip() or said == english:
        return f"not translated: {english!r}"
    if set(PLACEHOLDER.findall(said)) != set(PLACEHOLDER.findall(english)):
        return f"other placeholders: {english!r} as {said!r}"
    return None


def test_every_message_of_django_is_said_in_vietnamese():
    found = [
        wrong_with(english, said)
        for entry in entries("django")
        if entry.msgid not in SAME
        for english, said in said_in_vietnamese(entry)
    ]

    assert len(found) > 500
    assert [fault for fault in found if fault] == []


def test_what_is_the_same_in_both_languages_is_so_only_where_it_is_listed():
    known = {entry.msgid: entry for entry in entries("django")}

    for text in SAME:
        assert any(wrong_with(*pair) for pair in said_in_vietnamese(known[text])), text


@pytest.mark.django_db
def test_every_message_of_the_scripts_of_the_administration_is_said_in_vietnamese(client):
    client.force_login(factories.AdminFactory())
    script = client.get("/admin/jsi18n/").content.decode()
    said = json.loads(re.search(r"const newcatalog = (\{.*?\n  \});", script, re.DOTALL)[1])

    def texts_of(entry):
        texts = said.get(f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid, "")
        return texts if isinstance(texts, list) else [texts]

    found = [
        wrong_with(entry.msgid, text) for entry in entries("djangojs") for text in texts_of(entry)
    ]
    assert len(found) > 60
    assert [fault for fault in found if fault] == []


def test_the_walk_sees_what_is_missing():
    assert wrong_with("Enter a number.", "Enter a number.")
    assert wrong_with("Enter a number.", " ")
    assert wrong_with("At most %(num)d", "Nhiều nhất")
    assert wrong_with("At most {most}", "Nhiều nhất {nhat}")
    assert wrong_with("At most %(num)d", "Nhiều nhất %(num)d") is None
