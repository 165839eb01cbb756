"""The audit trail as a page and as CSV: everything for administrators, one's own actions for the others."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from signup.access import audit, scope
from signup.access.audit import CONSOLE, STRANGER, AuditEntry, AuditFilter
from signup.access.operator import Operator
from signup.admin.frame import door
from signup.admin.frame.formatting import zone
from signup.admin.frame.number import whole
from signup.admin.settings import audit_words
from signup.admin.settings.audit_subjects import subjects_of
from signup.admin.settings.audit_words import ACTIONS
from signup.contacts.tag import tags
from signup.exports.people_csv import csv_line
from signup.ground.db import db, transaction

PAGE = 100
MAX_CSV = 100_000
MAX_TEXT = 120


def trail() -> ResponseReturnValue:
    wanted, before = _asked(), request.args.get("page", 0, type=whole)
    query = wanted.query()
    if before:
        query = query.where(AuditEntry.id < before)
    rows = list(db.session.scalars(query.limit(PAGE + 1)))
    lists = scope.mailing_lists()
    return render_template(
        "admin/settings/audit_page.html",
        entries=rows[:PAGE],
        tag_names={one.id: one.name for one in tags()} if scope.sees_everything() else {},
        subjects=subjects_of(rows[:PAGE]),
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        wanted=wanted,
        given=request.args,
        actors=_actors() if door.may("audit") else [],
        lists=lists,
        names={row.id: row.name for row in lists},
        audit_words=audit_words,
        is_filtered=bool(replace(wanted, operator_id=None).told()),
    )


def _actors() -> list[str]:
    """Whoever may be in the trail; a stranger is a dash."""
    operators = db.session.scalars(select(Operator.address).order_by(Operator.address_key))
    return [*operators, CONSOLE, STRANGER]


def trail_csv() -> ResponseReturnValue:
    """The trail by the filter in view, at most 100,000 lines, the newest first."""
    wanted = _asked()
    found = wanted.query().with_only_columns(AuditEntry.id).limit(MAX_CSV).subquery()
    rows = db.session.scalar(select(func.count()).select_from(found)) or 0
    lists = {row.id: row.slug for row in scope.mailing_lists()}
    with transaction():
        audit.note(door.operator(), "audit-exported", rows=rows, filter=wanted.told())
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    lines = stream_with_context(_lines(wanted, lists))
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(wanted: AuditFilter, lists: dict[int, str]) -> Iterator[str]:
    yield csv_line(audit.COLUMNS)
    query = wanted.query().limit(MAX_CSV).execution_options(yield_per=1_000)
    for entry in db.session.scalars(query):
        yield csv_line(audit.cells(entry, lists))


def _asked() -> AuditFilter:
    """The filter in the address; who may not see the others' doings asks for their own."""
    args, slug = request.args, request.args.get("list", "")
    own = None if door.may("audit") else door.operator().id
    until = _day("until")
    return AuditFilter(
        operator_id=own,
        lists=scope.seen(),
        actor=args.get("actor", "")[:254] if own is None else "",
        action=action if (action := args.get("action", "")) in ACTIONS else "",
        object=args.get("object", "").strip()[:MAX_TEXT],
        list_id=scope.mailing_list(slug).id if slug else None,
        since=_midnight(_day("since")),
        until=_midnight(until + timedelta(days=1) if until else None),
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    """When the day begins where the reader is."""
    return datetime.combine(day, time(), zone()) if day else None
