"""Every page of the register in a browser, and what is wrong with it.

The addresses are those of the table of permissions and of the administration: a page that is
added to the URLconf is looked at from that day on. The browser's requests are answered by
Django's test client in this process, so there is no server, no port, and what a form writes
can be taken back.
"""

import contextvars
import errno
import re
from contextlib import contextmanager
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from allauth.core.ratelimit import respond_429
from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast, Concat
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from registry import appendonly
from registry.keeping import Keep
from registry.views.drafts import csrf_failure
from tamky_models.errors import bad_request, server_error, too_large
from tamky_models.limits import RequestTooLong
from tests import factories
from tests.browser.conftest import problems_in
from tests.permissions_table import ROLES, TABLE, answers

HOST = "http://localhost"  # which a browser trusts without HTTPS
WIDTHS = (1280, 360)
NARROWEST = 320
# WCAG 2.0 to 2.2, levels A and AA, with the rule that is off unless asked for, and best practice.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = {
    "runOnly": [*WCAG, "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,  # or axe would read style sheets anew, which the policy forbids it
}
# Once a page for all widths, and no more of what it says than that; Axe.run does not know how.
AXE_SCRIPT = Axe().axe_script
RUN_AXE = "options => axe.run(options).then(results => results.violations)"
# Of the library's own pages we ask what the law asks, not how we would have built them.
AXE_OF_ADMIN = AXE | {"runOnly": WCAG}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Pages a person can look at, among the answers of the table.
SHOWN = {"200", "403", "404", "409"}
# What a page has anew each time, or of one record among its like: no reason to look again.
OF_THE_MOMENT = re.compile(
    r'csrfmiddlewaretoken" value="\w+"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+'
)


class Page(NamedTuple):
    """An address, and who looks at it."""

    name: str
    role: str
    address: str

    def __str__(self):
        return f"{self.name} {self.address} as {self.role}"


# --- Which pages there are --------------------------------------------------------------------


def table_pages(world, roles=ROLES):
    """Yield the pages of the table, for each role that is shown something.

    A world that lacks the record of a line has no such page: an empty register has lists only.
    """
    for name, lines in TABLE.items():
        for key, get, _post in lines:
            if key and not hasattr(world, key):
                continue
            expected = answers(name, get)
            address = reverse(name, args=[getattr(world, key).pk] if key else [])
            for role in roles:
                if expected[role] in SHOWN:
                    yield Page(name, role, address)


def admin_pages():
    """Yield the list, the form to add and the form to change of everything administered."""
    yield Page("admin:index", "admin", reverse("admin:index"))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield Page(f"{name}_changelist", "admin", reverse(f"{name}_changelist"))
        yield Page(f"{name}_add", "admin", reverse(f"{name}_add"))
        if record := model._default_manager.first():
            yield Page(f"{name}_change", "admin", reverse(f"{name}_change", args=[record.pk]))


def one_of_each(pages, preferred=("clerk", "panel", "ward", "unit", "admin", "anonymous")):
    """Return one page of each name, as the role that is shown most."""
    chosen = {}
    for page in sorted(pages, key=lambda page: preferred.index(page.role)):
        chosen.setdefault(page.name, page)
    return list(chosen.values())


# --- Which worlds they are looked at in -------------------------------------------------------

LONG_NAME = (
    "Phát huy vai trò nêu gương của cán bộ, đảng viên trong vận động Nhân dân khối phố chung tay "
    "giảm nghèo bền vững, giữ gìn đường hoa tự quản, phân loại rác tại nguồn và giúp đỡ học sinh "
    "có hoàn cảnh đặc biệt khó khăn vươn lên trong học tập, gắn với thực hiện Nghị quyết về xây "
    "dựng đô thị văn minh"
)
LONG_FILE = f"Bao-cao_ket-qua_{'thuc-hien_' * 8}FINAL_(ban-sua-2).jpg"
# Text a person never sees, or that must stay what it is.
NOT_TEXT = {
    *("username", "password", "email", "phone", "contact_phone", "code", "search_key"),
    *("content_type", "sha256", "started", "ends", "path", "result", "number"),
}
NOT_SHOWN = {"Sequence", "Move", "FormToken", "DraftBuffer", "PartyCell", "SecurityEvent"}


