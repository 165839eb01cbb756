"""A check of the ledger is asked for, done by one worker at a time, and its result stays."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from structlog.testing import capture_logs

from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.urls import settings
from signup.ledger import ledger_check, ledger_state, seal, verify
from signup.ledger.ledger_check import LedgerCheck
from signup.ledger.ledger_state import OutsideState
from tests.cast import ADA, sign_up
from tests.ledger.cast import tamper


def check() -> LedgerCheck:
    """Ask, do it, and read what came of it."""
    with transaction():
        ledger_check.ask(None)
    ledger_check.perform()
    return newest()


def newest() -> LedgerCheck:
    db.session.rollback()
    db.session.expire_all()
    found = ledger_check.newest()
    assert found
    return found


def test_a_check_of_a_whole_ledger_says_so_with_its_time(app: Flask, ada: str) -> None:
    seal.seal()
    done = check()
    assert (done.state, done.problems, done.is_open) == ("done", 0, None)
    assert done.checked == done.size > 0
    assert done.finished_at
    assert utcnow() - done.finished_at < timedelta(minutes=1)
    assert ledger_state.trouble() == ""


def test_a_check_of_a_forged_ledger_names_the_entry_and_the_log_says_it(app: Flask, ada: str) -> None:
    seal.seal()
    tamper(update(ConsentEvent).where(ConsentEvent.address == ADA).values(method="forged"))
    with capture_logs() as logs:
        done = check()
    assert done.is_bad
    assert "its header was changed" in done.found[0]
    assert ADA not in str(done.found)
    assert [log["problems"] for log in logs if log["event"] == "ledger.checked"] == [done.problems]
    assert "problems" in ledger_state.trouble()


def test_there_is_one_check_at_a_time(app: Flask, ada: str) -> None:
    with transaction():
        assert [ledger_check.ask(None) for _n in range(2)] == [True, False]
    ledger_check.perform()
    with transaction():
        assert ledger_check.ask(1)
    assert db.session.scalar(select(func.count(LedgerCheck.id))) == 2


def test_a_check_whose_worker_died_is_done_by_the_next_one_and_given_up_after_five(app: Flask, ada: str) -> None:
    seal.seal()
    with transaction():
        ledger_check.ask(None)
    dead = update(LedgerCheck).values(state="running", owner="dead", attempt=1, lease_until=text("'2020-01-01'"))
    with transaction():
        db.session.execute(dead)
    ledger_check.perform()
    assert newest().state == "done"
    with transaction():
        ledger_check.ask(None)
        last = dead.values(attempt=ledger_check.MAX_ATTEMPTS)
        db.session.execute(last.where(LedgerCheck.state == "waiting"))
    ledger_check.perform()
    assert (newest().state, newest().is_open) == ("failed", None)


def test_a_worker_that_is_asked_to_end_leaves_the_check_to_another(
    app: Flask, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal.seal()
    stopping().set()
    try:
        assert check().state == "waiting"
    finally:
        stopping().clear()
    ledger_check.perform()
    assert newest().state == "done"


def test_progress_is_noted_while_a_long_ledger_is_checked(
    app: Flask, client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        sign_up(client, form_id, f"p{n}@example.org")
    seal.seal()
    monkeypatch.setattr(verify, "CHUNK", 2)
    monkeypatch.setattr(ledger_check, "PULSE_SECONDS", 0.0)
    seen: list[int] = []
    changed = ledger_check._update

    def watched(run: LedgerCheck, **values: object) -> bool:
        seen.append(int(str(values.get("checked", 0))))
        return changed(run, **values)

    monkeypatch.setattr(ledger_check, "_update", watched)
    check()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


def test_events_that_nobody_seals_are_told_after_five_minutes(app: Flask, client: FlaskClient, ada: str) -> None:
    seal.seal()
    assert client.get("/readyz").json["ledger"] == "ok"  # type: ignore[index]
    state = ledger_state.read_state()
    assert (state.waiting, state.is_late) == (0, False)
    sign_up(client, _form(), "late@example.org")
    assert ledger_state.read_state().waiting > 0
    long_ago = "2026-01-01 00:00:00.000+00:00" if db.engine.name == "postgresql" else "2026-01-01 00:00:00.000"
    unsealed = "id NOT IN (SELECT event_id FROM ledger_entry WHERE event_id IS NOT NULL)"
    tamper(text(f"UPDATE consent_event SET at = '{long_ago}' WHERE {unsealed}"))
    assert ledger_state.read_state().is_late
    answer = client.get("/readyz")
    assert answer.status_code == 200, "a web server stays ready"
    assert "wait to be sealed" in answer.json["ledger"]  # type: ignore[index]


def _form() -> str:
    return str(db.session.scalar(text("SELECT public_id FROM form ORDER BY id LIMIT 1")))


def test_the_folder_outside_agrees_until_the_database_is_set_back(app: Flask, client: FlaskClient, ada: str) -> None:
    assert ledger_state.look_outside() == OutsideState.ABSENT
    seal.seal()
    assert ledger_state.look_outside() == OutsideState.AGREES
    sign_up(client, _form(), "more@example.org")
    newest_outside = settings().outside_folder / "checkpoint"
    before = newest_outside.read_text()
    seal.seal()
    newest_outside.write_text(before)
    assert ledger_state.look_outside() == OutsideState.AGREES, "behind is not against"
    newest_outside.write_text("nonsense\n\n— x y\n")
    assert ledger_state.look_outside() == OutsideState.UNREADABLE


def test_a_database_that_was_set_back_contradicts_the_folder(app: Flask, client: FlaskClient, ada: str) -> None:
    seal.seal()
    folder = settings().outside_folder
    sign_up(client, _form(), "more@example.org")
    seal.seal()
    kept = (folder / "checkpoint").read_text()
    size = ledger_state.read_state().size
    tamper(
        text(f"DELETE FROM ledger_entry WHERE position >= {size - 1}"),
        text(f"UPDATE ledger_head SET size = {size - 1}"),
    )
    assert (folder / "checkpoint").read_text() == kept
    assert ledger_state.look_outside() == OutsideState.CONTRADICTS


def test_the_metrics_count_entries_and_problems(app: Flask, client: FlaskClient, ada: str) -> None:
    seal.seal()
    check()
    told = client.get("/metrics").text
    assert f"signup_ledger_entries {float(ledger_state.read_state().size)}" in told
    assert "signup_ledger_problems 0.0" in told


@pytest.mark.one_engine
def test_the_doctor_says_what_is_wrong_with_the_ledger(app: Flask, ada: str) -> None:
    seal.seal()
    tamper(update(ConsentEvent).where(ConsentEvent.address == ADA).values(method="forged"))
    check()
    told = app.test_cli_runner().invoke(main, ["doctor"], obj=lambda: app).output
    assert "look under Consent" in told
