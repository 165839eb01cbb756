"""The export's measurement: a formula-safe CSV of everyone confirmed, against COPY of the same columns as they are."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from signup.bench.measure import Row
from signup.bench.stage import Stage
from signup.consent.mailing_list import find_list
from signup.db import db, driver_connection, is_postgresql, portable, transaction
from signup.exchange import export_job, selection
from signup.exchange.columns import columns_of
from signup.forms.form import find_form

# The interpreter's own peak, after the command: resident set size in KiB on Linux.
MEASURED = """
import resource, sys
from signup.__main__ import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
ROUNDS = 3
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
UUIDS = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
FILL = (
    """INSERT INTO contact (uid, address, address_key, name, name_key, language, answers, standing, source, created_at)
       {n} SELECT {uuid}, 'export' || i || '@example.org', 'export' || i || '@example.org', 'Ada Export ' || i,
       'ada export ' || i, 'en', '{{}}', 'confirmed', 'Bench', NOW() FROM n""",
    """INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, single_opt_in)
       SELECT {uuid}, id, :list_id, 'confirmed', NOW(), NOW(), NOW(), FALSE FROM contact
       WHERE name_key LIKE 'ada export %%'""",
    """INSERT INTO signup (uid, form_id, form_version_id, list_id, contact_id, subscription_id, handle, state, language,
       answers, source, method, ip, code_tries, expires_at, created_at, confirmed_at, downloads)
       SELECT {uuid}, :form_id, :version_id, :list_id, contact_id, id, contact_id, 'confirmed', 'en', '{{}}',
       '{{"page": "https://blog.example.org/a-post"}}', 'form', '192.0.2.1', 0, NOW(), NOW(), NOW(), 0
       FROM subscription WHERE list_id = :list_id AND state = 'confirmed'""",
    """INSERT INTO consent_event (id, type, at, contact_id, list_id, signup_id, purpose, controller, locale, method, ip)
       SELECT {uuid}, 'confirmed', NOW(), contact_id, list_id, id, 'list', '', 'en', 'link', '192.0.2.2'
       FROM signup WHERE state = 'confirmed'""",
)


def exports(stage: Stage, folder: Path, contacts: int) -> list[Row]:
    """Fill the list, then take turns: ours, the yardstick, ours, …"""
    with stage.app.app_context():
        _fill(stage, contacts)
        list_id = find_list(stage.list_slug).id
        ours, bare, size = [], [], 0
        for _round in range(ROUNDS):
            begun = time.monotonic()
            done = export_job.run_now(
                list_id, "csv", {"status": "confirmed"}, export_job.By("bench"), folder / "export.csv"
            )
            ours.append(time.monotonic() - begun)
            rows, size = done.rows, done.size
            if is_postgresql():
                bare.append(_copy(list_id, folder / "bare.csv"))
        db.session.remove()
    median = statistics.median(ours)
    report = [Row(f"export: {rows} contacts as formula-safe CSV ({size / 2**20:.0f} MB)", median, "s")]
    if bare:
        yardstick = statistics.median(bare)
        report += [
            Row("export: COPY of the same columns", yardstick, "s"),
            Row("export: ratio", median / yardstick, "×", "≤ 2"),
        ]
    return [*report, Row("export: peak memory of the command", _memory(stage, folder) / 2**20, "MB", "< 100")]


def _fill(stage: Stage, contacts: int) -> None:
    form = find_form(stage.form_id)
    values = {"many": contacts, "list_id": form.list_id, "form_id": form.id, "version_id": form.version_id}
    uuid = UUIDS[db.engine.dialect.name]
    db.session.rollback()
    with driver_connection() as connection:
        for statement in FILL:
            sql = portable(statement.format(n=NUMBERS, uuid=uuid))
            connection.execute(sql if is_postgresql() else sql.replace("%%", "%"), values)
    if is_postgresql():
        with transaction():
            db.session.execute(text("ANALYZE"))


def _copy(list_id: int, path: Path) -> float:
    query = selection.rows(list_id, {"status": "confirmed"}, *(column.value for column in columns_of(list_id)))
    bare = str(query.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True}))
    db.session.rollback()
    begun = time.monotonic()
    command = f"COPY ({bare}) TO STDOUT (FORMAT csv)"
    with driver_connection() as connection, path.open("wb") as file, connection.cursor().copy(command) as copy:
        file.writelines(copy)
    return time.monotonic() - begun


def _memory(stage: Stage, folder: Path) -> int:
    command = [sys.executable, "-c", MEASURED, "export", stage.list_slug, "--out", str(folder / "again.csv")]
    environment = os.environ | stage.environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own command
    return int(done.stderr.split()[-1]) * 1024
