"""The words and icons of a contact's timeline and proof."""

from signup.ground.i18n import _

METHODS = {
    "form": _("form"),
    "later": _("asked after confirmation"),
    "json": _("script on the page"),
    "kiosk": _("kiosk in a shop"),
    "link": _("link in the email"),
    "code": _("six-digit code"),
    "same-browser": _("same browser"),
    "one-click": _("one-click unsubscribe in the email program"),
    "operator": _("an operator"),
    "retention": _("by itself, after the time set for it"),
    "preferences": _("preferences page"),
    "single": _("single opt-in"),
    "smtp": _("mail server"),
    "import-a": _("import, with our own proof (grade A)"),
    "import-b": _("import, with another service’s record (grade B)"),
    "import-c": _("import, without proof (grade C)"),
    "import-x": _("import of a bought or rented file"),
    "import-undo": _("an import was undone"),
    "merge": _("two contacts were merged"),
    "merge-undo": _("a merge was undone"),
}

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
