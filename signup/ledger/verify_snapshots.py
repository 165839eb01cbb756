"""Checks the immutable texts: each has the hash that is its name, and each that an event names is there."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from signup.consent.snapshot import digest
from signup.ground.driver_sql import driver_connection, run
from signup.ledger.leaf import as_document

Found = TypeVar("Found")
BATCH = 500
_TEXTS = "SELECT hash, content FROM snapshot WHERE hash > :after ORDER BY hash LIMIT :limit"
_VERSIONS = """
    SELECT form_version.id, form_version.content, snapshot.content AS text FROM form_version
    LEFT JOIN snapshot ON snapshot.hash = form_version.hash
    WHERE form_version.id > :after ORDER BY form_version.id LIMIT :limit
"""
_MISSING = """
    SELECT DISTINCT consent_event.{column} FROM consent_event
    WHERE consent_event.{column} IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.hash = consent_event.{column})
"""


def problems(report: Callable[[str, str], Found]) -> Iterator[Found]:
    """Yield what `report` makes of each name and problem."""
    for hash_, content in _in_batches(_TEXTS, ""):
        if digest(content) != hash_:
            yield report(f"snapshot {hash_}", "its text was changed")
    for id_, content, text in _in_batches(_VERSIONS, 0):
        if text is None or json.loads(text) != as_document(content):
            yield report(f"form version {id_}", "it is not the form that its snapshot holds")
    for column in ("wording_hash", "mail_template_hash"):
        with driver_connection(writes=False) as connection:
            missing = run(connection, _MISSING.format(column=column), {}).fetchall()
        for (hash_,) in missing:
            yield report(f"snapshot {hash_}", "an event names it, and it is gone")


def _in_batches(statement: str, after: str | int) -> Iterator[Any]:
    while True:
        with driver_connection(writes=False) as connection:
            rows = run(connection, statement, {"after": after, "limit": BATCH}).fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1][0]
