"""Measure the pages against a bare one-query page of the same server, then the entering of a list:
``./dev bench``.

PostgreSQL, gunicorn with two workers, production settings, client on the same machine, no
TLS, a new connection for each request. The pages take turns, so that whatever else the
machine does falls on all alike; the ratio is that of the medians of one run.
"""

import argparse
import http.client
import http.cookies
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import openpyxl
import psycopg

from tests.postgres import start_server

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 4.0
ROWS, MOST_SECONDS = 10_000, 60
HEADING = ["TT", "Tên mô hình", "Đơn vị", "Bắt đầu", "Kết quả", "Ghi chú"]
UNIT = "Chi bộ thôn Đo"
PASSWORD = "a password for measuring, 0123456789"


def main():
    arguments = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    arguments.add_argument("--models", type=int, nargs="+", default=[200, 20_000])
    arguments.add_argument("--rounds", type=int, default=150)
    given = arguments.parse_args()
    server = start_server()
    missed = []
    for number in given.models:
        address = database(server, f"bench_{number}")
        os.environ.update(production(address))
        manage("migrate", "--verbosity", "0")
        manage("generate_sample", "--models", str(number), "--seed", "1")
        everything_public(address)
        with served() as port:
            missed += report(number, port, given.rounds)
    with tempfile.TemporaryDirectory() as folder:
        for address in (database(server, "bench_list"), f"sqlite:///{folder}/db.sqlite3"):
            os.environ.update(production(address) | {"SQLITE_IN_PRODUCTION": "true"})
            missed += list_entered(Path(folder) / "list.xlsx", address.split(":")[0])
    if missed:
        print("Over the limit: " + "; ".join(missed))
    sys.exit(bool(missed))


def database(server, name):
    base = server.rsplit("/", 1)[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{base}/{name}"


def production(address):
    return {
        "DATABASE_URL": address,
        "DEBUG": "false",
        "SECRET_KEY": "a key for measuring, which protects nothing, 0123456789 abc",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "PUBLIC_CATALOGUE": "true",
        # The clerk who measures has no telephone.
        "MFA_REQUIRED_ROLES": "NONE",
        "LOG_LEVEL": "ERROR",
        "STATIC_ROOT": tempfile.mkdtemp(prefix="tamky-models-"),
        "DJANGO_SETTINGS_MODULE": "tamky_models.settings",
    }


def manage(*command, **options):
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True, **options)


def everything_public(address):
    """Open the whole catalogue, and accounts for the pages behind the sign-in: a clerk's, and one
    of a unit that has models.
    """
    code = (
        "from registry.models import *; from django.contrib.auth.models import Group\n"
        "from django.utils import timezone\n"
        "PracticeModel.objects.update(public=True)\n"
        f"u = User.objects.create_user('measurer', 'Người đo', {PASSWORD!r})\n"
        "u.groups.add(Group.objects.get(name=Role.CLERK.value))\n"
        f"u = User.objects.create_user('unit', 'Người của đơn vị', {PASSWORD!r})\n"
        "u.groups.add(Group.objects.get(name=Role.UNIT.value))\n"
        "cells = PracticeModel.objects.filter(organisation__kind='residential_cell')\n"
        "unit = cells.first().organisation\n"
        "Membership.objects.create(user=u, organisation=unit, since=timezone.localdate())\n"
    )
    manage("shell", "--no-imports", "-v", "0", "-c", code)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def served():
    """Run the application server, on a port of its own, for as long as the block runs."""
    manage("collectstatic", "--no-input", "--verbosity", "0")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "tests.performance.wsgi:application"]
    command += ["--workers", "2", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    with subprocess.Popen(command, cwd=ROOT) as process:
        deadline = time.monotonic() + 30
        while not answers(port):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit("The server did not start.")
        yield port
        process.terminate()


def answers(port):
    try:
        return get(port, "/healthz/ready")[0] == 200
    except OSError:
        time.sleep(0.1)
        return False


def report(number, port, rounds):
    """Print a line for each page; return those over the limit."""
    cookie, unit = signed_in(port, "measurer"), signed_in(port, "unit")
    detail = re.search(rb'href="(/models/\d+/)"', get(port, "/models/")[2]).group(1).decode()
    limited = {
        "bare one-query page": ("/bare/", ""),
        "list": ("/models/", ""),
        "list, signed in": ("/models/", cookie),
        "filter": ("/models/?status=running&level=city", ""),
        "search “giam ngheo”": ("/models/?" + urlencode({"q": "giam ngheo"}), ""),
        "search “giảm nghèo”": ("/models/?" + urlencode({"q": "giảm nghèo"}), ""),
    }
    pages = limited | {
        "detail": (detail, ""),
        "first page, clerk": ("/", cookie),
        "first page, unit": ("/", unit),
    }
    times = {name: [] for name in pages}
    for turn in range(rounds + 20):
        for name, (path, sent) in pages.items():
            begun = time.perf_counter()
            status, _headers, body = get(port, path, sent)
            if turn >= 20:
                times[name].append((time.perf_counter() - begun) * 1000)
            if status != 200:
                raise SystemExit(f"{path} answered {status}: {body[:300]!r}")
    bare = statistics.median(times["bare one-query page"])
    print(f"\n{number:,} models, median of {rounds} requests each, taking turns")
    print(f"{'page':24} {'ms':>8} {'÷ bare':>8} {'kB':>7}")
    missed = []
    for name, (path, sent) in pages.items():
        median = statistics.median(times[name])
        size = len(get(port, path, sent)[2]) / 1000
        print(f"{name:24} {median:8.2f} {median / bare:8.2f} {size:7.1f}")
        if median / bare > LIMIT and name in limited:
            missed.append(f"{name} at {number:,} models: {median / bare:.2f} × bare")
    return missed


def list_entered(path, name):
    """Enter a list of models and print how long it takes; return what is over the limit."""
    manage("migrate", "--verbosity", "0")
    code = (
        "from registry.models import *; from django.contrib.auth.models import Group\n"
        "u = User.objects.create_user('measurer', 'Người đo')\n"
        "u.groups.add(Group.objects.get(name=Role.CLERK.value))\n"
        f"Organisation.objects.create(name={UNIT!r}, kind='residential_cell')\n"
    )
    manage("shell", "--no-imports", "-v", "0", "-c", code)
    book = openpyxl.Workbook()
    book.active.append(HEADING)
    for number in range(1, ROWS + 1):
        model = f"Mô hình trong danh sách {number}"
        book.active.append([number, model, UNIT, "6/2021", "90/96 hộ tham gia.", "Chờ ảnh"])
    book.save(path)
    begun = time.perf_counter()
    manage("import_models", str(path), "--by", "measurer", stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    print(f"\n{ROWS:,} rows of a list entered on {name} in {seconds:.1f} s")
    return [f"a list on {name}: {seconds:.0f} s"] if seconds > MOST_SECONDS else []


def get(port, path, cookie=""):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def signed_in(port, username):
    """Return the cookies of somebody who measures."""
    _status, headers, body = get(port, "/accounts/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', body).group(1).decode()
    cookies = collected(headers)
    form = {"csrfmiddlewaretoken": token, "login": username, "password": PASSWORD}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        "POST",
        "/accounts/login/",
        urlencode(form),
        {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 302:
        raise SystemExit(f"Signing in answered {response.status}.")
    cookies |= collected(response.headers)
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def collected(headers):
    return {
        name: morsel.value
        for line in headers.get_all("Set-Cookie") or ()
        for name, morsel in http.cookies.SimpleCookie(line).items()
    }


if __name__ == "__main__":
    main()
