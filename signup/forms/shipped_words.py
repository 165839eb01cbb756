"""The words that every form's pages and its script say to visitors, unless the operator rewords them.

A template shows them by `definition.say(name)`. Each keeps its name for good: forms store it.
"""

from typing import Annotated

from pydantic import StringConstraints

from signup.ground.i18n import _
from signup.ground.tokens import DOWNLOAD_TTL

WordName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]

SHIPPED_WORDS = {
    "email": _("Email"),
    "required": _("required"),
    "sign_up": _("Sign me up"),
    "note": _(
        "We’ll send one email to confirm your address, and at most one reminder. We never publish or share your"
        " address."
    ),
    "note_single": _("We never publish or share your address."),
    "privacy": _("Privacy"),
    "sent": _("Almost there: check your inbox"),
    "code": _("Code from the email"),
    "enter_code": _("Confirm"),
    "no_mail": _("No email after a few minutes? Check your spam folder."),
    "wrong_address": _("Wrong address? Start again"),
    "confirm_title": _("One click to join the list"),
    "confirm": _("Yes, confirm"),
    "not_me": _("This wasn’t me"),
    "confirmed": _("Thank you, you are on the list"),
    "message_sent": _("Thank you, your message has been sent"),
    "message_told": _("We’ll reply to the address you gave."),
    "registration_sent": _("Thank you, you are registered"),
    "message_and_list": _(
        "You also ticked the box for our emails. To receive them, open the link in the email we have just sent you,"
        " or enter its six-digit code here."
    ),
    # Said by the script alone.
    "close": _("Close"),
    "again": _("Send the email again"),
    "sent_again": _("If we can send a new email, it is on its way. It may take a minute."),
    "wrong": _("Wrong address?"),
    "sent_text": _("We’ve sent you an email. Open the link in it, or enter its six-digit code here."),
    "kept": _("We’ve also emailed you the link. It is valid for %(days)s days.", days=DOWNLOAD_TTL.days),
    "later": _("A few more questions (optional)"),
    "save": _("Save"),
    "saved": _("Saved, thank you."),
    "problems": _("Please check the highlighted fields."),
    "failed": _("This could not be sent. Please try again, or use the form’s own page:"),
}
