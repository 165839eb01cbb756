"""What an erasure does with each table, in the order in which it does it; and why other tables stay as they are.

Every table stands in one of the two lists: a test fails for a new one that nobody has thought of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from signup.access.api_answer import ApiAnswer
from signup.addresses.mailbox import is_free_mail
from signup.audience.grade import GradeChange
from signup.audience.quality import Quality
from signup.audience.search_change import SearchChange
from signup.audience.search_entry import SearchEntry
from signup.bounces.returned_mail import ReturnedMail
from signup.companies.company import Company, CompanyKey
from signup.companies.household import Household, HouseholdMember
from signup.companies.position import Position
from signup.consent.consent_event import PAYLOAD, ConsentEvent, ConsentType
from signup.consent.partner import PartnerConsent
from signup.consent.subscription import Subscription
from signup.consent.tracking import TrackingConsent
from signup.contacts.address_change import AddressChange
from signup.contacts.contact import Contact
from signup.contacts.legal_hold import LegalHold
from signup.contacts.note import ContactNote
from signup.contacts.tag import ContactTag
from signup.contacts.value_change import ValueChange
from signup.counts.engagement_event import EngagementEvent
from signup.counts.event import Event
from signup.duplicates.duplicate import Duplicate
from signup.duplicates.merge import ContactMerge, FormerSubscription
from signup.enquiries.enquiry import Enquiry
from signup.fields.finding import Finding
from signup.fields.value_archive import ArchivedValue
from signup.files.import_run import ImportMend, ImportRow
from signup.ground.db import Base
from signup.incentives.discount_code import DiscountCode
from signup.kiosks.kiosk_entry import KioskEntry
from signup.limits.allow_list_entry import Allowance, AllowanceKind
from signup.mailer.mail_domain import MailDomain
from signup.mailer.message import Message
from signup.privacy.person import Person
from signup.signups.held_back import Held
from signup.signups.resend import ResendRequest
from signup.signups.signup import Signup
from signup.webhooks.webhook import WebhookDelivery

ERASED = "erased"
"""The reason on a row of an import that was blanked."""


@dataclass(frozen=True)
class EraseRule:
    """One table: which of its rows are the person's, and what is written over them; nothing: they are deleted."""

    table: type[Base]
    mine: Callable[[Person], ColumnElement[bool]]
    blank: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.table.__tablename__)


def _by_contact(table: Any) -> EraseRule:
    return EraseRule(table, lambda person: table.contact_id.in_(person.contact_ids))


def _message(person: Person) -> ColumnElement[bool]:
    """Their mails, and those that told a form's owner what they wrote."""
    return or_(Message.contact_id.in_(person.contact_ids), Message.dedupe_key.in_(person.enquiry_mails))


def _request(person: Person) -> ColumnElement[bool]:
    handles = select(Signup.handle).where(Signup.id.in_(person.signup_ids))
    return or_(ResendRequest.signup_id.in_(person.signup_ids), ResendRequest.handle.in_(handles))


def _address_change(person: Person) -> ColumnElement[bool]:
    """What they asked for, and what others asked for in their name."""
    return or_(
        AddressChange.contact_id.in_(person.contact_ids), func.lower(AddressChange.address).in_(person.addresses)
    )


