"""The search index: one text for each contact, of all that any list knows of them.

On PostgreSQL an index of its trigrams answers; without the extension `pg_trgm`, and on SQLite, the texts are read one
after the other: they are short, and lie together. `index_contacts` keeps them.
"""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base

TRIGRAMS = "ix_search_entry_trigrams"
"""PostgreSQL's index, which only some servers have: no model and no migration speaks of it."""


class SearchEntry(Base):
    """What can be found of one contact."""

    __tablename__ = "search_entry"
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    text: Mapped[str] = mapped_column(Text, comment="words without case and accents, two blanks before each")
