"""A pytest plugin that runs the suite on PostgreSQL: ``pytest -p tests.postgres``.

It takes the server of ``DATABASE_URL``, or starts one of its own, with the programs of the
system, in a folder that is gone afterwards. Workers of pytest-xdist inherit the address.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # What is written is gone in a minute: it is neither kept for a replica nor tidied up.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests():
    """Come before pytest-django, which reads the settings in the same hook."""
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = start_server()
    return (yield)


def start_server():
    """Start a PostgreSQL that listens on a socket in its own folder; return its address."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="tamky-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    owner = unprivileged_user()
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program, *arguments):
        account = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
        command = [programs / program, "--pgdata", folder / "data", *arguments]
        with (folder / "output").open("a+") as output:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **account,
            )
            if done.returncode:
                output.seek(0)
                pytest.exit(f"PostgreSQL did not start:\n{output.read()}", returncode=1)

    run(
        "initdb",
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    )
    options = [f"-c {name}='{value}'" for name, value in SETTINGS.items()]
    run("pg_ctl", "start", "--wait", "--silent", "-o", " ".join([f"-k '{folder}'", *options]))
    atexit.register(run, "pg_ctl", "stop", "--mode=immediate", "--silent")
    return f"postgres://postgres@{quote(str(folder), safe='')}/tamky_models"


def find_programs():
    """Return the folder with initdb and pg_ctl; Debian keeps it off the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(versions, key=lambda path: float(path.parent.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path))
    if not found:
        pytest.exit("PostgreSQL is needed: install it, or set DATABASE_URL.", returncode=1)
    return found[-1].resolve().parent


def unprivileged_user():
    """Return the account to start the server with: it refuses root."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]
