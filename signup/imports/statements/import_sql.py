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
        "object": "jsonb_build_object",
        "json": "",
        "fill": "staged.answers || contact.answers",
        "replace": "staged.answers || contact.answers || staged.said",
        "fill_card": "staged.given || subscription.given",
        "replace_card": "staged.given || subscription.given || CASE WHEN staged.reason = 'no language'"
        " THEN staged.given - '@language' ELSE staged.given END",
        "at": ":at::timestamptz",
    },
    "sqlite": {
        "object": "json_object",
        "json": "json",
        "fill": "filled(contact.answers, staged.answers)",
        "replace": "filled(replaced(contact.answers, staged.said), staged.answers)",
        "fill_card": "filled(subscription.given, staged.given)",
        "replace_card": "replaced(filled(subscription.given, staged.given), CASE WHEN staged.reason = 'no language'"
        """ THEN json_remove(staged.given, '$."@language"') ELSE staged.given END)""",
        "at": ":at",
    },
}

# In the order of the keys, so that two transactions that add the same people wait for each other, never in a circle.
ADD_CONTACTS = f"""
INSERT INTO contact (uid, address, address_key, name, name_key, language, answers, standing, source, created_at,
  confirmed_at)
SELECT staged.contact_uid, staged.address, staged.address_key, staged.name, staged.name_key, staged.language,
  staged.answers, staged.target, staged.source, {{at}},
  CASE WHEN staged.target = 'confirmed' THEN coalesce(staged.opted_at, {{at}}) END
FROM import_stage AS staged
WHERE staged.outcome = '' AND {as_sql(~is_suppressed(literal_column("staged.hash")), "sqlite")}
  AND {as_sql(~was_erased(literal_column("staged.hash")), "sqlite")}
ORDER BY staged.address_key
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
  SELECT compared.*, name <> name_before OR language <> language_before OR answers <> answers_before
    OR ({bounded} AND card <> card_before) AS touched
  FROM (
    SELECT staged.line, staged.outcome, staged.reason, contact.id AS contact_id, subscription.id AS subscription_id,
      subscription.state AS state_before, subscription.state_at, subscription.confirmed_at, subscription.ended_at,
      contact.standing, contact.confirmed_at AS contact_confirmed_at,
      (contact.id IS NULL OR contact.uid = staged.contact_uid) AS fresh,
      CASE
        WHEN contact.uid = staged.contact_uid THEN ''
        WHEN contact.standing = 'merged' THEN 'merged'
        WHEN suppression.reason IS NOT NULL
          THEN CASE suppression.reason WHEN 'erased' THEN 'erased' ELSE 'suppressed' END
        WHEN erasure.at IS NOT NULL AND NOT coalesce(contact.confirmed_at > erasure.at, 1 = 0) THEN 'erased'
        WHEN subscription.state IN ('unsubscribed', 'bounced') AND staged.target = 'complained' THEN ''
        WHEN subscription.state IN ('unsubscribed', 'bounced', 'complained') THEN subscription.state
        WHEN staged.target IN ('unsubscribed', 'bounced', 'complained') THEN ''
        WHEN subscription.id IS NULL AND contact.standing IN ('unsubscribed', 'bounced', 'complained')
          THEN contact.standing
        WHEN EXISTS (SELECT 1 FROM subscription AS other
            WHERE other.contact_id = contact.id AND other.state = 'complained') THEN 'complained'
        ELSE '' END AS why,
      CASE
        WHEN subscription.state IS NULL THEN staged.target
        WHEN subscription.state = 'pending' OR staged.target = 'complained' THEN staged.target
        WHEN subscription.state = 'confirmed' AND staged.target IN ('unsubscribed', 'bounced')
          AND NOT coalesce(subscription.confirmed_at > staged.left_at, 1 = 0) THEN staged.target
        ELSE subscription.state END AS state_after,
      contact.name AS name_before, contact.name_key AS name_key_before, contact.language AS language_before,
      contact.answers AS answers_before,
      CASE WHEN staged.name <> '' AND (contact.id IS NULL OR {changes} AND (contact.name = '' OR {overwrite}))
           THEN staged.name ELSE coalesce(contact.name, '') END AS name,
      CASE WHEN staged.name <> '' AND (contact.id IS NULL OR {changes} AND (contact.name = '' OR {overwrite}))
           THEN staged.name_key ELSE coalesce(contact.name_key, '') END AS name_key,
      CASE WHEN contact.id IS NULL OR (staged.reason <> 'no language' AND {overwrite} AND {changes})
           THEN staged.language ELSE contact.language END AS language,
      CASE WHEN contact.id IS NULL THEN staged.answers WHEN {changes} THEN {merged}
           ELSE contact.answers END AS answers,
      subscription.given AS card_before,
      CASE WHEN subscription.id IS NULL THEN staged.given ELSE {merged_card} END AS card
    FROM import_stage AS staged
    LEFT JOIN suppression ON suppression.address_hash = staged.hash
    LEFT JOIN erasure ON erasure.address_hash = staged.hash
    LEFT JOIN contact ON contact.address_key = staged.address_key
    LEFT JOIN subscription ON subscription.contact_id = contact.id AND subscription.list_id = :list_id
  ) AS compared
) AS judged
"""

