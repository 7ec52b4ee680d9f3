"""The browser that tests, benchmarks and screenshots drive."""

import os
import shutil

BROWSERS = (
    "chromium-headless-shell",  # takes a fourth of the processor for a page
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """`NORIA_TEST_BROWSER`, else the first one found on this machine. Raises LookupError."""
    for name in (os.environ.get("NORIA_TEST_BROWSER", ""), *BROWSERS):
        if found := shutil.which(name):
            return found
    raise LookupError("No Chromium or Chrome on this machine. Install one, or set NORIA_TEST_BROWSER.")
