"""The mail server away, then busy, then back."""

import re
import socketserver
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes, policy

from tests.faults.experiment import experiment, judge
from tests.faults.posts import LOCATION, Posts
from tests.faults.register import ROOT, free_port

GIVE_ADDRESSES = """
from registry.models import User
for user in User.objects.filter(username__in={}):
    user.email = f"{{user.username}}@example.org"
    user.save()
"""
NOW_DUE = "UPDATE registry_mail SET next_attempt_at = '2000-01-01 00:00:00' WHERE sent_at IS NULL"
MOVES = {"accept": {"version": 2}, "refuse": {"reason": "Trùng với một mô hình đã có."}}


@experiment("F19")
def mail_server_is_away(register, report, sizes):
    """Decide on models while no mail server answers; let time pass; start one, busy at first."""
    units = register.people["units"]
    register.manage("shell", "--no-imports", "-v", "0", "-c", GIVE_ADDRESSES.format(units))
    port = free_port()
    register.environment |= {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        "EMAIL_USE_TLS": "false",
        "SITE_URL": "http://127.0.0.1",
    }
    register.start()
    posts = Posts(register, sending=True)
    tokens = posts.tokens(8)
    posts.send_all(tokens, 4)
    clerk = register.visitor(register.people["clerks"][0])
    answers = Counter()
    for number, token in enumerate(tokens):
        (address,) = posts.addresses[f"{token} sent"]
        model = LOCATION.search(address).group(1)
        move = list(MOVES)[number % 2]
        status = clerk.post(f"/models/{model}/{move}/", MOVES[move]).status
        answers[status] += 1
        if status == 302:
            report.account.acknowledged |= {f"{model} to {name}@example.org" for name in units}
    report.account.attempted = set(report.account.acknowledged)
    report.check("no move fails", answers == {302: len(tokens)}, dict(answers))
    register.stop()

    tries = [send_mail(register) for _time in range(3)]
    failed = all(code == 1 and "does not take mail" in said for code, said in tries)
    report.check("sending fails and says why while the server is away", failed, tries[0])
    with mail_server(port) as server:
        server.busy = True
        register.database.do(register.name, NOW_DUE)
        busy = send_mail(register)
        server.busy = False
        waiting = register.rows("SELECT COUNT(*) FROM registry_mail WHERE sent_at IS NULL")[0][0]
        report.check("what a busy server puts off waits", waiting == server.put_off, busy)
        register.database.do(register.name, NOW_DUE)
        sending = [start_sending(register) for _number in range(2)]
        codes = [process.wait() for process in sending]
        report.check("two senders at once both end well", codes == [0, 0], codes)
        report.check("nothing is left to send", send_mail(register)[0] == 0)
        report.account.read = server.received
    left = register.rows("SELECT COUNT(*) FROM registry_mail WHERE sent_at IS NULL")
    report.check("no mail waits", left == [(0,)], left)
    report.check("each mail has arrived", report.account.read.keys() == report.account.attempted)
    report.note(
        f"{len(tokens)} moves, {answers[302]} × 302; 3 tries without a server, "
        f"{server.put_off} put off by a busy one, {report.account.read.total()} delivered"
    )
    judge(register, report)


def start_sending(register):
    return subprocess.Popen(
        [sys.executable, "manage.py", "send_mail"],
        cwd=ROOT,
        env=register.environment,
        stdout=subprocess.DEVNULL,
    )


def send_mail(register):
    """Send what is due; return the exit code and what the command said."""
    done = register.manage("send_mail", check=False)
    return done.returncode, done.stderr.strip()


@contextmanager
def mail_server(port):
    with MailServer(("127.0.0.1", port), Conversation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class MailServer(socketserver.ThreadingTCPServer):
    """Counts what it receives, by the model that each mail leads to and who it is for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.received = Counter()
        self.busy = False
        self.put_off = 0

    def takes(self, to, content):
        """Note one mail; a busy server puts every second one off, which is no delivery."""
        if self.busy and sum([*self.received.values(), self.put_off]) % 2:
            self.put_off += 1
            return False
        text = message_from_bytes(content, policy=policy.default).get_content()
        model = re.search(r"/models/(\d+)/", text).group(1)
        self.received[f"{model} to {to}"] += 1
        return True


class Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as a client of ours speaks."""

    def handle(self):
        to = ""
        self.answer("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb, _space, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                return self.answer("221 bye")
            if verb.upper() == "RCPT":
                to = re.search("<(.*)>", rest).group(1)
            if verb.upper() == "DATA":
                self.answer("354 go on")
                taken = self.server.takes(to, self.content())
                self.answer("250 taken" if taken else "451 busy, try later")
            else:
                self.answer("250 well")
        return None

    def content(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def answer(self, text):
        self.wfile.write(f"{text}\r\n".encode())
