"""What other programs are told of: the names of events, and which entries of the ledger are which."""

from enum import StrEnum

from signup.consent.consent_event import ConsentType
from signup.consent.partner import PURPOSE_PREFIX


class EventName(StrEnum):
    """What happened, as programs read it. A name never changes its meaning."""

    SIGNUP_REQUESTED = "signup.requested"
    SIGNUP_DISOWNED = "signup.disowned"
    CONFIRMED = "subscription.confirmed"
    IMPORTED = "subscription.imported"
    UNSUBSCRIBED = "subscription.unsubscribed"
    BOUNCED = "subscription.bounced"
    COMPLAINED = "subscription.complained"
    EXPIRED = "subscription.expired"
    CONSENT_CHANGED = "consent.changed"
    PARTNER_CONFIRMED = "partner.confirmed"
    PARTNER_WITHDRAWN = "partner.withdrawn"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_MERGED = "contact.merged"
    CONTACT_ERASED = "contact.erased"
    TEST = "webhook.test"
    """Sent when an operator asks for it. It tells of nobody, and is in no feed."""


_OF_CONSENT = {
    ConsentType.REQUESTED: EventName.SIGNUP_REQUESTED,
    ConsentType.DISOWNED: EventName.SIGNUP_DISOWNED,
    ConsentType.CONFIRMED: EventName.CONFIRMED,
    ConsentType.IMPORTED: EventName.IMPORTED,
    ConsentType.UNSUBSCRIBED: EventName.UNSUBSCRIBED,
    ConsentType.MAIL_BOUNCED: EventName.BOUNCED,
    ConsentType.COMPLAINED: EventName.COMPLAINED,
    ConsentType.EXPIRED: EventName.EXPIRED,
    ConsentType.PREFERENCE_CHANGED: EventName.CONSENT_CHANGED,
    ConsentType.TRACKING_GRANTED: EventName.CONSENT_CHANGED,
    ConsentType.TRACKING_WITHDRAWN: EventName.CONSENT_CHANGED,
    ConsentType.WITHDRAWN: EventName.CONSENT_CHANGED,
    ConsentType.CORRECTED: EventName.CONSENT_CHANGED,
    ConsentType.MERGED: EventName.CONTACT_MERGED,
    ConsentType.ERASED: EventName.CONTACT_ERASED,
}
_OF_PARTNER = {
    ConsentType.CONFIRMED: EventName.PARTNER_CONFIRMED,
    ConsentType.WITHDRAWN: EventName.PARTNER_WITHDRAWN,
}
CONTACT_ACTIONS = ("contact-edited", "contact-tagged", "contact-untagged")
"""Entries of the audit trail whose object is a contact that was changed."""


def name_of(kind: str, purpose: str) -> EventName | None:
    """What a consent event is called; None for one that only we need, such as a mail's way to its server."""
    if purpose.startswith(PURPOSE_PREFIX):
        return _OF_PARTNER.get(ConsentType(kind))
    return _OF_CONSENT.get(ConsentType(kind))
