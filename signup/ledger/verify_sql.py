"""The statements of `verify`."""

from signup.consent.consent_event import ConsentType
from signup.ledger.leaf import audit_columns, event_columns

_EVENT = ", ".join(f"consent_event.{name}" for name in event_columns())
_AUDIT = ", ".join(f"audit_entry.{name}" for name in audit_columns())

ENTRIES = f"""
    SELECT ledger_entry.position, ledger_entry.event_id, ledger_entry.audit_id, ledger_entry.leaf,
      ledger_entry.personal_hash, ledger_entry.visit_hash, {_EVENT}
    FROM ledger_entry LEFT JOIN consent_event ON consent_event.id = ledger_entry.event_id
    WHERE ledger_entry.position >= :low AND ledger_entry.position < :high ORDER BY ledger_entry.position
"""  # noqa: S608  # our own constants
AUDIT = f"""
    SELECT {_AUDIT} FROM ledger_entry JOIN audit_entry ON audit_entry.id = ledger_entry.audit_id
    WHERE ledger_entry.position >= :low AND ledger_entry.position < :high
"""  # noqa: S608  # our own constants
NODES = "SELECT height, position, hash FROM ledger_node"
CHECKPOINTS = "SELECT note FROM checkpoint ORDER BY size"
ERASED = f"SELECT DISTINCT contact_id FROM consent_event WHERE type = '{ConsentType.ERASED}'"  # noqa: S608
EXPIRED = f"SELECT signup_id FROM consent_event WHERE type = '{ConsentType.EXPIRED}' AND signup_id IS NOT NULL"  # noqa: S608
UNSEALED = """
    SELECT consent_event.id FROM consent_event
    WHERE AGE(consent_event.at) > :seconds
      AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE ledger_entry.event_id = consent_event.id)
      AND NOT EXISTS (
        SELECT 1 FROM contact WHERE contact.id = consent_event.contact_id AND contact.nature <> 'real')
    ORDER BY consent_event.id LIMIT 1000
"""
