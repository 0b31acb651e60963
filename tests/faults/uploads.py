"""Uploads over bad lines, through nginx with the configuration of ``deploy/``."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain

from tests.faults.accounting import p95
from tests.faults.crashes import MEGABYTE, a_photo, check_files
from tests.faults.experiment import Impossible, experiment, judge
from tests.faults.posts import Posts
from tests.faults.register import ROOT, free_port
from tests.faults.visitor import NoAnswer, Visitor, multipart

SLOW, BROKEN, READERS, SECONDS = 20, 20, 4, 2.0
LARGE, A_SECOND = 20 * MEGABYTE, 1024
NGINX = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@experiment("F12")
def uploads_over_bad_lines(register, report, sizes):
    """Twenty trickle at 1 kB a second, twenty hang up half-way, one is slow; others read."""
    register.start()
    posts = Posts(register, report.account)
    with proxied(register) as (port, folder), ThreadPoolExecutor(SLOW + BROKEN + 1) as senders:
        sent = [senders.submit(trickle, upload(posts, port), sizes.away) for _one in range(SLOW)]
        sent += [senders.submit(hang_up_half_way, upload(posts, port)) for _one in range(BROKEN)]
        patient = senders.submit(send_slowly, upload(posts, port, a_photo(0.5)), sizes.away)
        read = read_beside(register, port, [*sent, patient])
        status, token = patient.result()
        report.check("who is slow and goes on is answered as ever", status == 302, status)
        if status == 302:
            report.account.acknowledged.add(token)
        time.sleep(1)  # for nginx to see that they have gone
        held = [path.name for path in (folder / "bodies").rglob("*") if path.is_file()]
        report.check("nothing of what broke off is left with nginx", not held, held)

    wrong = Counter(status for status, _seconds in read) - Counter({200: len(read)})
    report.check("the others are answered as ever", not wrong, wrong)
    slowest = p95([seconds for _status, seconds in read])
    report.check(f"the others' p95 is below {SECONDS} s", slowest < SECONDS, f"{slowest:.2f} s")
    report.note(f"{len(read)} pages for others meanwhile, p95 {slowest:.2f} s")
    posts.read()
    orphans = check_files(register, report)
    report.check("nothing of what broke off is left with the register", not orphans, orphans)
    register.stop()
    judge(register, report)


def upload(posts, port, photo=None):
    """Open a line and begin to register a model with a photo; None is one that never comes whole.

    Return the line, the token, and as much of the request as there is to send.
    """
    (token,) = posts.tokens(1)
    posts.account.attempted.add(token)
    visitor = posts.register.visitor(posts.owner[token])
    fields = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"], **posts.fields(token)}
    body, kind = multipart(fields, [("photos", ("duong-hoa.jpg", photo or b""))])
    length = len(body) if photo else len(body) + LARGE
    head = (
        "POST /models/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        # nginx says that it was asked over HTTPS, and then it matters from where.
        "Referer: https://127.0.0.1/models/new/\r\n"
        f"Cookie: {'; '.join(f'{name}={it}' for name, it in visitor.cookies.items())}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    )
    line = socket.create_connection(("127.0.0.1", port), timeout=70)
    return line, token, head.encode() + body


def trickle(begun, seconds):
    """Send a kilobyte a second for so long, then go away."""
    line, _token, known = begun
    with line:
        rest = known + bytes(seconds * A_SECOND)
        for at in range(seconds):
            line.sendall(rest[at * A_SECOND : (at + 1) * A_SECOND])
            time.sleep(1)


def hang_up_half_way(begun):
    line, _token, known = begun
    with line:
        line.sendall(known + bytes(LARGE // 2))


def send_slowly(begun, seconds):
    """Send all of it, a little at a time; return the status of the answer, and the token."""
    line, token, known = begun
    with line:
        piece = len(known) // seconds + 1
        for at in range(0, len(known), piece):
            line.sendall(known[at : at + piece])
            time.sleep(1)
        return int(line.makefile("rb").readline().split()[1]), token


def read_beside(register, port, others):
    """Read lists until the others have done; return status and seconds of each page."""

    def read(username):
        read = []
        while not all(other.done() for other in others):
            try:
                answer = Visitor(port, register.sessions[username]).get("/models/")
                read.append((answer.status, answer.seconds))
            except NoAnswer:
                read.append(("no answer", 0.0))
        return read

    with ThreadPoolExecutor(READERS) as readers:
        return list(chain.from_iterable(readers.map(read, register.people["units"][:READERS])))


@contextmanager
def proxied(register):
    """Run nginx before the register; yield its port and its folder."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        raise Impossible("nginx is not installed")
    port, folder = free_port(), register.folder / "nginx"
    folder.mkdir()
    (folder / "site.conf").write_text(without_tls(port, register.port))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    command = [program, "-e", folder / "errors", "-c", folder / "nginx.conf"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            try:
                Visitor(port).get("/models/")
                break
            except NoAnswer:
                time.sleep(0.1)
        else:
            raise SystemExit(f"nginx did not start:\n{(folder / 'errors').read_text()[-2000:]}")
        try:
            yield port, folder
        finally:
            process.terminate()


def without_tls(port, behind):
    """Return the site of ``deploy/nginx.conf`` with other ports and without its certificate."""
    site = (ROOT / "deploy" / "nginx.conf").read_text().partition("\nserver {\n    listen 80;")[0]
    site = re.sub(r"^\s+ssl_.*\n", "", site, flags=re.MULTILINE)
    site = site.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    return site.replace("mohinh.example.vn", "127.0.0.1").replace(
        "127.0.0.1:8001", f"127.0.0.1:{behind}"
    )
