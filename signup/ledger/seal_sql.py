"""The statements of `seal`, side by side where the engines differ."""

from signup.ledger.leaf import audit_columns, event_columns
from signup.ledger.ledger_entry import LedgerEntry

_EVENT = ", ".join(f"consent_event.{name}" for name in event_columns())
_AUDIT = ", ".join(f"audit_entry.{name}" for name in audit_columns())
_ENTRY = ", ".join(LedgerEntry.__table__.columns.keys())
_HAS_NO_PLACE = "NOT EXISTS (SELECT 1 FROM ledger_entry WHERE ledger_entry.event_id = consent_event.id)"
_IS_REAL = """NOT EXISTS (
    SELECT 1 FROM contact WHERE contact.id = consent_event.contact_id AND contact.nature <> 'real')"""

NEW_EVENTS = f"""
    SELECT {_EVENT} FROM consent_event
    WHERE consent_event.id >= :first AND {_HAS_NO_PLACE} AND {_IS_REAL}
    ORDER BY consent_event.id LIMIT :limit
"""  # noqa: S608  # our own constants
LATE_EVENTS = f"""
    SELECT {_EVENT} FROM consent_event
    WHERE consent_event.at >= :since AND {_HAS_NO_PLACE} AND {_IS_REAL}
    ORDER BY consent_event.id LIMIT :limit
"""  # noqa: S608  # our own constants
NEW_AUDIT = f"""
    SELECT {_AUDIT} FROM audit_entry
    WHERE audit_entry.at >= :since AND audit_entry.id > :after
      AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE ledger_entry.audit_id = audit_entry.id)
    ORDER BY audit_entry.id LIMIT :limit
"""  # noqa: S608  # our own constants
WAITING = f"""
    SELECT count(*) AS n, max(waiting.age) AS age FROM (
      SELECT AGE(consent_event.at) AS age FROM consent_event
      WHERE consent_event.id >= :first AND {_HAS_NO_PLACE} AND {_IS_REAL}
      UNION ALL
      SELECT AGE(audit_entry.at) FROM audit_entry
      WHERE audit_entry.at >= :since
        AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE ledger_entry.audit_id = audit_entry.id)
    ) AS waiting
"""  # noqa: S608  # our own constants
"""How many events and audit entries have no place yet, and how old the oldest is, in seconds."""
HEAD = "SELECT size, frontier, note, at, settled_at FROM ledger_head WHERE id = 1"
BEGIN_HEAD = """
    INSERT INTO ledger_head (id, size, frontier, note, at, settled_at)
    VALUES (1, 0, :frontier, :note, :at, NULL) ON CONFLICT DO NOTHING
"""
SETTLE = "UPDATE ledger_head SET settled_at = :at WHERE id = 1"
QUIET_SINCE_POSTGRESQL = """
    SELECT coalesce(min(pg_stat_activity.xact_start), now()) FROM pg_stat_activity
    WHERE pg_stat_activity.datname = current_database() AND pg_stat_activity.backend_type = 'client backend'
"""
"""When the oldest open transaction began: what it wrote is not seen yet, and is older than what is."""

APPEND_POSTGRESQL = f"""
WITH head AS (
  UPDATE ledger_head SET size = :size::bigint, frontier = :frontier::bytea, note = :note::text,
    at = :at::timestamptz, settled_at = :settled_at::timestamptz
  WHERE id = 1 AND size = :before::bigint RETURNING size
), entry AS (
  INSERT INTO ledger_entry ({_ENTRY})
  SELECT given.* FROM head, unnest(:positions::bigint[], :event_ids::uuid[], :audit_ids::bigint[], :leaves::bytea[],
    :personal::bytea[], :visits::bytea[]) AS given
), node AS (
  INSERT INTO ledger_node (height, position, hash)
  SELECT given.* FROM head, unnest(:heights::bigint[], :places::bigint[], :hashes::bytea[]) AS given
)
SELECT size FROM head
"""  # noqa: S608  # our own constants
APPEND_SQLITE = (
    """UPDATE ledger_head SET size = :size, frontier = :frontier, note = :note, at = :at, settled_at = :settled_at
       WHERE id = 1 AND size = :before""",
    f"""INSERT INTO ledger_entry ({_ENTRY})
       VALUES (:position, :event_id, :audit_id, :leaf, :personal, :visit)""",  # noqa: S608  # our own constants
    "INSERT INTO ledger_node (height, position, hash) VALUES (:height, :position, :hash)",
)
KEEP_CHECKPOINT = """
    INSERT INTO checkpoint (size, at, note) SELECT size, at, note FROM ledger_head
    WHERE id = 1 AND size > 0 AND NOT EXISTS (SELECT 1 FROM checkpoint WHERE checkpoint.at >= :since)
    ON CONFLICT DO NOTHING
"""
"""The first of each day; with a time that has not come yet, in any case."""
