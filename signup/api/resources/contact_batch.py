"""Contacts: bring many in at once, each with the evidence that there is.

It is an import of rows instead of a file, with the same rules and the same undo: who left stays away, and only evidence
makes somebody confirmed.
"""

import csv
import io
import re
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from pydantic import Field, StringConstraints
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import endpoint
from signup.api.problem import refuse, stop
from signup.api.resources.contact_told import HIDDEN
from signup.api.shapes import Instant, Shape, Slug, Told, Values
from signup.contacts.contact import Contact
from signup.files.import_run import ANSWER, ImportOrigin, ImportOutcome, ImportRow, ImportRun, Task
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile
from signup.imports import import_job, mapping, open_import, uploaded_file
from signup.imports.import_choices import Choices
from signup.imports.readers.table_file import Reading, problem_words

MAX_ROWS = 1_000
MAX_BODY = 4 * 1024 * 1024
PLAIN = ("email", "first_name", "last_name", "name", "language", "status")
EVIDENCE = ("opt_in_at", "opt_in_ip", "confirm_at", "confirm_ip", "source")
Cell = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Typed = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
BREAKS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""What a file would take for the end of a row."""


class NewContact(Shape):
    """One person, as you know them. What is left out stays as it is here."""

    email: Typed
    first_name: Cell = ""
    last_name: Cell = ""
    name: Cell = ""
    language: Cell = ""
    status: Literal["", "confirmed", "pending", "unsubscribed", "bounced", "complained"] = Field(
        default="", description="An exit is always kept. `confirmed` needs evidence: the time of the opt-in."
    )
    opt_in_at: Instant | None = None
    opt_in_ip: Cell = ""
    confirm_at: Instant | None = None
    confirm_ip: Cell = ""
    source: Cell = Field(default="", description="Where they signed up.")
    fields: Values = Field(default={})


class Batch(Shape):
    """People for one list."""

    model_config = Shape.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "list": "{list}",
                    "origin": "service",
                    "contacts": [
                        {
                            "email": "ada@example.org",
                            "first_name": "Ada",
                            "opt_in_at": "2026-03-01T10:00:00Z",
                            "opt_in_ip": "203.0.113.7",
                        }
                    ],
                }
            ]
        }
    }
    contacts: Annotated[list[NewContact], Field(min_length=1, max_length=MAX_ROWS)]
    list: Slug
    origin: ImportOrigin = Field(
        default=ImportOrigin.CLAIM,
        description="Where they come from: `own` (our own export), `service` (another service’s record of the opt-in),"
        " `claim` (somebody says so), `bought`. It decides what counts as evidence.",
    )
    overwrite: bool = Field(default=False, description="Whether your values replace other ones here.")


class RowTold(Told):
    """What became of one person, in the order in which they were sent."""

    email: str
    outcome: ImportOutcome = Field(
        description="`joined`: known here, new on this list. `left`: left alone, because they left or are suppressed."
    )
    reason: str
    contact: UUID | None


class BatchTold(Told):
    """The import that was made of it: operators can read and undo it."""

    run: UUID
    counts: dict[str, int]
    results: list[RowTold]


@endpoint(
    "POST", "/contacts", KeyScope.CONTACTS_WRITE, "Bring contacts in, with evidence", status=200, max_body=MAX_BODY
)
def contacts_add(key: ApiKey, body: Batch) -> BatchTold:
    """Up to 1,000, with one result each. Nobody is emailed. Who has no evidence of an opt-in is known here, and mailed
    only after confirming. The same again changes nothing.
    """
    if key.is_test:
        stop(HTTPStatus.FORBIDDEN, "Not allowed", "A test key brings nobody in: only its sign-ups are tests.")
    mailing_list = scope.mailing_list(body.list)
    _refuse_lines(body)
    columns, targets = _columns(body)
    arrived = uploaded_file.receive(_as_file(body, columns), f"{uuid4()}.file", limit=None)
    try:
        with transaction():
            reading = Reading(is_ours=True)
            run = open_import.open_run(arrived, "API", mailing_list.id, (key.signature, None), reading)
            run.is_bounded = not scope.sees_everything()
            chosen = mapping.check(targets, run.headings, mailing_list.id)
            plain = Choices(country=Choices.of(run.choices).country).as_dict()
            kept = {"origin": body.origin.value, "overwrite": body.overwrite, "choices": plain}
            import_job.begin(run.id, Task.IMPORT, mapping=chosen, **kept)
            audit.note(None, "import-uploaded", str(run.uid), list=mailing_list.id, size=run.size, sha256=run.sha256)
    except BadFile as error:
        uploaded_file.forget(arrived.path)
        refuse({"body.contacts": problem_words(error)})
    done = import_job.run_now(run.id)
    if done.state != "done":
        refuse({"body.contacts": done.problem or "The import was stopped. Look at it in the admin."})
    return _told(done, body, key)


def _refuse_lines(body: Batch) -> None:
    for place, one in enumerate(body.contacts):
        for key, value in one.fields.items():
            if BREAKS.search(key) or BREAKS.search(_plain(value)):
                refuse({f"body.contacts.{place}.fields.{key[:40]}": "One line only here; PATCH takes several."})


def _columns(body: Batch) -> tuple[list[str], list[str]]:
    """The columns that somebody fills, and what each is."""
    used = {name for one in body.contacts for name in (*PLAIN, *EVIDENCE) if getattr(one, name)}
    keys = sorted({key for one in body.contacts for key in one.fields})
    plain = [name for name in (*PLAIN, *EVIDENCE) if name in used or name == "email"]
    own = [key for key in keys if key not in plain]
    return [*plain, *(f"field {key}" for key in own)], [*plain, *(ANSWER + key for key in own)]


def _as_file(body: Batch, columns: list[str]) -> io.BytesIO:
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(columns)
    write.writerows([_cell(one, column) for column in columns] for one in body.contacts)
    return io.BytesIO(text.getvalue().encode())


def _cell(one: NewContact, column: str) -> str:
    if column.startswith("field "):
        return _plain(one.fields.get(column.removeprefix("field ")))
    value = getattr(one, column)
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _told(run: ImportRun, body: Batch, key: ApiKey) -> BatchTold:
    rows = list(db.session.scalars(select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.line)))
    ids = {row.contact_id for row in rows if row.contact_id}
    known = {
        one.id: one.uid
        for one in db.session.execute(select(Contact.id, Contact.uid).where(Contact.id.in_(ids), scope.contacts()))
    }
    results = [
        RowTold(
            email=HIDDEN if key.is_masked else sent.email,
            outcome=ImportOutcome(row.outcome),
            reason=row.reason,
            contact=known.get(row.contact_id or 0),
        )
        for sent, row in zip(body.contacts, rows, strict=True)
    ]
    counts = {name: n for name, n in (run.imported or {}).items() if ":" not in name}
    return BatchTold(run=run.uid, counts=counts, results=results)
