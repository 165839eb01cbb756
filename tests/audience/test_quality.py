"""The score adds up, is one for all doors, changes only what changed; categories sum up; a hand beats a rule."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from signup.audience import grade, scoring_round
from signup.audience.explain_score import explain
from signup.audience.grade import GradeChange
from signup.audience.quality import POINTS, Category, Quality
from signup.audience.rule import Condition, ConditionGroup
from signup.audience.segment import Segment
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.counts.event import Event, EventKind
from signup.fields.operator import Op
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import add_contact
from tests.cast import make_form, make_list, suppress

pytestmark = pytest.mark.both_engines


def qualities() -> dict[str, Quality]:
    db.session.rollback()
    rows = db.session.execute(
        db.select(Contact.address_key, Quality)
        .join(Quality, Quality.contact_id == Contact.id)
        .execution_options(populate_existing=True)
    )
    return {address.partition("@")[0]: quality for address, quality in rows}


def crowd() -> MailingList:
    """The cast with their answers and doings, on a list whose form asks for a telephone and a town."""
    letter = make_list()
    keys = ("phone", "postal_code", "city")
    make_form(letter, magnet=False, country="CH", fields=tuple(Question(key=k, type="text", label=k) for k in keys))
    at_home = {"phone": "079 123 45 67", "postal_code": "1003", "city": "Lausanne", "street": "Rue du Lac 1"}
    people: dict[str, dict[str, Any]] = {
        "ada": {"name": "Ada", "answers": at_home},
        "bob": {"state": "pending", "answers": {"phone": "12", "postal_code": "1003", "city": "Genève"}},
        "cleo": {"name": "Cleo", "state": "unsubscribed"},
        "dan": {"name": "Dan"},
        "eve": {"name": "Eve"},
    }
    with transaction():
        for name, given in people.items():
            contact = add_contact(letter, f"{name}@example.org", given.get("name", ""), given.get("state", "confirmed"))
            if contact.standing == "confirmed" and name != "eve":  # she came by a file
                db.session.add(ConsentEvent(contact_id=contact.id, list_id=letter.id, type="confirmed"))
            contact.answers, contact.source = given.get("answers", {}), "The form" if name == "ada" else ""
    suppress("dan@example.org")
    return letter


def contact_id(name: str) -> int:
    found: int | None = db.session.scalar(db.select(Contact.id).where(Contact.address_key == f"{name}@example.org"))
    assert found
    return found


def happened(name: str, kind: EventKind, days: int) -> None:
    with transaction():
        db.session.add(Event(contact_id=contact_id(name), kind=kind, at=now(-timedelta(days=days))))


def test_the_score_adds_up_and_says_what_would_raise_it(context: Flask) -> None:
    crowd()
    scoring_round.run_round()
    found = qualities()
    assert (found["ada"].score, found["ada"].reach, found["ada"].complete) == (100, 40, 25)
    assert (found["bob"].reach, found["bob"].complete, found["bob"].consistent) == (10, 19, 0)
    assert (found["dan"].reach, found["dan"].proven, found["eve"].proven) == (0, 7, 4)
    assert [one.reach for one in (found["cleo"], found["eve"])] == [0, 30]
    for name, quality in found.items():
        told = explain(quality.contact_id)
        assert told
        assert {part.name: part.points for part in told.parts} == {part: getattr(quality, part) for part in POINTS}
        assert told.score == quality.score == sum(part.points for part in told.parts), name
        assert all(0 <= part.points <= part.most for part in told.parts)
        assert (told.score == 100) == (not told.raises)
        assert all(one.points > 0 for one in told.raises)
    bob = explain(contact_id("bob"))
    assert bob
    assert {one.what: one.points for one in bob.raises} == {
        "confirm": 20, "phone": 5, "post": 5, "name": 6, "misfits": 10, "source": 3, "double": 7,
    }  # fmt: skip
    assert explain(10**9) is None


def test_a_round_writes_only_what_changed_and_ages_what_nobody_touched(context: Flask) -> None:
    crowd()
    scoring_round.run_round()
    with transaction():
        long_ago = now(-timedelta(days=9))
        db.session.execute(db.update(Quality).values(at=long_ago))
        db.session.execute(
            db.update(Contact).where(Contact.id == contact_id("eve")).values(created_at=now(-timedelta(days=800)))
        )
        single = db.update(Subscription).where(Subscription.contact_id == contact_id("ada"))
        db.session.execute(single.values(single_opt_in=True))
    before = {name: quality.at for name, quality in qualities().items()}
    scoring_round.run_round()
    after = qualities()
    assert {name for name, quality in after.items() if quality.at != before[name]} == {"ada", "eve"}
    assert (after["eve"].fresh, after["ada"].proven) == (0, 7)
    happened("eve", EventKind.SENT, 0)  # what was done to her is not her doing
    scoring_round.run_round()
    assert qualities()["eve"].fresh == 0
    happened("eve", EventKind.DOWNLOADED, 200)
    scoring_round.run_round()
    assert qualities()["eve"].fresh == 10


def test_everybody_has_one_category_and_the_sum_is_everybody(context: Flask) -> None:
    crowd()
    happened("eve", EventKind.DOWNLOADED, 3)
    happened("ada", EventKind.REDEEMED, 3)
    happened("cleo", EventKind.REDEEMED, 900)
    scoring_round.run_round()
    assert {name: quality.category for name, quality in qualities().items()} == {
        "ada": Category.CUSTOMER,
        "bob": Category.VISITOR,
        "cleo": Category.PAST_CUSTOMER,
        "dan": Category.SUBSCRIBER,
        "eve": Category.PROSPECT,
    }
    last = scoring_round.last_report()
    assert last
    report = last.report
    assert sum(report["categories"].values()) == sum(report["bands"].values()) == report["total"] == 5
    assert sum(report["grades"].values()) == sum(row["people"] for row in report["sources"]) == 5
    assert {row["name"]: row["people"] for row in report["sources"]} == {"": 4, "The form": 1}
    mean = sum(quality.score for quality in qualities().values()) / 5
    assert report["averages"]["score"] == round(mean, 1)


def test_a_rule_grades_and_a_hand_beats_it(context: Flask) -> None:
    crowd()
    with transaction():
        best = Segment(slug="best", name="Best")
        best.publish(ConditionGroup(rules=(Condition(subject="quality", op=Op.AT_LEAST, value="80"),)))
        rest = Segment(slug="rest", name="Rest")
        rest.publish(ConditionGroup(rules=(Condition(subject="category", op=Op.ANY_OF, values=("subscriber",)),)))
        grade.set_scheme([("A", best.id), ("B", rest.id), ("C", None)])
    scoring_round.run_round()
    assert {name: one.grade for name, one in qualities().items()} == {
        "ada": "A",
        "bob": "",
        "cleo": "",
        "dan": "B",
        "eve": "B",
    }
    with transaction():
        assert grade.grade_by_hand(contact_id("eve"), "C", 7, "an old friend")
        assert not grade.grade_by_hand(contact_id("eve"), "C", 7)
    scoring_round.run_round()
    assert qualities()["eve"].grade == "C"
    with transaction():
        assert grade.grade_by_hand(contact_id("eve"), "", 7)  # back to the rule, at once
    assert qualities()["eve"].grade == "B"
    told = [(one.grade, one.by) for one in grade.history(contact_id("eve"))]
    assert told == [("B", "rule"), ("", "hand"), ("C", "hand"), ("B", "rule")]
    rows = db.session.scalar(db.select(db.func.count()).select_from(GradeChange))
    scoring_round.run_round()
    assert db.session.scalar(db.select(db.func.count()).select_from(GradeChange)) == rows
