"""Whether an address is on the stop list, as a condition on `Contact`."""

from sqlalchemy import String, column, select, table
from sqlalchemy.sql.selectable import Exists

from signup.contacts.contact import Contact

# The stop list belongs to `signup.mailer`, a floor above: it is named here, its class stays there.
suppression = table("suppression", column("address_hash", String()))


def is_suppressed() -> Exists:
    """Whether the contact's address is on the stop list."""
    mine = select(suppression.c.address_hash).where(suppression.c.address_hash == Contact.address_hash)
    return mine.correlate(Contact).exists()
