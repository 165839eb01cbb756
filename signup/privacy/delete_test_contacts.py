"""Who is no real person goes as a whole, proof included: tests a week after they came, others when a command says so.

The database lets no proof of a real person go this way (migration 0019).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, select, update

from signup.consent.consent_event import ConsentEvent
from signup.consent.partner import PartnerConsent
from signup.consent.subscription import Subscription
from signup.consent.tracking import TrackingConsent
from signup.contacts.contact import UNREAL, Contact, tests
from signup.counts.event import Event
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.jobs import stopping
from signup.incentives.discount_code import DiscountCode
from signup.mailer.message import Message
from signup.signups.signup import Signup

KEEP_TESTS = timedelta(days=7)
BATCH = 200


def forget_tests() -> None:
    """The chore: tests that are a week old, in small transactions."""
    old = old_tests().order_by(Contact.id).limit(BATCH)
    while not stopping().is_set():
        with transaction():
            if not forget(list(db.session.scalars(old))):
                return


def old_tests() -> Select[int]:
    """The ids of tests that are a week old."""
    return tests().where(Contact.created_at < now(-KEEP_TESTS))


def forget(contact_ids: Sequence[int]) -> int:
    """Delete those of these contacts that are no real people, with every row that names them; returns how many.

    Needs an open transaction. Locks in the order in which confirming and leaving do.
    """
    mine = select(Signup.id).where(Signup.contact_id.in_(contact_ids)).order_by(Signup.id)
    db.session.execute(mine.with_for_update())
    entries = select(Subscription.id).where(Subscription.contact_id.in_(contact_ids)).order_by(Subscription.id)
    db.session.execute(entries.with_for_update())
    unreal = select(Contact.id).where(Contact.id.in_(contact_ids), UNREAL).order_by(Contact.id)
    ids = list(db.session.scalars(unreal.with_for_update()))
    if not ids:
        return 0
    back = dict.fromkeys(("contact_id", "signup_id", "given_at"))
    unused = DiscountCode.contact_id.in_(ids), DiscountCode.redeemed_at.is_(None)
    _run(update(DiscountCode).where(*unused).values(back))
    _run(delete(PartnerConsent).where(PartnerConsent.contact_id.in_(ids)))
    _run(delete(TrackingConsent).where(TrackingConsent.contact_id.in_(ids)))
    for table in (Message, Event, ConsentEvent, Signup, Subscription):
        _run(delete(table).where(table.contact_id.in_(ids)))
    _run(delete(Contact).where(Contact.id.in_(ids)))  # values, findings, pairs and places go by their foreign keys
    return len(ids)


def _run(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})
