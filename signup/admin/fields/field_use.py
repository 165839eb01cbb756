"""Where a field is used: the forms and segments that ask about it, the imports and exports that carry it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, true

from signup.audience.rule import conditions_in, subject_of
from signup.audience.segment import Segment, segments
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.counts.step import Step, StepCount
from signup.exports.columns import columns_of
from signup.exports.export_run import ExportRun
from signup.fields import value_sql
from signup.files.import_run import ANSWER, ImportRun, Task
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.dialect import now

PERIOD = timedelta(days=90)
NEWEST_EVENTS = 20_000
"""Consent events looked at for when a value was last given."""


@dataclass
class FieldUse:
    """What uses one key. Times are None for never."""

    forms: list[Form] = field(default_factory=list)
    """Forms that ask it before the address is confirmed."""
    later: list[Form] = field(default_factory=list)
    """Forms that ask it afterwards."""
    segments: list[Segment] = field(default_factory=list)
    exports: int = 0
    """Exports of the last 90 days that carried it."""
    recipients: int = 0
    """People in these exports."""
    seen: int = 0
    """How often the forms that ask it before were seen in the last 90 days."""
    exported_at: datetime | None = None
    given_at: datetime | None = None
    """The newest value that came by a form or a file, as far as the newest events tell."""

    @property
    def segment_at(self) -> datetime | None:
        """When somebody last acted on a segment that asks about it, or made one."""
        return max((one.acted_at or one.created_at for one in self.segments), default=None)


def uses(keys: Iterable[str]) -> dict[str, FieldUse]:
    """What uses each of these keys."""
    found = {key: FieldUse() for key in keys}
    _forms(found)
    _segments(found)
    _exports(found)
    _given(found)
    return found


def _forms(found: dict[str, FieldUse]) -> None:
    query = select(Form).where(Form.version_id.is_not(None), Form.archived_at.is_(None)).order_by(Form.id)
    forms = list(db.session.scalars(query))
    seen = _seen([form.id for form in forms])
    for form in forms:
        for asked in form.version.definition.fields:
            if (use := found.get(asked.key)) is None:
                continue
            (use.later if asked.is_later else use.forms).append(form)
            use.seen += 0 if asked.is_later else seen.get(form.id, 0)


def _seen(form_ids: list[int]) -> dict[int, int]:
    since = db.session.scalar(select(now(-PERIOD)))
    query = select(StepCount.form_id, func.sum(StepCount.n)).where(
        StepCount.form_id.in_(form_ids), StepCount.day >= (since.date() if since else None), StepCount.step == Step.SEEN
    )
    return {form_id: int(n) for form_id, n in db.session.execute(query.group_by(StepCount.form_id))}


def _segments(found: dict[str, FieldUse]) -> None:
    for segment in segments():
        subjects = [subject_of(condition.subject) for condition in conditions_in(segment.version.rule)]
        for key in {subject.name for subject in subjects if subject.room == "answer"} & found.keys():
            found[key].segments.append(segment)


def _exports(found: dict[str, FieldUse]) -> None:
    """Every export of a list carries all of its columns; a partner's none of these."""
    query = select(ExportRun.list_id, ExportRun.filter, ExportRun.rows, ExportRun.created_at)
    query = query.where(ExportRun.state == "done", ExportRun.created_at >= now(-PERIOD)).order_by(ExportRun.id)
    carried: dict[int, list[str]] = {}
    for list_id, chosen, rows, at in db.session.execute(query):
        if chosen.get("partner"):
            continue
        if list_id not in carried:
            carried[list_id] = [column.key for column in columns_of(list_id) if column.key in found]
        for key in carried[list_id]:
            use = found[key]
            use.exports, use.recipients, use.exported_at = use.exports + 1, use.recipients + rows, at


def _given(found: dict[str, FieldUse]) -> None:
    newest = select(ConsentEvent.at, ConsentEvent.answers).where(ConsentEvent.type != ConsentType.MAIL_ACCEPTED)
    events = newest.order_by(ConsentEvent.id.desc()).limit(NEWEST_EVENTS).subquery()
    given = value_sql.each(events.c.answers)
    query = select(given.c.key, func.max(events.c.at)).select_from(events.join(given, true()))
    query = query.where(events.c.answers.is_not(None), given.c.key.in_(list(found)))
    for key, at in db.session.execute(query.group_by(given.c.key)):
        found[key].given_at = at
    runs = select(ImportRun.mapping, func.max(ImportRun.finished_at)).where(ImportRun.task == Task.IMPORT)
    for mapping, at in db.session.execute(runs.group_by(ImportRun.mapping)):
        for target in mapping or ():
            use = found.get(target.removeprefix(ANSWER)) if target else None
            if use and at and (use.given_at is None or at > use.given_at):
                use.given_at = at
