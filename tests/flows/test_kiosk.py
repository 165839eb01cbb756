"""The kiosk: what it may do, what it must ask, and that each of its entries counts exactly once."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from werkzeug.security import check_password_hash, generate_password_hash

from signup.admin.contacts import timeline
from signup.admin.kiosks import kiosk_report
from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import Snapshot
from signup.contacts.contact import Contact
from signup.evidence.proof import Person, proof_of
from signup.forms.form import Form, find_form
from signup.forms.live_form import forget_live_forms
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.logs import scrub
from signup.kiosks import kiosk as kiosks
from signup.kiosks import sealed_box
from signup.kiosks.kiosk import Kiosk, KioskSession, Staff, ask_same_questions, check_pin
from signup.kiosks.kiosk_entry import KioskEntry
from signup.limits.database_store import LimitCounter
from signup.privacy import purge_unconfirmed
from signup.signups.signup import Signup
from tests import payloads
from tests.cast import (
    ADA,
    BOB,
    CLEO,
    DAN,
    EVE,
    WORDING,
    Mailbox,
    code_in,
    confirm_all,
    definition,
    drain,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
    state_of,
    subscription_of,
    suppress,
)

PIN = "4711"
SOMEBODY = b"0198c3a0-0000-7000-8000-000000000001"


@dataclass
class Device:
    """A kiosk as its script behaves: it knows its token, its form, who is at it, and the server's public key."""

    client: FlaskClient
    token: str
    form_id: str
    version: int
    key: str
    staff: dict[str, str]
    session: str = ""

    def unlock(self, name: str = "Mia", pin: str = PIN) -> int:
        body = {"staff": self.staff[name], "pin": pin}
        answer = self.client.post(f"/k/{self.token}/unlock", json=body, headers={"Accept": "application/json"})
        self.session = (answer.json or {}).get("session", self.session) if answer.status_code == 200 else self.session
        return answer.status_code

    def entry(self, address: str, uid: UUID | None = None, **more: Any) -> dict[str, str]:
        """A sealed entry, as the queue keeps it."""
        uid = uid or uuid4()
        content = {
            "session": self.session,
            "taken_at": "2026-11-21T10:00:00.000Z",
            "form": self.form_id,
            "language": "en",
            "version": self.version,
            "email": address,
            "fields": {"first_name": "Ada"},
            "declined": ["interests"],
            "consent": True,
            "corrected": False,
        }
        return {"uid": str(uid), "sealed": sealed_box.seal(self.key, uid, content | more)}

    def send(self, *entries: dict[str, str], session: str | None = None) -> list[dict[str, Any]]:
        body = {"entries": list(entries), "session": self.session if session is None else session}
        answer = self.client.post(f"/k/{self.token}/entries", json=body)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = (answer.json or {})["entries"]
        return found


def open_kiosk(app: Flask, form: Form, name: str = "Window", *people: str, **more: Any) -> Device:
    form_id, version = form.public_id, form.version_id
    with transaction():
        kiosk = Kiosk(name=name, form_id=form.id, **more)
        token = kiosk.renew()
        members = [Staff(name=person) for person in people or ("Mia", "Noah")]
        for person in members:
            person.set_pin(PIN)
        db.session.add_all([kiosk, *members])
    staff = {person.name: str(person.uid) for person in members}
    assert version
    return Device(app.test_client(), token, form_id, version, sealed_box.public_key(), staff)


@pytest.fixture
def device(app: Flask) -> Device:
    form = make_form()
    found = open_kiosk(app, form)
    assert found.unlock() == 200
    return found


def _count(app: Flask, table: str) -> int:
    return int(db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0)


def test_an_entry_becomes_a_sign_up_that_says_which_kiosk_who_typed_and_when(
    app: Flask, client: FlaskClient, mailbox: Mailbox, device: Device, noise: None
) -> None:
    [answer] = device.send(device.entry(ADA))
    assert answer["result"] == "done"
    drain(app)
    code = code_in(mailbox.last(ADA))
    right = client.post(f"/f/{device.form_id}/code", json={"signup": answer["signup"], "code": code})
    assert right.status_code == 200
    assert state_of(ADA) == "confirmed"
    ada = db.session.scalars(select(Contact).where(Contact.address_key == ADA)).one()
    assert ada.source == "The Letter form · till:Window"
    requested = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.contact_id == ada.id, ConsentEvent.type == "requested")
    ).one()
    assert requested.method == "kiosk"
    assert db.session.get_one(Snapshot, requested.wording_hash).content == WORDING
    found = subscription_of(ADA)
    assert found
    event = proof_of(Person.of(ada), [found]).events[0]
    assert event.source == {
        "placement": "till:Window",
        "staff": "Mia",
        "taken_at": "2026-11-21T10:00:00+00:00",
    }
    assert event.at.isoformat() > "2026-11-21T11"  # the server's clock, not the kiosk's claim
    shown = dict(next(one for one in timeline.of_contact(ada.id) if one.state == "confirmed").details)
    assert (shown["Placement"], shown["Staff"]) == ("till:Window", "Mia")


