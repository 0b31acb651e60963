"""The virus scanner: what it refuses, what is held back while it is away, what lets it go."""

import socketserver
import struct
import threading

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from registry.models import Evidence, SecurityEvent
from tests import factories
from tests.registry.sample_files import PDF
from tests.registry.test_evidence import files_of, photo, to

pytestmark = pytest.mark.django_db

VIRUS = PDF.replace(b"endobj", b"endobj EICAR")


class Clamd(socketserver.StreamRequestHandler):
    """Speaks INSTREAM as clamd does, and takes the word EICAR for a virus."""

    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        answer = b"Eicar-Test-Signature FOUND" if b"EICAR" in content else b"OK"
        self.wfile.write(b"stream: " + answer + b"\0")


@pytest.fixture
def clamd(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMAV_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        yield
        server.shutdown()


@pytest.fixture
def away(settings):
    settings.CLAMAV_ADDRESS = "unix:/nowhere/clamd.ctl"


@pytest.fixture
def model():
    return factories.running()


@pytest.fixture
def person(client, model):
    user = factories.UnitUserFactory(organisation=model.organisation)
    client.force_login(user)
    return user


def send(client, model, *files):
    return client.post(to("evidence_add", model), files_of(*files))


def status(client, evidence):
    response = client.get(evidence.get_absolute_url())
    response.getvalue()
    return response.status_code


def test_a_virus_is_refused_by_its_name_and_put_on_record(clamd, client, person, model):
    good, bad = photo("tốt.jpg"), photo("hỏng.pdf", VIRUS)
    page = send(client, model, good, bad)

    assertContains(page, "hỏng.pdf")
    assertContains(page, "Eicar-Test-Signature")
    assert [each.original_name for each in Evidence.objects.all()] == ["tốt.jpg"]
    event = SecurityEvent.objects.get(kind=SecurityEvent.Kind.FILE_REFUSED)
    assert (event.user, event.about) == (person, "Eicar-Test-Signature: hỏng.pdf")


def test_a_clean_file_is_open_at_once(clamd, client, person, model):
    send(client, model, photo())

    assert status(client, Evidence.objects.get()) == 200


def test_while_the_scanner_is_away_a_file_is_taken_and_nobody_can_open_it(
    away, client, person, model
):
    send(client, model, photo())
    evidence = Evidence.objects.get()

    for address in (evidence.get_absolute_url(), evidence.small_address):
        held = client.get(address)
        assert held.status_code == 503
        assert "Retry-After" in held
        assertContains(held, "đang được kiểm tra", status_code=503)
    page = client.get(model.get_absolute_url())
    assertContains(page, "quét vi-rút")
    sheet = client.get(reverse("registry:practicemodel_print", args=[model.pk]))
    for shown in (page, sheet):
        assertNotContains(shown, f'"{evidence.get_absolute_url()}"')
        assertNotContains(shown, evidence.small_address)


def test_the_command_lets_go_what_is_clean_and_holds_the_rest(
    away, client, person, model, settings, request, capsys
):
    send(client, model, photo(), photo("hỏng.pdf", VIRUS))
    clean, infected = Evidence.objects.order_by("pk")
    with pytest.raises(CommandError, match="away"):
        call_command("scan_held_files")

    request.getfixturevalue("clamd")
    with pytest.raises(CommandError, match="Eicar"):
        call_command("scan_held_files")

    assert "Released 1" in capsys.readouterr().out
    assert status(client, clean) == 200
    assert status(client, infected) == 403
    assert clean.history.first().history_change_reason == "virus scanner: clean"
    assert SecurityEvent.objects.get(kind=SecurityEvent.Kind.FILE_REFUSED).user == person


def test_a_virus_is_put_on_record_once_and_its_file_stays_held_and_listed(
    away, client, person, model, request, capsys
):
    send(client, model, photo("hỏng.pdf", VIRUS))
    request.getfixturevalue("clamd")
    with pytest.raises(CommandError, match="Eicar"):
        call_command("scan_held_files")

    call_command("scan_held_files")

    infected = Evidence.objects.get()
    assert (infected.virus, status(client, infected)) == ("Eicar-Test-Signature", 403)
    assert SecurityEvent.objects.filter(kind=SecurityEvent.Kind.FILE_REFUSED).count() == 1
    client.force_login(factories.AdminFactory())
    needs = client.get(reverse("admin:index")).context["needs"]
    (need,) = [each for each in needs if each["url"].endswith("needs=infected")]
    assert list(client.get(need["url"]).context["cl"].result_list) == [infected]


def test_the_command_says_where_no_scanner_is_set(settings):
    settings.CLAMAV_ADDRESS = ""
    with pytest.raises(CommandError, match="CLAMAV_ADDRESS"):
        call_command("scan_held_files")