def _import_lines(table: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: tuple_(table.run_id, table.line).in_(person.import_lines) if person.import_lines else false()


def _merge(person: Person) -> ColumnElement[bool]:
    return or_(ContactMerge.survivor_id.in_(person.contact_ids), ContactMerge.gone_id.in_(person.contact_ids))


def _former(person: Person) -> ColumnElement[bool]:
    merges = select(ContactMerge.id).where(_merge(person))
    return or_(FormerSubscription.subscription_id.in_(person.subscription_ids), FormerSubscription.merge_id.in_(merges))


def _company(person: Person) -> ColumnElement[bool]:
    """A company that only they told us of, and that no operator keeps: a trader's company is the trader."""
    own, other = aliased(Position), aliased(Position)
    theirs = select(own.company_id).where(own.contact_id.in_(person.contact_ids))
    others = select(other.contact_id).where(other.company_id == Company.id, other.contact_id.not_in(person.contact_ids))
    return and_(Company.id.in_(theirs), Company.is_kept.is_(False), ~others.correlate(Company).exists())


def _household(person: Person) -> ColumnElement[bool]:
    own, other = aliased(HouseholdMember), aliased(HouseholdMember)
    theirs = select(own.household_id).where(own.contact_id.in_(person.contact_ids))
    others = select(other.contact_id).where(
        other.household_id == Household.id, other.contact_id.not_in(person.contact_ids)
    )
    return and_(Household.id.in_(theirs), ~others.correlate(Household).exists())


def _own_domains(person: Person) -> list[str]:
    """A domain that is no provider's may be the person's name."""
    return [domain for domain in person.domains if not is_free_mail(domain)]


def _proof(person: Person) -> ColumnElement[bool]:
    """All their events, and what the proof of a contact they are no longer merged with says of their address."""
    told = and_(
        ConsentEvent.contact_id.in_(person.counterparts),
        ConsentEvent.type == ConsentType.MERGED,
        func.lower(ConsentEvent.address).in_(person.addresses),
    )
    has_payload = or_(ConsentEvent.salt.is_not(None), ConsentEvent.address.is_not(None), ConsentEvent.ip.is_not(None))
    return and_(or_(ConsentEvent.contact_id.in_(person.contact_ids), told), has_payload)


ERASE = (
    EraseRule(
        KioskEntry, lambda person: KioskEntry.signup_id.in_(person.signup_ids), {"signup_id": None}
    ),  # its numbers are the staff's
    _by_contact(ReturnedMail),
    EraseRule(ApiAnswer, lambda _person: ApiAnswer.body.is_not(None)),  # any may name them; all are of today
    EraseRule(Message, _message),
    EraseRule(Enquiry, lambda person: Enquiry.id.in_(person.enquiry_ids)),
    _by_contact(PartnerConsent),
    _by_contact(TrackingConsent),
    EraseRule(ResendRequest, _request),
    _by_contact(Event),
    _by_contact(EngagementEvent),
    EraseRule(  # the event itself is still told, with an id that leads to nobody
        WebhookDelivery, lambda person: WebhookDelivery.contact_id.in_(person.contact_ids), {"contact_id": None}
    ),
    EraseRule(  # given stays given: a shop must not see the code a second time
        DiscountCode,
        lambda person: DiscountCode.contact_id.in_(person.contact_ids),
        {"contact_id": None, "signup_id": None},
    ),
    EraseRule(ImportMend, _import_lines(ImportMend)),
    EraseRule(
        ImportRow,
        _import_lines(ImportRow),
        {"raw": [], "change": None, "contact_id": None, "reason": ERASED},
    ),
    EraseRule(
        Allowance,
        lambda person: and_(Allowance.kind == AllowanceKind.ADDRESS, Allowance.value.in_(person.mailboxes)),
    ),
    EraseRule(Held, lambda person: Held.domain.in_(_own_domains(person)), {"domain": "", "network": ""}),
    EraseRule(MailDomain, lambda person: MailDomain.domain.in_(_own_domains(person))),
    EraseRule(Company, _company),
    _by_contact(Position),
    EraseRule(Household, _household),
    _by_contact(HouseholdMember),
    EraseRule(
        Duplicate,
        lambda person: or_(Duplicate.first_id.in_(person.contact_ids), Duplicate.second_id.in_(person.contact_ids)),
    ),
    EraseRule(FormerSubscription, _former),
    EraseRule(ContactMerge, _merge),
    _by_contact(ContactTag),
    _by_contact(ContactNote),
    _by_contact(ValueChange),
    _by_contact(ArchivedValue),
    _by_contact(Finding),
    _by_contact(Quality),
    _by_contact(GradeChange),
    _by_contact(SearchChange),
    _by_contact(SearchEntry),
    _by_contact(LegalHold),
    EraseRule(AddressChange, _address_change),
    EraseRule(ConsentEvent, _proof, dict.fromkeys(PAYLOAD)),
    _by_contact(Signup),
    _by_contact(Subscription),
    EraseRule(Contact, lambda person: Contact.id.in_(person.contact_ids)),
)

GOES_WITH = {CompanyKey.__tablename__: Company.__tablename__}
"""Tables whose rows go by their foreign key, with a row of another table."""

SEARCHES = ("bulk_edit", "contact_view")
"""Tables that keep what an operator searched for: a search that names the person is blanked."""

_OPERATOR = "about operators and their accounts, who are not erased as contacts"
_NUMBERS = "numbers, which name nobody"
_SET_UP = "what operators set up"
_SALTED = "hashes whose salts are gone"
_KEYED = "keyed hashes only, from which no address can be told"

SPARED = {
    **dict.fromkeys(("operator", "operator_session", "passkey", "recovery_code", "spent_challenge"), _OPERATOR),
    **dict.fromkeys(("api_key", "hidden_group", "list_grant", "sign_in_wait", "ticket"), _OPERATOR),
    **dict.fromkeys(("field_figure", "heat", "ledger_check", "round", "step_count", "tally"), _NUMBERS),
    **dict.fromkeys(
        ("dkim_key", "export_columns", "field", "form", "grade_rule", "lead_magnet", "mailing_list", "picture"), _SET_UP
    ),
    **dict.fromkeys(("partner", "purpose", "rate", "relay", "segment", "staff", "till", "till_session"), _SET_UP),
    **dict.fromkeys(("campaign", "campaign_link"), "letters to many; whom they went to is in the messages"),
    "automation": "letters to many; whom they went to is in the messages",
    "webhook": _SET_UP,
    "form_draft": "what operators typed for a form and did not publish yet",
    "tag": "words that operators sort contacts by; which contacts had one is erased",
    "audit_entry": "what operators did; names contacts by id alone, and the database refuses changes",
    "beat": "when chores ran",
    "retention_cursor": "how far chores came",
    "erasure": f"{_KEYED}: no import brings the person back",
    "export_run": "who exported what; the file itself is deleted",
    "form_rendering": "forms as shown, without what belongs to a visitor; the database refuses changes",
    "form_version": "texts that operators published; the database refuses changes",
    "import_run": "who imported which file; the file itself is deleted",
    **dict.fromkeys(("checkpoint", "ledger_entry", "ledger_head", "ledger_node"), _SALTED),
    "limit_counter": f"{_KEYED}; goes within 7 days, and until then nobody can flood the mailbox",
    "partner_version": "texts that operators published; the database refuses changes",
    "segment_version": "rules that operators wrote; the database refuses changes",
    "snapshot": "texts and templates without values; the database refuses changes",
    "dmarc_report": "that a receiver reported of a domain",
    "dmarc_count": "how many mails came from which server; no recipient",
    "domain_check": "what the DNS says of a sender's domain",
    "sending_step": "which set-up steps an operator has done",
    "suppression": f"{_KEYED}: who objected is never mailed again",
}
"""Tables that an erasure leaves as they are, and why."""
