"""The words for what people did and what became of their consent."""

from signup.ground.i18n import _, pgettext

CONSENT = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Confirmation email accepted by the mail server"),
    "confirmed": pgettext("event", "Confirmed"),
    "preference_changed": _("Changed preferences"),
    "withdrawn": _("Withdrew consent"),
    "tracking_granted": _("Agreed to tracking"),
    "tracking_withdrawn": _("Withdrew consent to tracking"),
    "unsubscribed": pgettext("event", "Unsubscribed"),
    "disowned": _("Said it wasn’t them"),
    "expired": _("Expired without confirmation"),
    "imported": _("Imported"),
    "corrected": _("An import or a merge was undone"),
    "merged": _("Another contact was merged into this one"),
    "erased": _("Erased"),
}

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
