"""Two lists with one of everything each: ours, and another whose every name holds a word that must not be seen."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.admin.frame.route_subject import (
    CAMPAIGN,
    CONTACT,
    ENQUIRY,
    EXPORT,
    FORM,
    IMPORT,
    KIOSK,
    LIST,
    MAGNET,
    MESSAGE,
    PARTNER,
    SEGMENT,
    About,
)
from signup.audience.rule import parse
from signup.audience.segment import Segment
from signup.consent.consent_event import ConsentType
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.consent.snapshot import SnapshotKind, keep
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.counts import tally
from signup.counts.tally import Measure
from signup.enquiries.enquiry import Enquiry
from signup.exports import export_job
from signup.exports.export_run import ExportRun
from signup.files.import_run import ImportRun
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.incentives import code_pool
from signup.incentives.incentive import Incentive, IncentiveKind
from signup.kiosks.kiosk import Kiosk
from signup.mailer.message import Message
from signup.signups.signup import Signup
from tests.admin.cast import add_contact, post
from tests.campaigns.campaign_cast import make_campaign
from tests.cast import make_form, make_list

HIDDEN = "zzother"
OF_BOTH = "bea@example.org"


@dataclass
class Side:
    """One list and what belongs to it: for each kind of object the values of its address."""

    list_id: int
    addresses: list[str]
    objects: dict[About, dict[str, Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """Ids within an object: a subscription, a sign-up, an event of its proof."""


def make_world(app: Flask, opal: FlaskClient) -> tuple[Side, Side]:
    """Ours and theirs. Bea is on both lists: she is ours to see, her other subscription is not."""
    sides = []
    for slug, domain in (("letter", "example.org"), (HIDDEN, f"{HIDDEN}.example")):
        sides.append(_side(slug, domain))
    with transaction():
        bea = _bea(sides)
    for side, people in zip(sides, bea, strict=True):
        side.more = people
    for side, slug in zip(sides, ("letter", HIDDEN), strict=True):
        _files(opal, slug, side.addresses[0])
        export_job.perform()
        for kind, run in ((EXPORT, ExportRun), (IMPORT, ImportRun)):
            uid = db.session.scalars(select(run.uid).where(run.list_id == side.list_id)).one()
            side.objects[kind] = {"uid": uid}
    return sides[0], sides[1]


def _side(slug: str, domain: str) -> Side:
    mailing_list = make_list(slug, name=slug.title(), sender_address=f"news@{domain}")
    side = Side(mailing_list.id, [f"{name}@{domain}" for name in ("ada", "bob")])
    magnet = Incentive(kind=IncentiveKind.CODES, name=f"{slug} codes", low_at=20)
    partner = Partner(slug=f"{slug}-partner")
    segment = Segment(slug=f"{slug}-segment", name=f"{slug} segment")
    with transaction():
        db.session.add(magnet)
        db.session.flush()
        code_pool.add(magnet, [f"{slug}-code"], None)
        partner.publish(f"{slug} partner", "https://example.org", {"en": f"Yes, {slug} partner may write."})
        rule = {"subject": f"list:{mailing_list.id}", "op": "any_of", "values": ["confirmed"]}
        segment.publish(parse({"rules": [rule]}))
        contact = add_contact(mailing_list, side.addresses[0], f"{slug} ada")
        add_contact(mailing_list, side.addresses[1], f"{slug} bob", "pending")
        db.session.add(_message(mailing_list, contact))
    form = make_form(mailing_list, magnet=False, lead_magnet_id=magnet.id, partner_ids=(partner.id,))
    kiosk = Kiosk(name=f"{slug} kiosk", form_id=form.id)
    kiosk.renew()
    with transaction():
        db.session.add(kiosk)
        _signup(form, contact)
        written = Enquiry(
            form_id=form.id,
            form_version_id=form.version_id,
            list_id=mailing_list.id,
            address=side.addresses[0],
            language="en",
            answers={"first_name": f"{slug} words"},
        )
        db.session.add(written)
    message = db.session.scalars(select(Message.id).where(Message.list_id == mailing_list.id)).one()
    campaign = make_campaign(mailing_list, name=f"{slug} campaign", subject=f"{slug} news", state="sent")
    side.objects = {
        LIST: {"slug": slug},
        FORM: {"public_id": form.public_id},
        ENQUIRY: {"uid": written.uid},
        CONTACT: {"uid": contact.uid},
        MAGNET: {"uid": magnet.uid},
        PARTNER: {"slug": partner.slug},
        SEGMENT: {"slug": segment.slug},
        KIOSK: {"uid": kiosk.uid},
        MESSAGE: {"message_id": message},
        CAMPAIGN: {"uid": campaign.uid},
    }
    return side


def _message(mailing_list: MailingList, contact: Contact) -> Message:
    return Message(
        kind="welcome",
        priority=1,
        state="failed",
        recipient=contact.address,
        recipient_hash="0" * 32,
        template_hash=keep(SnapshotKind.MAIL, "mail"),
        data={},
        dedupe_key=uuid4().hex,
        list_id=mailing_list.id,
        contact_id=contact.id,
    )


def _signup(form: Form, contact: Contact) -> Signup:
    subscription = db.session.scalars(
        select(Subscription).where(Subscription.contact_id == contact.id, Subscription.list_id == form.list_id)
    ).one()
    signup = Signup(
        handle=uuid4().hex,
        contact_id=contact.id,
        list_id=form.list_id,
        form_id=form.id,
        form_version_id=form.version.id,
        subscription_id=subscription.id,
        state="confirmed",
        method="form",
        language="en",
        answers={},
        source={"page": f"https://{form.list.slug}.example/page"},
        expires_at=now(),
        confirmed_at=now(),
    )
    db.session.add(signup)
    db.session.flush()
    return signup


def _bea(sides: list[Side]) -> list[dict[str, Any]]:
    """Somebody on both lists; her subscription and sign-up to each."""
    found = []
    bea: Contact | None = None
    for side in sides:
        mailing_list = db.session.get_one(MailingList, side.list_id)
        if bea is None:
            bea = add_contact(mailing_list, OF_BOTH, "Bea")
        else:
            db.session.add(Subscription(contact_id=bea.id, list_id=side.list_id, state="confirmed"))
            tally.count(tally.moved(Measure.IN_STATE, None, "confirmed", list_id=side.list_id))
            db.session.flush()
        form = db.session.scalars(select(Form).where(Form.list_id == side.list_id)).one()
        signup = _signup(form, bea)
        event = signup.event(ConsentType.REQUESTED)
        db.session.add(event)
        db.session.flush()
        ids = {"subscription_id": signup.subscription_id, "signup_id": signup.id, "event": event.id}
        found.append({"uid": bea.uid, **ids})
    return found


def _files(opal: FlaskClient, slug: str, address: str) -> None:
    """An export and an import of the list, by the pages."""
    export = {"mailing_list": slug, "status": "confirmed", "format": "csv", "segment": "", "partner": ""}
    assert post(opal, "/admin/exports/new", export).status_code == 303
    pasted = {"mailing_list": slug, "origin": "claim", "pasted": f"email\n{address}\n{slug}@@broken"}
    assert post(opal, "/admin/contacts/imports/new", pasted).status_code == 303
