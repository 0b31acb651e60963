"""Every page on which one writes gives back what was typed there, whatever came between."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse
from lxml import html

from tests.permissions_table import ROLES, TABLE, answers
from tests.test_permissions import undone

pytestmark = pytest.mark.django_db

LOOK = "/drafts/look/"
SIGN_IN = "/accounts/login/"
# Pages on which one writes and that keep nothing, each with the reason.
NOT_KEPT = {
    "registry:filter_create": "one short name, for a filter that stands in the address alone",
    "who_types": "one's own name, asked for again by whatever is sent next",
}
# What a page needs beside its address to have a form; the clerk is shown all of these.
ASKED_WITH = {
    "registry:filter_create": lambda world: "?status=running",
    "reviews:conclude_several": lambda world: f"?item={world.item.pk}",
}
WRITTEN = ".//textarea[not(@readonly)] | .//input[not(@type) or @type='text' or @type='tel']"


def pages(world):
    """Yield each page that is shown to somebody signed in: its name, address and reader."""
    for name, lines in TABLE.items():
        for key, get, _post in lines:
            expected = answers(name, get)
            address = reverse(name, args=[getattr(world, key).pk] if key else [])
            if name in ASKED_WITH:
                yield name, address + ASKED_WITH[name](world), "clerk"
            elif shown_to := [role for role in ROLES[1:] if expected[role] == "200"]:
                yield name, address, shown_to[0]


def forms_in(response):
    """Return the forms of a page in which one writes and that are sent by POST."""
    content = response.getvalue()  # which closes the file, if it is one
    if b"<main" not in content:
        return []
    forms = html.fromstring(content).xpath("//main//form[@method='post']")
    return [form for form in forms if form.xpath(WRITTEN)]


def written(form):
    return {field.name: (field.value or "").strip() for field in form.xpath(WRITTEN)}


def change_the_language(client, address, sent):
    return client.post(LOOK, sent | {"language": "en"}).url


def end_the_session(client, address, sent):
    """Send it signed out, as the same person signs in again."""
    user = get_user(client)
    client.logout()
    response = client.post(address, sent)
    assert response.url.startswith(SIGN_IN)
    client.force_login(user)
    return parse_qs(urlsplit(response.url).query)["next"][0]


@pytest.mark.parametrize("what_comes_between", [change_the_language, end_the_session])
def test_every_form_gives_back_what_was_typed_in_it(world, what_comes_between):
    found, wrong = set(), []
    for name, address, role in pages(world):
        with undone():
            client = Client()
            client.force_login(world.people[role])
            for form in forms_in(client.get(address)):
                found.add(name)
                if name in NOT_KEPT:
                    continue
                if form.get("id") != "keep":
                    wrong.append(f"{name} as {role} keeps nothing")
                    continue
                typed = {field: f"Chữ đã gõ {number}" for number, field in enumerate(written(form))}
                sent = {key: value or "" for key, value in form.fields.items()} | typed
                back = client.get(what_comes_between(client, address, sent))
                given = [written(each) for each in forms_in(back) if each.get("id") == "keep"]
                if given != [typed]:
                    wrong.append(f"{name} as {role}: {given}, not {typed}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert found >= NOT_KEPT.keys()
