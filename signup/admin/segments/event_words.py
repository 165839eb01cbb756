"""The words for what people did. Those for what became of their consent are in `evidence.event_words`."""

from signup.ground.i18n import _

EVENTS = {
    "sent": _("Emails sent"),
    "page_viewed": _("Opened the confirmation page"),
    "delivered": _("Received the incentive"),
    "downloaded": _("Took the incentive"),
    "redeemed": _("Redeemed the discount code"),
    "exported": _("Was included in an export"),
}

EXCLUDED = {
    "pending": _("have not confirmed yet"),
    "unsubscribed": _("have unsubscribed"),
    "bounced": _("cannot be reached: their emails bounced"),
    "complained": _("reported an email as spam"),
    "suppressed": _("are on the suppression list"),
    "no-list": _("are not on any list"),
}
"""Why people who meet a rule may not be mailed."""
