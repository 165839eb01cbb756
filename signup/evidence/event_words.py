"""The words for events of the proof: what happened, and by which way."""

from signup.ground.i18n import _, pgettext

CONSENT = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Email accepted by the mail server"),
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
    "erased": _("Personal data erased"),
}

METHODS = {
    "form": _("form"),
    "frame": _("form in a frame of a website"),
    "later": _("asked after confirmation"),
    "json": _("script on the page"),
    "kiosk": _("kiosk in a shop"),
    "link": _("link in the email"),
    "code": _("six-digit code"),
    "same-browser": _("same browser"),
    "one-click": _("one-click unsubscribe in the email program"),
    "operator": _("an operator"),
    "preferences": _("preferences page"),
    "undo": _("undone on the page after unsubscribing"),
    "single": _("single opt-in"),
    "smtp": _("mail server"),
    "import": _("import"),
    "import-a": _("import, with our own proof (grade A)"),
    "import-b": _("import, with another service’s record (grade B)"),
    "import-c": _("import, without proof (grade C)"),
    "import-x": _("import of a bought or rented file"),
    "import-undo": _("an import was undone"),
    "merge": _("two contacts were merged"),
    "merge-undo": _("a merge was undone"),
    "restore": _("again, after a backup was restored"),
    "retention": _("by itself, after the time set for it"),
}
