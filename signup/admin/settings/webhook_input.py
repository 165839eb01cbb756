"""What operators say about a webhook, and the words for its events and states."""

from typing import Any

from wtforms import BooleanField, DateTimeLocalField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional, ValidationError

from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.ground.i18n import _
from signup.webhooks.allowed_address import MAX_URL, BadUrl, read_url
from signup.webhooks.event_name import EventName

EVENTS = {
    EventName.SIGNUP_REQUESTED: _("Somebody signed up and has to confirm"),
    EventName.CONFIRMED: _("Somebody confirmed"),
    EventName.IMPORTED: _("Somebody came by an import"),
    EventName.UNSUBSCRIBED: _("Somebody unsubscribed"),
    EventName.BOUNCED: _("An address no longer takes email"),
    EventName.COMPLAINED: _("Somebody reported an email as spam"),
    EventName.EXPIRED: _("The time to confirm is over"),
    EventName.SIGNUP_DISOWNED: _("Somebody said that they had not signed up"),
    EventName.CONSENT_CHANGED: _("Somebody changed what they agree to"),
    EventName.PARTNER_CONFIRMED: _("Somebody agreed to hear from a partner"),
    EventName.PARTNER_WITHDRAWN: _("Somebody no longer wants to hear from a partner"),
    EventName.CONTACT_UPDATED: _("A contact was edited"),
    EventName.CONTACT_MERGED: _("Two contacts became one"),
    EventName.CONTACT_ERASED: _("A person was erased"),
}
"""An event by its name, in words."""
PAUSED = {
    "operator": _("An operator paused it."),
    "gone": _("It answered that it is gone (410)."),
    "dead": _("It took nothing for three days."),
    "revoked": _("The API key that added it was revoked."),
    "forbidden": _("Its address is not allowed, or its secret cannot be read."),
}
STATES = {
    "waiting": _("Waiting"),
    "sending": _("Being sent"),
    "delivered": _("Delivered"),
    "failed": _("Given up"),
}


def is_url(_form: Any, field: Any) -> None:
    """Refuse what no webhook can have."""
    try:
        read_url(field.data or "")
    except BadUrl:
        raise ValidationError(
            _("Enter an address that starts with https://, without a name or password in it.")
        ) from None


class WebhookInput(Input):
    """A new endpoint."""

    url = StringField(
        _("URL"),
        [REQUIRED, Length(max=MAX_URL), is_url],
        filters=[strip],
        description=_("Where the other program listens: it gives you this address."),
    )
    events = SelectMultipleField(
        _("Events"), choices=choices((one.value, text) for one, text in EVENTS.items()), description=_("None: all.")
    )
    lists = SelectMultipleField(_("Lists"), coerce=int, description=_("None: all."))
    is_full = BooleanField(
        _("Send the contact, too"),
        description=_("Email address, name, answers and lists, as they are then. Without, ids alone."),
    )


class ReplayInput(Input):
    """A span of time, in UTC."""

    since = DateTimeLocalField(_("From (UTC)"), [REQUIRED])
    until = DateTimeLocalField(_("To (UTC)"), [Optional()])
