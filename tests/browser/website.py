"""A website that the form's owner allowed, whose pages each test writes, and what is looked for on them."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.demo import Demo, mail_to

POLICY = "default-src 'none'; script-src {service}; connect-src {service}; frame-src {service}"
TEXT = "<p>Somebody reads on, line after line, page after page.</p>" * 120
WATCH = """
  window.shifts = 0; window.told = []; window.refused = [];
  // Once a visitor has begun, our own box may change when the answer comes, however late; the site's page may not.
  const isOurs = (node) => node?.getRootNode() instanceof ShadowRoot || node?.shadowRoot;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const isAnswer = navigator.userActivation.hasBeenActive && entry.sources.every(({ node }) => isOurs(node));
      if (!entry.hadRecentInput && !isAnswer) window.shifts += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
  addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
  for (const name of ["view", "submit", "pending", "confirmed"])
    document.addEventListener(`signup:${name}`, () => window.told.push(name) && (window.seenAt ||= performance.now()));
"""
BLOCK_STORAGE = """
  for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
"""
PHONE = {"width": 375, "height": 667}


class Pages(ThreadingHTTPServer):
    """A website's server: whatever path is asked for, the page that the test wrote, with its policy."""

    daemon_threads = True
    html = ""
    policy = ""


class WebsiteHandler(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:  # the library's name
        body = self.server.html.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class Website:
    """Pages of a website that the form's owner allowed, each written by its test."""

    def __init__(self, context: BrowserContext, demo: Demo, pages: Pages, origin: str) -> None:
        self.context, self.demo, self.pages, self.origin = context, demo, pages, origin
        self.policy = POLICY.format(service=demo.public_url)
        self.said: list[str] = []
        context.set_default_timeout(30_000)
        context.add_init_script(WATCH)

    def script(self, mode: str, trigger: str = "arrival", form: str = "") -> str:
        form = form or self.demo.form_id
        src = f"{self.demo.public_url}/embed.js"
        return f'<script async src="{src}" data-form="{form}" data-mode="{mode}" data-trigger="{trigger}"></script>'

    def place(self, form: str = "", height: int = 900) -> str:
        """A place whose height the page keeps; here by the one attribute that needs no style."""
        div = f'<div data-signup-form="{form or self.demo.form_id}"><a href="/x">Letter</a></div>'
        script = f'<script async src="{self.demo.public_url}/embed.js"></script>'
        return f'<table><td valign="top" height="{height}" width="500">{div}</table>{script}'

    def open(
        self, body: str, path: str = "/post", *, head: str = "", origin: str = "", page: Page | None = None
    ) -> Page:
        page = page or self.context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(f"crash: {error}"))
        self.pages.policy = self.policy
        self.pages.html = (
            '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>A blog</title>{head}</head><body><main><h1>A blog</h1>{body}</main></body></html>"
        )
        page.goto((origin or self.origin) + path)
        return page


def shadow(page: Page, selector: str = "") -> Any:
    return page.locator(f".w {selector}".strip())


def fill(page: Page, address: str) -> None:
    page.fill("#email", address)
    page.check("#consent")
    page.wait_for_timeout(1_300)  # nobody types faster


def code_for(demo: Demo, address: str) -> str:
    found = re.search(r"^\s+(\d{6})\s*$", mail_to(demo, address), re.MULTILINE)
    assert found
    return found.group(1)


def axe(page: Page, state: str) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{state}: {found.generate_report()}"


def is_shown(page: Page) -> bool:
    return page.locator("dialog[open], .t").count() > 0
