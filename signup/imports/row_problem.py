"""Why a row of a file is not taken, or one of its cells left out, in words."""

from typing import Any

from signup.ground.i18n import _

NOT_MAILED = "not-mailed"
"""Any of the reasons below why an address is left alone, for who may not know which."""
PROBLEMS: dict[str, Any] = {
    NOT_MAILED: _("The address must not get mail: its person left, complained or asked for it, or mail came back."),
    "no-address": _("There is no e-mail address."),
    "address": _("This is no e-mail address."),
    "several": _("The cell holds several addresses. Give each person a row of their own, or leave one address."),
    "sign": _("This provider has no addresses with such a letter before the @. Probably an accent too many."),
    "quote": _("A quote is opened in this row and not closed."),
    "cells": _("The row has more cells than the heading."),
    "status": _("This status is not known."),
    "time": _("This time cannot be read, or lies in the future."),
    "ip": _("This is no IP address."),
    "name": _("The name is too long or holds control characters."),
    "answer": _("This does not fit the question."),
    "repeated": _("The address stands in an earlier row of the file."),
    "suppressed": _("The address is on the stop list."),
    "erased": _("The person asked to be erased."),
    "unsubscribed": _("The person unsubscribed."),
    "bounced": _("Mail to this address came back."),
    "complained": _("The person complained about mail."),
    "merged": _("The address belongs to a contact that was merged into another one."),
    "kept-used": _("Something else speaks of them: a sign-up, a mail, another list, import or merge."),
    "kept-state": _("They confirmed, left or were removed since."),
    "kept-values": _("Their name, language or answers were changed since."),
    "typo": _("The domain looks mistyped, and you chose to leave such addresses out."),
}
"""Why a row is not taken, by its code; after a colon the column it is about."""
