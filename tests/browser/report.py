"""Opens the reports of made-up plans in a real browser: on a desk, a phone and paper, by mouse, keyboard and without a script.

usage: report.py FOLDER [CHROMIUM]

The folder is what the test `pages_for_the_browser` wrote. Every check asserts behaviour; none asserts a time.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

import common
from common import HOSTILE, OPEN_FOLDS, SCREENS, check_axe, check_layout, check_links as check_links_of, take_picture
from common import opened_file as opened

NAMES = ["plan", "blocked", "in_place", "begun", "undo", "user_channels", "nothing"]
MANY = 100_000


def result(page: Page) -> str:
    return page.locator("form.filter output").inner_text()


def visible_rows(page: Page) -> int:
    return page.locator("table.finds tbody tr:visible").count()


def check_every_page(browser: Browser, folder: Path) -> None:
    for name in NAMES:
        for viewport, scheme in SCREENS:
            with opened(browser, folder / f"{name}.html", viewport=viewport, color_scheme=scheme) as page:
                expect(page.locator("main .verdict h2")).to_be_visible()
                take_picture(page, name, scheme)
                page.evaluate(OPEN_FOLDS)
                check_layout(page, name)
                check_axe(page, f"{name}, {scheme}, {viewport['width']} wide")


def check_verdicts(browser: Browser, folder: Path) -> None:
    for name, headline, said in (
        ("plan", "Ready except for blocked operations", "Nothing has been written."),
        ("blocked", "Blocked", "The snapshot is incomplete"),
        ("in_place", "Ready except for blocked operations", "One way: 12 public channels are made private"),
        ("begun", "Applied in part", "operations are refused"),
        ("undo", "Ready to undo in part", "This plan undoes: 448 deletes"),
        ("nothing", "Nothing to do", "The target holds everything"),
    ):
        with opened(browser, folder / f"{name}.html") as page:
            expect(page.locator(".verdict h2")).to_have_text(headline)
            expect(page.locator("#overview")).to_contain_text(said)


def check_filter(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "plan.html") as page:
        assert result(page) == "300 of 300 findings, in 3 checks", result(page)
        page.get_by_label("Search").fill("script")
        expect(page.locator("form.filter output")).to_have_text("1 of 300 findings, in 1 check")
        assert page.locator("table.finds bdi:visible").all_inner_texts() == [HOSTILE, "`attributes` has `{colour: 7}`"]
        assert page.locator("script").count() == 2, "a name has become an element"
        page.get_by_label("Search").fill("case-1 ATTRIBUTES_BROKEN")
        expect(page.locator("form.filter output")).to_contain_text("in 1 check")
        page.get_by_label("Search").fill("no such thing")
        expect(page.locator("form.filter output")).to_have_text("0 of 300 findings")
        expect(page.get_by_text("No finding matches.")).to_be_visible()
        assert visible_rows(page) == 0
        page.get_by_role("button", name="Clear").click()
        expect(page.locator("form.filter output")).to_have_text("300 of 300 findings, in 3 checks")
        page.get_by_role("checkbox", name="block").uncheck()
        expect(page.locator("form.filter output")).to_have_text("90 of 300 findings, in 2 checks")
        page.get_by_label("Check", exact=True).select_option("public_channel")
        expect(page.locator("form.filter output")).to_have_text("30 of 300 findings, in 1 check")
        assert visible_rows(page) == 25
        page.get_by_label("Rows").select_option("100")
        expect(page.locator("table.finds tbody tr:visible")).to_have_count(30)
        page.get_by_role("link", name="The attributes of 60 records are not JSON").click()
        expect(page.locator("#check-attributes_broken")).to_be_in_viewport()
        expect(page.locator("form.filter output")).to_have_text("300 of 300 findings, in 3 checks")


def check_many(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "many.html") as page:
        assert result(page) == f"{MANY:,} of {MANY:,} findings, in 3 checks", result(page)
        check = page.locator("#check-conversation_over_limit")
        check.get_by_role("button", name="Next").click()
        expect(check.locator(".place")).to_have_text("26–50 of 70,000")
        page.get_by_label("Search").fill("case-99999")
        expect(page.locator("form.filter output")).to_have_text(f"1 of {MANY:,} findings, in 1 check")
        sid = page.locator("table.finds .sid:visible").inner_text()
        assert re.fullmatch("CH[0-9a-f]{32}", sid), sid
        page.get_by_label("Search").fill(sid)
        expect(page.locator("form.filter output")).to_have_text(f"1 of {MANY:,} findings, in 1 check")
        page.get_by_label("Search").fill("members")
        page.get_by_label("Rows").select_option("250")
        expect(page.locator("form.filter output")).to_have_text(f"80,000 of {MANY:,} findings, in 2 checks")
        expect(page.locator("table.finds tbody tr:visible")).to_have_count(500)


def check_keyboard(browser: Browser, folder: Path) -> None:
    focused = "document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.name"
    with opened(browser, folder / "plan.html") as page:
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "Skip to the content"
        expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.get_by_label("Search").focus()
        style = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(style) == "solid", "the focus cannot be seen"
        page.keyboard.type("case-2")
        page.keyboard.press("Enter")
        expect(page.locator("form.filter output")).to_contain_text("in 3 checks")
        page.get_by_role("button", name="Clear").press("Enter")
        following = page.locator("#check-attributes_broken").get_by_role("button", name="Next")
        for _ in range(2):
            following.press("Enter")
        expect(page.locator("#check-attributes_broken .place")).to_have_text("51–60 of 60")
        assert page.evaluate(focused) == "Previous", "the focus was lost with the last page"
        page.locator("#operations summary").nth(1).press("Enter")
        expect(page.locator("#operations details").nth(1)).to_have_attribute("open", "")


def check_operations(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "plan.html") as page:
        form = page.get_by_role("search", name="Filter the operations")
        shown = page.locator(".examples > li:visible")
        form.get_by_label("State").select_option("blocked")
        expect(form.locator("output")).to_contain_text("operations in this page")
        states = shown.evaluate_all("(items) => [...new Set(items.map((item) => item.dataset.state))]")
        assert states == ["blocked"], states
        link = shown.first.locator("a.id")
        name = link.inner_text()
        form.get_by_label("Find an operation").fill(name)
        expect(form.locator("output")).to_have_text(re.compile("^1 of the [0-9,]+ operations in this page; the plan has 9,700$"))
        link.click()
        assert page.evaluate("location.hash") == f"#operation-{name}"
        form.get_by_label("Find an operation").fill("no such operation")
        expect(shown).to_have_count(0)
        form.get_by_role("button", name="Show all").click()
        expect(form.locator("output")).to_have_text("")
    with opened(browser, folder / "plan.html", f"#operation-{name}") as page:
        expect(page.locator(f"#operation-{name}")).to_be_in_viewport()
        command = page.locator("#origin code[data-copy]").filter(has_text="chatferry apply --plan")
        expect(command).to_have_count(1)
        expect(page.get_by_role("button", name=re.compile("^Copy chatferry apply"))).to_be_visible()


def check_links(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "in_place.html") as page:
        page.get_by_role("link", name="Show them").first.click()
        expect(page.locator("#kind-make_private .examples li").first).to_be_visible()
        expect(page.locator("#kind-make_private .request").first).to_contain_text("Type=private")
        check_links_of(page, "in_place")
    with opened(browser, folder / "in_place.html", "#kind-create_participant") as page:
        expect(page.locator("#kind-create_participant .examples li").first).to_be_visible()


def check_without_script(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "plan.html", java_script_enabled=False) as page:
        expect(page.locator("form.filter")).to_be_hidden()
        expect(page.locator("table.finds tbody tr")).to_have_count(75)
        expect(page.locator("#check-conversation_over_limit .place")).to_have_text("the first 25 of 210")
        expect(page.get_by_text(HOSTILE).first).to_be_visible()


def check_paper(browser: Browser, folder: Path) -> None:
    for options in ({}, {"java_script_enabled": False}, {"color_scheme": "dark"}):
        with opened(browser, folder / "blocked.html", **options) as page:
            paper = page.pdf(format="A4")
            pages = len(re.findall(rb"/Type\s*/Page\b", paper))
            assert paper.startswith(b"%PDF") and 3 <= pages <= 40, f"{pages} pages"
            page.emulate_media(media="print")
            expect(page.locator("form.filter")).to_be_hidden()
            expect(page.locator("nav")).to_be_hidden()
            expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


def check_folds_for_paper(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "blocked.html") as page:
        before = page.locator("details[open]").count()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == before


def check_policy(browser: Browser, folder: Path) -> None:
    """Markup that came through all the same would neither run nor ask for anything."""
    context = browser.new_context()
    page = context.new_page()
    failed, answered = {}, []
    page.on("requestfailed", lambda request: failed.update({request.url: request.failure}))
    page.on("response", lambda response: answered.append(response.url))
    page.goto((folder / "plan.html").as_uri())
    answered.clear()
    page.evaluate(
        """() => {
             document.body.insertAdjacentHTML('beforeend', `<img src="http://127.0.0.1:9/x.png" onerror="window.ran = 1">
               <iframe srcdoc="<script>parent.ran = 2</script>"></iframe><style>body { opacity: 0 }</style>`);
             const made = document.createElement('script');
             made.textContent = 'window.ran = 3';
             document.body.append(made);
           }"""
    )
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None, "something ran"
    expect(page.locator("body")).to_have_css("opacity", "1")
    assert failed == {"http://127.0.0.1:9/x.png": "csp"} and not answered, (failed, answered)
    context.close()


CHECKS = [
    check_every_page,
    check_verdicts,
    check_filter,
    check_many,
    check_keyboard,
    check_operations,
    check_links,
    check_without_script,
    check_paper,
    check_folds_for_paper,
    check_policy,
]


if __name__ == "__main__":
    sys.exit(common.main(__doc__, CHECKS))
