"""Servers that die in the middle: of a post, of a transaction, of an answer."""

import threading

from tests.faults.experiment import experiment, judge
from tests.faults.posts import Posts

KILLS = 3
AFTER_SECONDS = 1.5


@experiment("F1")
def killed_amid_posts(register, report, sizes):
    """Kill master and workers amid posts, three times; each unanswered post is sent again."""
    posts = Posts(register, report.account, sending=True)
    tokens = posts.tokens(sizes.posts)
    share = len(tokens) // KILLS
    for number in range(KILLS):
        register.start()
        killer = threading.Timer(AFTER_SECONDS, register.kill)
        killer.start()
        posts.send_all(tokens[number * share : (number + 1) * share], sizes.at_once)
        killer.join()
    unanswered = len(report.account.unacknowledged)
    posts.read()
    report.check("nothing acknowledged was lost before the retries", not report.account.lost)
    unheard = len(report.account.read.keys() - report.account.acknowledged)
    register.start()
    posts.complete(tokens)
    posts.read()
    everything = set().union(*map(posts.elements, tokens))
    report.check("in the end each is there", report.account.read.keys() == everything)
    report.check("in the end each is acknowledged", not report.account.unacknowledged)
    report.note(
        f"{KILLS} kills: {unanswered} unanswered, of which {unheard} stored; {posts.said()}"
    )
    register.stop()
    judge(register, report)
