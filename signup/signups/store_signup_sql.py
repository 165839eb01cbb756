"""The statements of `store_signup.store`: one on PostgreSQL, a few prepared ones on SQLite, side by side."""

from sqlalchemy import String, literal_column

from signup.consent.consent_event import insert_event
from signup.consent.mailable import as_sql, is_suppressed, may_be_asked
from signup.limits.turn import COUNT_POSTGRESQL, IS_ADMITTED, OUTCOME

_IS_ASKED = as_sql(may_be_asked(literal_column("subscription_row.state", String())), "postgresql")
_IS_ASKED_SQLITE = as_sql(may_be_asked(literal_column("subscription.state", String())), "sqlite")
_IS_FREE_POSTGRESQL = as_sql(~is_suppressed(literal_column(":recipient_hash::text")), "postgresql")
_IS_FREE_SQLITE = as_sql(~is_suppressed(literal_column(":recipient_hash")), "sqlite")

_EVENT_POSTGRESQL = {
    "id": ":event_uid::uuid",
    "type": "'requested'",
    "contact_id": "signup_row.contact_id",
    "list_id": ":list_id::bigint",
    "signup_id": "signup_row.id",
    "controller": ":controller::text",
    "form_version_id": ":version_id::bigint",
    "wording_hash": ":wording_hash::text",
    "locale": ":language::text",
    "method": ":method::text",
    "address": ":typed::text",
    "ip": ":ip::text",
    "agent": ":agent::text",
    "page": ":page::text",
    "referrer": ":referrer::text",
    "answers": ":answers::jsonb",
    "salt": ":salt::bytea",
}
_EVENT_SQLITE = insert_event(
    "FROM signup WHERE uid = :signup_uid",
    id=":event_uid",
    type="'requested'",
    contact_id="contact_id",
    list_id="list_id",
    signup_id="id",
    controller=":controller",
    form_version_id=":version_id",
    wording_hash=":wording_hash",
    locale=":language",
    method=":method",
    address=":typed",
    ip=":ip",
    agent=":agent",
    page=":page",
    referrer=":referrer",
    answers=":answers",
    salt=":salt",
)

