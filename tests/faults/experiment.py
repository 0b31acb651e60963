"""What an experiment is, and the conditions that hold at the end of each."""

from collections.abc import Callable
from dataclasses import dataclass


class Impossible(Exception):
    """This machine does not let the experiment be carried out; its message says why."""


@dataclass
class Sizes:
    """How much of everything; smaller than the full table's, to take minutes and not an hour."""

    posts: int = 300
    at_once: int = 100
    photos: int = 24
    away: int = 15
    soaking: int = 60
    soak: int = 90

    @classmethod
    def full(cls):
        return cls(posts=3000, at_once=200, photos=300, away=60, soaking=300, soak=1800)

    def __str__(self):
        many = f"{self.posts} posts, {self.at_once} at a time, {self.photos} with photos"
        return (
            f"{many}; the database away for {self.away} s; {self.soaking} people for {self.soak} s"
        )


@dataclass
class Experiment:
    key: str
    run: Callable
    databases: tuple


EXPERIMENTS: list[Experiment] = []


def experiment(key, databases=("sqlite", "postgres")):
    """Add a function to the experiments; its docstring says what is done to the register."""

    def add(function):
        EXPERIMENTS.append(Experiment(key, function, databases))
        EXPERIMENTS.sort(key=lambda one: int(one.key[1:]))
        return function

    return add


CREATED_TWICE_OR_NEVER = """
    SELECT m.id FROM registry_practicemodel m
    LEFT JOIN registry_historicalpracticemodel h ON h.id = m.id AND h.history_type = '+'
    GROUP BY m.id HAVING COUNT(h.history_id) <> 1"""
WITHOUT_ENROLMENT = """
    SELECT m.id FROM registry_practicemodel m
    LEFT JOIN registry_enrolment e ON e.model_id = m.id
    WHERE e.id IS NULL AND m.origin <> 'old_register'"""
CODES_TWICE = """
    SELECT code FROM registry_practicemodel
    WHERE code IS NOT NULL GROUP BY code HAVING COUNT(*) > 1"""


def judge(register, report):
    """Check what must be so at the end of every experiment."""
    report.check(
        "each model was created once, on record", not register.rows(CREATED_TWICE_OR_NEVER)
    )
    report.check("each model is enrolled", not register.rows(WITHOUT_ENROLMENT))
    report.check("no code was given twice", not register.rows(CODES_TWICE))
    damage = register.database.damage(register.name)
    report.check("the database is sound", not damage, "; ".join(damage)[:200])
    for command in (["check_invariants", "--files"], ["verify_history"]):
        done = register.manage(*command, check=False)
        report.check(f"{command[0]} exits 0", done.returncode == 0, done.stderr.strip()[-300:])
