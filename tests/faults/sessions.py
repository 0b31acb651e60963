"""Two who write at once, and people whose session ends while they write."""

import html
import re
import uuid
from urllib.parse import parse_qs, urlsplit

from tests.faults.experiment import experiment, judge
from tests.faults.posts import LOCATION, Posts

TEXT_OF = r'<textarea[^>]*name="{}"[^>]*>(.*?)</textarea>'
STAMPS = ("token", "draft", "writer", "version")


@experiment("F5")
def two_edit_one_model(register, report, sizes):
    """Two people open one model and save one after the other."""
    register.start()
    posts = Posts(register, report.account)
    (token,) = posts.tokens(1)
    posts.send(token)
    (address,) = posts.addresses[token]
    path = f"/models/{LOCATION.search(address).group(1)}/edit/"
    first, second = (register.visitor(name) for name in register.people["units"][:2])
    pages = first.get(path), second.get(path)

    def edit(visitor, page, **texts):
        stamps = {name: page.hidden(name) for name in STAMPS}
        return visitor.post(path, posts.fields(token, **texts) | stamps)

    mine = {"reason": "Lý do người thứ nhất viết.", "place": "Nơi người thứ nhất viết"}
    others = {"approach": "Cách làm người thứ hai viết.", "place": "Nơi người thứ hai viết"}
    saved = edit(first, pages[0], **mine)
    refused = edit(second, pages[1], **others)
    report.check("the first is saved", saved.status == 302, saved.status)
    report.check("the second is told 409", refused.status == 409, refused.status)
    kept = words(refused, "approach") == others["approach"] and others["place"] in refused.text
    report.check("the page of the second has all they wrote", kept)
    both = words(refused, "reason") == mine["reason"] and mine["place"] in refused.text
    report.check("and what the first wrote", both)
    report.check("the first stands", texts(register) == [tuple(saved_texts(posts, mine))])
    merged = edit(second, refused, reason=mine["reason"], **others)
    report.check("the merged text is saved", merged.status == 302, merged.status)
    report.check(
        "both texts stand after it", texts(register) == [tuple(saved_texts(posts, mine | others))]
    )
    posts.read()
    register.stop()
    judge(register, report)


def words(page, name):
    """Return what a text field of a page holds."""
    found = re.search(TEXT_OF.format(name), page.text, re.DOTALL)
    return html.unescape(found.group(1)).strip() if found else None


def texts(register):
    return register.rows("SELECT reason, approach, place FROM registry_practicemodel")


def saved_texts(posts, written):
    fields = posts.fields("") | written
    return [fields[name] for name in ("reason", "approach", "place")]


@experiment("F17")
def session_ends_while_writing(register, report, sizes):
    """Sign out in another tab while a form of 2,000 words is open, then send it."""
    register.start()
    posts = Posts(register, report.account)
    (token,) = posts.tokens(1)
    username = posts.owner[token]
    visitor, other_tab = register.visitor(username), register.visitor(username)
    page = visitor.get("/models/new/")
    written = {"approach": " ".join(f"từ-{number}" for number in range(2000))}
    typed = posts.fields(token, **written) | {name: page.hidden(name) for name in STAMPS[1:3]}
    report.account.attempted.add(token)
    left = other_tab.post("/accounts/logout/", {})
    report.check("one can sign out in another tab", left.status == 302, left.status)

    sent = visitor.post("/models/new/", typed)
    asked = sent.location.startswith("/accounts/login/?next=")
    report.check("the sending leads to the sign-in", asked, f"{sent.status} {sent.location}")
    report.check("nothing is stored meanwhile", not posts.read())
    (then,) = parse_qs(urlsplit(sent.location).query)["next"]
    answer = visitor.sign_in(username, register.people["password"], then=then)
    report.check("the sign-in leads back to the form", answer.location == then, answer.location)
    form = visitor.get(then)
    lost = [
        name
        for name in ("reason", "approach", "expected_results")
        if words(form, name) != typed[name].strip()
    ]
    report.check("the form has every word", not lost and token in form.text, lost)
    stamps = {name: form.hidden(name) for name in STAMPS[1:3]}
    saved = visitor.post("/models/new/", typed | stamps | {"token": token})
    if saved.status == 302 and LOCATION.search(saved.location):
        report.account.acknowledged.add(token)
    posts.read()
    report.check("it is stored once, with every word", one_text(register) == written["approach"])
    report.check("it is acknowledged", token in report.account.acknowledged, saved.status)
    register.stop()
    judge(register, report)


def one_text(register):
    rows = texts(register)
    return rows[0][1] if len(rows) == 1 else None


SWITCH_OFF = """
from registry.models import User
user = User.objects.get(username="{}")
user.is_active = False
user.save()
"""
MOVE_AWAY = """
from registry.models import User
from tests.factories import CellFactory
membership = User.objects.get(username="{}").memberships.get()
membership.organisation = CellFactory()
membership.save()
"""


@experiment("F18")
def account_changes_amid_a_session(register, report, sizes):
    """Switch one account off and move another to a different unit while both are signed in."""
    register.start()
    posts = Posts(register, report.account)
    leaver, mover = register.people["units"][:2]
    (token,) = posts.tokens(1)
    posts.send(token)
    (address,) = posts.addresses[token]
    path = f"/models/{LOCATION.search(address).group(1)}/edit/"
    seen = [register.visitor(name).get(path).status for name in (leaver, mover)]
    report.check("both could open the draft before", seen == [200, 200], seen)
    stood = texts(register)
    for code, username in [(SWITCH_OFF, leaver), (MOVE_AWAY, mover)]:
        register.manage("shell", "--no-imports", "-v", "0", "-c", code.format(username))

    def answers(username):
        visitor = register.visitor(username)
        fresh = posts.fields(str(uuid.uuid4()), version=1)
        new = visitor.post("/models/new/", fresh) if username == leaver else None
        return [visitor.get(path), visitor.post(path, fresh), *filter(None, [new])]

    off = {(one.status, one.location.startswith("/accounts/login/")) for one in answers(leaver)}
    report.check("who is switched off is led to the sign-in", off == {(302, True)}, off)
    away = {one.status for one in answers(mover)}
    report.check("who has left the unit is told 404", away == {404}, away)
    report.check("nothing is written by either", texts(register) == stood)
    posts.read()
    register.stop()
    judge(register, report)
