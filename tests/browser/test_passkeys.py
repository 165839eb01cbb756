"""Passkeys with a real browser and its virtual authenticator (Chrome DevTools, the domain WebAuthn)."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server

from signup.access.passkey import Passkey
from signup.access.session import OperatorSession
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import OPAL, PASSWORD, hire
from tests.services import free_port

pytestmark = pytest.mark.browser


@pytest.fixture
def address(make_app: Callable[..., Flask]) -> Iterator[tuple[Flask, str]]:
    """The application behind a name, as keys want it."""
    port = free_port()
    app = make_app(public_url=f"http://localhost:{port}")
    hire(app, OPAL)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app, f"http://localhost:{port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(30_000)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    wishes = options | {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": wishes})
    yield page
    context.close()


def test_a_passkey_is_made_signs_in_finishes_a_password_and_proves_again(
    address: tuple[Flask, str], page: Page
) -> None:
    app, url = address
    page.goto(f"{url}/admin/sign-in")
    page.fill("#address", OPAL)
    page.fill("#password", PASSWORD)
    page.click("form:has(#password) button")
    page.goto(f"{url}/admin/settings/account/passkeys/new")
    page.fill("#name", "This laptop")
    page.click("text=Create passkey")
    expect(page.locator(".codes li")).to_have_count(10)
    _sign_out(page, url)
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{url}/admin/")
    with app.app_context():
        made = db.session.scalars(select(Passkey)).one()
        assert made.used_at is not None
    _sign_out(page, url)
    page.fill("#address", OPAL)
    page.fill("#password", PASSWORD)
    page.click("form:has(#password) button")
    expect(page.locator("h1")).to_have_text("Two-factor authentication")
    page.click("text=Use a passkey")
    page.wait_for_url(f"{url}/admin/")
    with app.app_context(), transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-timedelta(hours=1))))
    page.goto(f"{url}/admin/settings/operators")
    expect(page.locator("h1")).to_have_text("Confirm it’s you")
    page.click("text=Use a passkey")
    page.wait_for_url(f"{url}/admin/settings/operators")
    page.goto(f"{url}/admin/settings/account")
    expect(page.locator(".subscription p.sub")).to_contain_text("last used")
    page.click("summary:has-text('Remove: This laptop')")
    page.click("text=Yes, remove it")
    expect(page.locator(".flash")).to_contain_text("The passkey has been removed")
    with app.app_context():
        assert db.session.scalars(select(Passkey)).all() == []


def _sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/admin/settings/account")
    page.click("text=Sign out >> visible=true")
    page.wait_for_url(f"{url}/admin/sign-in")
