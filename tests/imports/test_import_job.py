import csv
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from signup.consent.consent_event import SALT_BYTES, ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import leave
from signup.contacts.contact import Contact
from signup.files.import_run import ImportOrigin, ImportRow, ImportRun, Task
from signup.ground.db import db, transaction
from signup.imports import import_job, import_merge
from signup.privacy import purge_unconfirmed
from signup.signups.signup import Signup
from tests.admin.cast import add_contact
from tests.cast import (
    ADA,
    BOB,
    CLEO,
    DAN,
    Mailbox,
    drain,
    make_form,
    make_list,
    sign_up,
    state_of,
    subscription_of,
    suppress,
)
from tests.exports.export_cast import FIELDS
from tests.imports.import_cast import (
    TIMES,
    assert_counts_are_exact,
    begin,
    check,
    exported,
    outcomes,
    people,
    states,
    table,
    take_back,
    take_in,
    upload,
)
from tests.shared_app import KEY

pytestmark = pytest.mark.both_engines

EVE = {"email": "eve@example.org", "first_name": "Eve"}


@pytest.fixture
def letter(context: Flask, monkeypatch: pytest.MonkeyPatch) -> MailingList:
    """Ada confirmed, Bob pending, Cleo unsubscribed, Dan suppressed, and a list of noise; rows come in twos."""
    monkeypatch.setattr(import_job, "CHUNK_ROWS", 2)
    monkeypatch.setattr(import_job, "CHUNK_ROWS_SQLITE", 2)
    noise, letter = make_list("noise", name="Noise"), make_list()
    make_form(letter, magnet=False, fields=FIELDS)
    with transaction():
        add_contact(noise, "nina@example.org", "Nina")
        add_contact(letter, ADA, "Ada")
        add_contact(letter, BOB, state="pending")
        add_contact(letter, CLEO, state="unsubscribed")
    suppress(DAN)
    return letter


def test_people_with_evidence_come_in_confirmed_and_the_counts_follow(letter: MailingList) -> None:
    run = take_in(people("eve", "fay", "gus"), letter)
    assert (run.state, run.rows, run.imported) == (
        "done",
        3,
        {"created": 3, "state:confirmed": 3, "grade:B": 3},
    )
    assert {name: states(letter)[name] for name in ("eve", "fay", "gus")} == dict.fromkeys(
        ("eve", "fay", "gus"), "confirmed"
    )
    assert_counts_are_exact()
    eve = subscription_of("eve@example.org")
    assert eve
    assert (eve.contact.name, eve.contact.answers, eve.contact.language) == ("Eve", {"first_name": "Eve"}, "en")
    assert eve.confirmed_at
    assert eve.confirmed_at.isoformat() == "2025-05-01T10:00:00+00:00"


def test_the_foreign_proof_becomes_a_graded_event(letter: MailingList) -> None:
    run = take_in(people("eve"), letter)
    event = db.session.scalars(select(ConsentEvent).where(ConsentEvent.type == "imported")).one()
    assert (event.method, event.address, event.ip) == ("import-b", "eve@example.org", "203.0.113.7")
    assert event.controller == "Example Press"
    assert event.answers == {
        "run": str(run.uid),
        "line": 2,
        "origin": "service",
        "opt_in_at": "2025-05-01T10:00:00+00:00",
    }
    assert event.salt
    assert len(event.salt) == SALT_BYTES