@appendonly.suspended()
def lengthen():
    """Give every name and text the length that real ones have, up to what their column takes."""
    for model in [*apps.get_app_config("registry").get_models(), *_reviews()]:
        if model.__name__ in NOT_SHOWN or model.__name__.startswith("Historical"):
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not (
                field.choices or field.name in NOT_TEXT
            ):
                _lengthen(model, field)


def _reviews():
    return apps.get_app_config("reviews").get_models()


def _lengthen(model, field):
    """Write past the verbs and the history: only the look of the pages is of interest."""
    text = LONG_FILE if field.name == "original_name" else LONG_NAME
    text = text[: min(field.max_length or 900, 300) - 8]
    numbered = Concat(Value(f"{text} "), Cast(F("pk"), models.CharField()))
    rows = model._base_manager.exclude(**{field.name: ""})
    rows.update(**{field.name: numbered if field.name != "original_name" else Value(text)})


def nothing_yet():
    """Return a register that has units and people and no more, and the people by role."""
    ward = factories.OrganisationFactory(parent=factories.CommitteeFactory())
    cell = factories.CellFactory(parent=ward)
    people = {
        "unit": factories.UnitUserFactory(organisation=cell),
        "ward": factories.UnitUserFactory(organisation=ward),
        "panel": factories.PanelUserFactory(),
        "clerk": factories.ClerkFactory(),
        "admin": factories.AdminFactory(),
    }
    return SimpleNamespace(cell=cell), people


# --- Answering the browser --------------------------------------------------------------------


class Answers:
    """Django's test client in the place of a server, for one person."""

    def __init__(self, user=None, language="vi"):
        self.client = Client(raise_request_exception=False, SERVER_NAME="localhost")
        if user:
            self.client.force_login(user)
        self.client.cookies["language"] = language
        self.prepared = None
        # Playwright calls back in a context of its own, which has other database connections.
        self._context = contextvars.copy_context()

    def get(self, address):
        return self.client.get(address)

    def refusals(self, page):
        """Yield the answers to forms of the page sent with nothing filled in, if refused."""
        response = self.get(page.address)
        if response.status_code != 200 or not is_page(response):
            return
        for action, hidden in Forms(response.content.decode()).found:
            cookies = deepcopy(self.client.cookies)
            with undone():
                sent = self.client.post(action or page.address, hidden)
            self.client.cookies = cookies
            if sent.status_code in {200, 400, 409} and is_page(sent):
                yield sent

    def handle(self, route):
        """Answer a request of the browser: a static file, what was prepared, or the page."""
        request = route.request
        url = urlsplit(request.url)
        if found := url.path.startswith("/static/") and finders.find(url.path[len("/static/") :]):
            kind = TYPES.get(Path(found).suffix, "application/octet-stream")
            route.fulfill(body=Path(found).read_bytes(), content_type=kind)
            return
        response = self.prepared if request.is_navigation_request() else None
        if response is None:
            query = f"?{url.query}" if url.query else ""
            response = self._context.run(self.client.generic, request.method, url.path + query)
        route.fulfill(
            status=response.status_code,
            headers=dict(response.headers.items()),
            body=response.getvalue(),
        )


