"""The feed of events: whoever follows it misses nothing and hears nothing twice, while many write at the same time."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ledger.seal import seal, seal_new
from tests.admin.cast import add_contact
from tests.api.program import Program
from tests.cast import ADA, BOB, Mailbox, confirm_all, make_form, make_list, sign_up

WRITERS = 8
KINDS = (ConsentType.REQUESTED, ConsentType.CONFIRMED, ConsentType.UNSUBSCRIBED)


class Written(NamedTuple):
    """One event, and the times around its transaction."""

    id: UUID
    begun: float
    done: float


def write(app: Flask, seed: int, count: int, contact_id: int, list_id: int) -> list[Written]:
    """Events whose transactions take their time: the order of their ids is not that of their commits."""
    chance, written = random.Random(seed), []
    with app.app_context():
        for n in range(count):
            begun = time.monotonic()
            with transaction():
                event = ConsentEvent(type=KINDS[n % 3], contact_id=contact_id, list_id=list_id)
                db.session.add(event)
                db.session.flush()
                if chance.random() < 0.2:
                    time.sleep(chance.random() * 0.01)
            written.append(Written(event.id, begun, time.monotonic()))
        db.session.remove()
    return written


def follow(program: Program, until: Callable[[], bool]) -> list[str]:
    """What a program hears that asks again and again."""
    heard: list[str] = []
    after, is_over = "", False
    while True:
        page = program.get("/events", after=after, limit=50)
        heard += [one["id"] for one in page["data"]]
        after = page["next"]
        if not page["has_more"]:
            if is_over:
                return heard
            is_over = until()
            time.sleep(0.01)


@pytest.mark.both_engines
def test_eight_writers_leave_no_gap_no_double_and_the_order_of_their_commits(
    app: Flask, client: FlaskClient, is_long: bool
) -> None:
    one = make_list()
    with transaction():
        contact = add_contact(one, ADA, "Ada")
    count, program, over = 6_250 if is_long else 25, Program(client), threading.Event()

    def sealing() -> None:
        with app.app_context():
            while not over.is_set():
                seal_new()
                time.sleep(0.02)

    with ThreadPoolExecutor(WRITERS + 1) as crowd:
        sealer = crowd.submit(sealing)
        writers = [crowd.submit(write, app, n, count, contact.id, one.id) for n in range(WRITERS)]

        def are_done() -> bool:
            if not all(one.done() for one in writers):
                return False
            over.set()
            sealer.result()
            seal()
            return True

        heard = follow(program, are_done)
        written = [one for writer in writers for one in writer.result()]
    assert len(heard) == len(set(heard)) == WRITERS * count
    place = {event_id: n for n, event_id in enumerate(heard)}
    by_begin = sorted(written, key=lambda one: one.begun)
    latest_done = sorted(written, key=lambda one: one.done)
    before, newest = 0, -1
    for event in by_begin:  # whatever was committed before another began stands before it
        while before < len(latest_done) and latest_done[before].done < event.begun:
            newest = max(newest, place[str(latest_done[before].id)])
            before += 1
        assert place[str(event.id)] > newest


@pytest.mark.both_engines
def test_events_name_nobody_and_a_key_hears_of_its_lists(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    ours, theirs = make_form().public_id, make_form(make_list("other", name="Other")).public_id
    whole, of_other = Program(client), Program(client, "other")
    start = whole.get("/events", after="now")["next"]
    sign_up(client, ours, ADA)
    sign_up(client, theirs, BOB)
    confirm_all(app, client, mailbox, BOB)
    ada = db.session.scalars(select(Contact).where(Contact.address == ADA)).one()
    program = Program(client)
    assert program.ask("PATCH", f"/contacts/{ada.uid}", json={"name": "Ada"}).status_code == 200
    seal()
    page = whole.get("/events", after=start)
    assert [one["type"] for one in page["data"]] == [
        "signup.requested",
        "signup.requested",
        "subscription.confirmed",
        "contact.updated",
    ]
    assert (ADA in str(page), page["data"][0]["subject"] == page["data"][3]["subject"]) == (False, True)
    assert whole.get("/events", after=page["next"]) == {"data": [], "next": page["next"], "has_more": False}
    others = of_other.get("/events")
    assert [(one["type"], one["list"]) for one in others["data"]] == [
        ("signup.requested", "other"),
        ("subscription.confirmed", "other"),
    ]
    assert whole.get("/events", limit=1)["has_more"]
    assert whole.errors("GET", "/events?after=x")
