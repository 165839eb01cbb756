"""What operators say about a new API key."""

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.ground.i18n import _

KEY_TERMS = {30: _("30 days"), 90: _("90 days"), 365: _("One year"), 0: _("Until revoked")}

SCOPES = {
    "signups:write": _("Start sign-ups, with a confirmation email"),
    "lists:read": _("Read lists"),
    "forms:read": _("Read forms and their figures"),
    "contacts:read": _("Find and read contacts"),
    "contacts:write": _("Add and change contacts, tags and notes"),
    "subscriptions:read": _("Read subscriptions"),
    "subscriptions:write": _("Unsubscribe people"),
    "segments:read": _("Count and read segments"),
    "consents:read": _("Read proof of consent"),
    "suppressions:read": _("Look up suppressed addresses"),
    "suppressions:write": _("Suppress addresses"),
    "events:read": _("Read the feed of events"),
    "webhooks:read": _("Read webhooks and their deliveries"),
    "webhooks:write": _("Add and change webhooks"),
    "codes:redeem": _("Mark discount codes as redeemed"),
}
"""What a program's key may do."""


class KeyInput(Input):
    """A key for one program."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=60)],
        filters=[strip],
        description=_("The program that will use it, such as “Web shop”."),
    )
    scopes = SelectMultipleField(
        _("Permissions"), [DataRequired(_("Tick at least one."))], choices=choices(SCOPES.items())
    )
    lists = SelectMultipleField(
        _("Lists"),
        coerce=int,
        description=_("It reaches only these lists and their people. Tick none for all lists."),
    )
    is_masked = BooleanField(
        _("Masked"), description=_("It reads masked addresses, and no names or answers: enough for figures.")
    )
    is_test = BooleanField(
        _("Test key"), description=_("Sign-ups that it starts are tests: emailed as usual, but counted nowhere.")
    )
    days = SelectField(_("Valid for"), coerce=int, choices=choices(KEY_TERMS.items()), default=365)
