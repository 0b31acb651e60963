"""Many people registering models at once, each attempt under a token that its client made."""

import re
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from tests.faults.accounting import Account, p95
from tests.faults.visitor import NoAnswer

LOCATION = re.compile(r"/models/(\d+)/(check|received|edit)/")
TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


class Posts:
    """Registrations, and their account.

    An element is a token: of the form that registers, and, marked so, of the page that sends.
    """

    def __init__(self, register, account=None, *, sending=False, photo=None, people=None):
        self.register = register
        self.account = account or Account()
        self.sending = sending
        self.photo = photo
        self.statuses = Counter()
        self.log = []
        self.last_page = ""
        usernames = people or register.people["units"]
        self.turns = cycle(usernames)
        self.owner = {}
        self.addresses = {}

    def tokens(self, number):
        """Return new tokens, each with somebody who will send it."""
        made = [str(uuid.uuid4()) for _number in range(number)]
        self.owner.update((token, next(self.turns)) for token in made)
        return made

    def fields(self, token, **others):
        return {
            "token": token,
            "name": f"Mô hình {token}",
            "field": self.register.people["field"],
            "reason": "Đường vào khu dân cư hai bên còn trống, rác để lẫn.",
            "approach": "1. Chi bộ ra nghị quyết.\n2. Mỗi nhóm hộ nhận một đoạn đường.",
            "place": "Khối phố Thử nghiệm",
            "beneficiaries": "Các hộ trong khối phố",
            "started": "3/2026",
            "expected_results": "Cuối năm có 1,2 km đường hoa, 90/96 hộ tham gia.",
            "contact_name": "Trần Thử",
            "contact_phone": "0900000000",
            "subject": "collective",
            "level": "grassroots",
            "action": "check",
        } | others

    def send(self, token):
        """Register under the token, then send to the office; the same again is no second time."""
        visitor = self.register.visitor(self.owner[token])
        files = [("photos", ("duong-hoa.jpg", self.photo))] if self.photo else ()
        answer = self._post(token, visitor, "/models/new/", self.fields(token), files)
        if answer is None or not self.sending:
            return
        pk = LOCATION.search(answer.location).group(1)
        fields = {"token": str(uuid.uuid5(uuid.UUID(token), "send")), "version": 1}
        self._post(f"{token} sent", visitor, f"/models/{pk}/submit/", fields)

    def _post(self, element, visitor, path, fields, files=()):
        """Send one form; return the answer if it acknowledges."""
        self.account.attempted.add(element)
        begun = time.monotonic()
        try:
            answer = visitor.post(path, fields, files)
        except NoAnswer:
            answer = None
        status = answer.status if answer else "no answer"
        self.statuses[status] += 1
        self.log.append((begun, time.monotonic(), status))
        if answer is None:
            return None
        self.last_page = answer.text
        if answer.status != 302 or not LOCATION.search(answer.location):
            return None
        self.account.acknowledged.add(element)
        self.addresses.setdefault(element, set()).add(answer.location)
        return answer

    def send_all(self, tokens, at_once):
        """Send them, so many at a time, and wait for the end of all."""
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(self.send, tokens))

    def complete(self, tokens, at_once=20, times=3):
        """Send again what was not acknowledged, as its sender would, with the same tokens."""
        for _time in range(times):
            self.send_all(self.unfinished(tokens), at_once)

    def unfinished(self, tokens):
        return [token for token in tokens if not self.elements(token) <= self.account.acknowledged]

    def elements(self, token):
        """Return what is acknowledged when all of it is."""
        return {token, f"{token} sent"} if self.sending else {token}

    def read(self):
        """Look what is there now, past the application."""
        found = Counter()
        of_model = {}
        for pk, name in self.register.rows("SELECT id, name FROM registry_practicemodel"):
            token = TOKEN.search(name).group(0)
            found[token] += 1
            of_model[pk] = token
        moves = "SELECT model_id FROM registry_move WHERE name = 'submit'"
        for (pk,) in self.register.rows(moves):
            found[f"{of_model[pk]} sent"] += 1
        self.account.read = found
        return found

    @property
    def fives(self):
        return {
            status: number
            for status, number in self.statuses.items()
            if isinstance(status, int) and status >= 500
        }

    def p95(self):
        return p95([ended - begun for begun, ended, _status in self.log])

    def said(self):
        """Return the answers in words: "200 × 302, 3 × no answer"."""
        return ", ".join(f"{number} × {status}" for status, number in self.statuses.most_common())
