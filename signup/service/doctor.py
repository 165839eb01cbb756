"""`signup doctor` checks whether every part is there and set up well, and says what is wrong and how to mend it."""

import smtplib
import time
from collections.abc import Callable
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select, text

from signup.access import app_code
from signup.bounces.intake import read_imap
from signup.bounces.intake.imap_folder import ImapAway, ImapFolder
from signup.ground.broker_url import BROKERS, scheme_of
from signup.ground.config import Settings
from signup.ground.database_outage import outage
from signup.ground.db import db, is_postgresql
from signup.ground.jobs import last_beat
from signup.ground.private_files import open_to_others
from signup.incentives.code_pool import low_pools
from signup.incentives.incentive import Incentive, IncentiveKind
from signup.ledger import ledger_state
from signup.ledger.ledger_state import OutsideState
from signup.mailer.failed_mail import failures
from signup.mailer.smtp import connect
from signup.service import probe

MAX_CLOCK_DRIFT = 2.0
SHOWN = 3
SOME_LEFT, FEW_LEFT = 0.8, 0.95
"""The share of the server's connections in use from which on the finding is `note`, and `wrong`."""
LITTLE, MUCH_TOO_LITTLE = 1_000_000_000, 100_000_000
"""Free bytes on a disk below which the finding is `note`, and `wrong`."""


class DoctorFinding(NamedTuple):
    """The result of a check: `ok`, `note` (works, but look at it) or `wrong`."""

    check: str
    state: str
    detail: str


def examine(settings: Settings) -> list[DoctorFinding]:
    """Run every check. A check that crashes is a finding itself."""
    checks: list[Callable[[Settings], DoctorFinding]] = [
        _public_url,
        _keys,
        _database,
        _schema,
        _writing,
        _connections,
        _disk,
        _clock,
        _broker,
        _relay,
        _returned_mails,
        _sweeper,
        _ledger,
        _failed_mails,
        _proxies,
        _private,
        _seeds,
        _files,
        _codes,
    ]
    findings = []
    for check in checks:
        name = check.__name__.strip("_").replace("_", " ")
        try:
            findings.append(check(settings))
        except Exception as error:  # noqa: BLE001  # whatever is broken, the other checks still run
            db.session.rollback()
            findings.append(DoctorFinding(name, "wrong", _told(error)))
    return findings


def _told(error: Exception) -> str:
    if found := outage(error):
        return f"{found.means} ({found.detail})"
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"


def _public_url(settings: Settings) -> DoctorFinding:
    if settings.is_https:
        return DoctorFinding("public url", "ok", settings.public_url)
    return DoctorFinding(
        "public url", "note", f"{settings.public_url} is not https: fine on a laptop, not for visitors"
    )


def _keys(settings: Settings) -> DoctorFinding:
    number = len(settings.key_ring())
    where = "SECRET_KEYS" if settings.secret_keys else str(settings.signup_var / "secret.key")
    return DoctorFinding("secret keys", "ok", f"{number} in {where}")


def _database(settings: Settings) -> DoctorFinding:
    engine = "PostgreSQL" if is_postgresql() else "SQLite"
    if settings.is_sqlite:
        mode = db.session.scalar(text("PRAGMA journal_mode"))
        return DoctorFinding("database", "ok" if mode == "wal" else "wrong", f"{engine}, journal {mode}")
    durable = db.session.scalar(text("SHOW synchronous_commit"))
    state = "ok" if durable == "on" else "wrong"
    return DoctorFinding("database", state, f"{engine}, synchronous_commit {durable}")


def _schema(_settings: Settings) -> DoctorFinding:
    found, wanted = schema = probe.schema()
    if schema.is_old:
        return DoctorFinding("schema", "wrong", f"{found or 'none'}, this release needs {wanted}: run `signup migrate`")
    if found != wanted:
        return DoctorFinding("schema", "note", f"{found}, newer than this release's {wanted}")
    return DoctorFinding("schema", "ok", found)


def _writing(_settings: Settings) -> DoctorFinding:
    probe.write()
    return DoctorFinding("writing", "ok", "a row was written and is durable")


def _connections(settings: Settings) -> DoctorFinding:
    found = probe.connections()
    if found is None:
        return DoctorFinding("connections", "ok", "SQLite has no limit")
    share = found.used / max(found.allowed, 1)
    state = "wrong" if share >= FEW_LEFT else "note" if share >= SOME_LEFT else "ok"
    each = (
        f"each process of this service opens up to {found.of_a_process} (twice DATABASE_POOL {settings.database_pool})"
    )
    return DoctorFinding("connections", state, f"{found.used} of the server's {found.allowed} in use; {each}")


def _disk(_settings: Settings) -> DoctorFinding:
    free = {folder: probe.free_space(folder) for folder in probe.folders()}
    if not free:
        return DoctorFinding("disk", "note", "no folder of this service is there yet")
    least = min(free.values())
    state = "wrong" if least < MUCH_TOO_LITTLE else "note" if least < LITTLE else "ok"
    return DoctorFinding("disk", state, ", ".join(f"{n / 1e9:.1f} GB free in {folder}" for folder, n in free.items()))


def _failed_mails(_settings: Settings) -> DoctorFinding:
    if found := failures():
        each = ", ".join(f"{one.n} {one.reason.value}" for one in found)
        return DoctorFinding("failed mails", "note", f"{each}: look under Outbox, or `signup outbox retry --reason …`")
    return DoctorFinding("failed mails", "ok", "none")


