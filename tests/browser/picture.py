"""Makes the picture of a plan's page that README shows: a screenshot of the page's top, small enough for a repository.

usage: picture.py PAGE OUT [CHROMIUM]

PAGE is the demo's `chatferry-demo/copy.html`, OUT is `docs/images/plan.png`. It needs what `.ci/requirements-browser.txt` lists.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

LARGEST = 200_000


def main(page_file: Path, out: Path, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 1000}, reduced_motion="reduce", color_scheme="light")
        page.goto(page_file.resolve().as_uri())
        out.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=out)
        browser.close()
    size = out.stat().st_size
    assert size <= LARGEST, f"{out} has {size} bytes, and may have {LARGEST}"
    print(f"{out}: {size} bytes")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    found = sys.argv[3] if len(sys.argv) == 4 else shutil.which("chromium")
    if not found:
        sys.exit("no chromium on PATH")
    main(Path(sys.argv[1]), Path(sys.argv[2]), found)
