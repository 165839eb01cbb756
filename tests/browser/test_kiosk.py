"""The kiosk in a browser: from the operator's page to an afternoon without a network, by finger and by keyboard."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from signup.ground.db import db, transaction
from signup.kiosks.kiosk import Kiosk, Staff
from tests.browser.demo import Demo, mail_to
from tests.browser.look import look_at
from tests.cast import make_form, make_list
from tests.flows.test_partners import TEA, make_partner

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("SIGNUP_PICTURES")
PIN = "4711"
TABLET: ViewportSize = {"width": 1024, "height": 768}


@pytest.fixture(scope="session")
def kiosk_url(demo: Demo, signed_in: BrowserContext) -> str:
    """Opal adds Mia and a kiosk, and reads its address, which is shown once."""
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/forms/tills/staff")
    page.fill("#name", "Mia")
    page.fill("#pin", "1234")
    page.click("button:text-is('Add')")
    expect(page.locator("#pin-error")).to_be_visible()
    page.fill("#pin", PIN)
    page.click("main form.editor button")
    assert look_at(page, "staff") == []
    page.goto(f"{demo.public_url}/admin/forms/tills/new")
    page.fill("#name", "Window")
    page.fill("#shop", "Old town")
    assert look_at(page, "till-new") == []
    page.click("main form button.primary")
    url = page.input_value("#link")
    assert look_at(page, "tills") == []
    page.click("tbody a")
    page.wait_for_selector("#hint-first_name")
    assert look_at(page, "till-edit") == []
    page.fill("#hint-first_name", "Ask whether it has an accent.")
    page.click("main form button.primary")
    page.wait_for_url("**/forms/tills")  # a page that is closed while it moves on may never close
    page.close()
    return url


@pytest.fixture
def tablet(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=TABLET)
    context.set_default_timeout(30_000)
    yield context
    context.close()


def _open(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def _unlock(page: Page) -> None:
    for digit in PIN:
        page.click(f'[data-digit="{digit}"]')
    page.click("button.go")
    page.wait_for_selector('body[data-at="form"]')


def _take(page: Page, address: str) -> None:
    """One customer, up to the thanks."""
    page.fill("#email", address)
    page.fill("#f-first_name", "Ada Lovelace")
    page.check('[name="declined"][value="interests"]')
    page.check('[name="declined"][value="work"]')
    page.click('[data-step="form"] button.big')
    page.click("[data-right]")
    page.check('[data-consent]:not([hidden]) [name="consent"]')
    page.click("[data-consent]:not([hidden]) button.big")
    page.wait_for_selector('body[data-at="thanks"]')


def _wait_for(page: Page, waiting: int) -> None:
    """Until so many entries wait on the kiosk."""
    expect(page.locator("[data-state]")).to_have_attribute("data-waiting", str(waiting), timeout=10_000)


def _stored(demo: Demo, like: str) -> list[tuple[str, str]]:
    """Address and source of every sign-up whose address begins so, straight from the database."""
    path = Path(demo.environment["SIGNUP_VAR"]) / "signup.db"
    query = "SELECT c.address, g.source FROM signup g JOIN contact c ON c.id = g.contact_id WHERE c.address LIKE ?"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query, (f"{like}%",)).fetchall()


def _look(page: Page, name: str) -> None:
    """Axe finds nothing in light and dark; a picture of each, and of a phone, where SIGNUP_PICTURES names a folder."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} {scheme}: {found.generate_report()}"
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"kiosk-{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 375, "height": 740})
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"), name
    small = "[...document.querySelectorAll('main button, main input:not([type=checkbox], [type=radio])')]"
    heights = page.evaluate(f"{small}.filter((it) => it.offsetHeight).map((it) => it.offsetHeight)")
    assert all(height >= 56 for height in heights), (name, heights)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"kiosk-{name}-phone.png", full_page=True)
    page.set_viewport_size(TABLET)


