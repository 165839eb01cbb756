"""Every event of a real person gets one place in the ledger, whoever seals and whatever dies."""

from flask import Flask
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.ground.db import db
from signup.ledger import seal
from signup.ledger.ledger_entry import LedgerEntry, LedgerHead


def test_what_a_person_did_is_sealed(app: Flask, ada: str, noise: None) -> None:
    assert seal.seal() > 0
    events = set(db.session.scalars(select(ConsentEvent.id)))
    placed = list(db.session.scalars(select(LedgerEntry.event_id)))
    assert {event for event in placed if event} == events
    assert db.session.scalar(select(LedgerHead.size)) == len(placed)
    assert seal.seal() == 0
