"""Published attacks on sign-up forms, replayed against the real application: who gets how many mails in the end.

Spamhaus, August 2016: scripts put government addresses on very many lists within days; one sender saw 81 000 sign-ups
for 9 addresses. The smoke-screen bomb: one person's mailbox is flooded with confirmation mails from everywhere while an
account is robbed. Form spam by botnets: made-up addresses at one victim's domain, or anybody's, from thousands of
visitors, which burns a sender's reputation. A clock of the test's own stands in for the days that these took.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from signup.ground import tokens
from signup.ground.db import db
from signup.ground.errors import TooMany
from signup.limits.governor import Governor
from signup.limits.limit_rule import DAY, HOUR, CountedAttempt, sign_up_rules
from signup.limits.redis_store import RedisStore
from signup.mailer.message import Message
from signup.signups import attack_level, confirmation
from signup.signups.signup import Signup
from signup.signups.store_signup import code_hash
from tests import services
from tests.cast import BLOG, Mailbox, confirm_all, drain, make_form, make_list
from tests.hammer import NOON
from tests.proof import solve

pytestmark = pytest.mark.crossed

ROOT = Path(__file__).parents[2]
VICTIMS = [f"office{n}@agency.example.org" for n in range(9)]
ONE_VICTIM = "victim@example.org"


class Clock:
    """The governor's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["database", "redis"])
