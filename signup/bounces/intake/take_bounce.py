"""Takes a bounce or a complaint, one transaction for each mail."""

from hashlib import sha256

from signup.bounces import apply
from signup.bounces.classify import classify
from signup.bounces.mail_parts import MAX_READ, read_parts
from signup.ground.db import transaction
from signup.mailer.return_address import verp


def take(raw: bytes) -> bool | None:
    """Do what follows from a returned mail; None when it is about no mail of ours, or does not say which."""
    returned = classify(raw, verp.read)
    if not any(one.message_uid for one in returned):
        return None
    with transaction():
        return apply.take(_notice(raw), returned)


def _notice(raw: bytes) -> str:
    """What tells a notice from others: the same one may be delivered twice, with other headers on top."""
    found = read_parts(raw[: 64 * 1024]).header("message-id")
    return found[:400] or sha256(raw[:MAX_READ]).hexdigest()
