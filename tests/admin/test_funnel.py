"""The funnel adds up to the rows, the reminder's uplift to a hand computation, and the advice has numbers behind it."""

import csv
import json
import random
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from math import sqrt
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update

from signup.addresses.mailbox_provider import provider_key
from signup.admin.forms.funnel_report import report_on
from signup.cli.main import main
from signup.counts import step
from signup.counts.advice import Passage, best_change, largest_loss
from signup.counts.funnel import DIMENSIONS, Funnel, FunnelScope, read
from signup.counts.period import up_to_today
from signup.counts.step import Step, StepCount
from signup.counts.tally import today
from signup.counts.uplift import UpliftGroup, newcombe, uplift_of, wilson
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message
from signup.privacy import purge_unconfirmed
from signup.signups import remind
from signup.signups.signup import Signup
from tests.admin.cast import VIC, post, signed_in
from tests.admin.figures import FiguresOfPage
from tests.cast import ADA, BLOG, Mailbox, code_in, drain, forget_limits, link_in, make_form, make_list, sign_up

OWN = "http://signup.example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DOMAINS = ("gmail.com", "gmx.ch", "example.org")
ALWAYS = date(2020, 1, 1), date(2100, 1, 1)


class Crowd:
    """People who do at random what people do, and what was seen of it from outside."""

    def __init__(self, app: Flask, client: FlaskClient, mailbox: Mailbox, seed: int) -> None:
        self.app, self.client, self.mailbox = app, client, mailbox
        self.random = random.Random(seed)
        self.expected: Counter[tuple[Any, ...]] = Counter()

    def visit(self, form_id: str, number: int) -> None:
        """One visitor: sees, perhaps begins, perhaps signs up, and goes on from there."""
        site, source = self.random.choice([BLOG, OWN]), self.random.choice(["", "qr:door", "=cmd"])
        address = f"p{number}@{self.random.choice(DOMAINS)}"
        self._tell(form_id, "view", site, source)
        if self.random.random() < 0.2:
            return
        self._tell(form_id, "start", site, source)
        if self.random.random() < 0.2:
            self.client.post(
                f"/f/{form_id}", data={"email": "x", "page": site, "src": source}, headers={"Origin": site}
            )
            self._count("refused", site, source, "")
            return
        body = {"email": address, "consent": "yes", "page": site + "/p", "src": source}
        answer = self.client.post(f"/f/{form_id}", data=body, headers={"Origin": site})
        assert answer.status_code == 303, answer.text
        self.mailbox.answer = "550 5.1.1 nobody here" if self.random.random() < 0.15 else "250 OK"
        drain(self.app)
        provider = provider_key(address.partition("@")[2])
        self._count("submitted", site, source, provider)
        self._follow(form_id, answer.location, address, (site, source, provider))

    def _follow(self, form_id: str, thanks: str, address: str, key: tuple[str, str, str]) -> None:
        mails = self.mailbox.mails(address)
        self._count("mailed" if mails else "bounced", *key)
        what = self.random.choice(["nothing", "look", "link", "code", "not me", "take"])
        if not mails or what == "nothing":
            return
        self._count("opened_page", *key)
        link = link_in(mails[-1])
        if what == "code":
            handle = thanks.partition("signup=")[2].partition("&")[0]
            code = {"signup": handle, "code": code_in(mails[-1])}
            assert self.client.post(f"/f/{form_id}/code", data=code).status_code == 303
        else:
            self.client.get(link)
            self.client.get(link)
        if what == "not me":
            self.client.post(link, data={"action": "not-me"})
            self._count("disowned", *key)
        elif what in {"link", "take"}:
            self.client.post(link)
            self.client.post(link)
        if what in {"code", "link", "take"}:
            self._count("confirmed:1m", *key)
            self.mailbox.answer = "250 OK"
            drain(self.app)
        if what == "take":
            for _time in range(2):
                self.client.get(link_in(self.mailbox.last(address), "download"), buffered=True)
            self._count("taken", *key)

    def _tell(self, form_id: str, what: str, site: str, source: str) -> None:
        body = json.dumps({"what": what, "src": source})
        headers = {"User-Agent": FIREFOX, "Origin": site}
        self.client.post(f"/f/{form_id}/seen", data=body, content_type="text/plain", headers=headers)
        self._count({"view": "seen", "start": "started"}[what], site, source, "")

    def _count(self, name: str, site: str, source: str, provider: str) -> None:
        self.expected[name, site, source, provider] += 1


