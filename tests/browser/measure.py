"""Weigh the pages, and count what people have to tap and type: ``./dev weigh``.

The demo, served as in production: gunicorn, compressed static files, no DEBUG. The first text
is timed on a connection of 400 kbit/s with 400 ms latency and a processor slowed down four
times; pages come from the server uncompressed there, which nginx would compress.
"""

import gzip
import sys

from tests.browser.demo import PASSWORD, browser, served, sign_in

KB = 1000
# Compressed; the first view without photos.
MOST = {"HTML": 30, "CSS": 25, "JS": 20, "first view": 170, "nodes": 1500, "first text": 3.0}
COLUMNS = ("HTML", "CSS", "JS", "first view", "requests", "nodes", "first text")
PAGES = {
    "start": (None, "/"),
    "sign in": (None, "/accounts/login/"),
    "list": (None, "/models/"),
    "model": (None, "main table a >> nth=0"),
    "statistics": (None, "/statistics/"),
    "to do": ("donvi", "/"),
    "form": ("donvi", "/models/new/"),
    "list, signed in": ("tonghop", "/models/"),
    "board of units": ("tonghop", "/organisations/board/"),
    "ballot": ("thamdinh1", "main a[href*='/desk/']"),
}
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


def main():
    with served(as_in_production=True) as address, browser() as chromium:
        missed = weigh(chromium, address)
        count(chromium, address)
    if missed:
        print("Over the limit: " + "; ".join(missed))
    sys.exit(bool(missed))


# --- Weight -----------------------------------------------------------------------------------


def weigh(chromium, address):
    print(f"\n{'page':16} " + " ".join(f"{name:>10}" for name in COLUMNS))
    missed = []
    for name, (account, way) in PAGES.items():
        context = chromium.new_context(base_url=address, locale="vi-VN")
        page = context.new_page()
        if account:
            sign_in(page, account)
        if not way.startswith("/"):
            page.goto("/models/" if account is None else "/")
            page.click(way)
            page.wait_for_load_state()
            if page.locator("main a.govuk-button[href*='/assessments/']").count():
                page.click("main a.govuk-button[href*='/assessments/']")
                page.wait_for_load_state()
            way = page.url
        found = weighed(context, way)
        print(f"{name:16} " + " ".join(f"{found[column]:>10.1f}" for column in COLUMNS))
        missed += [
            f"{column} of {name}: {found[column]:.1f}"
            for column, most in MOST.items()
            if found[column] > most
        ]
        context.close()
    print("HTML, CSS, JS and first view in kB compressed; first text in seconds")
    return missed


def weighed(context, address):
    """Open the address in a window with an empty cache, slowly; return what came."""
    page = context.new_page()
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    slow = context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.setCacheDisabled", {"cacheDisabled": True})
    slow.send("Network.emulateNetworkConditions", SLOW)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address, wait_until="networkidle")
    paints = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"
    sizes = {"document": 0, "stylesheet": 0, "script": 0}
    first_view = 0
    for answer in answers:
        kind, size = answer.request.resource_type, len(gzip.compress(answer.body()))
        if "/evidence/" not in answer.url:
            first_view += size
        if kind in sizes:
            sizes[kind] += size
    return {
        "HTML": sizes["document"] / KB,
        "CSS": sizes["stylesheet"] / KB,
        "JS": sizes["script"] / KB,
        "first view": first_view / KB,
        "requests": len(answers),
        "nodes": page.evaluate("document.getElementsByTagName('*').length"),
        "first text": page.evaluate(paints)[0] / 1000,
    }


# --- Taps -------------------------------------------------------------------------------------


class Hand:
    """Somebody at a page, whose taps and typed characters are counted."""

    def __init__(self, page):
        self.page, self.taps, self.characters = page, 0, 0

    def tap(self, selector, *, leads_on=False):
        self.taps += 1
        if leads_on:
            with self.page.expect_navigation():
                self.page.click(selector)
        else:
            self.page.click(selector)

    def type(self, selector, text):
        self.taps += 1
        self.characters += len(text)
        self.page.fill(selector, text)

    def choose(self, selector, **option):
        """Open a list and tap an entry of it."""
        self.taps += 2
        self.page.select_option(selector, **option)

    def said(self, what):
        return f"{what}: {self.taps} taps, {self.characters} characters"


def count(chromium, address):
    print()
    print(registered(phone(chromium, address)))
    print(judged(chromium.new_page(base_url=address)))
    print(answered(chromium.new_page(base_url=address)))


def phone(chromium, address):
    size = {"width": 360, "height": 740}
    context = chromium.new_context(base_url=address, viewport=size, has_touch=True)
    return context.new_page()


TEXTS = {
    "name": "Con đường hoa tự quản",
    "reason": "Đường trong khối phố chưa có người chăm, cỏ mọc nhiều.",
    "approach": "Mỗi nhóm hộ nhận một đoạn, trồng hoa và quét dọn chiều thứ bảy.",
    "place": "Khối phố 1",
    "beneficiaries": "42 hộ trong khối phố",
    "started": "5/2026",
    "expected_results": "Mọi đoạn đường có hoa, không còn rác.",
    "contact_name": "Trần Thị Mẫu",
    "contact_phone": "0905123456",
}


def registered(page):
    """From the start page to ĐÃ NHẬN, on a phone, by somebody who has yet to sign in."""
    hand = Hand(page)
    page.goto("/")
    hand.tap("main a[href*='/accounts/login/']", leads_on=True)
    hand.type("[name=login]", "donvi")
    hand.type("[name=password]", PASSWORD)
    hand.tap("main form button:not([type=button])", leads_on=True)
    hand.tap("main a[href='/models/new/']", leads_on=True)
    for name, text in TEXTS.items():
        hand.type(f"[name={name}]", text)
        if name == "name":
            hand.choose("[name=field]", index=1)
    hand.tap("main button[name=action][value=check]", leads_on=True)
    hand.tap("main form[action$='/submit/'] button", leads_on=True)
    assert "ĐÃ NHẬN" in page.inner_text("main")
    return hand.said("Start page to ĐÃ NHẬN on a phone, with signing in")


def judged(page):
    """From the desk until all ballots of a member are handed in, each with a stock remark."""
    sign_in(page, "thamdinh1")
    page.click("main a[href*='/desk/']")
    page.wait_for_load_state()
    desk, ballots = page.url, page.locator("main ol > li").count()
    hand = Hand(page)
    hand.tap("main .govuk-button", leads_on=True)
    for _ballot in range(ballots):
        hand.tap("label:has-text('Nhân rộng')")
        hand.tap(".app-stock__remark:visible >> nth=0")
        hand.tap("button.govuk-button[value=hand_in]", leads_on=True)
    assert page.url.partition("#")[0] == desk
    each = (hand.taps - 1) / ballots
    return hand.said(f"Desk to {ballots} ballots handed in") + f"; {each:.0f} taps a ballot"


def answered(page):
    """From the ringing telephone to what a unit has still to send."""
    sign_in(page, "tonghop")
    hand = Hand(page)
    hand.type("#find-q", "khoi pho 1 mau sen")
    hand.tap("form[action='/find/'] button", leads_on=True)
    assert "Nội dung cần bổ sung" in page.inner_text("main")
    return hand.said("Phone call “what is missing?” to the answer")


if __name__ == "__main__":
    main()
