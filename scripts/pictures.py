"""Takes the pictures of the docs from a running demo: `python scripts/pictures.py URL SIGN_IN_LINK`."""
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SHOTS = {"today": "/", "people": "/people", "playbooks": "/playbooks", "messages": "/messages", "revenue": "/revenue"}


def main(base: str, link: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        for name, path in SHOTS.items():
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=str(FOLDER / f"{name}.png"), full_page=name == "today")
            print(f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
