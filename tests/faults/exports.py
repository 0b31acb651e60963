"""One person who asks for everything at once, and the others meanwhile."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from tests.faults.accounting import p95
from tests.faults.experiment import experiment, judge
from tests.faults.imports import NAMES, ROWS, UNIT, enter, workbook

EXPORTS = 10
READERS, PAGES = 4, 30
WORKBOOK, LIST = "/models/export.xlsx", "/models/"


@experiment("F21")
def ten_exports_at_once(register, report, sizes):
    """Ask for ten workbooks at a time under one name for as long as others read."""
    ((unit,),) = register.rows(UNIT)
    names = [f"Mô hình trong danh sách {number}" for number in range(1, ROWS + 1)]
    entered = enter(register, workbook(register, unit, names))
    report.check("the models are there to be exported", entered.returncode == 0, entered.stderr)
    report.account.attempted = report.account.acknowledged = set(names)
    register.start()
    clerk = register.people["clerks"][0]

    def export(_number):
        return register.visitor(clerk).get(WORKBOOK).status

    def read(username):
        return [register.visitor(username).get(LIST) for _page in range(PAGES)]

    answers = Counter()
    with ThreadPoolExecutor(READERS) as readers, ThreadPoolExecutor(EXPORTS) as exporters:
        people = register.people["units"][:READERS]
        alone = list(chain.from_iterable(readers.map(read, people)))
        reading = [readers.submit(read, username) for username in people]
        while not all(one.done() for one in reading):
            answers.update(exporters.map(export, range(EXPORTS)))
        beside = [answer for one in reading for answer in one.result()]

    report.check("each is made or told to wait", set(answers) == {200, 429}, answers)
    report.check("one alone is made at once", export(1) == 200)
    statuses = {answer.status for answer in beside}
    report.check("the others are answered as ever", statuses == {200}, statuses)
    report.note(
        f"{answers[200]} workbooks made, {answers[429]} told to wait; the list's p95 for the"
        f" others {p95(seconds_of(alone)):.2f} s alone, {p95(seconds_of(beside)):.2f} s beside it"
    )
    report.account.read = Counter(name for (name,) in register.rows(NAMES))
    register.stop()
    judge(register, report)


def seconds_of(answers):
    return [answer.seconds for answer in answers]
