"""The words of the funnel: its steps, what to try, and by what it can be divided."""

from signup.ground.i18n import _

STEPS = {
    "seen": _("Saw the form"),
    "started": _("Started typing"),
    "submitted": _("Signed up"),
    "mailed": _("Email accepted"),
    "opened_page": _("Opened the page or entered the code"),
    "confirmed": _("Confirmed"),
    "taken": _("Took the incentive"),
}

STEP_CHANGES = {
    "started": _(
        "Fewer people who see the form start typing. Try a shorter title that says what they get, and show the form"
        " later or less abruptly."
    ),
    "submitted": _(
        "Fewer people who start the form send it. Ask fewer questions now: you can ask the rest after confirmation."
    ),
    "mailed": _(
        "More emails cannot be delivered. Check the outbox for the mail server’s replies, and look for typos in the"
        " addresses: they bounce."
    ),
    "opened_page": _(
        "Fewer people who get the email open its page. Check the sender name and subject, the spam folder, and"
        " whether a reminder is on."
    ),
    "confirmed": _(
        "Fewer people who open the page confirm. Tell them what they get, in the email and on the page, in the same"
        " words as the form."
    ),
}
"""What to try when the passage to a step is worse than elsewhere."""

SOON = {
    "1m": _("1 minute"),
    "10m": _("10 minutes"),
    "1h": _("1 hour"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
}

DIMENSIONS = {
    "source": _("Source"),
    "site": _("Website"),
    "language": _("Language"),
    "provider": _("Email provider"),
    "day": _("Day"),
}
ANY = {
    "source": _("Source: any"),
    "site": _("Website: any"),
    "language": _("Language: any"),
    "provider": _("Email provider: any"),
}
"""What a filter by each of them says while it filters nothing: a language with genders has no one word for any."""
