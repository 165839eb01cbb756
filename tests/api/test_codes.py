"""A shop's program says by HTTP which discount codes were used: with a key of its own, as often as it likes."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from signup.access import api_key
from signup.access.api_key import ApiKey, KeyRange, KeyScope
from signup.access.session import STEP_UP, OperatorSession
from signup.cli.programs import key as key_command
from signup.consent.mailing_list import find_list
from signup.counts.event import Event, EventKind
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import run
from signup.ground.logs import scrub
from signup.ground.urls import settings
from signup.incentives.discount_code import DiscountCode
from signup.limits.load_limit import load_limit
from tests.admin.cast import EDITH, actions, post, signed_in
from tests.cast import ADA, Mailbox, confirm_all, make_list, sign_up
from tests.flows.test_incentives import CODES, code_of, form_giving, make_pool

FAR = {"REMOTE_ADDR": "198.51.100.7"}


def make_key(*slugs: str, scopes: tuple[KeyScope, ...] = (KeyScope.CODES_REDEEM,), ttl: timedelta | None = None) -> str:
    with transaction():
        reach = KeyRange(list(scopes), [find_list(slug).id for slug in slugs])
        return api_key.make("Web shop", reach, ttl).secret


def redeem(client: FlaskClient, code: str, secret: str = "", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.post(f"/api/v1/codes/{code}/redeem", headers=headers | more.pop("headers", {}), **more)


@pytest.fixture
def pools(app: Flask) -> None:
    """A pool that a form of The Letter gives, and another list's with one code of the same name."""
    form_giving(make_pool(CODES))
    form_giving(make_pool(["HELLO-00", "OTHER-1"], name="Other"), "other")


@pytest.mark.both_engines
def test_a_code_is_redeemed_once_however_often_and_in_how_many_threads_it_is_said(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_pool(CODES))
    secret = make_key()
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    code = code_of(ADA)
    assert code
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _n: redeem(app.test_client(), code.lower(), secret).json, range(8)))
    answers.append(redeem(client, code, secret).json)
    assert sorted(answer.pop("again") for answer in answers) == [False, *[True] * 8]
    assert len({json.dumps(answer, sort_keys=True) for answer in answers}) == 1
    assert answers[0] | {"redeemed_at": ""} == {"code": code, "redeemed_at": "", "expires_at": None, "is_given": True}
    assert db.session.scalar(select(func.count()).where(Event.kind == EventKind.REDEEMED)) == 1
    assert db.session.scalars(select(ApiKey.used_at)).one()
    assert db.session.scalar(select(func.count()).where(DiscountCode.redeemed_at.is_not(None))) == 1


@pytest.mark.usefixtures("pools")
def test_a_key_reaches_its_lists_alone_and_a_foreign_code_is_as_unknown_as_any(app: Flask, client: FlaskClient) -> None:
    ours, all_lists = make_key("the-letter"), make_key()
    foreign, unknown, odd, long = (redeem(client, one, ours) for one in ("OTHER-1", "NONE-1", "a%2Fb%00", "x" * 61))
    for answer in (foreign, unknown, odd, long):
        assert (answer.status_code, answer.content_type, answer.data) == (
            404,
            "application/problem+json",
            unknown.data,
        )
    assert redeem(client, "hello-00", ours).json["again"] is False
    redeemed = select(DiscountCode.code, DiscountCode.lead_magnet_id).where(DiscountCode.redeemed_at.is_not(None))
    assert len(db.session.execute(redeemed).all()) == 1, "the other list's code of that name is left alone"
    assert redeem(client, "OTHER-1", all_lists).json["code"] == "OTHER-1"


