"""Rules in SQL, on both engines, against the same rules worked out in plain Python on what the contacts are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from signup.audience.quality import POINTS, Quality
from signup.audience.rule import COMPANY, OPS, Condition, ConditionGroup, SubjectKind, parse, subject_of, to_content
from signup.audience.rule_sql import rule_condition
from signup.companies.company import Company
from signup.companies.position import Position
from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.counts.event import Event
from signup.fields.catalogue import CatalogueEntry
from signup.fields.field import as_options, define
from signup.fields.finding import Finding
from signup.fields.operator import Op
from signup.ground.db import db, transaction
from signup.ground.dialect import folded, now, today_text
from signup.ground.tokens import keys
from tests.cast import make_list

pytestmark = pytest.mark.both_engines

# Letters that engines disagree about when left to themselves, and what LIKE and JSON take for signs.
LETTERS = "aAbBéÉßİŠ%_\\'\"[ 1"
TEXTS = st.text(LETTERS, min_size=1, max_size=3).map(str.strip).filter(bool)
OPTIONS = st.sampled_from(["tea", "design", "a"])
DAYS = st.sampled_from(["2020-02-29", "2026-01-01", "1999-12-31"]) | st.integers(-3, 3).map(
    lambda n: (datetime.now(UTC).date() + timedelta(days=n)).isoformat()
)
STATES = st.sampled_from(["pending", "confirmed", "unsubscribed", "bounced", "complained"])
# Never near a whole day, where the moment of asking would decide.
AGES = st.integers(0, 9).map(lambda n: timedelta(hours=12 * n + 6))
ANSWERS = {
    "text": TEXTS,
    "choice": OPTIONS,
    "multi": st.lists(OPTIONS, max_size=2, unique=True),
    "yes_no": st.booleans(),
    "number": st.sampled_from([0, -1, 1, 0.1, 2.5, 10**12]),
    "date": DAYS,
}
LISTS = (1, 2)
TREE = {"tea": "design", "a": "tea", "design": ""}
"""The catalogue of `colour`: each entry and the one it stands under."""
ACTIVITIES = {
    "56": {"2.1:56.11", "2:56.10"},
    "2.1:56": {"2.1:56.11"},
    "rev. 2 : 561": {"2:56.10"},
    "i": {"2.1:56.11", "2:56.10"},
    "5611": {"2.1:56.11"},
    "47": set(),
}
"""What is held of each branch, of the two activities that a company here may have."""


@st.composite
def companies(draw: st.DrawFn) -> dict[str, Any]:
    """One company, and what somebody does there."""
    return {
        "company": draw(TEXTS),
        "company_domain": draw(st.just("") | TEXTS),
        "company_country": draw(st.sampled_from(["", "CH", "FR"])),
        "company_region": draw(st.sampled_from(["", "CH-VD", "FR-69"])),
        "company_size": draw(st.sampled_from(["", "1", "2-9"])),
        "years": draw(st.sampled_from([None, -1, 0, 2, 3, 9, 10, 24, 25, 200])),
        "company_activity": draw(st.sampled_from(["", "2.1:56.11", "2:56.10"])),
        "company_form": draw(st.sampled_from(["", "3EKS"])),
        "company_function": draw(st.sampled_from(["", "it", "sales"])),
        "ended": draw(st.booleans()),
    }


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """One contact as plain values. Any answer may be of any type, as when two forms ask under one key."""
    moments = st.lists(st.tuples(st.sampled_from(["downloaded", "sent"]), AGES), max_size=3)
    consents = st.lists(st.tuples(st.sampled_from(["confirmed", "requested"]), AGES), max_size=2)
    return {
        "address": f"{draw(st.text('aAbé%_', min_size=1, max_size=3))}{uuid4().hex}@Example.org",
        "name": draw(st.just("") | TEXTS),
        "language": draw(st.sampled_from(["en", "fr"])),
        "source": draw(st.just("") | TEXTS),
        "standing": draw(STATES),
        "created": draw(AGES),
        "confirmed": draw(st.none() | AGES),
        "answers": draw(st.dictionaries(st.sampled_from(["q", "colour"]), st.one_of(*ANSWERS.values()), max_size=2)),
        "lists": draw(st.dictionaries(st.sampled_from(LISTS), STATES, max_size=2)),
        "events": draw(moments),
        "consents": draw(consents),
        "suppressed": draw(st.booleans()),
        "companies": draw(st.lists(companies(), max_size=2)),
        "region": draw(st.sampled_from(["", "CH-VD", "FR-69"])),
        "quality": draw(st.none() | st.integers(0, 100)),
        "category": draw(st.sampled_from(["visitor", "customer"])),
        "grade": draw(st.sampled_from(["", "A", "B"])),
    }


SUBJECTS = st.sampled_from(
    [
        *("address", "name", "language", "source", "standing", "created", "confirmed", "last_event", "suppressed"),
        *("region", "quality", "category", "grade", *COMPANY),
        *("list:1", "list:2", "event:downloaded", "event:sent", "consent:confirmed", "consent:requested"),
        *(f"answer:{kind}:{key}" for kind in ANSWERS for key in ("q", "colour")),
    ]
)


@st.composite
def questions(draw: st.DrawFn) -> Condition:
    """Any condition that may be asked."""
    text = draw(SUBJECTS)
    subject = subject_of(text)
    op = draw(st.sampled_from(OPS[subject.kind]))
    values = {
        "language": st.sampled_from(["en", "fr", "de"]),
        "standing": STATES,
        "list": STATES,
        "region": st.sampled_from(["CH-VD", "FR-69"]),
        "company_region": st.sampled_from(["CH-VD", "FR-69"]),
        "company_country": st.sampled_from(["CH", "FR"]),
        "company_size": st.sampled_from(["1", "2-9"]),
        "company_age": st.sampled_from(["0-2", "3-9", "10-24", "25+"]),
        "company_form": st.sampled_from(["3EKS", "MVII"]),
        "company_function": st.sampled_from(["it", "sales"]),
        "category": st.sampled_from(["visitor", "customer", "prospect"]),
        "grade": st.sampled_from(["A", "B", "C"]),
    }.get(subject.room, OPTIONS)
    texts = TEXTS | st.sampled_from([*ACTIVITIES]) if subject.room == "company_activity" else TEXTS
    value = {
        "number": ANSWERS["number"].map(str),
        "date": DAYS,
        SubjectKind.INSTANT: DAYS,
    }.get(subject.kind, texts)
    days = st.integers(1, 5)
    return Condition(
        subject=text,
        op=op,
        value=draw(value),
        values=tuple(draw(st.lists(values, min_size=1, max_size=2))),
        times=draw(st.integers(1, 3)),
        days=draw(days if op in {Op.IN_LAST, Op.NOT_IN_LAST} else st.none() | days),
    )


MATCHES = st.sampled_from(["all", "any", "none"])


def groups(depth: int) -> st.SearchStrategy[ConditionGroup]:
    below = questions() if depth == 1 else questions() | groups(depth - 1)
    return st.builds(ConditionGroup, match=MATCHES, rules=st.lists(below, max_size=3).map(tuple))


class World:
    """A plain-Python reading of rules, with nothing of the application's but the tree and `folded`."""

    def __init__(self, at: datetime, today: date) -> None:
        self.at, self.today = at, today

    def meets(self, person: dict[str, Any], node: ConditionGroup | Condition) -> bool:
        if isinstance(node, Condition):
            return self.answers_to(person, node)
        results = [self.meets(person, one) for one in node.rules]
        return {"all": all(results), "any": any(results), "none": not any(results)}[node.match]

    def answers_to(self, person: dict[str, Any], asked: Condition) -> bool:
        opposite = {
            Op.IS_NOT: Op.IS,
            Op.CONTAINS_NOT: Op.CONTAINS,
            Op.NONE_OF: Op.ANY_OF,
            Op.NOT_IN_LAST: Op.IN_LAST,
            Op.NEVER: Op.HAPPENED,
            Op.EMPTY: Op.FILLED,
        }.get(asked.op)
        if opposite:
            return not self.answers_to(person, asked.model_copy(update={"op": opposite}))
        subject = subject_of(asked.subject)
        ask = getattr(self, f"ask_{subject.kind}")
        if subject.room in COMPANY:
            there = [self.at_company(one, subject.room) for one in person["companies"] if not one["ended"]]
            return any(ask(value, asked, asked.subject) for value in there)
        return bool(ask(self.value_of(person, asked.subject), asked, asked.subject))

    def at_company(self, company: dict[str, Any], room: str) -> Any:
        if room != "company_age":
            return company[room]
        bands = {"0-2": range(3), "3-9": range(3, 10), "10-24": range(10, 25), "25+": range(25, 9999)}
        return next((band for band, years in bands.items() if company["years"] in years), "")

    def value_of(self, person: dict[str, Any], subject: str) -> Any:
        room, _, name = subject.partition(":")
        if room == "answer":
            kind, _, key = name.partition(":")
            value = person["answers"].get(key)
            types = {"number": (int, float), "multi": (list,), "yes_no": (bool,)}.get(kind, (str,))
            fits = isinstance(value, types) and (kind == "yes_no") == isinstance(value, bool)
            return value if fits else None
        if room == "list":
            return person["lists"].get(int(name))
        if room in {"event", "consent"}:
            return [age for kind, age in person[f"{room}s"] if kind == name]
        if room == "last_event":
            return min((age for _kind, age in person["events"]), default=None)
        if room in {"category", "grade"} and person["quality"] is None:
            return None
        return person[room]

    def ask_text(self, value: str | None, asked: Condition, subject: str) -> bool:
        if subject == "company_activity" and asked.op == Op.IS and asked.value in ACTIVITIES:
            return value in ACTIVITIES[asked.value]
        small = str.lower if subject in {"address", "name"} else folded
        mine, wanted = small(value or ""), small(asked.value)
        return {
            Op.IS: mine == wanted,
            Op.CONTAINS: wanted in mine,
            Op.BEGINS: mine.startswith(wanted),
            Op.ENDS: mine.endswith(wanted),
            Op.FILLED: bool(mine),
        }[asked.op] and bool(mine)

    def ask_choice(self, value: str | None, asked: Condition, subject: str) -> bool:
        if asked.op == Op.FILLED:
            return bool(value)
        meant = {value}
        while subject.endswith(":colour") and (above := TREE.get(value or "")):
            meant.add(value := above)
        return bool(meant & set(asked.values))

    ask_subscription = ask_choice

    def ask_multi(self, value: list[str] | None, asked: Condition, _subject: str) -> bool:
        chosen = set(value or ())
        if asked.op == Op.ALL_OF:
            return chosen >= set(asked.values)
        return bool(chosen if asked.op == Op.FILLED else chosen & set(asked.values))

    def ask_yes_no(self, value: bool | None, asked: Condition, _subject: str) -> bool:
        return value is not None if asked.op == Op.FILLED else value is (asked.op == Op.YES)

    ask_flag = ask_yes_no

    def ask_number(self, value: float | None, asked: Condition, _subject: str) -> bool:
        if value is None or asked.op == Op.FILLED:
            return value is not None
        wanted = float(asked.value)
        return {Op.IS: value == wanted, Op.AT_LEAST: value >= wanted, Op.AT_MOST: value <= wanted}[asked.op]

    def ask_date(self, value: str | None, asked: Condition, _subject: str) -> bool:
        if value is None or asked.op == Op.FILLED:
            return value is not None and bool(value)
        if len(value) != 10 or value[4] + value[7] != "--":
            return False
        first = (self.today - timedelta(days=asked.days or 0)).isoformat()
        return {
            Op.SINCE: value >= asked.value,
            Op.BEFORE: value < asked.value,
            Op.IN_LAST: first <= value <= self.today.isoformat(),
        }[asked.op]

    def ask_instant(self, value: timedelta | None, asked: Condition, _subject: str) -> bool:
        if value is None or asked.op == Op.FILLED:
            return value is not None
        if asked.op == Op.IN_LAST:
            return value <= timedelta(days=asked.days or 0)
        midnight = datetime.fromisoformat(asked.value).replace(tzinfo=UTC)
        return (self.at - value >= midnight) == (asked.op == Op.SINCE)

    def ask_happened(self, ages: list[timedelta], asked: Condition, _subject: str) -> bool:
        return len([age for age in ages if not asked.days or age <= timedelta(days=asked.days)]) >= asked.times