@pytest.mark.parametrize(
    ("origin", "more", "state", "grade"),
    [
        (ImportOrigin.SERVICE, TIMES, "confirmed", "B"),
        (ImportOrigin.SERVICE, {"opt_in_ip": "203.0.113.7"}, "pending", "C"),
        (ImportOrigin.CLAIM, TIMES, "pending", "C"),
        (ImportOrigin.BOUGHT, TIMES, "pending", "X"),
        (ImportOrigin.OWN, TIMES, "confirmed", "B"),
        (ImportOrigin.OWN, {"confirm_at": "2025-05-01", "consent_text_hash": "known"}, "confirmed", "A"),
        (ImportOrigin.OWN, {"confirm_at": "2025-05-01", "consent_text_hash": "made up"}, "confirmed", "B"),
        (ImportOrigin.SERVICE, {"confirm_at": "2025-05-01", "consent_text_hash": "known"}, "confirmed", "B"),
        (ImportOrigin.OWN, {"consent_text_hash": "known"}, "pending", "C"),
        (ImportOrigin.SERVICE, TIMES | {"status": "pending"}, "pending", "B"),
        (ImportOrigin.CLAIM, {"status": "unsubscribed"}, "unsubscribed", "C"),
        (ImportOrigin.BOUGHT, {"status": "cleaned"}, "bounced", "X"),
    ],
)
def test_only_evidence_confirms(
    letter: MailingList, app: Flask, origin: str, more: dict[str, str], state: str, grade: str
) -> None:
    if more.get("consent_text_hash") == "known":
        kept = str(db.session.scalar(text("SELECT wording_hash FROM form_version")))
        more = more | {"consent_text_hash": kept}
    run = take_in(table(EVE | more), letter, origin)
    assert state_of("eve@example.org") == state
    assert run.imported
    assert run.imported[f"grade:{grade}"] == 1
    assert db.session.scalar(text("SELECT count(*) FROM message")) == 0
    assert_counts_are_exact()


def test_who_said_no_is_left_alone(letter: MailingList) -> None:
    with transaction():
        add_contact(letter, "kim@example.org", state="complained")
        add_contact(letter, "lea@example.org", state="bounced")
        noise = db.session.scalars(select(MailingList).where(MailingList.slug == "noise")).one()
        add_contact(noise, "max@example.org", state="unsubscribed")
        add_contact(noise, "mia@example.org", state="complained")
    before = exported(letter)
    run = take_in(people("cleo", "dan", "kim", "lea", "max", "mia"), letter, overwrite=True)
    assert outcomes(run) == [
        ("left", "unsubscribed"),
        ("left", "suppressed"),
        ("left", "complained"),
        ("left", "bounced"),
        ("left", "unsubscribed"),
        ("left", "complained"),
    ]
    assert exported(letter) == before
    assert db.session.scalar(text("SELECT count(*) FROM consent_event")) == 0
    assert db.session.scalar(text("SELECT count(*) FROM contact WHERE address_key = 'dan@example.org'")) == 0
    assert_counts_are_exact()


def test_evidence_confirms_the_pending_and_a_withdrawal_in_the_file_holds(letter: MailingList) -> None:
    take_in(people("bob"), letter)
    assert state_of(BOB) == "confirmed"
    run = take_in(table({"email": ADA, "status": "unsubscribed"}), letter, ImportOrigin.CLAIM)
    assert outcomes(run) == [("updated", "")]
    assert state_of(ADA) == "unsubscribed"
    assert db.session.scalars(text("SELECT type FROM consent_event ORDER BY id")).all() == ["imported", "unsubscribed"]
    assert_counts_are_exact()


def test_only_a_withdrawal_that_is_known_to_be_older_than_the_consent_here_changes_nothing(letter: MailingList) -> None:
    take_in(people("eve", "fay"), letter)
    old = {"email": "eve@example.org", "opt_in_at": "2019-01-01", "unsubscribed_at": "2020-01-01"}
    assert outcomes(take_in(table(old), letter)) == [("unchanged", "")]
    assert state_of("eve@example.org") == "confirmed"
    unknown = {"email": "fay@example.org", "opt_in_at": "2019-01-01", "status": "unsubscribed"}
    assert outcomes(take_in(table(unknown), letter)) == [("updated", "")]
    assert state_of("fay@example.org") == "unsubscribed"


def test_a_claim_never_moves_anybody_who_is_here(letter: MailingList) -> None:
    take_in(people("ada", "bob", "nina"), letter, ImportOrigin.CLAIM)
    assert states(letter) == {"ada": "confirmed", "bob": "pending", "cleo": "unsubscribed", "nina": "pending"}
    assert_counts_are_exact()


