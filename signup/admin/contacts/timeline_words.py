"""The icons of a contact's timeline, and what became of an undo. Its words are in `evidence.event_words`."""

from signup.ground.i18n import _

ICONS = {
    "requested": "form",
    "mail_accepted": "send",
    "confirmed": "check",
    "preference_changed": "gear",
    "withdrawn": "out",
    "unsubscribed": "out",
    "disowned": "alert",
    "expired": "clock",
    "page_viewed": "eye",
    "delivered": "gift",
    "downloaded": "down",
    "redeemed": "check",
    "exported": "table",
    "sent": "mail",
    "message": "mail",
    "imported": "up",
    "corrected": "out",
    "merged": "people",
    "erased": "out",
    "signup": "form",
}

UNDO = {"undone": _("undone"), "kept": _("kept, because something has happened since")}