def _clock(_settings: Settings) -> DoctorFinding:
    query = (
        "SELECT extract(epoch FROM clock_timestamp())"
        if is_postgresql()
        else "SELECT (julianday('now') - 2440587.5) * 86400.0"
    )
    drift = abs(float(db.session.scalar(text(query)) or 0) - time.time())
    state = "ok" if drift < MAX_CLOCK_DRIFT else "wrong"
    return DoctorFinding("clock", state, f"{drift:.1f} s between this machine and the database")


def _broker(settings: Settings) -> DoctorFinding:
    url = settings.broker_url.get_secret_value()
    client = getattr(current_app.extensions["signup.broker"], "client", None)
    if not url:
        return DoctorFinding("broker", "ok", "in-process: the web processes send emails")
    if client is None:
        return DoctorFinding("broker", "note", f"{BROKERS[scheme_of(url)]}: not examined")
    client.ping()
    info = client.info()
    if info.get("maxmemory_policy") not in {None, "noeviction"}:
        return DoctorFinding("broker", "wrong", f"maxmemory-policy is {info['maxmemory_policy']}: set noeviction")
    return DoctorFinding("broker", "ok", f"Redis {info.get('redis_version', '')}")


def _relay(settings: Settings) -> DoctorFinding:
    target = settings.smtp_target.rpartition("@")[2]
    try:
        smtp = connect(settings.smtp_target)
    except (OSError, smtplib.SMTPException) as error:
        hint = (
            ""
            if settings.smtp_url.get_secret_value()
            else " (SMTP_URL is empty: start `signup run`, or set your mail server)"
        )
        return DoctorFinding("mail relay", "wrong", f"{target}: {error}{hint}")
    features = ", ".join(sorted(set(smtp.esmtp_features) & {"starttls", "pipelining", "smtputf8", "8bitmime"}))
    smtp.quit()
    return DoctorFinding("mail relay", "ok", f"{target} answers ({features or 'no extensions'})")


def _returned_mails(_settings: Settings) -> DoctorFinding:
    url = read_imap.folder_url()
    if url is None:
        return DoctorFinding("returned mails", "ok", "BOUNCE_IMAP_URL is empty: no folder is read")
    try:
        with ImapFolder(url) as folder:
            waiting, aside = len(folder.waiting()), folder.put_aside()
    except ImapAway as error:
        return DoctorFinding("returned mails", "wrong", str(error))
    if aside:
        return DoctorFinding("returned mails", "note", f"{url.place}: {aside} could not be read and are flagged there")
    return DoctorFinding("returned mails", "ok", f"{url.place} answers, {waiting} to read")


def _sweeper(_settings: Settings) -> DoctorFinding:
    beat = last_beat("sweep")
    if beat is None:
        return DoctorFinding("worker", "note", "no worker has started yet")
    age = time.time() - beat.timestamp()
    return DoctorFinding("worker", "ok" if age < 60 else "wrong", f"last swept {age:.0f} s ago")  # noqa: PLR2004  # six beats


def _ledger(settings: Settings) -> DoctorFinding:
    if wrong := ledger_state.trouble():
        return DoctorFinding("ledger", "wrong", f"{wrong}: look under Consent, or `signup consent verify`")
    if ledger_state.look_outside() in {OutsideState.CONTRADICTS, OutsideState.UNREADABLE}:
        told = f"the checkpoint in {settings.outside_folder} is not of this database: `signup consent verify`"
        return DoctorFinding("ledger", "wrong", told)
    return DoctorFinding("ledger", "ok", f"{ledger_state.read_state().size} entries")


def _proxies(settings: Settings) -> DoctorFinding:
    if settings.is_https and not settings.trusted_proxies:
        is_meant = "trusted_proxies" in settings.model_fields_set
        told = "TRUSTED_PROXIES is 0: behind a proxy, every visitor seems to come from it, and all share one limit"
        advice = "" if is_meant else ". Set it to the number of proxies in front; to 0 yourself if there is none"
        return DoctorFinding("proxies", "note" if is_meant else "wrong", told + advice)
    return DoctorFinding("proxies", "ok", f"{settings.trusted_proxies} trusted")


def _private(settings: Settings) -> DoctorFinding:
    """Files that others can read are closed when the service starts, as far as they belong to its user."""
    places = (settings.signup_var, settings.files_folder, *settings.sqlite_files)
    if loose := {path for place in places for path in open_to_others(place)}:
        some = ", ".join(map(str, sorted(loose)[:SHOWN]))
        return DoctorFinding(
            "private files", "wrong", f"others can read {len(loose)} files or folders: chmod go= {some}"
        )
    return DoctorFinding("private files", "ok", f"only this user can read {settings.signup_var}")


def _seeds(_settings: Settings) -> DoctorFinding:
    if lost := app_code.unreadable_seeds():
        told = f"none of SECRET_KEYS opens the authenticator app of {lost}: bring the key back, or"
        return DoctorFinding("second factors", "wrong", f"{told} `signup operator forget-factors ADDRESS`")
    return DoctorFinding("second factors", "ok", "all can be read")


def _files(settings: Settings) -> DoctorFinding:
    magnets = list(db.session.scalars(select(Incentive).where(Incentive.kind == IncentiveKind.FILE)))
    if missing := [magnet.name for magnet in magnets if not magnet.path.is_file()]:
        return DoctorFinding("files", "wrong", f"not in {settings.files_folder}: {', '.join(missing)}")
    return DoctorFinding("files", "ok", f"{len(magnets)} to give in {settings.files_folder}")


def _codes(_settings: Settings) -> DoctorFinding:
    if low := [f"“{magnet.name}” has {left} left" for magnet, left in low_pools()]:
        return DoctorFinding("discount codes", "note", f"{', '.join(low)}: add codes under Forms → Incentives")
    return DoctorFinding("discount codes", "ok", "every pool has codes")
