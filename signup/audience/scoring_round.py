"""Checks, links, scores and grades all contacts in rounds, some thousand at a time.

It writes only what changed. A round begins again after twenty times as long as the last one took, so that it never has
more than a twentieth of the time: within a minute on a small base, within the hour on a million.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.audience import grade, quality, quality_report
from signup.audience.form_questions import default_country, kept_keys
from signup.audience.quality import Quality
from signup.checks.check import check_answers
from signup.checks.verdict import Verdict
from signup.companies import mention, position
from signup.companies.company import Company, find_or_add_all
from signup.companies.position import Position
from signup.consent.mailable import is_reachable
from signup.contacts.contact import Contact, Nature, is_counted
from signup.fields import finding
from signup.fields.field import checks
from signup.fields.finding import Finding
from signup.ground.clock import utcnow
from signup.ground.db import Base, db, is_postgresql, transaction, upsert
from signup.ground.dialect import now
from signup.ground.jobs import stopping
from signup.ground.query_planning import plan_for_once

SLICE, SLICE_SQLITE = 2_000, 500
BUDGET_SECONDS = 20.0
PAUSE_TIMES = 20
ROUND = 1

Heard = Callable[[int], None]


class Round(Base):
    """Where the round is, and what the last one found: one row."""

    __tablename__ = "round"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cursor: Mapped[int] = mapped_column(default=0, comment="the last contact done")
    took_ms: Mapped[int] = mapped_column(default=0, comment="of the round at hand, or the last one")
    ended_at: Mapped[datetime | None] = mapped_column(comment="empty: a round is under way")
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


def continue_round() -> None:
    """The chore: continue the round, or begin one when it is time."""
    ends = time.monotonic() + BUDGET_SECONDS
    while not stopping().is_set() and time.monotonic() < ends:
        if not _step():
            return


def run_round(on_progress: Heard | None = None) -> None:
    """Run a whole round at once, for the console and the tests."""
    with transaction():
        _begin()
    done = 0
    while (here := _step()) and not stopping().is_set():
        done += here
        if on_progress:
            on_progress(done)


def last_report() -> Round | None:
    """What the last round found; None before the first has ended."""
    found = db.session.get(Round, ROUND)
    return found if found and found.report else None


def settle_companies(*which: ColumnElement[bool]) -> None:
    """Count who works at these companies, and whether one of them can be reached. Needs an open transaction."""
    there = (Position.company_id == Company.id, Position.ended_at.is_(None))
    phone = exists().where(
        Finding.contact_id == Contact.id, Finding.key.in_(("phone", "mobile")), Finding.verdict == Verdict.OK
    )
    reachable = select(Position.contact_id).join(Contact, Contact.id == Position.contact_id).correlate(Company)
    usable = reachable.where(*there, is_counted(), Contact.name != "", or_(is_reachable(), phone)).exists()
    living = select(func.count()).join_from(Position, Contact, Contact.id == Position.contact_id)
    living = living.where(*there, is_counted())
    persons = living.correlate(Company).scalar_subquery()
    changed = update(Company).where(*which, or_(Company.persons != persons, Company.usable != usable))
    db.session.execute(changed.values(persons=persons, usable=usable), execution_options={"synchronize_session": False})


class CompanyCounts(NamedTuple):
    """Companies, and those with somebody who has a name and can be reached."""

    total: int
    usable: int

    @property
    def share(self) -> float | None:
        return self.usable / self.total if self.total else None


def company_counts() -> CompanyCounts:
    """As of now, but for what the next round will find."""
    return CompanyCounts(*db.session.execute(select(func.count(), func.count().filter(Company.usable))).one())


def _begin() -> None:
    fresh = {"cursor": 0, "took_ms": 0, "ended_at": None}
    row = upsert(Round).values(id=ROUND, report={}, **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["id"], set_=fresh))


def _step() -> int:
    """Do some contacts; returns how many, 0 when the round is over or none is due."""
    started = time.monotonic()
    with transaction():
        plan_for_once()
        here = db.session.get(Round, ROUND, populate_existing=True, with_for_update=True)
        if here is None or here.ended_at is not None:
            if here is not None and not _is_due(here):
                return 0
            _begin()
            here = db.session.get_one(Round, ROUND, populate_existing=True)
        size = SLICE if is_postgresql() else SLICE_SQLITE
        some = select(Contact.id).where(Contact.id > here.cursor).order_by(Contact.id).limit(size)
        ids = list(db.session.scalars(some))
        if ids:
            score_contacts(ids[0], ids[-1])
        else:
            _close()
        _advance(ids[-1] if ids else here.cursor, time.monotonic() - started, is_over=not ids)
    return len(ids)


def _is_due(here: Round) -> bool:
    return here.ended_at is None or utcnow() - here.ended_at > timedelta(milliseconds=here.took_ms * PAUSE_TIMES)


def _advance(cursor: int, seconds: float, *, is_over: bool) -> None:
    values: dict[str, Any] = {"cursor": cursor, "took_ms": Round.took_ms + round(seconds * 1000)}
    if is_over:
        values |= {"ended_at": now(), "report": quality_report.gather()}
    db.session.execute(update(Round).where(Round.id == ROUND).values(values))


def score_contacts(first: int, last: int) -> None:
    """Do all the work of a round for the contacts from `first` to `last`. Needs an open transaction."""
    which, country = and_(Contact.id.between(first, last), Contact.nature != Nature.TEST), default_country()
    _look(which, Finding.contact_id.between(first, last), country)
    _find_companies(which, country)
    _score(first, last)
    grade.regrade(which)


def _look(which: ColumnElement[bool], findings: ColumnElement[bool], country: str) -> None:
    """Check the answers that are new, changed, or were checked by other rules."""
    seen: dict[int, set[str]] = defaultdict(set)
    for contact_id, digest in db.session.execute(select(Finding.contact_id, Finding.seen).where(findings).distinct()):
        seen[contact_id].add(digest)
    due, found, by_key = set(seen), [], checks()
    for contact_id, answers in db.session.execute(select(Contact.id, Contact.answers).where(which, _answering(by_key))):
        digest = finding.digest_of(answers, country, by_key)
        if seen.get(contact_id) == {digest}:
            due.discard(contact_id)
            continue
        found += [
            {
                "contact_id": contact_id,
                "key": look.key,
                "value": look.checked.value[:120],
                "verdict": look.checked.verdict.value,
                "region": look.checked.region,
                "version": look.checked.version[:120],
                "seen": digest,
            }
            for look in check_answers(answers, country, by_key)
        ]
        due.add(contact_id)
    if due:
        db.session.execute(delete(Finding).where(Finding.contact_id.in_(due)))
    if found:
        db.session.execute(insert(Finding), found)


def _find_companies(which: ColumnElement[bool], country: str) -> None:
    """Put people at the company that their answers mention, and take those off whose answers no longer do."""
    places = select(Position.contact_id, Position.seen).join(Contact, Contact.id == Position.contact_id)
    seen = dict(db.session.execute(places.where(which, Position.is_kept.is_(False))).all())
    stale, told = set(seen), []
    wanted = select(Contact.id, Contact.answers, Contact.address_key).where(which, _answering(mention.NAMING))
    for contact_id, answers, address in db.session.execute(wanted.order_by(Contact.id)):
        domain = address.rpartition("@")[2]
        digest = mention.digest_of(answers, domain, country)
        if seen.get(contact_id) == digest:
            stale.discard(contact_id)
            continue
        said = mention.mention_of(answers, domain, country)
        if said is not None and said.keys:
            told.append((contact_id, said, mention.title_in(answers), digest))
    _take_off(stale)
    companies = find_or_add_all([said for _id, said, _title, _digest in told])
    db.session.flush()
    placed = zip(told, companies, strict=True)
    position.place_all([(one, company.id, title, digest) for (one, _said, title, digest), company in placed])


def _take_off(contact_ids: set[int]) -> None:
    if contact_ids:
        db.session.execute(delete(Position).where(Position.contact_id.in_(contact_ids), Position.is_kept.is_(False)))


def _answering(keys: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(Contact.answers[key].as_string().is_not(None) for key in keys))


def _score(first: int, last: int) -> None:
    """Write the scores that are not as they were; who became part of another contact has none."""
    merged = select(Contact.id).where(Contact.id.between(first, last), ~is_counted())
    db.session.execute(delete(Quality).where(Quality.contact_id.in_(merged)))
    fresh = quality.scored(quality.ingredients(kept_keys(), first, last)).offset(0).subquery("fresh")
    known = Quality.__table__.alias("known")
    names = ("score", *quality.POINTS, "category")
    differs = or_(known.c.contact_id.is_(None), *(known.c[name] != fresh.c[name] for name in names))
    changed = select(fresh).outerjoin(known, known.c.contact_id == fresh.c.contact_id).where(differs)
    row = upsert(Quality).from_select(["contact_id", *names], changed, include_defaults=False)
    excluded = {name: row.excluded[name] for name in names} | {"at": now()}
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id"], set_=excluded))


def _close() -> None:
    """What can only be told at the end: companies by their people, and those that nobody is left at."""
    drop_empty_companies()
    settle_companies(literal(value=True))


def drop_empty_companies() -> None:
    """Delete companies that nobody is left at, and that no operator keeps. Needs an open transaction."""
    alone = ~exists().where(Position.company_id == Company.id)
    db.session.execute(delete(Company).where(alone, Company.is_kept.is_(False)))