class Forms(HTMLParser):
    """The forms in ``main`` that are sent by POST: where to, and what they have hidden."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self._in_main = self._in_form = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = {"method": "", "action": "", "value": ""} | dict(attributes)
        if tag == "main":
            self._in_main = True
        elif tag == "form" and self._in_main and given["method"].lower() == "post":
            self._in_form = True
            self.found.append((given["action"], {}))
        elif tag == "input" and self._in_form and given.get("type") == "hidden":
            self.found[-1][1][given["name"]] = given["value"]

    def handle_endtag(self, tag):
        self._in_main = self._in_main and tag != "main"
        self._in_form = self._in_form and tag != "form"


@contextmanager
def undone():
    """Take back what is written in the block."""
    mark = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(mark)


def is_page(response):
    """Say whether it is a whole page: no file, no part of one that a script fetches."""
    if response.streaming:
        response.getvalue()  # which closes the file
        return False
    return b"<html" in response.content[:2000]


def broken_pages():
    """Return the pages that need no address: those of a failure, as who sent a form gets them."""
    unit = factories.UnitUserFactory()
    with translation.override("vi"):
        broken = {
            "400": bad_request(_sent(), ValueError()),
            "400-files": bad_request(_sent(), TooManyFilesSent()),
            "403_csrf": csrf_failure(_sent()),
            "403_csrf-kept": csrf_failure(_sent(unit)),
            "413-files": too_large(_sent(), most=60),
            "413-text": bad_request(_sent(), RequestDataTooBig()),
            "429": respond_429(_sent(unit)),
            "500": _failed(ValueError()),
            "503": _failed(InterfaceError()),
            "503-slow": _failed(RequestTooLong()),
            "503-full": _failed(OSError(errno.ENOSPC, "")),
        }
    for response in broken.values():
        response.status_code = 400  # of a 500 the browser complains itself
    return broken


def _sent(user=None):
    """Return a request that brings a form with a file, from a page of ours."""
    keep = Keep(user, "/models/new/", uuid4()) if user else SimpleNamespace(writer="", draft="")
    fields = {"name": "Con đường hoa", "writer": keep.writer, "draft": keep.draft}
    photo = SimpleUploadedFile(LONG_FILE, factories.a_jpeg())
    request = RequestFactory(SERVER_NAME="localhost").post(
        "/models/new/", {**fields, "files": photo}, headers={"referer": f"{HOST}/models/new/"}
    )
    request.user, request.id = user or AnonymousUser(), uuid4()
    return request


def _failed(error):
    """Return the answer to an error that no view has caught."""
    try:
        raise error
    except type(error):
        return server_error(_sent())


# --- Looking ----------------------------------------------------------------------------------


class Found(NamedTuple):
    """Something wrong with a page."""

    page: Page
    state: str
    width: int
    rule: str
    where: str

    def __str__(self):
        return f"{self.page} ({self.state}, {self.width} px): {self.rule}: {self.where}"


class Looker:
    """A browser window that goes from page to page, and what it has found."""

    def __init__(self, browser):
        self.browser = browser
        self.found, self.looked_at, self.pages = [], 0, 0
        self._seen = set()
        self._console = []

    @contextmanager
    def as_person(self, user=None, language="vi"):
        """Open a window for somebody; yield what answers it."""
        context = self.browser.new_context(base_url=HOST, locale="vi-VN")
        self._answers = Answers(user, language)
        context.route("**/*", self._answers.handle)
        context.on("console", lambda message: self._console.extend(problems_in(message)))
        context.on("weberror", lambda error: self._console.append(str(error.error)))
        self._page = context.new_page()
        yield self._answers
        context.close()

    def look(self, page, state, response=None, widths=WIDTHS):
        """Look at a page, or at a response in its place, in every width."""
        response = response or self._answers.get(page.address)
        if not is_page(response):
            return
        self.pages += 1
        html = OF_THE_MOMENT.sub("", response.content.decode())
        if html in self._seen:
            return
        self._seen.add(html)
        self.looked_at += 1
        self._answers.prepared = response
        self._page.set_viewport_size({"width": widths[0], "height": 900})
        self._page.goto(page.address)
        self._page.evaluate(AXE_SCRIPT)
        # The administration's own pages are the library's to outline.
        focus = () if page.name.startswith("admin:") else self._focus()
        for rule, where in (*self._of_the_document(), *focus):
            self.found.append(Found(page, state, widths[0], rule, where))
        for width in widths:
            self._page.set_viewport_size({"width": width, "height": 900})
            options = AXE_OF_ADMIN if page.name.startswith("admin:") else AXE
            for rule, where in (*self._axe(options), *self._sideways()):
                self.found.append(Found(page, state, width, rule, where))
        self._page.set_viewport_size({"width": NARROWEST, "height": 900})
        for rule, where in self._sideways():
            self.found.append(Found(page, state, NARROWEST, rule, where))
        for problem in self._console:
            self.found.append(Found(page, state, widths[0], "console", problem))
        self._console.clear()
        self._answers.prepared = None

    def _axe(self, options):
        for violation in self._page.evaluate(RUN_AXE, options):
            for node in violation["nodes"]:
                yield violation["id"], " ".join(map(str, node["target"]))

    def _of_the_document(self):
        facts = self._page.evaluate(DOCUMENT)
        if len(facts["headings"]) != 1:
            yield "one h1", str(facts["headings"])
        if not facts["title"]:
            yield "title", "is empty"
        for twice in facts["twice"]:
            yield "id twice", twice

    def _focus(self):
        """Yield what the keyboard reaches and the eye does not: unmarked, or under something."""
        yield from self._page.evaluate(FOCUS)

    def _sideways(self):
        for where in self._page.evaluate(SIDEWAYS):
            yield "scrolls sideways", where


DOCUMENT = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  return {
    headings: [...document.querySelectorAll("h1")].map(e => e.textContent.trim()),
    title: document.title.trim(),
    twice: [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))],
  };
}"""

