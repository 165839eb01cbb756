"""What a form says to its visitors: the operator's texts in further languages, and shipped words said anew."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from signup.forms.question import Line, Question
from signup.ground.i18n import LANGUAGES, _


def _offered(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"no texts are translated into {language[:20]!r}")
    return language


Language = Annotated[str, AfterValidator(_offered)]
WordName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]

# Every shipped text that an operator may reword, by the name it keeps for good.
WORDS = {
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
    "kept": _("We’ve also emailed you the link. It is valid for 30 days."),
    "later": _("A few more questions (optional)"),
    "save": _("Save"),
    "saved": _("Saved, thank you."),
    "problems": _("Please check the highlighted fields."),
    "failed": _("This could not be sent. Please try again, or use the form’s own page:"),
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
