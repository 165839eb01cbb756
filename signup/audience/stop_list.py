"""Whether an address is on the stop list, as a condition on `Contact`."""

from sqlalchemy import select
from sqlalchemy.sql.selectable import Exists

from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact


def is_suppressed() -> Exists:
    """Whether the contact's address is on the stop list."""
    mine = select(Suppression.address_hash).where(Suppression.address_hash == Contact.address_hash)
    return mine.correlate(Contact).exists()
