"""How a page is looked at: by axe and for sideways scrolling, in light, dark and on a phone."""

import os
import time
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PICTURES = os.environ.get("SIGNUP_PICTURES")
"""A folder that gets a picture of each page in each mode."""
PATIENCE_SECONDS = 20
MODES: tuple[tuple[str, Any, int], ...] = (("light", "light", 1360), ("dark", "dark", 1360), ("phone", "light", 375))


def until(page: Page, expression: str) -> None:
    """Wait until a script's expression holds. Asked from outside: a page that forbids `eval` forbids polling within."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < ends, expression
        page.wait_for_timeout(20)


def look_at(page: Page, name: str) -> list[str]:
    """What is wrong with the page, a line each; it is left in light and at the size it had."""
    problems, size = [], page.viewport_size
    for mode, scheme, width in MODES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 860})
        found = Axe().run(page)
        if found.violations_count:
            problems.append(f"{name} {mode}: {found.generate_report()}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
            problems.append(f"{name} {mode} scrolls sideways")
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{mode}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)
    return problems
