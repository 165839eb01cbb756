"""Leaving and changing one's mind: one click, the page, the preferences, and everything known as a file."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.tokens import COPY_TTL
from signup.incentives import incentive
from signup.visitor.own_data import personal_copy
from tests.cast import (
    ADA,
    BOB,
    EVE,
    Mailbox,
    confirm_all,
    drain,
    events_of,
    forget_limits,
    get_copy,
    link_in,
    make_form,
    make_list,
    make_noise,
    sign_up,
    state_of,
)

pytestmark = pytest.mark.both_engines


@pytest.fixture
def form_id(app: Flask, client: FlaskClient, mailbox: Mailbox) -> str:
    """Ada and Bob are confirmed."""
    make_noise(app, client, mailbox)
    form_id = make_form().public_id
    for address in (ADA, BOB):
        sign_up(client, form_id, address, fields={"first_name": address[:3].title()})
    confirm_all(app, client, mailbox, ADA, BOB)
    return form_id


def test_every_list_mail_says_how_to_leave(mailbox: Mailbox, form_id: str) -> None:
    mail = mailbox.last(ADA)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<http://signup.example.org{link_in(mail, 'unsubscribe')}>"
    assert len(mail["List-Unsubscribe"]) <= 122
    assert "Auto-Submitted" not in mail


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}, {"multipart": "1"}])
def test_one_post_leaves_at_once_and_a_second_changes_nothing(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, body: dict[str, str]
) -> None:
    link = link_in(mailbox.last(ADA), "unsubscribe")
    assert client.get(link).status_code == 200
    assert state_of(ADA) == "confirmed"
    kind = "multipart/form-data" if "multipart" in body else "application/x-www-form-urlencoded"
    for _time in range(2):
        assert client.post(link, data=body, content_type=kind).status_code == 200
    assert (state_of(ADA), state_of(BOB)) == ("unsubscribed", "confirmed")
    assert events_of(ADA).count("unsubscribed") == 1
    sums = dict(map(tuple, db.session.execute(text("SELECT measure, sum(n) FROM tally GROUP BY measure")).all()))
    assert (sums["in:confirmed"], sums["in:unsubscribed"], sums["standing:unsubscribed"]) == (2, 1, 1)


def test_an_old_link_tells_who_has_left_that_they_are_not_on_the_list(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    old = link_in(mailbox.mails(ADA)[0])
    assert "you are on the list" in client.get(old).text
    assert client.post(link_in(mailbox.last(ADA), "unsubscribe")).status_code == 200
    for method in (client.get, client.post, client.get):
        page = method(old, follow_redirects=True).text
        assert "You are no longer on the list" in page
        assert "you are on the list" not in page
        assert "/download/" not in page
        assert f'href="/f/{form_id}"' in page
    assert state_of(ADA) == "unsubscribed"


def test_who_left_comes_back_only_by_a_new_confirmation(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    forget_limits()
    sign_up(client, form_id, ADA)
    drain(app)
    assert state_of(ADA) == "unsubscribed"
    client.post(link_in(mailbox.last(ADA)))
    assert state_of(ADA) == "confirmed"


def test_a_mail_that_waits_is_withheld_once_its_person_left(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    link = link_in(mailbox.last(ADA), "unsubscribe")
    forget_limits()
    sign_up(client, form_id, ADA)  # "you already receive it" now waits
    client.post(link)
    before = len(mailbox.mails(ADA))
    drain(app)
    assert len(mailbox.mails(ADA)) == before
    states = db.session.execute(text("SELECT state FROM message WHERE kind = 'already'")).scalars().all()
    assert states == ["cancelled"]


def test_preferences_change_language_answers_and_lists_with_their_proof(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    link = link_in(mailbox.last(ADA), "preferences")
    page = client.get(link).text
    assert 'value="Ada"' in page
    uid = page.partition('name="list" value="')[2].partition('"')[0]
    saved = client.post(link, data={"language": "fr", "first_name": "Adèle", "interests": ["design"], "list": uid})
    assert saved.status_code == 303
    copy = get_copy(app, client, mailbox, ADA)
    assert copy.headers["Content-Disposition"].startswith("attachment")
    known = json.loads(copy.data)
    (person,) = known["person"]
    assert (person["name"], person["language"]) == ("Adèle", "fr")
    assert person["answers"] == {"first_name": "Adèle", "interests": ["design"]}
    assert [event["what"] for event in known["consent"]] == [
        "requested",
        "mail_accepted",
        "confirmed",
        "preference_changed",
    ]
    client.post(link, data={"language": "fr", "first_name": "Adèle"})
    assert state_of(ADA) == "unsubscribed"


def test_everything_known_comes_by_a_fresh_link_and_a_press_of_a_button_alone(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = link_in(mailbox.last(ADA), "preferences")
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        assert client.open(f"{old}/copy", method=method).status_code == 405
    assert "Ada" not in client.post(f"{old}/copy").text
    drain(app)
    link = link_in(mailbox.last(ADA), "copy")
    for method in ("GET", "HEAD", "OPTIONS"):
        looked = client.open(link, method=method)
        assert looked.status_code == 200
        assert ADA not in looked.text
        assert "Content-Disposition" not in looked.headers
    given = client.post(link)
    assert json.loads(given.data)["person"][0]["address"] == ADA
    assert given.headers["Cache-Control"] == "no-store"
    assert client.post(old.replace("preferences", "copy")).status_code == 400  # of another purpose
    later = utcnow() + COPY_TTL + timedelta(seconds=5)
    monkeypatch.setattr(personal_copy, "utcnow", lambda: later)
    assert [client.get(link).status_code, client.post(link).status_code] == [410, 410]
    assert ADA not in client.post(link).text


def test_a_mailbox_gets_three_links_to_its_data_a_day(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    old = link_in(mailbox.last(ADA), "preferences")
    before = len(mailbox.mails())
    pages = {client.post(f"{old}/copy").text for _each in range(5)}
    drain(app)
    assert (len(pages), len(mailbox.mails()) - before) == (1, 3)


def test_a_single_opt_in_still_leaves_its_proof_and_is_marked(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = make_form(opt_in="single", single_reason="Customers who asked at the till").public_id
    sign_up(client, form_id, ADA)
    drain(app)
    assert "on the list" in mailbox.last(ADA)["Subject"]
    assert (state_of(ADA), events_of(ADA)) == ("confirmed", ["requested", "confirmed", "mail_accepted"])
    assert db.session.execute(text("SELECT single_opt_in FROM subscription")).scalar()
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    forget_limits()
    sign_up(client, form_id, ADA)
    assert state_of(ADA) == "unsubscribed"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"])
def test_a_file_with_a_script_in_it_is_given_so_that_it_runs_nowhere(
    app: Flask, client: FlaskClient, mailbox: Mailbox, media_type: str
) -> None:
    with transaction():
        paper = incentive.store("Drawing", "drawing.svg", b"<svg onload='alert(1)'/>", media_type)
        db.session.add(paper)
        db.session.flush()
        magnet_id = paper.id
    form_id = make_form(make_list("drawings"), lead_magnet_id=magnet_id).public_id
    sign_up(client, form_id, EVE)
    confirm_all(app, client, mailbox, EVE)
    for method in ("GET", "HEAD"):
        answer = client.open(link_in(mailbox.last(EVE), "download"), method=method, buffered=True)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_download_link_is_counted_and_ends(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> None:
    link = link_in(mailbox.last(ADA), "download")
    assert client.get(link, buffered=True).headers["Content-Disposition"].startswith("attachment")
    assert db.session.execute(text("SELECT sum(n) FROM tally WHERE measure = 'downloaded'")).scalar() == 1
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE signup SET downloads = 50"))
    assert client.get(link).status_code == 410
