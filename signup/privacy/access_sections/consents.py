"""What somebody agreed to: lists, each event of the proof with its wording, partners, tracking, suppression."""

from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.leaving_words import REASONS
from signup.consent.partner import PartnerConsent, PartnerState
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.consent.suppression import Suppression
from signup.consent.tracking import TrackingConsent, TrackingState
from signup.contacts.contact import Contact, hash_of
from signup.contacts.legal_hold import LegalHold
from signup.ground.db import db
from signup.ground.i18n import _, pgettext
from signup.mailer import kept_mail
from signup.privacy.access_sections.person import STANDINGS
from signup.privacy.access_sections.section import Person, Record, Section, fact, moment, record, word

EVENTS = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Our email was accepted by your mail server"),
    "confirmed": pgettext("event", "Confirmed"),
    "preference_changed": _("Changed preferences"),
    "withdrawn": _("Withdrew consent"),
    "tracking_granted": _("Agreed to tracking"),
    "tracking_withdrawn": _("Withdrew consent to tracking"),
    "unsubscribed": pgettext("event", "Unsubscribed"),
    "mail_bounced": _("Our email came back"),
    "complained": _("Reported an email as spam"),
    "disowned": _("Said it wasn’t them"),
    "expired": _("Expired without confirmation"),
    "imported": _("Imported from a file"),
    "corrected": _("An import or a merge was undone"),
    "merged": _("Another contact was merged into this one"),
    "erased": _("Deleted"),
}
METHODS = {
    "form": _("By a form"),
    "json": _("By a form on a website"),
    "kiosk": _("At a kiosk in a shop"),
    "link": _("By the link in the email"),
    "code": _("By the six-digit code"),
    "same-browser": _("In the same browser"),
    "one-click": _("By the unsubscribe button of the email program"),
    "mail": _("By an email to the address for unsubscribing"),
    "operator": _("By our staff"),
    "preferences": _("On the preferences page"),
    "undo": _("Undone on the page after unsubscribing"),
    "single": _("Without a confirmation email"),
    "later": _("Answered after confirming"),
    "console": _("By our staff"),
    "retention": _("By itself, once its time was over"),
    "smtp": _("By your mail server"),
    "bounce": _("By an email that came back"),
    "provider": _("By a notice of our mail provider"),
    "import-a": _("From a file, with our own proof"),
    "import-b": _("From a file, with another service’s record"),
    "import-c": _("From a file, without proof"),
    "import-x": _("From a bought or rented file"),
}
PARTNER_STATES: dict[str, Any] = {
    PartnerState.REQUESTED: _("Asked for, not confirmed"),
    PartnerState.CONFIRMED: _("Agreed"),
    PartnerState.WITHDRAWN: _("Withdrawn"),
}
TRACKING_STATES: dict[str, Any] = {
    TrackingState.REQUESTED: _("Asked for, not confirmed"),
    TrackingState.GRANTED: _("Agreed"),
    TrackingState.WITHDRAWN: _("Withdrawn"),
}


def _subscriptions(person: Person) -> list[Record]:
    query = select(Subscription).where(Subscription.contact_id.in_(person.ids)).order_by(Subscription.id)
    return [
        record(
            fact("id", gettext("Reference"), str(one.uid)),
            person.list_of(one.list_id),
            fact("controller", gettext("Responsible"), one.list.controller),
            word("state", gettext("Status"), one.state, STANDINGS),
            moment("since", gettext("Since"), one.state_at),
            moment("signed_up_at", gettext("Signed up on"), one.created_at),
            moment("confirmed_at", gettext("Confirmed on"), one.confirmed_at),
            moment("ended_at", gettext("Ended on"), one.ended_at),
            word("left_because", gettext("Why you left"), one.left_because or "", REASONS),
            fact("single_opt_in", gettext("Without a confirmation email"), one.single_opt_in or None),
            person.values("given", gettext("What this list was given"), one.given),
        )
        for one in db.session.scalars(query)
    ]


def _events(person: Person) -> list[Record]:
    query = select(ConsentEvent, Snapshot.content).outerjoin(Snapshot, Snapshot.hash == ConsentEvent.wording_hash)
    query = query.where(ConsentEvent.contact_id.in_(person.ids)).order_by(ConsentEvent.at, ConsentEvent.id)
    return [_event(event, wording, person) for event, wording in db.session.execute(query)]


