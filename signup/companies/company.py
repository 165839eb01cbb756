"""A company. Two mentions are the same company by number, else by domain, else by name and postal code.

The keys it is known by are rows of their own, so that of two who add it at once the database lets one through.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.reference import plain
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now

MAX_NAME = 200
TRIES = 3
SIZES = {"1": 1, "2-9": 2, "10-49": 10, "50-249": 50, "250-499": 250, "500+": 500}
"""Bands of headcount, and where each begins."""
AGES = {"0-2": 0, "3-9": 3, "10-24": 10, "25+": 25}
"""Bands of age in years, and where each begins."""
LEGAL_WORDS = """
    sa ag sarl gmbh sas sasu snc sci eurl srl srls spa sprl bvba bv nv vof cv asbl vzw scrl kg ohg ug gbr ev eg se ltd
    llc inc plc co cie company societe
"""
FACTS = (
    "country",
    "number",
    "domain",
    "legal_form",
    "nace",
    "street",
    "postal_code",
    "locality",
    "region",
    "headcount",
    "size",
    "founded",
)
"""What is known of a company besides its name. Each may be empty."""


class Company(Base):
    """A company. When its last person leaves, it is deleted, unless an operator created it."""

    __tablename__ = "company"
    __table_args__ = (
        Index("ix_company_name_key", "name_key", "id"),
        Index("ix_company_usable_id", "usable", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str] = mapped_column(
        # In the order of code points one index serves both the order of the table and the search by prefix.
        String(MAX_NAME).with_variant(String(MAX_NAME, collation="C"), "postgresql"),
        comment="name without case and accents",
    )
    country: Mapped[str] = mapped_column(String(2), default="", comment="ISO 3166-1")
    number: Mapped[str] = mapped_column(String(40), default="", comment="checked, as BE0428759497; else as typed")
    domain: Mapped[str] = mapped_column(String(253), default="")
    legal_form: Mapped[str] = mapped_column(String(80), default="", comment="ISO 20275; else as typed")
    nace: Mapped[str] = mapped_column(String(80), default="", comment="with its revision, as 2.1:56.11; else as typed")
    street: Mapped[str] = mapped_column(String(200), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    locality: Mapped[str] = mapped_column(String(100), default="")
    region: Mapped[str] = mapped_column(String(6), default="", comment="told from the postal code, as CH-VD")
    headcount: Mapped[int | None] = mapped_column(comment="as given")
    size: Mapped[str] = mapped_column(String(8), default="", comment="band of headcount")
    founded: Mapped[int | None] = mapped_column(comment="year")
    is_kept: Mapped[bool] = mapped_column(default=False, comment="an operator made or changed it")
    persons: Mapped[int] = mapped_column(default=0)
    usable: Mapped[bool] = mapped_column(default=False, comment="somebody there has a name and can be reached")
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class CompanyKey(Base):
    """A key that identifies a company. No two companies share one."""

    __tablename__ = "company_key"
    key: Mapped[str] = mapped_column(String(300), primary_key=True, comment="n:number, d:domain, p:name|place")
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), index=True)


@dataclass(frozen=True)
class Mention:
    """A company as a person's answers name it."""

    name: str
    country: str = ""
    number: str = ""
    domain: str = ""
    legal_form: str = ""
    nace: str = ""
    street: str = ""
    postal_code: str = ""
    locality: str = ""
    region: str = ""
    headcount: int | None = None
    size: str = ""
    founded: int | None = None

    @property
    def keys(self) -> list[str]:
        """The keys of the company, the strongest first."""
        place = f"{self.country}-{self.postal_code}" if self.postal_code else ""
        named = bare_name(self.name) or self.name.strip().lower()
        found = [f"n:{self.number}" if self.number else "", f"d:{self.domain}" if self.domain else ""]
        return [key[:300] for key in [*found, f"p:{named}|{place}" if named else ""] if key]


def find_or_add(mention: Mention) -> Company:
    """The company of a mention, created if it is new. Facts that were unknown are added.

    Needs an open transaction. Two at once, in two processes, get the same one.
    """
    return find_or_add_all([mention])[0]