# The no-op updates return the row that was there; `xmax = 0` tells a fresh one from it. Whom the limits do not admit
# has no contact here, and so nothing that follows from one.
_STORE_POSTGRESQL = f"""
WITH {COUNT_POSTGRESQL}, contact_row AS (
  INSERT INTO contact (uid, address, address_key, address_hash, name, name_key, language, answers, standing, source,
    created_at, nature)
  SELECT :contact_uid::uuid, :address::text, :address_key::text, :recipient_hash::text, :name::text, :name_key::text,
    :language::text, '{{{{}}}}', 'pending', :label::text, now(), :nature::text
  WHERE {IS_ADMITTED}
  ON CONFLICT (address_key) DO UPDATE SET address_key = excluded.address_key
  RETURNING id, (xmax = 0) AS fresh
), subscription_row AS (
  INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, single_opt_in)
  SELECT :subscription_uid::uuid, contact_row.id, :list_id::bigint, 'pending', now(), now(), false FROM contact_row
  ON CONFLICT (contact_id, list_id) DO UPDATE SET list_id = excluded.list_id
  RETURNING id, contact_id, state, (xmax = 0) AS fresh
), signup_row AS (
  INSERT INTO signup (uid, form_id, form_version_id, list_id, contact_id, subscription_id, handle, state, language,
    answers, source, site, placement, provider, remind_at, reminded,
    method, ip, agent, code_hash, code_tries, code_until, expires_at, created_at, downloads, download_until)
  SELECT :signup_uid::uuid, :form_id::bigint, :version_id::bigint, :list_id::bigint,
    subscription_row.contact_id, subscription_row.id, :handle::text,
    CASE WHEN subscription_row.state = 'confirmed' THEN 'repeated' ELSE 'pending' END,
    :language::text, :answers::jsonb, :source::jsonb, :site::text, :placement::text, :provider::text,
    CASE WHEN subscription_row.state <> 'confirmed' THEN LATER(:remind_after) END, 0,
    :method::text, :ip::text, :agent::text, :code_hash::text, 0, LATER(:code_ttl),
      LATER(:confirm_ttl), now(), 0,
    CASE WHEN subscription_row.state = 'confirmed' THEN LATER(:download_ttl) END
  FROM subscription_row RETURNING id, contact_id, subscription_id
), event_row AS (
  {insert_event("FROM signup_row", **_EVENT_POSTGRESQL)}
), message_row AS (
  INSERT INTO message (uid, kind, priority, state, recipient, recipient_hash, template_hash, data, dedupe_key,
    contact_id, list_id, signup_id, subscription_id, created_at, not_before, attempt, crashes)
  SELECT :message_uid::uuid, mail.kind, mail.priority, 'ready', :address::text, :recipient_hash::text, mail.template,
    mail.data, mail.dedupe, signup_row.contact_id, :list_id::bigint, signup_row.id, subscription_row.id, now(), now(),
    0, 0
  FROM signup_row, subscription_row, LATERAL (
    SELECT 'already' AS kind, 1 AS priority, :already_template::text AS template, :already_data::jsonb AS data,
      'already:' || subscription_row.id || ':' || floor(extract(epoch FROM now()) / 604800) || ':' || :magnet_id::bigint
        AS dedupe
    WHERE subscription_row.state = 'confirmed'
    UNION ALL
    SELECT 'confirm', 0, :confirm_template::text, :confirm_data::jsonb, 'confirm:' || signup_row.id || ':1'
    WHERE {_IS_ASKED} AND NOT (:single::boolean AND subscription_row.state = 'pending')
  ) AS mail
  WHERE {_IS_FREE_POSTGRESQL}
  ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
){{more}}, tally_row AS (
  INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
  SELECT TODAY(), counted_row.list_id, counted_row.form_id, counted_row.source, counted_row.measure, 1, false
  FROM contact_row, subscription_row, LATERAL (VALUES
    (:list_id::bigint, :form_id::bigint, :label::text,
      CASE WHEN subscription_row.state = 'confirmed' THEN 'repeated' ELSE 'submitted' END, true),
    (:list_id::bigint, 0, '', 'in:pending', subscription_row.fresh),
    (0, 0, '', 'standing:pending', contact_row.fresh)
  ) AS counted_row (list_id, form_id, source, measure, holds) WHERE counted_row.holds AND :nature::text <> 'test'
), step_row AS (
  INSERT INTO step_count (day, form_id, site, source, language, provider, step, n, folded)
  SELECT TODAY(), :form_id::bigint, :site::text, :placement::text, :language::text, :provider::text,
    CASE WHEN subscription_row.state = 'confirmed' THEN 'repeated' ELSE 'submitted' END, 1, false
  FROM subscription_row
  WHERE :nature::text <> 'test'
)
SELECT signup_row.id, subscription_row.state, message_row.id, {OUTCOME}
FROM (SELECT) AS always LEFT JOIN signup_row ON true LEFT JOIN subscription_row ON true
  LEFT JOIN message_row ON true
"""  # noqa: S608  # our own constants
_DELIVERED_POSTGRESQL = """, delivered_row AS (
  INSERT INTO event (contact_id, list_id, kind, at, detail)
  SELECT signup_row.contact_id, :list_id::bigint, 'delivered', now(), :delivered::jsonb
  FROM signup_row, subscription_row, message_row
  WHERE subscription_row.state = 'confirmed'
)"""
STORE_POSTGRESQL = _STORE_POSTGRESQL.format(more="")
STORE_WITH_LINK_POSTGRESQL = _STORE_POSTGRESQL.format(more=_DELIVERED_POSTGRESQL)
"""For a form whose mails hand out a link; a table that nothing is written to costs a statement time all the same."""

