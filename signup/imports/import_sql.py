"""The statements of `import_merge.merge`: one text for both engines, and the few words that each spells its own way.

They decide over a whole chunk at once. What each decision was based on is repeated in the `WHERE` of the update that
follows from it: if somebody changed it meanwhile, fewer rows are changed than decided, and the chunk is done again.
"""

from sqlalchemy import literal_column

from signup.consent.consent_event import insert_event
from signup.consent.erasure import was_erased
from signup.consent.mailable import as_sql, is_suppressed

SPELLINGS = {
    "postgresql": {
        "temporary": "ON COMMIT DELETE ROWS",
        "object": "jsonb_build_object",
        "json": "",
        "fill": "s.answers || c.answers",
        "replace": "s.answers || c.answers || s.said",
        "fill_card": "s.given || b.given",
        "replace_card": "s.given || b.given || CASE WHEN s.reason = 'no language' THEN s.given - '@language'"
        " ELSE s.given END",
        "at": ":at::timestamptz",
        "types": ("bigint", "text", "jsonb", "uuid", "timestamptz", "boolean", "bytea"),
    },
    "sqlite": {
        "temporary": "",
        "object": "json_object",
        "json": "json",
        "fill": "filled(c.answers, s.answers)",
        "replace": "filled(replaced(c.answers, s.said), s.answers)",
        "fill_card": "filled(b.given, s.given)",
        "replace_card": "replaced(filled(b.given, s.given), CASE WHEN s.reason = 'no language'"
        """ THEN json_remove(s.given, '$."@language"') ELSE s.given END)""",
        "at": ":at",
        "types": ("", "", "", "", "", "", ""),
    },
}

STAGE = (
    ("line", 0),
    ("outcome", 1),
    ("reason", 1),
    ("raw", 2),
    ("address_key", 1),
    ("address", 1),
    ("hash", 1),
    ("name", 1),
    ("name_key", 1),
    ("language", 1),
    ("source", 1),
    ("answers", 2),
    ("said", 2),
    ("given", 2),
    ("target", 1),
    ("grade", 1),
    ("opted_at", 4),
    ("left_at", 4),
    ("ip", 1),
    ("wording", 1),
    ("evidence", 2),
    ("contact_uid", 3),
    ("subscription_uid", 3),
    ("event_uid", 3),
    ("salt", 6),
)
"""Columns of the rows as read, and the place of their type among the engine's. `said` are the answers of the row,
`answers` the same with the country for who has none, `given` what goes on the card of the list.
"""

DECIDED = (
    ("line", 0),
    ("outcome", 1),
    ("reason", 1),
    ("fresh", 5),
    ("contact_id", 0),
    ("subscription_id", 0),
    ("state_before", 1),
    ("state_after", 1),
    ("moves", 5),
    ("standing", 1),
    ("name_before", 1),
    ("name", 1),
    ("name_key", 1),
    ("language_before", 1),
    ("language", 1),
    ("answers_before", 2),
    ("answers", 2),
    ("card_before", 2),
    ("card", 2),
    ("change", 2),
)


def create(table: str, columns: tuple[tuple[str, int], ...], engine: str) -> str:
    """A temporary table that belongs to the connection; its rows to the transaction."""
    types = SPELLINGS[engine]["types"]
    shown = ", ".join(f"{name} {types[place]}" for name, place in columns)
    return f"CREATE TEMP TABLE IF NOT EXISTS {table} ({shown}) {SPELLINGS[engine]['temporary']}"


# In the order of the keys, so that two transactions that add the same people wait for each other, never in a circle.
ADD_CONTACTS = f"""
INSERT INTO contact (uid, address, address_key, name, name_key, language, answers, standing, source, created_at,
  confirmed_at)
SELECT s.contact_uid, s.address, s.address_key, s.name, s.name_key, s.language, s.answers, s.target, s.source, {{at}},
  CASE WHEN s.target = 'confirmed' THEN coalesce(s.opted_at, {{at}}) END
FROM import_stage s
WHERE s.outcome = '' AND {as_sql(~is_suppressed(literal_column("s.hash")), "sqlite")}
  AND {as_sql(~was_erased(literal_column("s.hash")), "sqlite")}
ORDER BY s.address_key
ON CONFLICT (address_key) DO NOTHING
"""  # noqa: S608  # our own constants