# What other lists know is not changed by who works with some lists only: there the file goes on the card alone.
IS_OWN = """(subscription.id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM subscription AS other
          WHERE other.contact_id = contact.id AND other.list_id <> :list_id))"""

GIVES = "decided.outcome IN ('updated', 'unchanged') AND decided.card <> decided.card_before"

COUNT = """
SELECT decided.outcome, decided.reason, CASE WHEN decided.moves THEN decided.state_after ELSE '' END,
  CASE WHEN decided.moves THEN staged.grade ELSE '' END, count(*), sum(CASE WHEN {gives} THEN 1 ELSE 0 END)
FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line GROUP BY 1, 2, 3, 4
"""

ADD_SUBSCRIPTIONS = """
INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, ended_at, single_opt_in,
  given)
SELECT staged.subscription_uid, decided.contact_id, :list_id, decided.state_after, {at}, {at},
  CASE WHEN decided.state_after = 'confirmed' THEN coalesce(staged.opted_at, {at}) END,
  CASE WHEN decided.state_after IN ('unsubscribed', 'bounced', 'complained') THEN {at} END, 1 = 0, staged.given
FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line
WHERE decided.outcome IN ('created', 'joined') ORDER BY decided.line
ON CONFLICT (contact_id, list_id) DO NOTHING
"""

MOVE_SUBSCRIPTIONS = """
UPDATE subscription SET state = decided.state_after, state_at = {at},
  confirmed_at = CASE WHEN decided.state_after = 'confirmed' THEN coalesce(staged.opted_at, {at})
    ELSE subscription.confirmed_at END,
  ended_at = CASE WHEN decided.state_after = 'confirmed' THEN NULL ELSE {at} END
FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line
WHERE subscription.id = decided.subscription_id AND subscription.state = decided.state_before AND decided.moves
"""

GIVE = """
UPDATE subscription SET given = decided.card FROM import_decided AS decided
WHERE subscription.id = decided.subscription_id AND subscription.given = decided.card_before AND {gives}
"""

CHANGE_CONTACTS = """
UPDATE contact SET name = decided.name, name_key = decided.name_key, language = decided.language,
  answers = decided.answers,
  confirmed_at = CASE WHEN decided.moves AND decided.state_after = 'confirmed'
    THEN coalesce(contact.confirmed_at, staged.opted_at, {at}) ELSE contact.confirmed_at END,
  standing = (
    SELECT CASE min(CASE subscription.state WHEN 'confirmed' THEN 0 WHEN 'pending' THEN 1 WHEN 'unsubscribed' THEN 2
                                 WHEN 'bounced' THEN 3 ELSE 4 END)
      WHEN 0 THEN 'confirmed' WHEN 1 THEN 'pending' WHEN 2 THEN 'unsubscribed' WHEN 3 THEN 'bounced'
      ELSE 'complained' END
    FROM subscription WHERE subscription.contact_id = contact.id)
FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line
WHERE contact.id = decided.contact_id AND decided.outcome IN ('joined', 'updated')
  AND contact.standing = decided.standing
  AND contact.name = decided.name_before AND contact.language = decided.language_before
  AND contact.answers = decided.answers_before
"""

