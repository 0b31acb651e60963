"""Migrations that die half-way, and code that is older than its tables."""

import os
import subprocess
import sys
from contextlib import suppress

from tests.faults.crashes import finish
from tests.faults.experiment import Impossible, experiment, judge
from tests.faults.posts import Posts
from tests.faults.register import ROOT, Register

OLDER = {"reviews": "0002", "registry": "0008"}
MODELS = 500
# The code of before it knows neither this nor what came after.
NEWER = "registry/migrations/0016_held_files.py"
PAGES = ("/", "/models/", "/organisations/", "/statistics/", "/models/export.csv")
APPLIED = "SELECT app, name FROM django_migrations"
# What a migration declares: its own row, and the names of the tables and rights it adds.
GROWING = ("django_migrations", "django_content_type", "auth_permission", "auth_group_permissions")


@experiment("F14")
def killed_while_migrating(register, report, sizes):
    """Kill the upgrade of a filled register in the middle of each migration; then let it end."""
    register = Register(register.database, register.folder)
    register.manage("migrate", "--verbosity", "0")
    register.manage("generate_sample", "--models", str(MODELS), "--seed", "1")
    for app, migration in OLDER.items():
        register.manage("migrate", app, migration, "--verbosity", "0")
    # The older state had none; today's were made after the way back.
    register.database.drop_triggers(register.name)
    columns = register.columns()
    before = register.contents(columns, leaving=GROWING)
    report.account.attempted = report.account.acknowledged = set(before)

    pending = pending_migrations(register)
    missed, undone = [], 0
    for migration in pending:
        if not killed_in(register, migration):
            missed.append(migration)
        undone += tuple(migration.split(".")) not in set(register.rows(APPLIED))
    report.check("each run was killed where it was to be", not missed, missed)
    behind = killed_in(register, pending[-1], after=b" OK")
    done = register.manage("migrate", "--verbosity", "0", check=False)
    report.check("the last run completes", done.returncode == 0, done.stderr.strip()[-300:])
    left = register.manage("migrate", "--check", "--verbosity", "0", check=False)
    report.check("nothing is left to migrate", left.returncode == 0)
    report.account.read = register.contents(columns, leaving=GROWING)
    judge(register, report)
    report.note(
        f"{len(pending) + behind} kills in {len(pending)} migrations, {undone} before they were "
        f"committed; {len(columns)} tables, {before.total()} rows compared"
    )
    register.database.drop(register.name)


def pending_migrations(register):
    plan = register.manage("showmigrations", "--plan").stdout.splitlines()
    return [line.split()[-1] for line in plan if line.startswith("[ ]")]


def killed_in(register, migration, after=b""):
    """Run the upgrade and kill it in the middle of one migration; return whether it got there."""
    words = f"Applying {migration}...".encode() + after
    said = b""
    with subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "--no-color"],
        cwd=ROOT,
        env=register.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        while words not in said and (more := os.read(process.stdout.fileno(), 4096)):
            said += more
        if not after:
            # In the middle of its statements, and not before the first.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        process.kill()
    return words in said


@experiment("F15")
def older_code_on_newer_tables(register, report, sizes):
    """Roll back the code and not the tables, and serve posts with it."""
    today = register.environment
    register.code = code_before(NEWER, register.folder / "older")
    # Which has pages of its own, and says in its own way that nobody needs a second factor.
    its_own = {"STATIC_ROOT": str(register.code / "static"), "MFA_REQUIRED_ROLES": ""}
    register.environment = today | its_own
    register.manage("collectstatic", "--no-input", "--verbosity", "0")
    posts = Posts(register, report.account, sending=True)
    tokens = posts.tokens(sizes.posts)
    register.start()
    posts.send_all(tokens, at_once=8)
    visitor = register.visitor(register.people["clerks"][0])
    looked = {path: visitor.get(path).status for path in PAGES}
    report.check("every post is answered 302", set(posts.statuses) == {302}, posts.said())
    report.check("every page is there", set(looked.values()) == {200}, looked)
    finish(register, report, posts, tokens)
    register.code, register.environment = ROOT, today
    judge(register, report)


def code_before(migration, folder):
    """Write the code into a folder as it was before a migration came; return the folder."""
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", ROOT]
    added = ["log", "--diff-filter=A", "--format=%H", "--", migration]
    found = subprocess.run([*git, *added], capture_output=True, text=True)
    if found.returncode or not found.stdout:
        raise Impossible("this checkout does not know its past")
    packed = [*git, "archive", f"{found.stdout.split()[-1]}~1"]
    folder.mkdir()
    archive = subprocess.run(packed, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)
    return folder