DECIDE = """
INSERT INTO import_decided ({decided})
SELECT line,
  CASE WHEN outcome <> '' THEN outcome WHEN why <> '' THEN 'left' WHEN fresh THEN 'created'
       WHEN subscription_id IS NULL THEN 'joined' WHEN touched OR state_after <> state_before THEN 'updated'
       ELSE 'unchanged' END,
  CASE WHEN outcome <> '' THEN reason ELSE why END,
  fresh, contact_id, subscription_id, state_before, state_after,
  outcome = '' AND why = '' AND (state_before IS NULL OR state_after <> state_before),
  standing, name_before, name, name_key, language_before, language, answers_before, answers, card_before, card,
  CASE WHEN outcome <> '' OR why <> '' THEN NULL
       WHEN fresh THEN {object}('after', {object}('name', name, 'language', language, 'answers', {json}(answers),
         'state', state_after, 'given', {json}(card)))
       WHEN subscription_id IS NULL OR touched OR state_after <> state_before THEN {object}(
         'before', {object}('name', name_before, 'name_key', name_key_before, 'language', language_before,
           'answers', {json}(answers_before), 'confirmed_at', contact_confirmed_at, 'state', state_before,
           'given', {json}(card_before),
           'state_at', state_at, 'state_confirmed_at', confirmed_at, 'ended_at', ended_at),
         'after', {object}('name', name, 'language', language, 'answers', {json}(answers), 'state', state_after,
           'given', {json}(card))) END
FROM (
  SELECT f.*, name <> name_before OR language <> language_before OR answers <> answers_before
    OR ({bounded} AND card <> card_before) AS touched
  FROM (
    SELECT s.line, s.outcome, s.reason, c.id AS contact_id, b.id AS subscription_id,
      b.state AS state_before, b.state_at, b.confirmed_at, b.ended_at, c.standing,
      c.confirmed_at AS contact_confirmed_at,
      (c.id IS NULL OR c.uid = s.contact_uid) AS fresh,
      CASE
        WHEN c.uid = s.contact_uid THEN ''
        WHEN c.standing = 'merged' THEN 'merged'
        WHEN p.reason IS NOT NULL THEN CASE p.reason WHEN 'erased' THEN 'erased' ELSE 'suppressed' END
        WHEN e.at IS NOT NULL AND NOT coalesce(c.confirmed_at > e.at, 1 = 0) THEN 'erased'
        WHEN b.state IN ('unsubscribed', 'bounced') AND s.target = 'complained' THEN ''
        WHEN b.state IN ('unsubscribed', 'bounced', 'complained') THEN b.state
        WHEN s.target IN ('unsubscribed', 'bounced', 'complained') THEN ''
        WHEN b.id IS NULL AND c.standing IN ('unsubscribed', 'bounced', 'complained') THEN c.standing
        WHEN EXISTS (SELECT 1 FROM subscription o WHERE o.contact_id = c.id AND o.state = 'complained')
          THEN 'complained'
        ELSE '' END AS why,
      CASE
        WHEN b.state IS NULL THEN s.target
        WHEN b.state = 'pending' OR s.target = 'complained' THEN s.target
        WHEN b.state = 'confirmed' AND s.target IN ('unsubscribed', 'bounced')
          AND NOT coalesce(b.confirmed_at > s.left_at, 1 = 0) THEN s.target
        ELSE b.state END AS state_after,
      c.name AS name_before, c.name_key AS name_key_before, c.language AS language_before,
      c.answers AS answers_before,
      CASE WHEN s.name <> '' AND (c.id IS NULL OR {changes} AND (c.name = '' OR {overwrite})) THEN s.name
           ELSE coalesce(c.name, '') END AS name,
      CASE WHEN s.name <> '' AND (c.id IS NULL OR {changes} AND (c.name = '' OR {overwrite})) THEN s.name_key
           ELSE coalesce(c.name_key, '') END AS name_key,
      CASE WHEN c.id IS NULL OR (s.reason <> 'no language' AND {overwrite} AND {changes}) THEN s.language
           ELSE c.language END AS language,
      CASE WHEN c.id IS NULL THEN s.answers WHEN {changes} THEN {merged} ELSE c.answers END AS answers,
      b.given AS card_before, CASE WHEN b.id IS NULL THEN s.given ELSE {merged_card} END AS card
    FROM import_stage s
    LEFT JOIN suppression p ON p.address_hash = s.hash
    LEFT JOIN erasure e ON e.address_hash = s.hash
    LEFT JOIN contact c ON c.address_key = s.address_key
    LEFT JOIN subscription b ON b.contact_id = c.id AND b.list_id = :list_id
  ) AS f
) AS j
"""

