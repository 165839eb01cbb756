import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from signup.consent.mailing_list import MailingList
from signup.exports import export_file, export_job, export_start, finished_file
from signup.exports import export_stream as outlets
from signup.exports.export_run import ExportRun
from signup.exports.selection import Filter
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from tests.cast import ADA, BOB
from tests.exports.export_cast import form_of, join, make_letter

pytestmark = pytest.mark.both_engines

OPAL = ("opal@example.org", 7)
HALF_AN_EXPORT = """
import os, sys, time
from signup.app import create_app
from signup.ground.config import Settings
from signup.exports import export_file, export_job, export_start, export_stream as outlets
export_file.CHUNK_ROWS = 2
app = create_app(Settings.from_environment())
written = outlets.ExportStream.write
def write(outlet, content):
    written(outlet, content)
    outlet.flush()
    if outlet.rows:
        print("half", flush=True)
        time.sleep(60)
outlets.ExportStream.write = write
with app.app_context():
    export_job.perform()
"""


@pytest.fixture
def letter(context: Flask, monkeypatch: pytest.MonkeyPatch) -> MailingList:
    """Six confirmed people and one pending, to be exported in steps of two."""
    letter = make_letter()
    for number in range(6):
        join(form_of(letter), f"p{number}@example.org", {"first_name": f"=P{number}"})
    join(form_of(letter), BOB, state="pending")
    monkeypatch.setattr(export_file, "CHUNK_ROWS", 2)
    monkeypatch.setattr(export_job, "PULSE_ROWS", 2)
    return letter


@pytest.fixture(autouse=True)
def _helper_ends() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name == export_job.HELPER:
            thread.join()


def start(letter: MailingList, kind: str = "csv", wanted: Filter | None = None) -> ExportRun:
    with transaction():
        return export_start.start(letter.id, kind, wanted or {}, export_start.Requester(*OPAL))


def read(run: ExportRun) -> ExportRun:
    db.session.rollback()
    return db.session.get_one(ExportRun, run.id, populate_existing=True)


def until_done(run: ExportRun) -> ExportRun:
    deadline = time.monotonic() + 20
    while (run := read(run)).state != "done" and time.monotonic() < deadline:
        time.sleep(0.05)
    return run


def change(run: ExportRun, **values: Any) -> None:
    with transaction():
        db.session.execute(update(ExportRun).where(ExportRun.id == run.id).values(**values))


def content_of(run: ExportRun) -> bytes:
    terms = outlets.ExportTerms(run.mark or "")
    return b"".join(export_file.stream(run.list_id, run.format, run.filter, terms))


def files() -> list[str]:
    return sorted(path.name for path in outlets.folder().iterdir())


