"""What a returned mail means: its class, its reason, and whom it is about."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class BounceClass(StrEnum):
    """What follows from a returned mail. The reason decides it, not the first digit of a status."""

    HARD = "hard"
    """The address will never take mail: no such user or host, moved, closed."""
    SOFT = "soft"
    """It does not take mail now: full, too busy, out of order."""
    OURS = "ours"
    """Our mail was refused, not the address: blocked, spam, authentication, policy. The operator is told."""
    DELAYED = "delayed"
    """It is still being tried: nothing follows."""
    VACATION = "vacation"
    """An automatic reply: nothing follows."""
    COMPLAINT = "complaint"
    """The person reported the mail as spam."""
    NONE = "none"
    """No returned mail at all, as a reply written by a person."""


class Reason(StrEnum):
    """Why a mail came back, in the order of the patterns' file."""

    OWN_SENDER = "sender-refused"
    SPAM = "spam"
    BLOCKED = "blocked"
    AUTHENTICATION = "authentication"
    RATE = "rate-limited"
    FULL = "mailbox-full"
    MOVED = "moved"
    SUSPENDED = "suspended"
    TEMPORARY = "temporary"
    USER_UNKNOWN = "user-unknown"
    HOST_UNKNOWN = "host-unknown"
    TOO_BIG = "too-big"
    POLICY = "policy"
    RELAY = "relay-denied"
    EXPIRED = "expired"
    NETWORK = "network"
    SYSTEM = "system"
    UNDEFINED = "undefined"
    DELAYED = "delayed"
    AUTO_REPLY = "auto-reply"
    COMPLAINT = "complaint"
    NO_BOUNCE = "no-bounce"


CLASS_OF = {
    Reason.OWN_SENDER: BounceClass.OURS,
    Reason.SPAM: BounceClass.OURS,
    Reason.BLOCKED: BounceClass.OURS,
    Reason.AUTHENTICATION: BounceClass.OURS,
    Reason.RATE: BounceClass.SOFT,
    Reason.FULL: BounceClass.SOFT,
    Reason.MOVED: BounceClass.HARD,
    Reason.SUSPENDED: BounceClass.HARD,
    Reason.TEMPORARY: BounceClass.SOFT,
    Reason.USER_UNKNOWN: BounceClass.HARD,
    Reason.HOST_UNKNOWN: BounceClass.HARD,
    Reason.TOO_BIG: BounceClass.SOFT,
    Reason.POLICY: BounceClass.OURS,
    Reason.RELAY: BounceClass.SOFT,
    Reason.EXPIRED: BounceClass.SOFT,
    Reason.NETWORK: BounceClass.SOFT,
    Reason.SYSTEM: BounceClass.SOFT,
    Reason.UNDEFINED: BounceClass.SOFT,
    Reason.DELAYED: BounceClass.DELAYED,
    Reason.AUTO_REPLY: BounceClass.VACATION,
    Reason.COMPLAINT: BounceClass.COMPLAINT,
    Reason.NO_BOUNCE: BounceClass.NONE,
}


class Returned(NamedTuple):
    """One recipient of a returned mail, and what became of the mail to it."""

    recipient: str
    """Empty where the mail does not tell."""
    bounce_class: BounceClass
    reason: Reason
    status: str = ""
    """The enhanced status code (RFC 3463), or the reply code; empty where there is none."""
    message_uid: UUID | None = None
    """Of our own message, as its return path or its Message-ID says."""
    is_trusted: bool = False
    """Whether the return path was signed by us: nobody else can have made it up."""