def find_or_add_all(mentions: Sequence[Mention]) -> list[Company]:
    """The company of each mention, in order: `find_or_add` for many at once."""
    known = _known([key for mention in mentions for key in mention.keys])
    with db.session.no_autoflush:
        return [_settled(mention, known) for mention in mentions]


def _settled(mention: Mention, known: dict[str, Company]) -> Company:
    for _try in range(TRIES):
        meant = (known[key] for key in mention.keys if key in known and _is_meant(key, known[key], mention))
        found = next(meant, None) or _add(mention, known)
        if found is not None:
            _add_facts(found, mention, known)
            return found
        known |= _known(mention.keys)  # somebody else was quicker
    raise RuntimeError("a company's key is taken again and again")


def _add_facts(company: Company, mention: Mention, known: dict[str, Company]) -> None:
    """Add facts that were unknown, change none, and add the mention's keys."""
    for fact in FACTS:
        if getattr(company, fact) in {"", None} and getattr(mention, fact) not in {"", None}:
            setattr(company, fact, getattr(mention, fact))
    if free := [key for key in mention.keys if key not in known]:
        known |= dict.fromkeys(_take_free_keys(company.id, free), company)


def rename(company: Company, name: str) -> None:
    company.name = " ".join(name.split())[:MAX_NAME]
    company.name_key = plain(company.name)[:MAX_NAME]


def rekey(company: Company) -> list[str]:
    """Set the company's keys to those of its present facts. Returns the keys that another company has."""
    mine = {field: getattr(company, field) for field in ("name", "country", "number", "domain", "postal_code")}
    keys = Mention(**mine).keys
    old = delete(CompanyKey).where(CompanyKey.company_id == company.id, CompanyKey.key.not_in(keys))
    db.session.execute(old)
    _take_free_keys(company.id, keys)
    held = select(CompanyKey.key).where(CompanyKey.key.in_(keys), CompanyKey.company_id != company.id)
    return list(db.session.scalars(held))


def bare_name(name: str) -> str:
    """A name without legal form, case and accents: `ACME S.à r.l.` and `Acme` are equal."""
    words = re.sub(r"\b(\w) (?=\w\b)", r"\1", plain(name)).split()
    return " ".join(word for word in words if word not in LEGAL_WORDS.split()) or " ".join(words)


def size_of(headcount: int | None) -> str:
    """The size band of a headcount: 3 is in `2-9`."""
    return next((band for band, first in reversed(SIZES.items()) if headcount is not None and headcount >= first), "")


def _known(keys: Sequence[str]) -> dict[str, Company]:
    """The companies that have these keys."""
    query = select(CompanyKey.key, Company).join(Company, Company.id == CompanyKey.company_id)
    return dict(db.session.execute(query.where(CompanyKey.key.in_(keys))).all())


def _is_meant(key: str, company: Company, mention: Mention) -> bool:
    if company.number and mention.number:  # two numbers are two companies, though a group's firms share a domain
        return company.number == mention.number
    if not key.startswith("d:") or not mention.name:
        return True
    # Two firms may have their mailboxes at one provider: a domain tells only where one name is within the other.
    ours, theirs = {*bare_name(company.name).split()}, {*bare_name(mention.name).split()}
    return ours <= theirs or theirs <= ours or company.name == company.domain


def _add(mention: Mention, known: dict[str, Company]) -> Company | None:
    """Create the company with the keys that are free. None when another process has just created it."""
    keys = [key for key in mention.keys if key not in known]
    company = Company(**{fact: getattr(mention, fact) for fact in FACTS})
    rename(company, mention.name or mention.domain or mention.number)
    db.session.add(company)
    db.session.flush()
    claimed = _take_free_keys(company.id, keys)
    if keys[0] in claimed:
        known |= dict.fromkeys(claimed, company)
        return company
    db.session.execute(delete(Company).where(Company.id == company.id))
    db.session.expunge(company)
    return None


def _take_free_keys(company_id: int, keys: Iterable[str]) -> list[str]:
    """Take the keys that are free. Returns them."""
    values = [{"key": key, "company_id": company_id} for key in keys]
    if not values:
        return []
    free = upsert(CompanyKey).values(values).on_conflict_do_nothing().returning(CompanyKey.key)
    return list(db.session.scalars(free))
