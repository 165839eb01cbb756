"""Turns rows into tuples for the staging table, with the ids, hashes and salts that the statements need."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from signup.checks.check import COUNTRY
from signup.consent.consent_event import SALT_BYTES
from signup.consent.mailing_list import MailingList
from signup.contacts.value_change import LANGUAGE, NAME
from signup.files.import_run import ImportOutcome, ImportRun
from signup.ground import tokens
from signup.ground.dialect import sqlite_time
from signup.imports.import_row import IncomingRow
from signup.imports.readers.table_file import clean
from signup.imports.statements import staging_tables

_NOTHING = (None,) * (len(staging_tables.STAGE) - 4)


def staged_rows(
    rows: Sequence[IncomingRow], run: ImportRun, mailing_list: MailingList, engine: str
) -> Iterator[tuple[Any, ...]]:
    """Each row as `staging_tables.STAGE` has its columns."""
    hash_of, encode = tokens.keys().hash, json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    run_uid, origin, language = str(run.uid), run.origin, mailing_list.language
    source = f"import: {clean(run.file_name)}"[:120]
    moment = sqlite_time if engine == "sqlite" else (lambda at: at)
    ids = iter(_uuids(3 * len(rows)))
    salts = os.urandom(SALT_BYTES * len(rows))
    for place, one in enumerate(rows):
        raw = encode([clean(cell) for cell in one.row.raw])
        if one.problem:
            yield one.row.line, *_not_taken(one.problem), raw, *_NOTHING
            continue
        evidence = {"run": run_uid, "line": one.row.line, "origin": origin} | _evidence(one)
        yield (
            one.row.line,
            "",
            "" if one.language else "no language",
            raw,
            one.key,
            one.address,
            hash_of(one.key),
            one.name,
            one.name.lower(),
            one.language or language,
            one.source or source,
            encode({COUNTRY: one.country} | one.answers if one.country else one.answers),
            encode(one.answers),
            encode(_card(one, language)),
            one.target,
            one.grade,
            moment(one.at) if one.at else None,
            moment(one.left_at) if one.left_at else None,
            one.ip,
            one.wording,
            encode(evidence),
            next(ids),
            next(ids),
            next(ids),
            salts[place * SALT_BYTES : (place + 1) * SALT_BYTES],
        )


def _not_taken(problem: str) -> tuple[str, str]:
    """Outcome and reason of a row with a problem."""
    if problem == "repeated":
        return ImportOutcome.DUPLICATE.value, ""
    return ImportOutcome.INVALID.value, problem


def _card(one: IncomingRow, language: str) -> dict[str, Any]:
    """What a row gives its list. Never empty: it opens the contact to the list."""
    return {**one.answers, **({NAME: one.name} if one.name else {}), LANGUAGE: one.language or language}


def _evidence(one: IncomingRow) -> dict[str, Any]:
    """What the proof keeps of the file's words, beside where the row stands."""
    found: dict[str, Any] = {}
    if one.at:
        found["opt_in_at"] = one.at.isoformat(timespec="seconds")
    if one.left_at:
        found["left_at"] = one.left_at.isoformat(timespec="seconds")
    return found | ({"exit_line": one.exit_line} if one.exit_line else {})


def _uuids(n: int) -> Iterable[str]:
    """Version 7 ids by the hundred thousand (RFC 9562): this millisecond and 74 random bits, as hex digits."""
    start, random = f"{time.time_ns() // 1_000_000:012x}7", os.urandom(9 * n).hex()
    for place in range(0, 18 * n, 18):
        yield f"{start}{random[place : place + 3]}8{random[place + 3 : place + 18]}"
