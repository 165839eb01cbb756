"""What visitors, shops and marketers meet in Firefox and WebKit. Only with `--long`: Chromium runs each time."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import select

from signup.access.operator import Operator
from signup.access.ticket import new_ticket
from signup.app import create_app
from signup.ground.config import Settings
from signup.ground.db import close_connections, db, transaction
from signup.kiosks.kiosk import Kiosk, Staff
from tests.browser.demo import Demo, mail_to
from tests.browser.engines import ENGINES, EngineMissing, driven
from tests.cast import make_form, make_list
from tests.faults.service import Service, environment, running, wait_until
from tests.services import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning"),  # Selenium's own, for WebKit
]
PIN = "4711"


class Hand:
    """A driver, and what a test says to it in one line."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    def see(self, selector: str, within: WebElement | Any = None, seconds: float = 20) -> WebElement:
        """The first element that can be seen, once there is one."""
        place = within or self.driver

        def visible(_driver: WebDriver) -> WebElement | bool:
            found = place.find_elements(By.CSS_SELECTOR, selector)
            return next((element for element in found if element.is_displayed()), False)

        found = WebDriverWait(self.driver, seconds, ignored_exceptions=[Exception]).until(visible, selector)
        assert isinstance(found, WebElement)
        return found

    def fill(self, selector: str, text: str, within: WebElement | Any = None) -> None:
        field = self.see(selector, within)
        field.clear()
        field.send_keys(text)

    def press(self, selector: str, within: WebElement | Any = None) -> None:
        """By script: drivers scroll only the page they are in, and a label may lie over its box."""
        self.do("arguments[0].click()", self.see(selector, within))

    def do(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, script: str, seconds: float = 20) -> None:
        WebDriverWait(self.driver, seconds).until(lambda driver: driver.execute_script(f"return {script}"), script)


@pytest.fixture(params=ENGINES)
def hand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hand]:
    try:
        with driven(request.param, tmp_path) as driver:
            yield Hand(driver)
    except EngineMissing as missing:
        pytest.skip(f"{missing} is not installed: tests/browser/engines.py says how")


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    return f"{abs(hash(request.node.nodeid))}@engines.example.org"


def _code(demo: Demo, address: str) -> str:
    found = re.search(r"^\s+(\d{6})\s*$", mail_to(demo, address), re.MULTILINE)
    assert found
    return found.group(1)


def test_the_hosted_form_names_the_first_fault_and_confirms_by_code(hand: Hand, demo: Demo, address: str) -> None:
    hand.open(demo.form_url)
    hand.do("document.querySelector('main form').noValidate = true")
    hand.press("main form button[type=submit]")
    hand.see("#email-error")
    hand.fill("#email", address)
    hand.press("#consent")
    hand.wait_for("performance.now() > 2500")  # nobody types faster
    hand.press("main form button[type=submit]")
    hand.fill("#code", "000000")
    hand.press(".code button[type=submit]")
    hand.see("#code-error")
    hand.fill("#code", _code(demo, address))
    hand.press(".code button[type=submit]")
    hand.see("a[href*='/download/']")
    assert hand.do("return document.cookie") == ""


def test_a_pop_up_keeps_the_focus_closes_and_confirms_in_place(hand: Hand, demo: Demo, address: str) -> None:
    hand.open(f"{demo.demo_url}pop-up")
    hand.wait_for("window.Signup")
    hand.do("document.querySelector('#join').focus()")
    hand.press("#join")
    host = "[...document.querySelectorAll('*')].find((it) => it.shadowRoot?.querySelector('dialog[open]'))"
    hand.wait_for(f"{host} !== undefined")
    box = hand.do(f"return {host}").shadow_root
    hand.wait_for(f"{host}.shadowRoot.activeElement?.id === 'email'")
    hand.see("#email", box).send_keys(Keys.ESCAPE)
    hand.wait_for(f"{host} === undefined")
    hand.wait_for("document.activeElement.id === 'join'")
    hand.press("#join")
    hand.wait_for(f"{host} !== undefined")
    hand.fill("#email", address, box)
    hand.press("#consent", box)
    hand.wait_for("performance.now() > 2500")
    hand.press("form .m", box)
    hand.fill("#code", _code(demo, address), box)  # the sixth digit sends
    hand.see("a[href*='/download/']", box)
    assert hand.do("return document.cookie") == ""


def test_the_editors_preview_wears_the_forms_style(hand: Hand, demo: Demo) -> None:
    with demo.app.app_context(), demo.app.test_request_context():
        with transaction():
            opal = db.session.scalars(select(Operator).order_by(Operator.id)).first()
            assert opal
            ticket = new_ticket(opal, "sign-in", timedelta(minutes=10))
        db.session.remove()
    hand.open(f"{demo.public_url}{ticket.removeprefix(demo.public_url)}")
    hand.press("main button")
    hand.wait_for("location.pathname === '/admin/'")
    hand.open(f"{demo.public_url}/admin/forms/{demo.form_id}")
    frame = hand.see("iframe[name=preview]")
    hand.do("arguments[0].scrollIntoView()", frame)
    hand.driver.switch_to.frame(frame)
    button = hand.see("button")
    colour = button.value_of_css_property("background-color")
    assert colour not in {"rgba(0, 0, 0, 0)", "transparent"}
    assert button.value_of_css_property("border-top-left-radius") not in {"", "0px"}


def test_a_kiosk_works_on_without_its_server_and_hands_in_later(hand: Hand, tmp_path: Path) -> None:
    names = ("SIGNUP_PORT", "SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT")
    ports = {name: str(free_port()) for name in names}
    settings = environment(f"sqlite:///{tmp_path}/signup.db", tmp_path, **ports, smtp_url="", trusted_proxies="0")
    shop = f"http://127.0.0.1:{ports['SIGNUP_PORT']}"
    with running(service := Service(settings | {"PUBLIC_URL": shop}, "run")):
        wait_until((tmp_path / "run.json").exists, 60, "run is up", 0.1)
        hand.open(f"{shop}/k/{_kiosk(settings)}")
        _unlock(hand)
        hand.wait_for("document.body.dataset.page === 'kept' && document.body.dataset.pin === 'kept'")
        service.kill()
        hand.do("location.reload()")
        _unlock(hand)
        hand.fill("#email", "offline@example.org")
        hand.press('[data-step="form"] button.big')
        hand.press("[data-right]")
        hand.press('[data-consent]:not([hidden]) [name="consent"]')
        hand.press("[data-consent]:not([hidden]) button.big")
        hand.wait_for("document.querySelector('[data-state]').dataset.waiting === '1'")
        service.start()
        hand.wait_for("document.querySelector('[data-state]').dataset.waiting === '0'", 90)
        wait_until(lambda: len([*(tmp_path / "mail").glob("*.eml")]) == 1, 20, "the mail came", 0.1)


def _kiosk(settings: dict[str, str]) -> str:
    """The token of a new kiosk with one person behind it."""
    app = create_app(Settings.from_environment(settings))
    with app.app_context():
        form = make_form(make_list("counter"), fields=(), magnet=False)
        with transaction():
            kiosk = Kiosk(name="Counter", shop="Counter", form_id=form.id)
            kim = Staff(name="Kim", shop="Counter")
            kim.set_pin(PIN)
            token: str = kiosk.renew()
            db.session.add_all([kiosk, kim])
        close_connections()
    return token


def _unlock(hand: Hand) -> None:
    hand.see(f'[data-digit="{PIN[0]}"]')
    for digit in PIN:
        hand.press(f'[data-digit="{digit}"]')
    hand.press("button.go")
    hand.see('body[data-at="form"]')