def put(person: dict[str, Any]) -> int:
    """Write one person down, as of the database's clock; the contact's id. Needs an open transaction."""
    contact = Contact(
        address=person["address"],
        address_key=person["address"].lower(),
        name=person["name"],
        name_key=person["name"].lower(),
        **{name: person[name] for name in ("language", "source", "standing", "answers")},
        created_at=now(-person["created"]),
        confirmed_at=None if person["confirmed"] is None else now(-person["confirmed"]),
    )
    db.session.add(contact)
    db.session.flush()
    for list_id, state in person["lists"].items():
        db.session.add(Subscription(contact_id=contact.id, list_id=list_id, state=state))
    for kind, age in person["events"]:
        db.session.add(Event(contact_id=contact.id, kind=kind, at=now(-age)))
    for kind, age in person["consents"]:
        db.session.add(ConsentEvent(contact_id=contact.id, list_id=1, type=kind, at=now(-age)))
    if person["suppressed"]:
        db.session.add(Suppression(address_hash=keys().hash(contact.address_key), reason="test"))
    put_company(person, contact.id)
    db.session.flush()
    return contact.id


def put_company(person: dict[str, Any], contact_id: int) -> None:
    for one in person["companies"]:
        named = {"name": one["company"], "name_key": one["company"].lower(), "nace": one["company_activity"]}
        columns = ("domain", "country", "region", "size")
        company = Company(**named, legal_form=one["company_form"], **{c: one[f"company_{c}"] for c in columns})
        company.founded = None if one["years"] is None else datetime.now(UTC).year - one["years"]
        db.session.add(company)
        db.session.flush()
        place = {"contact_id": contact_id, "company_id": company.id, "function": one["company_function"]}
        db.session.add(Position(**place, ended_at=now() if one["ended"] else None))
    if person["region"]:
        found = {"value": "1003", "verdict": "ok", "seen": "", "region": person["region"]}
        db.session.add(Finding(contact_id=contact_id, key="postal_code", **found))
    if person["quality"] is not None:
        score = {"score": person["quality"], "category": person["category"], "grade": person["grade"]}
        db.session.add(Quality(contact_id=contact_id, **score, **dict.fromkeys(POINTS, 0)))


@pytest.fixture
def lists(context: Flask) -> Flask:
    for number in LISTS:
        make_list(f"list-{number}", id=number, name=f"List {number}")
    with transaction():
        tree = as_options(CatalogueEntry(value, value, parent) for value, parent in TREE.items())
        define(key="colour", kind="catalogue", labels={"en": "Colour"}, options=tree)
    return context


@given(persons=st.lists(people(), min_size=1, max_size=4), rules=st.lists(groups(4), min_size=5, max_size=5))
def test_both_engines_and_plain_python_agree_on_who_meets_a_rule(
    lists: Flask, persons: list[dict[str, Any]], rules: list[ConditionGroup]
) -> None:
    db.session.rollback()
    db.session.connection(execution_options={"writes": True})
    ids = [put(person) for person in persons]
    at, today = db.session.execute(select(now(), today_text())).one()
    world = World(at, date.fromisoformat(today))
    for rule in rules:
        found = set(db.session.scalars(select(Contact.id).where(rule_condition(rule))))
        expected = {one for one, person in zip(ids, persons, strict=True) if world.meets(person, rule)}
        assert found == expected, to_content(rule)
        assert parse(to_content(rule)) == rule
    db.session.rollback()
