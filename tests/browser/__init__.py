"""The register in a browser: Debian's Chromium, driven by Playwright."""

import shutil

# The same pages from the same code, but without windows, whose frames are pages of their own.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")


def chromium():
    """Return where the browser's program is; None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