@pytest.mark.both_engines
def test_eight_identical_batches_at_once_and_two_more_later_store_each_entry_once(
    app: Flask, mailbox: Mailbox, device: Device
) -> None:
    batch = [device.entry(f"customer{n}@example.org") for n in range(5)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: device.send(*batch), range(8)))
    for answer in (*answers, device.send(*batch), device.send(*batch)):
        assert {one["result"] for one in answer} <= {"done", "later"}
    assert {one["result"] for one in device.send(*batch)} == {"done"}
    assert (_count(app, "signup"), _count(app, "kiosk_entry"), _count(app, "contact")) == (5, 5, 5)
    drain(app)
    assert len(mailbox.mails()) == 5


def test_twenty_entries_of_an_afternoon_offline_come_in_whoever_is_there_then(app: Flask, device: Device) -> None:
    batch = [device.entry(f"customer{n}@example.org") for n in range(20)]
    for _reconnect in range(2):
        assert {one["result"] for one in device.send(*batch, session="")} == {"done"}
    assert _count(app, "signup") == 20
    assert db.session.scalars(select(Signup.source)).all()[0]["staff"] == "Mia"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"email": "ada@"}, "email"),
        ({"email": "ada@example.org\nBcc: eve@example.org"}, "email"),
        ({"consent": False}, "consent"),
        ({"declined": []}, "interests"),
        ({"fields": {"first_name": "\ud800"}}, "first_name"),
        ({"fields": {"first_name": "a\0b"}}, "first_name"),
        ({"fields": {"first_name": "Ada", "is_admin": "yes"}}, "is_admin"),
        ({"fields": {"first_name": "Ada", "interests": ["nothing"]}}, "interests"),
        ({"fields": {"first_name": {"$gt": ""}}}, "first_name"),
    ],
)
def test_a_refused_entry_comes_back_to_be_corrected_and_only_to_staff_who_are_there(
    app: Flask, device: Device, more: dict[str, Any], problem: str
) -> None:
    entry = device.entry("ada@example.org", **more)
    [answer] = device.send(entry)
    assert (answer["result"], problem in answer["problems"]) == ("refused", True), answer
    assert answer["entry"]["email"] == more.get("email", "ada@example.org")
    [unattended] = device.send(entry, session="")
    assert (unattended["result"], unattended["entry"]) == ("refused", None)
    assert _count(app, "kiosk_entry") == 0
    [corrected] = device.send(device.entry("ada@example.org", corrected=True))
    assert corrected["result"] == "done"
    assert db.session.scalars(select(Signup.source)).one()["corrected"] is True


def test_what_is_optional_may_be_declined_but_not_forgotten_and_what_is_required_may_not(app: Flask) -> None:
    fields = (
        Question(key="city", type="text", label="City", required=True),
        Question(key="vip", type="yes_no", label="Card?", is_later=True),
    )
    device = open_kiosk(app, make_form(fields=fields))
    device.unlock()
    [answer] = device.send(device.entry(ADA, fields={}, declined=["city", "vip"]))
    assert list(answer["problems"]) == ["city"]
    [answer] = device.send(device.entry(ADA, fields={"city": "Basel"}, declined=[]))
    assert list(answer["problems"]) == ["vip"]
    [answer] = device.send(device.entry(ADA, fields={"city": "Basel", "vip": "no"}, declined=[]))
    assert answer["result"] == "done"


@pytest.mark.parametrize(
    "more", [{"session": "forged"}, {"form": "000000000000"}, {"version": 99_999}, {"language": "fr"}, {"extra": 1}]
)
def test_an_entry_that_this_kiosk_never_took_is_refused(app: Flask, device: Device, more: dict[str, Any]) -> None:
    [answer] = device.send(device.entry(ADA, **more))
    assert answer["result"] == "refused"
    assert _count(app, "signup") == 0


