"""What lists were given before there were cards is on them after the migration: of one list all, of more by proof."""

from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.files.import_run import ImportRow, ImportRun
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.signups.signup import Signup
from tests.cast import make_form, make_list

pytestmark = pytest.mark.both_engines

BEFORE = "0028-1"


def add(lists: dict[MailingList, str], address: str, **answers: Any) -> Contact:
    """A contact with these answers, in these states on these lists."""
    contact = Contact(address=address, address_key=address, name="Ada Lake", language="fr", answers=answers)
    db.session.add(contact)
    db.session.flush()
    for one, state in lists.items():
        at = now() if state == "confirmed" else None
        db.session.add(Subscription(contact_id=contact.id, list_id=one.id, state=state, confirmed_at=at))
    db.session.flush()
    return contact


def sign_up(contact: Contact, form: Any, **answers: Any) -> None:
    mine = select(Subscription.id).where(Subscription.contact_id == contact.id, Subscription.list_id == form.list_id)
    values: dict[str, Any] = {"handle": "0" * 32, "state": "confirmed", "language": "de", "expires_at": now()}
    values |= {"form_id": form.id, "form_version_id": form.version.id, "list_id": form.list_id}
    db.session.add(
        Signup(contact_id=contact.id, subscription_id=db.session.scalars(mine).one(), answers=answers, **values)
    )


def test_the_migration_fills_the_cards(context: Flask) -> None:
    letter, news = make_list(), make_list("news")
    form = make_form(letter, magnet=False)
    with transaction():
        alone = add({letter: "confirmed"}, "ada@example.org", phone="1", topics=["a"])
        waiting = add({letter: "pending"}, "bob@example.org", phone="2")
        both = add({letter: "confirmed", news: "confirmed"}, "cleo@example.org", phone="4", city="Nyon", extra=True)
        sign_up(both, form, phone="3", first_name="Cleo")
        sign_up(both, form, phone="4")
        run = ImportRun(list_id=news.id, actor="console", file_name="news.csv")
        db.session.add(run)
        db.session.flush()
        change = {"after": {"name": "C. Lake", "language": "en", "answers": {"city": "Nyon"}}}
        row = {"run_id": run.id, "line": 2, "raw": [], "outcome": "created", "contact_id": both.id}
        db.session.add(ImportRow(change=change, **row))
        people = {"alone": alone.id, "waiting": waiting.id, "both": both.id}
    downgrade(revision=BEFORE)
    upgrade()
    db.session.rollback()
    rows = db.session.execute(select(Subscription.contact_id, Subscription.list_id, Subscription.given))
    cards = {(contact_id, list_id): given for contact_id, list_id, given in rows}
    whole = {"phone": "1", "topics": ["a"], "@name": "Ada Lake", "@language": "fr"}
    assert cards[people["alone"], letter.id] == whole
    assert cards[people["waiting"], letter.id] == {}
    told = {"phone": "4", "first_name": "Cleo", "@name": "Cleo", "@language": "de"}
    assert cards[people["both"], letter.id] == told
    assert cards[people["both"], news.id] == {"city": "Nyon", "@name": "C. Lake", "@language": "en"}
    assert db.session.scalar(text("SELECT count(*) FROM subscription")) == len(cards)