def test_each_step_asks_hints_reads_back_and_hands_over(demo: Demo, kiosk_url: str, tablet: BrowserContext) -> None:
    page = _open(tablet, kiosk_url)
    _look(page, "lock")
    page.fill("#pin", "9999")
    page.click("button.go")
    expect(page.locator("#pin-error")).to_have_text("That PIN is wrong.")
    _unlock(page)
    page.click('[data-step="form"] button.big')
    expect(page.locator("#email-error")).to_have_text("Fill in this field.")
    expect(page.locator("#interests-error")).to_contain_text("Please ask this too")
    expect(page.locator("#first_name-hint")).to_have_text("Ask whether it has an accent.")
    page.fill("#email", "mia.o-connor@gmial.com")
    page.fill("#f-first_name", "Mia")
    _look(page, "form")
    expect(page.locator("[data-accept]")).to_have_text("mia.o-connor@gmail.com")
    page.click("[data-accept]")
    page.check('[name="interests"][value="privacy"]')
    page.check('[name="work"][value="team"]')
    page.click('[data-step="form"] button.big')
    expect(page.locator("[data-spelled] span").nth(1)).to_contain_text("dot")
    assert (
        page.locator("[data-spelled]").inner_text().replace("\n", " ").startswith("mia . dot o - hyphen con nor @ at")
    )
    _look(page, "check")
    page.click("[data-right]")
    box = page.locator('[data-consent]:not([hidden]) [name="consent"]')
    assert not box.is_checked()
    page.click("[data-consent]:not([hidden]) button.big")
    expect(page.locator("[data-agree]").first).to_be_visible()
    page.click("summary")
    _look(page, "consent")
    page.click("summary")
    box.check()
    page.click("[data-consent]:not([hidden]) button.big")
    page.wait_for_selector('[data-form="code"]:not([hidden])')
    _look(page, "thanks")
    code = mail_to(demo, "mia.o-connor@gmail.com").split("code")[-1]
    digits = next(word for word in code.split() if word.isdigit() and len(word) == 6)
    page.fill('[data-form="code"] input', digits)
    page.click('[data-form="code"] button')
    expect(page.locator("[data-confirmed]").first).to_be_visible()
    page.click("[data-next]")
    assert page.input_value("#email") == ""
    [(_address, source)] = _stored(demo, "mia.o-connor")
    assert '"placement":"till:Window"' in source.replace(" ", "")
    assert '"staff":"Mia"' in source.replace(" ", "")
    assert tablet.cookies() == []
    page.click("[data-lock]")
    expect(page.locator("#lock-title")).to_be_visible()


def test_twenty_customers_offline_two_reconnects_a_lost_answer_and_a_second_tab_store_exactly_twenty(
    demo: Demo, kiosk_url: str, tablet: BrowserContext
) -> None:
    page = _open(tablet, kiosk_url)
    _unlock(page)
    page.wait_for_selector('body[data-page="kept"][data-pin="kept"]')
    expect(page.locator("[data-state]")).to_contain_text("ready for offline use")
    tablet.set_offline(True)  # Playwright's own
    page.reload()  # the page comes from the worker's store, the PIN from the device
    _unlock(page)
    expect(page.locator("[data-state]")).to_contain_text("Offline")
    for number in range(20):
        _take(page, f"offline{number}@example.org")
        expect(page.locator("[data-unsent]").first).to_be_visible()
        page.click("[data-next]")
    expect(page.locator("[data-state]")).to_contain_text("20 waiting")
    assert _stored(demo, "offline") == []
    kept = page.evaluate(
        "new Promise((done) => { const open = indexedDB.open('till'); open.onsuccess = () => {"
        " open.result.transaction('queue').objectStore('queue').getAll().onsuccess ="
        " (event) => done(JSON.stringify(event.target.result)); }; })"
    )
    assert "offline" not in kept
    assert "Lovelace" not in kept

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    tablet.route("**/entries", lose, times=1)
    tablet.set_offline(False)
    expect(page.locator("[data-state]")).to_contain_text("Offline")  # the server has them, the kiosk cannot know
    _wait_for(page, 20)
    tablet.set_offline(True)
    tablet.set_offline(False)
    other = _open(tablet, kiosk_url)
    _wait_for(page, 0)
    _wait_for(other, 0)
    addresses = sorted(address for address, _source in _stored(demo, "offline"))
    assert addresses == sorted(f"offline{number}@example.org" for number in range(20))


@pytest.fixture
def counter_url(demo: Demo) -> str:
    """A kiosk of its own, with one partner's box."""
    with demo.app.app_context():
        tea = make_partner("tea", "Tea House", TEA)
        form = make_form(make_list("counter"), fields=(), magnet=False, partner_ids=(tea.id,))
        with transaction():
            kiosk = Kiosk(name="Counter", shop="Counter", form_id=form.id)
            kim = Staff(name="Kim", shop="Counter")
            kim.set_pin(PIN)
            token = kiosk.renew()
            db.session.add_all([kiosk, kim])
    return f"{demo.public_url}/k/{token}"


def test_a_partners_own_box_is_ticked_without_a_network_and_named_in_the_mail(
    demo: Demo, counter_url: str, tablet: BrowserContext
) -> None:
    page = _open(tablet, counter_url)
    page.get_by_label("Kim").check()
    _unlock(page)
    page.wait_for_selector('body[data-page="kept"][data-pin="kept"]')
    tablet.set_offline(True)
    for address, ticks in (("tea.lover@example.org", True), ("no.tea@example.org", False)):
        page.fill("#email", address)
        page.click('[data-step="form"] button.big')
        page.click("[data-right]")
        box = page.get_by_role("checkbox", name=TEA)
        assert not box.is_checked()
        if ticks:
            _look(page, "partner")
            box.check()
        page.check('[name="consent"]')
        page.click("[data-consent]:not([hidden]) button.big")
        page.click("[data-next]")
    _wait_for(page, 2)
    tablet.set_offline(False)
    _wait_for(page, 0)
    assert "- Tea House" in mail_to(demo, "tea.lover@example.org")
    assert "Tea House" not in mail_to(demo, "no.tea@example.org")


