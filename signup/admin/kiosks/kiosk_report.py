"""The report by staff and kiosk: entries, completeness, bounces, confirmations, and how long those took.

It measures people at work, so it says when a number is too small to mean anything, and viewers do not see it.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from signup.access import scope
from signup.admin.frame.number import whole
from signup.admin.frame.words import PERIODS
from signup.consent.subscription import Subscription, SubscriptionState
from signup.counts.period import TIME_TO_CONFIRM
from signup.exports.people_csv import csv_text
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.dialect import now
from signup.kiosks.kiosk import Kiosk, Staff
from signup.kiosks.kiosk_entry import KioskEntry, KioskOutcome
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.signups.signup import Signup, SignupState

DEFAULT_DAYS = 90
ENOUGH = 30
"""Below it a rate moves by several per cent with a single person."""

COLUMNS = (
    "by",
    "name",
    "shop",
    "entries",
    "optional_asked",
    "optional_filled",
    "held_back",
    "already_subscribed",
    "confirmation_asked",
    "bounced",
    "confirmed",
    "median_minutes_to_confirm",
    "too_few",
)


@dataclass
class KioskFigures:
    """Counts of one kiosk or person. Rates are None where there is nothing to take a share of."""

    name: str
    shop: str = ""
    entries: int = 0
    optional: int = 0
    filled: int = 0
    held: int = 0
    repeated: int = 0
    bounced: int = 0
    confirmed: int = 0
    settled: int = 0
    """Of those asked, how many have had their time to confirm."""
    settled_confirmed: int = 0
    minutes: list[float] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Entries that a confirmation was asked for."""
        return self.entries - self.held - self.repeated

    @property
    def completeness(self) -> float | None:
        return self.filled / self.optional if self.optional else None

    @property
    def bounce_rate(self) -> float | None:
        return self.bounced / self.asked if self.asked else None

    @property
    def confirm_rate(self) -> float | None:
        return self.settled_confirmed / self.settled if self.settled else None

    @property
    def minutes_to_confirm(self) -> float | None:
        """The median: one slow person does not move it."""
        return median(self.minutes) if self.minutes else None

    @property
    def is_small(self) -> bool:
        return self.settled < ENOUGH

    def add(self, row: "KioskReportRow") -> None:
        self.entries += 1
        self.optional += row.optional
        self.filled += row.filled
        self.held += row.is_held
        self.repeated += row.is_repeated
        self.bounced += row.is_bounced
        self.confirmed += row.confirmed_after is not None
        if row.is_settled and not row.is_held and not row.is_repeated:
            self.settled += 1
            self.settled_confirmed += row.confirmed_after is not None
        if row.confirmed_after is not None:
            self.minutes.append(row.confirmed_after.total_seconds() / 60)


@dataclass(frozen=True)
class KioskReportRow:
    """One entry as far as the report counts it."""

    kiosk: Kiosk
    staff: Staff
    optional: int
    filled: int
    is_held: bool
    is_repeated: bool
    is_bounced: bool
    confirmed_after: timedelta | None
    is_settled: bool
    """Whether it can no longer be confirmed, or could not if it were not."""


@dataclass(frozen=True)
class KioskReport:
    by_kiosk: list[KioskFigures]
    by_staff: list[KioskFigures]
    total: KioskFigures


def report(days: int) -> KioskReport:
    """What came in during the last `days` days."""
    found, total = list(_rows(days)), KioskFigures("")
    for row in found:
        total.add(row)
    return KioskReport(
        _grouped(found, lambda row: (row.kiosk.id, row.kiosk.name, row.kiosk.shop)),
        _grouped(found, lambda row: (row.staff.id, row.staff.name, row.staff.shop)),
        total,
    )


def _grouped(rows: list[KioskReportRow], key: Callable[[KioskReportRow], tuple[int, str, str]]) -> list[KioskFigures]:
    groups: dict[tuple[int, str, str], list[KioskReportRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    found = []
    for (_id, name, shop), members in groups.items():
        figures = KioskFigures(name, shop)
        for row in members:
            figures.add(row)
        found.append(figures)
    return sorted(found, key=lambda figures: (-figures.entries, figures.name))


def _rows(days: int) -> list[KioskReportRow]:
    failed = select(Message.id).where(
        Message.signup_id == Signup.id, Message.kind == MessageKind.CONFIRM, Message.state == MessageState.FAILED
    )
    bounced = or_(KioskEntry.bounced, Subscription.state == SubscriptionState.BOUNCED, failed.exists())
    query = (
        select(
            KioskEntry,
            bounced.label("bounced"),
            Signup.state,
            Signup.created_at,
            Signup.confirmed_at,
            (KioskEntry.received_at <= now(-TIME_TO_CONFIRM)).label("is_settled"),
        )
        .outerjoin(Signup, Signup.id == KioskEntry.signup_id)
        .outerjoin(Subscription, Subscription.id == Signup.subscription_id)
        .join(Kiosk, Kiosk.id == KioskEntry.till_id)
        .join(Form, Form.id == Kiosk.form_id)
        .where(KioskEntry.received_at > now(-timedelta(days=days)), scope.only(Form.list_id))
    )
    kiosks = {row.id: row for row in db.session.scalars(select(Kiosk))}
    people = {row.id: row for row in db.session.scalars(select(Staff))}
    return [
        KioskReportRow(
            kiosks[entry.till_id],
            people[entry.staff_id],
            entry.optional,
            entry.filled,
            entry.outcome == KioskOutcome.HELD,
            state == SignupState.REPEATED,
            bool(is_bounced),
            _after(created_at, confirmed_at) if state == SignupState.CONFIRMED else None,
            bool(is_settled),
        )
        for entry, is_bounced, state, created_at, confirmed_at, is_settled in db.session.execute(query)
    ]


def _after(created_at: datetime, confirmed_at: datetime | None) -> timedelta | None:
    return confirmed_at - created_at if confirmed_at else None


def till_report() -> ResponseReturnValue:
    days = _days()
    return render_template("admin/kiosks/kiosk_report.html", report=report(days), days=days, enough=ENOUGH)


def _days() -> int:
    asked = request.args.get("days", type=whole)
    return asked if asked in PERIODS else DEFAULT_DAYS


def till_report_csv() -> ResponseReturnValue:
    """The same numbers, raw; names are made safe for a spreadsheet."""
    found = report(_days())
    by_what = (("till", found.by_kiosk), ("staff", found.by_staff))
    lines = [[by, row.name, row.shop, *_cells(row)] for by, rows in by_what for row in rows]
    disposition = {"Content-Disposition": 'attachment; filename="tills.csv"'}
    return Response(csv_text(COLUMNS, *lines), mimetype="text/csv", headers=disposition)


def _cells(row: KioskFigures) -> list[int | str]:
    minutes = "" if row.minutes_to_confirm is None else f"{row.minutes_to_confirm:.1f}"
    counts = [row.entries, row.optional, row.filled, row.held, row.repeated, row.asked, row.bounced, row.confirmed]
    return [*counts, minutes, "yes" if row.is_small else "no"]
