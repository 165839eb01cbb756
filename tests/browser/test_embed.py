"""The embed on somebody else's page, under the strictest policy: every mode and trigger, its manners, the whole way."""

import json
import re
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect
from playwright.sync_api import Error as PlaywrightError

from signup.forms.looks.appearance import Appearance, Colours
from tests.browser.conftest import FLAGS
from tests.browser.demo import Demo
from tests.browser.look import look_at, until
from tests.browser.website import BLOCK_STORAGE, PHONE, TEXT, Pages, Website, axe, code_for, fill, is_shown, shadow
from tests.cast import make_form, make_list
from tests.services import find_chromium

pytestmark = pytest.mark.browser

# In the page


@pytest.mark.parametrize("viewport", [{"width": 1200, "height": 900}, PHONE], ids=["wide", "phone"])
def test_the_form_in_the_page_moves_nothing_asks_nobody_else_and_sets_no_cookie(
    website: Website, viewport: dict[str, int]
) -> None:
    requests: list[str] = []
    website.context.on("request", lambda request: requests.append(request.url))
    page = website.context.new_page()
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    page.goto(f"{website.demo.demo_url}inline")
    page.wait_for_selector("#consent")
    page.wait_for_timeout(300)
    assert page.evaluate("shifts") == 0
    assert page.evaluate("refused") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert website.context.cookies() == []
    ours = [url for url in requests if url.startswith(website.demo.public_url)]
    assert [re.sub(r"[^/]*\?.*", "", url).rpartition("/")[2] or "embed" for url in ours if "seen" not in url] == [
        "embed.js",
        "embed",
    ]
    assert all(url.startswith((website.demo.public_url, website.demo.demo_url)) for url in requests)
    axe(page, "inline")


def test_two_forms_stand_beside_each_other_and_the_script_may_come_twice(website: Website, asking_form: str) -> None:
    head = website.script("inline", form=website.demo.form_id)
    page = website.open(website.place() + website.place(asking_form), head=head)
    expect(shadow(page)).to_have_count(2)
    page.wait_for_timeout(300)
    expect(shadow(page)).to_have_count(2)
    expect(page.get_by_role("textbox", name="First name")).to_have_count(2)
    assert "Town" not in page.content()
    fill(page, "two-forms@example.org")
    assert page.evaluate("refused") == []


def test_a_script_in_the_head_and_one_that_comes_late_find_their_place(website: Website) -> None:
    page = website.open("<p>Text.</p>", head=website.script("inline"))
    page.wait_for_selector("#consent")
    page.evaluate("""() => {
      document.querySelector("main").append(Object.assign(document.createElement("div"), { id: "late" }));
      document.querySelector("#late").dataset.signupForm = document.querySelector("[data-form]").dataset.form;
      Signup.scan();
    }""")
    expect(page.locator("#late .c")).to_be_visible()


