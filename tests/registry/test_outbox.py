"""Mail: written with the move it is about, sent when the mail server is there, once."""

import socketserver
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from registry.models import Mail, MoveRefused
from tests import factories

pytestmark = pytest.mark.django_db


class PostOffice(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets, and refuses whom it does not know."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("localhost", port), Counter)
        self.got, self.unknown = [], set()


class Counter(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT" and any(name in line for name in self.server.unknown):
                self.say("550 nobody of that name")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.got.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.say("250 taken")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return


@pytest.fixture
def post_office(settings):
    with PostOffice() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = False
        settings.SITE_URL = "https://mohinh.example.vn"
        yield server
        server.shutdown()


@pytest.fixture
def away(settings):
    """Name a mail server where none answers."""
    with PostOffice() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = False


@pytest.fixture
def model():
    """A model that was sent, of a unit of two people with an address and one without."""
    cell = factories.CellFactory()
    for email in ("mot@example.vn", "hai@example.vn", ""):
        factories.UnitUserFactory(organisation=cell, email=email)
    return factories.submitted(organisation=cell, name="Đường hoa\ntự quản")


def due_now():
    Mail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_people_of_the_unit_are_written_to_what_is_missing_and_until_when(model, post_office):
    clerk = factories.ClerkFactory()
    model.send_back(by=clerk, reason="Thiếu kết quả dự kiến", due=timezone.localdate())

    call_command("send_mail", verbosity=0)

    assert len(post_office.got) == 2
    assert {mail.to for mail in Mail.objects.all()} == {"mot@example.vn", "hai@example.vn"}
    mail = Mail.objects.first()
    assert mail.subject == "Cần bổ sung: “Đường hoa tự quản”"
    assert "Thiếu kết quả dự kiến" in mail.body
    assert f"https://mohinh.example.vn/models/{model.pk}/" in mail.body


def test_what_a_unit_does_itself_is_not_written_to_it(model, post_office):
    model.withdraw(by=factories.UnitUserFactory(organisation=model.organisation))

    assert not Mail.objects.exists()


def test_without_a_mail_server_no_mail_is_written(model, settings):
    settings.EMAIL_HOST = ""
    model.accept(by=factories.ClerkFactory())

    assert not Mail.objects.exists()


def test_a_move_that_fails_leaves_no_mail(model, post_office):
    @transaction.atomic
    def accept_twice():
        for _time in range(2):
            model.accept(by=factories.ClerkFactory())

    with pytest.raises(MoveRefused):
        accept_twice()

    assert not Mail.objects.exists()


def test_while_the_server_is_away_the_move_stands_and_the_mail_waits(model, away):
    model.accept(by=factories.ClerkFactory())

    with pytest.raises(CommandError, match="does not take mail"):
        call_command("send_mail", verbosity=0)

    assert model.status == "running"
    first, second = Mail.objects.order_by("-attempts")
    assert (first.attempts, second.attempts) == (1, 0)  # the server is away for both
    assert first.last_error
    assert first.next_attempt_at > timezone.now()


def test_each_mail_goes_out_once_when_the_server_is_back(model, post_office):
    model.accept(by=factories.ClerkFactory())
    for _run in range(3):
        call_command("send_mail", verbosity=0)
        due_now()

    assert len(post_office.got) == 2
    assert not Mail.objects.unsent().exists()
    assert all("Message-ID: <tamky-models-" in mail for mail in post_office.got)


def test_an_address_nobody_has_holds_up_no_other_and_is_tried_more_rarely(model, post_office):
    post_office.unknown = {"hai@example.vn"}
    model.accept(by=factories.ClerkFactory())
    waits = []
    for _run in range(5):
        call_command("send_mail", verbosity=0)
        waits.append(Mail.objects.get(to="hai@example.vn").next_attempt_at - timezone.now())
        due_now()

    assert len(post_office.got) == 1
    assert waits == sorted(waits)
    assert list(Mail.objects.stuck()) == [Mail.objects.get(to="hai@example.vn")]


def test_who_has_claimed_a_mail_and_died_lets_it_go(model, post_office):
    model.accept(by=factories.ClerkFactory())
    Mail._claim()

    call_command("send_mail", verbosity=0)
    assert len(post_office.got) == 1
    due_now()
    call_command("send_mail", verbosity=0)

    assert len(post_office.got) == 2
