"""Finds the contact that an address of the API names, if the key reaches it."""

from uuid import UUID

from sqlalchemy import select

from signup.access import scope
from signup.contacts.contact import Contact
from signup.duplicates.merge import survivor_of
from signup.ground.db import db
from signup.ground.errors import NotFound


def find(uid: UUID, *, locks: bool = False) -> Contact:
    """The contact, or the one that it was merged into. Raises `NotFound`. To lock it needs an open transaction."""
    named = db.session.scalar(select(Contact).where(Contact.uid == uid))
    if named is None:
        raise NotFound("contact")
    mine = select(Contact).where(Contact.id == survivor_of(named).id, scope.contacts())
    if locks:
        mine = mine.with_for_update(of=Contact).execution_options(populate_existing=True)
    found = db.session.scalar(mine)
    if found is None:
        raise NotFound("contact")
    return found
