"""Whom the embed comes to uninvited, the tab that is always there, and what a page's tag manager hears."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from signup.forms.looks.appearance import Appearance
from signup.forms.targeting import Targeting
from signup.ground.clock import utcnow
from tests.browser.look import until
from tests.browser.website import TEXT, Website, axe, code_for, fill, is_shown
from tests.cast import make_form, make_list

pytestmark = pytest.mark.browser
TODAY = utcnow().date()


def form_with(website: Website, targeting: Targeting, *, analytics: bool = False) -> str:
    with website.demo.app.app_context():
        name = f"aim-{abs(hash((targeting, analytics)))}"
        look = Appearance(mode="pop-up", targeting=targeting, analytics=analytics)
        form = make_form(make_list(name), fields=(), magnet=False, appearance=look, allowed_origins=(website.origin,))
        return str(form.public_id)


def visit(website: Website, form_id: str, path: str, referrer: str = "", page: Page | None = None) -> Page:
    page = page or website.context.new_page()
    page.set_extra_http_headers({"Referer": referrer} if referrer else {})
    if referrer:
        page.add_init_script(f"Object.defineProperty(document, 'referrer', {{ get: () => '{referrer}' }})")
    website.open(website.script("pop-up", form=form_id) + TEXT, path, page=page)
    until(page, "window.Signup")
    return page


def comes(page: Page) -> bool:
    page.wait_for_timeout(500)
    return is_shown(page)


def test_it_comes_to_the_visits_that_it_is_for_and_to_no_other(website: Website) -> None:
    search = form_with(website, Targeting(referrers=("google.*",)))
    assert comes(visit(website, search, "/", "https://www.google.fr/"))
    website.context.clear_cookies()
    page = visit(website, search, "/", "https://news.example.org/google.fr/")
    assert not comes(page)
    spring = form_with(website, Targeting(campaigns=("utm_campaign=spring*",), visitors="new"))
    page = visit(website, spring, "/?utm_source=x&utm_campaign=spring-26")
    assert not comes(page), "it is not the first visit any more"
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto(f"{website.origin}/?utm_campaign=spring")
    assert comes(page)
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto(f"{website.origin}/?utm_campaign=autumn&x=spring")
    assert not comes(page)
    assert "spring" in page.evaluate("sessionStorage['signup:came']"), "kept for the rest of the visit"


def test_device_and_days_are_judged_and_who_asks_always_gets_it(website: Website) -> None:
    for targeting, is_for in (
        (Targeting(device="touch"), False),
        (Targeting(device="mouse"), True),
        (Targeting(starts_on=TODAY + timedelta(days=2)), False),
        (Targeting(ends_on=TODAY + timedelta(days=2)), True),
    ):
        form_id = form_with(website, targeting)
        page = visit(website, form_id, "/")
        assert comes(page) == is_for, targeting
        page.evaluate(f"Signup.open('{form_id}')")
        expect(page.locator("dialog:modal #email")).to_be_visible()
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.close()


def test_its_maker_tries_the_triggers_whatever_the_rules_say(website: Website, signed_in: BrowserContext) -> None:
    form_id = form_with(website, Targeting(device="touch", referrers=("nobody.example",)))
    page = signed_in.new_page()
    page.goto(f"{website.demo.public_url}/admin/forms/{form_id}/try")
    until(page, "window.Signup")
    page.wait_for_timeout(400)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("dialog:modal #email")).to_be_visible()
    page.close()


def test_without_such_a_rule_nothing_of_the_visit_is_kept(website: Website) -> None:
    page = visit(website, website.demo.form_id, "/?utm_source=x", "https://www.google.com/")
    page.wait_for_selector("dialog[open]")
    assert "came" not in page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")


def test_a_tab_stays_until_its_visitor_is_on_the_list(website: Website) -> None:
    page = website.open(website.script("tab", "click:#join") + TEXT)
    tab = page.get_by_role("button", name="Sign me up")
    expect(tab).to_be_visible()
    axe(page, "tab")
    assert not is_shown(page)
    assert page.evaluate("told") == []  # a tab is no interruption, and was not asked for
    tab.click()
    expect(page.locator("dialog:modal #email")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".b")).to_be_focused()
    page.evaluate("history.pushState({}, '', '/cart'); document.querySelector('main').append('Cart')")
    expect(page.locator(".b")).to_have_count(0)
    page.evaluate("history.pushState({}, '', '/blog'); document.querySelector('main').append('Blog')")
    page.locator(".b").click()
    fill(page, "tab@example.org")
    page.click("form .m")
    page.fill("#code", code_for(website.demo, "tab@example.org"))
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".b")).to_have_count(0)


def test_the_tag_manager_hears_what_happened_and_of_whom_nothing_but_only_where_it_is_wanted(website: Website) -> None:
    form_id = form_with(website, Targeting(), analytics=True)
    page = website.open(website.place(form_id))
    fill(page, "heard@example.org")
    page.click("form .m")
    expect(page.locator("#code")).to_be_visible()
    told = page.evaluate("dataLayer")
    about = {"form_id": form_id, "form_mode": "inline"}
    assert told == [{"event": f"signup_{what}", **about} for what in ("view", "submit", "pending")]
    page.evaluate("window.heard = []; window.gtag = (...words) => heard.push(words); 0")
    page.fill("#code", code_for(website.demo, "heard@example.org"))
    expect(page.get_by_role("heading", name=re.compile("on the list"))).to_be_visible()
    assert page.evaluate("heard") == [["event", "signup_confirmed", about]]
    page = website.open(website.place())
    expect(page.locator("#email")).to_be_visible()
    assert page.evaluate("window.dataLayer") is None
