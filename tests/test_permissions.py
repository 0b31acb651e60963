"""Who may see and do what, at every address: the table, and that nothing leaks beside it."""

import logging
import os
import re
from contextlib import contextmanager
from copy import deepcopy

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from tests.headers import wrong_with
from tests.permissions_table import CATALOGUE, NO, OPEN, ROLES, TABLE, UNSTAMPED, answers
from tests.permissions_world import SECRET, body, clients_of

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"
EVERYBODY = (*ROLES, "inactive")
# Pages that come with django-allauth.
LIBRARY = ("account_", "mfa_", "openid_")
REFUSALS = {"in", "403", "404", "405", "409"}
# What a request may always write: who is signed in, how often somebody has tried to, that they
# were refused, and, for the person we have signed the form for alone, what was typed into it.
NOT_OURS = {"django_session", "cache", "registry_securityevent", "registry_draftbuffer"}


@pytest.fixture(autouse=True)
def open_catalogue(settings):
    settings.PUBLIC_CATALOGUE = True


@pytest.fixture(autouse=True)
def no_log_of_refusals(caplog):
    """Thousands of refusals, each with its traceback, are most of what these tests would do."""
    caplog.set_level(logging.ERROR, "django.request")


# --- Looking at what a request does ---------------------------------------------------------------


class Writes:
    """What is written on the connection; what a savepoint takes back was not written."""

    WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
    SAVEPOINT = re.compile(r'SAVEPOINT "?(\w+)')
    TAKEN_BACK = re.compile(r'ROLLBACK TO SAVEPOINT "?(\w+)')

    def __init__(self):
        self.kept, self._marks = [], {}

    def __call__(self, execute, sql, params, many, context):
        if found := self.TAKEN_BACK.match(sql):
            del self.kept[self._marks[found[1]] :]
        elif found := self.SAVEPOINT.match(sql):
            self._marks[found[1]] = len(self.kept)
        elif (found := self.WRITE.match(sql)) and found[1] not in NOT_OURS:
            self.kept.append(sql[:200])
        return execute(sql, params, many, context)


def stored_files():
    found = os.walk(settings.MEDIA_ROOT)
    return {os.path.join(folder, name) for folder, _folders, names in found for name in names}


@contextmanager
def undone():
    """Take back what is done in the block: rows and files."""
    files = stored_files()
    mark = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)
        for path in stored_files() - files:
            os.unlink(path)


def answer_of(response):
    """Return the status as the table writes it."""
    if response.status_code == 302 and response.url.startswith(f"{SIGN_IN}?next="):
        return "in"
    return str(response.status_code)


def requested(client, method, address, data=None):
    """Return the answer and what is wrong with it, whoever asked for whatever."""
    files, writes, cookies = stored_files(), Writes(), deepcopy(client.cookies)
    with connection.execute_wrapper(writes):
        response = getattr(client, method)(address, data or {})
    # The next request comes as if this one had not been: signed in, and without its messages.
    client.cookies = cookies
    answer, wrong = answer_of(response), []
    content = response.getvalue().decode(errors="replace")  # which closes the file of an answer
    if answer in REFUSALS:
        wrong += [f"wrote {sql}" for sql in writes.kept]
        wrong += [f"stored {path}" for path in stored_files() - files]
    if answer in {"in", "404"} and SECRET in content:
        wrong.append(f"{answer} with a name in it")
    return response, [*wrong, *wrong_with(response)]


def rows_of(world):
    """Yield (name, record, address, expected GET, expected POST) for each row of the table."""
    for name, lines in TABLE.items():
        for key, get, post in lines:
            keys = [getattr(world, key).pk] if key else []
            expected = {"get": answers(name, get), "post": answers(name, post)}
            yield name, key, reverse(name, args=keys), expected


def say(wrong):
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_write_is_seen_unless_it_is_taken_back(world):
    writes = Writes()
    with connection.execute_wrapper(writes):
        with undone():
            world.draft.save()
        assert not writes.kept
        world.draft.save()
        assert writes.kept


# --- The table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_answers_everybody_as_the_table_says(world, method):
    clients = clients_of(world.people)
    wrong = []
    for name, key, address, expected in rows_of(world):
        for role in EVERYBODY:
            with undone():
                data = body(world, name, key, role) if method == "post" else None
                response, faults = requested(clients[role], method, address, data)
            answer, wanted = answer_of(response), expected[method][role]
            if answer != wanted:
                faults = [f"{answer}, not {wanted}{errors_in(response)}", *faults]
            wrong += [f"{name} ({key}) {method} as {role}: {fault}" for fault in faults]
    say(wrong)


def errors_in(response):
    """Say why a form came back, for whoever reads the failure."""
    form = response.context.get("form") if getattr(response, "context", None) else None
    return f" {form.errors.as_json()}" if form is not None and form.is_bound else ""


def test_every_address_is_in_the_table_with_what_it_needs():
    known = dict(named_patterns())
    assert set(known) == set(TABLE), "addresses without a row, or rows without an address"
    for name, parameters in known.items():
        for key, _get, _post in TABLE[name]:
            assert len(parameters) == bool(key), f"{name} needs {parameters}"


