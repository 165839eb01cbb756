"""Measures an import of people with their opt-in, against a bare COPY and merge of the same file.

The bare merge checks nothing, keeps no row as it came and no history: two inserts into tables with the same indexes.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text

from signup.bench.bench_export import MEASURED
from signup.bench.measure import MeasuredRow
from signup.bench.scratch_service import Stage
from signup.consent.mailing_list import find_list
from signup.ground.db import db, transaction
from signup.ground.driver_sql import driver_connection

HEADINGS = "Email Address,First Name,Last Name,City,Phone Number,OPTIN_TIME,OPTIN_IP"
STAGING = ("email", "first", "last", "city", "phone", "at", "ip")
PREPARE = (
    "CREATE TABLE bench_staging (" + ", ".join(f"{name} text" for name in STAGING) + ")",
    "CREATE TABLE bench_contact (LIKE contact INCLUDING ALL)",
    "CREATE TABLE bench_subscription (LIKE subscription INCLUDING ALL)",
)
MERGE = (
    """INSERT INTO bench_contact (uid, address, address_key, address_hash, name, name_key, language, answers, standing,
         source, created_at, confirmed_at)
       SELECT gen_random_uuid(), email, lower(email), '', first || ' ' || last, lower(first || ' ' || last), 'en',
         jsonb_build_object('first_name', first, 'last_name', last, 'city', city, 'phone', phone), 'confirmed', 'file',
         now(), at::timestamptz
       FROM bench_staging ON CONFLICT (address_key) DO NOTHING""",
    """INSERT INTO bench_subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at,
         single_opt_in)
       SELECT gen_random_uuid(), c.id, {list_id}, 'confirmed', now(), now(), s.at::timestamptz, false
       FROM bench_staging s JOIN bench_contact c ON c.address_key = lower(s.email)
       ON CONFLICT (contact_id, list_id) DO NOTHING""",
)
CLEAR = "DROP TABLE IF EXISTS bench_staging, bench_contact, bench_subscription"


def imports(stage: Stage, folder: Path, people: int) -> list[MeasuredRow]:
    """The bare merge, then ours: a dry run, and the import."""
    path = folder / "people.csv"
    _write(path, people)
    bare = _bare(stage, path)
    dry, real = _ours(stage, path, "--dry-run"), _ours(stage, path)
    report = [
        MeasuredRow(f"import: dry run of {people} people ({path.stat().st_size / 2**20:.0f} MB)", dry.seconds, "s"),
        MeasuredRow("import: the import", real.seconds, "s"),
        MeasuredRow("import: dry run / import", dry.seconds / real.seconds, "×", "≤ 1"),
        MeasuredRow("import: peak memory of the command", max(dry.memory, real.memory) / 2**20, "MB", "< 200"),
    ]
    if bare:
        report += [
            MeasuredRow("import: COPY and bare merge", bare, "s"),
            MeasuredRow("import: ratio", real.seconds / bare, "×", "≤ 4"),
        ]
    return report


def _write(path: Path, people: int) -> None:
    with path.open("w") as file:
        file.write(HEADINGS + "\n")
        for n in range(people):
            phone = f"+4179{1_000_000 + n % 9_000_000}"
            at, ip = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02} 10:{n % 60:02}:00", f"198.51.{n // 250 % 250}.{n % 250}"
            file.write(f"import{n}@example.org,Ada{n % 977},Import{n},Town {n % 3000},{phone},{at},{ip}\n")


def _bare(stage: Stage, path: Path) -> float:
    """Seconds; 0 on SQLite, which has no COPY."""
    with stage.app.app_context():
        list_id = find_list(stage.list_slug).id
        db.session.rollback()
        with driver_connection() as connection:
            if isinstance(connection, sqlite3.Connection):
                return 0.0
            for statement in PREPARE:
                connection.execute(statement)
            begun = time.monotonic()
            with connection.transaction():
                command = "COPY bench_staging FROM STDIN (FORMAT csv, HEADER)"
                with connection.cursor().copy(command) as copy, path.open("rb") as file:
                    while part := file.read(1 << 16):
                        copy.write(part)
                connection.execute("ANALYZE bench_staging")
                for statement in MERGE:
                    connection.execute(statement.format(list_id=list_id))
            took = time.monotonic() - begun
            connection.execute(CLEAR)
        with transaction():
            db.session.execute(text("ANALYZE"))
    return took


class CommandRun(NamedTuple):
    """One run of the command."""

    seconds: float
    memory: int


def _ours(stage: Stage, path: Path, *words: str) -> CommandRun:
    options = ["--list", stage.list_slug, "--origin", "own", "--json"]
    command = [sys.executable, "-c", MEASURED, "import", str(path), *options, *words]
    begun = time.monotonic()
    done = subprocess.run(command, env=os.environ | stage.environment, capture_output=True, text=True, check=True)  # noqa: S603  # our own command
    took = time.monotonic() - begun
    told: dict[str, Any] = json.loads(done.stdout)
    if told["counts"].get("invalid"):
        raise RuntimeError(f"the import refused people: {told['counts']}")
    return CommandRun(took, int(done.stderr.split()[-1]) * 1024)
