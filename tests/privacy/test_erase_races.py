"""An erasure at the same moment as everything else: a second one, a mail, a confirmation, a file, a crash."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.exports import export_job, export_start, finished_file
from signup.exports.export_run import ExportRun
from signup.files.import_run import ImportRow
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile
from signup.ground.tokens import TokenPurpose, keys
from signup.ground.urls import settings
from signup.ledger import seal
from signup.ledger.journal import read_withdrawals
from signup.mailer import lease, outbox
from signup.mailer.message import Message
from signup.mailer.outbox import Settled
from signup.privacy import erase, erase_files
from signup.privacy.erase import Erased, ErasureOrder
from signup.signups.signup import Signup
from tests.cast import ADA, EVE, drain, forget_limits, sign_up, state_of
from tests.imports.import_cast import OPAL, assert_counts_are_exact, people, take_in
from tests.ledger.cast import problems

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("noise")]


def erase_(address: str) -> Erased:
    with transaction():
        return erase.erase(address, ErasureOrder("operator"))


def at_once(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    def work(one: Callable[[], Any]) -> Any:
        with app.app_context():
            return one()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(60) for done in [pool.submit(work, one) for one in works]]


def erased_events() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(ConsentEvent.id).where(ConsentEvent.type == "erased")).all())


def test_several_at_once_erase_once(ada: str, app: Flask) -> None:
    done = at_once(app, *[lambda: erase_(ada)] * 4)
    assert sorted(one.contacts for one in done) == [0, 0, 0, 1]
    assert erased_events() == 1
    assert_counts_are_exact()


def test_a_mail_at_the_relay_leaves_nothing_behind_when_it_is_taken(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    assert sign_up(client, form_id, ADA).status_code == 202
    (held,) = lease.claim()
    assert outbox.step(None, held), "it may go: the relay has it from here on"
    erase_(ADA)
    outbox.end([held], Settled(held, "0" * 64, "<x@example.org>", "250 kept", uuid4()), [])
    lease.sweep()
    drain(app)
    assert (
        db.session.scalars(select(Message.id).where(Message.contact_id.is_not(None))).all() == []
        or state_of(ADA) is None
    )
    assert db.session.scalars(select(Message.id).where(Message.id == held.id)).all() == []


def test_sign_ups_and_confirmations_meanwhile_are_answered(app: Flask, client: FlaskClient, form_id: str) -> None:
    def visit() -> set[int]:
        visitor, codes = app.test_client(), set()
        for _each in range(6):
            forget_limits()
            codes.add(sign_up(visitor, form_id, ADA).status_code)
            drain(app)
            db.session.rollback()
            for uid in db.session.scalars(select(Signup.uid)).all():
                token = keys().sign(TokenPurpose.CONFIRM, uid)
                codes.add(visitor.post(f"/confirm/{token}").status_code)
        return codes

    def wipe() -> set[int]:
        return {min(erase_(ADA).contacts, 1) for _each in range(12)}

    assert sign_up(client, form_id, ADA).status_code == 202
    drain(app)
    codes, _erased = at_once(app, visit, wipe)
    assert codes <= {202, 303, 410, 404, 429}
    erase_(ADA)
    assert state_of(ADA) is None
    assert_counts_are_exact()


def test_a_file_that_is_being_imported_brings_nobody_back(app: Flask, form_id: str) -> None:
    letter = find_list("the-letter")
    content = people(*(f"p{n}" for n in range(300)), "ada")
    erase_(EVE)

    def import_() -> None:
        with suppress(BadFile):  # the file named her, and went with her before it was opened
            take_in(content, letter)

    at_once(app, import_, *[lambda: erase_(ADA)] * 3)
    erase_(ADA)
    take_in(content, letter)
    assert state_of(ADA) is None
    assert state_of("p7@example.org") == "confirmed"
    raw = db.session.scalars(select(ImportRow.raw)).all()
    assert not any(ADA in cell for cells in raw for cell in cells)
    assert_counts_are_exact()


def test_an_erasure_that_dies_half_way_has_done_nothing(ada: str, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_person: object) -> dict[str, int]:
        raise OSError("disk")

    monkeypatch.setattr(erase_files, "remove", die)
    with pytest.raises(OSError, match="disk"):
        erase_(ada)
    assert state_of(ada) == "confirmed"
    assert erased_events() == 0
    assert_counts_are_exact()


def test_exports_of_their_lists_go_and_one_at_work_begins_again(ada: str, app: Flask) -> None:
    letter = find_list("the-letter")
    with transaction():
        done = export_start.start(letter.id, "csv", {"status": "any"}, export_start.Requester(*OPAL))
    export_job.perform()
    path = finished_file.path_of(db.session.get_one(ExportRun, done.id, populate_existing=True))
    assert ada in path.read_text()
    with transaction():
        busy = export_start.start(letter.id, "csv", {"status": "any"}, export_start.Requester(*OPAL))
        db.session.execute(update(ExportRun).where(ExportRun.id == busy.id).values(state="running", owner="x"))
    erase_(ada)
    assert not path.exists()
    export_job.perform()
    again = db.session.get_one(ExportRun, busy.id, populate_existing=True)
    assert again.state == "done"
    assert ada not in finished_file.path_of(again).read_text()


def test_the_ledger_holds_and_the_journal_says_who_is_gone(ada: str, bob: str, app: Flask) -> None:
    seal.seal()
    ada_id = db.session.scalars(select(Contact.id).where(Contact.address_key == ada)).one()
    erase_(ada)
    seal.seal()
    assert problems() == []
    told = read_withdrawals(settings().outside_folder, utcnow() - timedelta(hours=1))
    assert any((one.contact, one.type) == (ada_id, "erased") for one in told)
