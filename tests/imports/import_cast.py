"""Files on their way in, without the pages: opened, mapped, checked, imported and undone in one line each."""

import csv
import io
from typing import Any
from uuid import uuid4

from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.counts.tally import Measure, totals
from signup.exports import export_file
from signup.files.import_run import ImportOrigin, ImportRow, ImportRun, Task
from signup.ground.db import db, transaction
from signup.imports import import_job, mapping, open_import, uploaded_file
from signup.imports.readers.table_file import Reading

OPAL = ("opal@example.org", 7)
TIMES = {"opt_in_at": "2025-05-01T10:00:00Z", "opt_in_ip": "203.0.113.7"}


def table(*rows: dict[str, Any], delimiter: str = ",") -> bytes:
    """A CSV of these rows, as wide as the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def people(*names: str, **more: str) -> bytes:
    """A CSV of people with an opt-in time and address: evidence of grade B."""
    return table(*({"email": f"{name}@example.org", "first_name": name.title(), **TIMES, **more} for name in names))


def upload(
    content: bytes, mailing_list: MailingList, name: str = "people.csv", reading: Reading | None = None
) -> ImportRun:
    arrived = uploaded_file.receive(io.BytesIO(content), f"{uuid4()}.file")
    with transaction():
        return open_import.open_run(arrived, name, mailing_list.id, OPAL, reading)


def begin(run: ImportRun, task: Task, **choices: Any) -> None:
    with transaction():
        assert import_job.begin(run.id, task, **choices)


def check(run: ImportRun, origin: str = ImportOrigin.SERVICE, **choices: Any) -> ImportRun:
    begin(run, Task.CHECK, origin=origin, mapping=mapping.check(run.mapping, run.headings, run.list_id), **choices)
    return import_job.run_now(run.id)


def take_in(
    content: bytes,
    mailing_list: MailingList,
    origin: str = ImportOrigin.SERVICE,
    targets: list[str] | None = None,
    **more: Any,
) -> ImportRun:
    """Upload and import; returns the finished run."""
    run = upload(content, mailing_list, more.pop("name", "people.csv"), more.pop("reading", None))
    chosen = mapping.check(targets or run.mapping, run.headings, run.list_id)
    begin(run, Task.IMPORT, origin=origin, mapping=chosen, **more)
    return import_job.run_now(run.id)


def take_back(run: ImportRun) -> ImportRun:
    begin(run, Task.UNDO)
    return import_job.run_now(run.id)


def exported(mailing_list: MailingList, kind: str = "csv") -> bytes:
    db.session.rollback()
    return b"".join(export_file.stream(mailing_list.id, kind, {"status": "any"}))


def states(mailing_list: MailingList) -> dict[str, str]:
    """Everybody on the list by the address before the @."""
    db.session.rollback()
    query = db.select(Contact.address_key, Subscription.state).join(Contact, Contact.id == Subscription.contact_id)
    rows = db.session.execute(query.where(Subscription.list_id == mailing_list.id))
    return {key.partition("@")[0]: state for key, state in rows}


def outcomes(run: ImportRun) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        db.select(ImportRow.outcome, ImportRow.reason).where(ImportRow.run_id == run.id).order_by(ImportRow.line)
    )
    return [(outcome, reason) for outcome, reason in rows]


def assert_counts_are_exact() -> None:
    """The maintained counts say what the tables say, over all lists."""
    db.session.rollback()
    for mailing_list in db.session.scalars(db.select(MailingList)):
        query = db.select(Subscription.state, db.func.count()).where(Subscription.list_id == mailing_list.id)
        found = dict(db.session.execute(query.group_by(Subscription.state)).all())
        assert totals(Measure.IN_STATE, mailing_list.id) == found, mailing_list.slug
    query = db.select(Contact.standing, db.func.count()).group_by(Contact.standing)
    assert totals(Measure.STANDING) == dict(db.session.execute(query).all())
