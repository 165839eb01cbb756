"""A proof as data, in the words of ISO/IEC TS 27560:2023 and the Kantara consent receipt 1.1 where they have one.

docs/proof.md says which field is which.
"""

from datetime import datetime
from typing import Any

from signup.consent.consent_event import ConsentType
from signup.consent.subscription import Subscription, SubscriptionState
from signup.evidence.event_words import METHODS
from signup.evidence.proof import Proof, ProvenList
from signup.evidence.proven_event import ProvenEvent, ShownForm
from signup.evidence.sentence import sentence
from signup.ground.urls import settings
from signup.mailer.kept_mail import KeptMail

SCHEMA = "signup-consent-proof-1"
STATES = {
    ConsentType.REQUESTED: "requested",
    ConsentType.CONFIRMED: "given",
    ConsentType.IMPORTED: "given",
    ConsentType.WITHDRAWN: "withdrawn",
    ConsentType.UNSUBSCRIBED: "withdrawn",
    ConsentType.COMPLAINED: "withdrawn",
    ConsentType.DISOWNED: "refused",
    ConsentType.EXPIRED: "expired",
}
"""What an event makes of the consent; the others leave it as it is."""


def as_json(proof: Proof) -> dict[str, Any]:
    """Plain values, ready for JSON, with sentences in the language that is set."""
    person = proof.person
    return {
        "schema_version": SCHEMA,
        "created_at": _time(proof.made_at),
        "created_by": settings().public_url,
        "pii_principal": {
            "pii_principal_id": str(person.uid),
            "address": person.address,
            "name": person.name,
            "language": person.language,
        },
        "parties": [
            {"party_id": str(one.mailing_list.uid), "party_name": one.controller, "party_role": "controller"}
            for one in proof.lists
        ],
        "records": [_record(one) for one in proof.lists],
        **_ledger(proof),
    }


def _ledger(proof: Proof) -> dict[str, Any]:
    """What `verify_receipt.py` reads, under the names that it knows."""
    if not proof.ledger.note:
        return {}
    return {
        "checkpoint": proof.ledger.note,
        "public_keys": proof.ledger.public_keys,
        "events": list(proof.ledger.events.values()),
        "snapshots": proof.ledger.texts,
    }


def _record(one: ProvenList) -> dict[str, Any]:
    return {
        "pii_controllers": [one.controller],
        "privacy_notice": one.mailing_list.privacy_url,
        "purposes": [{"purpose": one.name, "lawful_basis": "consent", "list_id": str(one.mailing_list.uid)}],
        **(_state(one.subscription) if one.subscription else {"consent_state": "none"}),
        "events": [_event(event) for event in one.events],
    }


def _state(entry: Subscription) -> dict[str, Any]:
    return {
        "record_id": str(entry.uid),
        "consent_state": "given" if entry.state == SubscriptionState.CONFIRMED else entry.state,
        "double_opt_in": not entry.single_opt_in,
        "signed_up_at": _time(entry.created_at),
        "confirmed_at": _time(entry.confirmed_at),
        "ended_at": _time(entry.ended_at),
    }


def _event(event: ProvenEvent) -> dict[str, Any]:
    told = {
        "event_id": str(event.id),
        "event_type": event.type,
        "event_time": _time(event.at),
        "event_state": STATES.get(ConsentType(event.type)) if event.type in set(ConsentType) else None,
        "sentence": sentence(event),
        "purpose": event.purpose,
        "pii_controller": event.controller,
        "collection_method": event.method,
        "collection_method_in_words": str(METHODS.get(event.method, event.method)),
        "language": event.locale,
        "wording": event.wording,
        "wording_hash": event.wording_hash,
        "form": event.form and _form(event.form),
        "address_as_typed": event.address,
        "ip_address": event.ip,
        "user_agent": event.agent,
        "page": event.page,
        "referrer": event.referrer,
        "pii_information": event.answers,
        "source": event.source,
        "email": event.mail and _mail(event.mail, event),
        "imported_from": event.brought_by
        and {
            "evidence_grade": event.brought_by.grade,
            "origin": event.brought_by.origin,
            "file_name": event.brought_by.file_name,
            "file_hash": event.brought_by.file_hash,
            "line": event.brought_by.line,
        },
        "signing_key": event.key_id,
        "merged_from": event.merged_from and str(event.merged_from),
        "personal_data_erased": event.is_erased,
    }
    return {name: value for name, value in told.items() if value not in (None, "", {})}


def _form(form: ShownForm) -> dict[str, Any]:
    told = {"id": form.public_id, "name": form.name, "version": form.version, "version_hash": form.definition_hash}
    if not form.hash:
        return told
    shown = {"surface": form.surface, "hash": form.hash, "style_hash": form.style_hash, "since": _time(form.since)}
    return told | {"as_seen": shown}


def _mail(mail: KeptMail, event: ProvenEvent) -> dict[str, Any]:
    return {
        "kind": mail.kind,
        "message_id": mail.message_id,
        "hash": mail.hash,
        "template_hash": event.mail_template_hash,
        "relay_reply": event.relay_reply,
        "rebuilt_with_the_same_hash": mail.is_exact,
        "subject": mail.words.subject if mail.words else None,
        "text": mail.words.text if mail.words else None,
        "html": mail.words.html if mail.words else None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