# The innermost elements that reach over the edge of a page that is wider than its window.
SIDEWAYS = """() => {
  const wide = document.documentElement, edge = wide.clientWidth;
  if (wide.scrollWidth <= edge) return [];
  const over = [...document.body.querySelectorAll("*")].filter(
    e => e.getBoundingClientRect().right > edge + 0.5);
  const inner = over.filter(e => !over.some(other => other !== e && e.contains(other)));
  return inner.slice(0, 3).map(e =>
    e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("")
    + " to " + Math.round(e.getBoundingClientRect().right) + " px");
}"""

# Goes to everything the keyboard goes to; what stands for a hidden box is its label.
FOCUS = """() => {
  const wrong = [];
  const style = (e, pseudo) => {
    const s = getComputedStyle(e, pseudo);
    return [s.outlineStyle, s.outlineColor, s.outlineWidth, s.boxShadow, s.backgroundColor].join();
  };
  const look = e => [style(e), ...[...(e.labels || [])].map(l => style(l, "::before"))].join(";");
  const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") +
    [...e.classList].map(c => "." + c).join("") + " " + (e.textContent || "").trim().slice(0, 30);
  const reached = "a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']";
  for (const e of document.querySelectorAll(reached)) {
    if (!e.getClientRects().length || e.disabled || e.tabIndex < 0) continue;
    if (document.activeElement) document.activeElement.blur();
    const before = look(e);
    e.focus();
    if (document.activeElement !== e) continue;
    if (look(e) === before) wrong.push(["focus not seen", name(e)]);
    const box = e.getClientRects()[0];
    // Of what reaches out of the window, the part that is in it.
    const [top, end] = [Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight)];
    const at = document.elementFromPoint(box.x + box.width / 2, (top + end) / 2);
    const labels = [...(e.labels || [])];
    const own = x => x && (e.contains(x) || x.contains(e) || labels.some(l => l.contains(x)));
    if (!own(at)) wrong.push(["focus hidden", name(e)]);
  }
  if (document.activeElement) document.activeElement.blur();
  window.scrollTo(0, 0);
  return wrong;
}"""
