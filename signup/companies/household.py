"""A household: people at one address who belong together, because an operator said so. Neighbours share addresses too.

An address has one household; whoever is linked to it stays the person they are.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, ForeignKey, String, and_, delete, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.reference import plain
from signup.contacts.contact import Contact, is_counted
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, is_postgresql, upsert
from signup.ground.dialect import Json, now

MOST = 20
ADDRESS = ("street", "postal_code", "city")


class Household(Base):
    """An address, and the name for letters to all of its people."""

    __tablename__ = "household"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    key: Mapped[str] = mapped_column(String(300), unique=True, comment="the address without case and accents")
    street: Mapped[str] = mapped_column(String(200), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    locality: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class HouseholdMember(Base):
    """The household in which a person lives. A person has one at most."""

    __tablename__ = "household_member"
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"), index=True)


def address_of(contact: Contact) -> dict[str, str]:
    """Street, postal code and town from a person's answers; empty without a street and a postal code."""
    told = {key: contact.answers.get(key) for key in ADDRESS}
    found = {key: " ".join(value.split()) for key, value in told.items() if isinstance(value, str)}
    return found if found.get("street") and found.get("postal_code") else {}


def others_at(contact: Contact) -> list[Contact]:
    """People who gave the same street and postal code in the same spelling."""
    address = {key: contact.answers[key] for key in ADDRESS[:2]} if address_of(contact) else {}
    if not address:
        return []
    query = (
        select(Contact)
        .where(_has_answers(address), Contact.id != contact.id, is_counted())
        .order_by(Contact.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))


def gather(contact: Contact, others: Sequence[int]) -> Household | None:
    """Create a household of a person and some of the others at the address. Needs an open transaction."""
    address = address_of(contact)
    there = {one.id for one in others_at(contact)}
    if not address:
        return None
    key = f"{plain(address['street'])}|{plain(address['postal_code'])}"[:300]
    values = {"street": address["street"][:200], "postal_code": address["postal_code"][:20]}
    row = upsert(Household).values(key=key, uid=uuid7(), **values, locality=address.get("city", "")[:100])
    db.session.execute(row.on_conflict_do_nothing(index_elements=["key"]))
    found = db.session.scalars(select(Household).where(Household.key == key)).one()
    members = [{"contact_id": one, "household_id": found.id} for one in {contact.id, *there.intersection(others)}]
    moved = upsert(HouseholdMember).values(members)
    set_ = {"household_id": moved.excluded.household_id}
    db.session.execute(moved.on_conflict_do_update(index_elements=["contact_id"], set_=set_))
    return found


def leave(contact_id: int) -> bool:
    """Remove a person from their household. An empty household is deleted. Needs an open transaction."""
    gone = delete(HouseholdMember).where(HouseholdMember.contact_id == contact_id)
    household_id = db.session.scalar(gone.returning(HouseholdMember.household_id))
    lived_in = select(HouseholdMember.contact_id).where(HouseholdMember.household_id == Household.id).exists()
    db.session.execute(delete(Household).where(Household.id == household_id, ~lived_in))
    return household_id is not None


def household_of(contact_id: int) -> tuple[Household, list[Contact]] | None:
    """A person's household with all of its people. None without one."""
    mine = select(HouseholdMember.household_id).where(HouseholdMember.contact_id == contact_id).scalar_subquery()
    found = db.session.scalar(select(Household).where(Household.id == mine))
    if found is None:
        return None
    people = select(Contact).join(HouseholdMember, HouseholdMember.contact_id == Contact.id)
    people = people.where(HouseholdMember.household_id == found.id, is_counted()).order_by(Contact.id).limit(MOST)
    return found, list(db.session.scalars(people))


def _has_answers(answers: dict[str, str]) -> ColumnElement[bool]:
    """Whether a contact gave these answers. PostgreSQL compares by containment, which its index supports."""
    if is_postgresql():
        holds = Contact.answers.op("@>", is_comparison=True, return_type=Boolean())
        return holds(literal(answers, Json()))
    return and_(*(Contact.answers[key].as_string() == value for key, value in answers.items()))
