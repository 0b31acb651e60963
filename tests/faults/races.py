"""What many do at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.faults.experiment import experiment, judge
from tests.faults.posts import Posts
from tests.faults.visitor import NoAnswer

AT_ONCE = 20
MODELS = 5
SECONDS = 5
ROUNDS = 3


@experiment("F3")
def one_token_many_times(register, report, sizes):
    """Send one form twenty times at once."""
    register.start()
    posts = Posts(register, report.account)
    (token,) = posts.tokens(1)
    posts.send_all([token] * AT_ONCE, AT_ONCE)
    posts.read()
    report.check("every answer leads to one and the same model", len(posts.addresses[token]) == 1)
    answers = set(posts.statuses)
    report.check("each is answered 302 or 409", answers <= {302, 409}, posts.said())
    report.note(posts.said())
    register.stop()
    judge(register, report)


@experiment("F4")
def decisions_at_once(register, report, sizes):
    """Accept and refuse a model twenty times at once; then again with the lock taken away."""
    register.start()
    for _time in range(MODELS):
        model = sent_model(register)
        statuses, winners, status = decided(register, model)
        element = f"decision on {model}"
        report.account.attempted.add(element)
        report.account.acknowledged.add(element)
        report.account.read[element] = winners
        report.check("the state is what the move says", status == "equal", status)
        report.check(
            "one wins, the others are told 409", statuses == {302: 1, 409: AT_ONCE - 1}, statuses
        )
    register.stop()
    judge(register, report)
    register.start("no lock")
    most = 1
    for _time in range(MODELS):
        _statuses, winners, _status = decided(register, sent_model(register))
        most = max(most, winners)
        if most > 1:
            break
    report.check("without the lock more than one wins", most > 1)
    report.note(f"{MODELS} models, answers {statuses}; with the lock taken away {most} win")


def sent_model(register):
    """Register and send a model; return its key."""
    posts = Posts(register, sending=True)
    (token,) = posts.tokens(1)
    posts.send(token)
    (address,) = posts.addresses[f"{token} sent"]
    return int(address.split("/")[2])


def decided(register, model):
    """Let half accept and half refuse; return the answers, the moves made, and whether they fit."""
    clerks = register.people["clerks"]
    moves = [
        (f"/models/{model}/accept/", {"version": 2}),
        (f"/models/{model}/refuse/", {"reason": "Trùng với một mô hình đã có."}),
    ]

    def decide(number):
        path, fields = moves[number % 2]
        try:
            return register.visitor(clerks[number % len(clerks)]).post(path, fields).status
        except NoAnswer:
            return "no answer"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = dict(Counter(pool.map(decide, range(AT_ONCE))))
    made = register.rows(
        f"SELECT to_status FROM registry_move WHERE model_id = {model} AND name <> 'submit'"
    )
    ((status,),) = register.rows(f"SELECT status FROM registry_practicemodel WHERE id = {model}")
    fits = "equal" if made and made[-1][0] == status else f"{status} after {made}"
    return statuses, len(made), fits


@experiment("F6")
def many_at_once(register, report, sizes):
    """Four hundred posts, two hundred at a time; again where somebody else has used the machine."""
    register.start()
    posts = Posts(register, report.account)
    slowest = []
    while len(slowest) < ROUNDS and (not slowest or slowest[-1] >= SECONDS):
        posts.log.clear()
        posts.send_all(posts.tokens(400), 200)
        slowest.append(posts.p95())
    posts.read()
    report.check("no answer is a 5xx", not posts.fives, posts.fives)
    report.check("every post is answered", "no answer" not in posts.statuses, posts.said())
    locked = register.logged("database is locked")
    report.check("no “database is locked” in the log", not locked, locked)
    said = ", ".join(f"{seconds:.2f} s" for seconds in slowest)
    report.check(f"p95 is below {SECONDS} s", min(slowest) < SECONDS, said)
    report.note(f"{posts.said()}; p95 {said}")
    register.stop()
    judge(register, report)