def test_a_box_opens_for_its_own_uid_alone_and_for_old_keys_too(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    [answer] = device.send({**entry, "uid": str(uuid4())})
    assert answer["result"] == "refused"
    flipped = entry["sealed"][:-6] + ("AAAA" if entry["sealed"][-6:-2] != "AAAA" else "BBBB") + entry["sealed"][-2:]
    [answer] = device.send({**entry, "sealed": flipped})
    assert answer["result"] == "refused"
    for box in ("", "no base64!", "AAAA"):
        assert device.send({**entry, "sealed": box})[0]["result"] == "refused"
    old = app.config["SECRET_KEY"]
    app.config |= {"SECRET_KEY": "another-key-that-is-quite-as-long-as-it-must-be", "SECRET_KEY_FALLBACKS": [old]}
    app.extensions.pop("signup.seal_keys")
    assert device.send(entry)[0]["result"] == "done"


@given(content=st.dictionaries(st.text(max_size=9), st.one_of(st.text(), st.integers(), st.none()), max_size=4))
def test_whatever_is_sealed_is_what_is_read(content: dict[str, Any]) -> None:
    app, uid = Flask("box"), uuid4()
    app.config |= {"SECRET_KEY": "a-key", "SECRET_KEY_FALLBACKS": []}
    with app.app_context():
        assert sealed_box.unseal(uid, sealed_box.seal(sealed_box.public_key(), uid, content)) == content


def test_the_pin_opens_the_kiosk_and_five_wrong_ones_close_it_for_a_while(app: Flask, device: Device) -> None:
    for pin in ("0000", "4712", "", "47111"):
        assert device.unlock(pin=pin) == 422
    assert device.unlock() == 200  # the right one forgives
    assert [device.unlock(pin="0000") for _n in range(6)] == [422] * 5 + [429]
    assert device.unlock() == 429
    assert device.unlock("Noah") == 200
    forget_limits()
    assert device.unlock() == 200


def test_a_device_has_twenty_five_tries_a_day_whomever_they_are_for(app: Flask, device: Device) -> None:
    def guess() -> int:
        body = {"staff": str(uuid4()), "pin": "1111"}
        return device.client.post(f"/k/{device.token}/unlock", json=body).status_code

    assert guess() == 422
    with transaction():
        db.session.execute(text("UPDATE limit_counter SET n = 24"))
    assert [guess(), guess()] == [422, 429]
    assert device.unlock() == 429


@pytest.mark.parametrize("pin", ["", "123", "123456789", "1111", "1234", "8765", "12a4", "\uff11\uff12\uff13\uff15"])
def test_a_pin_that_is_none_or_that_everybody_tries_first_is_not_taken(pin: str) -> None:
    with pytest.raises(ValueError, match=r"digits|easy"):
        check_pin(pin)


def test_a_pin_kept_by_an_earlier_release_unlocks_and_is_kept_anew(app: Flask, device: Device) -> None:
    for earlier in ("scrypt:128:8:1", "scrypt:32768:8:1"):
        with transaction():
            db.session.execute(update(Staff).values(pin_hash=generate_password_hash(PIN, earlier)))
        assert device.unlock() == 200
        kept = set(db.session.scalars(select(Staff.pin_hash)))
        assert len([hashed for hashed in kept if hashed.startswith("keyed:scrypt:256:")]) == 1
        assert device.unlock() == 200


def test_a_copy_of_the_database_without_the_keys_gives_no_pin_away(app: Flask, device: Device) -> None:
    hashed = db.session.scalars(select(Staff.pin_hash)).first()
    assert hashed
    assert not check_password_hash(hashed.removeprefix("keyed:"), PIN)


def test_a_kiosk_that_is_switched_off_shows_and_takes_nothing(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    with transaction():
        db.session.execute(update(Kiosk).values(revoked_at=now()))
    assert device.client.get(f"/k/{device.token}").status_code == 410
    assert device.unlock() == 410
    answer = device.client.post(f"/k/{device.token}/entries", json={"entries": [entry], "session": ""})
    assert answer.status_code == 410
    assert device.client.get("/k/" + "x" * 32).status_code == 404
    assert _count(app, "signup") == 0


def test_a_new_address_ends_the_old_one_and_what_waited_still_comes_in(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    with transaction():
        token = db.session.scalars(select(Kiosk)).one().renew()
        assert token not in str(db.session.execute(text("SELECT * FROM till")).all())
    assert device.client.get(f"/k/{device.token}").status_code == 404
    device.token = token
    assert device.send(entry)[0]["result"] == "done"


def test_who_is_retired_unlocks_nothing_and_takes_nothing_after_it(app: Flask, device: Device) -> None:
    early = device.entry(ADA)
    with transaction():
        db.session.execute(update(Staff).where(Staff.name == "Mia").values(retired_at=now()))
    assert device.unlock() == 422
    [before, after] = device.send(early, device.entry(BOB, taken_at="2999-01-01T00:00:00Z"))
    assert (before["result"], after["result"]) == ("done", "refused")
    assert after["entry"] is None  # nobody is at the kiosk any more


def test_an_entry_that_waited_more_than_a_week_is_refused(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    with transaction():
        db.session.execute(update(KioskSession).values(begun_at=now(-timedelta(days=7, minutes=1))))
    assert device.send(entry)[0]["result"] == "refused"
    assert _count(app, "signup") == 0


@pytest.mark.both_engines
def test_forty_guesses_of_a_pin_at_once_are_five(app: Flask, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    has_pin = kiosks.has_pin

    def told(staff: Staff | None, pin: str) -> bool:
        compared.append(pin)
        return has_pin(staff, pin)

    monkeypatch.setattr(kiosks, "has_pin", told)

    def guess(number: int) -> int:
        body = {"staff": device.staff["Mia"], "pin": f"{5000 + number}"}
        return app.test_client().post(f"/k/{device.token}/unlock", json=body).status_code

    with ThreadPoolExecutor(8) as guessers:
        answers = sorted(guessers.map(guess, range(40)))
    assert answers == [422] * 5 + [429] * 35
    assert len(compared) == 5


def test_the_governor_holds_an_address_back_and_the_kiosk_cannot_tell(
    app: Flask, client: FlaskClient, mailbox: Mailbox, device: Device
) -> None:
    suppress(DAN)
    sign_up(client, device.form_id, ADA)
    sign_up(client, device.form_id, CLEO)
    confirm_all(app, client, mailbox, CLEO)
    forget_limits()
    batch = [device.entry(one) for one in (ADA, CLEO, DAN, EVE)]
    again = [device.entry(one) for one in (ADA, CLEO, DAN, EVE)]
    answers = [*device.send(*batch), *device.send(*again)]
    assert {(one["result"], *sorted(one)) for one in answers} == {("done", "result", "signup", "uid")}
    outcomes = [
        tuple(row) for row in db.session.execute(select(KioskEntry.outcome, func.count()).group_by(KioskEntry.outcome))
    ]
    assert sorted(outcomes) == [("held", 4), ("stored", 4)]
    held = db.session.execute(text("SELECT sum(n) FROM tally WHERE measure = 'held'")).scalar()
    assert held == 4
    drain(app)
    assert len(mailbox.mails(EVE)) == 1


def test_the_shops_network_does_not_count_but_the_device_does(app: Flask, device: Device) -> None:
    far = {"REMOTE_ADDR": "198.51.100.7"}
    entries = [device.entry(f"customer{n}@example.org") for n in range(12)]
    answer = device.client.post(
        f"/k/{device.token}/entries", json={"entries": entries, "session": ""}, environ_overrides=far
    )
    assert {one["result"] for one in (answer.json or {})["entries"]} == {"done"}
    with transaction():
        db.session.execute(text("UPDATE limit_counter SET n = 200 WHERE n = 12"))
    [later] = device.send(device.entry(ADA))
    assert (later["result"], later["retry_after"] > 0) == ("later", True)
    assert _count(app, "signup") == 12


def test_a_confirmation_at_the_kiosk_takes_nothing_back_from_the_shops_network(
    app: Flask, mailbox: Mailbox, device: Device
) -> None:
    shop = {"REMOTE_ADDR": "198.51.100.7"}
    body = {"email": BOB, "fields": {}, "consent": True}
    device.client.post(f"/f/{device.form_id}", json=body, environ_overrides=shop)
    batch = {"entries": [device.entry(ADA)], "session": ""}
    device.client.post(f"/k/{device.token}/entries", json=batch, environ_overrides=shop)

    def counted(prefix: bytes) -> list[int]:
        with app.app_context():
            return [row.n for row in db.session.scalars(select(LimitCounter)) if bytes(row.key).startswith(prefix)]

    assert (counted(b"ih:"), counted(b"th:")) == ([1], [1])
    confirm_all(app, device.client, mailbox, ADA)
    assert state_of(ADA) == "confirmed"
    assert (counted(b"ih:"), counted(b"th:")) == ([1], [1])


def test_a_kiosk_left_alone_for_a_quarter_of_an_hour_shows_no_entry_again(app: Flask, device: Device) -> None:
    entry = device.entry("ada@")
    assert device.send(entry)[0]["entry"]["email"] == "ada@"
    with transaction():
        db.session.execute(update(KioskSession).values(seen_at=now(-timedelta(minutes=16))))
    [answer] = device.send(entry)
    assert (answer["result"], answer["entry"]) == ("refused", None)
    assert device.send(device.entry(ADA))[0]["result"] == "done"  # it still says who took an entry


def test_the_customer_agrees_to_the_wording_they_saw_though_the_form_changed_since(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    with transaction():
        find_form(device.form_id).publish(definition(wording="Something else altogether, since this morning."))
    forget_live_forms()
    assert device.send(entry)[0]["result"] == "done"
    event = db.session.scalars(select(ConsentEvent)).first()
    assert event
    assert db.session.get_one(Snapshot, event.wording_hash).content == WORDING


def test_what_waits_comes_in_though_the_kiosk_was_given_another_form(app: Flask, device: Device) -> None:
    entry = device.entry(ADA)
    other = make_form(make_list("other", name="Other"), magnet=False).id
    with transaction():
        db.session.execute(update(Kiosk).values(form_id=other))
    assert device.send(entry)[0]["result"] == "done"
    assert (state_of(ADA), state_of(ADA, "other")) == ("pending", None)


def test_the_customer_chooses_among_the_languages_that_ask_the_same(app: Flask) -> None:
    wording = "Je souhaite recevoir La Lettre par e-mail. Je peux partir à tout moment."
    letter = make_list()
    form = make_form(letter)
    french = make_form(letter, language="fr", title="La Lettre", wording=wording, magnet=False).public_id
    other = make_form(letter, language="de", fields=(), magnet=False)
    assert not ask_same_questions(form.version.definition, other.version.definition)
    device = open_kiosk(app, form, edition_ids=[french, other.public_id, "000000000000"])
    version = find_form(french).version_id
    page = device.client.get(f"/k/{device.token}").text
    assert page.count("data-edition=") == 2
    assert wording in page
    assert 'lang="fr" data-consent=' in page
    device.unlock()
    [answer] = device.send(device.entry(ADA, form=french, language="fr", version=version))
    assert answer["result"] == "done"
    event = db.session.scalars(select(ConsentEvent)).first()
    assert event
    assert (event.locale, db.session.get_one(Snapshot, event.wording_hash).content) == ("fr", wording)


def test_the_page_carries_no_secret_sets_no_cookie_and_is_kept_by_nobody_else(app: Flask, device: Device) -> None:
    answer = device.client.get(f"/k/{device.token}")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<svg" in answer.text
    assert PIN not in answer.text
    assert "scrypt" not in answer.text
    unlocked = device.client.post(f"/k/{device.token}/unlock", json={"staff": device.staff["Mia"], "pin": PIN})
    assert "Set-Cookie" not in unlocked.headers
    worker = device.client.get("/k/worker.js", buffered=True)
    assert (worker.mimetype, "connect-src 'self'" in worker.headers["Content-Security-Policy"]) == (
        "text/javascript",
        True,
    )
    assert scrub(f"GET /k/{device.token}/entries") == "GET /k/[token]/entries"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("entries", b"{", 400),
        ("entries", b"[]", 400),
        ("entries", b'{"entries": 1}', 400),
        ("entries", b'{"entries": [{"uid": "x", "sealed": ""}]}', 400),
        ("entries", b'{"entries": [{"uid": "%s", "sealed": 1}]}' % SOMEBODY, 400),
        ("entries", b'{"entries": [%s]}' % b",".join([b"{}"] * 41), 400),
        ("entries", b'{"entries": "%s"}' % (b"a" * 600_000), 413),
        ("unlock", b'{"staff": [], "pin": "1"}', 400),
        ("unlock", b'{"staff": "%s", "pin": 4711}' % SOMEBODY, 400),
    ],
)
def test_what_is_no_batch_at_all_is_told_so(device: Device, path: str, body: bytes, status: int) -> None:
    answer = device.client.post(f"/k/{device.token}/{path}", data=body, content_type="application/json")
    assert answer.status_code == status
    form = device.client.post(f"/k/{device.token}/{path}", data={"entries": "1"})
    assert form.status_code == 415


@pytest.mark.skipif(not payloads.CORPORA.exists(), reason="the shared corpora are not beside this checkout")
def test_every_payload_through_every_field_is_stored_as_text_or_refused(
    app: Flask, mailbox: Mailbox, device: Device, request: pytest.FixtureRequest
) -> None:
    found = payloads.everything() if request.config.getoption("--long") else payloads.sample(100)
    texts, taken = [text for text in found if text.strip()], 0
    for start in range(0, len(texts), 20):
        batch = []
        for number, payload in enumerate(texts[start : start + 20], start):
            batch.append(device.entry(f"p{number}@example.org", fields={"first_name": payload[:500]}))
            batch.append(device.entry(payload[:300], fields={}, declined=["first_name", "interests"]))
        answers = device.send(*batch[:20]) + device.send(*batch[20:])
        assert {one["result"] for one in answers} <= {"done", "refused", "later"}
        taken += sum(one["result"] == "done" for one in answers)
        forget_limits()
    assert taken > len(texts) / 2
    stored = {" ".join(text[:500].split()) for text in texts}
    for row in db.session.scalars(select(Signup)):
        assert row.answers.get("first_name") in {*stored, None}
    drain(app)
    for mail in mailbox.mails():
        assert {name.lower() for name in mail} & {"bcc", "cc"} == set()


def test_the_report_counts_by_kiosk_and_by_staff_and_says_when_it_is_too_little(
    app: Flask, client: FlaskClient, mailbox: Mailbox, device: Device
) -> None:
    sign_up(client, device.form_id, CLEO)
    confirm_all(app, client, mailbox, CLEO)
    forget_limits()
    device.send(
        device.entry(ADA, fields={"first_name": "Ada", "interests": ["privacy"]}, declined=[]),
        device.entry(CLEO, declined=["first_name", "interests"], fields={}),
        device.entry(BOB),
        device.entry(BOB),
    )
    device.unlock("Noah")
    device.send(device.entry(EVE, declined=["first_name", "interests"], fields={}))
    drain(app)
    assert client.post(link_in(mailbox.last(ADA))).status_code == 303
    with transaction():
        db.session.execute(text("UPDATE message SET state = 'failed' WHERE recipient = :who"), {"who": EVE})
        db.session.execute(
            update(Signup).where(Signup.state == "confirmed").values(created_at=now(-timedelta(minutes=30)))
        )
    found = kiosk_report.report(30)
    [window] = found.by_kiosk
    by_name = {row.name: row for row in found.by_staff}
    mia, noah = by_name["Mia"], by_name["Noah"]
    assert (window.entries, window.held, window.repeated, window.asked) == (5, 1, 1, 3)
    assert (mia.entries, mia.optional, mia.filled, mia.confirmed, mia.bounced) == (4, 8, 4, 1, 0)
    assert (noah.entries, noah.completeness, noah.bounce_rate, noah.confirm_rate) == (1, 0.0, 1.0, None)
    assert window.minutes_to_confirm == pytest.approx(30, abs=1)
    assert window.is_small
    with transaction():  # a week later nobody's data is left of those who did not confirm: the rates stay
        db.session.execute(update(Signup).where(Signup.state == "pending").values(expires_at=now(-timedelta(days=2))))
        db.session.execute(update(KioskEntry).values(received_at=now(-timedelta(days=8))))
    purge_unconfirmed.expire()
    later = kiosk_report.report(30)
    assert (later.total.asked, later.total.bounced, later.total.confirmed) == (3, 1, 1)
    assert later.total.confirm_rate == pytest.approx(1 / 3)  # now that nobody can confirm any more
    assert _count(app, "signup") == 3  # Ada, and Cleo twice


def test_the_script_and_the_record_agree_on_how_a_box_is_made() -> None:
    script = (Path(__file__).parents[2] / "signup/visitor/static/kiosk-queue.js").read_text()
    info = re.search(r'info: text\.encode\("([^"]+)"\)', script)
    assert info
    assert info.group(1).encode() == sealed_box.INFO
