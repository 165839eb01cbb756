"""Proof of consent of one person: what they agreed to, in which words, when and how, and that nothing was changed."""

from typing import Any
from uuid import UUID

from pydantic import Field

from signup.access import audit
from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import endpoint
from signup.api.problem import not_found
from signup.api.resources import found_contact
from signup.api.shapes import Told
from signup.evidence.proof_for_reader import proof_for_reader
from signup.evidence.proof_json import as_json
from signup.ground.db import transaction


class ProofTold(Told):
    """The proof as the bundle on the console holds it; `verify_receipt.py` checks it without us."""

    proof: dict[str, Any] = Field(description="Names after ISO/IEC TS 27560 where they exist.")


@endpoint("GET", "/contacts/{uid}/consents", KeyScope.CONSENTS_READ, "The proof of one person’s consent")
def contact_consents(key: ApiKey, uid: UUID) -> ProofTold:
    """Of the key’s lists. The audit trail says that it was read. Not for a masked key: a proof names its person."""
    if key.is_masked:
        not_found("contact")
    contact = found_contact.find(uid)
    told = ProofTold(proof=as_json(proof_for_reader(contact)))
    with transaction():
        audit.note(None, "proof-saved", str(contact.uid))
    return told
