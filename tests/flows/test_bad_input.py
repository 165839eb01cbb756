"""Whatever is sent to a public address gets a clear answer, the right status, and nothing is stored by mistake."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from signup.contacts.contact import Contact
from signup.forms import stamp
from signup.forms.form import find_form
from signup.forms.question import Option, Question
from signup.forms.stamp import render_stamp
from signup.ground import logs
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.kiosks.kiosk import Kiosk
from signup.limits.json_body import BROKEN_ALLOWED
from signup.signups.signup import Signup
from tests.cast import ADA, BLOG, BOB, EVE, Mailbox, drain, forget_limits, hidden_inputs, make_form, sign_up, state_of
from tests.proof import solve

pytestmark = pytest.mark.both_engines

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OWN = "http://signup.example.org"
GOOD = {"email": ADA, "consent": True}
FORM_ENCODED = "application/x-www-form-urlencoded"


def _send(client: FlaskClient, form_id: str, body: Any, **headers: str) -> Any:
    return client.post(f"/f/{form_id}", json=body, headers={"Accept": "application/json", **headers})


def _is_empty(app: Flask) -> bool:
    return all(
        not db.session.execute(text(f"SELECT count(*) FROM {t}")).scalar() for t in ("contact", "message", "signup")
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"email": ADA}, "consent"),
        ({"email": ADA, "consent": False}, "consent"),
        ({"consent": True}, "email"),
        ({**GOOD, "email": "no address"}, "email"),
        ({**GOOD, "email": "ada@localhost"}, "email"),
        ({**GOOD, "email": "ada@example.org\nBcc: eve@example.org"}, "email"),
        ({**GOOD, "email": ["ada@example.org"]}, "email"),
        ({**GOOD, "email": "a" * 300 + "@example.org"}, "email"),
        ({**GOOD, "fields": {"unknown": "x"}}, "unknown"),
        ({**GOOD, "is_admin": True}, "is_admin"),
        ({**GOOD, "fields": {"interests": ["nothing"]}}, "interests"),
        ({**GOOD, "fields": {"interests": [["design"]]}}, "interests"),
        ({**GOOD, "fields": {"first_name": {"$gt": ""}}}, "first_name"),
        ({**GOOD, "fields": {"first_name": "a\u0000b"}}, "first_name"),
        ({**GOOD, "fields": {"first_name": "x" * 501}}, "first_name"),
        ({**GOOD, "fields": {"first_name": "\ud800"}}, "first_name"),
        ({**GOOD, "fields": []}, "fields"),
    ],
)
@pytest.mark.one_engine
def test_a_submission_that_does_not_fit_is_refused_by_the_name_of_what_is_wrong(
    app: Flask, client: FlaskClient, form_id: str, body: dict[str, Any], problem: str
) -> None:
    response = client.post(
        f"/f/{form_id}", data=json.dumps(body), content_type="application/json", headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert problem in (response.get_json(force=True) or {})["errors"]
    assert _is_empty(app)


@pytest.mark.parametrize(
    ("content", "mimetype", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"email=ada", "text/plain", 415),
        (b"<email/>", "application/xml", 415),
        (b"", "", 415),
        (b"email=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b'{"email": "' + b"a" * 70_000 + b'"}', "application/json", 413),
        (b"&".join(b"a%d=1" % n for n in range(3000)), "application/x-www-form-urlencoded", 422),
        (b"email=\xff%ff", "application/x-www-form-urlencoded", 422),
    ],
)
def test_what_is_no_form_at_all_is_told_so(
    app: Flask, client: FlaskClient, form_id: str, content: bytes, mimetype: str, status: int
) -> None:
    assert client.post(f"/f/{form_id}", data=content, content_type=mimetype).status_code == status
    assert _is_empty(app)


NESTED = [
    b"[" * 1_000,
    b"[" * 30_000,
    b"[" * 40 + b"]" * 40,
    b'{"a":' * 500,
    b'{"email": "ada@example.org", "consent": true, "fields": {"first_name": ' + b"[" * 400 + b"]" * 400 + b"}}",
    b'{"signup": ' + b'{"a":' * 40 + b"1" + b"}" * 41,
]
DOORS = [
    "/f/FORM",
    "/f/FORM/code",
    "/f/FORM/again",
    "/f/FORM/hints",
    "/f/FORM/answers",
    "/k/KIOSK/unlock",
    "/k/KIOSK/entries",
]


@pytest.mark.parametrize("door", DOORS)
def test_json_nested_without_end_is_refused_at_every_door_and_logged_by_none(
    app: Flask, client: FlaskClient, form_id: str, door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    form = find_form(form_id)
    with transaction():
        kiosk = Kiosk(name="Window", form_id=form.id)
        token = kiosk.renew()
        db.session.add(kiosk)
    logs.configure("DEBUG")  # to where this test reads it
    structlog.get_logger().info("test.begun")
    path = door.replace("FORM", form_id).replace("KIOSK", token)
    for content in NESTED:
        assert client.post(path, data=content, content_type="application/json").status_code == 400, content[:40]
    assert _is_empty(app)
    said = capsys.readouterr().err
    assert "test.begun" in said
    assert "Traceback" not in said


def test_who_sends_nothing_but_broken_json_is_asked_to_wait(app: Flask, client: FlaskClient, form_id: str) -> None:
    visitor = {"REMOTE_ADDR": "198.51.100.7"}
    answers = [
        client.post(f"/f/{form_id}", data=b"[" * 1_000, content_type="application/json", environ_base=visitor)
        for _each in range(BROKEN_ALLOWED[0] + 2)
    ]
    assert [answer.status_code for answer in answers] == [400] * BROKEN_ALLOWED[0] + [429] * 2


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"email": "ada@example.org", "email": "eve@example.org", "consent": true}', "email"),
        ('{"email": "ada@example.org", "consent": false, "consent": true}', "consent"),
        (
            '{"email": "ada@example.org", "consent": true, "fields": {"first_name": "A", "first_name": "B"}}',
            "first_name",
        ),
        ('{"email": "ada@example.org", "consent": true, "fields": {"x": [{"y": 1, "y": 1}]}}', "y"),
    ],
)
def test_a_key_sent_twice_is_refused_as_a_field_is(
    app: Flask, client: FlaskClient, form_id: str, body: str, key: str
) -> None:
    answer = client.post(f"/f/{form_id}", data=body, content_type="application/json", headers={"Origin": BLOG})
    assert (answer.status_code, list(answer.get_json(force=True)["errors"])) == (422, [key])
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    assert _is_empty(app)
    twice = '{"signup": "a", "signup": "b"}'
    assert client.post(f"/f/{form_id}/again", data=twice, content_type="application/json").status_code == 400


def test_a_field_sent_twice_is_refused(client: FlaskClient, form_id: str) -> None:
    body = "email=ada@example.org&email=eve@example.org&consent=yes"
    response = client.post(f"/f/{form_id}", data=body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    assert b"only once" in response.data


@pytest.mark.parametrize(
    "more",
    [
        "_wpnonce=1",
        "submit=OK&utm_source=x",
        "g-recaptcha-response=x&g-recaptcha-response=y",
        "h-captcha-response=%00&_charset_=%ff&first-name=Ada",
        "consent_id=&is_admin=1&fields=x&" + "&".join(f"a{n}=1" for n in range(200)),
    ],
)
def test_inputs_that_a_websites_plugins_put_into_the_form_are_ignored(
    app: Flask, client: FlaskClient, form_id: str, more: str
) -> None:
    body = f"email={ADA}&consent=yes&first_name=Ada&{more}"
    assert client.post(f"/f/{form_id}", data=body, content_type=FORM_ENCODED).status_code == 303
    assert db.session.scalars(select(Signup)).one().answers == {"first_name": "Ada"}


def test_a_file_that_a_plugin_adds_is_ignored_and_one_in_place_of_an_answer_is_not(
    client: FlaskClient, form_id: str
) -> None:
    good = {"email": ADA, "consent": "yes"}
    stray = client.post(f"/f/{form_id}", data=good | {"upload": (io.BytesIO(b"x"), "x.txt")})
    assert stray.status_code == 303
    assert client.post(f"/f/{form_id}", data=good | {"first_name": (io.BytesIO(b"x"), "x.txt")}).status_code == 422


@pytest.mark.parametrize("key", ["first_name", "consent", "token", "lang"])
def test_a_field_of_the_form_sent_twice_is_refused_among_inputs_of_others(
    app: Flask, client: FlaskClient, form_id: str, key: str
) -> None:
    body = f"email={ADA}&consent=yes&{key}=en&_wpnonce=1&{key}=fr"
    assert client.post(f"/f/{form_id}", data=body, content_type=FORM_ENCODED).status_code == 422
    assert _is_empty(app)


@pytest.mark.parametrize(("typed", "said"), [("", "Enter your"), ("  ", "Enter your"), ("ada@", "complete")])
def test_an_empty_address_is_asked_for_and_a_broken_one_is_told(
    client: FlaskClient, form_id: str, typed: str, said: str
) -> None:
    assert said in client.post(f"/f/{form_id}", data={"email": typed, "consent": "yes"}).text


def test_a_mistake_shows_the_page_again_with_what_was_typed(client: FlaskClient, form_id: str) -> None:
    given = {"email": "ada@", "first_name": "<Ada>", "interests": "privacy"}
    response = client.post(f"/f/{form_id}", data=given)
    assert response.status_code == 422
    page = response.text
    assert 'value="ada@"' in page
    assert 'value="&lt;Ada&gt;"' in page
    assert 'aria-invalid="true" aria-describedby="email-error"' in page
    assert 'value="privacy" checked' in page


def test_a_page_that_is_not_allowed_is_refused_and_named(client: FlaskClient, form_id: str) -> None:
    response = _send(client, form_id, GOOD, Origin="https://evil.example.org")
    assert response.status_code == 403
    assert "https://evil.example.org" in response.get_json()["detail"]
    assert "Access-Control-Allow-Origin" not in response.headers


def test_an_allowed_page_may_read_the_answer_and_asks_before(client: FlaskClient, form_id: str) -> None:
    asked = client.options(f"/f/{form_id}", headers={"Origin": BLOG, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, BLOG)
    answer = _send(client, form_id, GOOD, Origin=BLOG)
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (BLOG, "Origin")
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_forged_stamp_is_refused_and_one_that_is_too_fresh_asks_for_a_proof_that_a_browser_brings_by_itself(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_form(make_other_list()).public_id
    fresh, foreign = render_stamp(form_id), render_stamp(other)
    shown_at = keys().open(TokenPurpose.RENDER, fresh).signed_at
    monkeypatch.setattr(stamp, "utcnow", lambda: shown_at)  # however slow this machine is
    assert _send(client, form_id, {**GOOD, "token": fresh + "x"}).status_code == 400
    assert _send(client, form_id, {**GOOD, "token": foreign}).status_code == 400
    quick = {**GOOD, "token": fresh}
    asked = _send(client, form_id, quick)
    assert asked.status_code == 428
    assert _send(client, form_id, {**quick, "proof": "x.y.z.1"}).status_code == 428
    page = client.post(f"/f/{form_id}", data={"email": ADA, "consent": "yes", "token": fresh}, headers={"Origin": OWN})
    assert (page.status_code, "data-send" in page.text, "Many people" in page.text) == (428, True, False)
    assert f'value="{ADA}"' in page.text
    assert _is_empty(app)
    told = asked.get_json(force=True)
    proof = solve(told["challenge"], told["bits"])
    assert _send(client, form_id, quick | {"proof": proof}).status_code == 202
    assert _send(client, form_id, quick | {"email": BOB, "proof": proof}).status_code == 428, "good once"
    # Without a script the button is pressed again, when a moment has passed.
    monkeypatch.setattr(stamp, "utcnow", lambda: shown_at + timedelta(seconds=1))
    again = client.post(f"/f/{form_id}", data=hidden_inputs(page.text) | {"email": EVE, "consent": "yes"})
    assert (again.status_code, state_of(EVE)) == (303, "pending")


@pytest.mark.parametrize("ahead", [timedelta(seconds=2), timedelta(hours=2), timedelta(days=40)])
def test_a_visitor_is_not_called_quick_because_our_clocks_disagree(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    token = render_stamp(form_id)
    shown_at = keys().open(TokenPurpose.RENDER, token).signed_at
    monkeypatch.setattr(stamp, "utcnow", lambda: shown_at - ahead)
    assert _send(client, form_id, {**GOOD, "token": token}).status_code == 202
    assert _send(client, form_id, {**GOOD, "email": EVE, "token": token + "x"}).status_code == 400


def make_other_list() -> Any:
    from tests.cast import make_list  # noqa: PLC0415  # only here

    return make_list("other", name="Other")


def test_a_program_that_fills_the_honeypot_is_thanked_and_forgotten(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    honest, caught = (
        _send(client, form_id, {**GOOD, "email": EVE}),
        _send(client, form_id, {**GOOD, "leave_empty": "x"}),
    )
    assert (honest.status_code, len(honest.data)) == (caught.status_code, len(caught.data))
    assert state_of(ADA) is None


@pytest.mark.parametrize("path", ["/f/unknown", "/f/unknown/thanks", "/f/" + "x" * 300, "/nothing", "/download/x/y"])
def test_what_is_not_there_is_not_found_in_words(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "<h1>" in response.text


def test_every_kind_of_field_is_read_strictly(app: Flask, client: FlaskClient) -> None:
    options = (Option(value="a", label="A"), Option(value="b", label="B"))
    fields = (
        Question(key="one", type="choice", label="One", options=options, required=True),
        Question(key="yes", type="yes_no", label="Yes"),
        Question(key="day", type="date", label="Day"),
        Question(key="size", type="number", label="Size"),
    )
    form_id = make_form(fields=fields).public_id
    for wrong in (
        {},
        {"one": "c"},
        {"one": "a", "day": "31.12.2026"},
        {"one": "a", "size": "many"},
        {"one": "a", "size": "nan"},
        {"one": "a", "yes": "maybe"},
    ):
        assert sign_up(client, form_id, ADA, fields=wrong).status_code == 422, wrong
    right = {"one": "b", "yes": True, "day": "2026-12-31", "size": "2.5"}
    assert sign_up(client, form_id, ADA, fields=right).status_code == 202
    stored = db.session.execute(text("SELECT answers FROM signup")).scalar()
    answers = json.loads(stored) if isinstance(stored, str) else stored
    assert answers == {"one": "b", "yes": True, "day": "2026-12-31", "size": 2.5}


@pytest.mark.skipif(not CORPORA.exists(), reason="the shared corpora are not beside this checkout")
def test_naughty_strings_are_stored_as_text_or_refused_and_never_reach_a_header(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    strings = json.loads((CORPORA / "blns" / "blns.json").read_text())
    taken = {}
    for number, string in enumerate(strings):
        address = f"naughty{number}@example.org"
        status = sign_up(
            client, form_id, address, fields={"first_name": string}, page=string, src=string[:50]
        ).status_code
        assert status in {202, 422}, string
        if status == 202:
            taken[address] = " ".join(string.split())
        if number % 50 == 0:
            forget_limits()
    drain(app)
    rows = db.session.execute(select(Contact.address_key, Contact.name)).all()
    names = {row.address_key: row.name for row in rows}
    assert {address: name[:200] for address, name in taken.items()} == names
    heads = {tuple(mail.keys()) for mail in mailbox.mails()}
    assert len(heads) == 1