@pytest.mark.usefixtures("pools")
def test_only_a_key_in_force_opens_and_it_stands_in_a_header(app: Flask, client: FlaskClient) -> None:
    good, ended, revoked = make_key(), make_key(ttl=timedelta(days=30)), make_key()
    without = make_key(scopes=())
    with transaction():
        db.session.execute(update(ApiKey).where(ApiKey.expires_at.is_not(None)).values(expires_at=now()))
        api_key.revoke(db.session.scalars(select(ApiKey.uid).where(ApiKey.hint == revoked[-4:])).one())
    assert good not in str(db.session.execute(text("SELECT * FROM api_key")).all())
    refused = [redeem(client, "HELLO-00", one) for one in ("", "signup_x", ended, revoked, good[:-1], good + "a")]
    refused += [
        redeem(client, "HELLO-00", headers={"Authorization": f"Basic {good}"}),
        client.post(f"/api/v1/codes/HELLO-00/redeem?key={good}&authorization=Bearer+{good}"),
    ]
    for answer in refused:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.data == refused[0].data
    assert redeem(client, "HELLO-00", without).status_code == 403
    assert not db.session.scalar(select(func.count()).where(DiscountCode.redeemed_at.is_not(None)))
    answer = redeem(client, "HELLO-00", good, headers={"Origin": "https://shop.example.org"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not {"Access-Control-Allow-Origin", "Set-Cookie"} & {name for name, _value in answer.headers}
    for method, path, status in (
        ("OPTIONS", "/api/v1/codes/HELLO-00/redeem", 405),
        ("GET", "/api/v1/codes/HELLO-00/redeem", 405),
        ("POST", "/api/v1/nothing", 404),
    ):
        odd = client.open(path, method=method)
        assert (odd.status_code, odd.content_type) == (status, "application/problem+json")
    line = scrub(f"Bearer {good} POST /api/v1/codes/HELLO-00/redeem")
    assert (good in line, "HELLO-00" in line) == (False, False)


@pytest.mark.usefixtures("pools")
def test_every_key_costs_the_same_work_whether_it_opens_or_not(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, revoked = make_key(), make_key()
    with transaction():
        api_key.revoke(db.session.scalars(select(ApiKey.uid).where(ApiKey.hint == revoked[-4:])).one())
    hashed: list[str] = []
    asked: list[str] = []
    make_hash = api_key._hash

    def count(secret: str) -> str:
        hashed.append(secret)
        return make_hash(secret)

    def look(connection: Any, statement: str, values: Any) -> Any:
        asked.append(statement)
        return run(connection, statement, values)

    monkeypatch.setattr(api_key, "_hash", count)
    monkeypatch.setattr(api_key, "run", look)
    never_made = api_key._new_secret(api_key.LIVE)
    for secret, status in ((good, 200), (revoked, 401), (never_made, 401), ("signup_of_before", 401)):
        hashed.clear()
        asked.clear()
        assert redeem(client, "HELLO-00", secret).status_code == status
        assert (hashed, len(asked)) == ([secret], 1), secret
    for secret in (good[:-1], good[:-7] + "x" + good[-6:], "signup_live_", "x" * 2_000):
        hashed.clear()
        asked.clear()
        assert redeem(client, "HELLO-00", secret).status_code == 401
        assert (hashed, asked) == ([], []), "its checksum is wrong: nobody need be asked"


@pytest.mark.usefixtures("pools")
def test_a_program_in_a_hurry_and_one_that_guesses_keys_have_to_wait(app: Flask, client: FlaskClient) -> None:
    secret = make_key()
    assert redeem(client, "HELLO-00", secret).status_code == 200
    assert redeem(client, "HELLO-00", "signup_x", environ_overrides=FAR).status_code == 401
    with transaction():
        db.session.execute(text("UPDATE limit_counter SET n = 10000"))
    for _ in range(settings().limit_key_per_minute):
        load_limit().take(db.session.scalars(select(ApiKey)).one().uid.hex, 1)
    for answer in (
        redeem(client, "HELLO-00", secret),
        redeem(client, "HELLO-00", "signup_x", environ_overrides=FAR),
    ):
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)
        assert answer.content_type == "application/problem+json"


def test_an_operator_makes_a_key_sees_it_once_and_revokes_it(
    app: Flask, client: FlaskClient, opal: FlaskClient
) -> None:
    list_id = make_list().id
    form_giving(make_pool(CODES), "other")
    assert "No API keys yet" in opal.get("/admin/settings/keys").text
    wrong = post(opal, "/admin/settings/keys/new", {"name": "", "days": 365})
    assert (wrong.status_code, "signup_" in wrong.text) == (422, False)
    typed = {"name": "Web shop", "days": 90, "scopes": "codes:redeem"}
    made = post(opal, "/admin/settings/keys/new", typed | {"lists": list_id})
    found = re.search(r'value="(signup_live_\w{33})"', made.text)
    assert found
    page = opal.get("/admin/settings/keys").text
    assert (found[1] in page, found[1][-4:] in page, "The Letter" in page) == (False, True, True)
    assert redeem(client, CODES[0], found[1]).status_code == 404, "it reaches one list alone"
    key = db.session.scalars(select(ApiKey)).one()
    assert key.expires_at
    replaced = post(opal, f"/admin/settings/keys/{key.uid}/rotate")
    new = re.search(r'value="(signup_live_\w{33})"', replaced.text)
    assert new
    assert [redeem(client, CODES[0], one).status_code for one in (found[1], new[1])] == [404, 404], "both are valid"
    path = f"/admin/settings/keys/{key.uid}/revoke"
    for _twice in range(2):
        assert post(opal, path).status_code == 303
    assert [redeem(client, CODES[0], one).status_code for one in (found[1], new[1])] == [401, 404]
    assert actions(app)[-3:] == ["key-made", "key-rotated", "key-revoked"]
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert post(opal, "/admin/settings/keys/new", typed).location.startswith("/admin/prove")
    assert signed_in(app, EDITH).get("/admin/settings/keys").status_code == 403


def test_the_console_makes_lists_and_revokes_keys(app: Flask, client: FlaskClient) -> None:
    form_giving(make_pool(CODES))

    def run(*words: str) -> Any:
        done = CliRunner().invoke(key_command.command, [*words, "--json"], obj=lambda: app)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    [made] = run("new", "Till", "--scope", "codes:redeem", "--list", "the-letter", "--days", "0")
    assert redeem(client, CODES[0], made["secret"]).json["code"] == CODES[0]
    [listed] = run("list")
    assert (listed["lists"], listed["until"], listed["ends with"]) == ("the-letter", "", made["secret"][-4:])
    assert listed["last used"]
    assert [run("revoke", made["uid"])[0]["revoked"] for _twice in range(2)] == [True, False]
    assert redeem(client, CODES[0], made["secret"]).status_code == 401
    [kept] = run("new", "CRM", "--scope", "contacts:read", "--masked", "--expires", "2099-01-01")
    [new] = run("rotate", kept["uid"], "--overlap-hours", "0")
    assert redeem(client, CODES[0], kept["secret"]).status_code == 401
    assert redeem(client, CODES[0], new["secret"]).status_code == 403, "as far as the old one"
    over = CliRunner().invoke(
        key_command.command, ["new", "x", "--scope", "contacts:read", "--expires", "2020-01-01"], obj=lambda: app
    )
    assert (over.exit_code, "this day is over" in over.output) == (2, True)
    missing = CliRunner().invoke(
        key_command.command, ["revoke", "0198c3a0-0000-7000-8000-000000000001"], obj=lambda: app
    )
    assert (missing.exit_code, "NotFound" in missing.output) == (1, True)