STORE_SQLITE = (
    """INSERT INTO contact (uid, address, address_key, address_hash, name, name_key, language, answers, standing,
         source, created_at, nature)
       VALUES (:contact_uid, :address, :address_key, :recipient_hash, :name, :name_key, :language, '{}',
         'pending', :label, NOW(), :nature)
       ON CONFLICT (address_key) DO NOTHING""",
    """INSERT INTO subscription (uid, contact_id, list_id, state, state_at, created_at, single_opt_in)
       SELECT :subscription_uid, id, :list_id, 'pending', NOW(), NOW(),
         FALSE FROM contact WHERE address_key = :address_key
       ON CONFLICT (contact_id, list_id) DO NOTHING""",
    """INSERT INTO signup (uid, form_id, form_version_id, list_id, contact_id, subscription_id, handle, state,
         language, answers, source, site, placement, provider, remind_at, reminded,
         method, ip, agent, code_hash, code_tries, code_until, expires_at, created_at, downloads, download_until)
       SELECT :signup_uid, :form_id, :version_id, :list_id, subscription.contact_id, subscription.id, :handle,
         CASE WHEN subscription.state = 'confirmed' THEN 'repeated' ELSE 'pending' END, :language, :answers,
         :source, :site, :placement, :provider,
         CASE WHEN subscription.state <> 'confirmed' THEN LATER(:remind_after) END, 0,
         :method, :ip, :agent, :code_hash, 0, LATER(:code_ttl), LATER(:confirm_ttl), NOW(), 0,
         CASE WHEN subscription.state = 'confirmed' THEN LATER(:download_ttl) END
       FROM subscription JOIN contact ON contact.id = subscription.contact_id
       WHERE contact.address_key = :address_key AND subscription.list_id = :list_id""",
    _EVENT_SQLITE,
    f"""INSERT INTO message (uid, kind, priority, state, recipient, recipient_hash, template_hash, data, dedupe_key,
         contact_id, list_id, signup_id, subscription_id, created_at, not_before, attempt, crashes)
       SELECT :message_uid, CASE subscription.state WHEN 'confirmed' THEN 'already' ELSE 'confirm' END,
         CASE subscription.state WHEN 'confirmed' THEN 1 ELSE 0 END, 'ready', :address, :recipient_hash,
         CASE subscription.state WHEN 'confirmed' THEN :already_template ELSE :confirm_template END,
         CASE subscription.state WHEN 'confirmed' THEN :already_data ELSE :confirm_data END,
         CASE subscription.state WHEN 'confirmed'
           THEN 'already:' || subscription.id || ':' || strftime('%s', 'now') / 604800 || ':' || :magnet_id
                      ELSE 'confirm:' || signup.id || ':1' END,
         signup.contact_id, signup.list_id, signup.id, subscription.id, NOW(), NOW(), 0, 0
       FROM signup JOIN subscription ON subscription.id = signup.subscription_id
       WHERE signup.uid = :signup_uid AND (subscription.state = 'confirmed' OR {_IS_ASKED_SQLITE})
         AND NOT (:single AND subscription.state = 'pending')
         AND {_IS_FREE_SQLITE}
       ON CONFLICT (dedupe_key) DO NOTHING""",  # noqa: S608  # our own constants
    """INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
       SELECT TODAY(), :list_id, :form_id, :label, CASE state WHEN 'repeated' THEN 'repeated' ELSE 'submitted' END,
         1, FALSE
       FROM signup WHERE uid = :signup_uid AND :nature <> 'test'
       UNION ALL SELECT TODAY(), :list_id, 0, '', 'in:pending', 1,
         FALSE FROM subscription WHERE uid = :subscription_uid AND :nature <> 'test'
       UNION ALL SELECT TODAY(), 0, 0, '', 'standing:pending', 1, FALSE FROM contact
         WHERE uid = :contact_uid AND :nature <> 'test'""",
    """INSERT INTO step_count (day, form_id, site, source, language, provider, step, n, folded)
       SELECT TODAY(), form_id, site, placement, language, provider,
         CASE state WHEN 'repeated' THEN 'repeated' ELSE 'submitted' END, 1, FALSE
       FROM signup WHERE uid = :signup_uid AND :nature <> 'test'""",
)
DELIVERED_SQLITE = """
    INSERT INTO event (contact_id, list_id, kind, at, detail)
    SELECT contact_id, list_id, 'delivered', NOW(), :delivered FROM message
    WHERE uid = :message_uid AND kind = 'already'
"""
STORED_SQLITE = """
    SELECT signup.id, subscription.state, message.id
    FROM signup JOIN subscription ON subscription.id = signup.subscription_id
    LEFT JOIN message ON message.uid = :message_uid WHERE signup.uid = :signup_uid
"""

# Only for forms that give codes: what the mail to somebody already confirmed says, once the code is known.
MAIL_CODE = "UPDATE message SET data = JSON(:data) WHERE id = :message_id AND kind = 'already'"
DELIVERED = """
    INSERT INTO event (contact_id, list_id, kind, at, detail)
    SELECT contact_id, list_id, 'delivered', NOW(), JSON(:detail) FROM message
    WHERE id = :message_id AND kind = 'already' AND JSON(:detail) IS NOT NULL
"""
