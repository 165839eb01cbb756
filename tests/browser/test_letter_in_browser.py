"""From a picture dropped into a letter to the letter's page: written, sent, opened from the mail, found in the list."""

import base64
import re
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.demo import Demo, mail_to

pytestmark = pytest.mark.browser
READER = "reader@example.org"
DROP = """(area, picture) => {
  const bytes = Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  area.focus();
  area.setSelectionRange(5, 5);
  area.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def photo() -> str:
    out = BytesIO()
    Image.effect_noise((1_600, 900), 60).convert("RGB").save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_letter_with_a_dropped_picture_is_read_in_the_browser(
    demo: Demo, browser: Browser, signed_in: BrowserContext, visitor: BrowserContext
) -> None:
    _sign_up(demo, visitor.new_page())
    admin = signed_in.new_page()
    admin.goto(f"{demo.public_url}/admin/lists/{demo.list}")
    admin.check("[name=archive_is_public]")
    admin.click("text=Save list")
    admin.goto(f"{demo.public_url}/admin/campaigns/new")
    _write(admin)
    admin.click("main a.primary")
    admin.click("main form button.primary")
    address = re.findall(r"http\S+/archive/\S+", mail_to(demo, READER, "Spring"))[0]
    page = browser.new_context(bypass_csp=True).new_page()  # nothing runs in it otherwise, axe neither
    page.goto(address)
    assert page.evaluate("document.images[0].naturalWidth") == 1_200
    assert Axe().run(page).violations_count == 0
    page = visitor.new_page()
    page.goto(address)
    page.click("text=All letters")
    expect(page.locator(".letters a")).to_have_text("Spring")
    assert Axe().run(page).violations_count == 0
    page.click("text=Subscribe")
    page.wait_for_url("**/f/*")  # of the list's newest form, which another test may have made


def _write(admin: Page) -> None:
    admin.fill("[name=name]", "Spring")
    admin.fill("[name=subject]", "Spring")
    admin.select_option("[name=layout]", "magazine")
    area = admin.locator("textarea[name=body]")
    area.fill("HelloWorld")
    area.evaluate(DROP, photo())
    assert admin.evaluate("document.activeElement.name") == "picture_alt"
    admin.click("#pictures button")
    expect(admin.locator("#pictures [role=alert]")).to_contain_text("Describe the picture")
    admin.fill("[name=picture_alt]", "A press in the sun")
    admin.keyboard.press("Enter")
    expect(area).to_have_value(re.compile(r"^Hello\n\n!\[A press in the sun\]\(http[^)]+\.jpeg\)\n\nWorld$"))
    shown = admin.frame_locator("iframe[name^=preview]:not(.waiting)").locator("td.card img")
    expect(shown).to_have_attribute("width", "534")
    admin.click("text=Save and continue")


def _sign_up(demo: Demo, page: Page) -> None:
    page.goto(demo.form_url)
    page.fill("#email", READER)
    page.fill("#first_name", "Ada")
    page.check("input[value=privacy]")
    page.check("#consent")
    page.wait_for_timeout(1_500)  # nobody types faster
    page.click("button[type=submit]")
    page.wait_for_selector("#code")
    page.goto(re.findall(r"http\S+/confirm/\S+", mail_to(demo, READER))[0])
    page.wait_for_selector("a.big")  # in the browser that asked, opening it is enough
