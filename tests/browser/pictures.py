"""Take the pictures of the README anew, of sample data: ``./dev pictures``."""

from tests.browser.demo import ROOT, browser, served, sign_in


def start(page):
    page.goto("/")


def models(page):
    page.goto("/models/?q=nh%C3%A2n+d%C3%A2n&status=running")


def model(page):
    """The model of the sample that has most to show: photos, results, and where it is taken up.

    The sample gives the first of this list pictures.
    """
    page.goto("/models/?verdict=replicate&q=mau")
    page.click("main table a >> nth=0")


def form(page):
    sign_in(page, "donvi")
    page.goto("/models/new/")
    page.fill("[name=name]", "Con đường hoa tự quản của khối phố (mô hình mẫu)")


def desk(page):
    sign_in(page, "thamdinh1")
    page.click("main a[href*='/desk/']")
    page.click("main .govuk-button")
    page.check("[name=verdict][value=replicate]")


def statistics(page):
    page.goto("/statistics/")


def main():
    with served() as address, browser() as chromium:
        for picture in (start, models, model, form, desk, statistics):
            size = {"width": 1100, "height": 960}
            page = chromium.new_page(base_url=address, viewport=size, locale="vi-VN")
            picture(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=ROOT / "docs" / f"{picture.__name__}.png")
            page.close()


if __name__ == "__main__":
    main()