def _event(event: ConsentEvent, wording: str | None, person: Person) -> Record:
    is_mail = event.type == ConsentType.MAIL_ACCEPTED  # it keeps what builds the mail again, in place of answers
    email = kept_mail.read(event).words if is_mail else None
    return record(
        fact("id", gettext("Reference"), str(event.id)),
        word("what", gettext("What happened"), event.type, EVENTS),
        moment("at", gettext("When"), event.at),
        person.list_of(event.list_id),
        fact("for", gettext("Responsible"), event.controller),
        fact("purpose", gettext("Purpose"), event.purpose),
        word("how", gettext("How"), event.method, METHODS),
        fact("wording", gettext("The words beside the box"), wording),
        fact("language", gettext("Language"), event.locale),
        fact("address", gettext("Email address"), event.address),
        fact("ip", gettext("IP address"), event.ip),
        fact("browser", gettext("Browser"), event.agent),
        fact("page", gettext("Page"), event.page),
        fact("referrer", gettext("Page before it"), event.referrer),
        person.values("answers", gettext("Your answers"), {} if is_mail else event.answers),
        fact("subject", gettext("Subject of the email"), email and email.subject),
        fact("email", gettext("Words of the email"), email and email.text),
        fact("message_id", gettext("Number of the email"), event.mail_message_id),
        fact("mail_server", gettext("Answer of the mail server"), event.relay_reply),
    )


def _partners(person: Person) -> list[Record]:
    query = select(PartnerConsent, Snapshot.content).join(Snapshot, Snapshot.hash == PartnerConsent.wording_hash)
    query = query.where(PartnerConsent.contact_id.in_(person.ids)).order_by(PartnerConsent.id)
    return [
        record(
            fact("partner", gettext("Partner"), one.version.name),
            fact("privacy_url", gettext("Privacy"), one.version.privacy_url),
            person.list_of(one.list_id),
            word("state", gettext("Status"), one.state, PARTNER_STATES),
            fact("wording", gettext("The words beside the box"), wording),
            fact("language", gettext("Language"), one.locale),
            moment("requested_at", gettext("Asked for on"), one.requested_at),
            moment("confirmed_at", gettext("Confirmed on"), one.confirmed_at),
            moment("withdrawn_at", gettext("Withdrawn on"), one.withdrawn_at),
            fact("single_opt_in", gettext("Without a confirmation email"), one.single_opt_in or None),
        )
        for one, wording in db.session.execute(query)
    ]


def _tracking(person: Person) -> list[Record]:
    query = select(TrackingConsent, Snapshot.content).join(Snapshot, Snapshot.hash == TrackingConsent.wording_hash)
    query = query.where(TrackingConsent.contact_id.in_(person.ids)).order_by(TrackingConsent.id)
    return [
        record(
            person.list_of(one.list_id),
            word("state", gettext("Status"), one.state, TRACKING_STATES),
            fact("wording", gettext("The words beside the box"), wording),
            fact("language", gettext("Language"), one.locale),
            moment("requested_at", gettext("Asked for on"), one.requested_at),
            moment("granted_at", gettext("Confirmed on"), one.granted_at),
            moment("withdrawn_at", gettext("Withdrawn on"), one.withdrawn_at),
        )
        for one, wording in db.session.execute(query)
    ]


def _suppressions(person: Person) -> list[Record]:
    addresses = db.session.execute(select(Contact.address_key, Contact.address).where(Contact.id.in_(person.ids)))
    hashes = {hash_of(key): address for key, address in addresses}
    query = select(Suppression).where(Suppression.address_hash.in_(hashes)).order_by(Suppression.created_at)
    return [
        record(
            fact("address", gettext("Email address"), hashes[one.address_hash]),
            fact("reason", gettext("Reason"), one.reason),
            moment("since", gettext("Since"), one.created_at),
        )
        for one in db.session.scalars(query)
    ]


def _holds(person: Person) -> list[Record]:
    query = select(LegalHold).where(LegalHold.contact_id.in_(person.ids)).order_by(LegalHold.id)
    return [
        record(
            fact("reason", gettext("Reason"), one.reason),
            moment("until", gettext("Until"), one.until),
            moment("set_at", gettext("Since"), one.set_at),
            moment("lifted_at", gettext("Ended on"), one.lifted_at),
        )
        for one in db.session.scalars(query)
    ]


SECTIONS = (
    Section("subscriptions", _("Your lists"), ("subscription", "mailing_list"), _subscriptions),
    Section("consent", _("What you agreed to, and when"), ("consent_event", "snapshot"), _events),
    Section("partners", _("Partners"), ("partner", "partner_consent", "partner_version"), _partners),
    Section("tracking", _("Opens and clicks"), ("tracking_consent",), _tracking),
    Section("holds", _("Why your data may not be deleted yet"), ("legal_hold",), _holds),
    Section("suppressed", _("We never write to you"), ("suppression",), _suppressions),
)
