"""Somebody who is erased is gone for good; what stays names nobody, and nobody else loses anything."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.admin.contacts.contact_view import ContactView
from signup.bulk.bulk_edit import BulkEdit
from signup.consent import erasure
from signup.consent.consent_event import PAYLOAD, ConsentEvent
from signup.consent.mailing_list import find_list
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact, hash_of
from signup.files.import_run import ImportRow
from signup.ground.db import Base, db, transaction
from signup.mailer.message import Message
from signup.privacy import erase
from signup.privacy.erase import Erased, ErasureOrder
from signup.privacy.erase_rules import ERASE, GOES_WITH, SEARCHES, SPARED
from tests.cast import ADA, EVE, Mailbox, confirm_all, events_of, forget_limits, sign_up, state_of
from tests.imports.import_cast import assert_counts_are_exact, check, outcomes, people, take_in, upload

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("noise")]


def erase_(address: str, *, has_objected: bool = False) -> Erased:
    with transaction():
        return erase.erase(address, ErasureOrder("operator", has_objected))


def rows(table: Any, *where: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def contact_id(address: str) -> int:
    found = db.session.scalar(select(Contact.id).where(Contact.address_key == address))
    assert found
    return found


@pytest.mark.one_engine
def test_every_table_is_erased_from_or_spared_for_a_reason(context: Flask) -> None:
    handled = [*(rule.name for rule in ERASE), *GOES_WITH, *SEARCHES, *SPARED]
    assert sorted(handled) == sorted(Base.metadata.tables), "say in privacy/erase_rules.py what an erasure does with it"
    assert all(SPARED.values())


@pytest.mark.one_engine
def test_no_table_that_names_a_contact_is_spared(context: Flask) -> None:
    """By its columns: a new one is noticed."""
    naming = {"contact_id", "first_id", "second_id", "survivor_id", "gone_id", "recipient", "address"}
    named = {name for name, table in Base.metadata.tables.items() if naming & set(table.columns.keys())}
    assert named & SPARED.keys() == {"operator"}, "an operator's own address"


def test_what_was_known_of_a_person_is_gone_and_the_proof_is_blank(ada: str, bob: str, app: Flask) -> None:
    ada_id, before = contact_id(ada), rows(ConsentEvent)
    headers = select(ConsentEvent.id, ConsentEvent.type, ConsentEvent.at).where(ConsentEvent.contact_id == ada_id)
    had = db.session.execute(headers.order_by(ConsentEvent.id)).all()
    erase_(ada)
    assert rows(Contact, Contact.address_key == ada) == 0
    assert rows(Message, Message.contact_id == ada_id) == 0
    payload = select(*(getattr(ConsentEvent, name) for name in PAYLOAD)).where(ConsentEvent.contact_id == ada_id)
    assert {tuple(row) for row in db.session.execute(payload)} == {(None,) * len(PAYLOAD)}
    assert db.session.execute(headers.order_by(ConsentEvent.id)).all()[-1].type == "erased"
    assert db.session.execute(headers.order_by(ConsentEvent.id)).all()[:-1] == had
    assert rows(ConsentEvent) == before + 1
    assert state_of(bob) == "pending"
    assert_counts_are_exact()


def test_a_look_counts_what_would_go_and_changes_nothing(ada: str, app: Flask) -> None:
    would = erase.look(ada)
    assert state_of(ada) == "confirmed"
    assert would == erase_(ada)
    assert would.found["contact"] == would.contacts == 1
    assert erase.look(ada).found == {}


def test_who_is_erased_can_sign_up_again(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    erase_(ada)
    forget_limits()
    assert sign_up(client, form_id, ada).status_code == 202
    confirm_all(app, client, mailbox, ada)
    assert state_of(ada) == "confirmed"


def test_who_objected_gets_no_mail_again_and_the_answer_is_the_same(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    erase_(ada, has_objected=True)
    forget_limits()
    assert rows(Suppression, Suppression.address_hash == hash_of(ada), Suppression.reason == "erased") == 1
    before = len(mailbox.mails(ada))
    hers, theirs = (sign_up(client, form_id, one) for one in (ada, EVE))
    assert hers.status_code == theirs.status_code == 202
    assert hers.json
    assert theirs.json
    assert hers.json.keys() == theirs.json.keys()
    confirm_all(app, client, mailbox, EVE)
    assert len(mailbox.mails(ada)) == before


def test_no_file_brings_an_erased_person_back_and_its_dry_run_says_so(ada: str, form_id: str) -> None:
    erase_(ada)
    letter = find_list("the-letter")
    run = check(upload(people("ada", "bea"), letter))
    assert run.checked
    assert run.checked["left:erased"] == run.checked["created"] == 1
    run = take_in(people("ada", "bea"), letter)
    assert outcomes(run) == [("left", "erased"), ("created", "")]
    assert state_of(ada) is None
    kept = db.session.scalars(select(ImportRow.raw).where(ImportRow.run_id == run.id).order_by(ImportRow.line)).all()
    assert kept[0] == []
    assert "bea@example.org" in kept[1]


def test_who_confirmed_again_is_imported_as_anybody(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    erase_(ada)
    forget_limits()
    letter = find_list("the-letter")
    assert sign_up(client, form_id, ada).status_code == 202
    assert outcomes(take_in(people("ada"), letter)) == [("left", "erased")]  # anybody can type an address
    confirm_all(app, client, mailbox, ada)
    assert outcomes(take_in(people("ada"), letter))[0][0] in {"updated", "unchanged"}


def test_who_confirmed_again_brings_nobody_else_back(
    ada: str, bob: str, app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    erase_(ada)
    erase_(bob)
    forget_limits()
    assert sign_up(client, form_id, ada).status_code == 202
    confirm_all(app, client, mailbox, ada)
    erasure.forget_returned()
    run = take_in(people("ada", "bob"), find_list("the-letter"))
    assert outcomes(run)[1] == ("left", "erased")
    assert outcomes(run)[0][0] in {"updated", "unchanged"}


def test_the_rows_of_files_lose_their_words_and_keep_their_numbers(app: Flask, form_id: str) -> None:
    letter = find_list("the-letter")
    run = take_in(people("ada", "bea", "ada") + b"\r\nada@@example.org,Ada,,\r\n", letter)
    before = outcomes(run)
    erase_(ADA)
    kept = db.session.scalars(select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.line)).all()
    assert [one.outcome for one in kept] == [outcome for outcome, _reason in before]
    assert [bool(one.raw) for one in kept] == [False, True, False, True]  # what is no address is nobody's
    assert kept[0].change is None


def test_a_search_that_names_the_person_is_forgotten(ada: str, opal: FlaskClient) -> None:
    with transaction():
        asked = {"text": ada, "list_id": None, "state": ""}
        db.session.add(BulkEdit(actor="opal", action="clear", selection=asked, last_id=0, state="done"))
        operator = Base.metadata.tables["operator"]
        opal_id = db.session.scalar(select(operator.c.id))
        db.session.add_all(
            ContactView(operator_id=opal_id, name=text, query={"q": text}) for text in (ada, "and-" + ada)
        )
    erase_(ada)
    db.session.rollback()
    assert db.session.scalars(select(BulkEdit.selection)).all() == [{"ids": []}]
    assert sorted(map(str, db.session.scalars(select(ContactView.query)))) == [str({"q": "and-" + ada}), "{}"]


def test_nothing_is_done_to_somebody_we_do_not_know(ada: str, eve: str) -> None:
    assert erase_(eve).found == {}
    assert state_of(ada) == "confirmed"
    assert events_of(ada)[-1] != "erased"


def test_twice_is_once(ada: str) -> None:
    erase_(ada)
    before = rows(ConsentEvent)
    assert erase_(ada).contacts == 0
    assert rows(ConsentEvent) == before + 0
    assert_counts_are_exact()
