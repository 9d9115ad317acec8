"""Opens `chatferry browse` in a real browser: search, user, channel, filter, download, plan, on a desk and a phone, light and dark.

usage: browse.py CHATFERRY FOLDER [CHROMIUM]

The folder has snapshot.db and plan.db, as the demo leaves them. Both are copied, and the copy of the snapshot gets a hostile name.
"""

import csv
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

import common
from common import HOSTILE, SCREENS


@contextmanager
def serving(chatferry: str, folder: Path, *flags: str):
    arguments = [chatferry, "browse", "--snapshot", "snapshot.db", "--quiet", *flags]
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait()


def opened(browser: Browser, address: str, **options):
    """A page that asks its own server only."""
    return common.opened(browser, address, "/".join(address.split("/", 3)[:3]) + "/", **options)


def search(page: Page, text: str) -> None:
    page.get_by_label("Search", exact=True).fill(text)
    page.get_by_role("button", name="Search").click()


def check_walk(browser: Browser, address: str, about: dict) -> None:
    """From a name to its channels, to a channel's people, to a file; with and without a script."""
    for script in (True, False):
        with opened(browser, address, java_script_enabled=script, accept_downloads=True) as page:
            expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
            search(page, about["identity"])
            page.get_by_role("link", name=about["identity"], exact=True).first.click()
            expect(page.get_by_role("heading", level=1)).to_have_text(about["identity"])
            rows = page.locator("table.rows").first.locator("tbody tr")
            expect(rows).to_have_count(about["channels"])
            expect(page.get_by_text("What the plan does")).to_be_visible()
            page.get_by_label("Find in the list").fill("no such channel")
            page.get_by_role("button", name="Show").click()
            expect(page.get_by_text("No channel matches.")).to_be_visible()
            page.go_back()
            with page.expect_download() as download:
                page.get_by_role("link", name="Download as CSV").click()
            lines = list(csv.DictReader(open(download.value.path(), newline="")))
            assert len(lines) == about["channels"], len(lines)
            assert {line["identity"] for line in lines} == {about["identity"]}
            rows.first.get_by_role("link").first.click()
            expect(page.get_by_role("heading", name="People")).to_be_visible()
            page.get_by_label("Find in the list").fill(about["identity"])
            page.get_by_role("button", name="Show").click()
            expect(page.locator("table.rows").first.locator("tbody tr")).to_have_count(1)


def check_hostile(browser: Browser, address: str, about: dict) -> None:
    with opened(browser, address) as page:
        search(page, HOSTILE)
        expect(page.locator("table.rows tbody bdi").filter(has_text="alert(1)").first).to_be_visible()
        assert page.locator("script").count() == 1, "a name has become an element"
        page.locator("table.rows tbody a").first.click()
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("script").count() == 1, "a name has become an element"


def check_every_page(browser: Browser, address: str, about: dict) -> None:
    for viewport, scheme in SCREENS:
        with opened(browser, address, viewport=viewport, color_scheme=scheme) as page:
            for path in about["pages"]:
                page.goto(address + path)
                common.take_picture(page, f"browse-{path.split('?')[0] or 'overview'}", scheme)
                common.check_layout(page, path)
                common.check_axe(page, f"{path}, {scheme}, {viewport['width']} wide")


def check_keyboard(browser: Browser, address: str, about: dict) -> None:
    with opened(browser, address) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Search", exact=True)).to_be_focused()
        page.keyboard.type(about["identity"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(about["identity"])


CHECKS = [check_walk, check_hostile, check_every_page, check_keyboard]


def prepare(folder: Path, made: Path) -> dict:
    for name in ("snapshot.db", "plan.db"):
        shutil.copy(folder / name, made / name)
    database = sqlite3.connect(made / "snapshot.db")
    database.execute(
        "UPDATE channel_row SET friendly_name = ? WHERE id = (SELECT id FROM channel_row ORDER BY members_count DESC LIMIT 1)",
        [HOSTILE],
    )
    database.commit()
    one = database.execute(
        """SELECT u.identity, u.sid, count(*), min(m.channel_sid), u.role_sid FROM users u JOIN user_channels m ON m.user_sid = u.sid
           WHERE u.identity GLOB '[a-z]*' AND u.identity NOT GLOB '*[^a-zA-Z0-9.@_-]*'
           GROUP BY u.sid HAVING count(*) BETWEEN 3 AND 90 ORDER BY u.identity LIMIT 1"""
    ).fetchone()
    database.close()
    identity, user, channels, channel, role = one
    pages = ["", f"search?q={identity}", "search?q=zzzz", "users", "channels", "roles", f"user?sid={user}"]
    pages += [f"channel?sid={channel}", f"messages?sid={channel}", f"role?sid={role}", "evidence"]
    return {"identity": identity, "channels": channels, "pages": pages, "user": user, "channel": channel}


def main() -> int:
    chatferry, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    chromium = sys.argv[3] if len(sys.argv) > 3 else shutil.which("chromium")
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        about = prepare(folder, Path(made))
        browser = playwright.chromium.launch(executable_path=chromium)
        print(f"Chromium {browser.version}")
        with serving(chatferry, Path(made), "--plan", "plan.db") as address:
            for check in CHECKS:
                check(browser, address, about)
                print(f"ok: {check.__name__.removeprefix('check_').replace('_', ' ')}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
