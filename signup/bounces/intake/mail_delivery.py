"""Takes one mail that a mail server delivers, for one recipient: the address in the envelope names our message."""

import structlog
from flask import Flask

from signup.bounces.intake.hand_on import hand_on
from signup.ground.database_outage import tell
from signup.ground.db import is_outage

log = structlog.get_logger()


def deliver(app: Flask, raw: bytes, recipient: str = "") -> bool:
    """Handle a mail and write down what follows. Returns whether it is done; if not, the mail server tries again."""
    is_address = "@" in recipient and recipient.isprintable() and " " not in recipient
    head = f"Delivered-To: {recipient}\n".encode() if is_address else b""
    with app.app_context():
        try:
            hand_on(head + raw.removeprefix(b"\n"))
        except Exception as error:  # whatever is wrong, the mail server keeps the mail
            if is_outage(error):
                tell(error, "bounces.not_delivered")
            else:
                log.exception("bounces.not_delivered")
            return False
    return True
