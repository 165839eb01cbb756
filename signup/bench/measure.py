"""The measurements: each returns rows of (what, figure, unit), ratios against a yardstick taken in the same run."""

import json
import smtplib
import statistics
import time
from datetime import timedelta
from typing import NamedTuple

import click
from sqlalchemy import func, select, text, update

from signup.bench import load
from signup.bench.load import Load, Plan, post
from signup.bench.scratch_service import Stage, peak_memory
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.mailer import compose
from signup.mailer.compose import Draft
from signup.mailer.message import Message, MessageState
from signup.signups.signup import Signup, SignupState

CONNECTIONS = 4
ROUNDS = 7  # pairs of short runs: a shared machine changes its pace from one second to the next
WARM_UP = 200
FORM = "application/x-www-form-urlencoded"


class MeasuredRow(NamedTuple):
    """One line of the report."""

    what: str
    figure: float
    unit: str
    aim: str = ""


def signups(stage: Stage, processes: int, seconds: float) -> list[MeasuredRow]:
    """POST of a new address, durable when answered, against the parse-only address; the two take turns."""
    path, rounds = f"/f/{stage.form_id}", _Rounds()
    with stage.web(processes, threads=CONNECTIONS) as web:
        timed(stage, signup_requests(path, 90_000_000), b"HTTP/1.1 202", 30, WARM_UP)
        for turn in range(ROUNDS):
            first = 10_000_000 * (turn + 1)
            rounds.parse.append(timed(stage, signup_requests("/bench/parse", first), b"HTTP/1.1 202", seconds))
            rounds.real.append(timed(stage, signup_requests(path, first), b"HTTP/1.1 202", seconds))
        memory = peak_memory(web.pid)
    return [
        *rounds.rows("sign-up", "≥ 0.25, then 0.33"),
        MeasuredRow("sign-up: peak memory of a web process", memory / 2**20, "MB"),
    ]


def signup_requests(path: str, first: int) -> load.Request:
    def make(number: int) -> bytes:
        body = {"email": f"p{first + number}@example.org", "page": "https://blog.example.org/", "consent": True}
        return post(path, json.dumps(body).encode(), first + number)

    return make


def confirmations(stage: Stage, processes: int, most: int) -> list[MeasuredRow]:
    """POST of each confirmation link once, against the parse-only address."""
    with stage.app.app_context():
        waiting = select(Signup.uid).where(Signup.state == "pending").order_by(Signup.id).limit(most)
        links = ["/confirm/" + keys().sign(TokenPurpose.CONFIRM, uid) for uid in db.session.scalars(waiting)]
        db.session.remove()
    if len(links) < most:
        return [MeasuredRow("confirm: too few sign-ups to confirm", len(links), "")]
    rounds, share = _Rounds(), most // ROUNDS
    with stage.web(processes, threads=CONNECTIONS):
        for turn in range(ROUNDS):
            mine = links[turn * share : (turn + 1) * share]
            rounds.parse.append(timed(stage, _clicks(["/bench/parse"] * share, b"email=a"), b"HTTP/1.1 202", 60, share))
            rounds.real.append(timed(stage, _clicks(mine), b"HTTP/1.1 303", 60, share))
    return rounds.rows("confirm", "≥ 0.25")


def _clicks(paths: list[str], body: bytes = b"") -> load.Request:
    def make(number: int) -> bytes:
        return post(paths[number], body, number, FORM)

    return make


def mails(stage: Stage, processes: int) -> list[MeasuredRow]:
    """Confirmation mails that wait, handed over by the workers, against one kept-open smtplib loop."""
    with stage.app.app_context():
        drafts = select(*(getattr(Message, name) for name in Draft._fields)).limit(1)
        mail = compose.render(Draft(*db.session.execute(drafts.where(Message.kind == "confirm")).one()))
        with transaction():
            db.session.execute(
                text("UPDATE message SET state = 'cancelled' WHERE kind <> 'confirm' AND state = 'ready'")
            )
            later = utcnow() + timedelta(days=1)  # a confirmation whose time is over does not go
            confirmed = update(Signup).where(Signup.state == SignupState.CONFIRMED)
            db.session.execute(confirmed.values(state=SignupState.PENDING, expires_at=later))
        waiting = _count(MessageState.READY)
    with stage.sink():
        before = smtplib_loop(stage.smtp_port, mail)
        with stage.workers(processes):
            rate = watch(stage, waiting)
        after = smtplib_loop(stage.smtp_port, mail)
    loop = statistics.median([before, after])
    return [
        MeasuredRow("mails: one smtplib loop", loop, "/s"),
        MeasuredRow(f"mails: {processes} worker processes, {waiting} mails", rate, "/s"),
        MeasuredRow("mails: ratio", rate / loop, "×", "≥ 0.35, then 0.5"),
    ]


def smtplib_loop(port: int, mail: compose.ComposedMail, most: int = 4000) -> float:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.ehlo()
        begun = time.monotonic()
        for _one in range(most):
            smtp.mail(mail.sender)
            smtp.rcpt(mail.recipient)
            smtp.data(mail.content)
        return most / (time.monotonic() - begun)


def watch(stage: Stage, waiting: int) -> float:
    """Mails a second between the first tenth and the last: without the workers' start, and their idle end."""
    low, high = waiting // 10, waiting - waiting // 10
    begun = ended = 0.0
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with stage.app.app_context():
            sent = _count(MessageState.SENT)
        if sent >= low and not begun:
            begun, low = time.monotonic(), sent
        if sent >= high:
            ended, high = time.monotonic(), sent
            break
        time.sleep(0.05)
    if not ended > begun:
        raise click.ClickException(f"the workers sent {sent} of {waiting} emails within five minutes")
    return (high - low) / (ended - begun)


def _count(state: MessageState) -> int:
    found = db.session.scalar(select(func.count()).select_from(Message).where(Message.state == state))
    db.session.remove()
    return found or 0


class _Rounds:
    def __init__(self) -> None:
        self.parse: list[Load] = []
        self.real: list[Load] = []

    def rows(self, what: str, aim: str) -> list[MeasuredRow]:
        parse = statistics.median(one.rate for one in self.parse)
        real = statistics.median(one.rate for one in self.real)
        median = statistics.median(one.quantile(0.5) for one in self.real)
        late = statistics.median(one.quantile(0.99) for one in self.real)
        pairs = [one.rate / other.rate for one, other in zip(self.real, self.parse, strict=True)]
        wrong = sum(one.wrong for one in (*self.parse, *self.real))
        return [
            MeasuredRow(f"{what}: parse only", parse, "/s"),
            MeasuredRow(f"{what}: everything durable", real, "/s"),
            MeasuredRow(f"{what}: ratio (median of {len(pairs)} pairs)", statistics.median(pairs), "×", aim),
            MeasuredRow(f"{what}: median", median * 1000, "ms"),
            MeasuredRow(f"{what}: p99", late * 1000, "ms"),
            MeasuredRow(f"{what}: p99 / median", late / median, "×", "≤ 10"),
            *([MeasuredRow(f"{what}: wrong answers", wrong, "")] if wrong else []),
        ]


def timed(stage: Stage, make: load.Request, expect: bytes, seconds: float, most: int | None = None) -> Load:
    """Ask for so many seconds, or so many times."""
    return load.run(Plan(stage.web_port, make, expect, seconds, CONNECTIONS, most))
