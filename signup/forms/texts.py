"""What a form says to its visitors: the operator's texts in further languages, and shipped words said anew."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from signup.forms.question import Line, Question
from signup.ground.i18n import _

Language = Literal["en", "fr", "de", "nl", "it"]
WordName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]

# Every shipped text that an operator may reword, by the name it keeps for good.
WORDS = {
    "email": _("E-mail"),
    "required": _("required"),
    "sign_up": _("Sign me up"),
    "note": _("You get one mail to confirm, and a reminder at most. Your address is not published or passed on."),
    "note_single": _("Your address is not published or passed on."),
    "privacy": _("Privacy"),
    "sent": _("Almost there: look into your mailbox"),
    "code": _("Code from the mail"),
    "enter_code": _("Confirm"),
    "no_mail": _("No mail after a few minutes? Look into the spam folder too."),
    "wrong_address": _("Wrong address? Start again"),
    "confirm_title": _("One click, and you are on the list"),
    "confirm": _("Yes, confirm"),
    "not_me": _("This was not me"),
    "confirmed": _("Thank you, you are on the list"),
    "message_sent": _("Thank you, your message has been sent"),
    "message_told": _("We will reply to the address you gave."),
    "registration_sent": _("Thank you, your registration has arrived"),
    "message_and_list": _(
        "You also ticked the box for our mails. To get them, open the link in the mail that is on its way to you, or"
        " type its six-digit code here."
    ),
    # Said by the script alone.
    "close": _("Close"),
    "again": _("Send the mail again"),
    "sent_again": _("If a new mail may be sent, it is on its way. It can take a minute."),
    "wrong": _("Wrong address?"),
    "sent_text": _("A mail is on its way to you. Open its link, or type its six-digit code here."),
    "kept": _("The link is in your mailbox too, good for 30 days."),
    "later": _("A few more questions, if you like"),
    "save": _("Save"),
    "saved": _("Thank you, that is noted."),
    "problems": _("Some answers need another look."),
    "failed": _("This did not get through. Please try again, or use the form’s own page:"),
}


class FieldTexts(BaseModel):
    """A question in a further language; `options` are labels by the option's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    label: Line = ""
    help: Line = ""
    options: Annotated[dict[str, Line], Field(max_length=200)] = {}

    def over(self, field: Question) -> Question:
        """`field` in these words, where there are any."""
        options = tuple(
            option.model_copy(update={"label": self.options.get(option.value) or option.label})
            for option in field.options
        )
        said = {"label": self.label or field.label, "help": self.help or field.help, "options": options}
        return field.model_copy(update=said)


class FormTexts(BaseModel):
    """A form's own texts in a further language; what is empty is said in the main language."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    intro: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    button: Line = ""
    wording: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    thanks_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    thanks_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    fields: Annotated[dict[str, FieldTexts], Field(max_length=40)] = {}
