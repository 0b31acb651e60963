"""The reasons in histories are words, also where nobody was asked for one."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.translation import override

from registry.deeds import DEEDS, in_words
from tests import factories

# What follows from a move of the model is called as the move is.
MOVES = {"submit", "withdraw", "send_back", "accept", "take_back"}


def given_in_code():
    """Return the reasons that stand in the code, without what they are about."""
    for app in ("registry", "reviews"):
        for path in Path(apps.get_app_config(app).path).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "why":
                    yield from literals(node.value)


def literals(value):
    if not isinstance(value, ast.Constant | ast.IfExp | ast.JoinedStr):
        return
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.partition(": ")[0]


def test_every_reason_that_stands_in_the_code_has_words_and_no_other():
    assert set(given_in_code()) | MOVES == DEEDS.keys()


def test_every_deed_is_said_in_vietnamese():
    with override("en"):
        english = {deed: in_words(deed) for deed in DEEDS}
    with override("vi"):
        assert [deed for deed in DEEDS if in_words(deed) == english[deed]] == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("redact: 12-CV/ĐU", "Đã che: 12-CV/ĐU"),
        ("virus scanner: clean", "Quét vi-rút: không có gì"),
        ("virus scanner: Eicar", "Quét vi-rút: Eicar"),
        ("Sai chính tả: tên đường", "Sai chính tả: tên đường"),
        ("", ""),
        (None, ""),
    ],
)
def test_what_a_deed_was_about_and_what_people_write_stay_as_they_are(reason, words):
    with override("vi"):
        assert in_words(reason) == words


@pytest.mark.django_db
def test_the_history_of_a_record_says_what_was_done_in_words(client):
    unit = factories.UnitUserFactory(organisation=factories.CellFactory())
    unit.share(by=factories.AdminFactory(), is_shared=True)
    client.force_login(factories.AdminFactory())
    entry = unit.history.latest()
    about = unit._meta.label_lower.replace(".", "_")

    for page in (
        reverse(f"admin:{about}_history", args=[unit.pk]),
        reverse(f"admin:{about}_simple_history", args=[unit.pk, entry.pk]),
    ):
        text = client.get(page).content.decode()
        assert "Tài khoản dùng chung nhiều người" in text
        assert "shared account" not in text