def named_patterns(patterns=None, spaces=(), parameters=frozenset()):
    """Yield each address by name with its parameters; the administration has tests of its own."""
    for pattern in patterns or get_resolver().url_patterns:
        here = parameters | set(pattern.pattern.converters)
        if not hasattr(pattern, "url_patterns"):
            assert pattern.name, f"an address without a name: {pattern}"
            yield ":".join([*spaces, pattern.name]), here
        elif pattern.namespace != "admin":
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from named_patterns(pattern.url_patterns, inner, here)


def test_only_the_views_of_the_list_are_open_to_visitors(world):
    is_open = {
        name
        for name, _key, address, _expected in rows_of(world)
        if not getattr(resolve(address).func, "login_required", True)
    }
    assert is_open == OPEN


def test_a_visitor_of_a_closed_catalogue_is_led_to_the_sign_in_page(world, settings):
    settings.PUBLIC_CATALOGUE = False
    visitor, wrong = Client(), []
    for name, key, address, expected in rows_of(world):
        response, faults = requested(visitor, "get", address)
        wanted = {expected["get"]["anonymous"]}
        if name in CATALOGUE:
            wanted = {"in", "404"}
        if answer_of(response) not in wanted:
            faults.append(f"{answer_of(response)}, not {wanted}")
        wrong += [f"{name} ({key}): {fault}" for fault in faults]
    say(wrong)


# --- Methods --------------------------------------------------------------------------------------


@pytest.mark.look
@pytest.mark.parametrize("role", ["anonymous", "stranger", "clerk"])
def test_other_methods_are_refused_and_change_nothing(world, role):
    client, wrong = clients_of(world.people)[role], []
    for name, key, address, _expected in rows_of(world):
        # Pages of a library, which takes PUT for POST: refused, as that is, without the token.
        client.handler.enforce_csrf_checks = is_library = name.startswith(LIBRARY)
        for method in ("put", "patch", "delete", "options"):
            response, faults = requested(client, method, address)
            allowed = {403, 405} if is_library else {405}
            if role == "anonymous":
                allowed |= {302}
            if method == "options":
                allowed |= {200, 302, 404}
            if response.status_code not in allowed:
                faults.append(f"{response.status_code}")
            wrong += [f"{name} ({key}) {method}: {fault}" for fault in faults]
    say(wrong)


@pytest.mark.look
@pytest.mark.parametrize("role", EVERYBODY)
def test_head_answers_as_get_does_without_a_body(world, role):
    client, wrong = clients_of(world.people)[role], []
    for name, key, address, expected in rows_of(world):
        response, faults = requested(client, "head", address)
        if answer_of(response) != expected["get"][role]:
            faults.append(f"{answer_of(response)}, not {expected['get'][role]}")
        if response.getvalue():
            faults.append("has a body")
        wrong += [f"{name} ({key}): {fault}" for fault in faults]
    say(wrong)


def test_what_is_changed_carries_the_version_it_was_seen_in_or_says_why_not(world):
    clients, wrong, unstamped = clients_of(world.people), [], set()
    for name, key, address, expected in rows_of(world):
        takes = [role for role, answer in expected["post"].items() if answer in {"200", "302"}]
        if not key or not takes or name.startswith(LIBRARY):
            continue
        for role in takes:
            data = body(world, name, key, role)
            if "version" not in data:
                unstamped.add(name)
                continue
            del data["version"]
            writes = Writes()
            with undone(), connection.execute_wrapper(writes):
                response = clients[role].post(address, data)
            if response.status_code not in {200, 409} or writes.kept:
                fault = f"{response.status_code}, wrote {writes.kept}"
                wrong.append(f"{name} ({key}) without a version as {role}: {fault}")
    say(wrong)
    assert unstamped == set().union(*UNSTAMPED.values())


@pytest.mark.look
def test_nothing_is_taken_without_the_token_of_the_form(world):
    clients = clients_of(world.people, enforce_csrf_checks=True)
    wrong = []
    for name, key, address, expected in rows_of(world):
        if expected["post"]["clerk"] == NO:
            continue
        for role in ("anonymous", "clerk"):
            data = body(world, name, key, role)
            response, faults = requested(clients[role], "post", address, data)
            if response.status_code != 403:
                faults.append(f"{response.status_code}")
            wrong += [f"{name} ({key}) as {role}: {fault}" for fault in faults]
    say(wrong)


def test_the_token_of_another_browser_is_none():
    mine, theirs = Client(enforce_csrf_checks=True), Client()
    token = {"csrfmiddlewaretoken": theirs.get(SIGN_IN).context["csrf_token"]}
    mine.get(SIGN_IN)

    assert mine.post("/i18n/setlang/", {"language": "en"} | token).status_code == 403
    token = {"csrfmiddlewaretoken": mine.get(SIGN_IN).context["csrf_token"]}
    assert mine.post("/i18n/setlang/", {"language": "en"} | token).status_code == 302
