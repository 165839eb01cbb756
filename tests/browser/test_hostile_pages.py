"""The embed on pages that make it hard: their styles, their scripts, their layers, their age. Nothing may break it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.demo import Demo, mail_to
from tests.browser.look import until
from tests.browser.website import TEXT, Pages, Website, axe, code_for, fill, is_shown

pytestmark = pytest.mark.browser

STYLE_SAYS = "(it, name) => getComputedStyle(it).getPropertyValue(name)"
COVER = """<style>
  .cover { position: fixed; left: 0; right: 0; height: 140px; z-index: 2147483647; background: #ddd }
  #top { top: 0 } #bottom { bottom: 0 }
</style>"""


@pytest.fixture
def styled(website: Website) -> Website:
    """The website, whose policy lets its own pages have inline styles."""
    website.policy = website.policy.replace("'none';", "'none'; style-src 'unsafe-inline';", 1)
    return website


def css(page: Page, selector: str, name: str) -> Any:
    return page.locator(selector).first.evaluate(STYLE_SAYS, name)


def stored(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({ ...localStorage })")
    return found


def signed_up(page: Page, address: str) -> None:
    fill(page, address)
    page.click("form .m")
    expect(page.locator("#code")).to_be_visible()


# Styles


def test_no_style_of_the_page_reaches_the_form(styled: Website) -> None:
    head = """<style>*, dialog { all: unset !important } div:empty { display: none !important }
      button, input, form, dialog, section { display: none !important } html { font-size: 62.5%; background: #111 }
      [role=status], h2, p { color: red !important; font-size: 60px !important }</style>"""
    for body in (styled.script("inline"), styled.place(), styled.script("pop-up")):
        page = styled.open(body, head=head)
        expect(page.locator("#email")).to_be_visible()
        assert css(page, ".c", "background-color") == "rgb(255, 255, 255)"
        assert css(page, ".c h2", "font-size") == "21px"
        assert css(page, "form .m", "background-color") == "rgb(67, 56, 202)"
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.close()


def test_it_reads_from_left_to_right_on_a_page_that_does_not_and_is_not_wider_than_a_line(styled: Website) -> None:
    page = styled.open(styled.script("inline"), head="<style>html { direction: rtl }</style>")
    expect(page.locator("#email")).to_be_visible()
    page.set_viewport_size({"width": 1600, "height": 900})
    assert css(page, ".c", "direction") == "ltr"
    assert page.locator(".c").evaluate("(it) => it.offsetWidth") == 600


def test_in_forced_colours_buttons_and_inputs_have_borders(styled: Website, demo: Demo) -> None:
    page = styled.context.new_page()
    page.emulate_media(forced_colors="active")
    styled.open(styled.script("bar"), page=page)
    for button in (".t .m", "dialog form .m", "dialog #email"):
        expect(page.locator(button)).to_be_visible()
        assert css(page, button, "border-top-style") == "solid"
        assert css(page, button, "border-top-width") == "1px"
        if button == ".t .m":
            page.click(button)
    page.goto(demo.form_url)
    assert css(page, "form button", "border-top-width") == "1px"


def _without_light_dark(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("light-dark(", "unknown-function("))


def test_a_browser_without_light_dark_sees_ground_borders_and_buttons(styled: Website, demo: Demo) -> None:
    for served in ("**/embed.js", "**/embed?*", "**/*.css"):
        styled.context.route(served, _without_light_dark)
    page = styled.context.new_page()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    styled.open(styled.script("pop-up") + TEXT, head='<meta name="color-scheme" content="light dark">', page=page)
    expect(page.locator("dialog #email")).to_be_visible()
    assert css(page, ".c", "background-color") == "rgb(255, 255, 255)"
    assert css(page, "form .m", "background-color") == "rgb(67, 56, 202)"
    assert css(page, "#email", "border-top-style") == "solid"
    axe(page, "pop-up without light-dark()")
    page.goto(demo.form_url)
    assert css(page, "main", "background-color") == "rgb(255, 255, 255)"
    assert css(page, "#email", "border-top-color") == "rgb(120, 121, 129)"
    assert css(page, "form button", "background-color") == "rgb(67, 56, 202)"
    axe(page, "hosted page without light-dark()")


# Layers


@pytest.mark.parametrize(("mode", "cover"), [("bar", "bottom"), ("slide-in", "top")])
def test_what_is_covered_is_not_shown_and_does_not_count(styled: Website, mode: str, cover: str) -> None:
    page = styled.open(f'<div class="cover" id="{cover}">Cookies?</div>{styled.script(mode)}{TEXT}', head=COVER)
    page.set_viewport_size({"width": 900, "height": 560})
    until(page, "window.Signup")
    page.wait_for_timeout(500)
    assert not is_shown(page)
    assert stored(page) == {}
    assert page.evaluate("told") == []
    page.evaluate("document.querySelector('.cover').remove()")
    expect(page.locator(".t, dialog[open]")).to_be_visible()
    assert page.evaluate("told") == ["view"]
    assert stored(page)
    expect(page.locator(".h")).to_have_text("Get The Letter")  # said politely: it stands at the end of the page


def test_on_a_low_screen_it_is_a_bar_that_says_what_is_offered_and_its_cross_stays(
    browser: Browser, demo: Demo, pages: Pages, origin: str, asking_form: str
) -> None:
    for size, is_touch in (({"width": 740, "height": 340}, True), ({"width": 640, "height": 400}, False)):
        context = browser.new_context(viewport=size, has_touch=is_touch, reduced_motion="reduce")  # type: ignore[arg-type]
        site = Website(context, demo, pages, origin)
        page = site.open(site.script("pop-up") + TEXT)
        bar = page.get_by_role("region", name="Get The Letter")
        expect(bar).to_contain_text("white paper")
        box = bar.bounding_box()
        assert box
        assert box["height"] <= size["height"] / 3 + 1
        axe(page, f"bar at {size}")
        bar.get_by_role("button", name="Sign me up").click()
        dialog = page.locator("dialog:modal")
        dialog.evaluate("(it) => it.scrollTo(0, it.scrollHeight)")
        cross, seen = page.locator("dialog .x").bounding_box(), dialog.bounding_box()
        assert cross
        assert seen
        assert seen["y"] <= cross["y"] <= seen["y"] + 20
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        axe(page, f"dialog at {size}")
        context.close()


def test_it_does_not_come_over_a_dialog_of_the_page(website: Website) -> None:
    page = website.open('<dialog id="own"><button>Accept</button></dialog>' + website.script("pop-up", "delay:1"))
    page.evaluate("document.querySelector('#own').showModal()")
    page.wait_for_timeout(1_500)
    expect(page.locator(".w dialog[open]")).to_have_count(0)
    page.evaluate("document.querySelector('#own').close()")
    expect(page.locator(".w dialog[open]")).to_be_visible()


def test_the_bar_of_a_phone_says_what_is_offered(phone: Website) -> None:
    page = phone.open(phone.script("bar") + TEXT)
    expect(page.locator(".t p")).to_be_visible()
    axe(page, "bar on a phone")


def test_a_press_on_the_backdrop_that_ends_inside_closes_nothing(website: Website) -> None:
    page = website.open(website.script("pop-up") + TEXT)
    box = page.locator("dialog h2").bounding_box()
    assert box
    page.mouse.move(8, 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 5)
    page.mouse.up()
    assert is_shown(page)
    page.mouse.click(8, 8)
    assert not is_shown(page)


# Pages that change in place


def test_after_the_body_was_replaced_link_and_function_still_open_the_pop_up(website: Website) -> None:
    form_id = website.demo.form_id
    page = website.open(website.script("pop-up", "click:#join") + '<a id="join" href="/x">Join</a>')
    until(page, "window.Signup")
    page.wait_for_timeout(400)
    for _visit in range(2):  # the second time, it is open while the body goes
        page.evaluate("""() => {
          const link = Object.assign(document.createElement("a"), { id: "join", href: "/x", textContent: "Join" });
          const script = document.querySelector("script").cloneNode();
          document.body.replaceWith(document.createElement("body"));
          document.body.append(link, script);
        }""")
        page.click("#join")
        expect(page.locator("dialog:modal #email")).to_be_focused()
    page.evaluate("document.body.replaceWith(document.createElement('body'))")
    page.evaluate(f"Signup.open('{form_id}')")
    expect(page.locator("dialog:modal #email")).to_be_focused()
    assert page.locator("dialog").count() == 1


def test_where_the_pop_up_cannot_open_its_link_stays_a_link(website: Website) -> None:
    website.context.add_init_script("HTMLDialogElement.prototype.showModal = () => { throw Error('no') }")
    page = website.context.new_page()
    website.open('<a id="join" href="/elsewhere">Join</a>' + website.script("pop-up", "click:#join"), page=page)
    until(page, "window.Signup")
    page.wait_for_timeout(400)
    page.click("#join")
    page.wait_for_url("**/elsewhere")
    website.said.clear()


def test_rules_about_pages_are_judged_on_each_page_of_a_single_page_site(website: Website) -> None:
    page = website.open(website.script("pop-up", "delay:1") + "<p>Shop.</p>", "/shop")
    until(page, "window.Signup")
    page.evaluate("history.pushState({}, '', '/checkout/pay')")
    page.wait_for_timeout(1_500)
    assert not is_shown(page)
    page.evaluate("history.pushState({}, '', '/thanks'); document.querySelector('main').append('Thanks.')")
    page.wait_for_timeout(500)
    assert not is_shown(page)  # its second begins on this page
    page.wait_for_selector("dialog[open]")


def test_a_place_that_a_page_takes_away_and_draws_anew_has_its_form_again(website: Website) -> None:
    script = website.script("inline").replace("embed.js", "embed.js?v=2")
    page = website.open(f'{website.place()}<p id="other"></p>{script}')
    fill(page, "kept@example.org")
    page.evaluate("document.querySelector('#other').append(document.querySelector('[data-signup-form]'))")
    assert page.input_value("#email") == "kept@example.org"  # moved, not drawn anew
    page.evaluate("""() => {
      const place = document.querySelector("[data-signup-form]");
      place.replaceWith(place.cloneNode(true));
    }""")
    expect(page.locator("#email")).to_be_visible()
    assert page.input_value("#email") == ""


def test_a_part_of_the_page_that_scrolls_counts_as_the_page(styled: Website) -> None:
    head = (
        "<style>html, body { height: 100%; margin: 0; overflow: hidden } main { height: 100%; overflow: auto }</style>"
    )
    page = styled.open(styled.script("pop-up", "scroll:50") + TEXT, head=head)
    until(page, "window.Signup")
    page.wait_for_timeout(400)
    page.locator("main").evaluate("(it) => it.scrollTo(0, it.scrollHeight * 0.3)")
    page.wait_for_timeout(300)
    assert not is_shown(page)
    page.locator("main").evaluate("(it) => it.scrollTo(0, it.scrollHeight)")
    page.wait_for_selector("dialog[open]")


# What waits


def test_a_reload_finds_what_waits_and_a_mistyped_address_may_be_asked_again(website: Website) -> None:
    address = "waits@example.org"
    page = website.open(website.script("pop-up"))
    signed_up(page, address)
    assert "Infinity" not in stored(page).values()
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert address not in kept
    page.reload()
    expect(page.locator("dialog #code")).to_be_focused()
    axe(page, "waiting after a reload")
    page.keyboard.press("Escape")
    page.reload()
    until(page, "window.Signup")
    page.wait_for_timeout(400)
    assert not is_shown(page)  # closed is closed
    page.evaluate("Signup.open(document.querySelector('[data-form]').dataset.form)")
    page.fill("#code", code_for(website.demo, address))
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()
    assert "Infinity" in stored(page).values()
    page.reload()
    until(page, "window.Signup")
    page.evaluate("Signup.open(document.querySelector('[data-form]').dataset.form)")
    expect(page.locator("#email")).to_be_visible()


def test_the_first_tab_notices_that_the_link_was_pressed_elsewhere(website: Website) -> None:
    address = "elsewhere@example.org"
    page = website.open(website.place())
    signed_up(page, address)
    other = website.context.new_page()
    link = re.findall(r"http\S+/confirm/\S+", mail_to(website.demo, address))[0]
    other.goto(link)
    other.click("main button")
    expect(other.get_by_role("heading", name="You are on the list")).to_be_visible()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("heading", name="You are on the list")).to_be_visible()
    assert page.evaluate("told").count("confirmed") == 1
    assert "Infinity" in stored(page).values()


def test_errors_begin_with_the_first_field_and_go_while_they_are_mended(website: Website) -> None:
    page = website.open(website.place())
    page.wait_for_timeout(1_300)
    page.click("form .m")
    expect(page.locator("#email")).to_be_focused()
    assert page.locator("[aria-invalid]").count() == 2
    page.keyboard.type("a")
    expect(page.locator("#email-e")).to_have_count(0)
    assert page.locator("#email[aria-invalid]").count() == 0
    expect(page.locator("#consent-e")).to_be_visible()
    page.check("#consent")
    expect(page.locator("#consent-e")).to_have_count(0)


# The frame


def test_a_frame_becomes_lower_again_and_shows_its_next_step(phone: Website) -> None:
    page = phone.context.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    page.goto(f"{phone.demo.demo_url}iframe")
    frame, box = page.frame_locator("iframe"), page.locator("iframe")
    frame.locator("#email").fill("lower@example.org")
    frame.locator("#consent").check()
    page.wait_for_timeout(1_300)
    high = box.evaluate("(it) => it.offsetHeight")
    frame.locator("main form button").tap()
    expect(frame.locator("#code")).to_be_in_viewport()
    expect(frame.get_by_role("heading", name="Almost there")).to_be_in_viewport()
    low, inside = box.evaluate("(it) => it.offsetHeight"), frame.locator("main").evaluate("(it) => it.offsetHeight")
    assert low < high
    assert abs(low - inside) <= 2
    assert crashes == []


def test_a_sandboxed_frame_without_storage_works_and_throws_nothing(website: Website) -> None:
    url = f"{website.demo.form_url}?frame=1"
    page = website.open(f'<iframe sandbox="allow-scripts allow-forms" src="{url}" width="400" height="900"></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator("#email").fill("sandbox@gmial.com")
    frame.get_by_role("button", name="Did you mean").click()
    frame.locator("#consent").check()
    page.wait_for_timeout(1_300)
    frame.locator("main form > button").click()
    expect(frame.locator("#code")).to_be_visible()
