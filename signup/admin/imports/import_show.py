"""One import: its progress, what came of the task at hand, and what is asked before it may go in."""

from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import scope
from signup.admin.imports import outcome_words
from signup.admin.imports.found_import import find_import
from signup.admin.imports.import_input import EVERYONE
from signup.admin.imports.import_words import LEAVE_OUT, may_add_option, options_of
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.files.import_run import WRITTEN, ImportOutcome, ImportRow, ImportRun, Task
from signup.ground.db import db
from signup.ground.errors import BadFile
from signup.imports import import_job, import_reading
from signup.imports.import_choices import Choices
from signup.imports.import_look import ODD, PREFIX
from signup.imports.meaning.exit_column import STATUS
from signup.imports.row_problem import NOT_MAILED

MAX_KEPT = 50


class UnknownWord(NamedTuple):
    """A word that nobody knows, how often it stands in the file, and what somebody chose for it."""

    text: str
    n: int
    meant: str


class UnknownColumn(NamedTuple):
    """A column with such words, and what one can mean."""

    target: str
    heading: str
    options: dict[str, Any]
    may_add: bool
    words: list[UnknownWord]


def import_show(uid: UUID) -> ResponseReturnValue:
    """Progress, and what came of the task at hand."""
    run = find_import(uid)
    if run.task == Task.READ:
        return redirect(url_for("admin.import_read", uid=uid), HTTPStatus.SEE_OTHER)
    counts = {Task.CHECK: run.checked, Task.IMPORT: run.imported, Task.UNDO: run.imported}[Task(run.task)] or {}
    counts = counts if scope.sees_everything() else _of_list(counts)
    found = run.found or {}
    return render_template(
        "admin/imports/import_show.html",
        run=run,
        choices=Choices.of(run.choices),
        everyone=EVERYONE,
        outcome_words=outcome_words,
        unknown=_unknown(run, found),
        suspects=found.get("suspects", ()),
        overruled=_overruled(run, found),
        typos={one: by for one, by in found.get("typos", {}).items() if one not in Choices.of(run.choices).domains},
        odd=_odd(counts),
        kept=_kept(run) if run.task == Task.UNDO and scope.sees_everything() else (),
        outcomes=outcome_words.OUTCOMES if scope.sees_everything() else outcome_words.OUTCOMES_OF_LIST,
        list=db.session.get_one(MailingList, run.list_id),
        counts=Counter(counts),
        reasons=_reasons(counts),
        looks=_looks(counts),
        taken=sum(counts.get(outcome, 0) for outcome in WRITTEN),
        undone=Counter(run.undone or {}),
        is_busy=run.state in import_job.UNFINISHED,
        seconds_left=_seconds_left(run),
        may_fix=import_reading.path_of(run).exists(),
    )


def _of_list(counts: dict[str, int]) -> dict[str, int]:
    """The counts for who works with some lists: not who was known already, nor why somebody must not be mailed."""
    found: Counter[str] = Counter()
    for name, n in counts.items():
        kind, _colon, _reason = name.partition(":")
        kind = {"joined": "created", "unchanged": "updated"}.get(kind, kind)
        found[f"{kind}:{NOT_MAILED}" if name.startswith(f"{ImportOutcome.LEFT}:") else name if _reason else kind] += n
    return found


def _reasons(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Outcome, reason in words and number of each row that was not taken, the most frequent first."""
    split = ((name.partition(":"), n) for name, n in counts.items())
    found = [
        (kind, outcome_words.import_problem(reason), n)
        for (kind, _colon, reason), n in split
        if kind in {"left", "invalid"} and reason
    ]
    return sorted(found, key=lambda one: (one[0], -one[2]))


def _looks(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Check, verdict and number of the answers that are worth a second look."""
    names = (name.removeprefix(PREFIX).partition(":") for name in counts if name.startswith(PREFIX))
    return sorted((check, verdict, counts[f"{PREFIX}{check}:{verdict}"]) for check, _colon, verdict in names)


def _unknown(run: ImportRun, found: dict[str, Any]) -> list[UnknownColumn]:
    """The columns with words that nobody knows, the status first; what was answered stays, to be changed."""
    answered, open_words = Choices.of(run.choices).words, found.get("words", {})
    names = {STATUS: str(_("Status"))} | dict(zip(run.mapping, run.headings, strict=False))
    columns = []
    for target in sorted({*answered, *open_words}, key=lambda one: (one != STATUS, one)):
        counted = open_words.get(target, {})
        some = [UnknownWord(text, n, "") for text, n in counted.items()]
        some += [
            UnknownWord(text, 0, meant or LEAVE_OUT)
            for text, meant in answered.get(target, {}).items()
            if text not in counted
        ]
        if some and target in names:
            options = outcome_words.STATES_OF_A_WORD if target == STATUS else options_of(run.list_id, target)
            columns.append(
                UnknownColumn(target, names[target], options, target != STATUS and may_add_option(target), some)
            )
    return columns


def _overruled(run: ImportRun, found: dict[str, Any]) -> list[tuple[int, str, int]]:
    """Rows that another row of the same address overrules: line, address, the line that says they left."""
    lines = dict(found.get("overruled", ())) if run.task == Task.CHECK else {}
    if not lines or "email" not in run.mapping or not import_reading.path_of(run).exists():
        return []
    place = list(run.mapping).index("email")
    wanted = (row for row in import_reading.rows_of(run) if row.line in lines and place < len(row.cells))
    try:
        return [(row.line, row.cells[place], lines[row.line]) for row in islice(wanted, len(lines))]
    except BadFile:
        return []


def _odd(counts: dict[str, int]) -> list[tuple[str, int]]:
    """What is wrong with cells that are left out, and how many, the most frequent first."""
    names = (name.removeprefix(ODD) for name in counts if name.startswith(ODD))
    found = [(outcome_words.import_problem(name), counts[ODD + name]) for name in names]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _kept(run: ImportRun) -> list[tuple[Contact | None, str]]:
    """Of an import that was undone, who stays and why; the first of them."""
    query = select(ImportRow.reason, Contact).join(Contact, Contact.id == ImportRow.contact_id, isouter=True)
    query = query.where(ImportRow.run_id == run.id, ImportRow.undo == "kept").order_by(ImportRow.line).limit(MAX_KEPT)
    return [(contact, outcome_words.import_problem(reason)) for reason, contact in db.session.execute(query)]


def _seconds_left(run: ImportRun) -> int | None:
    if run.state != "running" or not run.started_at or not run.rows:
        return None
    passed = (datetime.now(UTC) - run.started_at).total_seconds()
    return max(0, round(passed / run.rows * (run.total - run.rows)))
