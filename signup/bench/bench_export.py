"""Measures exports, each against COPY of the same columns, in turns.

A formula-safe CSV of everyone confirmed; and, on request, every preset that is a CSV.
"""

import os
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, text

from signup.bench.measure import MeasuredRow
from signup.bench.scratch_service import Stage
from signup.consent.consent_event import insert_event
from signup.consent.mailing_list import find_list
from signup.consent.partner import Partner, proof_text
from signup.consent.snapshot import digest
from signup.exports import export_start, selection
from signup.exports.columns import columns_of
from signup.exports.presets.all_presets import PRESETS, wanted_for
from signup.exports.presets.export_preset import AD_MATCHING, ExportPreset
from signup.exports.presets.person_columns import ANSWERS as ANSWERED
from signup.exports.presets.person_columns import RECORD, key_of, sql_of
from signup.exports.selection import Filter
from signup.forms.form import find_form
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.driver_sql import driver_connection, portable

# The interpreter's own peak, after the command: resident set size in KiB on Linux.
# Not `getrusage`: to the kernel a process begins with the memory of the one that started it. Linux only.
MEASURED = """
import sys
from pathlib import Path
from signup.__main__ import main
try:
    main()
finally:
    _before, _word, after = Path("/proc/self/status").read_text().partition("VmHWM:")
    print(after.split()[0], file=sys.stderr)
"""
ROUNDS = 3
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
UUIDS = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
FILL = (
    """INSERT INTO contact (uid, address, address_key, name, name_key, language, answers, standing, source, created_at)
       {n} SELECT {uuid}, 'export' || i || '@example.org', 'export' || i || '@example.org', 'Ada Export ' || i,
       'ada export ' || i, 'en', {answers}, 'confirmed', 'Bench', NOW() FROM n""",
    """INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, single_opt_in)
       SELECT {uuid}, id, :list_id, 'confirmed', NOW(), NOW(), NOW(), FALSE FROM contact
       WHERE name_key LIKE 'ada export %%'""",
    """INSERT INTO signup (uid, form_id, form_version_id, list_id, contact_id, subscription_id, handle, state, language,
       answers, source, method, ip, code_tries, expires_at, created_at, confirmed_at, downloads)
       SELECT {uuid}, :form_id, :version_id, :list_id, contact_id, id, contact_id, 'confirmed', 'en', '{{}}',
       '{{"page": "https://blog.example.org/a-post"}}', 'form', '192.0.2.1', 0, NOW(), NOW(), NOW(), 0
       FROM subscription WHERE list_id = :list_id AND state = 'confirmed'""",
    insert_event(
        "FROM signup WHERE state = 'confirmed'",
        id="{uuid}",
        type="'confirmed'",
        contact_id="contact_id",
        list_id="list_id",
        signup_id="id",
        controller="''",
        locale="'en'",
        method="'link'",
        ip="'192.0.2.2'",
    ),
    """INSERT INTO partner_consent (partner_id, version_id, contact_id, list_id, signup_id, locale, wording_hash, state,
       single_opt_in, requested_at, confirmed_at)
       SELECT :partner_id, :partner_version_id, contact_id, list_id, id, 'en', :wording, 'confirmed', FALSE, NOW(),
       NOW()
       FROM signup WHERE state = 'confirmed'""",
)
ANSWERS = """'{"first_name": "Ada", "last_name": "Export ' || i || '", "phone": "+4179' || (1000000 + i)
    || '", "company": "Tea House ' || i / 10 || '", "street": "' || i || ' Zürichstrasse", "postal_code": "'
    || (1000 + i %% 9000) || '", "city": "Genève", "country": "Suisse", "birthday": "1984-02-29",
    "interests": ["tea", "design"]}'"""
AS_JSON = {"postgresql": "({answers})::jsonb", "sqlite": "{answers}"}
WORDING = "My address may be matched."


def exports(stage: Stage, folder: Path, contacts: int) -> list[MeasuredRow]:
    """Fill the list, then take turns: ours, the yardstick, ours, …"""
    with stage.app.app_context():
        _fill(stage, contacts)
        list_id = find_list(stage.list_slug).id
        wanted: Filter = {"status": "confirmed"}
        cells = [column.value for column in columns_of(list_id)]
        found = _in_turns(Export(list_id, "csv", wanted, cells), folder)
        db.session.remove()
    report = [
        MeasuredRow(f"export: {found.rows} contacts as formula-safe CSV ({found.size / 2**20:.0f} MB)", found.ours, "s")
    ]
    if found.bare:
        report += [
            MeasuredRow("export: COPY of the same columns", found.bare, "s"),
            MeasuredRow("export: ratio", found.ours / found.bare, "×", "≤ 2"),
        ]
    return [*report, MeasuredRow("export: peak memory of the command", _memory(stage, folder) / 2**20, "MB", "< 100")]


