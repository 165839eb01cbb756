"""Ctrl+K and "/" open the search over everything on any page; keys lead through what is found."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.demo import Demo
from tests.browser.look import look_at

pytestmark = pytest.mark.browser


def test_keys_open_the_search_and_lead_to_what_is_found(demo: Demo, signed_in: BrowserContext) -> None:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/lists")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("letter")
    expect(dialog.get_by_role("link", name="The Letter").first).to_be_visible()
    assert look_at(page, "search-dialog") == []
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(focused)
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("white paper")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/search?q=white+paper")
    assert look_at(page, "search") == []
    page.get_by_role("main").get_by_role("searchbox").fill("")
    page.keyboard.type("a/b")  # typed, not asked for
    expect(page.get_by_role("main").get_by_role("searchbox")).to_have_value("a/b")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.close()
