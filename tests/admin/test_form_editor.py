"""Starting, changing and comparing forms in the admin; `test_forms` holds the page's basics."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from signup.consent.mailing_list import MailingList
from signup.counts.step import StepCount
from signup.forms.form import Definition, Form, FormVersion
from signup.forms.looks.appearance import Appearance, Colours, Trigger
from signup.forms.looks.contrast import contrasts, ratio, text_on
from signup.forms.preset import PRESETS, definition_from
from signup.forms.question import Question
from signup.forms.question_cost import Own, by_fields, expected_cost, visible
from signup.forms.targeting import Targeting
from signup.forms.texts import FormTexts
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, OPAL, VIC, actions, hire, post, sign_in, signed_in
from tests.admin.test_forms import make_one, saved, typed, versions
from tests.cast import FRENCH, definition, make_form, make_list

pytestmark = pytest.mark.one_engine

CONTACT_FIRST = ["phone", "street", "postal_code", "city"]


def current(app: Flask) -> Definition:
    return saved(app).version.definition


def edit(app: Flask, **more: Any) -> str:
    """A form made and opened: its page."""
    post(signed_in(app), "/admin/forms/new", typed(make_one(app), **more))
    return f"/admin/forms/{saved(app).public_id}"


@pytest.mark.parametrize("audience", ["people", "companies"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_asks_little_at_first_and_contact_data_first(context: Flask, name: str, audience: Any) -> None:
    made = definition_from(PRESETS[name], audience, make_list())
    assert visible(made) <= 3
    assert expected_cost(made) == 0
    assert made.opt_in == "double"
    for later in (False, True):
        keys = [field.key for field in made.fields if field.is_later == later]
        contact = [key for key in keys if key in CONTACT_FIRST]
        assert keys[: len(contact)] == sorted(contact, key=CONTACT_FIRST.index), keys


def test_every_preset_opens_in_the_editor_and_can_go_out_as_it_is(app: Flask) -> None:
    list_id = make_one(app)
    opal = signed_in(app)
    page = opal.get("/admin/forms/new").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/forms/new\?[^"]+)"', page)]
    assert len(links) == 2 * len(PRESETS)
    for link in links:
        assert 'value="save"' in opal.get(link).text
    page = opal.get("/admin/forms/new?preset=loyalty&for=companies").text
    fields = re.findall(r'<input[^>]*name="(questions-[^"]+)"[^>]*value="([^"]*)"', page)
    rows = {name: value for name, value in fields if not name.endswith(("required", "is_later"))}
    types = {f"questions-{n}-type": "text" for n in range(len(rows))}
    assert post(opal, "/admin/forms/new", typed(list_id, kind="loyalty", **{**types, **rows})).status_code == 303
    assert [field.key for field in current(app).fields][:2] == ["phone", "company"]


def test_a_preset_speaks_the_lists_language(app: Flask) -> None:
    make_list(language="fr")
    page = signed_in(app).get("/admin/forms/new?preset=newsletter").text
    assert "Je souhaite" in page or "J’aimerais" in page or "Prénom" in page
    assert '<option selected value="fr">' in page


def test_a_fourth_visible_field_shows_what_it_is_expected_to_cost(app: Flask) -> None:
    list_id = make_one(app)
    opal = signed_in(app)
    rows: dict[str, str] = {}
    for n in range(3):
        rows |= {f"questions-{n}-label": f"Question {n}", f"questions-{n}-type": "text"}
    page = post(opal, "/admin/forms/preview", typed(list_id, **rows)).text
    assert "4 visible fields" in page
    assert "10\u00a0%" in page
    later = rows | {"questions-2-is_later": "y"}
    page = post(opal, "/admin/forms/preview", typed(list_id, **later)).text
    assert "visible fields" not in page
    assert "Question 2" not in page
    phone = {"questions-0-label": "Phone", "questions-0-key": "phone", "questions-0-type": "text"}
    assert "25 to 40" in post(opal, "/admin/forms/preview", typed(list_id, **phone)).text


@given(st.integers(0, 39))
def test_more_visible_fields_never_cost_less(n: int) -> None:
    def asking(count: int) -> Definition:
        fields = (Question(key=f"q{i}", type="text", label="Q") for i in range(count))
        return definition(fields=tuple(fields))

    assert expected_cost(asking(n)) <= expected_cost(asking(n + 1) if n < 39 else asking(n)) < 1


def test_a_day_counts_for_the_number_of_fields_that_all_of_it_showed() -> None:
    monday, tuesday, wednesday = (date(2026, 11, day) for day in (16, 17, 18))
    days = {day: {"seen": 100, "submitted": 20} for day in (monday, tuesday, wednesday)}
    versions = [(date(2026, 11, 1), 3), (tuesday, 5), (wednesday, 5)]
    assert by_fields(days, versions) == {3: Own(100, 20), 5: Own(100, 20)}, "on Tuesday some saw three and some five"
    assert by_fields({monday: {"seen": 1}}, [(monday, 2), (monday, 4)]) == {}
    assert by_fields(days, []) == {}


def test_the_forms_own_figures_come_before_the_benchmark_once_enough_people_saw_it(app: Flask) -> None:
    def note(**counts: tuple[int, int]) -> str:
        with app.app_context(), transaction():
            db.session.execute(delete(StepCount))
            for name, (seen, signed_up) in counts.items():
                day = utcnow().date() + timedelta(days={"few": -2, "now": 1}[name])
                for step, n in (("seen", seen), ("submitted", signed_up)):
                    db.session.add(StepCount(day=day, form_id=form_id, step=step, n=n))
        return str(opal.get(path).text.partition("</ul>")[0])

    opal = signed_in(app)
    asked = [Question(key=f"q{n}", type="text", label=f"Q {n}") for n in range(4)]
    letter = make_list()
    form, few = (make_form(letter, fields=tuple(asked[:n]), magnet=False) for n in (4, 1))
    form_id, path = form.id, f"/admin/forms/{form.public_id}/preview"
    old = {name: getattr(few.version, name) for name in ("content", "hash", "wording_hash")}
    with transaction():  # what it showed nine days ago
        db.session.add(FormVersion(form_id=form_id, number=0, created_at=now(-timedelta(days=9)), **old))
    page = note(few=(1000, 250), now=(199, 20))
    assert ("by a published benchmark" in page, "own numbers" in page) == (True, False)
    page = note(few=(199, 50), now=(1000, 150))
    assert "15\u00a0% of the 1,000 people" in page
    assert "by a published benchmark" in page
    page = note(few=(1000, 250), now=(1000, 150))
    assert "That is 40\u00a0% fewer sign-ups" in page
    assert "25\u00a0% of 1,000 signed up" in page
    assert "benchmark" not in page
    page = note(few=(1000, 100), now=(1000, 150))
    assert ("fewer" in page, "15\u00a0% of the 1,000 people" in page) == (False, True), "they cost nothing here"


def test_appearance_is_typed_kept_and_shown_again(app: Flask) -> None:
    look = {
        "appearance-mode": "slide-in",
        "appearance-scroll": "y",
        "appearance-scroll_value": "40",
        "appearance-click": "y",
        "appearance-click_value": "#join",
        "appearance-exit": "y",
        "appearance-show_on": "/blog/*\n/news/*",
        "appearance-hide_on": "",
        "appearance-pause_days": "60",
        "appearance-targeting-referrers": "Google.*\nfacebook.com",
        "appearance-targeting-campaigns": "utm_campaign=spring*",
        "appearance-targeting-device": "touch",
        "appearance-targeting-visitors": "new",
        "appearance-targeting-starts_on": "2027-03-01",
        "appearance-targeting-ends_on": "2027-03-31",
        "appearance-analytics": "y",
        "appearance-accent": "#AA0044",
    }
    path = edit(app, **look, refuses_roles="y", reminders=2)
    made = current(app)
    assert made.appearance == Appearance(
        mode="slide-in",
        triggers=(
            Trigger(on="scroll", value=40),
            Trigger(on="exit"),
            Trigger(on="click", selector="#join"),
        ),
        show_on=("/blog/*", "/news/*"),
        hide_on=(),
        pause_days=60,
        targeting=Targeting(
            referrers=("google.*", "facebook.com"),
            campaigns=("utm_campaign=spring*",),
            device="touch",
            visitors="new",
            starts_on=date(2027, 3, 1),
            ends_on=date(2027, 3, 31),
        ),
        analytics=True,
        colours=Colours(accent="#aa0044"),
    )
    assert (made.refuses_roles, made.refuses_disposable, made.reminders) == (True, False, 2)
    client = app.test_client()
    sign_in(client, OPAL)
    page = client.get(path).text
    aim = ("google.*\nfacebook.com", "utm_campaign=spring*", 'value="2027-03-31"')
    for shown in (*aim, 'value="#join"', "/blog/*\n/news/*", 'value="#aa0044"', 'value="60"'):
        assert shown in page


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"appearance-accent": "red"}, "Enter a colour as #rrggbb."),
        ({"appearance-background": "#12345"}, "Enter a colour as #rrggbb."),
        ({"appearance-show_on": "blog"}, "is not a pattern"),
        ({"appearance-show_on": "/" + "x" * 200}, "is not a pattern"),
        ({"appearance-hide_on": "\n".join(["/x"] * 21)}, "Use 20 patterns or fewer"),
        ({"appearance-mode": "pop-up", "appearance-click": "y"}, "Fill in this field."),
        ({"appearance-scroll_value": "101"}, "a number from 1 to 100"),
        ({"appearance-pause_days": "400"}, "a number from 0 to 365"),
        ({"appearance-delay_value": "-1"}, "a number from 0 to 3,600"),
        ({"appearance-mode": "fullscreen"}, "Not a valid choice"),
        ({"appearance-targeting-referrers": "https://www.google.com/"}, "is not a website"),
        ({"appearance-targeting-referrers": "\n".join(["a.org"] * 21)}, "Use 20 lines or fewer"),
        ({"appearance-targeting-campaigns": "spring"}, "is not a parameter"),
        ({"appearance-targeting-starts_on": "soon"}, "Not a valid date"),
        (
            {"appearance-targeting-starts_on": "2027-03-02", "appearance-targeting-ends_on": "2027-03-01"},
            "The last day comes before the first.",
        ),
    ],
)
def test_what_makes_no_appearance_is_told_beside_it_and_nothing_typed_is_lost(
    app: Flask, look: dict[str, str], message: str
) -> None:
    answer = post(
        signed_in(app), "/admin/forms/new", typed(make_one(app), title="Keep this title", allowed_origins="x", **look)
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Keep this title"' in answer.text
    assert 'aria-invalid="true"' in answer.text or "fullscreen" in look.values()
    assert versions(app) == 0


def test_colours_are_checked_for_contrast_in_the_preview(app: Flask) -> None:
    list_id = make_one(app)
    opal = signed_in(app)
    poor = {"appearance-background": "#ffffff", "appearance-text": "#999999", "appearance-accent": "#003399"}
    answer = post(opal, "/admin/forms/preview", typed(list_id, **poor))
    assert "Text on background: 2.8 : 1" in answer.text
    assert "too low" in answer.text
    assert "--accent:#003399" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "'sha256-" in policy
    assert "style-src 'self' http://localhost " in policy, "in a sandboxed frame WebKit lets 'self' match nothing"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_contrast_is_counted_as_wcag_does() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrasts(Colours()) == []
    paper = Colours(accent="#ffcc00", background="#ffffff", text="#111111")
    assert {one.name: one.is_enough for one in contrasts(paper)} == {"text": True, "accent": False}
    assert all(one.is_enough for one in contrasts(Colours(background="#ffffff")) if one.name == "text")
    # Our own background follows the visitor's mode: dark text cannot be read on it in the dark.
    assert not any(one.is_enough for one in contrasts(Colours(text="#111111")) if one.name == "text")


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_a_buttons_label_can_be_read_on_any_accent(colour: str) -> None:
    assert ratio(colour, text_on(colour)) >= 4.5
    assert 1 <= ratio(colour, "#ffffff") <= 21


def test_the_preview_draws_each_mode_page_language_and_darkness(app: Flask) -> None:
    form = make_form(
        magnet=False,
        translations={"fr": FormTexts(title="Recevez La Lettre")},
        appearance=Appearance(mode="bar"),
        thanks_text="Until Friday",
    )
    opal = signed_in(app)
    path = f"/admin/forms/{form.public_id}/preview"
    assert 'class="site bar"' in opal.get(path).text
    assert "Recevez La Lettre" in opal.get(f"{path}?preview_language=fr&preview_what=page").text
    assert 'class="dark"' in opal.get(f"{path}?preview_dark=1").text
    assert "Until Friday" in opal.get(f"{path}?preview_what=sent").text
    assert "may record" not in opal.get(f"{path}?preview_what=page").text
    asking = typed(form.list_id, asks_tracking="y")
    assert "Example Press may record whether" in post(opal, "/admin/forms/preview", asking).text
    assert "Yes, confirm" in opal.get(f"{path}?preview_what=confirm").text
    assert "<script" not in opal.get(f"{path}?preview_what=nonsense").text


def test_who_was_overtaken_is_told_and_may_publish_all_the_same(app: Flask) -> None:
    path = edit(app)
    client = app.test_client()
    sign_in(client, OPAL)
    list_id = saved(app).list_id
    assert post(client, path, typed(list_id, seen_version=1, title="From Edith")).status_code == 303
    late = post(client, path, typed(list_id, seen_version=1, title="From Opal"))
    assert late.status_code == 422
    assert "Opal published version 2" in late.text
    assert 'value="From Opal"' in late.text
    assert current(app).title == "From Edith"
    assert post(client, path, typed(list_id, seen_version=2, title="From Opal")).status_code == 303
    assert current(app).title == "From Opal"


def test_the_editor_keeps_what_other_pages_wrote(app: Flask) -> None:
    form = make_form(magnet=False, translations={"fr": FRENCH}, words={"en": {"code": "Digits"}})
    opal = signed_in(app)
    post(opal, f"/admin/forms/{form.public_id}", typed(form.list_id, title="Another"))
    made = current(app)
    assert (made.title, made.translations["fr"].title, made.words["en"]["code"]) == ("Another", "La Lettre", "Digits")
    answer = post(opal, f"/admin/forms/{form.public_id}", typed(form.list_id, language="fr"))
    assert "one of the form’s other languages" in answer.text


def test_opt_in_changes_are_written_down_and_the_table_tells_what_they_mean(app: Flask) -> None:
    path = edit(app)
    client = app.test_client()
    sign_in(client, OPAL)
    assert "anyone could have typed the address" in client.get(path).text
    list_id = saved(app).list_id
    post(client, path, typed(list_id, opt_in="single", single_reason="Staff"))
    post(client, path, typed(list_id))
    assert actions(app).count("opt-in-changed") == 2
    published = actions(app).count("form-published")
    assert "still version 3" in post(client, path, typed(list_id), follow_redirects=True).text
    assert actions(app).count("form-published") == published
    post(client, path, typed(list_id, name="Header"))
    assert (actions(app)[-1], saved(app).name) == ("form-changed", "Header")


def test_versions_are_compared_word_by_word_and_an_old_one_published_again(app: Flask) -> None:
    path = edit(app, title="Get The Letter")
    client = app.test_client()
    sign_in(client, OPAL)
    post(client, path, typed(saved(app).list_id, title="Get Our Letter", **{"appearance-mode": "bar"}))
    page = client.get(f"{path}/versions").text
    assert "<del>The</del> <ins>Our</ins>" in page
    assert "Display on your website · Display" in page
    assert "<ins>bar</ins>" in page
    assert "Opal" in page
    assert "The two are the same." in client.get(f"{path}/versions?from=1&to=1").text
    assert client.get(f"{path}/versions?from=7&to=x").status_code == 200
    assert post(client, f"{path}/versions/1/restore").status_code == 303
    assert (current(app).title, versions(app)) == ("Get The Letter", 3)
    assert post(client, f"{path}/versions/9/restore").status_code == 404


def test_an_editor_cannot_bring_single_opt_in_back(app: Flask) -> None:
    path = edit(app, opt_in="single", single_reason="Staff")
    client, edith = app.test_client(), app.test_client()
    sign_in(client, OPAL)
    post(client, path, typed(saved(app).list_id))
    hire(app, EDITH)
    sign_in(edith, EDITH)
    assert post(edith, f"{path}/versions/1/restore").status_code == 403
    assert current(app).opt_in == "double"


def test_a_language_is_offered_translated_and_taken_off_again(app: Flask) -> None:
    form = make_form(magnet=False)
    opal = signed_in(app)
    path = f"/admin/forms/{form.public_id}/texts/fr"
    assert "Offer the form in Français" in opal.get(path).text
    french = {
        "title": "La Lettre",
        "wording": "Je souhaite recevoir The Letter par e-mail.",
        "label:first_name": "Prénom",
        "label:interests": "Intérêts",
        "option:interests:design": "Formes",
        "option:interests:privacy": "Vie privée",
        "word:code": "Code",
    }
    for missing in ("wording", "label:interests", "option:interests:privacy"):
        half = post(opal, path, {**french, missing: "", "do": "save"})
        assert (half.status_code, half.text.count("This is needed in Français too.")) == (422, 1), missing
    assert current(app).languages == ("en",)
    assert post(opal, path, french | {"do": "save"}).status_code == 303
    made = current(app)
    assert made.languages == ("en", "fr")
    said = made.said_in("fr")
    assert (said.title, said.fields[0].label, said.fields[1].options[0].label) == ("La Lettre", "Prénom", "Formes")
    assert made.words == {"fr": {"code": "Code"}}
    assert 'value="Prénom"' in opal.get(path).text
    wrong = post(opal, path, {"do": "save", "wording": "Oui", "title": "x" * 121, "intro": "Rien n’est perdu"})
    assert wrong.status_code == 422
    assert "full sentence" in wrong.text
    assert "Use 120 characters or fewer" in wrong.text
    assert post(opal, path, {"do": "stop"}).status_code == 303
    assert (current(app).languages, current(app).words) == (("en",), {})
    assert opal.get(f"/admin/forms/{form.public_id}/texts/xx").status_code == 404


def test_words_of_the_main_language_are_changed_on_the_same_page(app: Flask) -> None:
    form = make_form(magnet=False)
    opal = signed_in(app)
    path = f"/admin/forms/{form.public_id}/texts"
    assert post(opal, path, {"word:email": "Your address", "word:unknown": "x", "do": "save"}).status_code == 303
    assert current(app).words == {"en": {"email": "Your address"}}
    assert "Your address" in app.test_client().get(f"/f/{form.public_id}").text
    assert post(opal, path, {"word:email": "x" * 201, "do": "save"}).status_code == 422


def test_a_viewer_looks_and_changes_nothing(app: Flask) -> None:
    form = make_form(magnet=False)
    vic = signed_in(app, VIC)
    path = f"/admin/forms/{form.public_id}"
    assert vic.get(f"{path}/versions").status_code == 200
    assert vic.get(f"{path}/snippet").status_code == 200
    for closed in ("", "/texts", "/texts/fr", "/mails"):
        assert post(vic, path + closed, {"do": "save"}).status_code == 403
    assert post(vic, f"{path}/versions/1/restore").status_code == 403


def test_a_list_without_forms_still_has_presets(app: Flask) -> None:
    make_one(app)
    assert db.session.query(MailingList).count() == 1
    assert db.session.query(Form).count() == 0
    assert "For companies" in signed_in(app).get("/admin/forms/new").text


def test_the_triggers_can_be_tried_on_a_page_of_our_own(app: Flask) -> None:
    triggers = (Trigger(on="click", selector="#join"), Trigger(on="delay", value=20))
    form = make_form(magnet=False, appearance=Appearance(mode="pop-up", triggers=triggers))
    answer = signed_in(app, VIC).get(f"/admin/forms/{form.public_id}/try")
    assert 'src="/embed.js"' in answer.text
    assert f'data-signup-form="{form.public_id}"' in answer.text
    assert 'id="join"' in answer.text
    assert "after a number of seconds on the page: 20" in answer.text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
