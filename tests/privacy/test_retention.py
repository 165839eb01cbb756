"""What is deleted is one list: the worker's chores and the docs follow it."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.contacts.contact import Contact
from signup.contacts.legal_hold import lift_holds, set_hold
from signup.ground.clock import utcnow
from signup.ground.config import Settings
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.privacy import purge_unconfirmed
from signup.privacy.retention import RETENTION
from signup.signups.signup import Signup
from tests.cast import state_of

pytestmark = pytest.mark.both_engines


def test_the_worker_does_each_rule_by_a_chore_of_its_name(app: Flask) -> None:
    chores = {chore.name: chore for chore in app.extensions["signup.chores"]}
    assert len(chores) == len(app.extensions["signup.chores"]), "two chores would share one beat"
    for rule in RETENTION:
        assert chores[rule.chore].work == rule.run


def test_a_rule_names_tables_and_settings_that_exist() -> None:
    for rule in RETENTION:
        for name in re.split(r", ", rule.table):
            assert name.endswith("/") or name in Base.metadata.tables, rule
        assert not isinstance(rule.after, str) or rule.after in Settings.model_fields, rule


def test_the_names_of_beats_in_the_database_stay() -> None:
    known = {"expire", "tests", "forget", "enquiries", "held", "counters", "domains", "till-sessions"}
    known |= {"sign-in-waits", "challenges", "exports", "imports"}
    assert known <= {rule.chore for rule in RETENTION}


def test_who_is_on_legal_hold_is_not_purged_until_it_ends(bob: str, app: Flask) -> None:
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(-timedelta(days=30))))
        bob_id = db.session.scalars(select(Contact.id).where(Contact.address_key == bob)).one()
        set_hold(bob_id, "Case 4711", utcnow() + timedelta(days=1), "opal@example.org")
    purge_unconfirmed.expire()
    assert state_of(bob) == "pending"
    with transaction():
        assert lift_holds(bob_id)
    purge_unconfirmed.expire()
    assert state_of(bob) is None
