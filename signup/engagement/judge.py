"""Tells machines from people by what they do around a reaction: a scanner of mails hurries, sweeps, or takes the decoy.

No single sign is enough but the decoy: some people click within seconds, and most scanners call themselves a browser.
The reaction is kept as it came; the verdict stands beside it and may change with what comes later.
"""

from typing import Any

from signup.counts.engagement_event import DECOY
from signup.ground.db import is_postgresql
from signup.ground.driver_sql import run

AROUND_DECOY = 120
"""Seconds around a click on the decoy within which everything that a letter brings is the machine's."""
BURST, BURST_SECONDS = 3, 2.0
"""So many links, or all, within so many seconds are nobody's clicks …"""
PAIR_SECONDS = 0.4
"""… nor are two links in less than this: opening two in tabs takes a hand longer."""
SWEEP_SECONDS = 90
"""As many links as a burst, so soon after the mail: nobody has read it by then."""
IMPOSSIBLE, HASTY = 5, 15
"""Seconds after the mail: sooner than the first, nobody has seen it; than the second, only who shows another sign."""
READING = 1
"""Seconds that an opening is before a click, to be a person's sign. The other sign is a browser known as theirs."""
_NUMBERS: dict[str, Any] = {
    "around": AROUND_DECOY,
    "burst": BURST,
    "seconds": BURST_SECONDS,
    "pair": PAIR_SECONDS,
    "sweep": SWEEP_SECONDS,
    "impossible": IMPOSSIBLE,
    "hasty": HASTY,
    "reading": READING,
}


def judge_recent(connection: Any, rows: str) -> None:
    """Judge the reactions just written, given as the JSON that `intake` wrote, with all others of their messages."""
    for statement in ON_POSTGRESQL if is_postgresql() else ON_SQLITE:
        used = {name: value for name, value in _NUMBERS.items() if f":{name}" in statement}
        run(connection, statement, used | {"rows": rows})


def _statements(keys: str, after_mail: str, apart: str, before: str, fewer: str) -> tuple[str, ...]:
    """One statement for each sign, from how an engine spells the keys just written and the seconds between two times.

    `after_mail`: from the mail to `{}`; `apart`: between the event and another; `before`: from another to the event.
    """
    of_letters = f"""
    UPDATE engagement_event SET verdict = 'machine'
    WHERE verdict = 'person'
      AND message_id IN (SELECT seen.message_id FROM engagement_event AS seen WHERE seen.key IN ({keys}))
    """  # noqa: S608  # our own constants
    others = "SELECT {} FROM engagement_event AS other WHERE other.message_id = engagement_event.message_id"
    links = others.format("count(DISTINCT other.link_number)") + " AND other.kind = 'click'"
    enough = f"""{fewer}(:burst, (SELECT count(*) + CASE count(*) WHEN 1 THEN 1 ELSE 0 END FROM campaign_link
                     WHERE campaign_link.campaign_id = engagement_event.campaign_id))"""  # noqa: S608
    mail = f"(SELECT {after_mail} FROM message WHERE message.id = engagement_event.message_id)"  # noqa: S608
    is_known = """EXISTS (SELECT 1 FROM engagement_event AS earlier
        WHERE earlier.contact_id = engagement_event.contact_id AND earlier.message_id <> engagement_event.message_id
          AND earlier.verdict = 'person' AND earlier.agent = engagement_event.agent
          AND earlier.at < engagement_event.at)"""
    decoy = f"""{of_letters} AND EXISTS ({others.format(1)}
        AND other.kind = 'click' AND other.link_number = {DECOY} AND {apart} <= :around)"""
    burst = f"""{of_letters} AND kind = 'click'
      AND (({links} AND {apart} <= :seconds) >= {enough} OR ({links} AND {apart} <= :pair) >= 2)"""
    sweep = f"""{of_letters} AND kind = 'click' AND {mail.format("engagement_event")} < :sweep AND NOT {is_known}
      AND ({links} AND {mail.format("other")} < :sweep) >= {enough}"""
    haste = f"""{of_letters} AND ({mail.format("engagement_event")} < :impossible
      OR (kind = 'click' AND {mail.format("engagement_event")} < :hasty AND NOT {is_known}
          AND NOT EXISTS ({others.format(1)} AND other.kind = 'open' AND other.verdict <> 'machine'
                          AND {before} >= :reading)))"""
    return decoy, burst, sweep, haste


ON_POSTGRESQL = _statements(
    keys="SELECT one.key FROM jsonb_to_recordset(JSON(:rows)) AS one(key text)",
    after_mail="extract(epoch FROM {}.at - message.handed_at)",
    apart="abs(extract(epoch FROM other.at - engagement_event.at))",
    before="extract(epoch FROM engagement_event.at - other.at)",
    fewer="least",
)
ON_SQLITE = _statements(
    keys="SELECT json_extract(value, '$.key') FROM json_each(:rows)",
    after_mail="((julianday({}.at) - julianday(message.handed_at)) * 86400)",
    apart="(abs(julianday(other.at) - julianday(engagement_event.at)) * 86400)",
    before="((julianday(engagement_event.at) - julianday(other.at)) * 86400)",
    fewer="min",
)