def presets(stage: Stage, folder: Path, contacts: int) -> list[MeasuredRow]:
    """Every preset that is a CSV against COPY of what it reads, and the memory of one that is split and packed."""
    report = []
    with stage.app.app_context():
        _fill(stage, contacts)
        list_id = find_list(stage.list_slug).id
        for preset in PRESETS.values():
            if preset.extension != "csv" or preset.name == "suppression":  # nobody here is on it
                continue
            names = {name: key_of(name, ()) if name in ANSWERED else "" for name in _read(preset)}
            cells = [sql_of(name, key, {}) if key else RECORD[name] for name, key in names.items()]
            wanted = wanted_for(preset, {})
            found = _in_turns(Export(list_id, preset.name, wanted, cells), folder)
            what = f"preset {preset.name}: {found.rows} contacts ({found.size / 2**20:.0f} MB)"
            report.append(MeasuredRow(what, found.ours, "s"))
            if found.bare:
                report.append(MeasuredRow(f"preset {preset.name}: ratio", found.ours / found.bare, "×", "≤ 2.5"))
        db.session.remove()
    for name in ("mailchimp", "crm-fr-two"):
        figure = _memory(stage, folder, "--preset", name) / 2**20
        report.append(MeasuredRow(f"preset {name}: peak memory of the command", figure, "MB", "< 150"))
    return report


def _read(preset: ExportPreset) -> dict[str, None]:
    return dict.fromkeys(name for table in preset.tables for cell in table.cells for name in cell.reads)


class Export(NamedTuple):
    """One export, and what it reads."""

    list_id: int
    format: str
    wanted: Filter
    cells: list[ColumnElement[Any]]


class ExportTimes(NamedTuple):
    """Medians in seconds; `bare` is 0 on SQLite, which has no COPY."""

    ours: float
    bare: float
    rows: int
    size: int


def _in_turns(export: Export, folder: Path) -> ExportTimes:
    ours, bare, rows, size = [], [], 0, 0
    for _round in range(ROUNDS):
        begun = time.monotonic()
        asked: Filter = {} if export.format in PRESETS else export.wanted
        done = export_start.run_now(
            export.list_id, export.format, asked, export_start.Requester("bench"), folder / "export.csv"
        )
        ours.append(time.monotonic() - begun)
        rows, size = done.rows, done.size
        if is_postgresql():
            bare.append(_copy(export, folder / "bare.csv"))
    return ExportTimes(statistics.median(ours), statistics.median(bare) if bare else 0.0, rows, size)


def _fill(stage: Stage, contacts: int) -> None:
    form = find_form(stage.form_id)
    values: dict[str, Any] = {
        "many": contacts,
        "list_id": form.list_id,
        "form_id": form.id,
        "version_id": form.version_id,
    }
    with transaction():
        box = Partner(slug=AD_MATCHING)
        box.publish("Bench", "https://example.org/privacy", {"en": WORDING})
        wording = digest(proof_text(WORDING, "Bench", "https://example.org/privacy"))
        values |= {"partner_id": box.id, "partner_version_id": box.version_id, "wording": wording}
    engine = db.engine.dialect.name
    words = {"n": NUMBERS, "uuid": UUIDS[engine], "answers": AS_JSON[engine].format(answers=ANSWERS)}
    db.session.rollback()
    with driver_connection() as connection:
        for statement in FILL:
            sql = portable(statement.format(**words))
            connection.execute(sql if is_postgresql() else sql.replace("%%", "%"), values)
    if is_postgresql():
        with transaction():
            db.session.execute(text("ANALYZE"))


def _copy(export: Export, path: Path) -> float:
    query = selection.rows(export.list_id, export.wanted, *export.cells)
    bare = str(query.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True}))
    db.session.rollback()
    begun = time.monotonic()
    command = f"COPY ({bare}) TO STDOUT (FORMAT csv)"
    with driver_connection() as connection, path.open("wb") as file:
        if not isinstance(connection, sqlite3.Connection):
            with connection.cursor().copy(command) as copy:
                file.writelines(copy)
    return time.monotonic() - begun


def _memory(stage: Stage, folder: Path, *words: str) -> int:
    command = [sys.executable, "-c", MEASURED, "export", stage.list_slug, "--out", str(folder / "again.csv"), *words]
    environment = os.environ | stage.environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own command
    return int(done.stderr.split()[-1]) * 1024
