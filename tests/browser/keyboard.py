"""A page for somebody who has no mouse: the same verbs as Playwright's, by keys alone."""

from playwright.sync_api import expect

# More stops than any page has.
MOST_STOPS = 300
IS_FOCUSED = "element => element === document.activeElement"
IN_GROUP = "element => element.name === document.activeElement.name"
IS_FRESH = "() => document.activeElement === document.body"


class Keyboard:
    """Wraps a page: what is not done by a hand at the page is passed on to it."""

    def __init__(self, page):
        self.page = page

    def __getattr__(self, name):
        return getattr(self.page, name)

    def click(self, selector):
        self._tab_to(selector, IS_FOCUSED)
        self.page.keyboard.press("Enter")

    def fill(self, selector, text):
        if self.page.evaluate(IS_FRESH):
            # The first stop of every page leads past its head to where the fields are.
            self.page.keyboard.press("Tab")
            self.page.keyboard.press("Enter")
        self._tab_to(selector, IS_FOCUSED)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def check(self, selector):
        """Choose a box, or go through a group of radio buttons with the arrows."""
        target = self.page.locator(selector).first
        if target.get_attribute("type") == "checkbox":
            self._tab_to(selector, IS_FOCUSED)
            self.page.keyboard.press("Space")
        else:
            self._tab_to(selector, IN_GROUP)
            self.page.keyboard.press("Space")
            self._press_until("ArrowDown", target, "element => element.checked")
        assert target.is_checked()

    def select_option(self, selector, value):
        self._tab_to(selector, IS_FOCUSED)
        target = self.page.locator(selector).first
        self.page.keyboard.press("Home")
        self._press_until("ArrowDown", target, f"element => element.value === '{value}'")

    def _tab_to(self, selector, found):
        target = self.page.locator(selector).first
        target.wait_for()
        if self.page.evaluate(IS_FRESH):
            # The browser takes the focus to where the address says once it has drawn the page.
            expect(self.page.locator(":target[tabindex]:not(:focus)")).to_have_count(0)
        self._press_until("Tab", target, found)

    def _press_until(self, key, target, found):
        element = target.element_handle()
        for _stop in range(MOST_STOPS):
            if element.evaluate(found):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {target}")
