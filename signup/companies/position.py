"""A position: a person at a company, and what they do there. A person may have several."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.reference import plain
from signup.companies.company import Company
from signup.contacts.contact import Contact, is_counted
from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now

MAX_TITLE = 120
BATCH = 500
# The functions that a mailing asks for, and the beginnings of words they are known by in five languages.
FUNCTIONS = {
    "management": "direct ceo cso owner founder fondat manag geschaft inhaber gerant president chef partner zaak"
    " bestuur amministrat titolare dirigen pdg dg",
    "purchasing": "purchas buyer procure achat achet einkauf inkoop acquist",
    "sales": "sales commerc vente vend verkauf account verkoop vendit",
    "marketing": "market communic kommunik comunic brand marque",
    "finance": "financ account compt cfo buchhalt finanz boekhoud contabil tresor controll",
    "it": "it ict informati cto cio develop softw system engineer entwickl ontwikkel sviluppat dsi admin",
    "personnel": "hr human rh personal personeel recrut talent payroll drh",
    "production": "produc operat logist supply coo factory werk atelier magaz lager quality qualite",
    "research": "research recherch forsch r d scient innov ricerc onderzoek",
    "legal": "legal jurid recht lawyer avocat notai giurid compliance dpo",
    "office": "assist secret office sekret reception accueil segret",
}
OTHER = "other"


class Position(Base):
    """A person at a company."""

    __tablename__ = "position"
    __table_args__ = (Index("ix_position_company_id", "company_id", "contact_id"),)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    function: Mapped[str] = mapped_column(String(20), default="", comment="of the catalogue; empty: not known")
    title: Mapped[str] = mapped_column(String(MAX_TITLE), default="", comment="as typed")
    is_kept: Mapped[bool] = mapped_column(default=False, comment="an operator put them there")
    seen: Mapped[str] = mapped_column(String(16), default="", comment="digest of the answers it was told from")
    ended_at: Mapped[datetime | None] = mapped_column(comment="an operator took them off: no answer brings them back")
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def function_of(title: str) -> str:
    """The function that a title names: `Directrice des achats` is purchasing. Empty for an empty title."""
    words = plain(title).split()
    if not words:
        return ""
    # The most special function first: everybody is a manager of something.
    for function in [*(name for name in FUNCTIONS if name != "management"), "management"]:
        if any(_begins(word, beginning) for word in words for beginning in FUNCTIONS[function].split()):
            return function
    return OTHER


def _begins(word: str, beginning: str) -> bool:
    return word == beginning if len(beginning) <= len("ceo") else word.startswith(beginning)


def place(contact_id: int, company_id: int, title: str = "") -> None:
    """Link a person to a company, as an operator decided. Needs an open transaction."""
    values = _values(title) | {"is_kept": True, "ended_at": None}
    row = upsert(Position).values(contact_id=contact_id, company_id=company_id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["contact_id", "company_id"], set_=values))


def place_all(told: Sequence[tuple[int, int, str, str]]) -> None:
    """Link people to companies by their answers: contact, company, title, digest of the answers. Needs an open
    transaction.

    What an operator said of somebody there stays.
    """
    rows = [
        {"contact_id": contact_id, "company_id": company_id, "seen": seen, "is_kept": False, **_values(title)}
        for contact_id, company_id, title, seen in told
    ]
    for start in range(0, len(rows), BATCH):
        row = upsert(Position).values(rows[start : start + BATCH])
        set_ = {name: row.excluded[name] for name in ("title", "function", "seen")}
        keys = ["contact_id", "company_id"]
        db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=set_, where=Position.is_kept.is_(False)))


def _values(title: str) -> dict[str, Any]:
    return {"title": title[:MAX_TITLE], "function": function_of(title)}


def leave(contact_id: int, company_id: int) -> bool:
    """Unlink a person from a company; `place` takes that back. Returns whether they were linked. Needs an open
    transaction.
    """
    there = (Position.contact_id == contact_id, Position.company_id == company_id, Position.ended_at.is_(None))
    ended = update(Position).where(*there).values(ended_at=now(), is_kept=True).returning(Position.company_id)
    return db.session.execute(ended).first() is not None


def people_of(company_id: int, limit: int) -> list[tuple[Position, Contact]]:
    """The people at a company, the oldest contact first."""
    query = select(Position, Contact).join(Contact, Contact.id == Position.contact_id)
    query = (
        query.where(Position.company_id == company_id, Position.ended_at.is_(None), is_counted())
        .order_by(Position.contact_id)
        .limit(limit)
    )
    return [(position, contact) for position, contact in db.session.execute(query)]


def companies_of(contact_id: int) -> list[tuple[Position, Company]]:
    """The companies at which a person works."""
    query = select(Position, Company).join(Company, Company.id == Position.company_id)
    query = query.where(Position.contact_id == contact_id, Position.ended_at.is_(None)).order_by(
        Position.created_at, Position.company_id
    )
    return [(position, company) for position, company in db.session.execute(query)]
