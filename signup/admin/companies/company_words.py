"""The words for companies, quality, categories and grades. Marked here, translated where shown."""

from typing import Any

from signup.ground.i18n import _, pgettext

COUNTRIES: dict[str, Any] = {
    "CH": _("Switzerland"),
    "FR": _("France"),
    "BE": _("Belgium"),
    "DE": _("Germany"),
    "IT": _("Italy"),
    "NL": _("Netherlands"),
    "AT": _("Austria"),
    "LU": _("Luxembourg"),
}
FUNCTIONS: dict[str, Any] = {
    "management": _("Management"),
    "purchasing": _("Purchasing"),
    "sales": _("Sales"),
    "marketing": _("Marketing and communication"),
    "finance": _("Finance and accounting"),
    "it": _("IT"),
    "personnel": _("Personnel"),
    "production": _("Production and logistics"),
    "research": _("Research and development"),
    "legal": _("Legal"),
    "office": _("Office and assistance"),
    "other": pgettext("function", "Other"),
}
AGES: dict[str, Any] = {
    "0-2": _("Less than 3 years"),
    "3-9": _("3 to 9 years"),
    "10-24": _("10 to 24 years"),
    "25+": _("25 years and more"),
}
SIZES: dict[str, Any] = {
    "1": _("1 person"),
    "2-9": _("2 to 9"),
    "10-49": _("10 to 49"),
    "50-249": _("50 to 249"),
    "250-499": _("250 to 499"),
    "500+": _("500 and more"),
}
CATEGORIES: dict[str, Any] = {
    "visitor": _("Visitor"),
    "subscriber": _("Subscriber"),
    "prospect": _("Prospect"),
    "customer": _("Customer"),
    "past_customer": _("Past customer"),
}
CATEGORY_HELP: dict[str, Any] = {
    "visitor": _("left an address, and did not confirm it or left again"),
    "subscriber": _("confirmed, and took nothing yet"),
    "prospect": _("confirmed, and took a white paper or the like"),
    "customer": _("redeemed a code in the last two years"),
    "past_customer": _("redeemed a code longer ago"),
}
PARTS: dict[str, Any] = {
    "reach": _("Can be reached"),
    "complete": _("Answers are complete"),
    "fresh": _("Is fresh"),
    "consistent": _("Fits together"),
    "proven": _("Source and consent are proven"),
}
RAISES: dict[str, Any] = {
    "suppressed": _("The address is on the stop list."),
    "confirm": _("A confirmed address."),
    "left": _("Only a new sign-up, confirmed by them, brings mail back."),
    "phone": _("A telephone number that can be right."),
    "post": _("Street, postal code and town that fit together."),
    "name": _("A name."),
    "answer": _("An answer to “%(about)s”."),
    "fresh": _("A new sign of life: a page seen, a download, a code redeemed."),
    "misfits": _("Answers that fit: see “Worth a second look”."),
    "source": _("Where they came from."),
    "double": _("A double opt-in."),
}


def country(code: str) -> str:
    return str(COUNTRIES.get(code, code))
