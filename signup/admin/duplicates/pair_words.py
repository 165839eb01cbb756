"""The words for what speaks for two contacts being one person."""

from signup.ground.i18n import _

LIKENESS = {
    "mailbox": _("same mailbox"),
    "name": _("similar names"),
    "phone": _("same phone number"),
    "birth_date": _("same date of birth"),
    "company": _("same company"),
    "postcode": _("same postal code"),
}
