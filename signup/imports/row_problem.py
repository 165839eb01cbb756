"""Says in words why a row of a file is not taken, or one of its cells is left out."""

from typing import Any

from signup.ground.i18n import _

NOT_MAILED = "not-mailed"
"""Any of the reasons below why an address is left alone, for who may not know which."""
PROBLEMS: dict[str, Any] = {
    NOT_MAILED: _(
        "This address must not be emailed: the person unsubscribed, complained or asked for this, or emails bounced."
    ),
    "no-address": _("There is no email address."),
    "address": _("This is not an email address."),
    "several": _("The cell contains several addresses. Give each person their own row, or keep one address."),
    "sign": _("This provider has no addresses with this letter before the @. It is probably a stray accent."),
    "quote": _("A quote is opened in this row but not closed."),
    "cells": _("The row has more cells than the heading."),
    "status": _("This status is unknown."),
    "time": _("This time cannot be read, or is in the future."),
    "ip": _("This is not an IP address."),
    "name": _("The name is too long or contains control characters."),
    "answer": _("This does not fit the question."),
    "repeated": _("The address is already in an earlier row."),
    "suppressed": _("The address is on the suppression list."),
    "erased": _("The person asked to be erased."),
    "unsubscribed": _("The person unsubscribed."),
    "bounced": _("Emails to this address bounced."),
    "complained": _("The person complained about an email."),
    "merged": _("The address belongs to a contact that was merged into another."),
    "kept-used": _("Something else refers to them: a sign-up, an email, another list, import or merge."),
    "kept-state": _("They have confirmed, unsubscribed or been removed since."),
    "kept-values": _("Their name, language or answers have changed since."),
    "typo": _("The domain looks mistyped, and you chose to leave out such addresses."),
}
"""Why a row is not taken, by its code; after a colon the column it is about."""
