"""While it is hot every sign-up brings a proof of work, once; without JavaScript a wait does, scarcely."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from signup.consent.partner import Partner, find_partner
from signup.counts import tally
from signup.counts.tally import Measure
from signup.forms.live_form import forget_live_forms
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.signups import attack_level, held_back, proof_of_work
from signup.signups.held_back import Held
from signup.signups.signup import Signup
from tests.cast import ADA, BLOG, BOB, EVE, make_form, make_list, sign_up, state_of
from tests.proof import heat_up, solve


@pytest.fixture
def hot(app: Flask, form_id: str) -> str:
    heat_up()
    return form_id


def _challenge(answer: TestResponse) -> tuple[str, int]:
    body = answer.get_json(force=True)
    assert (answer.status_code, answer.mimetype) == (428, "application/problem+json")
    assert body["type"] == "/problems/proof-of-work"
    return body["challenge"], body["bits"]


def _age(monkeypatch: pytest.MonkeyPatch, age: timedelta) -> None:
    later = utcnow() + age
    monkeypatch.setattr(proof_of_work, "utcnow", lambda: later)


def test_nobody_is_asked_while_it_is_cool(client: FlaskClient, form_id: str) -> None:
    assert sign_up(client, form_id, ADA).status_code == 202


def test_a_solved_challenge_lets_one_sign_up_in_and_no_second_one(app: Flask, client: FlaskClient, hot: str) -> None:
    text, bits = _challenge(asked := sign_up(client, hot, ADA))
    assert asked.headers["Access-Control-Allow-Origin"] == BLOG
    proof = solve(text, bits)
    assert sign_up(client, hot, ADA, proof=proof).status_code == 202
    assert _challenge(sign_up(client, hot, BOB, proof=proof))[0] != text
    assert (state_of(ADA), state_of(BOB)) == ("pending", None)
    counts = db.session.execute(select(Held.rule, func.sum(Held.n).label("n")).group_by(Held.rule))
    assert {row.rule: row.n for row in counts} == {"proof": 0, "replay": 1}


def test_a_proof_for_another_form_or_a_forged_or_lazy_one_is_none(app: Flask, client: FlaskClient, hot: str) -> None:
    other = make_form(make_list("other", name="Other")).public_id
    text, bits = _challenge(sign_up(client, other, ADA))
    foreign = solve(text, bits)
    mine, bits = _challenge(sign_up(client, hot, ADA))
    head, _, tail = mine.partition(".")
    lazy = next(f"{mine}.{n}" for n in range(99) if not proof_of_work.has_zero_bits(f"{mine}.{n}", bits))
    easy = solve(f"{head}A.{tail}", 4)
    for proof in (foreign, lazy, easy, solve(mine, bits) + "0", "x" * 4_000, "a.b.c.d", f"{mine}.-1", f"{mine}.٣"):
        _challenge(sign_up(client, hot, ADA, proof=proof))
    assert state_of(ADA) is None


def test_a_challenge_ends_after_ten_minutes(client: FlaskClient, hot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = solve(*_challenge(sign_up(client, hot, ADA)))
    _age(monkeypatch, proof_of_work.CHALLENGE_TTL + timedelta(seconds=2))
    assert _challenge(sign_up(client, hot, ADA, proof=proof))[0] != proof.rpartition(".")[0]


def test_a_known_address_and_a_held_one_get_the_answer_of_a_stranger(client: FlaskClient, hot: str) -> None:
    answers = []
    for address in (ADA, ADA, EVE):
        proof = solve(*_challenge(sign_up(client, hot, address)))
        answers.append(sign_up(client, hot, address, proof=proof))
    assert {(a.status_code, len(a.data)) for a in answers} == {(202, len(answers[0].data))}


def test_the_honeypot_is_not_told_from_a_form_without_proof(client: FlaskClient, hot: str) -> None:
    assert _challenge(sign_up(client, hot, ADA, leave_empty="x"))[1] == _challenge(sign_up(client, hot, EVE))[1]


def _send(client: FlaskClient, form_id: str, address: str, **more: Any) -> TestResponse:
    return client.post(f"/f/{form_id}", data={"email": address, "consent": "yes", "first_name": "Ada"} | more)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def test_the_page_comes_again_with_what_was_typed_and_its_puzzle(client: FlaskClient, hot: str) -> None:
    page = _send(client, hot, ADA, src="footer", page="https://blog.example.org/x")
    assert page.status_code == 428
    assert 'value="Ada"' in page.text
    assert "data-send" in page.text
    assert (_field(page.text, "src"), _field(page.text, "page")) == ("footer", "https://blog.example.org/x")
    proof = solve(_field(page.text, "proof"), proof_of_work.BITS)
    assert _send(client, hot, ADA, proof=proof).status_code == 303
    refused = _send(client, hot, BOB, proof=proof)
    assert refused.status_code == 428
    assert "data-send" not in refused.text  # or two machines that disagree would send for ever


def test_the_page_of_a_hot_form_brings_its_puzzle_along(client: FlaskClient, hot: str) -> None:
    page = client.get(f"/f/{hot}").text
    assert "data-send" not in page
    assert _send(client, hot, ADA, proof=solve(_field(page, "proof"), proof_of_work.BITS)).status_code == 303


def test_what_another_website_began_never_confirms_in_one_step(app: Flask, hot: str) -> None:
    own = {"Origin": "http://signup.example.org"}
    for begun_at, remembers in ((own["Origin"], True), (BLOG, False), ("null", False)):
        client = app.test_client()
        body = {"email": f"{'o' if remembers else begun_at[-3:]}@example.org", "consent": "yes"}
        page = client.post(f"/f/{hot}", data=body, headers={"Origin": begun_at}).text
        body |= {"proof": solve(_field(page, "proof"), proof_of_work.BITS)}
        if "from-elsewhere" in page:
            body["from-elsewhere"] = _field(page, "from-elsewhere")
        done = client.post(f"/f/{hot}", data=body, headers=own)
        assert done.status_code == 303
        assert ("Set-Cookie" in done.headers) is remembers, begun_at


def test_without_javascript_a_wait_does_but_only_a_few_times_a_network(
    app: Flask, client: FlaskClient, hot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = {"REMOTE_ADDR": "198.51.100.7"}

    def send(address: str, proof: str) -> TestResponse:
        data = {"email": address, "consent": "yes", "proof": proof}
        return client.post(f"/f/{hot}", data=data, environ_base=visitor)

    given = [_field(client.get(f"/f/{hot}").text, "proof") for _n in range(5)]
    early = send(ADA, given[0])
    assert early.status_code == 428
    assert _field(early.text, "proof") == given[0]
    _age(monkeypatch, proof_of_work.WAIT + timedelta(seconds=1))
    answers = [send(f"p{n}@example.org", text).status_code for n, text in enumerate(given)]
    assert answers == [303, 303, 303, 428, 428]
    assert send("again@example.org", given[0]).status_code == 428


def _sign_up_many(client: FlaskClient, form_id: str, first: int, last: int) -> list[int]:
    return [sign_up(client, form_id, f"p{n}@gmail.com").status_code for n in range(first, last)]


@pytest.fixture
def guarded(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(attack_level, "PAUSE", 0)  # on a busy machine one slow look puts the next one off
    app: Flask = make_app(limit_unconfirmed_share="80")
    return app


def test_many_unconfirmed_sign_ups_of_one_day_make_it_hot_and_honest_ones_go_on(guarded: Flask) -> None:
    client = guarded.test_client()
    form_id = make_form().public_id
    answers = _sign_up_many(client, form_id, 0, 260)
    assert answers[:200] == [202] * 200
    assert answers[-20:] == [428] * 20
    text, bits = _challenge(sign_up(client, form_id, ADA))
    assert sign_up(client, form_id, ADA, proof=solve(text, bits)).status_code == 202


def test_two_hundred_slow_sign_ups_of_a_quiet_site_are_no_attack(guarded: Flask) -> None:
    client = guarded.test_client()
    form_id = make_form().public_id
    _sign_up_many(client, form_id, 0, 199)
    with transaction():
        first = select(Signup.id).order_by(Signup.id).limit(100)
        db.session.execute(update(Signup).where(Signup.id.in_(first)).values(created_at=now(-timedelta(hours=25))))
    attack_level.forget_level()
    assert _sign_up_many(client, form_id, 300, 320) == [202] * 20
    attack_level.adjust_level()
    assert not attack_level.read_level()[0].is_up


def test_a_busy_site_is_judged_by_those_who_had_time_to_confirm(guarded: Flask) -> None:
    client = guarded.test_client()
    form_id = make_form().public_id
    with transaction():
        tally.count([{"measure": Measure.CONFIRMED, "n": 10**9}])
    assert _sign_up_many(client, form_id, 0, 210) == [202] * 210
    with transaction():
        db.session.execute(update(Signup).values(created_at=now(-timedelta(hours=1))))
    attack_level.adjust_level()
    assert attack_level.read_level()[0].reason == "slow"


def test_it_cools_by_itself_judges_only_what_came_since_and_heats_up_again_by_that(guarded: Flask) -> None:
    client = guarded.test_client()
    form_id = make_form().public_id
    assert _sign_up_many(client, form_id, 0, 230)[-1] == 428
    assert attack_level.read_level()[0].is_up
    with transaction():
        db.session.execute(update(attack_level.LevelRow).values(until=now(), since=now(-attack_level.HOLD)))
    attack_level.forget_level()
    assert _sign_up_many(client, form_id, 300, 330) == [202] * 30
    assert _sign_up_many(client, form_id, 330, 540)[-1] == 428


def test_it_stays_hot_and_gets_harder_while_unsolved_challenges_pile_up(
    app: Flask, hot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        db.session.execute(update(attack_level.LevelRow).values(until=now(timedelta(minutes=1))))
    attack_level.adjust_level()
    assert attack_level.read_level()[0].level == 0
    pressed = attack_level.read_level()[0].until
    with transaction():
        db.session.add(Held(form_id=1, rule="proof", n=attack_level.HARD_PRESSED + 1))
    attack_level.adjust_level()
    assert attack_level.read_level()[0].level == 1
    longer = attack_level.read_level()[0].until
    assert pressed
    assert longer
    assert longer > pressed


def test_what_is_held_back_folds_into_numbers_without_networks(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_back, "KEEP_LOOSE", 2)
    for address in (ADA, *[ADA] * 6):
        sign_up(client, form_id, address)
    assert db.session.scalar(select(func.count()).select_from(Held)) == 6
    held_back.fold_held()
    rows = db.session.execute(select(Held.n, Held.domain, Held.folded).order_by(Held.id))
    assert sorted(tuple(row) for row in rows) == [
        (1, "example.org", False),
        (1, "example.org", False),
        (4, "", True),
    ]
    held_back.fold_held()
    assert db.session.scalar(select(func.sum(Held.n))) == 6


def test_nobody_agrees_by_script_to_a_partners_text_they_have_not_seen(app: Flask, client: FlaskClient) -> None:
    tea = Partner(slug="tea")
    with transaction():
        tea.publish("Tea House", "https://tea.example.org/privacy", {"en": "Tea House may write about tea."})
    form_id = make_form(magnet=False, partner_ids=(tea.id,)).public_id
    value = f"{tea.id}.1.en"
    heat_up()
    page = _send(client, form_id, ADA, partners=value)
    assert f'name="partners" value="{value}" checked' in page.text
    assert "data-send" in page.text
    with transaction():
        find_partner("tea").publish("Tea House", "https://tea.example.org/privacy", {"en": "About everything."})
    forget_live_forms()
    page = _send(client, form_id, ADA, partners=value)
    assert page.status_code == 428
    assert "data-send" not in page.text
