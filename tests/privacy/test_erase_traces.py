"""Of people who are erased no byte is left that names them: not in the database, its log, the folders or our logs.

Each has a name, a number, a firm and a mailbox of their own, so that a byte of theirs is nobody else's.
"""

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from signup.access import audit
from signup.audience import scoring_round
from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Standing
from signup.counts.event import Event
from signup.counts.tally import Measure, totals
from signup.duplicates import find_duplicates
from signup.duplicates.merge_contacts import merge_two
from signup.duplicates.unmerge import split_contact
from signup.exports import export_job, export_start
from signup.forms.form import Form
from signup.forms.live_form import forget_live_forms
from signup.forms.preset import PRESETS, definition_from
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.urls import settings
from signup.incentives import code_pool
from signup.incentives.incentive import Incentive, IncentiveKind
from signup.mailer.message import Message
from signup.signups.signup import Signup
from tests.cast import BLOG, Mailbox, confirm_all, drain, forget_limits, make_form, make_list, sign_up
from tests.imports.import_cast import OPAL, table, take_in, upload

pytestmark = pytest.mark.both_engines

SHARE = 10
TABLES: tuple[Any, ...] = (Contact, Subscription, Signup, Message, Event, ConsentEvent)


class Made:
    """One of the people, with everything by which they could be told."""

    def __init__(self, n: int) -> None:
        self.n, self.tag = n, f"{n:04d}"
        self.address = f"Ottilie.Quamb{self.tag}@firm{self.tag}.example.org"
        self.second = f"oq{self.tag}@second{self.tag}.example.net"
        self.first, self.last = f"Ottilie{self.tag}", f"Quambusch{self.tag}"
        self.firm, self.phone = f"Zwirnerei{self.tag} AG", f"+41 79 555 {self.tag[:2]} {self.tag[2:]}"
        self.words = f"Please call me, says the one of {self.tag}zwirn."

    @property
    def fields(self) -> dict[str, str]:
        return {"first_name": self.first, "last_name": self.last, "phone": self.phone, "company": self.firm}

    @property
    def needles(self) -> set[bytes]:
        addresses = {self.address, self.address.lower(), self.second}
        locals_ = {one.partition("@")[0] for one in addresses}
        names = {self.first, self.last, self.firm.split()[0], f"firm{self.tag}", f"{self.tag}zwirn"}
        numbers = {self.phone, self.phone.replace(" ", ""), self.phone.replace(" ", "")[1:]}
        texts = {text.encode() for text in addresses | locals_ | names | numbers}
        plain = {
            algorithm(text).digest() for text in texts for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256)
        }
        return {text.lower() for text in texts} | {one.hex().encode() for one in plain} | plain


@pytest.fixture
def people(is_long: bool) -> list[Made]:
    return [Made(n) for n in range(1, 1001 if is_long else 61)]


@pytest.fixture
def world(app: Flask, client: FlaskClient, mailbox: Mailbox, people: list[Made]) -> None:
    """Everybody signs up; most confirm; some write, are imported, merged, exported, and seen by the worker's rounds."""
    letter, other = make_list(), make_list("other", name="Other")
    form, contact = _forms(letter)
    for one in people:
        assert sign_up(client, form, one.address, fields=one.fields).status_code == 202
        if one.n % 3 == 0:
            said = {"first_name": one.first, "message": one.words}
            sent = sign_up(client, contact, one.address, fields=said, consent=False)
            assert sent.status_code == 202, sent.json
        if one.n % 50 == 0:
            forget_limits()
    drain(app)
    confirm_all(app, client, mailbox, *(one.address for one in people if one.n % 5))
    row = [{"email": one.second, "first_name": one.first, "phone": one.phone} for one in people]
    take_in(table(*row), other)
    take_in(table(*({"email": one.address, "last_name": one.last} for one in people)) + b"nobody,x\r\n", other)
    upload(table(*row), other)
    _merge(people)
    scoring_round.run_round()
    find_duplicates.search()
    with transaction():
        export_start.start(letter.id, "xlsx", {"status": "any"}, export_start.Requester(*OPAL))
        export_start.start(other.id, "csv", {"status": "any"}, export_start.Requester(*OPAL))
    export_job.perform()
    audit_all(people)


