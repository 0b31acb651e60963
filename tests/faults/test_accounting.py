"""The accounting of the fault experiments finds what it is there to find."""

from collections import Counter

import pytest

from tests.faults.accounting import Account, Report, exit_code


def report(attempted="", acknowledged="", read=""):
    made = Report("F0", "none")
    made.account = Account(set(attempted), set(acknowledged), Counter(read))
    return made


def test_what_was_acknowledged_and_cannot_be_read_is_lost():
    assert report("abc", "ab", "a").account.lost == {"b"}


def test_what_is_read_twice_is_a_duplicate():
    assert report("ab", "ab", "aab").account.duplicate == {"a"}


def test_what_was_never_attempted_is_unexpected():
    assert report("ab", "ab", "abx").account.unexpected == {"x"}


def test_what_was_stored_without_an_answer_is_neither():
    stored_unheard = report("abc", "a", "ab")

    assert stored_unheard.account.balances
    assert stored_unheard.account.unacknowledged == {"b", "c"}


@pytest.mark.parametrize(
    ("sets", "code"),
    [
        (("abc", "ab", "ab"), 0),
        (("abc", "ab", "abc"), 0),
        (("abc", "ab", "a"), 1),
        (("abc", "ab", "aab"), 1),
        (("abc", "ab", "abx"), 1),
    ],
)
def test_one_lost_duplicate_or_unexpected_makes_the_command_fail(sets, code):
    assert exit_code([report("a", "a", "a"), report(*sets)]) == code


def test_a_broken_condition_makes_the_command_fail():
    judged = report("a", "a", "a")
    judged.check("no answer is a 5xx", False, "2 of them")

    assert exit_code([judged]) == 1
    assert "     not so: no answer is a 5xx (2 of them)" in judged.lines()


def test_what_cannot_be_carried_out_is_no_pass():
    judged = report()
    judged.impossible = "only root may mount"

    assert exit_code([judged]) == 1
    assert judged.verdict == "not here"


def test_nothing_carried_out_is_no_pass():
    assert exit_code([]) == 1