def test_our_values_stay_unless_the_operator_says_otherwise_and_an_empty_cell_never_wins(letter: MailingList) -> None:
    with transaction():
        db.session.execute(
            update(Contact).where(Contact.address_key == ADA).values(answers={"employees": 5, "vip": True})
        )
    new = {"email": ADA, "name": "Augusta", "employees": "7", "vip": "", "interests": "Tea, Design", "language": "fr"}
    run = take_in(table(new), letter, ImportOrigin.CLAIM)
    assert outcomes(run) == [("updated", "")]
    ada = subscription_of(ADA)
    assert ada
    assert (ada.contact.name, ada.contact.language) == ("Ada", "en")
    assert ada.contact.answers == {"employees": 5, "vip": True, "interests": ["tea", "design"]}
    assert outcomes(take_in(table(new), letter, ImportOrigin.CLAIM)) == [("unchanged", "")]
    take_in(table(new), letter, ImportOrigin.CLAIM, overwrite=True)
    ada = subscription_of(ADA)
    assert ada
    assert (ada.contact.name, ada.contact.name_key, ada.contact.language) == ("Augusta", "augusta", "fr")
    assert ada.contact.answers == {"employees": 7, "vip": True, "interests": ["tea", "design"]}


def test_the_same_file_twice_changes_nothing(letter: MailingList) -> None:
    take_in(people("eve", "ada", "bob", "nina"), letter)
    once = exported(letter)
    again = take_in(people("eve", "ada", "bob", "nina"), letter)
    assert again.imported == {"unchanged": 4}
    assert exported(letter) == once
    assert_counts_are_exact()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_was_exported_comes_back_without_a_change(letter: MailingList, *, overwrite: bool) -> None:
    rows = [
        {"email": f"p{n}@example.org", "first_name": name, "interests": "tea, design", "employees": "-5", **TIMES}
        for n, name in enumerate(("=SUM(A1)", "'quoted", "-- dash", 'Zoë, "Z"', "ぷ\n", "+41 79"))
    ]
    take_in(table(*rows), letter)
    before = exported(letter)
    for kind in ("csv", "csv-excel", "jsonl"):
        run = take_in(exported(letter, kind), letter, ImportOrigin.OWN, overwrite=overwrite)
        assert run.imported
        assert set(run.imported) <= {"unchanged", "left", "left:unsubscribed"}, (kind, outcomes(run))
        assert exported(letter) == before


def test_a_dry_run_says_what_the_import_will_do_and_writes_nothing(letter: MailingList) -> None:
    content = people("eve", "ada", "bob", "cleo", "dan", "nina", "eve") + b"nobody,Nobody,,\r\n,Empty,,\r\n"
    record = ("contact", "subscription", "consent_event", "tally", "import_row")

    def rows() -> list[Any]:
        db.session.rollback()
        return [db.session.execute(text(f"SELECT * FROM {name}")).all() for name in record]

    before = rows()
    run = check(upload(content, letter))
    assert rows() == before
    assert run.checked == {
        "created": 1,
        "joined": 1,
        "updated": 2,
        "left": 2,
        "left:unsubscribed": 1,
        "left:suppressed": 1,
        "duplicate": 1,
        "invalid": 2,
        "invalid:address": 1,
        "invalid:no-address": 1,
        "state:confirmed": 3,
        "grade:B": 3,
    }
    begin(run, Task.IMPORT)
    assert import_job.run_now(run.id).imported == run.checked
    assert_counts_are_exact()


def test_undo_gives_back_the_very_export_of_before(letter: MailingList) -> None:
    before, people_before = exported(letter), db.session.scalars(select(Contact.address_key).order_by(Contact.id)).all()
    content = people("eve", "ada", "bob", "cleo", "nina", "fay") + b"cleo@example.org,,,\r\nada@example.org,,,\r\n"
    run = take_in(content, letter, overwrite=True)
    assert exported(letter) != before
    done = take_back(run)
    assert (done.state, done.undone) == ("done", {"undone": 5})
    assert exported(letter) == before
    assert db.session.scalars(select(Contact.address_key).order_by(Contact.id)).all() == people_before
    assert_counts_are_exact()
    left = db.session.scalars(select(ConsentEvent).where(ConsentEvent.type == "imported")).all()
    assert sorted(event.address or "" for event in left) == ["", "", BOB, "nina@example.org"]


