"""Whatever happens to people, in whatever order: the ledger verifies, and each person's proof in it is complete."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, leave
from signup.contacts.contact import Contact, Nature, Standing
from signup.duplicates.merge import ContactMerge, parts_of
from signup.duplicates.merge_contacts import merge_two
from signup.duplicates.unmerge import split_contact
from signup.evidence.proof import Person, proof_of
from signup.files.import_run import ImportRun, Task
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import SignupError
from signup.ground.tokens import TokenPurpose, keys
from signup.ledger import seal
from signup.ledger.ledger_entry import LedgerEntry
from signup.mailer.message import Message
from signup.privacy import purge_unconfirmed
from signup.privacy.delete_test_contacts import forget
from signup.privacy.erase import ErasureOrder, erase
from signup.signups.signup import Signup, SignupState
from tests.cast import drain, forget_limits, make_form, make_list, sign_up
from tests.imports.import_cast import people, take_back, take_in
from tests.ledger.cast import problems

pytestmark = pytest.mark.both_engines

WORLDS = count()
NAMES = ["ada", "bob", "cleo", "dan"]
Step = tuple[str, int]


@dataclass
class World:
    """A list of its own, on which everything happens, and the people it may happen to."""

    app: Flask
    client: FlaskClient
    number: int = field(default_factory=lambda: next(WORLDS))

    def __post_init__(self) -> None:
        form = make_form(make_list(f"letter-{self.number}"))
        self.form_id, self.lists = form.public_id, [form.list_id, make_list(f"other-{self.number}").id]

    def name(self, which: int) -> str:
        return f"{NAMES[which % len(NAMES)]}{self.number}"

    def contact(self, which: int) -> Contact | None:
        db.session.rollback()
        found: Contact | None = db.session.scalar(
            select(Contact).where(Contact.address_key == f"{self.name(which)}@example.org")
        )
        return found

    def sign_up(self, which: int) -> None:
        forget_limits()
        assert sign_up(self.client, self.form_id, f"{self.name(which)}@example.org").status_code == 202

    def press(self, which: int, action: str = "confirm") -> None:
        if (contact := self.contact(which)) is None:
            return
        query = select(Signup.uid).where(Signup.contact_id == contact.id, Signup.state == SignupState.PENDING)
        for uid in db.session.scalars(query):
            self.client.post(f"/confirm/{keys().sign(TokenPurpose.CONFIRM, uid)}", data={"action": action})

    def disown(self, which: int) -> None:
        self.press(which, "not-me")

    def mail(self, which: int) -> None:  # noqa: ARG002  # every step has somebody
        drain(self.app)

    def unsubscribe(self, which: int) -> None:
        if contact := self.contact(which):
            with transaction():
                for id_ in db.session.scalars(
                    select(Subscription.id).where(Subscription.contact_id == contact.id)
                ).all():
                    leave(id_, "link")

    def take_in(self, which: int) -> None:
        take_in(people(self.name(which), self.name(which + 1)), db.session.get_one(MailingList, self.lists[which % 2]))

    def take_back(self, which: int) -> None:  # noqa: ARG002  # the last import
        done = select(ImportRun).where(ImportRun.list_id.in_(self.lists), ImportRun.task == Task.IMPORT)
        if run := db.session.scalars(done.order_by(ImportRun.id.desc())).first():
            take_back(run)

    def merge(self, which: int) -> None:
        one, two = self.contact(which), self.contact(which + 1)
        if one and two and Standing.MERGED not in {one.standing, two.standing}:
            with transaction():
                merge_two(one.id, two.id, {})

    def unmerge(self, which: int) -> None:
        if contact := self.contact(which):
            open_ = select(ContactMerge.id).where(
                ContactMerge.survivor_id == contact.id, ContactMerge.undone_at.is_(None)
            )
            if merge_id := db.session.scalar(open_.order_by(ContactMerge.id.desc())):
                with transaction():
                    split_contact(merge_id)

    def erase(self, which: int) -> None:
        with transaction():
            erase(f"{self.name(which)}@example.org", ErasureOrder("console"))

    def expire(self, which: int) -> None:
        if contact := self.contact(which):
            with transaction():
                old = update(Signup).where(Signup.contact_id == contact.id).values(expires_at=now(-timedelta(days=9)))
                db.session.execute(old, execution_options={"synchronize_session": False})
            purge_unconfirmed.expire()

    def try_out(self, which: int) -> None:
        """A test sign-up, whose traces go as a whole, proof included."""
        address = f"test-{self.name(which)}@example.org"
        with transaction():
            contact = Contact(address=address, address_key=address, nature=Nature.TEST)
            db.session.add(contact)
            db.session.flush()
            db.session.add(
                ConsentEvent(type="requested", contact_id=contact.id, list_id=self.lists[0], address=address)
            )
        seal.seal()
        with transaction():
            forget([contact.id])

    def seal(self, which: int) -> None:  # noqa: ARG002  # everybody's
        seal.seal()
        assert problems() == []


STEPS = [
    "sign_up", "press", "mail", "unsubscribe", "take_in", "take_back", "merge", "unmerge", "erase", "expire", "disown",
    "try_out", "seal",
]  # fmt: skip
step = st.tuples(st.sampled_from([*STEPS, "sign_up", "press", "press"]), st.integers(0, 3))


def happen(world: World, history: list[Step]) -> None:
    for verb, which in history:
        act: Callable[[int], None] = getattr(world, verb)
        try:
            act(which)
        except SignupError:  # what may not be done now
            db.session.rollback()


def assert_proofs_are_complete(world: World) -> None:
    """Nothing that the database holds of a person is missing from their proof, and all of it is in the ledger."""
    db.session.rollback()
    for which in range(len(NAMES)):
        contact = world.contact(which)
        if contact is None or contact.standing == Standing.MERGED:
            continue
        kept = set(db.session.scalars(select(ConsentEvent.id).where(ConsentEvent.contact_id.in_(parts_of(contact.id)))))
        entries = db.session.scalars(select(Subscription).where(Subscription.contact_id == contact.id)).all()
        proof = proof_of(Person.of(contact), entries, is_whole=True)
        assert {event.id for event in proof.events} == kept
        assert set(proof.ledger.events) == kept


def test_the_ledger_verifies_and_proofs_are_complete_whatever_happened(
    app: Flask, client: FlaskClient, *, is_long: bool
) -> None:
    @settings(max_examples=250 if is_long else 6)  # 10,000 operations, and a hundred
    @given(st.lists(step, min_size=40 if is_long else 0, max_size=60))
    def holds(history: list[Step]) -> None:
        world = World(app, client)
        happen(world, history)
        seal.seal()
        assert problems() == []
        assert_proofs_are_complete(world)

    holds()
    db.session.rollback()
    real = select(ConsentEvent.id).where(
        ConsentEvent.id.not_in(select(LedgerEntry.event_id).where(LedgerEntry.event_id.is_not(None)))
    )
    assert db.session.scalars(real).all() == []
    assert db.session.scalar(select(Message.id).where(Message.recipient.like("test-%"))) is None