# What other lists know is not changed by who works with some lists only: there the file goes on the card alone.
IS_OWN = """(b.id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM subscription o WHERE o.contact_id = c.id AND o.list_id <> :list_id))"""

GIVES = "d.outcome IN ('updated', 'unchanged') AND d.card <> d.card_before"

COUNT = """
SELECT d.outcome, d.reason, CASE WHEN d.moves THEN d.state_after ELSE '' END,
  CASE WHEN d.moves THEN s.grade ELSE '' END, count(*), sum(CASE WHEN {gives} THEN 1 ELSE 0 END)
FROM import_decided d JOIN import_stage s ON s.line = d.line GROUP BY 1, 2, 3, 4
"""

ADD_SUBSCRIPTIONS = """
INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, ended_at, single_opt_in,
  given)
SELECT s.subscription_uid, d.contact_id, :list_id, d.state_after, {at}, {at},
  CASE WHEN d.state_after = 'confirmed' THEN coalesce(s.opted_at, {at}) END,
  CASE WHEN d.state_after IN ('unsubscribed', 'bounced', 'complained') THEN {at} END, 1 = 0, s.given
FROM import_decided d JOIN import_stage s ON s.line = d.line
WHERE d.outcome IN ('created', 'joined') ORDER BY d.line
ON CONFLICT (contact_id, list_id) DO NOTHING
"""

MOVE_SUBSCRIPTIONS = """
UPDATE subscription SET state = d.state_after, state_at = {at},
  confirmed_at = CASE WHEN d.state_after = 'confirmed' THEN coalesce(s.opted_at, {at})
    ELSE subscription.confirmed_at END,
  ended_at = CASE WHEN d.state_after = 'confirmed' THEN NULL ELSE {at} END
FROM import_decided d JOIN import_stage s ON s.line = d.line
WHERE subscription.id = d.subscription_id AND subscription.state = d.state_before AND d.moves
"""

GIVE = """
UPDATE subscription SET given = d.card FROM import_decided d
WHERE subscription.id = d.subscription_id AND subscription.given = d.card_before AND {gives}
"""

CHANGE_CONTACTS = """
UPDATE contact SET name = d.name, name_key = d.name_key, language = d.language, answers = d.answers,
  confirmed_at = CASE WHEN d.moves AND d.state_after = 'confirmed'
    THEN coalesce(contact.confirmed_at, s.opted_at, {at}) ELSE contact.confirmed_at END,
  standing = (
    SELECT CASE min(CASE b.state WHEN 'confirmed' THEN 0 WHEN 'pending' THEN 1 WHEN 'unsubscribed' THEN 2
                                 WHEN 'bounced' THEN 3 ELSE 4 END)
      WHEN 0 THEN 'confirmed' WHEN 1 THEN 'pending' WHEN 2 THEN 'unsubscribed' WHEN 3 THEN 'bounced'
      ELSE 'complained' END
    FROM subscription b WHERE b.contact_id = contact.id)
FROM import_decided d JOIN import_stage s ON s.line = d.line
WHERE contact.id = d.contact_id AND d.outcome IN ('joined', 'updated') AND contact.standing = d.standing
  AND contact.name = d.name_before AND contact.language = d.language_before AND contact.answers = d.answers_before
"""

