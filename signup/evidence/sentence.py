"""Each event of a proof in one plain sentence, for readers who have never seen this service: a regulator, a court."""

from typing import Any

from signup.consent.consent_event import ConsentType
from signup.evidence.proven_event import ProvenEvent
from signup.ground.i18n import _

_ON_A_WEBSITE = _(
    "On the website %(page)s, the person filled in the form “%(form)s”, ticked the box beside the wording below,"
    " and sent it."
)
_ASKED = {
    "json": _ON_A_WEBSITE,
    "frame": _ON_A_WEBSITE,
    "form": _("The person filled in the form “%(form)s”, ticked the box beside the wording below, and sent it."),
    "operator": _(
        "The person asked an operator to be put on the list, and the operator entered the address. The person was asked"
        " to confirm by email, on a page that showed the wording below."
    ),
    "kiosk": _(
        "In a shop, staff entered the address on a device. The person then read the wording below on its screen and"
        " agreed by their own hand."
    ),
}
_ASKED_PARTNER = _(
    "In the same form, the person also ticked the box of %(controller)s, which is responsible for its own emails."
)
_SENT = {
    "confirm": _(
        "We sent the confirmation email below, and the mail server accepted it for this address. Without a"
        " confirmation, no other emails follow, except for reminders."
    ),
    "reminder": _("We sent one reminder to confirm, the email below. The mail server accepted it for this address."),
    "already": _(
        "The address was signed up again although it was confirmed already. We sent the email below, which says so."
    ),
    "welcome": _(
        "This form needs no confirmation. We sent the email below, which says that the address is on the list and how"
        " to leave it."
    ),
}
_SENT_OTHER = _("The mail server accepted an email about this sign-up for delivery.")
_CONFIRMED = {
    "link": _(
        "The person opened the link in the confirmation email and pressed the button on its page. Only someone who can"
        " read this mailbox has that link."
    ),
    "code": _(
        "The person entered the six-digit code from the confirmation email. Only someone who can read this mailbox has"
        " that code."
    ),
    "same-browser": _(
        "The person opened the link in the confirmation email, in the same browser that had sent the form, and so"
        " confirmed the address."
    ),
    "single": _("This form needs no confirmation (single opt-in), for this reason: %(reason)s"),
    "undo": _(
        "The person had just unsubscribed by the link in an email. On the page that said so, they pressed a button"
        " beside the wording below and so took it back."
    ),
    "preferences": _("On their preferences page, which is reached by a personal link, the person agreed to this."),
}
_CONFIRMED_PARTNER = _("By the same confirmation, the person agreed to hear from %(controller)s.")
_LEFT = {
    "one-click": _("The person unsubscribed with the button that their email program shows. It took effect at once."),
    "mail": _("The person unsubscribed by email, to the address that their emails name. It took effect at once."),
    "link": _("The person unsubscribed by the link in an email. It took effect at once."),
    "preferences": _("The person unsubscribed on their preferences page. It took effect at once."),
    "operator": _("The person asked to be unsubscribed, and an operator did so. It took effect at once."),
}
_BROUGHT = {
    "import-a": _("The person was imported from a file. It holds our own earlier proof of consent (grade A)."),
    "import-b": _("The person was imported from a file with another service’s record of the consent (grade B)."),
    "import-c": _(
        "The person was imported from a file. Whoever imported it declared that the person had agreed; the file holds"
        " no record of it (grade C)."
    ),
    "import-x": _("The person was imported from a bought or rented file. It proves no consent to us."),
}
_OTHER: dict[str, Any] = {
    ConsentType.PREFERENCE_CHANGED: _("The person changed their details or preferences."),
    ConsentType.WITHDRAWN: _("The person withdrew their consent to hear from %(controller)s. The list went on."),
    ConsentType.TRACKING_GRANTED: _(
        "The person agreed to what the words below say. It is apart from the emails themselves."
    ),
    ConsentType.TRACKING_WITHDRAWN: _("The person withdrew their consent to what the words below say."),
    ConsentType.DISOWNED: _("Whoever reads the mailbox said “This wasn’t me”. The sign-up was ended."),
    ConsentType.MAIL_BOUNCED: _("An email to this address came back for good. The list stopped writing to it."),
    ConsentType.COMPLAINED: _("The person reported an email as spam. The list stopped writing to them for good."),
    ConsentType.EXPIRED: _("Nobody confirmed in time. The sign-up ended, and its personal data were deleted."),
    ConsentType.CORRECTED: _("An import or a merge that concerned this person was undone."),
    ConsentType.ERASED: _("The person’s data were erased. What is left of this record identifies nobody."),
    ConsentType.MERGED: _("Another record of the same person was joined to this one. Its proof is shown here as well."),
}
_BY_WAY: dict[str, tuple[dict[str, Any], Any]] = {
    ConsentType.REQUESTED: (_ASKED, _ASKED["form"]),
    ConsentType.CONFIRMED: (_CONFIRMED, _("The person confirmed the sign-up.")),
    ConsentType.UNSUBSCRIBED: (_LEFT, _("The subscription was ended. It took effect at once.")),
    ConsentType.IMPORTED: (_BROUGHT, _("The person was imported from a file.")),
}
"""By what happened: by its way, and for any other way."""


def sentence(event: ProvenEvent) -> str:
    """What happened, in the language that is set."""
    said = _pattern(event)
    values = {
        "form": event.form.name if event.form else "",
        "page": event.page or "–",
        "controller": event.controller,
        "reason": event.form.single_reason if event.form else "",
    }
    return str(said) % values if "%(" in str(said) else str(said)


def _pattern(event: ProvenEvent) -> Any:
    if event.is_of_partner and event.type == ConsentType.REQUESTED:
        return _ASKED_PARTNER
    if event.is_of_partner and event.type == ConsentType.CONFIRMED and event.method != "preferences":
        return _CONFIRMED_PARTNER
    if event.type == ConsentType.MAIL_ACCEPTED:
        return _SENT.get(event.mail.kind if event.mail else "", _SENT_OTHER)
    by_way, otherwise = _BY_WAY.get(event.type, ({}, _OTHER.get(event.type, "")))
    return by_way.get(event.method, otherwise)
