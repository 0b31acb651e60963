"""A list in Excel, entered twice, with a wrong row, and killed on its way."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import openpyxl

from tests.faults.experiment import experiment, judge
from tests.faults.register import ROOT

ROWS = 1000
HEADING = ["TT", "Tên mô hình", "Đơn vị", "Bắt đầu", "Kết quả", "Ghi chú"]
UNIT = "SELECT name FROM registry_organisation WHERE kind = 'residential_cell'"
NAMES = "SELECT name FROM registry_practicemodel"
LATER = 0.15


@experiment("F16")
def list_entered_again_and_killed(register, report, sizes):
    """Enter a list with one wrong row; kill the entering, later each time; then enter it twice."""
    ((unit,),) = register.rows(UNIT)
    names = [f"Mô hình trong danh sách {number}" for number in range(1, ROWS + 1)]
    right = workbook(register, unit, names)
    wrong = workbook(register, unit, names, wrong=ROWS // 2)
    report.account.attempted = set(names)
    empty = register.contents()

    refused = enter(register, wrong)
    said = refused.stderr.strip()
    report.check("one wrong row and it is refused", refused.returncode == 1, refused.returncode)
    report.check("naming the row", f"{ROWS // 2 + 1}" in said and "31/31/2025" in said, said[-300:])
    report.check("nothing is written", register.contents() == empty)

    begun = time.monotonic()
    tried = enter(register, right, "--dry-run")
    until_written = time.monotonic() - begun
    report.check("a dry run says what would be done", f"{ROWS} would be entered" in tried.stdout)
    report.check("and writes nothing", register.contents() == empty)
    kills = 0
    while killed_after(register, right, 0.7 * until_written + kills * LATER):
        left = register.contents() - empty
        if len(register.rows(NAMES)) == ROWS:
            break  # killed between the commit and the last line
        kills += 1
        report.check("what is killed has written nothing", not left, f"kill {kills}: {len(left)}")
    report.check("it is killed while it writes", kills > 1, kills)
    entered = register.contents()
    again = enter(register, right)
    report.check("the second run changes nothing", register.contents() == entered)
    report.check("and says so", f"0 entered, {ROWS} there already" in again.stdout, again.stdout)
    report.account.acknowledged = set(names)
    report.account.read = Counter(name for (name,) in register.rows(NAMES))
    report.note(
        f"{ROWS} rows; read in {until_written:.1f} s, then {kills} kills {LATER} s apart; "
        f"{(entered - empty).total()} rows of tables written, 0 by the second run"
    )
    judge(register, report)


def workbook(register, unit, names, wrong=None):
    """Write a list to a file; the date of one row may be wrong."""
    book = openpyxl.Workbook()
    book.active.append(HEADING)
    for number, name in enumerate(names, start=1):
        started = "31/31/2025" if number == wrong else "6/2021"
        book.active.append([number, name, unit, started, "90/96 hộ tham gia.", "Chờ ảnh"])
    path = register.folder / ("wrong.xlsx" if wrong else "right.xlsx")
    book.save(path)
    return path


def command(register, path):
    return ["import_models", str(path), "--by", register.people["clerks"][0]]


def enter(register, path, *options):
    return register.manage(*command(register, path), *options, check=False)


def killed_after(register, path, seconds):
    """Enter the list and kill it after so many seconds; return whether it had not ended before."""
    with subprocess.Popen(
        [sys.executable, "manage.py", *command(register, path)],
        cwd=ROOT,
        env=register.environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return False
        process.kill()
    return True