# Who is new needs no history: the row of the file is kept, and tells where every value came from.
KEEP_HISTORY_POSTGRESQL = """
INSERT INTO value_change (contact_id, field, old, new, kind, source_id, line, at)
SELECT d.contact_id, e.key, d.answers_before -> e.key, e.value, 'import', :run_id, d.line, {at}
FROM import_decided d, LATERAL jsonb_each(d.answers) e
WHERE d.outcome IN ('joined', 'updated') AND d.answers_before -> e.key IS DISTINCT FROM e.value
UNION ALL
SELECT d.contact_id, e.field, to_jsonb(e.old), to_jsonb(e.new), 'import', :run_id, d.line, {at}
FROM import_decided d,
  LATERAL (VALUES ('@name', d.name_before, d.name), ('@language', d.language_before, d.language)) e (field, old, new)
WHERE d.outcome IN ('joined', 'updated') AND e.old <> e.new
"""
TOUCHED_SQLITE = """
SELECT contact_id, line, answers_before, answers, name_before, name, language_before, language FROM import_decided
WHERE outcome IN ('joined', 'updated')
  AND (answers <> answers_before OR name <> name_before OR language <> language_before)
"""
KEEP_HISTORY_SQLITE = """
INSERT INTO value_change (contact_id, field, old, new, kind, source_id, line, at)
VALUES (:contact_id, :field, :old, :new, 'import', :run_id, :line, :at)
"""

PROVE = insert_event(
    "FROM import_decided d JOIN import_stage s ON s.line = d.line WHERE d.moves",
    id="s.event_uid",
    type="CASE WHEN d.state_before IS NOT NULL AND d.state_after = 'unsubscribed' THEN 'unsubscribed'"
    " ELSE 'imported' END",
    at="{at}",
    contact_id="d.contact_id",
    list_id=":list_id",
    controller=":controller",
    wording_hash="s.wording",
    locale="d.language",
    method="'import-' || lower(s.grade)",
    address="s.address",
    ip="s.ip",
    answers="s.evidence",
    salt="s.salt",
)

TALLY = """
INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
SELECT TODAY(), list_id, 0, '', measure, sum(n), 1 = 0 FROM (
  SELECT :list_id AS list_id, 'in:' || state_after AS measure, 1 AS n FROM import_decided WHERE moves
  UNION ALL SELECT :list_id, 'in:' || state_before, -1 FROM import_decided WHERE moves AND state_before IS NOT NULL
  UNION ALL SELECT :list_id, 'imported', 1 FROM import_decided WHERE outcome IN ('created', 'joined')
  UNION ALL SELECT 0, 'standing:' || state_after, 1 FROM import_decided WHERE outcome = 'created'
  UNION ALL SELECT 0, 'standing:' || c.standing, 1 FROM import_decided d JOIN contact c ON c.id = d.contact_id
    WHERE d.outcome IN ('joined', 'updated') AND c.standing <> d.standing
  UNION ALL SELECT 0, 'standing:' || d.standing, -1 FROM import_decided d JOIN contact c ON c.id = d.contact_id
    WHERE d.outcome IN ('joined', 'updated') AND c.standing <> d.standing
) AS counted GROUP BY list_id, measure HAVING sum(n) <> 0
"""

# Of who was erased no file brings a word back.
KEEP_ROWS = """
INSERT INTO import_row (run_id, line, raw, outcome, reason, contact_id, event_id, change)
SELECT :run_id, s.line, CASE WHEN d.reason = 'erased' THEN {json}('[]') ELSE s.raw END, d.outcome, d.reason,
  d.contact_id, CASE WHEN d.moves THEN s.event_uid END, d.change
FROM import_decided d JOIN import_stage s ON s.line = d.line
ORDER BY s.line
"""

ADVANCE = """
UPDATE import_run SET rows = :rows, line = :line, imported = JSON(:counts), lease_until = LATER(:lease), stumbles = 0
WHERE id = :run_id AND state = 'running' AND owner = :owner AND attempt = :attempt
"""
