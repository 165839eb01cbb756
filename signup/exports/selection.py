"""Whom an export takes from a list, and the sign-up that each of them stands on. What it shows is in `columns`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from signup.audience.rule_sql import rule_condition
from signup.audience.segment import find_version
from signup.companies.household import HouseholdMember
from signup.consent.consent_event import PURPOSE_LIST, ConsentEvent, ConsentType
from signup.consent.given_values import opened
from signup.consent.mailable import has_agreed_to, is_owner_suppressed, must_not_be_mailed
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, tests
from signup.files.import_run import UNDONE, ImportRow
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.signups.signup import Signup

ANY = {"any", "all"}
STOPPED = "stopped"
"""The status of who must not be mailed: left, bounced, complained, or on the stop list."""
DAYS = {
    "created_from": Subscription.created_at,
    "created_to": Subscription.created_at,
    "confirmed_from": Subscription.confirmed_at,
    "confirmed_to": Subscription.confirmed_at,
}


Filter = Mapping[str, object]
"""What was asked for, as the run keeps it: `status`; days `YYYY-MM-DD` in UTC, the first and the last included;
`segment` (its short name) with `version` (the current one without); `mailable`: nobody on the stop list; `agreed_to`:
only who agreed to what this partner's box says; `without`: the keys of answers that who asked may not see; `contacts`:
only these ids; `household`: of a household, only who came first; `columns`: the names of the columns that the file
has, or that a preset's file has further; `own`: only whom the list may see and what it was given, for who works with
some lists."""
CHOICES = {
    "status",
    "segment",
    "version",
    "partner",
    "mailable",
    "agreed_to",
    "without",
    "contacts",
    "household",
    "columns",
    "own",
    *DAYS,
}


later = aliased(Signup, name="later")
imported, imported_later = ConsentEvent.__table__.alias("imported"), ConsentEvent.__table__.alias("imported_later")


def rows(list_id: int, wanted: Filter, *cells: ColumnElement[Any]) -> Select[Any]:
    """The query for `cells` of everyone wanted, by subscription id. Raises as `conditions`.

    The sign-up and its proof, and the proof by an import, are looked up only where a cell asks for them.
    """
    query = select(*cells)
    asked = set(query.get_final_froms())
    query = query.select_from(Subscription).join(Contact, Contact.id == Subscription.contact_id)
    if not PROOF_TABLES.isdisjoint(asked):
        query = _with_proof(query, wanted)
    if imported in asked:
        query = query.outerjoin(imported, _is_last_import())
    return query.where(taken(list_id, wanted)).order_by(Subscription.id)


PROOF_TABLES = {model.__table__ for model in (Signup, Form, FormVersion, ConsentEvent)}


def _with_proof(query: Select[Any], wanted: Filter) -> Select[Any]:
    return (
        query.outerjoin(Signup, _stands_on(wanted))
        # Exactly one event confirms a sign-up: no row is doubled. Only there is the confirming visitor's IP.
        .outerjoin(
            ConsentEvent,
            and_(
                ConsentEvent.contact_id == Subscription.contact_id,
                ConsentEvent.signup_id == Signup.id,
                ConsentEvent.type == ConsentType.CONFIRMED.value,
                ConsentEvent.purpose == PURPOSE_LIST,
            ),
        )
        .outerjoin(FormVersion, FormVersion.id == Signup.form_version_id)
        .outerjoin(Form, Form.id == FormVersion.form_id)
    )


def _is_last_import() -> ColumnElement[bool]:
    """The proof of the last import of a person that was not undone."""
    superseded = select(imported_later.c.id).where(
        imported_later.c.contact_id == imported.c.contact_id,
        imported_later.c.list_id == imported.c.list_id,
        imported_later.c.id > imported.c.id,
        *_stands(imported_later),
    )
    return and_(
        imported.c.contact_id == Subscription.contact_id,
        imported.c.list_id == Subscription.list_id,
        *_stands(imported),
        ~superseded.correlate(imported).exists(),
    )


def _stands(event: Any) -> tuple[ColumnElement[bool], ...]:
    undone = select(ImportRow.line).where(
        ImportRow.contact_id == event.c.contact_id, ImportRow.event_id == event.c.id, ImportRow.undo == UNDONE
    )
    return event.c.type == ConsentType.IMPORTED.value, ~undone.correlate(event).exists()


def is_any(wanted: Filter) -> bool:
    """Whether subscriptions in every state are wanted."""
    return status_of(wanted) in ANY


def status_of(wanted: Filter) -> str:
    return str(wanted.get("status") or SubscriptionState.CONFIRMED.value)


def _stands_on(wanted: Filter) -> ColumnElement[bool]:
    """The latest sign-up that was confirmed; for a person who never confirmed, the latest.

    As an anti-join and not a `LIMIT 1` for each row: a planner may hash it, and share the work among processes.
    """
    counts: ColumnElement[bool] = Signup.confirmed_at.is_not(None)
    later_counts: ColumnElement[bool] = later.confirmed_at.is_not(None)
    if status_of(wanted) != SubscriptionState.CONFIRMED:  # all others confirmed: without the `or` it is one hash join
        never = Subscription.confirmed_at.is_(None)
        counts, later_counts = or_(counts, never), or_(later_counts, never)
    superseded = select(later.id).where(
        later.contact_id == Signup.contact_id,
        later.list_id == Signup.list_id,
        later.id > Signup.id,
        later_counts,
    )
    return and_(
        Signup.contact_id == Subscription.contact_id,
        Signup.list_id == Subscription.list_id,
        counts,
        ~superseded.correlate(Signup, Subscription).exists(),
    )


def taken(list_id: int, wanted: Filter) -> ColumnElement[bool]:
    """Who of the list is wanted, in SQL. Raises as `conditions`."""
    found = and_(Subscription.list_id == list_id, *conditions(wanted, list_id))
    if not wanted.get("household"):
        return found
    # Whoever is in no household is one of their own: ids of contacts never meet those of households below zero.
    home = func.coalesce(-HouseholdMember.household_id, Subscription.contact_id)
    first = select(func.min(Subscription.id)).select_from(Subscription)
    first = first.outerjoin(HouseholdMember, HouseholdMember.contact_id == Subscription.contact_id)
    return Subscription.id.in_(first.where(found).group_by(home).correlate(None))


def is_own(wanted: Filter | None) -> bool:
    """Whether the file holds only what its list was given."""
    return bool(wanted and wanted.get("own"))


def conditions(wanted: Filter, list_id: int) -> list[ColumnElement[bool]]:
    """The filter in SQL. Raises `NotFound` for a status, day or segment that is none."""
    if unknown := set(wanted) - CHOICES:
        raise NotFound(f"filter {', '.join(sorted(unknown))}")
    if status_of(wanted) == STOPPED:
        found = [must_not_be_mailed()]
    else:
        found = [] if is_any(wanted) else [Subscription.state == _state(status_of(wanted))]
    if isinstance(ids := wanted.get("contacts"), list):
        found.append(Subscription.contact_id.in_(ids))
    found.append(Subscription.contact_id.not_in(tests()))
    if wanted.get("mailable"):
        found.append(~is_owner_suppressed())
    if slug := str(wanted.get("agreed_to") or ""):
        found.append(has_agreed_to(slug))
    for name, instant in DAYS.items():
        if day := str(wanted.get(name) or ""):
            start = _midnight(day)
            found.append(instant >= start if name.endswith("from") else instant < start + timedelta(days=1))
    if slug := segment_of(wanted):
        number = wanted.get("version")
        version = find_version(slug, number if isinstance(number, int) else None)
        rule = rule_condition(version.rule, {list_id} if is_own(wanted) else None)
        met = select(Contact.id).where(rule, Contact.id == Subscription.contact_id)
        found.append(met.correlate(Subscription).exists())
    if is_own(wanted):
        found.append(opened())
    return found


def count(list_id: int, wanted: Filter) -> int:
    """How many the filter takes from the list. Raises as `conditions`."""
    query = select(func.count(Subscription.id)).where(taken(list_id, wanted))
    return db.session.scalar(query) or 0


def kept_back(wanted: Filter) -> frozenset[str]:
    """The keys of the answers that stay out of the file."""
    keys = wanted.get("without")
    return frozenset(map(str, keys)) if isinstance(keys, list) else frozenset()


def chosen_in(wanted: Filter) -> frozenset[str]:
    """The names of the columns that were chosen; none: those that a file has by itself."""
    names = wanted.get("columns")
    return frozenset(map(str, names)) if isinstance(names, list) else frozenset()


def segment_of(wanted: Filter) -> str:
    """The short name of the segment that narrows the export; empty for the whole list."""
    return str(wanted.get("segment") or "")


def _state(name: str) -> str:
    try:
        return SubscriptionState(name).value
    except ValueError:
        raise NotFound(f"status {name!r}") from None


def _midnight(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise NotFound(f"day {day!r}") from None
