"""What browsers and password managers fill in by themselves catches nobody; the puzzle is solved while one types."""

import time

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.demo import Demo
from tests.browser.look import look_at

pytestmark = pytest.mark.browser

# As a password manager or browser goes about it: every input that a person could see and that is not switched off …
FILL = """
(values) => {
  const filled = [];
  for (const input of document.querySelectorAll("input, textarea, select")) {
    const types = ["hidden", "submit", "button", "checkbox", "radio", "file"];
    if (types.includes(input.type) || input.disabled || input.readOnly) continue;
    const isSeen = input.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    // … and, from bolder ones, whatever offers itself by its autocomplete, seen or not.
    const offers = input.autocomplete && !["off", "one-time-code"].includes(input.autocomplete);
    if (!isSeen && !offers) continue;
    const hint = `${input.autocomplete} ${input.name} ${input.id}`;
    input.value = input.type === "email" || /mail/.test(hint) ? values.email : values.text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    filled.push(input.name);
  }
  return filled;
}
"""


def _is_mailed(demo: Demo, address: str) -> bool:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        if f"{address[:1]}•••@{address.partition('@')[2]}" in demo.console("outbox", "list", "--json"):
            return True
        time.sleep(0.2)
    return False


def test_autofill_of_every_visible_and_every_offered_input_signs_up(demo: Demo, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(demo.form_url)
    filled = page.evaluate(FILL, {"email": "filled@autofill.example.org", "text": "Ada"})
    assert "email" in filled
    assert "leave_empty" not in filled
    page.check("#consent")
    page.wait_for_timeout(1_500)  # nobody types faster
    page.click("button[type=submit]")
    page.wait_for_selector("#code")
    assert _is_mailed(demo, "filled@autofill.example.org")


def test_the_honeypot_is_out_of_reach_for_eyes_keyboard_and_screen_readers(demo: Demo, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(demo.form_url)
    trap = page.locator("input[name=leave_empty]")
    assert trap.get_attribute("autocomplete") == "off"
    assert trap.get_attribute("tabindex") == "-1"
    assert not trap.is_visible()
    assert "leave_empty" not in page.locator("form").aria_snapshot()


@pytest.fixture
def hot(demo: Demo, signed_in: BrowserContext) -> object:
    """Proof of work is asked for, by the operator's switch."""
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/outbox/protection")
    page.click("button[value=up]")
    page.wait_for_selector("text=Stop requiring it")
    yield
    page.goto(f"{demo.public_url}/admin/outbox/protection")
    page.click("button[value=down]")
    page.wait_for_selector("button[value=up]")  # a page that is closed while it moves on may never close
    page.close()


def _fill(page: Page, address: str) -> None:
    page.fill("#email", address)
    page.check("#consent")


def test_the_puzzle_is_solved_while_the_visitor_types(demo: Demo, visitor: BrowserContext, hot: object) -> None:
    page = visitor.new_page()
    page.goto(demo.form_url)
    _fill(page, "early@hot.example.org")
    page.wait_for_selector("input[name=proof][data-ms]", state="attached")
    assert look_at(page, "hot-form") == []
    page.wait_for_timeout(1_500)
    page.click("button[type=submit]")
    page.wait_for_selector("#code")
    assert _is_mailed(demo, "early@hot.example.org")


def test_a_form_on_another_website_passes_through_the_puzzle_by_itself(
    demo: Demo, visitor: BrowserContext, hot: object
) -> None:
    page = visitor.new_page()
    page.goto(demo.demo_url)
    _fill(page, "guest@hot.example.org")
    page.wait_for_timeout(1_500)
    page.click("button[type=submit]")
    page.wait_for_selector("#code")
    assert _is_mailed(demo, "guest@hot.example.org")
    assert [cookie["name"] for cookie in visitor.cookies()] == []


def test_without_javascript_the_page_asks_to_wait(demo: Demo, browser: object, hot: object) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(demo.form_url)
    assert page.get_by_text("Please wait 20 seconds").is_visible()
    _fill(page, "still@hot.example.org")
    page.wait_for_timeout(1_500)
    with page.expect_navigation():
        page.click("button[type=submit]")
    assert page.get_by_text("Please wait 20 seconds").is_visible()
    assert page.input_value("#email") == "still@hot.example.org"
    page.wait_for_timeout(20_000)
    with page.expect_navigation():
        page.click("button[type=submit]")
    page.wait_for_load_state()
    assert page.locator("#code").is_visible()
    context.close()


def test_the_protection_page_reads_well(demo: Demo, signed_in: BrowserContext, hot: object) -> None:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/outbox/protection")
    page.fill("input[name=subject]", "203.0.113.7")
    page.fill("input[name=reason]", "the shop in Geneva")
    page.click("button:text-is('Add')")
    page.wait_for_selector("td b:text-is('203.0.113.7/32')")
    assert look_at(page, "protection") == []
    page.close()
