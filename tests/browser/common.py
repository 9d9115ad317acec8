"""What the browser's tests share: screens, pages that are watched while they are open, and what holds on each page."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
SCREENS = [(viewport, scheme) for viewport in (DESK, PHONE) for scheme in ("light", "dark")]
HOSTILE = "<script>alert(1)</script>"

OPEN_FOLDS = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
# What differs in number only is left out: axe-core takes seconds for a thousand rows.
FEW = "document.querySelectorAll('tbody tr:nth-child(n + 4), .examples > li:nth-child(n + 3)').forEach((one) => one.remove())"


@contextmanager
def opened(browser: Browser, address: str, own: str, **options):
    """A page that asks only for addresses that begin with its own, prints nothing on the console and opens no dialog."""
    context = browser.new_context(**({"viewport": DESK, "reduced_motion": "reduce"} | options))
    page = context.new_page()
    printed, asked = [], []
    page.on("console", lambda message: printed.append(message.text))
    page.on("pageerror", lambda error: printed.append(str(error)))
    page.on("dialog", lambda dialog: (printed.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    try:
        yield page
        assert not printed, printed
        others = [url for url in asked if not url.startswith(("data:", own))]
        assert not others, others
    finally:
        context.close()


def opened_file(browser: Browser, page_file: Path, fragment: str = "", **options):
    """A page that is one file."""
    address = page_file.as_uri()
    return opened(browser, address + fragment, address, **options)


def check_layout(page: Page, about: str) -> None:
    """It has one heading, fits the screen, and each field has a label."""
    expect(page.locator("h1")).to_have_count(1)
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"{about} is wider than the screen: {wide}"
    fields = "[...document.querySelectorAll('input:not([type=hidden]), select')].filter((field) => !field.labels.length)"
    unlabelled = page.evaluate(f"{fields}.map((field) => field.outerHTML)")
    assert not unlabelled, f"{about}: without a label: {unlabelled}"


def check_axe(page: Page, about: str) -> None:
    page.evaluate(FEW)
    violations = Axe().run(page).response["violations"]
    found = [(one["id"], one["nodes"][0]["html"][:200], len(one["nodes"])) for one in violations]
    assert not found, f"{about}: {found}"


def check_links(page: Page, about: str) -> None:
    """Links within the page lead to a part of it, and no two parts have one name."""
    broken = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((link) => link.hash)"
        ".filter((hash) => !document.getElementById(decodeURIComponent(hash.slice(1))))"
    )
    assert not broken, f"{about}: links that lead nowhere: {broken}"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids)), f"{about}: a name is given twice"


def main(usage: str, checks: list) -> int:
    """Opens the pages of the folder that is the first argument, in the browser that may be the second."""
    if len(sys.argv) not in (2, 3):
        sys.exit(usage)
    folder = Path(sys.argv[1]).resolve()
    chromium = sys.argv[2] if len(sys.argv) > 2 else shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        print(f"Chromium {browser.version}")
        for check in checks:
            check(browser, folder)
            print(f"ok: {check.__name__.removeprefix('check_').replace('_', ' ')}")
        browser.close()
    return 0


def take_picture(page: Page, name: str, scheme: str) -> None:
    """For a person to look at: into the folder that the variable names."""
    folder = os.environ.get("CHATFERRY_TEST_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        width = 1280 if before == DESK else 390
        page.set_viewport_size({**before, "width": width})
        page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        page.set_viewport_size(before)
