"""Every page of the admin that a link leads to, as axe sees it: light, dark and on a phone. `--long` walks them all."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page
from werkzeug.exceptions import HTTPException

from tests.browser.demo import Demo
from tests.browser.look import look_at

pytestmark = [pytest.mark.browser, pytest.mark.long]
ENOUGH = 60
"""Fewer pages than this, and the walk has lost its way."""


def _links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]:not([download])", "all => all.map((one) => one.href)")
    return found


def _endpoint(demo: Demo, url: str) -> str:
    """Where a link leads within the admin; nothing for a way out of it."""
    if not url.startswith(f"{demo.public_url}/admin"):
        return ""
    try:
        endpoint, _values = demo.app.url_map.bind("").match(urlsplit(url).path)
    except HTTPException:
        return ""
    return str(endpoint)


def test_axe_finds_nothing_on_any_page_that_a_link_leads_to(demo: Demo, signed_in: BrowserContext) -> None:
    demo.console("demo", "--contacts", "300", "--seed", "1")
    page = signed_in.new_page()
    waiting, seen, problems = [f"{demo.public_url}/admin/"], set[str](), list[str]()
    while waiting:
        url = waiting.pop(0)
        endpoint = _endpoint(demo, url)
        if not endpoint or endpoint in seen:
            continue
        seen.add(endpoint)
        kind = signed_in.request.get(url).headers.get("content-type", "")
        if not kind.startswith("text/html"):
            continue
        page.goto(url)
        waiting += _links(page)
        problems += look_at(page, endpoint.removeprefix("admin."))
    page.close()
    assert problems == []
    assert len(seen) >= ENOUGH, sorted(seen)
