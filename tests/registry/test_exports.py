"""The list as a file: the same models in the same order, and nothing more than may be seen."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from registry.models import SecurityEvent
from registry.views import exports
from tests import factories

pytestmark = pytest.mark.django_db

LIST = reverse("registry:practicemodel_list")
CSV, XLSX = reverse("registry:models_csv"), reverse("registry:models_xlsx")
PHONE = "0911222333"


def csv_lines(client, **query):
    content = client.get(CSV, query).content
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def xlsx_sheet(client, **query):
    return load_workbook(io.BytesIO(client.get(XLSX, query).content)).active


def names_in_csv(client, **query):
    return [line[2] for line in csv_lines(client, **query) if line[0].isdigit()]


def names_in_xlsx(client, **query):
    rows = xlsx_sheet(client, **query).iter_rows(values_only=True)
    return [row[2] for row in rows if isinstance(row[0], int)]


@pytest.fixture
def reader(client):
    client.force_login(factories.UserFactory())


@pytest.mark.parametrize("query", [{}, {"sort": "new"}, {"q": "rác"}, {"level": "city"}])
def test_the_files_hold_what_the_list_shows_in_its_order(client, reader, query):
    factories.running(name="Phân loại rác tại nguồn", level="city")
    factories.running(name="Ánh sáng an ninh")
    factories.running(name="Ngày thứ bảy không rác")
    shown = [row["name"] for row in client.get(LIST, query).context["rows"]]
    assert shown
    assert names_in_csv(client, **query) == shown
    assert names_in_xlsx(client, **query) == shown


def test_contacts_are_there_for_those_inside_alone(client):
    own = factories.running(name="Của mình", contact_phone=PHONE)
    factories.running(name="Của đơn vị khác", contact_phone="0988777666")
    user = factories.UnitUserFactory(organisation=own.organisation)
    client.force_login(user)
    text = client.get(CSV).content.decode()
    assert PHONE in text
    assert "0988777666" not in text
    client.force_login(factories.ClerkFactory())
    assert "0988777666" in client.get(CSV).content.decode()


def test_a_visitor_gets_public_models_without_contacts(client, settings):
    settings.PUBLIC_CATALOGUE = True
    factories.running(name="Mở", public=True, contact_phone=PHONE)
    factories.running(name="Kín")
    assert names_in_csv(client) == names_in_xlsx(client) == ["Mở"]
    assert PHONE not in client.get(CSV).content.decode()
    settings.PUBLIC_CATALOGUE = False
    assert client.get(CSV).status_code == client.get(XLSX).status_code == 302


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_nothing_typed_becomes_a_formula(client, reader, start):
    name = f"{start}HYPERLINK(1)"
    factories.running(name=name)
    assert names_in_csv(client) == [f"'{name}"]
    cells = [cell for row in xlsx_sheet(client).iter_rows() for cell in row if cell.value == name]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_workbook_prints_across_with_its_header_on_each_page(client, reader):
    factories.running()
    sheet = xlsx_sheet(client)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$7:$7"
    assert sheet["C7"].font.name == "Times New Roman"
    assert sheet["C8"].border.left.style == "thin"


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_who_takes_records_out_is_on_record_with_what_was_asked(client, address):
    clerk = factories.ClerkFactory()
    client.force_login(clerk)

    client.get(address, {"level": "city"})
    client.head(address)

    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.EXPORTED)
    assert event.user == clerk
    assert event.about.endswith("?level=city")


def test_a_file_that_was_cut_says_so(client, reader, monkeypatch):
    for _ in range(3):
        factories.running()
    monkeypatch.setattr(exports, "COUNTED", 2)
    assert len(names_in_csv(client)) == 2
    assert any("2" in line[0] and len(line) == 1 for line in csv_lines(client)[4:5])


def test_a_value_that_is_not_understood_narrows_nothing(client, reader):
    factories.running()
    assert len(names_in_csv(client, field="x", year="9" * 30)) == 1


@pytest.mark.parametrize("address", [CSV, XLSX])
def test_more_models_ask_no_more_queries(client, reader, address):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(address)
        return len(asked)

    factories.running()
    before = queries()
    for _ in range(3):
        factories.running()
    assert queries() == before


def test_the_list_leads_to_its_files_with_what_was_asked(client, reader):
    factories.running(name="Rác")
    page = client.get(LIST, {"q": "rác", "page": 1}).content.decode()
    assert f'{XLSX}?q=r%C3%A1c"' in page
