"""Companies by words of their name, by domain or number, in any part of it. There are some for each hundred people: no
index is needed.
"""

from sqlalchemy import ColumnElement, and_, or_, select

from signup.audience.search_text import MAX_QUERY, MAX_WORDS, folded_text
from signup.checks.reference import plain
from signup.companies.company import Company
from signup.ground.db import db


def find_companies(text: str, limit: int) -> list[Company]:
    """The companies that hold all words of `text`, by name."""
    query = select(Company).where(holds_words(text)).order_by(Company.name_key, Company.id)
    return list(db.session.scalars(query.limit(limit)))


def holds_words(text: str) -> ColumnElement[bool]:
    """Whether a company holds all of these words."""
    words = folded_text(text[:MAX_QUERY]).split()[:MAX_WORDS]
    return and_(True, *(_holds(word) for word in words))  # noqa: FBT003  # of no word: everything


def _holds(word: str) -> ColumnElement[bool]:
    in_name = [Company.name_key.contains(part, autoescape=True) for part in plain(word).split()]
    whole = (Company.domain.contains(word, autoescape=True), Company.number.contains(word.upper(), autoescape=True))
    return or_(and_(*in_name), *whole) if in_name else or_(*whole)
