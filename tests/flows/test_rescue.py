"""Help for who is stuck: the mail again, another address, the way to the mailbox; and views that are only counted."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from signup.addresses.mailbox_provider import PROVIDERS, names
from signup.counts import sighting
from signup.counts.sighting import Sighting, Sightings
from signup.counts.step import Step, StepCount, fold
from signup.counts.tally import Tally
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.signups import resend
from signup.signups.resend import ResendRequest
from signup.visitor.resend_mail import minutes_left
from signup.visitor.sighting_beacon import BOT
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    EVE,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    forget_limits,
    link_in,
    sign_up,
    state_of,
)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OWN = "http://signup.example.org"


def _ask_again(client: FlaskClient, form_id: str, handle: str) -> TestResponse:
    return client.post(f"/f/{form_id}/again", data={"signup": handle}, headers={"Origin": OWN})


def _handle(client: FlaskClient, form_id: str, address: str) -> str:
    answer = sign_up(client, form_id, address)
    assert answer.json
    return str(answer.json["signup"])


def test_the_mail_is_sent_again_with_the_same_link_and_a_new_code(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    handle = _handle(client, form_id, ADA)
    drain(app)
    forget_limits()
    answer = _ask_again(client, form_id, handle)
    assert answer.status_code == 303
    assert b"You can ask for a new email in 5 minutes." in client.get(answer.location).data, (
        "as far as the page can know"
    )
    drain(app)
    first, second = mailbox.mails(ADA)
    old, new = code_in(first), code_in(second)
    forget_limits()
    if old != new:
        wrong = client.post(f"/f/{form_id}/code", data={"signup": handle, "code": old}, headers={"Origin": OWN})
        assert wrong.status_code == 422
    assert client.post(f"/f/{form_id}/code", data={"signup": handle, "code": new}).status_code == 303
    assert b"you are on the list" in client.get(link_in(first)).data


def test_the_mail_is_not_sent_again_within_five_minutes_nor_a_fourth_time(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    handle = _handle(client, form_id, ADA)
    for _try in range(3):
        assert _ask_again(client, form_id, handle).status_code == 303
    drain(app)
    assert len(mailbox.mails(ADA)) == 1
    for _try in range(5):
        with transaction():
            pause = (
                "substr(encode(key, 'escape'), 1, 3)" if db.engine.dialect.name == "postgresql" else "substr(key,1,3)"
            )
            db.session.execute(text(f"DELETE FROM limit_counter WHERE CAST({pause} AS TEXT) = 'a5:'"))
        _ask_again(client, form_id, handle)
        drain(app)
    assert len(mailbox.mails(ADA)) == 3


def test_a_request_that_cannot_be_answered_keeps_no_other_waiting(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handles = [_handle(client, form_id, address) for address in (ADA, BOB)]
    drain(app)
    forget_limits()
    for handle in handles:
        assert _ask_again(client, form_id, handle).status_code == 303
    mail = resend._mail
    monkeypatch.setattr(
        resend, "_mail", lambda signup: mail(signup) if signup.subscription.contact.address == BOB else 1 / 0
    )
    drain(app)
    assert [len(mailbox.mails(address)) for address in (ADA, BOB)] == [1, 2]
    assert db.session.scalar(select(func.count()).select_from(ResendRequest)) == 0


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 5), (1, 5), (60, 4), (299, 1), (300, 0), (86_400, 0)])
def test_the_time_until_a_new_mail_is_told_by_the_page_alone(
    app: Flask, client: FlaskClient, form_id: str, seconds: int, minutes: int
) -> None:
    left = minutes_left(utcnow() - timedelta(seconds=seconds))
    assert left in {minutes, minutes - 1 if seconds and minutes else minutes}, "a moment may have passed"
    page = client.get(f"/f/{form_id}/thanks?again={minutes}").text
    assert ("it is on its way" in page) == (minutes == 0)


def test_asking_again_is_answered_alike_for_everybody(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    handles = [_handle(client, form_id, address) for address in (ADA, BOB, EVE)]
    confirm_all(app, client, mailbox, ADA)
    client.post(link_in(mailbox.last(BOB)), data={"action": "not-me"})
    before = len(mailbox.mails())
    answers, pages = [], []
    for handle in handles:
        answer = _ask_again(client, form_id, handle)
        assert answer.location, answer.text
        answers.append((answer.status_code, answer.location.replace(handle, "…"), sorted(answer.headers.keys())))
        pages.append(client.get(answer.location).data.replace(handle.encode(), b"..."))
        told = client.post(
            f"/f/{form_id}/again", json={"signup": handle}, headers={"Origin": BLOG, "Accept": "application/json"}
        )
        said = "You can ask for a new email in 5 minutes."
        known = {"status": "pending", "signup": handle, "wait_minutes": 5, "message": said, "detail": said}
        assert (told.status_code, told.json) == (202, known)
        assert told.headers["Access-Control-Allow-Origin"] == BLOG
    assert answers == answers[:1] * 3
    assert pages == pages[:1] * 3
    drain(app)
    assert len(mailbox.mails()) == before
    assert client.post(f"/f/{form_id}/again", data={"signup": "forged"}).status_code == 400
    assert client.post(f"/f/{form_id}/again", data={}).status_code == 400
    assert (
        client.post(
            f"/f/{form_id}/again", data={"signup": handle}, headers={"Origin": "https://evil.example"}
        ).status_code
        == 403
    )


def test_the_thank_you_page_leads_to_the_mailbox_of_a_known_provider_and_of_no_other(
    client: FlaskClient, form_id: str
) -> None:
    def page_for(address: str) -> str:
        data = {"email": address, "consent": "yes"}
        answer = client.post(f"/f/{form_id}", data=data, headers={"Origin": OWN})
        assert answer.status_code == 303
        assert address not in answer.location
        return client.get(answer.location).text

    assert "https://mail.google.com/mail/u/0/#search/from%3A(letter%40example.org)" in page_for("ada@GMAIL.com")
    assert "Open WEB.DE" in page_for("bob@web.de")
    assert ">Open " not in page_for("eve@her-company.example")
    forged = client.get(f"/f/{form_id}/thanks?at=evil.example").text
    assert "evil" not in forged
    assert client.get(f"/f/{form_id}/thanks").text.count("/again") == 0


def test_every_provider_has_a_name_a_short_key_and_an_address_that_is_safe() -> None:
    assert {"gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.ch", "web.de", "orange.fr"} <= PROVIDERS.keys()
    assert {"laposte.net", "bluewin.ch", "proton.me"} <= PROVIDERS.keys()
    for domain, provider in PROVIDERS.items():
        assert domain == domain.lower().strip()
        assert 0 < len(provider.key) <= 12
        assert provider.inbox.startswith("https://")
        assert provider.inbox_url('a"b&c@x').count('"') == 0
    assert names()["laposte"] == "La Poste"


def test_a_wrong_address_is_corrected_on_the_form_and_the_page_says_where(client: FlaskClient, form_id: str) -> None:
    answer = client.post(f"/f/{form_id}", data={"email": ADA, "consent": "yes"}, headers={"Origin": OWN})
    assert f'href="/f/{form_id}#again"' in client.get(answer.location).text


# Views


@pytest.fixture
def tell(app: Flask, client: FlaskClient, form_id: str) -> Callable[..., TestResponse]:
    """Send a beacon as a browser on the blog does."""

    def send(body: object = None, **more: str) -> TestResponse:
        headers = {"User-Agent": FIREFOX, "Origin": BLOG, **{name.replace("_", "-"): v for name, v in more.items()}}
        content = body if isinstance(body, bytes) else json.dumps({"what": "view", **(body or {})})  # type: ignore[dict-item]
        return client.post(f"/f/{form_id}/seen", data=content, content_type="text/plain", headers=headers)

    return send


def counts(app: Flask) -> list[tuple[object, ...]]:
    """Step, website, source, language and number of all that was told."""
    app.extensions["signup.sightings"].flush()
    key = (StepCount.step, StepCount.site, StepCount.source, StepCount.language)
    query = select(*key, func.sum(StepCount.n)).group_by(*key)
    return sorted((*row[:-1], int(row[-1])) for row in db.session.execute(query))


def test_each_beacon_counts_once_by_website_source_and_language(app: Flask, tell: Callable[..., TestResponse]) -> None:
    for _time in range(3):
        answer = tell({"src": "qr:door", "lang": "fr"})
        assert (answer.status_code, answer.data, answer.headers.get("Set-Cookie")) == (204, b"", None)
    tell({"what": "start", "src": "qr:door", "lang": "fr"})
    tell(Origin=OWN)
    assert counts(app) == [
        ("seen", OWN, "", "en", 1),
        ("seen", BLOG, "qr:door", "fr", 3),
        ("started", BLOG, "qr:door", "fr", 1),
    ]
    fold()
    sums = select(Tally.measure, func.sum(Tally.n)).group_by(Tally.measure)
    assert {str(row[0]): row[1] for row in db.session.execute(sums)} == {"seen": 4, "started": 1}
    assert [row[-1] for row in counts(app)] == [1, 3, 1]


def test_bots_are_counted_apart(app: Flask, tell: Callable[..., TestResponse]) -> None:
    tell()
    for agent in ("Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.1", "", "Mozilla/5.0 HeadlessChrome/130"):
        tell({"src": "x"}, User_Agent=agent)
    assert counts(app) == [("seen", BLOG, "", "en", 1), ("seen_by_bot", "", "", "", 4)]
    phone = "Mozilla/5.0 (Linux; Android 13; CUBOT X30) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
    assert not BOT.search(phone)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"view"',
        b"[" * 900,
        b'{"what": "view", "src": "' + b"x" * 2_000 + b'"}',
        b'{"what": ["view"]}',
        b'{"what": "confirmed"}',
        b"\xff\xfe",
    ],
)
def test_garbage_is_answered_alike_and_not_counted(app: Flask, tell: Callable[..., TestResponse], body: bytes) -> None:
    assert tell(body).status_code == 204
    assert counts(app) == []


def test_strange_forms_websites_and_sources_fill_nothing(
    app: Flask, client: FlaskClient, tell: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sighting, "MAX_SOURCES", 5)
    monkeypatch.setattr(sighting, "MAX_A_MINUTE", 1_000)
    assert client.post("/f/000000000000/seen", data="{}").status_code == 204
    assert tell(Origin="https://evil.example").status_code == 204
    for n in range(20):
        tell({"src": f"made up {n}", "lang": f"x{n}"})
    tell({"src": "a\u202eb\x00c"})
    found = counts(app)
    assert sum(row[-1] for row in found) == 21  # type: ignore[misc]
    assert {row[1] for row in found} == {BLOG}
    assert {row[3] for row in found} == {"en"}
    sources = {str(row[2]) for row in found}
    assert len(sources - {"", "…"}) == 5
    app.extensions["signup.sightings"] = Sightings(app)  # another process, or this one started anew
    tell({"src": "one more"})
    assert {str(row[2]) for row in counts(app)} == sources


def test_one_visitor_is_counted_sixty_times_a_minute_at_most(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signup.counts.sighting.time.time", lambda: 1_000_000.0)
    for _time in range(70):
        client.post(
            f"/f/{form_id}/seen",
            data=b'{"what": "view"}',
            headers={"User-Agent": FIREFOX, "Origin": BLOG},
            environ_base={"REMOTE_ADDR": "203.0.113.7"},
        )
    assert counts(app) == [("seen", BLOG, "", "en", 60)]


@pytest.mark.both_engines
def test_beacons_of_many_threads_are_all_counted(app: Flask, form_id: str) -> None:
    held: Sightings = app.extensions["signup.sightings"]

    def add() -> None:
        for n in range(200):
            held.add(Sighting(Step.SEEN, 1, 1, source=str(n % 3)))
            if n % 50 == 0:
                held.flush()

    threads = [threading.Thread(target=add) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row[-1] for row in counts(app)) == 800  # type: ignore[misc]


@pytest.mark.one_engine
def test_whoever_flushes_last_waits_for_what_is_still_being_written(app: Flask, form_id: str) -> None:
    held: Sightings = app.extensions["signup.sightings"]
    held.add(Sighting(Step.SEEN, 1, 1))
    first, last = threading.Thread(target=held.flush), threading.Thread(target=held.flush)
    with transaction():  # SQLite has one writer at a time: the first one waits for its turn
        first.start()
        while held._counts:
            first.join(0.01)
        last.start()
        last.join(0.2)
        assert last.is_alive()
    last.join()
    assert sum(row[-1] for row in counts(app)) == 1  # type: ignore[misc]
    first.join()


def test_what_cannot_be_written_now_is_written_later(
    app: Flask, tell: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: Sightings = app.extensions["signup.sightings"]
    tell()
    with monkeypatch.context() as patch:
        patch.setattr(held, "_write", lambda _counts: (_ for _ in ()).throw(OSError))
        held.flush()
    tell()
    assert counts(app) == [("seen", BLOG, "", "en", 2)]


def test_looking_at_the_form_writes_nothing_and_its_page_tells_by_itself(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    page = client.get(f"/f/{form_id}")
    assert f'data-seen="/f/{form_id}/seen"' in page.text
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert counts(app) == []
    again = client.post(f"/f/{form_id}", data={"email": "no"}, headers={"Origin": OWN})
    assert "data-first" not in again.text
    assert [row[0] for row in counts(app)] == ["refused"]


def test_the_website_of_a_signup_is_one_the_owner_knows(app: Flask, client: FlaskClient, form_id: str) -> None:
    body = {"email": ADA, "consent": True, "page": "https://anything.example/x", "src": "  the \n till "}
    assert client.post(f"/f/{form_id}", json=body).status_code == 202
    row = db.session.execute(text("SELECT site, placement, provider FROM signup")).one()
    assert tuple(row) == ("", "the till", "other")
    assert state_of(ADA) == "pending"