@pytest.mark.parametrize("seed", [1, 2])
def test_the_funnel_adds_up_to_what_happened_and_to_the_rows(
    app: Flask, client: FlaskClient, mailbox: Mailbox, seed: int
) -> None:
    form, other = make_form(), make_form(make_list("noise", name="Noise"), magnet=False)
    form_id, other_id, key = form.public_id, other.public_id, form.id
    crowd = Crowd(app, client, mailbox, seed)
    noise = Crowd(app, client, mailbox, seed + 100)
    for number in range(30):
        crowd.visit(form_id, number)
        if number % 6 == 0:
            noise.visit(other_id, 1_000 + number)
    app.extensions["signup.sightings"].flush()
    for _folded in (False, True):
        cells: Counter[tuple[Any, ...]] = Counter()
        for row in db.session.execute(select(StepCount).where(StepCount.form_id == key)).scalars():
            cells[row.step, row.site, row.source, row.provider] += row.n
        assert cells == crowd.expected
        step.fold()
    loose = db.session.scalars(select(StepCount.id).where(~StepCount.folded)).all()
    assert loose == []
    funnel = read(FunnelScope((key,), *ALWAYS))
    states = Counter(db.session.scalars(select(Signup.state).where(Signup.form_id == key)))
    assert funnel.submitted == states.total()
    assert (funnel.confirmed, funnel.n(Step.DISOWNED), funnel.open) == (
        states["confirmed"],
        states["disowned"],
        states["pending"],
    )
    mails = (
        "SELECT count(*) FROM message m JOIN signup g ON g.id = m.signup_id WHERE g.form_id = :f AND m.kind = 'confirm'"
    )
    for state, n in (("sent", funnel.n(Step.MAILED)), ("failed", funnel.n(Step.BOUNCED))):
        assert db.session.scalar(text(f"{mails} AND m.state = :s"), {"f": key, "s": state}) == n
    taken = "SELECT count(*) FROM signup WHERE form_id = :f AND downloads > 0"
    assert db.session.scalar(text(taken), {"f": key}) == funnel.n(Step.TAKEN)
    _adds_up(funnel)
    assert sum(n for _name, n in funnel.soon()[-1:]) == funnel.confirmed
    report = report_on(db.session.get_one(Form, key), 7)
    assert report.funnel == funnel
    for dimension in DIMENSIONS:
        parts = report.by(dimension).values()
        for name, whole in funnel.as_dict().items():
            if dimension != "provider" or name not in {"seen", "started", "refused", "seen_by_bot"}:
                assert sum(part.as_dict()[name] for part in parts) == whole, (dimension, name)


def _adds_up(funnel: Funnel) -> None:
    """Every sign-up is somewhere, and no part is less than nothing."""
    n = funnel.n
    assert funnel.submitted == n(Step.MAILED) + n(Step.BOUNCED) + funnel.not_mailed + funnel.single
    assert n(Step.MAILED) == n(Step.OPENED) + funnel.not_opened
    assert n(Step.OPENED) == funnel.confirmed - funnel.single + n(Step.DISOWNED) + funnel.not_pressed
    assert funnel.submitted == funnel.confirmed + n(Step.DISOWNED) + n(Step.EXPIRED) + funnel.open
    assert min(funnel.as_dict().values()) >= 0


def test_what_ran_out_and_is_deleted_stays_in_the_numbers(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form = make_form()
    form_id, key = form.public_id, form.id
    for n in range(4):
        sign_up(client, form_id, f"p{n}@example.org")
    sign_up(client, form_id, ADA)
    drain(app)
    first = link_in(mailbox.last(ADA))
    forget_limits()
    sign_up(client, form_id, ADA)
    client.post(first)  # the older one; the newer runs out
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(timedelta(hours=-24))))
    purge_unconfirmed.expire()
    funnel = read(FunnelScope((key,), *ALWAYS))
    _adds_up(funnel)
    assert (funnel.submitted, funnel.confirmed, funnel.n(Step.EXPIRED), funnel.open) == (6, 1, 5, 0)
    assert funnel.n(Step.DOUBLED) == 1


