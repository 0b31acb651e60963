"""What an experiment has to answer for: Jepsen's set accounting, and conditions of its own.

*Attempted* is what clients have sent, *acknowledged* what the server has said it stored, *read*
what is there at the end, with how often. Lost, duplicate and unexpected must be empty. What is
read without having been acknowledged is allowed: its sender asks again with the same token.
"""

import statistics
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Account:
    attempted: set = field(default_factory=set)
    acknowledged: set = field(default_factory=set)
    read: Counter = field(default_factory=Counter)

    @property
    def lost(self):
        return self.acknowledged - self.read.keys()

    @property
    def duplicate(self):
        return {element for element, times in self.read.items() if times > 1}

    @property
    def unexpected(self):
        return self.read.keys() - self.attempted

    @property
    def unacknowledged(self):
        return self.attempted - self.acknowledged

    @property
    def balances(self):
        return not (self.lost or self.duplicate or self.unexpected)


class Report:
    """One experiment on one database: its account, and its conditions as they are found."""

    def __init__(self, experiment, database):
        self.experiment = experiment
        self.database = database
        self.account = Account()
        self.broken = []
        self.notes = []
        self.impossible = ""
        self.begun = time.monotonic()
        self.seconds = 0.0

    def check(self, condition, holds, seen=""):
        """Note whether a condition holds; ``seen`` is what was there instead."""
        if not holds:
            self.broken.append(f"not so: {condition}" + (f" ({seen})" if seen != "" else ""))

    def note(self, text):
        self.notes.append(text)

    def end(self):
        self.seconds = time.monotonic() - self.begun

    @property
    def passed(self):
        return self.account.balances and not self.broken and not self.impossible

    @property
    def verdict(self):
        if self.impossible:
            return "not here"
        return "pass" if self.passed else "FAIL"

    def line(self):
        account = self.account
        numbers = [
            len(account.attempted),
            len(account.acknowledged),
            account.read.total(),
            len(account.lost),
            len(account.duplicate),
            len(account.unexpected),
        ]
        shown = "".join(f" {number:>5}" for number in numbers)
        row = f"{self.experiment:<4} {self.database:<10}{shown} {self.seconds:>6.1f} s  "
        return row + self.verdict

    def lines(self):
        """Yield the line of the table, and below it what broke and what else was seen."""
        yield self.line()
        if self.impossible:
            yield f"     cannot be done here: {self.impossible}"
        for name in ("lost", "duplicate", "unexpected"):
            if found := getattr(self.account, name):
                yield f"     {name}: {', '.join(sorted(map(str, found))[:3])}"
        yield from (f"     {text}" for text in [*self.broken, *self.notes])


HEAD = (
    f"{'':<4} {'database':<10}"
    + "".join(f" {name:>5}" for name in ("tried", "ack’d", "read", "lost", "dup.", "unex."))
    + f" {'time':>8}  verdict"
)


def exit_code(reports):
    """Return 0 if every experiment was carried out and has passed."""
    return 0 if reports and all(report.passed for report in reports) else 1


def p95(seconds):
    """Return how long all but the slowest twentieth took."""
    return statistics.quantiles(seconds, n=20)[-1]
