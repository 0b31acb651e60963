"""Servers that die in the middle: of a post, of a transaction, of an answer."""

import hashlib
import io
import os
import threading
import time

from PIL import Image

from tests.faults.experiment import experiment, judge
from tests.faults.posts import Posts

KILLS = 3
MEGABYTE = 1024 * 1024

FILES = "SELECT file, sha256 FROM registry_evidence"
MODELS_WITHOUT_ONE_FILE = """
    SELECT m.id FROM registry_practicemodel m
    LEFT JOIN registry_evidence e ON e.model_id = m.id
    GROUP BY m.id HAVING COUNT(e.id) <> 1"""


@experiment("F1")
def killed_amid_posts(register, report, sizes):
    """Kill master and workers amid posts, three times; each unanswered post is sent again."""
    posts = Posts(register, report.account, sending=True)
    killed_amid(register, report, posts, posts.tokens(sizes.posts), sizes.at_once)
    judge(register, report)


@experiment("F2")
def killed_amid_photos(register, report, sizes):
    """The same with a photo of 3 MB in each post: a row has its file, whole, or is not there."""
    posts = Posts(register, report.account, photo=a_photo())
    killed_amid(register, report, posts, posts.tokens(sizes.photos), at_once=8)
    check_files(register, report)
    judge(register, report)


def killed_amid(register, report, posts, tokens, at_once):
    share = len(tokens) // KILLS
    for number in range(KILLS):
        register.start()
        killer = when_acknowledged(posts, share // 4, register.kill)
        posts.send_all(tokens[number * share : (number + 1) * share], at_once)
        killer.join()
    unanswered = len(report.account.unacknowledged)
    posts.read()
    report.check("nothing acknowledged is lost before the retries", not report.account.lost)
    unheard = len(report.account.read.keys() - report.account.acknowledged)
    register.start()
    finish(register, report, posts, tokens)
    report.note(
        f"{KILLS} kills: {unanswered} unanswered, of which {unheard} stored; {posts.said()}"
    )


def when_acknowledged(posts, more, act):
    """Act in the middle: as soon as so many more posts have been acknowledged."""
    until = len(posts.account.acknowledged) + more

    def wait():
        while len(posts.account.acknowledged) < until:
            time.sleep(0.005)
        act()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    return waiting


def finish(register, report, posts, tokens):
    """Send again what was not acknowledged, until all of it is; then look, and stop."""
    posts.complete(tokens)
    posts.read()
    register.stop()
    everything = set().union(*map(posts.elements, tokens))
    report.check("in the end each is there", report.account.read.keys() == everything)
    report.check("in the end each is acknowledged", everything <= report.account.acknowledged)


def check_files(register, report):
    """Check that each model has its file, with the bytes on record; count those of no row."""
    wrong = register.rows(MODELS_WITHOUT_ONE_FILE)
    report.check("each model has its one photo", not wrong, wrong[:3])
    rows = register.rows(FILES)
    broken = [name for name, sha256 in rows if sha256_of(register.media / name) != sha256]
    report.check("each row has its file, with its SHA-256", not broken, broken[:3])
    stored = {path for path in register.media.rglob("*") if path.is_file()}
    orphans = len(stored - {register.media / name for name, _sha256 in rows})
    report.note(f"{len(rows)} rows with their files, {orphans} files of no row")
    return orphans


def sha256_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def a_photo(megabytes=3.0):
    """Return a JPEG of about so many megabytes: noise, which does not compress."""
    side = int((megabytes * MEGABYTE / 1.35) ** 0.5)
    picture = Image.frombytes("RGB", (side, side), os.urandom(3 * side * side))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


@experiment("F11")
def crashed_at_two_points(register, report, sizes):
    """Crash after the file is written and before the commit; then after it, before the answer."""
    posts = Posts(register, report.account, photo=a_photo(0.2))
    (first, second) = posts.tokens(2)

    register.start("crash between file and commit")
    register.fault_once()
    posts.send(first)
    report.check("the crash is no answer", posts.statuses == {"no answer": 1}, posts.said())
    report.check("no row is stored", not posts.read())
    stored = [path for path in register.media.rglob("*") if path.is_file()]
    report.check("the file was written before the crash", len(stored) == 1)
    posts.complete([first])
    register.stop()

    register.start("crash between commit and answer")
    register.fault_once()
    posts.send(second)
    report.check("this crash is no answer either", posts.statuses["no answer"] == 2)
    before = posts.read()
    report.check("the row is stored without an answer", before[second] == 1)
    finish(register, report, posts, [first, second])
    (address,) = posts.addresses[second]
    ((model,),) = register.rows(
        f"SELECT id FROM registry_practicemodel WHERE name LIKE '%{second}%'"
    )
    report.check("the retry leads to the row of the first", f"/models/{model}/" in address)
    orphans = check_files(register, report)
    report.check("the file without a row is the one of the first crash", orphans == 1, orphans)
    judge(register, report)


@experiment("F22")
def stopped_amid_posts(register, report, sizes):
    """Ask the server to end amid posts, as a deploy does."""
    posts = Posts(register, report.account, sending=True)
    tokens = posts.tokens(sizes.posts)
    register.start()
    process = register.process
    stopper = when_acknowledged(posts, len(tokens) // 4, process.terminate)
    posts.send_all(tokens, sizes.at_once)
    stopper.join()
    code = process.wait(timeout=40)
    report.check("the server ends by itself", code == 0, code)
    report.check("no answer is a 5xx", not posts.fives, posts.fives)
    posts.read()
    report.check("nothing acknowledged is lost before the retries", not report.account.lost)
    report.note(f"SIGTERM: {posts.said()}")
    register.start()
    finish(register, report, posts, tokens)
    judge(register, report)
