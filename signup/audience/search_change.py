"""Contacts whose search entry is out of date. Triggers write these rows, `index_contacts` takes them away."""

from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base


class SearchChange(Base):
    """A contact that is new, or of whom something changed. Several rows may mean one contact.

    Without a foreign key and an index on the contact: the row is written by sign-ups, which wait for it.
    """

    __tablename__ = "search_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int]
