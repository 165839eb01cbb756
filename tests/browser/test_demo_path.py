"""What a stranger sees after `run`: the form on another origin, the mail, the button, the paper, the export."""

import csv
import io
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.demo import Demo, mail_to
from tests.browser.look import look_at

pytestmark = pytest.mark.browser


def _fetch(url: str, method: str = "GET") -> Any:
    return urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10)  # noqa: S310  # our own server


def _fill(page: Page, address: str) -> None:
    page.fill("#email", address)
    page.fill("#first_name", "Ada")
    page.check("input[value=privacy]")
    page.check("#consent")
    page.wait_for_timeout(1_500)  # nobody types faster


def test_a_visitor_of_another_website_gets_the_paper_by_link(demo: Demo, visitor: BrowserContext) -> None:
    address, page = "ada@example.org", visitor.new_page()
    page.goto(demo.demo_url)
    assert page.url.split("/")[2] != demo.form_url.split("/")[2]
    _fill(page, address)
    begun = time.monotonic()
    page.click("button[type=submit]")
    text = mail_to(demo, address)
    assert time.monotonic() - begun < 10
    assert [cookie["name"] for cookie in visitor.cookies()] == []
    assert look_at(page, "thanks") == []
    link = re.findall(r"http\S+/confirm/\S+", text)[0]
    for method in ("GET", "HEAD"):
        with _fetch(link, method) as answer:
            assert answer.status == 200
    assert address not in demo.console("export", demo.list)
    first, page = page, visitor.new_page()
    page.goto(link)
    assert look_at(page, "confirm") == []
    page.wait_for_timeout(500)
    assert address not in demo.console("export", demo.list)
    page.click("button.big")
    assert look_at(page, "confirmed") == []
    with page.expect_download() as download:
        page.click("a.big")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    first.bring_to_front()
    first.evaluate("window.dispatchEvent(new Event('focus'))")  # headless, a tab has it always
    first.wait_for_selector("text=Your address is confirmed.")
    rows = [row for row in csv.DictReader(io.StringIO(demo.console("export", demo.list))) if row["email"] == address]
    (row,) = rows
    assert (row["name"], row["interests"], row["source"]) == ("Ada", "privacy", "Letter form")
    assert row["signup_at"] < row["confirm_at"]
    assert row["consent_text_version"].startswith(f"{demo.form_id}/")
    page.goto(page.locator("a", has_text="Preferences").get_attribute("href") or "")
    assert look_at(page, "preferences") == []


def test_a_visitor_of_the_hosted_page_confirms_by_code(demo: Demo, visitor: BrowserContext) -> None:
    address, page = "bob@example.org", visitor.new_page()
    page.goto(demo.form_url)
    assert look_at(page, "form") == []
    _fill(page, address)
    page.click("button[type=submit]")
    code = re.findall(r"^\s+(\d{6})\s*$", mail_to(demo, address), re.MULTILINE)[0]
    page.fill("#code", code)
    page.keyboard.press("Enter")
    page.wait_for_selector("a.big")
    assert address in demo.console("export", demo.list)


def test_the_browser_that_sent_the_hosted_page_confirms_in_one_step(demo: Demo, visitor: BrowserContext) -> None:
    address, page = "cleo@example.org", visitor.new_page()
    page.goto(demo.form_url)
    _fill(page, address)
    page.click("button[type=submit]")
    link = re.findall(r"http\S+/confirm/\S+", mail_to(demo, address))[0]
    page.goto(link)
    page.wait_for_selector("a.big")
    assert "same-browser" in demo.console("export", demo.list, "--format", "jsonl") or address in demo.console(
        "export", demo.list
    )


def test_a_scanner_with_a_real_browser_dwells_on_the_link_and_confirms_nobody(
    demo: Demo, visitor: BrowserContext
) -> None:
    address, page = "dan@example.org", visitor.new_page()
    page.goto(demo.demo_url)
    _fill(page, address)
    page.click("button[type=submit]")
    link = re.findall(r"http\S+/confirm/\S+", mail_to(demo, address))[0]
    visitor.clear_cookies()
    page.goto(link)
    page.wait_for_timeout(3_000)
    assert address not in demo.console("export", demo.list)


def test_the_form_works_without_javascript_and_says_what_is_wrong(demo: Demo, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.form_url)
    page.fill("#email", "eve@")
    page.click("button[type=submit]")
    assert page.input_value("#email") == "eve@"
    assert page.locator("#email").get_attribute("aria-describedby") == "email-error"
    assert page.locator("#consent-error").is_visible()
    context.close()


@pytest.mark.parametrize("name", ["", "contacts", "lists", "forms", "exports", "outbox", "settings"])
def test_axe_finds_nothing_in_the_admin(demo: Demo, signed_in: BrowserContext, name: str) -> None:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/{name}")
    assert look_at(page, name or "overview") == []
    page.close()


@pytest.mark.parametrize(("name", "first"), [("contacts", "contact"), ("forms", "form-editor")])
def test_axe_finds_nothing_one_step_further(
    demo: Demo, signed_in: BrowserContext, visitor: BrowserContext, name: str, first: str
) -> None:
    page = visitor.new_page()
    page.goto(demo.demo_url)
    _fill(page, f"{first}@example.org")
    page.click("button[type=submit]")
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/{name}")
    page.click("tbody a >> nth=0")
    assert look_at(page, first) == []
    page.close()


def test_axe_finds_nothing_on_the_sign_in_page(demo: Demo, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{demo.public_url}/admin/")
    assert look_at(page, "sign-in") == []
