"""Hands a mail that reached us on to whom it concerns. Every way in, from a pipe to IMAP, ends here."""

from collections.abc import Callable

from signup.bounces import leave_by_mail
from signup.bounces.dmarc import take_report
from signup.bounces.intake import take_bounce

MAX_MAIL = 4 * 1024 * 1024
"""Bytes of a mail that are read. Bounces need less; the reports of receivers come as attachments."""

Reader = Callable[[bytes], bool | None]
READERS: tuple[Reader, ...] = (take_report.take, leave_by_mail.take, take_bounce.take)
"""In this order. A reader returns None for a mail that is not its business, else whether the mail was news.
It opens its own transaction: when it returns, what follows from the mail is written down.
"""


def hand_on(raw: bytes) -> bool:
    """Do what a mail asks for. Returns whether it was news; reading the same mail again changes nothing."""
    for read in READERS:
        if (is_news := read(raw[:MAX_MAIL])) is not None:
            return is_news
    return False
