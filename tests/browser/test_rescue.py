"""The hosted form in a real browser: what it tells, and how somebody who mistyped the address gets back."""

import json
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.demo import Demo

pytestmark = pytest.mark.browser
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def _numbers(demo: Demo, source: str) -> dict[str, Any]:
    """The funnel's line of one source, once the second's counts are written."""
    time.sleep(1.5)
    told = json.loads(demo.console("funnel", "--form", demo.form_id, "--by", "source", "--json"))
    return next((row for row in told if row["source"] == source), {})


def _sign_up(page: Page, demo: Demo, source: str, address: str) -> None:
    page.goto(f"{demo.form_url}?src={source}")
    page.fill("#email", address)
    page.fill("#first_name", "Ada")
    page.check("input[value=privacy]")
    page.check("#consent")
    page.wait_for_timeout(1_500)  # nobody types faster
    page.click("main button[type=submit]")
    page.wait_for_url("**/thanks?**")


def test_a_mistyped_address_is_corrected_on_the_filled_form(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(user_agent=PERSON)
    page = context.new_page()
    page.goto(f"{demo.form_url}?src=till")
    page.goto("about:blank")
    _sign_up(page, demo, "qr:door", "ada@gmial.example")
    page.click("text=Wrong address")
    page.wait_for_url("**#again")
    assert page.evaluate("document.activeElement.id") == "email"
    filled = [page.input_value(f"#{name}") for name in ("email", "first_name")]
    assert filled == ["ada@gmial.example", "Ada"]
    assert page.is_checked("#consent")
    assert page.is_checked("input[value=privacy]")
    assert not page.is_checked("input[value=design]")
    assert page.evaluate("sessionStorage.length") == 0
    page.fill("#email", "ada@gmail.com")
    page.wait_for_timeout(1_500)
    page.click("main button[type=submit]")
    page.wait_for_url("**/thanks?**")
    assert page.locator("text=Open Gmail").get_attribute("href", timeout=2_000).startswith("https://mail.google.com/")  # type: ignore[union-attr]
    assert Axe().run(page).violations_count == 0
    page.click("text=Send the email again")
    page.wait_for_selector("[role=status]")
    assert [cookie["name"] for cookie in context.cookies()] == ["signed-up-here"]
    found = _numbers(demo, "qr:door")
    assert (found["seen"], found["started"], found["submitted"]) == (1, 1, 2)
    assert _numbers(demo, "till")["seen"] == 1
    context.close()


def test_without_a_script_the_form_works_and_is_not_counted(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(user_agent=PERSON, java_script_enabled=False)
    page = context.new_page()
    _sign_up(page, demo, "no-script", "bob@gmx.ch")
    page.click("text=Wrong address")
    assert page.input_value("#email") == ""
    found = _numbers(demo, "no-script")
    assert (found["seen"], found["submitted"]) == (0, 1)
    context.close()


def test_a_browser_without_a_person_is_counted_apart(demo: Demo, browser: Browser) -> None:
    context = browser.new_context()  # says HeadlessChrome
    page = context.new_page()
    page.goto(f"{demo.form_url}?src=robot")
    page.wait_for_load_state("networkidle")
    assert _numbers(demo, "robot") == {}
    context.close()


def test_the_funnels_page_has_no_fault_that_axe_finds(demo: Demo, signed_in: Any) -> None:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/forms/{demo.form_id}/funnel")
    for scheme, width in (("light", 1360), ("dark", 1360), ("light", 375)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 860})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    page.close()
