"""Where the events of a proof stand in the signed ledger, with all that `verify_receipt.py` needs to check it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from signup.access import scope
from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import texts_of
from signup.ledger import leaf, signed_note
from signup.ledger.inclusion import LedgerView, sealed_event


@dataclass(frozen=True)
class LedgerProof:
    """The newest checkpoint, and the proof of each event that it signs; an event of the last second has none yet."""

    note: str
    public_keys: list[str]
    events: dict[UUID, dict[str, Any]] = field(repr=False)
    texts: dict[str, str] = field(repr=False)
    """The wordings and the templates of emails that these events name, by their SHA-256."""


def sealed(rows: Sequence[ConsentEvent]) -> LedgerProof:
    """The proof of these events. Readers who do not know everything of a person get the hash of what is personal."""
    view = LedgerView()
    found = view.inclusion(row.id for row in rows)
    is_whole = scope.sees_everything() and not scope.hidden_groups()
    events, hashes = {}, set()
    for row in rows:
        if row.id not in found:
            continue
        told = sealed_event({name: getattr(row, name) for name in leaf.event_columns()}, found[row.id])
        events[row.id] = told if is_whole else told | {"personal": None, "personal_salt": ""}
        hashes |= {row.wording_hash, row.mail_template_hash}
    keys = [str(key) for key in signed_note.public_keys()] if view.note else []
    return LedgerProof(view.note, keys, events, texts_of(hashes))
