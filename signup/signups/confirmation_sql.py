"""The statements of `confirmation.confirm`: one on PostgreSQL, a few prepared ones on SQLite, side by side."""

from signup.consent.consent_event import insert_event
from signup.counts.step import APPEND, AS_CONFIRMED, OF_SIGNUP

_EVENT_POSTGRESQL = {
    "id": ":event_uid::uuid",
    "type": "'confirmed'",
    "contact_id": ":contact_id::bigint",
    "list_id": ":list_id::bigint",
    "signup_id": "signup_row.id",
    "controller": ":controller::text",
    "form_version_id": ":version_id::bigint",
    "wording_hash": ":wording_hash::text",
    "locale": ":language::text",
    "method": ":method::text",
    "key_id": ":key_id::text",
    "address": ":typed::text",
    "ip": ":ip::text",
    "agent": ":agent::text",
    "answers": ":answers::jsonb",
    "salt": ":salt::bytea",
}

# `before` locks the subscription and sees its state until now; a complaint is final: nothing follows from confirming
# one.
_CONFIRM_POSTGRESQL = f"""
WITH signup_row AS (
  UPDATE signup SET state = 'confirmed', confirmed_at = now(), download_until = LATER(:download_ttl)
  WHERE id = :id::bigint AND state = 'pending' AND expires_at > now()
  RETURNING id, created_at, form_id, site, placement, language, provider, viewed_at, trial
), before AS (
  SELECT subscription.id, subscription.state, contact.standing, contact.answers AS had, contact.name AS had_name,
    contact.language AS had_language, contact.confirmed_at AS had_confirmed
  FROM subscription JOIN contact ON contact.id = subscription.contact_id, signup_row
  WHERE subscription.id = :subscription_id::bigint AND subscription.state <> 'complained' FOR UPDATE
), subscription_row AS (
  UPDATE subscription SET given = given || :given::jsonb, state = 'confirmed', ended_at = NULL,
    state_at = CASE WHEN before.state = 'confirmed' THEN state_at ELSE now() END,
    confirmed_at = CASE WHEN before.state = 'confirmed' THEN subscription.confirmed_at ELSE now() END,
    single_opt_in = CASE WHEN before.state = 'confirmed' THEN single_opt_in ELSE :single::boolean END
  FROM before WHERE subscription.id = before.id
), contact_row AS (
  UPDATE contact SET standing = 'confirmed', confirmed_at = coalesce(confirmed_at, now()), language = :language::text,
    answers = answers || :answers::jsonb, name = coalesce(:name::text, name), name_key = coalesce(:name_key::text,
      name_key)
  FROM before WHERE contact.id = :contact_id::bigint
), event_row AS (
  {insert_event("FROM signup_row", **_EVENT_POSTGRESQL)}
), message_row AS (
  INSERT INTO message (uid, kind, priority, state, recipient, recipient_hash, template_hash, data, dedupe_key,
    contact_id, list_id,
    signup_id, subscription_id, created_at, not_before, attempt, crashes)
  SELECT :message_uid::uuid, 'welcome', 1, 'ready', :typed::text, :recipient_hash::text, :template::text,
    :data::jsonb, :dedupe::text, :contact_id::bigint, :list_id::bigint,
    signup_row.id, :subscription_id::bigint, now(), now(), 0, 0 FROM signup_row, before
  ON CONFLICT (dedupe_key) DO NOTHING
){{more}}, tally_row AS (
  INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
  SELECT TODAY(), counted_row.list_id, counted_row.form_id, counted_row.source, counted_row.measure, counted_row.n,
    false
  FROM before, LATERAL (VALUES
    (:list_id::bigint, :form_id::bigint, :label::text, 'confirmed', 1, true),
    (:list_id::bigint, 0, '', 'in:' || before.state, -1, before.state <> 'confirmed'),
    (:list_id::bigint, 0, '', 'in:confirmed', 1, before.state <> 'confirmed'),
    (0, 0, '', 'standing:' || before.standing, -1, before.standing <> 'confirmed'),
    (0, 0, '', 'standing:confirmed', 1, before.standing <> 'confirmed')
  ) AS counted_row (list_id, form_id, source, measure, n, holds) WHERE counted_row.holds AND :nature::text <> 'test'
), step_row AS (
  {APPEND}
  SELECT {OF_SIGNUP}, counted_row.step, 1, false
  FROM signup_row, LATERAL (VALUES
    ({AS_CONFIRMED}, true),
    ('opened_page', signup_row.viewed_at IS NULL AND NOT :single::boolean),
    ('won:' || signup_row.trial, signup_row.trial IS NOT NULL)
  ) AS counted_row (step, holds) WHERE counted_row.holds AND :nature::text <> 'test'
), forgiven_row AS (
  DELETE FROM limit_counter USING signup_row WHERE key = convert_to(:forgiven::text, 'UTF8')
)
SELECT signup_row.id, before.had AS answers, before.had_name AS name, before.had_language AS language,
  before.had_confirmed AS confirmed_at
FROM signup_row LEFT JOIN before ON true
"""  # noqa: S608  # our own constants
_DELIVERED_POSTGRESQL = """, delivered_row AS (
  INSERT INTO event (contact_id, list_id, kind, at, detail)
  SELECT :contact_id::bigint, :list_id::bigint, 'delivered', now(), :delivered::jsonb FROM signup_row, before
)"""
CONFIRM_POSTGRESQL = _CONFIRM_POSTGRESQL.format(more="")
CONFIRM_AND_DELIVER_POSTGRESQL = _CONFIRM_POSTGRESQL.format(more=_DELIVERED_POSTGRESQL)