def test_a_refused_entry_comes_back_to_be_corrected(demo: Demo, kiosk_url: str, tablet: BrowserContext) -> None:
    page = _open(tablet, kiosk_url)
    _unlock(page)
    tablet.set_offline(True)
    _take(page, "a@b.invalid")  # looks like an address to the browser, is none to the server
    page.click("[data-next]")
    tablet.set_offline(False)
    page.click('[data-to="queue"]')
    _look(page, "queue")
    page.click("[data-correct]")
    expect(page.locator("#email-error")).to_contain_text("looks incomplete")
    page.fill("#email", "corrected@example.org")
    page.click('[data-step="form"] button.big')
    page.click("[data-right]")
    _wait_for(page, 0)
    [(_address, source)] = _stored(demo, "corrected")
    assert '"corrected":true' in source.replace(" ", "")
    expect(page.locator('[data-to="queue"]')).to_be_hidden()


def test_the_whole_path_by_keyboard_alone(demo: Demo, kiosk_url: str, tablet: BrowserContext) -> None:
    page = _open(tablet, kiosk_url)

    def tab_to(selector: str) -> None:
        for _press in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({selector!r})"):
                return
        pytest.fail(f"the keyboard does not reach {selector}")

    tab_to("#pin")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-at="form"]')
    tab_to("#email")
    page.keyboard.type("kiosk-keys@example.org")
    tab_to("#f-first_name")
    page.keyboard.type("Kim")
    for key in ("interests", "work"):
        tab_to(f'[name="declined"][value="{key}"]')
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector('body[data-at="check"]')
    tab_to("[data-right]")
    page.keyboard.press("Enter")
    tab_to('[name="consent"]')
    page.keyboard.press("Space")
    tab_to("button.big")
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-form="code"]:not([hidden])')
    assert len(_stored(demo, "kiosk-keys@")) == 1


def test_an_address_is_spelled_without_losing_a_letter_and_typos_are_seen(
    kiosk_url: str, tablet: BrowserContext
) -> None:
    page = _open(tablet, kiosk_url)
    call = "([name, text]) => import('/static/kiosk-hint.js').then((hint) => hint[name](text))"
    for address in ("a@b.ch", "mia.o-connor_2+shop@gmail.com", "jörg.müller@bücher.example", "x" * 64 + "@example.org"):
        assert "".join(piece["text"] for piece in page.evaluate(call, ["pieces", address])) == address
    meant = {"a@gmial.com": "a@gmail.com", "a@bluewin.cg": "a@bluewin.ch", "a@hotmial.fr": "a@hotmail.fr"}
    kept = ("a@gmail.com", "a@mail.com", "a@example.org", "a@gmx.ch", "a@live.be", "a@", "gmial.com")
    for typed, better in {**meant, **dict.fromkeys(kept, "")}.items():
        assert page.evaluate(call, ["meant", typed]) == better, typed


def test_the_lock_names_what_is_missing_and_the_page_knows_whether_the_server_is_there(
    kiosk_url: str, tablet: BrowserContext
) -> None:
    page = _open(tablet, kiosk_url)
    expect(page.locator("[data-state]")).to_contain_text("Online")
    page.evaluate("document.querySelector('[name=staff]').checked = false")
    for digit in PIN:
        page.click(f'[data-digit="{digit}"]')
    page.click("button.go")
    expect(page.locator("#staff-error")).to_have_text("Choose your name.")
    assert page.evaluate("document.activeElement.name") == "staff"
    assert (page.input_value("#pin"), page.inner_text("#pin-error")) == (PIN, "")
    page.keyboard.press("Space")
    page.click("button.go")
    page.wait_for_selector('body[data-at="form"]')
    page.route("**/entries", lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-state]")).to_contain_text("Offline")
    page.close()


def test_a_kiosk_that_nobody_touches_locks_and_forgets_what_was_typed(kiosk_url: str, tablet: BrowserContext) -> None:
    page = tablet.new_page()
    page.clock.install()
    page.goto(kiosk_url)
    _unlock(page)
    page.fill("#email", "left.behind@example.org")
    page.click('[data-step="form"] button.big')
    page.clock.fast_forward("03:01")
    expect(page.locator("#lock-title")).to_be_visible()
    assert "left.behind" not in page.evaluate("document.body.innerHTML + document.querySelector('#email').value")


def test_the_report_shows_kiosk_and_staff(demo: Demo, kiosk_url: str, signed_in: BrowserContext) -> None:
    page = signed_in.new_page()
    page.goto(f"{demo.public_url}/admin/forms/tills/report")
    assert page.locator("table >> text=Mia").count() > 0
    assert look_at(page, "till-report") == []
    page.close()
