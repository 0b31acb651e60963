"""An ordinary day at its busiest, for as long as one likes: does anything grow, slow down, fail?"""

import json
import os
import random
import statistics
import time
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from tests.faults.accounting import p95
from tests.faults.crashes import a_photo
from tests.faults.experiment import Impossible, experiment, judge
from tests.faults.posts import Posts
from tests.faults.visitor import NoAnswer

OK, SENT = HTTPStatus.OK, HTTPStatus.FOUND
# What people do, and how often: read, have words kept while they write, send a model with a photo.
DOINGS = {"read": 80, "write": 15, "send": 5}
LISTS = ("/models/", "/models/?q=giam+ngheo", "/models/?status=submitted&sort=new")
OTHERS = ("/", "/organisations/", "/statistics/")
# Together they ask for about so many pages a second, however many they are.
EACH_SECOND = 12
# Of the whole: until then every worker has met everything once.
WARM = 1 / 3
MOST_WRONG, LIST_SECONDS, SEND_SECONDS, MOST_GROWTH = 0.001, 0.8, 2.0, 0.10
BUFFERS = "SELECT opened, content FROM registry_draftbuffer"


@experiment("F23")
def soak(register, report, sizes):
    """Let many people read, write and send, without a pause; watch the answers and the memory."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise Impossible("what a process holds in memory cannot be read")
    register.start()
    crowd = Crowd(register, report.account, sizes)
    with ThreadPoolExecutor(sizes.soaking) as pool:
        people = [pool.submit(crowd.live, number) for number in range(sizes.soaking)]
        memory = crowd.watched()
        for person in people:
            person.result()
    crowd.settle()

    wrong = crowd.wrong.total()
    report.check("next to no answer is an error", wrong <= MOST_WRONG * crowd.asked, +crowd.wrong)
    lists, sent = p95(crowd.seconds["list"]), p95(crowd.seconds["send"])
    report.check(f"p95 of lists is below {LIST_SECONDS} s", lists < LIST_SECONDS, f"{lists:.2f}")
    report.check(f"p95 of sending is below {SEND_SECONDS} s", sent < SEND_SECONDS, f"{sent:.2f}")
    quarter = len(memory) // 4
    before, after = map(statistics.median, (memory[:quarter], memory[-quarter:]))
    growth = after / before - 1
    report.check("memory grows by less than a tenth", growth < MOST_GROWTH, f"{growth:+.1%}")
    report.note(
        f"{sizes.soaking} people, {sizes.soak} s: {crowd.asked} answers, {wrong} wrong; p95 of"
        f" lists {lists:.2f} s, of sending {sent:.2f} s; {before:.0f} to {after:.0f} MiB"
    )
    register.stop()
    judge(register, report)


class Crowd:
    """People at their own pace, and what they were answered."""

    def __init__(self, register, account, sizes):
        self.register, self.people = register, sizes.soaking
        self.posts = Posts(register, account, sending=True, photo=a_photo())
        begun = time.monotonic()
        self.warm_at, self.ends_at = begun + sizes.soak * WARM, begun + sizes.soak
        self.lock = Lock()
        self.asked, self.wrong = 0, Counter()
        self.seconds = defaultdict(list)
        self.kept = {}

    def live(self, number):
        """Do one thing after another, as one of the people, until the time is over."""
        dice = random.Random(number)
        usernames = self.register.people["units"]
        visitor, form, written = self.register.visitor(usernames[number % len(usernames)]), None, 0
        while self.waits(dice.uniform(0, 2) * self.people / EACH_SECOND):
            doing = dice.choices([*DOINGS], DOINGS.values())[0]
            if doing == "read":
                path = dice.choice(LISTS + OTHERS)
                self.ask("list" if path in LISTS else "page", visitor.get, path)
            elif doing == "send":
                self.send()
            elif form := form or self.ask("page", visitor.get, "/models/new/"):
                written += 1
                self.write(visitor, form, f"người thứ {number} viết lần thứ {written}")

    def waits(self, seconds):
        """Let the time go by; return whether any is left then."""
        left = self.ends_at - time.monotonic()
        time.sleep(max(min(seconds, left), 0))
        return seconds < left

    def ask(self, kind, verb, path, *fields):
        """Return the answer, None for an error; count it, and note how long it took."""
        begun = time.monotonic()
        try:
            answer = verb(path, *fields)
            status = answer.status
        except NoAnswer:
            status = "no answer"
        with self.lock:
            self.asked += 1
            self.seconds[kind].append(time.monotonic() - begun)
            self.wrong[f"{path} {status}"] += status != OK
        return answer if status == OK else None

    def write(self, visitor, form, words):
        """Have words kept, as the script of the form does while somebody writes."""
        opened = form.hidden("draft")
        stamps = {"draft": opened, "writer": form.hidden("writer")}
        self.posts.account.attempted.add(f"{opened} {words}")
        typed = self.posts.fields("", name=words) | stamps
        # Whoever is not answered does not know which words are kept now.
        answer = self.ask("write", visitor.post, "/drafts/", typed)
        self.kept[opened] = words if answer else None

    def send(self):
        (token,) = self.posts.tokens(1)
        begun = time.monotonic()
        self.posts.send(token)
        with self.lock:
            self.seconds["send"].append(time.monotonic() - begun)

    def watched(self):
        """Return what the server holds, in MiB, second by second from when it is warm."""
        self.waits(self.warm_at - time.monotonic())
        memory = []
        while self.waits(1):
            memory.append(held_by(self.register.process.pid))
        return memory

    def settle(self):
        """Count the sendings too, and look what is there of all that was acknowledged."""
        answers = self.posts.statuses
        self.asked += answers.total()
        self.wrong += Counter({f"sending {it}": many for it, many in answers.items() if it != SENT})
        self.posts.account.acknowledged |= {
            f"{it} {words}" for it, words in self.kept.items() if words
        }
        found = self.posts.read()
        for opened, content in self.register.rows(BUFFERS):
            content = content if isinstance(content, dict) else json.loads(content)
            found[f"{uuid.UUID(str(opened))} {content['name'][0]}"] += 1


def held_by(group):
    """Return what the processes of a group hold, in MiB: shared pages are shared out among them."""
    held = 0
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.getpgid(int(process.name)) == group:
                lines = (process / "smaps_rollup").read_text().splitlines()
                held += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (ProcessLookupError, FileNotFoundError):
            continue  # it has ended meanwhile
    return held / 1024
