"""The audit trail as a page and as CSV: everything for administrators, one's own actions for the others."""

import csv
from io import StringIO

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from signup.admin import audit, guard
from signup.admin.audit import AuditEntry
from signup.admin.words import ACTIONS
from signup.db import db, to_json, transaction

PAGE = 100
MAX_CSV = 50_000


def trail() -> ResponseReturnValue:
    rows = list(db.session.scalars(_query().limit(PAGE + 1)))
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render_template("admin/trail.html", entries=rows[:PAGE], older=older, action=_action())


def trail_csv() -> ResponseReturnValue:
    """The trail by the filter in view, at most 50,000 lines."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["at", "actor", "role", "ip", "action", "object", "detail"])
    rows = list(db.session.scalars(_query().limit(MAX_CSV)))
    for row in rows:
        writer.writerow(
            [row.at.isoformat(), row.actor, row.role, row.ip or "", row.action, row.object, to_json(row.detail)]
        )
    with transaction():
        audit.note(guard.operator(), "audit-exported", rows=len(rows), only=_action())
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _action() -> str:
    action = request.args.get("action", "")
    return action if action in ACTIONS else ""


def _query() -> Select[AuditEntry]:
    query = select(AuditEntry).order_by(AuditEntry.id.desc())
    if not guard.may("audit"):
        query = query.where(AuditEntry.operator_id == guard.operator().id)
    if action := _action():
        query = query.where(AuditEntry.action == action)
    if before := request.args.get("page", 0, type=int):
        query = query.where(AuditEntry.id < before)
    return query