FORGIVE_SQLITE = "DELETE FROM limit_counter WHERE key = CAST(:forgiven AS BLOB)"
"""What was counted because the address was not confirmed: forgotten in the transaction that confirms it."""

# For both engines; only for people who were known before.
KEEP_HISTORY = """
    INSERT INTO value_change (contact_id, field, old, new, kind, source_id, at)
    VALUES (:contact_id, :field, JSON(:old), JSON(:new), 'form', :id, NOW())
"""
BEGIN_SQLITE = """
    UPDATE signup SET state = 'confirmed', confirmed_at = NOW(), download_until = LATER(:download_ttl)
    WHERE id = :id AND state = 'pending' AND expires_at > NOW() RETURNING id
"""
BEFORE_SQLITE = """
    SELECT subscription.state, contact.standing, contact.answers, contact.name, contact.language, contact.confirmed_at
    FROM subscription JOIN contact ON contact.id = subscription.contact_id
    WHERE subscription.id = :subscription_id AND subscription.state <> 'complained'
"""
PROVE_SQLITE = insert_event(
    id=":event_uid",
    type="'confirmed'",
    contact_id=":contact_id",
    list_id=":list_id",
    signup_id=":id",
    controller=":controller",
    form_version_id=":version_id",
    wording_hash=":wording_hash",
    locale=":language",
    method=":method",
    key_id=":key_id",
    address=":typed",
    ip=":ip",
    agent=":agent",
    answers=":answers",
    salt=":salt",
)
STEPS_SQLITE = f"""
    {APPEND}
    SELECT {OF_SIGNUP}, {AS_CONFIRMED}, 1, FALSE FROM signup AS signup_row
      WHERE signup_row.id = :id AND :nature <> 'test'
    UNION ALL SELECT {OF_SIGNUP}, 'opened_page', 1, FALSE FROM signup AS signup_row
      WHERE signup_row.id = :id AND signup_row.viewed_at IS NULL AND NOT :single AND :nature <> 'test'
    UNION ALL SELECT {OF_SIGNUP}, 'won:' || signup_row.trial, 1, FALSE FROM signup AS signup_row
      WHERE signup_row.id = :id AND signup_row.trial IS NOT NULL AND :nature <> 'test'
"""  # noqa: S608  # our own constants
CONFIRM_SQLITE = (
    """UPDATE subscription SET state = 'confirmed', state_at = NOW(), confirmed_at = NOW(), ended_at = NULL,
         single_opt_in = :single
       WHERE id = :subscription_id AND state <> 'confirmed'""",
    "UPDATE subscription SET given = json_patch(given, :given) WHERE id = :subscription_id",
    """UPDATE contact SET standing = 'confirmed', confirmed_at = coalesce(confirmed_at, NOW()), language = :language,
         answers = json_patch(answers, :answers), name = coalesce(:name, name), name_key = coalesce(:name_key,
           name_key)
       WHERE id = :contact_id""",
    """INSERT INTO message (uid, kind, priority, state, recipient, recipient_hash, template_hash, data, dedupe_key,
         contact_id,
         list_id, signup_id, subscription_id, created_at, not_before, attempt, crashes)
       VALUES (:message_uid, 'welcome', 1, 'ready', :typed, :recipient_hash, :template, :data, :dedupe, :contact_id,
         :list_id, :id, :subscription_id, NOW(), NOW(), 0, 0) ON CONFLICT (dedupe_key) DO NOTHING""",
    """INSERT INTO event (contact_id, list_id, kind, at, detail)
       SELECT :contact_id, :list_id, 'delivered', NOW(), :delivered WHERE :delivered IS NOT NULL""",
    """INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
       SELECT * FROM (SELECT TODAY(), :list_id, :form_id, :label, 'confirmed', 1, FALSE
       UNION ALL SELECT TODAY(), :list_id, 0, '', 'in:' || :state, -1, FALSE WHERE :state <> 'confirmed'
       UNION ALL SELECT TODAY(), :list_id, 0, '', 'in:confirmed', 1, FALSE WHERE :state <> 'confirmed'
       UNION ALL SELECT TODAY(), 0, 0, '', 'standing:' || :standing, -1, FALSE WHERE :standing <> 'confirmed'
       UNION ALL SELECT TODAY(), 0, 0, '', 'standing:confirmed', 1, FALSE WHERE :standing <> 'confirmed'
       ) WHERE :nature <> 'test'""",
)
SIGNUP_TO_CONFIRM = """
    SELECT signup.id, signup.form_id, signup.form_version_id AS version_id, signup.list_id, signup.contact_id,
      signup.subscription_id, signup.handle, signup.language, signup.answers, signup.ip, signup.created_at,
      signup.method, subscription.uid AS subscription_uid, contact.uid AS contact_uid, contact.address,
      contact.address_key, contact.nature, contact.confirmed_at IS NOT NULL OR contact.answers <> '{}' AS is_known
    FROM signup JOIN subscription ON subscription.id = signup.subscription_id
      JOIN contact ON contact.id = signup.contact_id
    WHERE signup.uid = :uid
"""