def make_guarded(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Callable[..., tuple[Flask, Clock]]:
    """The application with either store, behind one proxy, and with a clock of its own."""

    def make(**more: str) -> tuple[Flask, Clock]:
        if request.param == "redis":
            more["broker_url"] = services.redis_url() + "/4"
        app, clock = make_app(trusted_proxies="1", **more), Clock()
        governor = Governor(app.extensions["signup.settings"], clock)
        if isinstance(governor._store, RedisStore):
            governor._store._client.flushdb()
        app.extensions["signup.governor"] = governor
        return app, clock

    return make


def _form(app: Flask, slug: str = "the-letter") -> str:
    return make_form(make_list(slug), magnet=False).public_id


def _post(app: Flask, form_id: str, address: str, ip: str, **more: Any) -> Any:
    body = {"email": address, "consent": True} | more
    headers = {"Accept": "application/json", "Origin": BLOG, "X-Forwarded-For": ip}
    return app.test_client().post(f"/f/{form_id}", json=body, headers=headers)


def _ip(number: int) -> str:
    """A visitor with a network of their own."""
    return f"{20 + number // 60_000 % 200}.{number // 240 % 250}.{number % 240}.7"


def _mails(app: Flask) -> int:
    return db.session.scalar(select(func.count()).select_from(Message).where(Message.kind == "confirm")) or 0


def _honest(app: Flask, form_id: str, address: str, ip: str) -> int:
    """What a browser does: it solves the puzzle when it is asked to."""
    answer = _post(app, form_id, address, ip)
    if answer.status_code == 428:
        asked = answer.get_json(force=True)
        answer = _post(app, form_id, address, ip, proof=solve(asked["challenge"], asked["bits"]))
    status: int = answer.status_code
    return status


def test_81_000_sign_ups_on_nine_addresses_end_at_54_mails_by_the_rules_alone(
    make_guarded: Callable[..., tuple[Flask, Clock]], is_long: bool
) -> None:
    app, clock = make_guarded()
    settings, governor = app.extensions["signup.settings"], app.extensions["signup.governor"]
    number, span = 81_000 if is_long else 2_700, 14 * DAY
    admitted = dict.fromkeys(VICTIMS, 0)
    hashes = {victim: tokens.keys().hash(victim) for victim in VICTIMS}
    for n in range(number):
        clock.now = NOON + span * n / number
        victim = VICTIMS[n % 9]
        try:
            governor.admit(sign_up_rules(settings, CountedAttempt(1, hashes[victim], ip=_ip(n))))
        except TooMany:
            continue
        admitted[victim] += 1
    assert sum(admitted.values()) <= 54
    assert set(admitted.values()) == {6}


def test_nine_addresses_bombed_for_two_weeks_get_54_mails_and_a_bystander_hers(
    make_guarded: Callable[..., tuple[Flask, Clock]], mailbox: Mailbox, is_long: bool
) -> None:
    app, clock = make_guarded()
    form_id, number = _form(app), 810 if is_long else 270
    for n in range(number):
        clock.now = NOON + 14 * DAY * n / number
        assert _post(app, form_id, VICTIMS[n % 9], _ip(n)).status_code == 202
        if n % (number // 9) == 0:
            assert _honest(app, form_id, f"visitor{n}@example.org", f"192.0.2.{n % 250}") == 202
    drain(app)
    victims = [len(mailbox.mails(victim)) for victim in VICTIMS]
    assert max(victims) <= 6
    assert sum(victims) <= 54
    assert len(mailbox.mails()) - sum(victims) == 9


def test_one_mailbox_bombed_over_many_lists_gets_three_mails_a_list_and_five_a_day(
    make_guarded: Callable[..., tuple[Flask, Clock]], mailbox: Mailbox
) -> None:
    app, clock = make_guarded()
    forms = [_form(app, slug) for slug in ("one", "two", "three")]
    for n in range(200):
        clock.now = NOON + DAY * n / 200
        spelling = ONE_VICTIM if n % 3 else f"Victim+{n}@Example.org"
        assert _post(app, forms[n % 3 if n > 100 else 0], spelling, _ip(n)).status_code == 202
    drain(app)
    assert len(mailbox.mails()) == 5
    by_list = db.session.execute(select(func.count()).select_from(Message).group_by(Message.list_id)).scalars()
    assert max(by_list) <= 3


def test_one_form_sends_one_mailbox_three_mails_in_any_day(
    make_guarded: Callable[..., tuple[Flask, Clock]], is_long: bool
) -> None:
    app, clock = make_guarded()
    form_id = _form(app)
    sent: list[float] = []
    random.seed(8)
    for n in range(300 if is_long else 100):
        clock.now += random.random() * 2 * HOUR
        before = _mails(app)
        _post(app, form_id, ONE_VICTIM, _ip(n))
        if _mails(app) > before:
            sent.append(clock.now)
    assert len(sent) >= 3
    for first, last in zip(sent, sent[3:], strict=False):
        assert last - first >= DAY
    assert all(later - earlier >= 5 * 60 for earlier, later in pairwise(sent))


def test_a_botnet_at_one_domain_ends_at_fifty_an_hour_and_other_domains_go_on(
    make_guarded: Callable[..., tuple[Flask, Clock]],
) -> None:
    app, _clock = make_guarded(limit_domain_per_hour="50")
    form_id = _form(app)
    bots = [_post(app, form_id, f"person{n}@victim.example.com", _ip(n)).status_code for n in range(150)]
    assert bots == [202] * 50 + [429] * 100
    assert [_honest(app, form_id, f"p{n}@gmail.com", _ip(900 + n)) for n in range(60)] == [202] * 60
    assert _mails(app) == 110


def test_colleagues_who_confirm_make_room_at_their_domain(
    make_guarded: Callable[..., tuple[Flask, Clock]], mailbox: Mailbox
) -> None:
    app, clock = make_guarded(limit_domain_per_hour="5")
    clock.now = time.time()
    form_id = _form(app)
    people = [f"p{n}@firm.example.com" for n in range(5)]
    assert [_honest(app, form_id, address, _ip(n)) for n, address in enumerate(people)] == [202] * 5
    assert _honest(app, form_id, "late@firm.example.com", _ip(50)) == 429
    confirm_all(app, app.test_client(), mailbox, *people[:2])
    more = [_honest(app, form_id, f"q{n}@firm.example.com", _ip(60 + n)) for n in range(3)]
    assert more == [202, 202, 429]


def test_a_botnet_with_anybodys_addresses_ends_below_300_mails_and_honest_visitors_are_not_refused(
    make_guarded: Callable[..., tuple[Flask, Clock]],
) -> None:
    app, _clock = make_guarded(limit_unconfirmed_share="80")
    form_id = _form(app)
    random.seed(4)
    honest = []
    for n in range(700):
        domain = random.choice(["gmail.com", "outlook.com", "orange.fr", "gmx.net", f"d{n}.example.com"])
        _post(app, form_id, f"x{random.randrange(10**9)}@{domain}", _ip(n))
        if n % 25 == 0:
            honest.append(_honest(app, form_id, f"honest{n}@gmail.com", _ip(5_000 + n)))
    assert honest == [202] * len(honest)
    assert _mails(app) <= 300
    assert attack_level.read_level()[0].is_up


def test_eight_processes_together_are_let_in_no_more_often_than_one(
    make_guarded: Callable[..., tuple[Flask, Clock]], database_url: str
) -> None:
    app, _clock = make_guarded()
    settings = app.extensions["signup.settings"]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "BROKER_URL": settings.broker_url.get_secret_value(),
        "SIGNUP_VAR": str(settings.signup_var),
        "SECRET_KEYS": settings.secret_keys[0].get_secret_value(),
    }
    command = [sys.executable, "-m", "tests.hammer", "8", "12"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(counts) == 8
    total = {name: sum(count[name] for count in counts) for name in counts[0]}
    assert (total["pausing"], total["sliding"], total["once"]) == (3, 10, 1)
    assert 1 <= total["together"] <= 7


def test_ninety_guesses_of_a_code_at_once_are_five(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(trusted_proxies="1")
    form_id = _form(app)
    handle = _post(app, form_id, ONE_VICTIM, _ip(1)).json["signup"]
    compared: list[str] = []

    def told(uid: UUID, code: str) -> str:
        compared.append(code)
        return code_hash(uid, code)

    monkeypatch.setattr(confirmation, "code_hash", told)

    def guess(number: int) -> int:
        headers = {"Accept": "application/json", "Origin": BLOG, "X-Forwarded-For": _ip(2 + number)}
        body = {"signup": handle, "code": f"{number:06}"}
        return app.test_client().post(f"/f/{form_id}/code", json=body, headers=headers).status_code

    with ThreadPoolExecutor(16) as guessers:
        assert set(guessers.map(guess, range(90))) <= {422, 200}
    assert len(compared) <= 5
    assert db.session.scalar(select(Signup.code_tries)) == 5
