"""After some years an entry of the audit trail says no longer who, from where and what to.

What was done, when, and by which account's number stays: the ledger stands on it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import null, update

from signup.access.audit import AuditEntry
from signup.ground.db import db
from signup.privacy.old_rows import OldRows

ENTRIES = OldRows(AuditEntry, AuditEntry.at, "keep_audit_months", AuditEntry.salt.is_not(None))
BLANK: dict[str, Any] = {"actor": "", "ip": None, "object": "", "detail": {}, "salt": null()}


def blank_audit() -> int:
    """The chore. Returns how many entries it blanked."""
    return ENTRIES.each(_blank)


def _blank(ids: Sequence[int]) -> int:
    old = update(AuditEntry).where(AuditEntry.id.in_(ids)).values(BLANK)
    db.session.execute(old, execution_options={"synchronize_session": False})
    return len(ids)
