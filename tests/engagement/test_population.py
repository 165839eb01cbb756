"""Two thousand people and two thousand scanners get a letter: nearly every scanner is found, hardly a person is lost.

How they behave is drawn from what is published of mail scanners: most follow every link within a minute, some in one
moment and some one after the other, some leave out what is not drawn, and most call themselves a browser.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select

from signup.consent.subscription import Subscription
from signup.consent.tracking import TrackingConsent, TrackingPurpose
from signup.contacts.contact import Contact
from signup.counts.engagement_event import DECOY, EngagementEvent, Reaction
from signup.engagement.intake import Seen, write
from signup.ground.db import Base, db, transaction
from signup.mailer.message import Message
from tests.campaigns.campaign_cast import make_campaign, people, send
from tests.cast import Mailbox, make_list
from tests.engagement.test_reactions import BODY, agree

pytestmark = pytest.mark.both_engines
N, LINKS = 2_000, (1, 2, 3)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
HONEST = "Mozilla/5.0 (compatible; LinkCheck/1.0; +https://example.net/scan)"
Act = tuple[float, Reaction, int, str]


class Who(NamedTuple):
    """A recipient: what they do, in seconds after the mail."""

    uid: UUID
    acts: list[Act]


def person(chance: Random) -> Iterator[Act]:
    """Reads, and clicks some time after; one in twenty-five within a minute. A third see no pictures."""
    agent = chance.choice(AGENTS)
    is_quick = chance.random() < 0.04
    seen = chance.uniform(6, 45) if is_quick else chance.lognormvariate(8.5, 1.5) + 30
    if chance.random() < 0.66:
        yield seen, Reaction.OPEN, 0, chance.choice((agent, PROXY))
    at = seen + (chance.uniform(3, 20) if is_quick else chance.lognormvariate(2.5, 0.8))
    for number in chance.sample(LINKS, chance.choices((1, 2, 3), (80, 15, 5))[0]):
        yield at, Reaction.CLICK, number, agent
        if chance.random() < 0.05:
            yield at + 0.3, Reaction.CLICK, number, agent  # a double click
        at += chance.uniform(0.7, 3) if chance.random() < 0.2 else chance.uniform(4, 120)  # in tabs, or read between


def burst(chance: Random) -> Iterator[Act]:
    at = chance.uniform(2, 60)
    for number in (*LINKS, DECOY):
        yield at + chance.uniform(0, 1.5), Reaction.CLICK, number, AGENTS[0]


def sweep(chance: Random) -> Iterator[Act]:
    for number in (DECOY, *LINKS):
        yield chance.uniform(20, 60), Reaction.CLICK, number, chance.choice(AGENTS)
    yield chance.uniform(15, 20), Reaction.OPEN, 0, AGENTS[0]


def burst_of_what_is_drawn(chance: Random) -> Iterator[Act]:
    at = chance.uniform(5, 600)
    for number in LINKS:
        yield at + chance.uniform(0, 1.2), Reaction.CLICK, number, AGENTS[0]


def sweep_of_what_is_drawn(chance: Random) -> Iterator[Act]:
    for number in LINKS:
        yield chance.uniform(10, 70), Reaction.CLICK, number, AGENTS[0]


def one_link(chance: Random) -> Iterator[Act]:
    """Tries any one link, as cheap scanners do."""
    yield chance.uniform(2, 60), Reaction.CLICK, chance.choice((*LINKS, DECOY)), AGENTS[0]


def honest(chance: Random) -> Iterator[Act]:
    yield chance.uniform(1, 3_600), Reaction.CLICK, chance.choice(LINKS), HONEST


def head(chance: Random) -> Iterator[Act]:
    yield chance.uniform(1, 60), Reaction.CLICK, chance.choice(LINKS), ""


SCANNERS = ((burst, 42), (sweep, 25), (burst_of_what_is_drawn, 8), (sweep_of_what_is_drawn, 6), (honest, 8), (head, 4))
MIX: tuple[tuple[Callable[[Random], Iterator[Act]], int], ...] = (*SCANNERS, (one_link, 7))


def copies(table: type[Base], like: Any, n: int, **more: Callable[[int], Any]) -> list[int]:
    """Insert `n` rows like one that is there. Returns their ids."""
    base = {column.key: getattr(like, column.key) for column in table.__table__.columns if column.key != "id"}
    rows = [base | {name: make(at) for name, make in more.items()} for at in range(n)]
    return list(db.session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))  # type: ignore[attr-defined]


@pytest.fixture
def uids(app: Flask, mailbox: Mailbox) -> list[UUID]:
    """The messages of a letter to 4,000 people, who all agreed to openings and clicks."""
    letter = make_list()
    people(letter, 1)
    agree("conf1@example.org", *TrackingPurpose)
    send(app, make_campaign(letter, body=BODY))
    made = [uuid4() for _each in range(2 * N)]
    with transaction():
        contact = db.session.scalars(select(Contact)).one()
        on_list = db.session.scalars(select(Subscription)).one()
        message = db.session.scalars(select(Message).where(Message.campaign_id.is_not(None))).one()
        agreed = list(db.session.scalars(select(TrackingConsent)))
        name: dict[str, Callable[[int], Any]] = {
            "address": lambda n: f"p{n}@example.org",
            "address_key": lambda n: f"p{n}@example.org",
        }
        if "address_hash" in Contact.__table__.columns:
            name["address_hash"] = lambda n: f"{n:032x}"
        ids = copies(Contact, contact, 2 * N, uid=lambda _n: uuid4(), **name)
        entries = copies(Subscription, on_list, 2 * N, uid=lambda _n: uuid4(), contact_id=ids.__getitem__)
        for one in agreed:
            copies(TrackingConsent, one, 2 * N, contact_id=ids.__getitem__)
        of_it: dict[str, Callable[[int], Any]] = {
            "uid": made.__getitem__,
            "contact_id": ids.__getitem__,
            "subscription_id": entries.__getitem__,
        }
        copies(Message, message, 2 * N, dedupe_key=lambda n: f"population:{n}", **of_it)
    return made


def react(of: list[Who]) -> None:
    """Everybody at once, in the order of time, as it is taken in."""
    db.session.rollback()
    handed = db.session.scalar(select(Message.handed_at).where(Message.uid == of[0].uid)) or datetime.now(UTC)
    acts = sorted((at, who.uid, kind, number, agent) for who in of for at, kind, number, agent in who.acts)
    seen: dict[str, Seen] = {}
    for at, uid, kind, number, agent in acts:
        one = Seen(uid, kind, number, agent, handed + timedelta(seconds=at))
        seen.setdefault(one.key, one)
    write([*seen.values()])


def clickers(of: list[Who]) -> set[UUID]:
    """Those of whom a click counts as a person's."""
    db.session.rollback()
    ours = {one.uid for one in of}
    counted = select(Message.uid).join(EngagementEvent, EngagementEvent.message_id == Message.id)
    clicks = counted.where(EngagementEvent.kind == Reaction.CLICK, EngagementEvent.verdict == "person").distinct()
    return ours & set(db.session.scalars(clicks))


def test_nine_scanners_of_ten_are_found_and_hardly_a_person_is_lost(uids: list[UUID]) -> None:
    chance = Random(20_261_201)
    persons = [Who(uid, [*person(chance)]) for uid in uids[:N]]
    kinds, weights = zip(*MIX, strict=True)
    scanners = [Who(uid, [*chance.choices(kinds, weights)[0](chance)]) for uid in uids[N:]]
    react(persons + scanners)
    found, lost = N - len(clickers(scanners)), N - len(clickers(persons))
    told = f"{found / N:.2%} of the scanners found, {lost / N:.2%} of the people lost"
    assert found / N >= 0.9, told
    assert lost / N <= 0.006, told


def test_who_comes_after_a_scanner_is_still_a_person(uids: list[UUID]) -> None:
    chance = Random(7)
    later = [[(act[0] + 600, *act[1:]) for act in person(chance)] for _each in range(200)]
    both = [Who(uid, [*burst(chance), *acts]) for uid, acts in zip(uids, later, strict=False)]
    react(both)
    assert len(clickers(both)) >= 198
