"""What the embed's script is told and may read, and the questions that come after the confirmation."""

import base64
import gzip
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from signup.contacts.contact import Contact
from signup.forms.looks.appearance import Appearance, Colours, Trigger
from signup.forms.looks.colours import page_style, style
from signup.forms.looks.contrast import ratio, text_on
from signup.forms.question import Option, Question
from signup.forms.script_build import latest, read, served
from signup.forms.snippet import pinned_snippet
from signup.forms.targeting import Targeting
from signup.ground.clock import utcnow
from signup.ground.db import db
from signup.limits.limit_rule import Rule
from signup.signups.later_questions import token_of
from signup.signups.signup import Signup
from signup.visitor.embed import _paths
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    EVE,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    events_of,
    link_in,
    make_form,
    make_list,
    make_noise,
    sign_up,
    state_of,
)

pytestmark = pytest.mark.one_engine

EVIL = "https://evil.example.org"
LATER = (
    Question(key="first_name", type="text", label="First name"),
    Question(key="town", type="text", label="Town", required=True, is_later=True),
    Question(
        key="topics",
        type="multi",
        label="Topics",
        options=(Option(value="a", label="A"), Option(value="b", label="B")),
        is_later=True,
    ),
)
SCRIPT = {"Accept": "application/json", "Origin": BLOG}


def _definition(client: FlaskClient, form_id: str, origin: str = BLOG, query: str = "") -> Any:
    return client.get(f"/f/{form_id}/embed{query}", headers={"Origin": origin})


