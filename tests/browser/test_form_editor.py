"""The form editor in a browser: the preview that follows the typing, and every page of a form as axe sees it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.demo import Demo

pytestmark = pytest.mark.browser
PAGES = ("", "/texts", "/texts/fr", "/mails", "/snippet?place=Shop window", "/versions", "/try")


@pytest.fixture
def editor(demo: Demo, signed_in: BrowserContext) -> Iterator[Page]:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/forms/{demo.form_id}")
    yield page
    page.close()


def preview(page: Page) -> Any:
    return page.frame_locator("iframe[name^=preview]:not(.waiting)")


def test_the_preview_follows_the_typing(editor: Page) -> None:
    editor.fill("input[name=title]", "Written just now")
    expect(preview(editor).locator("h1")).to_have_text("Written just now")
    editor.locator("#appearance summary").first.click()
    editor.check("input[name=appearance-mode][value=pop-up]")
    editor.locator("#look summary").first.click()
    editor.fill("input[name=appearance-accent]", "#ffcc00")
    expect(preview(editor).locator(".notes")).to_contain_text("too low")
    button = preview(editor).locator("main button")
    expect(button).to_have_css("background-color", "rgb(255, 204, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")
    assert editor.locator("iframe[name^=preview]").count() == 1
    assert editor.evaluate("document.activeElement.name") == "appearance-accent"


def test_untouched_texts_follow_what_is_chosen_and_others_stay(demo: Demo, editor: Page) -> None:
    editor.goto(f"{demo.public_url}/admin/forms/new?preset=contact")
    editor.fill("[name=intro]", "We answer on Mondays.")
    editor.select_option("[name=kind]", "signup")
    editor.select_option("select[name=language]", "fr")  # at once: only the later choice counts
    expect(editor.locator("[name=wording]")).to_have_value(re.compile("^Je souhaite recevoir"))
    expect(editor.locator("[name=questions-0-label]")).to_have_value("Votre message")
    expect(editor.locator("[name=intro]")).to_have_value("We answer on Mondays.")
    expect(editor.locator("#settle [role=status]")).to_contain_text("list and language")
    expect(preview(editor).locator("main")).to_contain_text("Votre message")


def test_the_preview_shows_phone_and_dark(editor: Page) -> None:
    editor.check("#dark")
    expect(preview(editor).locator("html.dark")).to_be_attached()
    editor.check("#phone")
    frames = "[...document.querySelectorAll('iframe[name^=preview]')]"
    editor.wait_for_function(f"{frames}.every((frame) => frame.offsetWidth <= 377)")


def test_what_is_typed_can_be_seen_without_javascript(demo: Demo, signed_in: BrowserContext, browser: Browser) -> None:
    state = signed_in.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{demo.public_url}/admin/forms/{demo.form_id}")
    page.fill("input[name=title]", "Without a script")
    page.click("#refresh")
    expect(page.frame_locator("iframe[name=preview]").locator("h1")).to_have_text("Without a script")
    page.click("text=Display on your website")  # sections open by themselves
    expect(page.locator("input[name=appearance-pause_days]")).to_be_visible()
    context.close()


def test_a_mails_preview_follows_the_typing(demo: Demo, editor: Page) -> None:
    editor.goto(f"{demo.public_url}/admin/forms/{demo.form_id}/mails")
    editor.fill("#confirm-body", "Only this step:\n\n{{ link }}")
    frame = editor.frame_locator("iframe[name=mail-confirm]")
    expect(frame.locator("body")).to_contain_text("Only this step:")
    expect(frame.locator("a").first).to_have_text("Confirm my address")
    editor.fill("#confirm-body", "No way on")
    expect(frame.locator("body")).to_contain_text("without it, people cannot continue")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 1360), ("light", 375)])
def test_axe_finds_nothing_on_the_pages_of_a_form(demo: Demo, editor: Page, path: str, scheme: Any, width: int) -> None:
    editor.set_viewport_size({"width": width, "height": 860})
    editor.emulate_media(color_scheme=scheme)
    editor.goto(f"{demo.public_url}/admin/forms/{demo.form_id}{path}")
    editor.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(editor)
    assert found.response["violations"] == []
    assert editor.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_where_forms_begin(demo: Demo, editor: Page) -> None:
    editor.goto(f"{demo.public_url}/admin/forms/new")
    found = Axe().run(editor)
    assert found.violations_count == 0, found.generate_report()
    editor.click(":text-is('For people') >> nth=2")
    expect(editor).to_have_url(re.compile("preset=discount"))
    expect(preview(editor).locator(".site.pop-up")).to_be_visible()
