"""What a mail that was sent or refused adds: proof, counts, a step of its funnel. Parts of the outbox's statements."""

from signup.consent.consent_event import insert_event
from signup.counts.step import APPEND, OF_SIGNUP

# A welcome is proof where it is the only mail: after a confirmation, the confirmation email told it all.
# `{sent}` is the message just marked: what `_SENT` returns within one statement, or the row itself after it.
PROVE = insert_event(
    "FROM {sent} AS sent_message JOIN signup ON signup.id = sent_message.signup_id"
    " JOIN subscription ON subscription.id = sent_message.subscription_id"
    " WHERE sent_message.id = :sent_id AND (sent_message.kind <> 'welcome' OR subscription.single_opt_in)"
    " ON CONFLICT (id) DO NOTHING",
    id=":event_id",
    type="'mail_accepted'",
    contact_id="sent_message.contact_id",
    list_id="sent_message.list_id",
    signup_id="sent_message.signup_id",
    form_version_id="signup.form_version_id",
    controller="''",
    locale="signup.language",
    method="'smtp'",
    mail_template_hash="sent_message.template_hash",
    mail_hash=":hash",
    mail_message_id=":message_id",
    relay_reply=":reply",
    address="sent_message.recipient",
    answers="JSON(:kept)",
    salt=":salt",
)
COUNT = """
    INSERT INTO tally (day, list_id, form_id, source, measure, n, folded)
    SELECT TODAY(), sent_message.list_id, signup.form_id, '', :measure, 1, FALSE
    FROM {sent} AS sent_message JOIN signup ON signup.id = sent_message.signup_id
      JOIN contact ON contact.id = sent_message.contact_id
    WHERE sent_message.id = :sent_id AND contact.nature <> 'test'
"""
# The first mail of a sign-up is its step; one that was asked for again, or a reminder, is none.
STEP = f"""
    {APPEND}
    SELECT {OF_SIGNUP}, 'mailed', 1, FALSE
    FROM {{sent}} AS sent_message JOIN signup AS signup_row ON signup_row.id = sent_message.signup_id
      JOIN contact ON contact.id = sent_message.contact_id
    WHERE sent_message.id = :sent_id AND contact.nature <> 'test'
      AND sent_message.dedupe_key = 'confirm:' || signup_row.id || ':1'
"""  # noqa: S608  # our own constants
BOUNCED = f"""
    {APPEND}
    SELECT {OF_SIGNUP}, 'bounced', :n, FALSE
    FROM message JOIN signup AS signup_row ON signup_row.id = message.signup_id
      JOIN contact ON contact.id = message.contact_id
    WHERE message.id = :id AND contact.nature <> 'test' AND substr(message.reply, 1, 1) = '5'
      AND message.dedupe_key = 'confirm:' || signup_row.id || ':1'
"""  # noqa: S608  # our own constants
