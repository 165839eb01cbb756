"""Tells machines from people by what they do: a scanner of mails follows links at once, or all of them in a moment.

Two thirds of scanners' clicks come 20 to 60 seconds after the mail, and their browsers look like any other. A person
reads first. The reaction is kept as it came; the verdict stands beside it and may change with what comes later.
"""

from typing import Any

from signup.ground.db import is_postgresql
from signup.ground.driver_sql import run

TOO_SOON = 60
"""Seconds after the mail within which a reaction is a machine's."""
BURST, BURST_SECONDS = 3, 2
"""So many links within so many seconds are nobody's clicks."""


def judge_recent(connection: Any, rows: str) -> None:
    """Judge the reactions just written, given as the JSON that `intake` wrote, with all others of their messages."""
    too_soon, burst = ON_POSTGRESQL if is_postgresql() else ON_SQLITE
    run(connection, too_soon, {"rows": rows, "too_soon": TOO_SOON})
    run(connection, burst, {"rows": rows, "burst": BURST, "seconds": BURST_SECONDS})


def _statements(keys: str, after_mail: str, apart: str, fewer: str) -> tuple[str, str]:
    """The two verdicts, from how an engine spells the keys just written, seconds, and the smaller of two numbers."""
    too_soon = f"""
    UPDATE engagement_event SET verdict = 'machine'
    WHERE verdict = 'person' AND key IN ({keys})
      AND EXISTS (SELECT 1 FROM message WHERE message.id = engagement_event.message_id
                  AND {after_mail} < :too_soon)
    """  # noqa: S608  # our own constants
    burst = f"""
    UPDATE engagement_event SET verdict = 'machine'
    WHERE verdict = 'person' AND kind = 'click'
      AND message_id IN (SELECT seen.message_id FROM engagement_event AS seen WHERE seen.key IN ({keys}))
      AND (SELECT count(DISTINCT other.link_number) FROM engagement_event AS other
           WHERE other.message_id = engagement_event.message_id AND other.kind = 'click' AND {apart} <= :seconds)
        >= {fewer}(:burst, (SELECT count(*) + CASE count(*) WHEN 1 THEN 1 ELSE 0 END FROM campaign_link
                            WHERE campaign_link.campaign_id = engagement_event.campaign_id))
    """  # noqa: S608  # our own constants
    return too_soon, burst


ON_POSTGRESQL = _statements(
    keys="SELECT one.key FROM jsonb_to_recordset(JSON(:rows)) AS one(key text)",
    after_mail="extract(epoch FROM engagement_event.at - message.handed_at)",
    apart="abs(extract(epoch FROM other.at - engagement_event.at))",
    fewer="least",
)
ON_SQLITE = _statements(
    keys="SELECT json_extract(value, '$.key') FROM json_each(:rows)",
    after_mail="((julianday(engagement_event.at) - julianday(message.handed_at)) * 86400)",
    apart="(abs(julianday(other.at) - julianday(engagement_event.at)) * 86400)",
    fewer="min",
)
