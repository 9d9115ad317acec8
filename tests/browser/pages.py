"""Opens the pages of a snapshot, of differences, of a verification, of audits, of an applied plan, of a rehearsal and of a person in a real browser.

usage: pages.py FOLDER [CHROMIUM]

The folder is what the tests `pages_for_the_browser` wrote. A user, a channel and a role in it have a name that is a script.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

import common
from common import (
    HOSTILE,
    OPEN_FOLDS,
    SCREENS,
    check_axe,
    check_layout,
    check_links,
    opened_file,
    take_picture,
)

NAMES = ["snapshot", "diff", "same", "verify", "audits", "night", "applied", "rehearsal", "subject"]
# Pages with a list that is searched.
LISTS = {"diff": "Search", "verify": "Search", "night": "Search", "applied": "Search"}
DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def check_every_page(browser: Browser, folder: Path) -> None:
    for name in NAMES:
        for viewport, scheme in SCREENS:
            with opened_file(browser, folder / f"{name}.html", viewport=viewport, color_scheme=scheme) as page:
                verdict = page.locator("main .verdict")
                expect(verdict.locator("h2")).to_be_visible()
                expect(verdict).to_contain_text(DATED)
                take_picture(page, name, scheme)
                check_links(page, name)
                page.evaluate(OPEN_FOLDS)
                check_layout(page, name)
                check_axe(page, f"{name}, {scheme}, {viewport['width']} wide")


def check_hostile(browser: Browser, folder: Path) -> None:
    for name in ("snapshot", "diff", "verify", "night", "applied", "subject"):
        for script in (True, False):
            with opened_file(browser, folder / f"{name}.html", java_script_enabled=script) as page:
                page.locator("body").wait_for()
                assert page.get_by_text(HOSTILE).count() > 0, f"{name} does not show the name"
                scripts = page.locator("script").count()
                assert scripts == (2 if name in LISTS else 1), f"{name}: a name has become an element"


def check_without_script(browser: Browser, folder: Path) -> None:
    for name in NAMES:
        with opened_file(browser, folder / f"{name}.html", java_script_enabled=False) as page:
            expect(page.locator("main .verdict h2")).to_be_visible()
            expect(page.locator("form.filter:visible, form.sieve:visible, button:visible")).to_have_count(0)
            if name != "same":
                assert page.locator("main table tbody tr:visible").count() > 0, name
            check_links(page, name)


def check_keyboard(browser: Browser, folder: Path) -> None:
    for name in NAMES:
        with opened_file(browser, folder / f"{name}.html") as page:
            page.keyboard.press("Tab")
            expect(page.get_by_text("Skip to the content")).to_be_focused()
            expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
            page.keyboard.press("Enter")
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{name}: the focus cannot be seen"
            if name in LISTS:
                page.get_by_label("Search", exact=True).focus()
                page.keyboard.type("no such thing")
                page.keyboard.press("Enter")
                expect(page.locator("form.filter output")).to_have_text(re.compile("^0 of "))
                expect(page.locator(".nothing")).to_be_visible()
                page.locator("form.filter").get_by_role("button", name="Clear").press("Enter")
                expect(page.locator(".nothing")).to_be_hidden()


def check_paper(browser: Browser, folder: Path) -> None:
    for name in NAMES:
        for options in ({"color_scheme": "dark"}, {"java_script_enabled": False}):
            with opened_file(browser, folder / f"{name}.html", **options) as page:
                paper = page.pdf(format="A4")
                pages = len(re.findall(rb"/Type\s*/Page\b", paper))
                assert paper.startswith(b"%PDF") and 1 <= pages <= 60, f"{name}: {pages} pages"
                page.emulate_media(media="print")
                expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
                expect(page.locator("nav")).to_be_hidden()
                expect(page.locator(".copy:visible, form:visible")).to_have_count(0)


def check_parts_of_differences(browser: Browser, folder: Path) -> None:
    """Names stand before SIDs, and counters are folded until they are searched."""
    with opened_file(browser, folder / "diff.html") as page:
        parts = page.locator("[data-part] > h3").all_inner_texts()
        assert [part.split()[0] for part in parts] == ["People", "Channels", "Memberships", "Settings"], parts
        heads = page.locator("#part-people thead").first.locator("th").all_inner_texts()
        assert heads == ["Name", "SID", "Change"], heads
        counters = page.locator("#check-counters-channels")
        expect(counters.locator("table")).to_be_hidden()
        page.get_by_label("Search").fill("members_count")
        expect(counters.locator("table")).to_be_visible()
        expect(page.locator("#part-people")).to_be_hidden()
        page.get_by_role("button", name="Clear").click()
        expect(counters.locator("table")).to_be_hidden()
        expect(page.locator("#part-people")).to_be_visible()
        page.get_by_role("navigation").get_by_role("link", name="Memberships").click()
        expect(page.locator("#part-memberships > h3")).to_be_in_viewport()


def check_copying(browser: Browser, folder: Path) -> None:
    with opened_file(browser, folder / "diff.html", permissions=["clipboard-read", "clipboard-write"]) as page:
        code = page.locator("#part-people code.sid").first
        button = page.locator("#part-people .copy").first
        expect(button).to_have_accessible_name(f"Copy {code.inner_text()}")
        button.click()
        expect(button).to_have_text(re.compile("copied|selected"))


def check_audits(browser: Browser, folder: Path) -> None:
    with opened_file(browser, folder / "audits.html") as page:
        rows = page.locator("table.rows tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.first.locator("a")).to_have_attribute("href", re.compile("report.html$"))
        assert page.locator("svg[role=img] title").count() >= 3
        started = rows.locator("th").all_inner_texts()
        assert started == sorted(started, reverse=True), "the newest is first"


def check_applied(browser: Browser, folder: Path) -> None:
    with opened_file(browser, folder / "applied.html") as page:
        outcome = page.locator("#outcome")
        expect(outcome.get_by_role("heading", name="What was done")).to_be_visible()
        expect(outcome.get_by_role("heading", name="What was not, and why")).to_be_visible()
        # A number stands apart from the text that follows it.
        expect(outcome.locator(".reasons td.n").first).not_to_have_css("padding-right", "0px")
        expect(outcome).to_contain_text("50438: the identity is over its limit of conversations")
        outcome.locator("a[href='#kind-create_participant']").first.click()
        expect(page.locator("#kind-create_participant .examples li").first).to_be_visible()


def check_rehearsal(browser: Browser, folder: Path) -> None:
    with opened_file(browser, folder / "rehearsal.html") as page:
        verdict = page.locator("main .verdict")
        expect(verdict).to_contain_text("Nothing was written at Twilio.")
        expect(verdict).to_contain_text(re.compile(r"Rehearsed: [\d,]+ operations in .* at Twilio's limits"))
        # A row of the drawing for each kind in the table, and the limit as a line in it.
        rows = page.locator("#timeline table tbody tr").count()
        drawn = page.locator("#timeline svg[role=img]")
        expect(drawn).to_be_visible()
        assert rows > 3 and drawn.locator("text", has_text=re.compile("^(create|update|make)")).count() == rows
        assert drawn.locator(".limit").count() > 0, "the limit is drawn"
        for part in ("Timeline", "Causes", "Afterwards", "Origin"):
            page.get_by_role("navigation").get_by_role("link", name=part).click()
            expect(page.locator(page.evaluate("location.hash") + " > h2")).to_be_in_viewport()
        expect(page.locator("#causes")).to_contain_text("Everything would go as planned.")
        expect(page.locator("#steps")).to_contain_text("agrees")
        expect(page.locator("#origin")).to_contain_text("1 time")


def check_subject(browser: Browser, folder: Path) -> None:
    with opened_file(browser, folder / "subject.html") as page:
        expect(page.locator("main .verdict h2")).to_have_text("Incomplete: 1 part missing")
        expect(page.locator("#overview table")).to_contain_text("the snapshot was crawled without them")
        assert page.locator("#channels tbody tr").count() > 1
        messages = page.locator("#messages ol.messages > li")
        own = page.locator("#messages li:has(.caption strong)")
        assert 0 < own.count() < messages.count(), "the person's own messages, and those of others"
        others = page.locator("#messages li:not(:has(.caption strong)) .body").all_inner_texts()
        assert all(re.fullmatch(r"\[masked: \d+ characters\]", text) for text in others), others
        for part in ("User", "Channels", "Messages", "Origin"):
            page.get_by_role("navigation").get_by_role("link", name=part).click()
            expect(page.locator(page.evaluate("location.hash") + " > h2")).to_be_in_viewport()


CHECKS = [
    check_every_page,
    check_hostile,
    check_without_script,
    check_keyboard,
    check_paper,
    check_parts_of_differences,
    check_copying,
    check_audits,
    check_applied,
    check_rehearsal,
    check_subject,
]


if __name__ == "__main__":
    sys.exit(common.main(__doc__, CHECKS))
