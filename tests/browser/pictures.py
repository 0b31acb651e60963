"""Take the pictures of the README anew, of sample data: ``./dev pictures``."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "mat-khau-de-chup-anh"
PORT = 8123

# File name → who looks, at which page.
PICTURES = {
    "list": (None, "/models/?q=nh%C3%A2n+d%C3%A2n"),
    "form": ("donvi", "/models/new/"),
}


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, (account, path) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1000, "height": 760}, locale="vi-VN")
            if account:
                sign_in(page, address, account)
            page.goto(address + path)
            page.screenshot(path=ROOT / "docs" / f"{name}.png")
            page.close()
        browser.close()


def chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def served(folder):
    """Serve the demo from a database of its own."""
    environment = os.environ | {
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "DEMO_PASSWORD": PASSWORD,
        "LOG_LEVEL": "ERROR",
    }
    for command in (["migrate", "--verbosity", "0"], ["demo"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True
        )
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{PORT}"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        address = f"http://127.0.0.1:{PORT}"
        while not answers(address):
            if server.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.2)
        yield address
        server.terminate()


def answers(address):
    try:
        return urllib.request.urlopen(f"{address}/healthz/ready").status == 200
    except urllib.error.URLError:
        return False


def sign_in(page, address, account):
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", account)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(re.compile(r"/$"))


if __name__ == "__main__":
    main()
