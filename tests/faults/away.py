"""The database away, and disks that are full."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.faults.crashes import a_photo, check_files, finish, when_acknowledged
from tests.faults.experiment import Impossible, experiment, judge
from tests.faults.line import Line
from tests.faults.posts import LOCATION, Posts

MEGABYTE = 1024 * 1024
ANSWERED_WITHIN, BACK_WITHIN = 5, 10
CLOSED = "Hệ thống tạm nghỉ ít phút"
FULL = "Máy chủ đã hết chỗ lưu"


@experiment("F7", ["postgres"])
def database_restarts_under_load(register, report, sizes):
    """Restart PostgreSQL amid posts, once in order and once as a crash does."""
    posts = Posts(register, report.account)
    tokens = posts.tokens(sizes.posts)
    register.start()
    down, first = [], []

    def restart(mode):
        began = time.monotonic()
        register.database.stop(mode)
        register.database.start()
        down.append((began, time.monotonic()))
        visitor = register.visitor(register.people["units"][0])
        first.extend(visitor.get("/models/").status for _time in range(8))

    half = len(tokens) // 2
    for mode, part in [("fast", tokens[:half]), ("immediate", tokens[half:])]:
        restarting = when_acknowledged(posts, len(part) // 4, lambda mode=mode: restart(mode))
        posts.send_all(part, at_once=8)
        restarting.join()
    posts.read()
    report.check("nothing acknowledged is lost before the retries", not report.account.lost)
    failed = [
        (begun, ended, status) for begun, ended, status in posts.log if status not in (302, 503)
    ]
    report.check("no answer but 302 and 503", not failed, posts.said())
    late = [
        status
        for begun, ended, status in posts.log
        if status != 302 and not any(begun < up and ended > away for away, up in down)
    ]
    report.check("errors only while it is down", not late, f"{len(late)} others: {late[:3]}")
    report.check("the first requests after it are answered 200", set(first) == {200}, first)
    seconds = " and ".join(f"{up - away:.1f} s" for away, up in down)
    report.note(f"two restarts, down for {seconds}; {posts.said()}")
    finish(register, report, posts, tokens)
    judge(register, report)


@experiment("F8", ["postgres"])
def database_is_away(register, report, sizes):
    """Stop PostgreSQL for a while; look at every kind of page; start it, and look again."""
    register.start()
    posts = Posts(register, report.account)
    before, during = posts.tokens(2)
    posts.send(before)
    (address,) = posts.addresses[before]
    paths = ["/", "/models/", "/models/new/", "/statistics/", LOCATION.search(address).group(0)]
    paths += ["/organisations/", "/accounts/login/", "/healthz/ready"]
    username = posts.owner[during]

    def look(path):
        return path, register.visitor(username).get(path)

    begun = time.monotonic()
    register.database.stop()
    looked, alive = [], []
    posts.send(during)
    page, taken = posts.last_page, posts.log[-1]
    while time.monotonic() - begun < sizes.away:
        looked += [look(path) for path in paths]
        with ThreadPoolExecutor(8) as pool:
            looked += pool.map(look, paths)
        alive.append(register.visitor(username).get("/healthz/live").status)
    register.database.start()
    started = time.monotonic()
    back = register.wait("/healthz/ready", seconds=60)
    register.wait("/accounts/login/", seconds=60)
    pages = [look(path) for path in paths]
    back = max(back, time.monotonic() - started)

    odd = sorted({(path, one.status) for path, one in looked if one.status != 503})
    report.check("every page answers 503, ready too", not odd, odd)
    own = [path for path, one in looked if CLOSED not in one.text and path != "/healthz/ready"]
    report.check("with the Vietnamese page", not own, own[:3])
    slowest = max((one.seconds, path) for path, one in looked)
    report.check(f"within {ANSWERED_WITHIN} s", slowest[0] <= ANSWERED_WITHIN, slowest)
    report.check("live answers 200 all the while", set(alive) == {200}, alive)
    bad = [(path, one.status) for path, one in pages if one.status >= 500]
    report.check("afterwards every page is there", not bad, bad)
    report.check(f"within {BACK_WITHIN} s, without a restart", back <= BACK_WITHIN, f"{back:.1f}")
    report.check("the sending was answered 503", taken[2] == 503, taken[2])
    kept = all(str(value) in page for value in (during, posts.fields(during)["place"]))
    report.check("its page keeps what was typed, and its token", kept)
    report.note(
        f"away for {started - begun:.0f} s: {len(looked)} answers, slowest {slowest[0]:.1f} s, "
        f"back after {back:.1f} s"
    )
    finish(register, report, posts, [before, during])
    judge(register, report)


@experiment("F9", ["postgres"])
def network_to_the_database_is_cut(register, report, sizes):
    """Delay what goes to PostgreSQL and back by 3 s; then lose all of it, amid posts."""
    limits = {"REQUEST_SECONDS": "6", "LONG_REQUEST_SECONDS": "10"}
    register.environment |= limits
    # Above the limit: the alarm rings a second later, and the machine has other things to do.
    longest = int(limits["LONG_REQUEST_SECONDS"]) + 3
    posts = Posts(register, report.account, sending=True)
    tokens = posts.tokens(sizes.posts)
    username = register.people["units"][0]
    direct = register.environment["DATABASE_URL"]

    def look(path):
        return path, register.visitor(username).get(path)

    with Line(register.database.folder / ".s.PGSQL.5432") as line:
        register.environment["DATABASE_URL"] = (
            f"postgres://postgres@127.0.0.1:{line.port}/{register.name}"
        )
        register.start()
        posts.send_all(tokens[:8], at_once=8)
        line.delay = 3
        slow = [look(path) for path in ("/models/", "/healthz/ready", "/healthz/live")]
        posts.send_all(tokens[8:12], at_once=4)
        line.delay = 0
        register.wait(seconds=60)

        def cut():
            line.cut = True

        cutting = when_acknowledged(posts, len(tokens) // 4, cut)
        posts.send_all(tokens[12:], at_once=8)
        cutting.join()
        away = [look(path) for path in ("/models/", "/healthz/ready", "/accounts/login/")]
        alive = register.visitor(username).get("/healthz/live")
        line.cut = False
        back = register.wait("/accounts/login/", seconds=60)
        register.stop()
    register.environment["DATABASE_URL"] = direct
    register.start()

    stuck = max(ended - begun for begun, ended, _status in posts.log)
    report.check(f"no post takes longer than {longest} s", stuck <= longest, f"{stuck:.1f}")
    odd = posts.statuses.keys() - {302, 503}
    report.check("no answer but 302 and 503", not odd, posts.said())
    killed = register.logged("WORKER TIMEOUT") + register.logged("SIGKILL")
    report.check("no worker had to be killed", not killed, killed)
    for when, looked in [("slow", slow), ("cut", away)]:
        wrong = [path for path, one in looked if one.status != (200 if "live" in path else 503)]
        report.check(f"while {when} every page answers 503, live 200", not wrong, wrong)
        slowest = max((one.seconds, path) for path, one in looked)
        report.check(
            f"while {when} within {ANSWERED_WITHIN} s", slowest[0] <= ANSWERED_WITHIN, slowest
        )
    report.check("live answers 200 while cut", alive.status == 200, alive.status)
    report.check(f"back within {BACK_WITHIN} s, without a restart", back <= BACK_WITHIN, back)
    said = posts.said()
    report.note(f"slowest post {stuck:.1f} s, back after {back:.1f} s; {said}")
    finish(register, report, posts, tokens)
    judge(register, report)


@experiment("F10")
def disks_are_full(register, report, sizes):
    """Fill the disk of the files, then that of the database; free both, and send again."""
    posts = Posts(register, report.account, photo=a_photo(0.5))
    tokens = posts.tokens(18)
    # Up to the last byte: the register would refuse files long before.
    register.environment["FREE_MEGABYTES"] = "0"
    with small_disk(register.media, 32) as disk:
        register.start()
        posts.send_all(tokens[:3], 3)
        disk.fill()
        said = refused(posts, tokens[3:9])
        report.check("a full disk of files is said in so many words", FULL in posts.last_page)
        report.note(f"files: {said}")
        disk.free()
        posts.complete(tokens[:9])
        register.stop()
        with database_on_small_disk(register) as disk:
            register.start()
            posts.send_all(tokens[9:12], 3)
            disk.fill()
            said = refused(posts, tokens[12:])
            alive = register.visitor(posts.owner[tokens[0]]).get("/healthz/live").status
            report.check("live answers 200 all the while", alive == 200, alive)
            disk.free()
            if register.database.runs():
                report.note(f"database: {said}")
            else:
                register.database.start()
                report.note(f"database: {said}; PostgreSQL had to be started again")
            finish(register, report, posts, tokens)
            check_files(register, report)
            judge(register, report)


def refused(posts, tokens):
    """Send what has no room; return how it was answered."""
    before = posts.statuses.copy()
    posts.send_all(tokens, 3)
    answers = posts.statuses - before
    return ", ".join(f"{number} × {status}" for status, number in answers.items())


@contextmanager
def small_disk(folder, megabytes):
    """Lay a disk of that size over an empty folder."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise Impossible(f"no small disk can be mounted ({done.stderr.strip()})")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def database_on_small_disk(register):
    """Move the register's database to a small disk for as long as the block runs."""
    folder = register.folder / "small"
    folder.mkdir()
    roomy = register.database
    with small_disk(folder, 400) as disk:
        register.use(roomy.moved_to(folder, register.name))
        try:
            yield disk
        finally:
            register.stop()
            register.database.stop()
            register.use(roomy)


class Disk:
    def __init__(self, folder):
        self.ballast = folder / "ballast"

    def fill(self):
        with self.ballast.open("wb", buffering=0) as ballast:
            for size in (MEGABYTE, 4096, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self):
        self.ballast.unlink()
