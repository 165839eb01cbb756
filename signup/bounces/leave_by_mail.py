"""Unsubscribes whoever wrote to the signed address in their List-Unsubscribe header. Who wrote, and what, is not asked.

The address is the authority, as the link is: mail programs write from whatever account they like.
"""

from email.utils import getaddresses

from signup.bounces.mail_parts import read_parts
from signup.consent.subscription import leave
from signup.duplicates.find_subscription import find_subscription
from signup.ground.db import transaction
from signup.ground.errors import NotFound
from signup.mailer.return_address import leave_address

METHOD = "mail"
HEAD = 64 * 1024
RECIPIENTS = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to")
MOST = 20
"""Addresses that are looked at: such a mail has one."""


def take(raw: bytes) -> bool | None:
    """Do what a mail asks for. Opens its own transaction; returns whether somebody left, None for another mail."""
    if b"leave+" not in raw[:HEAD].lower():
        return None
    headers = read_parts(raw[:HEAD]).headers
    written_to = getaddresses([value for name in RECIPIENTS for value in headers.get(name, ())])[:MOST]
    uid = next((found for _name, address in written_to if (found := leave_address.read(address))), None)
    if uid is None:
        return None
    try:
        with transaction():
            return leave(find_subscription(uid).id, METHOD)
    except NotFound:
        return False  # erased since
