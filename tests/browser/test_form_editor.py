"""The form editor in a browser: the preview that follows the typing, and every page of a form as axe sees it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from signup.access.operator import Role, add_operator, find_operator
from signup.access.ticket import new_ticket
from signup.ground.db import db, transaction
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


def go_to(page: Page, step: str) -> None:
    page.click(f".editor-steps button[value='step:{step}']")
    expect(page.locator(f"#{step}")).to_be_visible()


def test_the_preview_follows_the_typing(editor: Page) -> None:
    editor.fill("input[name=title]", "Written just now")
    expect(preview(editor).locator("h1")).to_have_text("Written just now")
    go_to(editor, "website")
    editor.check("input[name=appearance-mode][value=pop-up]")
    go_to(editor, "look")
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
    expect(editor.locator("[name=step]")).to_have_value("texts")
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
    go_to(page, "website")
    expect(page.locator("input[name=appearance-pause_days]")).to_be_visible()
    expect(page.locator("#website h2")).to_be_focused()
    go_to(page, "texts")
    expect(page.locator("input[name=title]")).to_have_value("Without a script")
    page.fill("input[name=title]", "")
    go_to(page, "look")
    page.click(".sticky [value=publish]")
    expect(page.locator("#texts h2")).to_be_focused()
    expect(page.locator(".editor-steps .wrong")).to_have_count(1)
    context.close()


def test_steps_are_walked_with_the_keyboard_alone(editor: Page) -> None:
    editor.locator(".editor-steps button").first.focus()
    for _step in range(2):
        editor.keyboard.press("Tab")
    editor.keyboard.press("Enter")
    expect(editor.locator("#consent h2")).to_be_focused()
    expect(editor.locator(".editor-steps [aria-current]")).to_have_text("Consent")
    assert editor.locator(".step:visible").count() == 1
    editor.keyboard.press("Tab")
    assert editor.evaluate("document.activeElement.name") == "wording"
    editor.locator("#consent .between button").last.focus()
    editor.keyboard.press("Space")
    expect(editor.locator("#incentive h2")).to_be_focused()
    expect(editor).to_have_url(re.compile("step=incentive"))
    editor.go_back()
    expect(editor.locator("#consent h2")).to_be_focused()
    editor.reload()
    expect(editor.locator("#consent h2")).to_be_visible()


def test_a_new_question_is_written_where_the_page_opens(editor: Page) -> None:
    go_to(editor, "questions")
    n = editor.locator(".question").count()
    editor.click("#questions [value=add]")
    expect(editor.locator(".question")).to_have_count(n + 1)
    expect(editor.locator(f"[name=questions-{n}-label]")).to_be_focused()
    editor.click(f"#questions [value='remove:{n}']")
    expect(editor.locator(".question")).to_have_count(n)
    expect(editor.locator("#questions h2")).to_be_focused()


def test_a_form_is_drafted_published_and_drafted_again(demo: Demo, editor: Page, browser: Browser) -> None:
    editor.goto(f"{demo.public_url}/admin/forms/new?preset=newsletter")
    editor.fill("[name=title]", "Version one")
    editor.press("[name=title]", "Enter")  # saves, and publishes nothing
    expect(editor.locator(".draft")).to_contain_text("visitors don’t see this form yet")
    public_id = editor.url.rpartition("/")[2].partition("?")[0]
    visitor = browser.new_page()
    answer = visitor.goto(f"{demo.public_url}/f/{public_id}")
    assert answer is not None
    assert answer.status == 404
    editor.click(".sticky [value=publish]")
    expect(editor.locator(".sub").first).to_contain_text("Version 1")
    visitor.goto(f"{demo.public_url}/f/{public_id}")
    expect(visitor.locator("h1")).to_have_text("Version one")

    editor.fill("[name=title]", "Version two")
    go_to(editor, "after")
    editor.click(".sticky [value=save]")
    expect(editor.locator(".draft")).to_contain_text("visitors still see version 1")
    expect(editor.locator("#after h2")).to_be_visible()  # where one was, one stays
    expect(preview(editor).locator("h1")).to_have_text("Version two")
    visitor.reload()
    expect(visitor.locator("h1")).to_have_text("Version one")
    editor.goto(f"{demo.public_url}/admin/forms")
    expect(editor.locator("tr", has_text=public_id).locator(".pill")).to_have_text("Draft")
    editor.go_back()
    editor.click(".draft .danger summary")
    editor.click(".draft button.danger")
    expect(editor.locator(".draft")).to_have_count(0)
    expect(editor.locator("[name=title]")).to_have_value("Version one")
    visitor.close()


def another_operator(demo: Demo, browser: Browser) -> Page:
    """Edith, who edits, in a browser of her own."""
    with demo.app.app_context(), demo.app.test_request_context():
        with transaction():
            edith = find_operator("edith@example.org") or add_operator("edith@example.org", "Edith", Role.EDITOR, None)
            edith.every_list = True
            ticket = new_ticket(edith, "sign-in", timedelta(minutes=10))
        db.session.remove()
    page = browser.new_context().new_page()
    page.goto(f"{demo.public_url}{ticket.removeprefix(demo.public_url)}")
    page.click("main button")
    page.wait_for_url("**/admin/")
    return page


def test_the_later_of_two_operators_sees_what_the_other_changed(demo: Demo, editor: Page, browser: Browser) -> None:
    other = another_operator(demo, browser)
    editor.goto(f"{demo.public_url}/admin/forms/new?preset=event")
    editor.click(".sticky [value=save]")
    expect(editor.locator(".draft")).to_be_visible()
    other.goto(editor.url)
    other.fill("[name=title]", "From the other")
    other.click(".sticky [value=save]")
    expect(other.locator(".flash")).to_contain_text("Draft saved")
    editor.fill("[name=intro]", "From me")
    editor.click(".sticky [value=save]")
    told = editor.locator("#editor [role=alert]")
    expect(told).to_contain_text("Edith saved this draft while you were editing")
    expect(told).to_be_focused()
    expect(told.locator("ins")).to_have_text(["From", "the", "other"])
    expect(editor.locator("[name=intro]")).to_have_value("From me")
    for width in (1280, 375):
        editor.set_viewport_size({"width": width, "height": 860})
        assert Axe().run(editor).response["violations"] == []
        assert editor.evaluate("document.documentElement.scrollWidth") <= width
    editor.click(".sticky [value=save]")
    expect(editor.locator(".flash")).to_contain_text("Draft saved")
    other.context.close()


def test_a_file_that_was_chosen_stays_when_the_step_changes(demo: Demo, editor: Page) -> None:
    editor.goto(f"{demo.public_url}/admin/forms/new?preset=white-paper")
    editor.click(".sticky [value=publish]")
    expect(editor.locator("#incentive h2")).to_be_focused()
    expect(editor.locator("#editor [role=alert] [value='publish:without']")).to_be_visible()
    file = {"name": "seven-steps.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 test"}
    editor.set_input_files("[name=incentive]", file)  # type: ignore[arg-type]  # as Playwright documents it
    go_to(editor, "look")
    editor.click(".sticky [value=save]")
    expect(editor.locator(".flash")).to_contain_text("Draft saved")
    go_to(editor, "incentive")
    expect(editor.locator("[name=lead_magnet_id] option:checked")).to_contain_text("Seven steps")


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
    editor.evaluate("document.querySelectorAll('.step').forEach((one) => { one.hidden = false; })")
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
