"""Text that means harm, in every field and on every page: shown as text, never run.

Payloads after OWASP's pages on cross-site scripting and on CSV injection.
"""

import csv
import io
import logging

import pytest
from django.apps import apps
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Left
from django.test import Client
from lxml import html
from openpyxl import load_workbook

from registry import appendonly
from tests.browser import pages
from tests.permissions_table import ROLES
from tests.test_bad_input import ask, forms  # noqa: F401

pytestmark = pytest.mark.django_db

MARKUP = "'\"></textarea></title><script data-hostile>{{7*7}}</script><img data-hostile src=x>"
FORMULAS = (
    "=1+1",
    "==1+1",
    "+cmd",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("x")',
    "＝1",
)
# What a spreadsheet takes for the beginning of a formula.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.fixture(autouse=True)
def no_log_of_refusals(caplog, settings):
    settings.PUBLIC_CATALOGUE = True
    for name in ("django.request", "django.security"):
        caplog.set_level(logging.CRITICAL, name)


def wrong_with(response):
    """Return what a browser or a spreadsheet would run of an answer."""
    kind = response.headers.get("Content-Type", "")
    content = response.getvalue()
    if kind.startswith("text/html") and content.strip():
        tree = html.fromstring(content)
        links = tree.xpath("//@href | //@src | //@action")
        found = [element.tag for element in tree.xpath("//*[@data-hostile]")]
        return found + [link for link in links if link.strip().lower().startswith("javascript:")]
    if kind.startswith("text/csv"):
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        cells = (cell for row in rows for cell in row)
        return [cell for cell in cells if cell.startswith(BEGINS_A_FORMULA) and not a_number(cell)]
    if "spreadsheetml" in kind:
        sheets = load_workbook(io.BytesIO(content)).worksheets
        return [
            cell.value for sheet in sheets for row in sheet for cell in row if cell.data_type == "f"
        ]
    return []


def a_number(cell):
    return cell.removeprefix("-").replace(",", "").isdigit()


@pytest.mark.look
def test_markup_in_any_field_of_any_form_is_text_in_what_comes_back(ask, world):  # noqa: F811
    wrong = []
    for client, name, address, data in forms(world):
        fields = [field for field, value in data.items() if isinstance(value, str)]
        page = html.fromstring(ask(client, "get", address).content or b"<p>")
        shown = page.xpath("//main//textarea/@name | //main//input[not(@type='hidden')]/@name")
        for sent in (
            dict.fromkeys([*fields, *shown], MARKUP),
            {**data, **dict.fromkeys(shown, MARKUP)},
        ):
            response = ask(client, "post", address, sent, follow=True)
            wrong += [(name, found) for found in wrong_with(response)]
    assert wrong == []


@appendonly.suspended()
def spoil(payload):
    """Put the payload in front of every text the register holds, as if it had come in before."""
    for app in ("registry", "reviews"):
        for model in apps.get_app_config(app).get_models(include_auto_created=False):
            if model.__name__ in {"Sequence", "Move", "FormToken", "DraftBuffer", "PartyCell"}:
                continue
            for field in model._meta.concrete_fields:
                is_text = isinstance(field, models.CharField | models.TextField)
                if not is_text or field.choices or field.name in pages.NOT_TEXT or field.unique:
                    continue
                most = field.max_length or 10_000
                spoilt = Left(Concat(Value(payload), F(field.name)), most)
                model._base_manager.exclude(**{field.name: ""}).update(**{field.name: spoilt})


@pytest.mark.look
def test_markup_from_the_database_is_text_on_every_page_for_everybody(world):
    pages.lengthen()
    spoil(MARKUP)
    wrong, seen = [], 0
    chosen = [*pages.table_pages(world, ROLES), *pages.admin_pages()]
    clients = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, client in clients.items():
        if role in world.people:
            client.force_login(world.people[role])
    for page in chosen:
        response = clients[page.role].get(page.address)
        seen += b"data-hostile" in response.getvalue()
        wrong += [(str(page), found) for found in wrong_with(response)]
    assert wrong == []
    assert seen > len(chosen) / 2


@pytest.mark.look
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_file_for_a_spreadsheet_has_a_formula_in_it(world, formula):
    spoil(formula)
    client = Client()
    client.force_login(world.people["clerk"])
    files = [
        response
        for page in pages.table_pages(world, ["clerk"])
        if page.name.endswith(("_xlsx", "_csv"))
        for response in [client.get(page.address)]
    ]
    assert files
    assert [found for file in files for found in wrong_with(file)] == []
