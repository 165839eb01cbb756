"""Nobody can be flooded through us: limits by address, network, list and for all, and who is not refused."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text

from signup.addresses import address as addresses
from signup.forms.live_form import live_form
from signup.ground.db import db, transaction
from signup.limits.database_store import DatabaseStore, LimitCounter
from signup.limits.governor import Store, sweep_counters
from signup.limits.limit_rule import DAY, HOUR, PAUSING, WEEK, Rule, address_rules
from signup.limits.local_store import LocalStore
from signup.limits.redis_store import RedisStore
from signup.signups import admission, store_signup
from signup.signups.signup import Signup
from tests import services
from tests.cast import ADA, BLOG, BOB, Mailbox, confirm_all, drain, make_form, make_list, sign_up, state_of
from tests.proof import heat_up, solve

pytestmark = pytest.mark.both_engines

TARGETS = [f"victim{n}@example.org" for n in range(9)]


@pytest.fixture(params=["database", "redis"])
def app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Flask:
    """The application with either store; behind one proxy, so that a test can come from anywhere."""
    if request.param == "redis":
        return make_app(broker_url=services.redis_url() + "/3", trusted_proxies="1")
    return make_app(trusted_proxies="1")


@pytest.fixture
def form_id(app: Flask) -> str:
    store = app.extensions["signup.governor"]._store
    if isinstance(store, RedisStore):
        store._client.flushdb()
    return make_form().public_id


def _post(app: Flask, form_id: str, address: str, ip: str) -> int:
    body = {"email": address, "consent": True}
    headers = {"Accept": "application/json", "Origin": BLOG, "X-Forwarded-For": ip}
    return app.test_client().post(f"/f/{form_id}", json=body, headers=headers).status_code


def test_a_bomb_on_nine_addresses_from_many_networks_ends_after_few_mails(
    app: Flask, mailbox: Mailbox, form_id: str, is_long: bool
) -> None:
    size = 540 if is_long else 180
    for number in range(size):
        ip = f"{20 + number % 90}.{number % 250}.7.9"
        assert _post(app, form_id, TARGETS[number % 9], ip) == 202
    assert _post(app, form_id, ADA, "192.0.2.1") == 202
    drain(app)
    assert len(mailbox.mails()) - 1 <= 54
    assert len(mailbox.mails(ADA)) == 1
    held = db.session.execute(text("SELECT sum(n) FROM tally WHERE measure = 'held'")).scalar()
    assert held == size - (len(mailbox.mails()) - 1)


@pytest.mark.parametrize(("first", "second"), [("198.51.100.4", "198.51.100.4"), ("2001:db8::1", "2001:db8::ffff")])
def test_one_visitor_may_sign_up_ten_addresses_an_hour(app: Flask, form_id: str, first: str, second: str) -> None:
    answers = [_post(app, form_id, f"p{n}@example.org", first if n % 2 else second) for n in range(12)]
    assert answers == [202] * 10 + [429] * 2


def test_one_visitor_may_sign_up_thirty_addresses_a_day_and_their_network_a_hundred(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(trusted_proxies="1")
    form_id = make_form(magnet=False).public_id

    def ten(ip: str, hour: int) -> set[int]:
        app.extensions["signup.governor"]._clock = lambda: 20_000 * DAY + hour * HOUR
        return {_post(app, form_id, f"p{hour}-{n}@{ip}.example.org", ip) for n in range(10)}

    assert [ten("198.51.100.1", hour) for hour in (0, 2, 4, 6)] == [{202}] * 3 + [{429}]
    assert [ten(f"198.51.100.{number}", 6) for number in range(2, 10)] == [{202}] * 7 + [{429}]
    assert ten("198.51.101.1", 6) == {202}


def test_an_address_that_is_held_back_costs_its_network_as_much_as_any_other(app: Flask, form_id: str) -> None:
    for number in range(1, 11):
        ip = f"198.51.100.{number}"
        assert [_post(app, form_id, ADA, ip) for _again in range(10)] == [202] * 10
        assert _post(app, form_id, BOB, ip) == 429
    assert [_post(app, form_id, BOB, ip) for ip in ("198.51.100.11", "198.51.101.1")] == [429, 202]


def test_confirmed_people_take_no_room_of_their_office(app: Flask, mailbox: Mailbox, form_id: str) -> None:
    office, people = "198.51.100.7", [f"p{n}@example.org" for n in range(10)]
    assert [_post(app, form_id, address, office) for address in people] == [202] * 10
    assert _post(app, form_id, BOB, office) == 429
    confirm_all(app, app.test_client(), mailbox, *people[:3])
    answers = [_post(app, form_id, f"later{n}@example.org", office) for n in range(4)]
    assert answers == [202, 202, 202, 429]


def test_dots_and_tags_do_not_make_another_address(app: Flask, mailbox: Mailbox, form_id: str) -> None:
    for number, spelling in enumerate(("a.da@gmail.com", "ada+x@gmail.com", "A.D.A@googlemail.com")):
        assert _post(app, form_id, spelling, f"20.0.{number}.1") == 202
    drain(app)
    assert [mail["Delivered-To"] for mail in mailbox.mails()] == ["a.da@gmail.com"]


@pytest.mark.parametrize("store", ["database", "local"])
def test_a_window_slides(context: Flask, store: str) -> None:
    counts: Store = DatabaseStore() if store == "database" else LocalStore()
    allowed = 3 if store == "database" else 12
    rule, start = Rule("day", "key", DAY, allowed), 20_000 * DAY + 0.5 * DAY
    assert [counts.admit([rule], start) for _n in range(3)] == [None] * 3
    assert counts.admit([rule], start) == rule
    assert counts.admit([rule], start + 0.51 * DAY) == rule
    assert counts.admit([rule], start + 1.2 * DAY) is None
    counts.take_back([], start, [rule], start + 1.2 * DAY)
    assert [counts.admit([rule], start + 1.2 * DAY) for _n in range(3)] == [None] * 3


def test_a_refusal_counts_under_no_rule(context: Flask) -> None:
    store, now = DatabaseStore(), 20_000.0 * DAY
    full, free = Rule("full", "full", DAY, 1), Rule("free", "free", DAY, 1)
    assert store.admit([full], now) is None
    assert store.admit([free, full], now) == full
    assert store.admit([free], now) is None


def test_counters_of_windows_that_are_over_go_and_the_others_stay(context: Flask) -> None:
    rules = [Rule(f"r{n}", f"key{n}", DAY, 9) for n in range(700)]
    store, present = DatabaseStore(), time.time()
    for at in (0.0, present - 2 * WEEK, present - WEEK):
        for first in range(0, len(rules), 50):
            assert store.admit(rules[first : first + 50], at) is None
    assert store.admit(rules[:3], present) is None
    assert db.session.scalar(select(func.count()).select_from(LimitCounter)) == 3 * len(rules) + 3
    sweep_counters()
    left = db.session.scalars(select(LimitCounter.key).order_by(LimitCounter.key))
    assert [bytes(key) for key in left] == [rule.key.encode() for rule in rules[:3]]


def test_what_could_not_be_stored_may_come_again_at_once(
    app: Flask, mailbox: Mailbox, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(store_signup, "store", lambda *_: 1 / 0)
        assert _post(app, form_id, ADA, "198.51.100.1") == 500
    assert [_post(app, form_id, ADA, f"198.51.100.{n}") for n in range(2, 4)] == [202] * 2
    drain(app)
    assert len(mailbox.mails(ADA)) == 1


def test_a_redis_that_lost_its_memory_opens_no_mailbox_to_a_flood(
    make_app: Callable[..., Flask], mailbox: Mailbox
) -> None:
    app = make_app(broker_url=services.redis_url() + "/3", trusted_proxies="1")
    store = app.extensions["signup.governor"]._store
    lists = [make_form(make_list(slug), magnet=False).public_id for slug in ("one", "two")]
    for number, spelling in enumerate((ADA, "Ada@example.org", "ada+2@example.org", ADA)):
        store._client.flushdb()
        assert _post(app, lists[0], spelling, f"198.51.{number}.7") == 202
    drain(app)
    assert len(mailbox.mails()) == 1
    # As if five minutes passed, again and again: three a day on one list, five on all of them.
    pauses = [_five_minutes_of_ada(form_id) for form_id in lists]
    for number in range(16):
        store._client.flushdb()
        with transaction():
            db.session.execute(delete(LimitCounter).where(LimitCounter.key.in_(pauses)))
        assert _post(app, lists[number % 2], ADA, f"203.0.{number}.7") == 202
    drain(app)
    assert len(mailbox.mails()) == 5


def test_a_redis_that_lost_its_memory_takes_no_proof_twice(make_app: Callable[..., Flask]) -> None:
    app = make_app(broker_url=services.redis_url() + "/3")
    client = app.test_client()
    form_id = make_form(magnet=False).public_id
    heat_up()
    asked = sign_up(client, form_id, ADA).get_json(force=True)
    proof = solve(asked["challenge"], asked["bits"])
    assert sign_up(client, form_id, ADA, proof=proof).status_code == 202
    app.extensions["signup.governor"]._store._client.flushdb()
    assert sign_up(client, form_id, BOB, proof=proof).status_code == 428
    assert (state_of(ADA), state_of(BOB)) == ("pending", None)


def _five_minutes_of_ada(form_id: str) -> bytes:
    list_id = live_form(form_id).list_id
    attempt = admission.attempt(list_id, addresses.parse(ADA), None)
    return address_rules(attempt.address, list_id)[0].key.encode()


def test_sign_ups_of_one_mailbox_at_the_same_moment_are_one(app: Flask, mailbox: Mailbox, form_id: str) -> None:
    spellings = [f"ada+{number}@example.org" for number in range(12)]
    with ThreadPoolExecutor(12) as visitors:
        posted = visitors.map(lambda n: _post(app, form_id, spellings[n], f"203.0.{n}.7"), range(12))
        assert list(posted) == [202] * 12
    drain(app)
    assert len(mailbox.mails()) == 1
    assert db.session.scalar(select(func.count()).select_from(Signup)) == 1
    counts = db.session.scalars(select(LimitCounter.n).where(LimitCounter.bucket == PAUSING))
    assert list(counts) == [1] * 4