def test_the_script_comes_compressed_cacheable_and_for_every_website(client: FlaskClient) -> None:
    answers = {name: client.get("/embed.js", headers={"Accept-Encoding": name}) for name in ("br", "gzip", "")}
    plain = answers[""].data
    assert gzip.decompress(answers["gzip"].data) == plain
    assert answers["br"].headers["Content-Encoding"] == "br"
    assert len(answers["br"].data) < len(answers["gzip"].data) < len(plain)
    for answer in answers.values():
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "max-age=3600" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "Set-Cookie" not in answer.headers
    again = client.get("/embed.js", headers={"If-None-Match": answers["br"].headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_pinned_script_is_the_very_bytes_that_its_line_promises(app: Flask, client: FlaskClient) -> None:
    line = pinned_snippet(make_form())
    found = re.fullmatch(
        r'<script async src="http://signup.example.org(/embed/\w{16}/embed.js)" integrity="sha384-([\w+/=]{64})"'
        r' crossorigin="anonymous" data-form="\w+"></script>',
        line,
    )
    assert found, line
    path, integrity = found.groups()
    for encoding in ("br", "gzip", ""):
        answer = client.get(path, headers={"Accept-Encoding": encoding})
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*", "crossorigin needs it"
        assert answer.data == client.get("/embed.js", headers={"Accept-Encoding": encoding}).data
    assert base64.b64encode(hashlib.sha384(answer.data).digest()).decode() == integrity
    for unknown in ("0" * 16, "x", "..%2Fembed"):
        missing = client.get(f"/embed/{unknown}/embed.js")
        assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


def test_the_build_before_stays_at_its_address(client: FlaskClient, tmp_path: Path) -> None:
    for end in (".js", ".js.br"):
        (tmp_path / f"before{end}").write_bytes(b"console.log(1)")
    before = read(tmp_path / "before.js")
    served()[before.digest] = before
    try:
        answer = client.get(f"/embed/{before.digest}/embed.js")
        assert (answer.data, "immutable" in answer.headers["Cache-Control"]) == (b"console.log(1)", True)
        assert client.get("/embed.js").data == latest().bodies["identity"] != answer.data
    finally:
        served.cache_clear()


def test_an_allowed_website_reads_the_form_and_a_foreign_one_only_why_not(app: Flask, client: FlaskClient) -> None:
    form_id = make_form(fields=LATER).public_id
    answer = _definition(client, form_id)
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    assert {*answer.headers.getlist("Vary")} == {"Origin", "Accept-Language"}
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert [field["key"] for field in answer.json["fields"]] == ["email", "first_name"]
    assert all(answer.json["words"].values())
    refused = _definition(client, form_id, EVIL)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (403, "*")
    assert set(refused.json) == {"type", "title", "status", "detail"}
    assert "Allowed websites" in refused.json["detail"]
    missing = client.get("/f/000000000000/embed", headers={"Origin": EVIL})
    assert (missing.status_code, missing.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert "no open form 000000000000 here" in (missing.json or {})["detail"]


def test_a_page_may_ask_for_another_mode_and_trigger_but_for_no_nonsense(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    asked = _definition(client, form_id, query="?mode=bar&trigger=delay:5%20click:%23join%20scroll:900%20now").json
    assert (asked["mode"], asked["triggers"]) == ("bar", [["delay", 5, ""], ["click", 0, "#join"]])
    nonsense = _definition(client, form_id, query="?mode=loud&trigger=now").json
    assert (nonsense["mode"], nonsense["triggers"]) == ("inline", [["delay", 15, ""], ["scroll", 50, ""]])


def test_a_tab_waits_to_be_clicked_and_other_days_are_no_days(app: Flask, client: FlaskClient) -> None:
    today, mailing_list = utcnow().date(), make_list()
    for starts, ends, is_on in ((today, today, True), (today + timedelta(days=1), None, False), (None, today, True)):
        look = Appearance(mode="tab", targeting=Targeting(starts_on=starts, ends_on=ends, device="mouse"))
        told = _definition(client, make_form(mailing_list, appearance=look).public_id).json
        assert (told["mode"], told["triggers"], told["analytics"]) == ("tab", [], False)
        assert bool(re.search(told["paths"], "/blog")) == is_on
        assert re.search(told["visits"], "mouse\nnew\n\n")
        assert not re.search(told["visits"], "touch\nnew\n\n")


@pytest.mark.parametrize(
    ("targeting", "visit", "is_for"),
    [
        (Targeting(), "touch\nnew\n\n", True),
        (Targeting(referrers=("google.*",)), "mouse\nnew\nhttps://www.google.co.uk/\n", True),
        (Targeting(referrers=("google.*",)), "mouse\nnew\nandroid-app://com.google.android.gm/\n", True),
        (Targeting(referrers=("google.*",)), "mouse\nnew\nhttps://notgoogle.com/\n", False),
        (Targeting(referrers=("google.*",)), "mouse\nnew\nhttps://evil.org/?google.com/\n", False),
        (Targeting(referrers=("blog.example.org",)), "mouse\nnew\nhttps://blog.example.org:8443/x\n?a=b", True),
        (Targeting(campaigns=("utm_source=a.b",)), "mouse\nnew\n\n?utm_source=axb", False),
        (Targeting(campaigns=("utm_source=news*",)), "mouse\nnew\n\n?x=1&utm_source=newsletter&y", True),
        (Targeting(campaigns=("utm_source=news",)), "mouse\nnew\n\n?utm_source=newsletter", False),
        (Targeting(visitors="returning"), "mouse\nnew\n\n", False),
    ],
)
def test_a_rule_means_the_visits_that_it_says(targeting: Targeting, visit: str, *, is_for: bool) -> None:
    assert bool(re.search(targeting.visits(), visit)) == is_for


def test_forms_of_one_list_share_a_memory_and_others_do_not(app: Flask, client: FlaskClient) -> None:
    ours = make_list()
    ids = [form.public_id for form in (make_form(ours), make_form(ours), make_form(make_list("other")))]
    groups = [_definition(client, one).json["group"] for one in ids]
    assert groups[0] == groups[1] != groups[2]


def test_the_script_posts_a_plain_form_and_reads_every_answer(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    body = {"email": "ada@gmail.com", "consent": "yes", "lang": "en", "interests": ["design", "privacy"]}
    answer = client.post(f"/f/{form_id}", data=body, headers=SCRIPT)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (202, BLOG)
    assert answer.json
    assert answer.json["mailbox"]["name"] == "Gmail"
    wrong = client.post(f"/f/{form_id}", data=body | {"email": "ada@"}, headers=SCRIPT)
    assert (wrong.status_code, wrong.headers["Access-Control-Allow-Origin"]) == (422, BLOG)
    forged = client.post(f"/f/{form_id}", data=body | {"token": "x"}, headers=SCRIPT)
    assert (forged.status_code, forged.headers["Access-Control-Allow-Origin"]) == (400, BLOG)
    foreign = client.post(f"/f/{form_id}", data=body, headers=SCRIPT | {"Origin": EVIL})
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_limit_is_told_to_the_script_in_a_way_it_can_read(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, form_id: str
) -> None:
    monkeypatch.setattr("signup.signups.admission.sign_up_rules", lambda *_: [Rule("ip-hour", "x", 3_600, 0)])
    body = {"email": ADA, "consent": "yes"}
    answer = client.post(f"/f/{form_id}", data=body, headers=SCRIPT)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (429, BLOG)
    assert answer.json
    assert answer.json["detail"]


def test_a_frame_stays_in_the_forms_websites_without_a_cookie(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_form(fields=LATER).public_id
    allowed = f"frame-ancestors 'self' {BLOG}"
    page = client.get(f"/f/{form_id}?frame=1", headers={"Referer": f"{BLOG}/"})
    assert allowed in page.headers["Content-Security-Policy"]
    assert f'name="page" value="{BLOG}/"' in page.text
    own = {"Origin": "http://signup.example.org"}
    sent = client.post(f"/f/{form_id}?frame=1", data={"email": ADA, "consent": "yes"}, headers=own)
    assert (sent.status_code, "Set-Cookie" in sent.headers) == (303, False)
    thanks = client.get(sent.location)
    assert allowed in thanks.headers["Content-Security-Policy"]
    assert (
        "frame-ancestors 'none'" in client.get(sent.location.replace("frame=1", "")).headers["Content-Security-Policy"]
    )
    drain(app)
    found = re.search(r'name="signup" value="([^"]+)"', thanks.text)
    assert found
    given = {"signup": found.group(1), "code": code_in(mailbox.last(ADA))}
    done = client.post(f"/f/{form_id}/code?frame=1", data=given, headers=own)
    assert (done.status_code, allowed in done.headers["Content-Security-Policy"]) == (200, True)
    link = link_in(mailbox.last(ADA))
    assert "frame-ancestors 'none'" in client.get(f"{link}?frame=1").headers["Content-Security-Policy"]


# Questions that are left for later


def _confirmed(app: Flask, client: FlaskClient, mailbox: Mailbox) -> tuple[str, dict[str, Any]]:
    """Ada confirmed by code, as the script does; the form and what the script was told."""
    make_noise(app, client, mailbox)
    form_id = make_form(fields=LATER).public_id
    sent = sign_up(client, form_id, ADA, fields={"first_name": "Ada"})
    drain(app)
    assert sent.json
    given = {"signup": sent.json["signup"], "code": code_in(mailbox.last(ADA))}
    told = client.post(f"/f/{form_id}/code", data=given, headers=SCRIPT).json
    assert told
    return form_id, told


def _answers(address: str) -> dict[str, Any]:
    db.session.rollback()
    return dict(db.session.scalars(select(Contact.answers).where(Contact.address_key == address)).one())


def test_what_is_asked_later_is_stored_with_its_proof_and_changes_no_consent(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id, told = _confirmed(app, client, mailbox)
    assert told["incentive"] == {"kind": "file", "name": "White paper"}
    assert [field["key"] for field in told["later"]["fields"]] == ["town", "topics"]
    body = {"token": told["later"]["token"], "town": "Genève", "topics": ["a", "b"]}
    stored = client.post(f"/f/{form_id}/answers", data=body, headers=SCRIPT)
    assert (stored.status_code, stored.json) == (200, {"status": "stored"})
    assert _answers(ADA) == {"first_name": "Ada", "town": "Genève", "topics": ["a", "b"]}
    assert state_of(ADA) == "confirmed"
    assert events_of(ADA)[-1] == "preference_changed"
    assert _answers("nina@example.org") == {}


def test_two_who_confirm_by_code_one_right_after_the_other_are_both_asked_what_was_left(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_form(fields=LATER).public_id
    for address in (ADA, BOB):
        sent = sign_up(client, form_id, address, fields={"first_name": "Ada"})
        drain(app)
        assert sent.json
        given = {"signup": sent.json["signup"], "code": code_in(mailbox.last(address))}
        told = client.post(f"/f/{form_id}/code", data=given, headers=SCRIPT).json
        assert told
        assert [field["key"] for field in told["later"]["fields"]] == ["town", "topics"], address


def test_a_later_answer_is_checked_like_any_other(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id, told = _confirmed(app, client, mailbox)
    token = told["later"]["token"]
    for wrong, key in (({}, "town"), ({"town": "x", "topics": "z"}, "topics"), ({"email": EVE}, "town")):
        answer = client.post(f"/f/{form_id}/answers", data={"token": token, **wrong}, headers=SCRIPT)
        assert answer.status_code == 422, wrong
        assert answer.json
        assert key in answer.json["errors"]
    assert _answers(ADA) == {"first_name": "Ada"}
    assert events_of(ADA)[-1] == "confirmed"


def test_nobody_answers_for_somebody_else(
    app: Flask, client: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id, told = _confirmed(app, client, mailbox)
    sign_up(client, form_id, BOB)
    bob = db.session.scalars(select(Signup).order_by(Signup.id.desc())).first()
    assert bob
    pending = token_of(bob)
    other = make_form(make_list("other"), fields=LATER).public_id
    token = told["later"]["token"]
    for where, proof in (
        (form_id, "forged"),
        (form_id, ""),
        (form_id, told["preferences"]),
        (form_id, pending),
        (other, token),
    ):
        answer = client.post(f"/f/{where}/answers", data={"token": proof, "town": "x"}, headers=SCRIPT)
        assert answer.status_code == 400, (where, proof)
    foreign = client.post(f"/f/{form_id}/answers", data={"token": token, "town": "x"}, headers={"Origin": EVIL})
    assert foreign.status_code == 403
    monkeypatch.setattr("signup.signups.later_questions.LATER_TTL", timedelta(seconds=-1))
    assert client.post(f"/f/{form_id}/answers", data={"token": token, "town": "x"}).status_code == 400
    assert _answers(ADA) == {"first_name": "Ada"}


def test_the_hosted_form_leaves_them_out_and_the_confirmed_page_asks(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_form(fields=LATER).public_id
    assert 'name="town"' not in client.get(f"/f/{form_id}").text
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    page = client.get(next(link_in(mail) for mail in mailbox.mails(ADA))).text
    assert 'name="town"' in page
    found = re.search(r'action="([^"]+)"[^>]*>\s*<input type="hidden" name="token" value="([^"]+)"', page)
    assert found
    action, token = found.groups()
    again = client.post(action, data={"token": token, "topics": "a"})
    assert (again.status_code, 'id="town-error"' in again.text) == (422, True)
    saved = client.post(action, data={"token": token, "town": "Bern"})
    assert saved.status_code == 303
    after = client.get(saved.location).text
    assert 'role="status"' in after
    assert 'name="town"' not in after
    assert _answers(ADA) == {"town": "Bern"}


def test_a_program_may_send_the_later_answers_at_once(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = make_form(fields=LATER).public_id
    assert sign_up(client, form_id, ADA, fields={"town": "Bern"}).status_code == 202
    confirm_all(app, client, mailbox, ADA)
    assert _answers(ADA) == {"town": "Bern"}


# Where and how it may appear


@pytest.mark.parametrize(
    ("show", "hide", "path", "is_shown"),
    [
        ((), ("/checkout*",), "/checkout/pay", False),
        ((), ("/checkout*",), "/about", True),
        (("/blog/*", "/"), (), "/blog/a.b", True),
        (("/blog/*", "/"), (), "/", True),
        (("/blog/*",), (), "/about", False),
        (("/blog/*",), ("*/private",), "/blog/private", False),
        (("/a.b",), (), "/axb", False),
    ],
)
def test_patterns_say_where_it_may_interrupt(
    show: tuple[str, ...], hide: tuple[str, ...], path: str, *, is_shown: bool
) -> None:
    pattern = _paths(Appearance(show_on=show, hide_on=hide))
    assert bool(re.search(pattern, path)) == is_shown


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_on_any_colour_can_be_read(parts: tuple[int, int, int]) -> None:
    colour = "#{:02x}{:02x}{:02x}".format(*parts)
    assert ratio(colour, text_on(colour)) >= 4.5


def test_chosen_colours_bring_what_follows_from_them() -> None:
    assert style(Colours()) == ""
    assert style(Colours(accent="#ffff00")) == ".w{--f-accent:#ffff00;--f-on-accent:#000000}"
    dark = style(Colours(background="#101010"))
    assert "--f-text:#ffffff" in dark
    assert "color-scheme:dark" in dark


def test_our_own_pages_wear_the_forms_colours_by_a_style_sheet_that_never_changes(
    app: Flask, client: FlaskClient
) -> None:
    chosen = Colours(accent="#ffcc00", background="#102030")
    mailing_list = make_list()
    form_id = make_form(mailing_list, appearance=Appearance(colours=chosen)).public_id
    plain_id = make_form(mailing_list).public_id
    for path in (f"/f/{form_id}", f"/f/{form_id}?frame=1", f"/f/{form_id}/thanks"):
        page = client.get(path)
        found = re.search(r'href="(/colours/[^"]+)"', page.text)
        assert found, path
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert " style=" not in page.text
        sheet = client.get(found[1].replace("&amp;", "&"))
        assert sheet.text == page_style(chosen)
        assert (sheet.mimetype, "immutable" in sheet.headers["Cache-Control"]) == ("text/css", True)
    assert page_style(chosen).startswith(
        ":root{--accent:#ffcc00;--paper:#102030;--ink:#ffffff;--on-accent:#000000;--soft:"
    )
    assert page_style(chosen).endswith("color-scheme:dark}")
    assert page_style(Colours(accent="#ffcc00")) == ":root{--accent:#ffcc00;--on-accent:#000000}"
    assert "/colours/" not in client.get(f"/f/{plain_id}").text
    for wrong in ("own-own", "red-own-own", "ffcc00-own-own}body{display:none", "FFCC00-own-own", "own-own-own-own"):
        assert client.get(f"/colours/{wrong}.css").status_code == 404
    assert client.get("/colours/own-own-own.css").data == b""


def test_the_definition_holds_nothing_but_what_a_visitor_may_see(app: Flask, client: FlaskClient) -> None:
    form = make_form(appearance=Appearance(triggers=(Trigger(on="arrival"),)), single_reason="kept inside")
    form_id = form.public_id
    told = json.dumps(_definition(client, form_id).json)
    assert "kept inside" not in told
    assert BLOG not in told