def when_half_done(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let `act` happen once, after the first rows of the next export are in its file."""
    written = outlets.ExportStream.write
    acts = [act]

    def write(outlet: outlets.ExportStream, content: bytes) -> int:
        if outlet.rows and acts:
            acts.pop()()
        return written(outlet, content)

    monkeypatch.setattr(outlets.ExportStream, "write", write)


@pytest.mark.parametrize("kind", export_start.FORMATS)
def test_a_run_ends_with_its_file_and_its_figures(letter: MailingList, kind: str) -> None:
    run = start(letter, kind)
    assert (run.state, run.total, run.actor, run.operator_id) == ("waiting", 6, *OPAL)
    export_job.perform([run.id])
    done, path = read(run), finished_file.path_of(run)
    assert (done.state, done.rows, done.size, done.attempt) == ("done", 6, path.stat().st_size, 1)
    assert done.finished_at
    assert path.stat().st_mode & 0o777 == 0o600
    assert files() == [path.name]


def test_the_file_holds_what_the_stream_says(letter: MailingList) -> None:
    for kind in ("csv", "csv-excel", "jsonl"):
        run = start(letter, kind, {"status": "pending"})
        export_job.perform()
        assert finished_file.path_of(run).read_bytes() == content_of(run)


def test_all_that_waits_is_done_whoever_rang(letter: MailingList) -> None:
    runs = [start(letter), start(letter, "jsonl"), start(letter, wanted={"status": "any"})]
    assert [run.total for run in runs] == [6, 6, 7]
    export_job.perform([runs[0].id])
    assert [(run.state, run.rows) for run in map(read, runs)] == [("done", 6), ("done", 6), ("done", 7)]


@pytest.mark.parametrize(("kind", "wanted"), [("pdf", {}), ("csv", {"status": "alive"}), ("csv", {"created_to": "x"})])
def test_what_cannot_be_exported_is_refused_at_the_start(letter: MailingList, kind: str, wanted: Filter) -> None:
    with pytest.raises(NotFound):
        start(letter, kind, wanted)


@pytest.mark.parametrize("kind", export_start.FORMATS)
def test_a_cancelled_run_stops_and_leaves_no_file(
    letter: MailingList, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(letter, kind)

    def cancel() -> None:
        with transaction():
            export_start.cancel(run.id)

    when_half_done(monkeypatch, cancel)
    export_job.perform()
    run = read(run)
    assert run.state == "cancelled"
    assert run.finished_at
    assert files() == []


def test_a_run_cancelled_while_it_waits_is_never_made(letter: MailingList) -> None:
    run = start(letter)
    with transaction():
        export_start.cancel(run.id)
    export_job.perform()
    assert (read(run).state, files()) == ("cancelled", [])


def test_a_finished_run_cannot_be_cancelled(letter: MailingList) -> None:
    run = start(letter)
    export_job.perform()
    with transaction():
        export_start.cancel(run.id)
    assert read(run).state == "done"


@pytest.mark.parametrize("kind", export_start.FORMATS)
def test_a_worker_that_is_asked_to_end_leaves_the_run_to_the_next(
    letter: MailingList, kind: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(letter, kind)
    when_half_done(monkeypatch, app.extensions["signup.stopping"].set)
    export_job.perform()
    run = read(run)
    assert (run.state, run.owner, files()) == ("waiting", None, [])
    app.extensions["signup.stopping"].clear()
    export_job.perform()
    run = read(run)
    assert (run.state, run.rows, run.attempt) == ("done", 6, 2)


def test_a_worker_that_lost_its_lease_spoils_nothing(letter: MailingList, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(letter)

    def lose() -> None:
        change(run, state="waiting", owner=None)
        export_job.perform()

    when_half_done(monkeypatch, lose)
    export_job.perform()
    run = read(run)
    assert (run.state, run.attempt) == ("done", 2)
    assert finished_file.path_of(run).read_bytes() == content_of(run)
    assert files() == [finished_file.path_of(run).name]


def test_a_broken_disk_fails_the_run_and_the_next_one_is_made(
    letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = start(letter), start(letter, "jsonl")

    def fill_the_disk() -> None:
        raise OSError(28, "No space left on device")

    when_half_done(monkeypatch, fill_the_disk)
    export_job.perform()
    assert [read(run).state for run in (first, second)] == ["failed", "done"]
    assert files() == [finished_file.path_of(second).name]


def test_a_killed_worker_leaves_the_run_to_the_next_with_an_equal_result(
    letter: MailingList, database_url: str, tmp_path: Path
) -> None:
    run = start(letter)
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "SIGNUP_VAR": str(tmp_path),
        "PYTHONPATH": str(Path.cwd()),
    }
    program = [sys.executable, "-c", HALF_AN_EXPORT]
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        while b"half" not in worker.stdout.readline():
            assert worker.poll() is None
        worker.send_signal(signal.SIGKILL)
    assert (read(run).state, files()) == ("running", [f"{run.uid}.csv.part"])
    export_job.perform()
    assert read(run).state == "running"  # its lease holds
    change(run, lease_until=now(-export_job.LEASE))
    export_job.sweep()
    export_job.perform()
    run = until_done(run)  # … by this call, or by the sweep's own helper when all this took long
    assert (run.state, run.attempt) == ("done", 2)
    assert finished_file.path_of(run).read_bytes() == content_of(run)
    assert files() == [finished_file.path_of(run).name]


def test_a_run_that_takes_every_worker_with_it_fails_in_the_end(letter: MailingList) -> None:
    run = start(letter)
    change(run, state="running", attempt=export_job.MAX_ATTEMPTS, lease_until=now(-export_job.LEASE))
    export_job.sweep()
    run = read(run)
    assert run.state == "failed"
    assert run.finished_at


def test_the_sweep_does_itself_what_no_bell_was_heard_for(letter: MailingList) -> None:
    run = start(letter)
    export_job.sweep()
    assert all(thread.name != export_job.HELPER for thread in threading.enumerate())
    change(run, created_at=now(-export_job.UNHEARD * 2))
    export_job.sweep()
    run = until_done(run)
    assert run.state == "done"


def test_files_older_than_a_week_go_and_their_log_stays(letter: MailingList) -> None:
    old, young = start(letter), start(letter)
    export_job.perform()
    week_ago = time.time() - timedelta(days=7).total_seconds() - 60
    left_by_a_crash = outlets.folder() / "xlsx-left"
    left_by_a_crash.mkdir()
    for path in (finished_file.path_of(old), left_by_a_crash):
        os.utime(path, (week_ago, week_ago))
    export_job.sweep()
    assert files() == [finished_file.path_of(young).name]
    old = read(old)
    assert (old.state, old.rows) == ("done", 6)


@pytest.mark.parametrize("kind", export_start.FORMATS)
def test_an_export_on_the_console_is_logged_like_any_other(letter: MailingList, kind: str, tmp_path: Path) -> None:
    out, heard = io.BytesIO(), list[int]()
    run = export_start.run_now(letter.id, kind, {}, export_start.Requester(), out, heard.append)
    assert (run.state, run.rows, run.size, run.actor) == ("done", 6, len(out.getvalue()), "console")
    assert heard[-1] == 6
    path = tmp_path / "out"
    again = export_start.run_now(letter.id, kind, {}, export_start.Requester(), path)
    assert (again.size, again.finished_at is not None) == (path.stat().st_size, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("kind", export_start.FORMATS)
def test_an_export_to_a_full_disk_is_logged_as_failed(letter: MailingList, kind: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        export_start.run_now(letter.id, kind, {}, export_start.Requester(), Path("/dev/full"))
    assert db.session.query(ExportRun).one().state == "failed"


def test_a_console_that_hangs_up_is_logged_as_failed_with_the_rows_it_got(letter: MailingList) -> None:
    def hang_up(rows: int) -> None:
        if rows == 4:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        export_start.run_now(letter.id, "csv", {}, export_start.Requester(), io.BytesIO(), hang_up)
    run = db.session.query(ExportRun).one()
    assert (run.state, run.rows, run.filter) == ("failed", 4, {})
    export_job.sweep()
    assert read(run).state == "failed"


def test_everyone_of_the_list_is_in_the_log_not_in_the_noise(letter: MailingList) -> None:
    join(form_of(letter), ADA)
    assert start(letter).total == 7
