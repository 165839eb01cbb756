"""Sends a letter as a test: to one address, as it is now, with the fallbacks or with the values of a contact."""

from uuid import UUID, uuid4

from signup.campaigns.archive import letter_address
from signup.campaigns.campaign import Campaign
from signup.campaigns.letter import write_letter
from signup.consent import snapshot
from signup.consent.snapshot import SnapshotKind
from signup.contacts.contact import hash_of
from signup.ground.db import db
from signup.ground.driver_sql import to_json
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

NOBODY = UUID(int=0)
MARK = "[Test] "


def send_test(campaign: Campaign, address: str, values: dict[str, str] | None = None) -> None:
    """Put the letter to `address` into the outbox; its unsubscribe link is nobody's. Needs an open transaction."""
    letter = write_letter(campaign, subject=MARK + campaign.subject, online=letter_address(campaign))
    db.session.add(
        Message(
            kind=MessageKind.TEST,
            priority=MessageKind.TEST.rules.priority,
            recipient=address,
            recipient_hash=hash_of(address.lower()),
            template_hash=snapshot.keep(SnapshotKind.MAIL, to_json(letter.to_content())),
            data={"values": values or {}, "subscription": NOBODY.hex, "contact": NOBODY.hex},
            dedupe_key=f"test:{uuid4().hex}",
            list_id=campaign.list_id,
        )
    )
    db.session.flush()
