"""When the time of something is over, exactly that goes, and every other row stays as it is."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access import audit
from signup.access.audit import AuditEntry
from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent
from signup.counts.event import Event, EventKind
from signup.files.import_run import ImportRow, ImportRun, Task
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.errors import SettingError
from signup.ground.keep_settings import KeepSettings
from signup.imports import empty_import, import_job
from signup.ledger import seal
from signup.mailer.message import Message
from signup.privacy import coarsen_visits, old_rows
from signup.privacy.retention import RETENTION
from signup.privacy.retention_cursor import RetentionCursor
from signup.privacy.retention_rule import RAN
from signup.signups.signup import Signup
from tests.cast import ADA, BOB, forget_limits, make_list, sign_up
from tests.imports.import_cast import people, take_in
from tests.ledger.cast import problems
from tests.privacy.moved_clock import Rows, everything, gone, pass_time

pytestmark = pytest.mark.both_engines

FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
DAY = timedelta(days=1)
MONTH = timedelta(days=31)
RULES = {rule.chore: rule for rule in RETENTION}
STANDING_BY = {"retention_cursor", "beat", "audit_entry"}
"""Where the work itself leaves something."""


def changed_by(chore: str) -> Rows:
    before = everything()
    RULES[chore].run()
    return {name: rows for name, rows in gone(before, everything()).items() if name != "retention_cursor"}


def visits() -> list[tuple[str | None, str | None, int]]:
    db.session.rollback()
    events = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.id))
    return [(one.ip, one.agent, len(one.salt or b"")) for one in events if one.ip]


def see(client: FlaskClient, form_id: str, address: str) -> None:
    """Sign up from a telephone."""
    client.environ_base = {"REMOTE_ADDR": "203.0.113.77"}
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    assert sign_up(client, form_id, address).status_code == 202


def test_after_thirty_days_only_network_and_browser_family_are_left(
    client: FlaskClient, form_id: str, noise: None
) -> None:
    see(client, form_id, ADA)
    pass_time(29 * DAY, "signup", "consent_event", "operator_session")
    assert changed_by("visits") == {}
    pass_time(2 * DAY, "signup", "consent_event", "operator_session")
    see(client, form_id, BOB)
    due = RULES["visits"].due()
    found = changed_by("visits")
    assert found.keys() == {"signup", "consent_event"}
    assert sum(map(len, found.values())) == due
    assert RULES["visits"].due() == 0
    full, coarse = ("203.0.113.77", FIREFOX), ("203.0.113.0", "Firefox 128 · Android")
    signups = db.session.execute(select(Signup.ip, Signup.agent).order_by(Signup.id)).all()
    assert [tuple(row) for row in signups[-2:]] == [coarse, full]
    assert [visit for visit in visits() if visit[1] and "Firefox" in visit[1]] == [(*coarse, 16), (*full, 32)]
    assert changed_by("visits") == {}, "nothing is looked at twice"


def test_a_younger_row_with_a_lower_number_is_not_forgotten(
    client: FlaskClient, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_rows, "BATCH", 1)
    for name in ("one", "two", "three"):
        see(client, form_id, f"{name}@example.org")
        forget_limits()
    pass_time(31 * DAY, "signup")
    first = db.session.scalars(select(Signup).order_by(Signup.id)).first()
    assert first
    with transaction():
        first.created_at += 2 * DAY
    assert coarsen_visits.coarsen_visits() == 2
    assert db.session.scalars(select(RetentionCursor).where(RetentionCursor.name == "signup")).first() is None
    pass_time(2 * DAY, "signup")
    assert coarsen_visits.coarsen_visits() == 1
    assert set(db.session.scalars(select(Signup.ip))) == {"203.0.113.0"}


def test_after_thirteen_months_activity_goes_and_a_redeemed_code_stays(ada: str, noise: None) -> None:
    with transaction():
        contact_id = db.session.scalars(select(Event.contact_id)).first()
        for kind in EventKind:
            db.session.add(Event(contact_id=contact_id, kind=kind))
    pass_time(12 * MONTH, "event")
    assert changed_by("activity") == {}
    pass_time(2 * MONTH, "event")
    before = everything()["event"]
    found = changed_by("activity")
    assert found.keys() == {"event"}
    assert len(found["event"]) == len(before) - 1
    assert list(db.session.scalars(select(Event.kind))) == [EventKind.REDEEMED]


def test_after_three_years_the_trail_says_what_was_done_and_no_longer_who(opal: FlaskClient, noise: None) -> None:
    opal.get("/admin/settings")
    with transaction():
        audit.note(None, "list-added", "the-letter", name="secret")
    pass_time(35 * MONTH, "audit_entry")
    assert changed_by("audit") == {}
    pass_time(2 * MONTH, "audit_entry")
    with transaction():
        audit.note(None, "list-changed", "young")
    heads = db.session.execute(select(AuditEntry.id, AuditEntry.action, AuditEntry.at).order_by(AuditEntry.id)).all()
    found = changed_by("audit")
    assert found.keys() == {"audit_entry"}
    entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [(one.id, one.action, one.at) for one in entries[: len(heads)]] == [tuple(head) for head in heads]
    old, young, told = entries[-3:]
    assert (old.actor, old.ip, old.object, old.detail, old.salt) == ("", None, "", {}, None)
    assert (young.object, told.action, told.detail) == ("young", RAN, {"rows": len(heads) - 1, "by": "worker"})
    assert "List" in opal.get("/admin/settings/audit").text, "the page shows what is left"


def test_after_a_day_the_values_of_a_mail_go(ada: str) -> None:
    assert changed_by("forget") == {}
    pass_time(DAY, "message")
    assert changed_by("forget").keys() == {"message"}
    assert set(db.session.scalars(select(Message.data))) == {None}


def test_after_a_year_the_rows_of_an_import_are_empty_and_it_cannot_be_undone(
    app: Flask, noise: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(empty_import, "BATCH", 2)
    letter = make_list()
    old = take_in(people("ann", "ben", "cas", "dora"), letter)
    pass_time(11 * MONTH, "import_run")
    assert changed_by("import-rows") == {}
    pass_time(2 * MONTH, "import_run")
    young = take_in(people("eli"), letter)
    found = changed_by("import-rows")
    assert {name: len(rows) for name, rows in found.items()} == {"import_run": 1, "import_row": 4}
    rows = db.session.execute(select(ImportRow.run_id, ImportRow.raw, ImportRow.change)).all()
    assert {(row.raw == [], row.change is None) for row in rows if row.run_id == old.id} == {(True, True)}
    assert [row.raw[0] for row in rows if row.run_id == young.id] == ["eli@example.org"]
    for run, may in ((old, False), (young, True)):
        with transaction():
            assert import_job.begin(run.id, Task.UNDO) == may


def test_what_was_stopped_in_the_middle_goes_on_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(empty_import, "BATCH", 2)
    run = take_in(people("ann", "ben", "cas", "dora", "eli"), make_list())
    pass_time(13 * MONTH, "import_run")
    done, real = [], empty_import._empty_some

    def dies(one: ImportRun) -> int:
        done.append(real(one))
        if len(done) == 2:
            raise KeyboardInterrupt  # before the commit
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(empty_import, "_empty_some", dies)
        with pytest.raises(KeyboardInterrupt):
            empty_import.empty_imports()
    db.session.rollback()
    raws = select(ImportRow.raw).where(ImportRow.run_id == run.id).order_by(ImportRow.line)
    assert [raw == [] for raw in db.session.scalars(raws)] == [True, True, False, False, False]
    with transaction():
        assert not import_job.begin(run.id, Task.UNDO), "half of it could be undone"
    assert empty_import.empty_imports() == 3
    assert {tuple(raw) for raw in db.session.scalars(raws)} == {()}


NEVER = dict.fromkeys(KeepSettings.model_fields, "0")


def test_zero_keeps_for_ever(make_app: Callable[..., Flask]) -> None:
    make_app(**NEVER)
    with transaction():
        audit.note(None, "list-added", "old")
    run = take_in(people("ann"), make_list())
    pass_time(timedelta(days=10_000))
    before = everything()
    for rule in RETENTION:
        assert rule.due() == 0 or rule.chore not in {"visits", "activity", "audit", "import-rows", "imports"}, rule
    for chore in ("visits", "activity", "audit", "import-rows", "forget", "expire"):
        RULES[chore].run()
    assert gone(before, everything()) == {}
    assert run.emptied_at is None


@pytest.mark.parametrize(("name", "value"), [("KEEP_UNCONFIRMED_DAYS", "7"), ("KEEP_IP_DAYS", "-1")])
@pytest.mark.one_engine
def test_a_time_that_cannot_be_kept_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environment({name: value})


def test_the_ledger_stays_whole_when_visits_and_trail_have_gone(opal: FlaskClient, ada: str) -> None:
    pass_time(37 * MONTH)
    seal.seal()
    assert problems() == []
    for chore in ("visits", "audit"):
        assert RULES[chore].due() > 0
        RULES[chore].run()
    seal.seal()
    assert problems() == []


def test_the_console_shows_what_is_due_and_does_it(app: Flask, ada: str) -> None:
    pass_time(2 * DAY, "message")
    shown = CliRunner().invoke(main, ["retention", "--dry-run", "--json"], obj=lambda: app)
    rows = {row["chore"]: row for row in json.loads(shown.stdout)}
    assert rows.keys() == RULES.keys()
    n = rows["forget"]["due"]
    assert n > 0
    assert RULES["forget"].due() == n, "a dry run deletes nothing"
    done = CliRunner().invoke(main, ["retention", "--json"], obj=lambda: app)
    assert {row["chore"]: row["done"] for row in json.loads(done.stdout)}["forget"] == n
    assert RULES["forget"].due() == 0
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == RAN)).one()
    assert (told.actor, told.detail["forget"]) == ("console", n)
