"""Forms to start from, for people or for companies: what they ask, what asks it later, and what they say.

Contact data come first – mail, telephone, postal address –, and never more than three fields are visible. Texts that
nobody changed are told anew when the form gets another list or language (`preset_text`).
"""

from dataclasses import dataclass
from typing import Any, Literal

from signup.consent.mailing_list import MailingList
from signup.fields.kinds.country import Country
from signup.fields.kinds.day import Day
from signup.fields.kinds.long_text import LongText
from signup.fields.kinds.number import Number
from signup.fields.kinds.phone import Phone
from signup.fields.kinds.text import Text
from signup.fields.kinds.url import Url
from signup.forms.form import MAX_TITLE, TAKES_MESSAGES, Definition, FormKind
from signup.forms.looks.appearance import Appearance, Trigger
from signup.forms.question import Question
from signup.ground.i18n import _, speaking

Audience = Literal["people", "companies"]

LABELS = {
    "phone": _("Phone"),
    "street": _("Street and number"),
    "postal_code": _("Postal code"),
    "city": _("Town"),
    "country": _("Country"),
    "website": _("Website"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company": _("Company"),
    "job": _("What is your role?"),
    "message": _("Your message"),
    "birthday": _("Birthday"),
    "persons": _("How many people are coming?"),
}
TYPES = {
    "birthday": Day.name,
    "persons": Number.name,
    "message": LongText.name,
    "phone": Phone.name,
    "country": Country.name,
    "website": Url.name,
}
IN_PLACE = Appearance()
POP_UP = Appearance(mode="pop-up", triggers=(Trigger(on="delay", value=20), Trigger(on="exit")))


@dataclass(frozen=True)
class FormPreset:
    """`now` and `later` are the questions by audience, in the order they are asked."""

    name: Any
    purpose: Any
    title: Any
    intro: Any
    now: dict[Audience, tuple[str, ...]]
    later: dict[Audience, tuple[str, ...]]
    kind: FormKind = "signup"
    button: Any = ""
    required: tuple[str, ...] = ()
    appearance: Appearance = IN_PLACE


def _both(*keys: str) -> dict[Audience, tuple[str, ...]]:
    return {"people": keys, "companies": keys}


PRESETS = {
    "newsletter": FormPreset(
        _("Newsletter"),
        _("The essentials: one question and a consent box."),
        _("Get “%(list)s”"),
        _("An occasional email worth reading. Unsubscribe at any time."),
        {"people": ("first_name",), "companies": ("company",)},
        {"people": (), "companies": ("first_name", "last_name", "job")},
    ),
    "white-paper": FormPreset(
        _("White paper"),
        _("A file in exchange for an email address, sent after confirmation."),
        _("Get the white paper"),
        _("We’ll email you the link as soon as you confirm your address."),
        {"people": ("first_name",), "companies": ("last_name", "company")},
        {"people": ("last_name",), "companies": ("phone", "first_name", "job")},
        kind="incentive",
        button=_("Send it to me"),
    ),
    "discount": FormPreset(
        _("Discount"),
        _("A pop-up for a shop: a discount for people who stay in touch."),
        _("A small thank-you on your first order"),
        _("Sign up and we’ll email you the code."),
        {"people": ("first_name",), "companies": ("company",)},
        {"people": ("birthday",), "companies": ("phone", "first_name", "last_name")},
        kind="incentive",
        button=_("Get my discount"),
        appearance=POP_UP,
    ),
    "contact": FormPreset(
        _("Contact with a message"),
        _("Messages are emailed to you at once. A separate box lets people join the list too."),
        _("Contact us"),
        _("We’ll reply as soon as we can."),
        _both("message"),
        {"people": ("phone", "first_name", "last_name"), "companies": ("phone", "last_name", "company", "website")},
        kind="contact",
        button=_("Send"),
        required=("message",),
    ),
    "loyalty": FormPreset(
        _("Loyalty programme"),
        _("Contact details first, for regulars: email, phone and postal address."),
        _("Join our loyalty programme"),
        _("Rewards for customers who come back."),
        {"people": ("phone", "first_name"), "companies": ("phone", "company")},
        {
            "people": ("street", "postal_code", "city", "country", "last_name", "birthday"),
            "companies": ("street", "postal_code", "city", "country", "first_name", "last_name"),
        },
        kind="loyalty",
    ),
    "event": FormPreset(
        _("Event"),
        _(
            "Registrations for a dinner, a talk or an open day, emailed to you at once. Joining the list is a"
            " separate box."
        ),
        _("Save your place"),
        _("Tell us who is coming. We’ll reply by email."),
        {"people": ("last_name", "persons"), "companies": ("last_name", "company")},
        {"people": ("phone", "first_name"), "companies": ("phone", "first_name", "persons")},
        kind="event",
        button=_("Save my place"),
        required=("last_name",),
    ),
}
WORDING = _(
    "I would like to receive “%(list)s” by email from %(controller)s. I can unsubscribe at any time using the link"
    " in every email."
)
WORDING_BESIDE = _(
    "I would also like to receive “%(list)s” by email from %(controller)s. I can unsubscribe at any time using the"
    " link in every email."
)
"""Of a form that is about something else: a message, a registration."""


def definition_from(
    preset: FormPreset, audience: Audience, mailing_list: MailingList, language: str = ""
) -> Definition:
    """The preset as a form of this list, in the list's language or another."""
    names = {"list": mailing_list.name, "controller": mailing_list.controller}
    language = language or mailing_list.language
    with speaking(language):
        fields = [_field(key, preset) for key in preset.now[audience]]
        fields += [_field(key, preset).model_copy(update={"is_later": True}) for key in preset.later[audience]]
        return Definition(
            kind=preset.kind,
            language=language,
            title=(str(preset.title).replace("%(list)s", mailing_list.name))[:MAX_TITLE],
            intro=str(preset.intro),
            button=str(preset.button),
            wording=str(wording_of(preset.kind)) % names,
            fields=tuple(fields),
            appearance=preset.appearance,
        )


def wording_of(kind: str) -> Any:
    """What a form of this kind asks its visitors to agree to."""
    return WORDING_BESIDE if kind in TAKES_MESSAGES else WORDING


def _field(key: str, preset: FormPreset) -> Question:
    type_ = TYPES.get(key, Text.name)
    return Question(key=key, type=type_, label=str(LABELS[key]), required=key in preset.required)
