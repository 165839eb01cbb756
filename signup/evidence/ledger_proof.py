"""Where the events of a proof stand in the signed ledger."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class LedgerProof:
    """The newest checkpoint, and the proof of each event that is in it. Without a ledger: empty."""

    note: str = ""
    events: dict[UUID, Any] = field(default_factory=dict)


NOT_SEALED = LedgerProof()
