"""Where each value of a contact comes from, since when, and what it was before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import scope
from signup.admin.contacts.editable_field import KnownField, called, known_fields
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, NAME, TAG, ChangeKind, ValueChange
from signup.files.import_run import ImportOutcome, ImportRow, ImportRun
from signup.ground.db import db
from signup.signups.signup import Signup, SignupState

MAX_CHANGES = 500
DONE = (SignupState.CONFIRMED, SignupState.REPEATED)


@dataclass(frozen=True)
class PastValue:
    """A value from `at` on, and its source. `raw` is the row of the file that it came in, by heading."""

    value: str
    at: datetime | None
    by: str
    raw: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Value:
    """One value with its history, the present one first."""

    known: KnownField
    told: list[PastValue]

    @property
    def now(self) -> PastValue:
        return self.told[0]


def values_of(contact: Contact) -> list[Value]:
    """All that is known of a contact by its own words, a file or an operator, and what was known before."""
    query = select(ValueChange).where(ValueChange.contact_id == contact.id, ValueChange.field != TAG)
    query = query.order_by(ValueChange.id.desc())
    changes: dict[str, list[ValueChange]] = {}
    for change in db.session.scalars(query.limit(MAX_CHANGES)):
        changes.setdefault(change.field, []).append(change)
    known, sources = known_fields(contact.values), _Sources(contact)
    fields = [name for name in known if name in contact.values or name in changes]
    fields += [name for name in changes if name not in fields and scope.shows(name)]
    return [
        Value(called(name, known), _told(called(name, known), contact.values.get(name), changes.get(name, []), sources))
        for name in fields
        if name != NAME or name in known
    ]


def by_group(values: Iterable[Value]) -> dict[str, list[Value]]:
    """The same by what it is about, in the fields' order; what no field defines comes under an empty word."""
    groups: dict[str, list[Value]] = {}
    for value in values:
        groups.setdefault(value.known.group, []).append(value)
    return groups


def _told(known: KnownField, value: Any, changes: list[ValueChange], sources: "_Sources") -> list[PastValue]:
    told = [PastValue(known.shown(one.new), one.at, sources.of(one), sources.raw(one)) for one in changes]
    first = changes[-1].old if changes else value
    if first is not None:
        at, by, raw = sources.first(known.field)
        told.append(PastValue(known.shown(first), at, by, raw))
    return told


class _Sources:
    """What a contact's values came by: its sign-ups and the rows of files, each read once."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        signups = select(Signup).where(Signup.contact_id == contact.id, Signup.state.in_(DONE)).order_by(Signup.id)
        self._signups = {one.id: one for one in db.session.scalars(signups)}
        rows = select(ImportRow, ImportRun).join(ImportRun, ImportRun.id == ImportRow.run_id)
        rows = rows.where(ImportRow.contact_id == contact.id).order_by(ImportRow.run_id, ImportRow.line)
        self._rows = {(row.run_id, row.line): (row, run) for row, run in db.session.execute(rows)}

    def of(self, change: ValueChange) -> str:
        """In words, what made a change."""
        if change.kind in {ChangeKind.FORM, ChangeKind.LATER}:
            signup = self._signups.get(change.source_id or 0)
            return form_of(signup) if signup else str(_("A form"))
        if change.kind == ChangeKind.IMPORT:
            found = self._rows.get((change.source_id or 0, change.line or 0))
            return line_of(*found) if found else str(_("An import"))
        words = {
            ChangeKind.OPERATOR: change.actor,
            ChangeKind.API: change.actor,
            ChangeKind.BULK: _("Bulk edit by %(who)s", who=change.actor),
            ChangeKind.MERGE: _("Merge by %(who)s", who=change.actor),
            ChangeKind.PREFERENCES: _("Preferences page"),
            ChangeKind.SPELLING: _("Spellings combined"),
        }
        return str(words.get(ChangeKind(change.kind), _("Undo of a merge, an import or a bulk edit")))

    def raw(self, change: ValueChange) -> list[tuple[str, str]]:
        """The row of the file behind a change, word for word."""
        found = self._rows.get((change.source_id or 0, change.line or 0)) if change.kind == ChangeKind.IMPORT else None
        return cells(*found) if found else []

    def first(self, name: str) -> tuple[datetime | None, str, list[tuple[str, str]]]:
        """When and by what a value came that no change speaks of."""
        told: list[tuple[datetime, str, list[tuple[str, str]]]] = [
            (signup.confirmed_at, form_of(signup), [])
            for signup in self._signups.values()
            if signup.confirmed_at and (name in {NAME, LANGUAGE} or name in signup.answers)
        ]
        for row, run in self._rows.values():
            after = (row.change or {}).get("after", {})
            if row.outcome == ImportOutcome.CREATED and (name in {NAME, LANGUAGE} or name in after.get("answers", {})):
                told.append((run.started_at or run.created_at, line_of(row, run), cells(row, run)))
        if told:
            return min(told, key=lambda one: one[0])
        return self._contact.created_at, self._contact.source or "–", []


def form_of(signup: Signup) -> str:
    return str(_("Form %(form)s, version %(number)s", form=signup.form.name, number=signup.form_version.number))


def line_of(row: ImportRow, run: ImportRun) -> str:
    return str(_("Row %(line)s of %(file)s", line=row.line, file=run.file_name))


def cells(row: ImportRow, run: ImportRun) -> list[tuple[str, str]]:
    """A row of a file as headings and cells; none at all when a role does not see everything: any column may tell."""
    headings = [*run.headings, *[""] * len(row.raw)]
    return [] if scope.hidden_groups() else list(zip(headings, row.raw, strict=False))