def test_undo_of_a_withdrawal_gives_the_subscription_back(letter: MailingList) -> None:
    before = exported(letter)
    run = take_in(table({"email": ADA, "status": "unsubscribed"}), letter, ImportOrigin.CLAIM)
    take_back(run)
    assert exported(letter) == before
    assert_counts_are_exact()


def test_undo_leaves_what_people_did_since(
    letter: MailingList, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    run = take_in(people("eve", "fay", "gus", "hal"), letter, ImportOrigin.CLAIM)
    form_id = db.session.scalars(text("SELECT public_id FROM form")).one()
    sign_up(client, form_id, "eve@example.org", fields={})
    fay, gus = subscription_of("fay@example.org"), subscription_of("gus@example.org")
    assert fay
    assert gus
    with transaction():
        leave(fay.id, "link")
        db.session.execute(update(Contact).where(Contact.id == gus.contact_id).values(answers={"first_name": "G."}))
    done = take_back(run)
    db.session.add(letter)  # the request had ended the session that read it
    assert done.undone == {"undone": 1, "kept": 3}
    assert {name for name in states(letter) if name in {"eve", "fay", "gus", "hal"}} == {"eve", "fay", "gus"}
    assert_counts_are_exact()


def test_an_undone_file_can_be_imported_again(letter: MailingList) -> None:
    run = take_in(people("eve", "fay"), letter)
    once = states(letter)
    take_back(run)
    take_in(people("eve", "fay"), letter)
    assert states(letter) == once
    assert_counts_are_exact()


def stop_after(monkeypatch: pytest.MonkeyPatch, chunks: int, error: BaseException) -> None:
    """Let the worker die while it does the chunk after `chunks`."""
    merged, left = import_merge.Merge._merge, [chunks]

    def merge(self: import_merge.Merge, *args: Any) -> Any:
        counts = merged(self, *args)
        if not left[0]:
            raise error
        left[0] -= 1
        return counts

    monkeypatch.setattr(import_merge.Merge, "_merge", merge)


def die_and_go_on(monkeypatch: pytest.MonkeyPatch, chunks: int) -> str:
    """A worker does so many chunks and dies in the next; its lease ends. The state that the run is in then."""
    with monkeypatch.context() as patch:
        stop_after(patch, chunks, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            import_job.perform()
    db.session.rollback()
    with transaction():
        db.session.execute(text("UPDATE import_run SET lease_until = '2020-01-01 00:00:00.000'"))
    import_job.sweep()
    state: str | None = db.session.scalar(select(ImportRun.state))
    db.session.rollback()
    return state or ""


def test_workers_that_die_often_end_no_import_that_comes_further(
    letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_of_fourteen = people(*(f"p{number}" for number in range(14)))
    run = upload(people_of_fourteen, letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE, mapping=run.mapping)
    for _death in range(6):
        assert die_and_go_on(monkeypatch, 1) == "waiting"
    import_job.perform()
    assert import_job.read(run.id).state == "done"
    assert import_job.read(run.id).rows == 14


def test_a_file_that_ends_every_worker_at_the_same_place_is_given_up(
    letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload(people("eve", "fay", "gus"), letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE, mapping=run.mapping)
    states_seen = [die_and_go_on(monkeypatch, 0) for _death in range(import_job.MAX_STUMBLES)]
    assert states_seen == ["waiting"] * (import_job.MAX_STUMBLES - 1) + ["failed"]


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_a_killed_worker_leaves_whole_chunks_and_the_next_one_ends_with_the_same(
    letter: MailingList, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    content = people("eve", "ada", "bob", "eve", "fay", "gus", "cleo") + b"nobody,,,\r\n"
    with monkeypatch.context() as patch:
        stop_after(patch, chunks, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            take_in(content, letter)
    db.session.rollback()
    run = db.session.scalars(select(ImportRun).execution_options(populate_existing=True)).one()
    assert (run.state, run.rows) == ("running", chunks * 2)
    assert len(outcomes(run)) == chunks * 2
    assert_counts_are_exact()
    with transaction():
        db.session.execute(text("UPDATE import_run SET lease_until = '2020-01-01 00:00:00.000'"))
    import_job.sweep()
    import_job.perform()
    run = import_job.read(run.id)
    assert (run.state, run.rows, run.attempt) == ("done", 8, 2)
    assert run.imported == {
        "created": 3,
        "updated": 2,
        "left": 1,
        "left:unsubscribed": 1,
        "duplicate": 1,
        "invalid": 1,
        "invalid:address": 1,
        "state:confirmed": 4,
        "grade:B": 4,
    }
    assert len(outcomes(run)) == 8
    assert_counts_are_exact()


HALF_AN_IMPORT = """
import time
from signup.app import create_app
from signup.ground.config import Settings
from signup.imports import import_job, import_merge
import_job.CHUNK_ROWS = import_job.CHUNK_ROWS_SQLITE = 2
merged = import_merge.Merge._merge
def merge(self, connection, rows, progress):
    counts = merged(self, connection, rows, progress)
    if progress[0] == 4:
        print("half", flush=True)
        time.sleep(60)
    return counts
import_merge.Merge._merge = merge
app = create_app(Settings.from_environment())
with app.app_context():
    import_job.perform()
"""


def test_after_a_kill_at_half_the_next_worker_ends_with_an_equal_export(
    letter: MailingList, database_url: str, tmp_path: Path
) -> None:
    content = people(*(f"p{n}" for n in range(9)), "ada", "cleo", "p1")
    run = take_in(content, letter)
    whole, counts = exported(letter), run.imported
    take_back(run)
    run = upload(content, letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)
    environment = {
        "DATABASE_URL": database_url,
        "SIGNUP_VAR": str(tmp_path),
        "SECRET_KEYS": KEY,
        "PATH": os.environ["PATH"],
    }
    process = subprocess.Popen(
        [sys.executable, "-c", HALF_AN_IMPORT],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        while "half" not in (line := process.stdout.readline()):
            assert line, "the worker ended early"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert import_job.read(run.id).rows == 4
    with transaction():
        db.session.execute(text("UPDATE import_run SET lease_until = '2020-01-01 00:00:00.000'"))
    import_job.sweep()
    import_job.perform()
    assert import_job.read(run.id).imported == counts
    assert_counts_are_exact()

    def without_what_is_new_each_time(export: bytes) -> list[dict[str, str]]:
        rows = csv.DictReader(export.decode().splitlines())
        return [
            {name: value for name, value in row.items() if name not in {"contact_uid", "status_at"}} for row in rows
        ]

    assert without_what_is_new_each_time(exported(letter)) == without_what_is_new_each_time(whole)


def test_a_chunk_gives_way_to_a_visitor_and_is_done_afterwards(letter: MailingList, app: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    run = upload(people("bob", "eve"), letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)

    def work() -> None:
        with app.app_context():
            import_job.run_now(run.id)

    worker = threading.Thread(target=work)
    with db.engine.connect() as visitor:
        visitor.execute(text("SELECT 1 FROM subscription JOIN contact c ON c.id = contact_id FOR UPDATE"))
        worker.start()
        worker.join(1.0)
        assert worker.is_alive()
        visitor.execute(text("UPDATE contact SET name = 'Robert' WHERE address_key = 'bob@example.org'"))
        visitor.commit()
    worker.join()
    assert import_job.read(run.id).imported == {"created": 1, "updated": 1, "state:confirmed": 2, "grade:B": 2}
    bob = subscription_of(BOB)
    assert bob
    assert (bob.state, bob.contact.name) == ("confirmed", "Robert")
    assert_counts_are_exact()


def test_a_cancelled_run_stops_and_can_be_undone_or_go_on(letter: MailingList) -> None:
    before = exported(letter)
    run = upload(people("eve", "fay", "gus", "hal", "ida"), letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)

    def cancel(one: ImportRun, rows: int) -> None:
        if rows == 4:
            with transaction():
                import_job.cancel(one.id)

    done = import_job.run_now(run.id, cancel)
    assert (done.state, done.rows, len(outcomes(done))) == ("cancelled", 4, 4)
    begin(run, Task.IMPORT)
    assert import_job.run_now(run.id).rows == 5
    assert take_back(run).undone == {"undone": 5}
    assert exported(letter) == before


def test_a_worker_that_is_asked_to_end_hands_on(letter: MailingList, app: Flask) -> None:
    run = upload(people("eve", "fay", "gus", "hal", "ida"), letter)
    begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)
    stop = app.extensions["signup.stopping"]
    done = import_job.run_now(run.id, lambda _run, _rows: stop.set())
    assert (done.state, done.rows) == ("waiting", 2)
    stop.clear()
    import_job.perform()
    assert (import_job.read(run.id).state, import_job.read(run.id).rows) == ("done", 5)


def test_two_imports_at_once_make_no_double(letter: MailingList, app: Flask) -> None:
    names = [f"p{n}" for n in range(20)]
    runs = [upload(people(*order), letter) for order in (names, names[::-1])]
    for run in runs:
        begin(run, Task.IMPORT, origin=ImportOrigin.SERVICE)

    def work(run_id: int) -> None:
        with app.app_context():
            import_job.run_now(run_id)

    threads = [threading.Thread(target=work, args=(run.id,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [import_job.read(run.id) for run in runs]
    assert [run.state for run in done] == ["done", "done"], [run.problem for run in done]
    assert sum((run.imported or {}).get("created", 0) for run in done) == 20
    assert len(states(letter)) == 23
    assert_counts_are_exact()


def test_an_imported_person_outlives_a_sign_up_that_nobody_confirmed(
    letter: MailingList, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    take_in(people("eve"), letter, ImportOrigin.CLAIM)
    sign_up(client, db.session.scalars(text("SELECT public_id FROM form")).one(), "eve@example.org")
    drain(app)
    with transaction():
        db.session.execute(text("UPDATE signup SET expires_at = '2020-01-01 00:00:00.000'"))
    purge_unconfirmed.expire()
    assert db.session.query(Signup).count() == 0
    assert state_of("eve@example.org") == "pending"
    assert_counts_are_exact()


def test_every_row_is_kept_word_for_word(letter: MailingList) -> None:
    run = take_in(
        b'email,first_name\r\n" EVE@Example.org ","=cmd|\' /C calc\'!A0"\r\nno,  x \r\n', letter, ImportOrigin.CLAIM
    )
    rows = db.session.scalars(select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.line)).all()
    assert [(row.line, row.raw, row.outcome) for row in rows] == [
        (2, [" EVE@Example.org ", "=cmd|' /C calc'!A0"], "created"),
        (3, ["no", "  x "], "invalid"),
    ]
    eve = subscription_of("eve@example.org")
    assert eve
    assert (eve.contact.address, eve.contact.answers) == ("EVE@example.org", {"first_name": "=cmd|' /C calc'!A0"})


def test_a_run_begins_only_when_nothing_is_under_way(letter: MailingList) -> None:
    run = upload(people("eve"), letter)
    with transaction():
        assert not import_job.begin(run.id, Task.UNDO)
        assert import_job.begin(run.id, Task.IMPORT)
        assert not import_job.begin(run.id, Task.IMPORT)
        assert not import_job.begin(run.id, Task.UNDO)
    import_job.perform()
    with transaction():
        assert not import_job.begin(run.id, Task.IMPORT)
        assert not import_job.begin(run.id, Task.CHECK)
        assert import_job.begin(run.id, Task.UNDO)
    import_job.perform()
    with transaction():
        assert not import_job.begin(run.id, Task.UNDO)