def _forms(letter: Any) -> tuple[str, str]:
    codes = Incentive(kind=IncentiveKind.CODES, name="Ten percent", low_at=0)
    with transaction():
        db.session.add(codes)
        db.session.flush()
        code_pool.generate(codes, "TEN-######", 1000, None)
    asked = tuple(Question(key=key, type="text", label=key) for key in ("first_name", "last_name", "phone", "company"))
    form = make_form(letter, magnet=False, lead_magnet_id=codes.id, fields=asked)
    contact = Form(name="Contact us", list_id=letter.id)
    with transaction():
        said = definition_from(PRESETS["contact"], "people", letter)
        contact.publish(said.model_copy(update={"allowed_origins": (BLOG,)}))
    forget_live_forms()
    return form.public_id, contact.public_id


def _merge(people: list[Made]) -> None:
    """The two addresses of some are one person; of some others not any more."""
    ids = dict(db.session.execute(select(Contact.address_key, Contact.id)).all())
    for one in people:
        if one.n % 4 < 2:
            with transaction():
                merge = merge_two(ids[one.address.lower()], ids[one.second], {"phone": one.phone + "1"})
            if one.n % 4 == 1:
                with transaction():
                    split_contact(merge.id)


def audit_all(people: Iterable[Made]) -> None:
    with transaction():
        for one in people:
            uid = db.session.scalar(select(Contact.uid).where(Contact.address_key == one.address.lower()))
            audit.note(None, "contact-edited", str(uid), **audit.change({"name": one.last}, {"name": one.first}))


def erase_(app: Flask, address: str, *more: str) -> None:
    done = CliRunner().invoke(main, ["erase", address, *more], obj=lambda: app)
    assert done.exit_code == 0, done.output


def bytes_left(app: Flask, folder: Path) -> dict[str, bytes]:
    """Everything that the service keeps, in lower case, by where."""
    database = settings().database_url.get_secret_value()
    db.session.rollback()  # the others stay open, as in a service: nobody empties the log for us
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if database.startswith("sqlite"):
        for path in settings().sqlite_files:
            found[path.name] = path.read_bytes() if path.exists() else b""
    else:
        url = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
        found["dump"] = subprocess.run(["pg_dump", url], check=True, capture_output=True).stdout
    return {name: content.lower() for name, content in found.items()}


def rows_of_others(gone: set[int]) -> dict[str, set[str]]:
    """The rows of everybody else, as text."""
    db.session.rollback()
    found = {}
    for model in TABLES:
        column = model.__table__.c.id if model is Contact else model.__table__.c.contact_id
        rows = db.session.execute(select(model.__table__).where(column.not_in(gone)))
        found[model.__tablename__] = {str(tuple(row)) for row in rows}
    return found


def standings() -> dict[str, int]:
    """How many contacts are there, by standing; who was merged is not counted."""
    query = select(Contact.standing, func.count()).where(Contact.standing != Standing.MERGED)
    return dict(db.session.execute(query.group_by(Contact.standing)).all())


def test_of_the_erased_no_byte_is_left_and_nobody_else_loses_one(
    app: Flask, people: list[Made], world: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = [one for one in people if one.n % SHARE == 1]
    names = {text.lower() for one in gone for text in (one.address, one.second)}
    gone_ids = set(db.session.scalars(select(Contact.id).where(Contact.address_key.in_(names))))
    assert len(gone_ids) == 2 * len(gone)
    before = rows_of_others(gone_ids)
    there = b"".join(bytes_left(app, tmp_path).values())
    texts = gone[0].address, gone[0].second, gone[0].first, gone[0].last, gone[0].firm, gone[0].phone
    assert all(text.lower().encode() in there for text in texts)
    for one in gone:
        erase_(app, one.address, *(["--objected"] if one.n % 20 == 1 else []))
        erase_(app, one.second)  # of whom was parted again it is another contact
    assert rows_of_others(gone_ids) == before
    assert standings() == totals(Measure.STANDING)
    left = bytes_left(app, tmp_path)
    left["logs"] = "".join(capfd.readouterr()).lower().encode()
    needles = [(one.n, needle) for one in gone for needle in one.needles]
    hits = [(name, n, needle) for name, text in left.items() for n, needle in needles if needle in text]
    assert hits == []
    other = people[1]
    assert any(other.address.lower().encode() in text for text in left.values()), "the search finds who is there"