# Who is new needs no history: the row of the file is kept, and tells where every value came from.
KEEP_HISTORY_POSTGRESQL = """
INSERT INTO value_change (contact_id, field, old, new, kind, source_id, line, at)
SELECT decided.contact_id, changed.key, decided.answers_before -> changed.key, changed.value, 'import', :run_id,
  decided.line, {at}
FROM import_decided AS decided, LATERAL jsonb_each(decided.answers) AS changed
WHERE decided.outcome IN ('joined', 'updated') AND decided.answers_before -> changed.key IS DISTINCT FROM changed.value
UNION ALL
SELECT decided.contact_id, changed.field, to_jsonb(changed.old), to_jsonb(changed.new), 'import', :run_id,
  decided.line, {at}
FROM import_decided AS decided,
  LATERAL (VALUES ('@name', decided.name_before, decided.name),
    ('@language', decided.language_before, decided.language)) AS changed (field, old, new)
WHERE decided.outcome IN ('joined', 'updated') AND changed.old <> changed.new
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
    "FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line WHERE decided.moves",
    id="staged.event_uid",
    type="CASE WHEN decided.state_before IS NOT NULL AND decided.state_after = 'unsubscribed' THEN 'unsubscribed'"
    " ELSE 'imported' END",
    at="{at}",
    contact_id="decided.contact_id",
    list_id=":list_id",
    controller=":controller",
    wording_hash="staged.wording",
    locale="decided.language",
    method="'import-' || lower(staged.grade)",
    address="staged.address",
    ip="staged.ip",
    answers="staged.evidence",
    salt="staged.salt",
)

TALLY = """
INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
SELECT TODAY(), list_id, 0, '', measure, sum(n), 1 = 0 FROM (
  SELECT :list_id AS list_id, 'in:' || state_after AS measure, 1 AS n FROM import_decided WHERE moves
  UNION ALL SELECT :list_id, 'in:' || state_before, -1 FROM import_decided WHERE moves AND state_before IS NOT NULL
  UNION ALL SELECT :list_id, 'imported', 1 FROM import_decided WHERE outcome IN ('created', 'joined')
  UNION ALL SELECT 0, 'standing:' || state_after, 1 FROM import_decided WHERE outcome = 'created'
  UNION ALL SELECT 0, 'standing:' || contact.standing, 1
    FROM import_decided AS decided JOIN contact ON contact.id = decided.contact_id
    WHERE decided.outcome IN ('joined', 'updated') AND contact.standing <> decided.standing
  UNION ALL SELECT 0, 'standing:' || decided.standing, -1
    FROM import_decided AS decided JOIN contact ON contact.id = decided.contact_id
    WHERE decided.outcome IN ('joined', 'updated') AND contact.standing <> decided.standing
) AS counted GROUP BY list_id, measure HAVING sum(n) <> 0
"""

# Of who was erased no file brings a word back.
KEEP_ROWS = """
INSERT INTO import_row (run_id, line, raw, outcome, reason, contact_id, event_id, change)
SELECT :run_id, staged.line, CASE WHEN decided.reason = 'erased' THEN {json}('[]') ELSE staged.raw END,
  decided.outcome, decided.reason, decided.contact_id, CASE WHEN decided.moves THEN staged.event_uid END, decided.change
FROM import_decided AS decided JOIN import_stage AS staged ON staged.line = decided.line
ORDER BY staged.line
"""

ADVANCE = """
UPDATE import_run SET rows = :rows, line = :line, imported = JSON(:counts), lease_until = LATER(:lease), stumbles = 0
WHERE id = :run_id AND state = 'running' AND owner = :owner AND attempt = :attempt
"""