def test_without_javascript_or_connection_there_is_a_link_to_the_forms_own_page(
    website: Website, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{website.demo.demo_url}inline")
    assert page.get_by_role("link", name="Get The Letter").get_attribute("href") == website.demo.form_url
    context.close()
    website.context.route("**/embed?*", lambda route: route.abort())
    page = website.open(website.place())
    page.wait_for_timeout(400)
    expect(page.get_by_role("link", name="Letter")).to_be_visible()


def test_a_foreign_website_reads_in_its_console_which_setting_it_is(website: Website) -> None:
    page = website.open(website.place(), origin=website.origin.replace("127.0.0.1", "localhost"))
    for _each in range(200):  # however slow the machine is
        page.wait_for_timeout(50)
        if any("Allowed websites" in line for line in website.said):
            break
    page.wait_for_timeout(200)  # a second one would follow at once
    (line,) = [line for line in website.said if "Allowed websites" in line]
    assert website.origin.replace("127.0.0.1", "localhost") in line
    assert website.demo.form_id in line


def test_the_websites_colours_win_over_ours(website: Website) -> None:
    website.policy = website.policy.replace("'none';", "'none'; style-src 'unsafe-inline';", 1)
    style = "<style>:root { --signup-accent: rgb(1, 2, 3); --accent: red } button { color: red !important }</style>"
    page = website.open(website.place(), head=style)
    page.wait_for_selector("#consent")
    painted = page.eval_on_selector(
        "form .m", "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    )
    assert painted == ["rgb(1, 2, 3)", "rgb(255, 255, 255)"]


@pytest.mark.parametrize("mode", ["inline", "pop-up", "slide-in", "bar"])
def test_each_mode_can_be_read_in_the_dark(website: Website, mode: str) -> None:
    page = website.context.new_page()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    head = '<meta name="color-scheme" content="light dark">'
    website.open(website.script(mode) + TEXT, head=head, page=page)
    card = page.locator(".t" if mode == "bar" else ".c")
    expect(card).to_be_visible()
    assert card.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(27, 28, 36)"
    axe(page, f"{mode} in the dark")
    if mode == "bar":
        page.click(".t .m")
        axe(page, "opened bar in the dark")
    if mode == "pop-up":
        fill(page, "night@example.org")
        page.click("form .m")
        expect(page.locator("#code")).to_be_focused()
        axe(page, "code in the dark")


def test_the_pinned_line_works_under_the_strictest_policy_and_runs_no_other_bytes(website: Website) -> None:
    line = website.demo.console("form", "snippet", website.demo.form_id, "--kind", "pinned").strip()
    page = website.open(line)
    expect(page.locator("#consent")).to_be_visible()
    assert page.evaluate("refused") == []
    page = website.open(line.replace("sha384-", "sha384-A"))
    page.wait_for_timeout(300)
    assert shadow(page).count() == 0
    assert [text for text in website.said if "integrity" in text]


def test_our_own_page_and_the_frame_wear_the_forms_colours_in_light_and_dark(website: Website) -> None:
    with website.demo.app.app_context():
        look = Appearance(colours=Colours(accent="#ffd166", background="#10243e"))
        form_id = make_form(
            make_list("colours"), magnet=False, appearance=look, allowed_origins=(website.origin,)
        ).public_id
    page = website.context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    for path in (f"/f/{form_id}", f"/f/{form_id}?frame=1"):
        page.goto(website.demo.public_url + path)
        button, card = page.locator("form button"), page.locator("main")
        painted = [one.evaluate("(it) => getComputedStyle(it).backgroundColor") for one in (button, card)]
        assert painted == ["rgb(255, 209, 102)", "rgb(16, 36, 62)"]
    assert look_at(page, "colours") == []
    assert refused == []
    page.fill("#email", "colours@example.org")
    page.check("#consent")
    page.wait_for_timeout(1_300)
    page.click("form button")
    expect(page.locator("#code")).to_be_visible()
    assert page.locator("main").evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(16, 36, 62)"


# The whole way


def test_a_pop_up_takes_the_sign_up_the_code_and_opens_the_paper_on_the_spot(website: Website) -> None:
    address = "popup@gmail.com"
    page = website.open(website.script("pop-up") + TEXT)
    box = page.get_by_role("dialog", name="Get The Letter")
    expect(box).to_be_visible()
    axe(page, "form")
    page.fill("#email", "popup@gmial.com")
    suggestion = page.get_by_role("button", name=f"Did you mean {address}?")
    expect(suggestion).to_be_visible()
    axe(page, "hint")
    suggestion.click()
    assert page.input_value("#email") == address
    page.click("form .m")
    expect(page.locator("#consent")).to_be_focused()
    expect(page.get_by_role("checkbox", name="I would like to receive")).to_have_accessible_description(
        re.compile("Tick the box to sign up")
    )
    axe(page, "error")
    page.check("#consent")
    page.wait_for_timeout(1_300)
    page.click("form .m")
    expect(page.locator("#code")).to_be_focused()
    expect(page.get_by_role("dialog", name="Almost there")).to_be_visible()
    assert page.get_by_role("link", name="Open Gmail").get_attribute("href", timeout=1_000).startswith("https://mail.")  # type: ignore[union-attr]
    axe(page, "code")
    page.keyboard.type("000000")
    expect(page.locator("#code")).to_have_accessible_description(re.compile("didn’t match"))
    page.fill("#code", code_for(website.demo, address))
    paper = page.get_by_role("link", name="Download “Seven questions")
    expect(paper).to_be_visible()
    axe(page, "confirmed")
    with page.expect_download() as download:
        paper.click()
    assert download.value.suggested_filename == "seven-questions.pdf"
    assert page.url == f"{website.origin}/post"
    assert page.evaluate("told") == ["view", "submit", "submit", "pending", "confirmed"]
    assert page.evaluate("refused") == []
    assert page.evaluate("shifts") == 0
    assert website.context.cookies() == []
    assert address in website.demo.console("export", website.demo.list)


@pytest.fixture
def cookieless(browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A Chromium whose owner blocks third-party cookies (Settings, Privacy)."""
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), args=FLAGS.split()
    )
    yield context
    context.close()


def test_with_third_party_cookies_blocked_script_and_frame_sign_up_and_take_the_code(
    demo: Demo, pages: Pages, origin: str, cookieless: BrowserContext
) -> None:
    elsewhere = origin.replace("127.0.0.1", "localhost")  # not only another origin than the service: another site
    with demo.app.app_context():
        form = make_form(make_list("cookieless"), fields=(), magnet=False, allowed_origins=(elsewhere,))
        form_id = form.public_id
    site = Website(cookieless, demo, pages, elsewhere)
    for way in ("script", "iframe"):
        line = demo.console("form", "snippet", form_id, "--kind", way).replace(' style="border:0"', "")
        page = site.open(line)
        frame = page.frames[1] if way == "iframe" else page.main_frame
        frame.wait_for_selector("#consent")
        if way == "iframe":
            with pytest.raises(PlaywrightError, match="SecurityError"):  # cookies and storage are blocked alike
                frame.evaluate("localStorage.length")
        address = f"{way}@example.org"
        frame.fill("#email", address)
        frame.check("#consent")
        frame.wait_for_timeout(1_300)
        frame.click("form button.m, main form button")
        frame.fill("#code", code_for(demo, address))
        if way == "iframe":
            frame.click("form.code button")
        expect(frame.get_by_text("You are on the list")).to_be_visible()
        assert address in demo.console("export", "cookieless", "--status", "confirmed")


def test_the_keyboard_alone_signs_up_and_comes_back_to_where_it_was(website: Website) -> None:
    page = website.open(website.script("pop-up", "click:#join") + '<a id="join" href="/x">Join</a>' + TEXT)
    until(page, "window.Signup && document.querySelector('main ~ div, div')")
    page.focus("#join")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type("keys@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("Ada")
    for _step in range(4):
        page.keyboard.press("Tab")
    expect(page.locator("#consent")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_timeout(1_300)
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#join")).to_be_focused()
    page.keyboard.press("Enter")  # what was begun is still there
    expect(page.locator("#code")).to_be_visible()


def test_wrong_address_leads_back_and_the_mail_can_be_asked_for_once_more(website: Website) -> None:
    page = website.open(website.place())
    fill(page, "wrong@example.org")
    page.click("form .m")
    page.click("text=Wrong address?")
    expect(page.locator("#email")).to_be_focused()
    assert page.input_value("#email") == "wrong@example.org"
    page.fill("#email", "right@example.org")
    page.click("form .m")
    with page.expect_request(lambda request: request.method == "POST" and "seen" not in request.url) as sent:
        page.click("text=Send the email again")
    assert sent.value.url.endswith("/again"), "what was typed is not sent a second time"
    expect(page.get_by_role("status").filter(has_text="You can ask for a new email in")).to_be_visible()
    assert page.evaluate("shifts") == 0


def test_questions_left_for_later_come_after_the_code(website: Website, asking_form: str) -> None:
    address = "later@example.org"
    page = website.open(website.place(asking_form))
    expect(page.get_by_label("Town")).to_have_count(0)
    fill(page, address)
    page.click("form .m")
    page.fill("#code", code_for(website.demo, address))
    page.get_by_label("In a team").check()
    axe(page, "later")
    page.get_by_label("Town").fill("Genève")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved, thank you.")


def test_the_browser_works_when_the_service_asks_for_it(website: Website) -> None:
    bodies: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        bodies.append(route.request.post_data or "")
        if len(bodies) > 1:
            return route.fulfill(status=202, json={"status": "pending", "signup": "x"}, headers=allowed)
        problem = {"type": "/problems/proof-of-work", "challenge": "abc.def", "bits": 10}
        return route.fulfill(status=428, json=problem, headers=allowed)

    allowed = {"Access-Control-Allow-Origin": website.origin}
    website.context.route(f"**/f/{website.demo.form_id}", answer)
    page = website.open(website.place())
    fill(page, "worker@example.org")
    page.click("form .m")
    page.wait_for_selector("#code")
    (proof,) = parse_qs(bodies[1])["proof"]
    assert proof.startswith("abc.def.")
    assert int.from_bytes(sha256(proof.encode()).digest(), "big") >> (256 - 10) == 0
    assert bodies[1].startswith(bodies[0])


def test_a_sign_up_that_does_not_get_through_keeps_what_was_typed(website: Website) -> None:
    page = website.open(website.place())
    fill(page, "lost@example.org")
    website.context.route(f"**/f/{website.demo.form_id}", lambda route: route.abort())
    page.click("form .m")
    expect(page.get_by_role("alert")).to_contain_text("could not be sent")
    assert page.input_value("#email") == "lost@example.org"


def test_that_the_form_was_seen_and_begun_is_told_once_and_names_nobody(website: Website) -> None:
    told: list[dict[str, Any]] = []

    def note(route: Route) -> None:
        assert (route.request.headers["content-type"]).startswith("text/plain")
        told.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=204)

    website.context.route("**/seen", note)
    page = website.open(website.script("pop-up").replace("data-form", 'data-src="footer" data-form'))
    page.fill("#email", "a@b")
    page.fill("#email", "a@bc")
    page.wait_for_timeout(200)
    assert told == [{"what": what, "src": "footer", "lang": "en"} for what in ("view", "start")]


def test_the_frame_grows_with_the_hosted_page_and_confirms_in_place(website: Website) -> None:
    address = "frame@example.org"
    page = website.context.new_page()
    page.goto(f"{website.demo.demo_url}iframe")
    frame = page.frame_locator("iframe")
    frame.locator("#email").fill("frame@")
    frame.locator("button[type=submit]").click()
    expect(frame.locator("#email-error")).to_be_visible()
    inside = frame.locator("main").evaluate("(main) => main.offsetHeight")
    page.wait_for_timeout(200)
    assert page.locator("iframe").evaluate("(frame) => frame.offsetHeight") >= inside
    frame.locator("#email").fill(address)
    frame.locator("#consent").check()
    page.wait_for_timeout(1_300)
    frame.locator("button[type=submit]").click()
    frame.locator("#code").fill(code_for(website.demo, address))
    frame.locator(".code button[type=submit]").click()
    expect(frame.get_by_role("link", name="Download")).to_be_visible()
    assert website.context.cookies() == []
    axe(page, "frame")


# When it appears, and when not


@pytest.mark.parametrize(
    ("trigger", "act"),
    [
        ("arrival", ""),
        ("delay:1", ""),
        ("scroll:50", "scrollTo(0, document.body.scrollHeight * 0.6)"),
        ("exit", "document.dispatchEvent(new MouseEvent('mouseout', { clientY: 0 }))"),
        ("idle:1", ""),
        ("click:#join", "document.querySelector('#join').click()"),
    ],
)
def test_each_trigger_opens_the_pop_up_in_its_moment(website: Website, trigger: str, act: str) -> None:
    page = website.open(website.script("pop-up", trigger) + '<a id="join" href="/x">Join</a>' + TEXT)
    until(page, "window.Signup")
    if act:
        page.wait_for_timeout(400)
        assert not is_shown(page)
        page.evaluate(act)
    page.wait_for_selector("dialog[open]")
    assert page.evaluate("seenAt") >= (1_000 if trigger.endswith(":1") else 0)
    assert page.url == f"{website.origin}/post"


def test_a_fast_scroll_up_is_a_touch_screens_way_to_leave(phone: Website) -> None:
    page = phone.open(phone.script("pop-up", "exit") + TEXT)
    until(page, "window.Signup")
    page.wait_for_timeout(300)
    page.evaluate("scrollTo(0, 2000)")
    page.wait_for_timeout(200)
    assert not is_shown(page)
    page.evaluate("scrollTo(0, 1000)")
    page.wait_for_selector(".t")


def test_by_default_nothing_appears_before_fifteen_seconds_or_half_a_page(website: Website) -> None:
    page = website.open(website.script("pop-up", "") + TEXT)
    until(page, "window.Signup")
    page.evaluate("scrollTo(0, document.body.scrollHeight * 0.3)")
    page.wait_for_timeout(700)
    assert not is_shown(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight * 0.7)")
    page.wait_for_selector("dialog[open]")


def test_it_comes_once_in_the_pause_and_once_a_visit_over_all_forms(website: Website, asking_form: str) -> None:
    page = website.open(website.script("pop-up"))
    page.wait_for_selector("dialog[open]")
    page.close()
    page = website.open(website.script("pop-up"))  # another tab, another visit
    page.wait_for_timeout(500)
    assert not is_shown(page)
    page.evaluate("for (const key in localStorage) localStorage[key] = Date.now() - 1")
    page.reload()
    page.wait_for_selector("dialog[open]")  # the pause is over
    page.evaluate("localStorage.clear()")
    page.reload()
    page.wait_for_timeout(500)
    assert not is_shown(page)  # this visit was interrupted already
    page.close()
    page = website.open(website.script("pop-up") + website.script("slide-in", form=asking_form))
    page.wait_for_selector("dialog[open]")
    page.wait_for_timeout(500)
    assert page.locator("dialog[open]").count() == 1


def test_whoever_signed_up_is_never_asked_again_unless_they_ask(website: Website) -> None:
    page = website.open(website.place())
    fill(page, "never@example.org")
    page.click("form .m")
    page.wait_for_selector("#code")
    page = website.open(website.script("pop-up", "arrival click:#join") + '<button id="join">Join</button>')
    page.wait_for_timeout(500)
    assert not is_shown(page)
    page.click("#join")
    page.wait_for_selector("dialog[open]")


def test_with_storage_blocked_it_works_and_still_asks_only_once_a_visit(website: Website) -> None:
    website.context.add_init_script(BLOCK_STORAGE)
    page = website.open(website.script("pop-up") + '<a href="next">next</a>')
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.click("text=next")
    page.wait_for_timeout(600)
    assert not is_shown(page)


def test_it_keeps_away_from_the_checkout_but_opens_when_asked(website: Website) -> None:
    page = website.open(website.script("pop-up", "arrival click:#join") + '<a id="join">Join</a>', "/checkout/pay")
    page.wait_for_timeout(500)
    assert not is_shown(page)
    page.click("#join")
    page.wait_for_selector("dialog[open]")


def test_it_waits_while_the_visitor_types_somewhere_else(website: Website) -> None:
    page = website.open(website.script("pop-up", "delay:1") + '<label>Search <input id="search"></label>')
    page.focus("#search")
    page.wait_for_timeout(1_500)
    assert not is_shown(page)


# How it behaves once it is there


@pytest.mark.parametrize("way", ["Escape", "button", "backdrop"])
def test_a_pop_up_goes_by_escape_button_and_backdrop_and_gives_the_focus_back(website: Website, way: str) -> None:
    page = website.open(website.script("pop-up", "click:#join") + '<button id="join">Join</button>' + TEXT)
    until(page, "window.Signup")
    page.wait_for_timeout(300)
    page.focus("#join")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "button":
        page.get_by_role("button", name="Close").click()
    else:
        page.mouse.click(5, 5)
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#join")).to_be_focused()


def test_marking_a_text_and_slipping_off_the_pop_up_closes_nothing(website: Website) -> None:
    page = website.open(website.script("pop-up") + TEXT)
    box = page.locator("#email").bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    assert is_shown(page)


def test_a_slide_in_leaves_the_focus_and_the_page_to_the_reader(website: Website) -> None:
    page = website.open(website.script("slide-in", "delay:1") + '<button id="read">More</button>' + TEXT)
    page.focus("#read")
    expect(page.get_by_role("dialog", name="Get The Letter")).to_be_visible()
    expect(page.locator("#read")).to_be_focused()
    axe(page, "slide-in")
    page.focus("#email")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#read")).to_be_focused()
    assert page.evaluate("shifts") == 0


def test_a_bar_is_a_line_whose_button_opens_the_form(website: Website) -> None:
    page = website.open(website.script("bar") + TEXT)
    bar = page.get_by_role("region", name="Get The Letter")
    expect(bar).to_be_visible()
    axe(page, "bar")
    bar.get_by_role("button", name="Sign me up").click()
    expect(page.locator("#email")).to_be_focused()
    assert bar.count() == 0
    page.keyboard.press("Escape")
    assert not is_shown(page)


@pytest.mark.parametrize("mode", ["pop-up", "slide-in", "bar"])
def test_on_a_phone_it_is_a_bar_of_at_most_a_third_with_targets_for_thumbs(phone: Website, mode: str) -> None:
    page = phone.open(phone.script(mode) + TEXT)
    bar = page.get_by_role("region", name="Get The Letter")
    expect(bar).to_be_visible()
    page.wait_for_timeout(350)
    box = bar.bounding_box()
    assert box
    assert box["height"] <= PHONE["height"] / 3
    assert box["y"] + box["height"] == PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar.get_by_role("button", name="Sign me up").tap()
    expect(page.locator("dialog:modal")).to_be_visible()
    for target in page.locator("dialog button, dialog input:not([type=checkbox]):not([hidden]), dialog .k").all():
        size = target.bounding_box()
        assert size, target
        assert round(size["height"]) >= 44, target.inner_html()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_wants_less_motion_gets_none(website: Website) -> None:
    motion = "(box) => getComputedStyle(box).animationName"
    page = website.open(website.script("pop-up"))
    assert page.locator("dialog").evaluate(motion) == "i"
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.wait_for_selector("dialog[open]")
    assert page.locator("dialog").evaluate(motion) == "none"


def test_every_input_that_can_be_filled_may_be_filled(website: Website) -> None:
    """A password manager fills what it sees; the honeypot is not among it."""
    address = "manager@example.org"
    page = website.open(website.place())
    page.wait_for_selector("#consent")
    for field in page.locator("input:visible").all():
        if field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(address if field.get_attribute("type") == "email" else "Ada")
    page.wait_for_timeout(1_300)
    page.click("form .m")
    page.wait_for_selector("#code")
    begun = time.monotonic()
    assert code_for(website.demo, address)
    assert time.monotonic() - begun < 10


def test_the_hosted_page_suggests_the_address_that_was_meant(demo: Demo, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(demo.form_url)
    page.fill("#email", "ada@gmial.com")
    page.get_by_role("button", name="Did you mean ada@gmail.com?").click()
    assert page.input_value("#email") == "ada@gmail.com"
    page.fill("#email", "ada@example.org")
    page.wait_for_timeout(700)
    expect(page.locator(".hint")).to_have_count(0)