def test_a_repeated_and_a_single_opt_in_signup_do_not_bend_the_funnel(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form = make_form(opt_in="single", single_reason="Customers of the shop")
    form_id, key = form.public_id, form.id
    sign_up(client, form_id, ADA)
    forget_limits()
    sign_up(client, form_id, ADA)
    drain(app)
    funnel = read(FunnelScope((key,), *ALWAYS))
    _adds_up(funnel)
    assert (funnel.submitted, funnel.single, funnel.confirmed, funnel.n(Step.REPEATED)) == (1, 1, 1, 1)
    assert funnel.n(Step.MAILED) == funnel.n(Step.OPENED) == 0


def test_a_refused_mail_that_is_sent_again_by_an_operator_is_no_bounce_any_more(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form = make_form()
    form_id, key = form.public_id, form.id
    mailbox.answer = "550 5.7.1 not today"
    sign_up(client, form_id, ADA)
    drain(app)
    mailbox.answer = "250 OK"
    admin = signed_in(app)
    assert f"/admin/forms/{form_id}/funnel" in admin.get("/admin/").text
    before = read(FunnelScope((key,), *ALWAYS))
    message_id = db.session.scalars(select(Message.id)).one()
    assert post(admin, f"/admin/outbox/{message_id}/retry").status_code == 303
    drain(app)
    after = read(FunnelScope((key,), *ALWAYS))
    assert (before.n(Step.BOUNCED), before.n(Step.MAILED)) == (1, 0)
    assert (after.n(Step.BOUNCED), after.n(Step.MAILED)) == (0, 1)
    _adds_up(after)


def test_signups_from_before_the_counts_are_counted_when_they_begin(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form, single = make_form(), make_form(make_list("single"), opt_in="single", single_reason="Customers")
    form_id, ids, single_id = form.public_id, (form.id, single.id), single.public_id
    crowd = Crowd(app, client, mailbox, 3)
    for number in range(12):
        crowd.visit(form_id, number)
    sign_up(client, single_id, ADA)
    drain(app)
    app.extensions["signup.sightings"].flush()
    told_by_script = {"seen", "started", "refused"}
    before = read(FunnelScope(ids, *ALWAYS))
    db.session.rollback()
    downgrade(revision="0001")
    upgrade()
    after = read(FunnelScope(ids, *ALWAYS))
    assert after.counts == {name: n for name, n in before.counts.items() if name not in told_by_script}
    _adds_up(after)


def test_the_uplift_of_a_simulated_trial_equals_a_hand_computation(
    app: Flask, client: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "HOLDOUT", 3)
    form = make_form()
    form_id, key = form.public_id, form.id
    for n in range(24):
        sign_up(client, form_id, f"p{n}@example.org")
    drain(app)
    links = {f"p{n}@example.org": link_in(mailbox.last(f"p{n}@example.org")) for n in range(24)}
    for n in range(6):
        client.post(links[f"p{n}@example.org"])  # before any reminder: no part of the trial
    past = now(-timedelta(hours=25))
    with transaction():
        db.session.execute(update(Signup).values(created_at=past, remind_at=now(-timedelta(hours=1))))
        db.session.execute(update(Message).values(sent_at=past))
    remind.remind()
    query = "SELECT c.address, g.trial FROM signup g JOIN contact c ON c.id = g.contact_id"
    trials: dict[str, str | None] = {row[0]: row[1] for row in db.session.execute(text(query))}
    drain(app)
    chance = random.Random(4)
    won: Counter[str | None] = Counter()
    for address, link in links.items():
        trial = trials[address]
        if trial and chance.random() < {"reminded": 0.6, "holdout": 0.3}[trial]:
            client.post(link)
            won[trial] += 1
    tried = Counter(trials.values())
    assert tried[None] == 6
    funnel = read(FunnelScope((key,), *ALWAYS))
    _adds_up(funnel)
    uplift = uplift_of(funnel)
    assert uplift.reminded == UpliftGroup(won["reminded"], tried["reminded"])
    assert uplift.held_out == UpliftGroup(won["holdout"], tried["holdout"])
    assert _by_hand(*(getattr(uplift, name) for name in ("reminded", "held_out"))) == pytest.approx(
        [uplift.difference.value, uplift.difference.low, uplift.difference.high]
    )


def _by_hand(one: UpliftGroup, other: UpliftGroup) -> list[float]:
    """Newcombe's method 10, from the roots of (p - x/n)² = z² p (1 - p) / n that Wilson's limits are."""
    z = 1.959964

    def roots(x: float, n: float) -> tuple[float, float]:
        a, b, c = 1 + z * z / n, -(2 * x / n + z * z / n), (x / n) ** 2
        d = sqrt(b * b - 4 * a * c)
        return (-b - d) / (2 * a), (-b + d) / (2 * a)

    p1, p2 = one.part / one.whole, other.part / other.whole
    (l1, u1), (l2, u2) = roots(one.part, one.whole), roots(other.part, other.whole)
    return [p1 - p2, p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)]


def test_the_interval_is_the_published_one() -> None:
    """Newcombe 1998, Statistics in Medicine 17:873, table II: 56/70 against 48/80, and 0/10 against 0/20."""
    found = newcombe(UpliftGroup(56, 70), UpliftGroup(48, 80))
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    found = newcombe(UpliftGroup(0, 10), UpliftGroup(0, 20))
    assert (round(found.low, 4), round(found.high, 4)) == (-0.1611, 0.2775)


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.data())
def test_an_interval_holds_its_difference_and_stays_within_reason(n: int, m: int, data: st.DataObject) -> None:
    one, other = UpliftGroup(data.draw(st.integers(0, n)), n), UpliftGroup(data.draw(st.integers(0, m)), m)
    found = newcombe(one, other)
    assert -1 - 1e-9 <= found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9 <= 1 + 2e-9
    assert found.value == pytest.approx(-newcombe(other, one).value)
    low, high = wilson(one)
    assert 0 <= low <= one.share + 1e-9
    assert one.share <= high + 1e-9


def _funnel(seen: int, started: int, submitted: int, mailed: int, opened: int, confirmed: int) -> Funnel:
    names = (Step.SEEN, Step.STARTED, Step.SUBMITTED, Step.MAILED, Step.OPENED, "confirmed:1h")
    return Funnel(dict(zip(names, (seen, started, submitted, mailed, opened, confirmed), strict=True)))


def test_the_advice_names_the_step_that_costs_most_and_says_how_much() -> None:
    others = _funnel(10_000, 3_000, 2_000, 1_980, 1_500, 1_400)
    mine = _funnel(1_000, 300, 200, 198, 99, 90)
    change = best_change(mine, others, Funnel({}))
    assert change
    assert (change.passage.name, change.is_other_forms) == (Step.OPENED, True)
    assert change.gain == pytest.approx((1_500 / 1_980 - 99 / 198) * 198 * (90 / 99))
    assert best_change(others, Funnel({}), Funnel({})) is None
    assert best_change(mine, mine, Funnel({})) is None
    few = _funnel(50, 10, 5, 5, 1, 1)
    assert best_change(few, others, others) is None
    before = best_change(mine, few, others)
    assert before
    assert not before.is_other_forms
    loss = largest_loss(mine)
    assert loss
    assert (loss.name, loss.lost) == (Step.OPENED, 99) or loss.lost > 99


@given(st.lists(st.integers(0, 10_000), min_size=18, max_size=18))
def test_no_numbers_make_the_advice_fail_or_promise_less_than_nothing(numbers: list[int]) -> None:
    three = [_funnel(*numbers[n : n + 6]) for n in (0, 6, 12)]
    change = best_change(*three)
    assert change is None or change.gain >= 0
    largest_loss(three[0])


# The page, the file, the command


def long_ago() -> date:
    """A day whose sign-ups have had their time to confirm."""
    return up_to_today(1).last - timedelta(days=10)


@pytest.fixture
def numbers(app: Flask) -> str:
    """A form with a known funnel; its public id."""
    form, noise = make_form(), make_form(make_list("noise"), magnet=False)
    with transaction():
        day = long_ago()
        for source, factor in (("qr:door", 1), ("=cmd|x", 2)):
            key = {
                "day": day,
                "site": BLOG,
                "source": source,
                "language": "en",
                "provider": "gmail",
                "folded": False,
            }
            steps = {"seen": 500, "started": 200, "submitted": 100, "mailed": 98, "bounced": 2, "opened_page": 60}
            steps |= {"confirmed:1m": 30, "confirmed:24h": 20, "taken": 40, "disowned": 1, "expired": 9}
            steps |= {"tried:reminded": 45, "won:reminded": 15, "tried:holdout": 20, "won:holdout": 1}
            rows = [{**key, "form_id": form.id, "step": name, "n": n * factor} for name, n in steps.items()]
            others = {"submitted": 7_777, "mailed": 7_777, "opened_page": 7_000}
            rows += [{**key, "form_id": noise.id, "step": name, "n": n} for name, n in others.items()]
            db.session.execute(insert(StepCount), rows)
    return str(form.public_id)


def test_the_page_shows_every_number_and_a_filter_takes_a_part_of_them(app: Flask, numbers: str) -> None:
    client = signed_in(app)
    page = client.get(f"/admin/forms/{numbers}/funnel").text
    for shown in ("1,500", "600", "300", "294", "180", "150", "qr:door", "50.0\u00a0%"):
        assert shown in page, shown
    assert "28.3 percentage points more confirm with a reminder" in page
    part = client.get(f"/admin/forms/{numbers}/funnel?source==qr:door&by=provider").text
    assert ">100<" in part.replace("<b>", "").replace("</b>", "")
    assert "Gmail" in part
    assert "7,777" not in page + part
    for odd in ("?days=x", "?by=public_id", "?source==none", "?endpoint=x&public_id=y&_anchor=z", "?provider==gmail"):
        assert client.get(f"/admin/forms/{numbers}/funnel{odd}").status_code == 200, odd
        assert client.get(f"/admin/forms/{numbers}/funnel.csv{odd}").status_code == 200, odd
    french = client.get(f"/admin/forms/{numbers}/funnel", headers={"Accept-Language": "fr"}).text
    assert "Source\u00a0: toutes" in french
    assert client.get("/admin/forms/nosuchform00/funnel").status_code == 404
    assert f"/admin/forms/{numbers}/funnel" in client.get("/admin/forms").text


def test_who_can_still_confirm_is_shown_apart_and_in_no_rate(app: Flask, numbers: str) -> None:
    app.config["MARK_FIGURES"] = True
    client, today_ = signed_in(app), db.session.scalar(select(today()))
    form_id = db.session.scalars(select(Form.id).where(Form.public_id == numbers)).one()
    steps = {"submitted": 1_000, "mailed": 1_000, "opened_page": 90, "confirmed:1m": 50}
    with transaction():
        step.count_steps({"day": today_, "form_id": form_id, "step": name, "n": n} for name, n in steps.items())
    shown = FiguresOfPage(client.get(f"/admin/forms/{numbers}/funnel").text).figures
    assert shown["funnel.still-open"] == 950
    assert shown["funnel.rate"] == 0.5
    assert shown["funnel.passed confirmed"] == pytest.approx(150 / 180)
    assert (shown["funnel.step confirmed"], shown["funnel.lost confirmed"], shown["funnel.open confirmed"]) == (
        200,
        30,
        40,
    )
    assert shown["funnel.step opened_page"] == 200 + 30 + 40
    week = FiguresOfPage(client.get(f"/admin/forms/{numbers}/funnel?days=7").text).figures
    del app.config["MARK_FIGURES"]
    assert week["funnel.passed confirmed"] is None
    report = report_on(db.session.get_one(Form, form_id), 30)
    assert (report.settled.submitted, report.funnel.submitted) == (300, 1_300)
    assert report.change
    assert report.change.passage == Passage(Step.OPENED, 180, 294)


def test_a_form_that_nobody_saw_says_what_to_do(app: Flask, form_id: str) -> None:
    assert "Nobody has seen this form yet" in signed_in(app).get(f"/admin/forms/{form_id}/funnel").text


def test_the_file_holds_each_source_with_its_rate_and_no_formula(app: Flask, numbers: str) -> None:
    answer = signed_in(app).get(f"/admin/forms/{numbers}/funnel.csv?by=source")
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert [row["source"] for row in rows] == ["'=cmd|x", "qr:door", "all"]
    for name in ("seen", "submitted", "confirmed", "expired", "open"):
        assert int(rows[0][name]) + int(rows[1][name]) == int(rows[2][name])
    assert rows[1]["confirmed"] == "50"


def test_the_command_tells_the_same_numbers(app: Flask, numbers: str) -> None:
    def say(*words: str) -> str:
        done = CliRunner().invoke(main, ["funnel", "--form", numbers, *words], obj=lambda: app)
        assert done.exit_code == 0, done.output
        return str(done.output)

    told = json.loads(say("--json"))
    assert (told["seen"], told["confirmed"], told["open"]) == (1_500, 150, 120)
    assert (told["settled_submitted"], told["settled_confirmed"], told["still_open"]) == (300, 150, 0)
    assert (told["reminded"], told["held_out"]) == (135, 60)
    assert told["uplift"][0] == pytest.approx(45 / 135 - 3 / 60, abs=1e-4)
    assert "qr:door" in say("--by", "source")
    assert "submitted" in say()
    missing = CliRunner().invoke(main, ["funnel", "--form", "nosuchform00"], obj=lambda: app)
    assert missing.exit_code == 1


def test_a_viewer_may_look_at_the_funnel(app: Flask, numbers: str) -> None:
    assert signed_in(app, VIC).get(f"/admin/forms/{numbers}/funnel").status_code == 200


def test_reports_hold_a_form_against_the_open_ones_only(app: Flask, numbers: str) -> None:
    form = db.session.scalars(select(Form).where(Form.public_id == numbers)).one()
    change = report_on(form, 30).change
    assert change
    assert (change.is_other_forms, change.against.whole) == (True, 2 * 7_777)
    with transaction():
        db.session.execute(update(Form).where(Form.public_id != numbers).values(archived_at=now()))
    form = db.session.scalars(select(Form).where(Form.public_id == numbers)).one()
    assert report_on(form, 30).change is None
