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
    "personnel": _("Human resources and staff"),
    "production": _("Production and logistics"),
    "research": _("Research and development"),
    "legal": _("Legal"),
    "office": _("Office and administration"),
    "other": pgettext("function", "Other"),
}
AGES: dict[str, Any] = {
    "0-2": _("Less than 3 years"),
    "3-9": _("3 to 9 years"),
    "10-24": _("10 to 24 years"),
    "25+": _("25 years or more"),
}
SIZES: dict[str, Any] = {
    "1": _("1 person"),
    "2-9": _("2 to 9"),
    "10-49": _("10 to 49"),
    "50-249": _("50 to 249"),
    "250-499": _("250 to 499"),
    "500+": _("500 or more"),
}
CATEGORIES: dict[str, Any] = {
    "visitor": _("Visitor"),
    "subscriber": _("Subscriber"),
    "prospect": _("Prospect"),
    "customer": _("Customer"),
    "past_customer": _("Past customer"),
}
CATEGORY_HELP: dict[str, Any] = {
    "visitor": _("left an address but never confirmed it, or has unsubscribed"),
    "subscriber": _("confirmed, but has not taken an incentive yet"),
    "prospect": _("confirmed, and took an incentive such as a white paper"),
    "customer": _("redeemed a code in the last two years"),
    "past_customer": _("redeemed a code more than two years ago"),
}
PARTS: dict[str, Any] = {
    "reach": _("Reachable"),
    "complete": _("Complete"),
    "fresh": _("Up to date"),
    "consistent": _("Consistent"),
    "proven": _("Source and consent proven"),
}
RAISES: dict[str, Any] = {
    "suppressed": _("The address is on the suppression list."),
    "confirm": _("A confirmed address."),
    "left": _("Only a new, confirmed sign-up lets you email them again."),
    "phone": _("A valid phone number."),
    "post": _("A street, postal code and town that match."),
    "name": _("A name."),
    "answer": _("An answer to “%(about)s”."),
    "fresh": _("Recent activity: a page viewed, a download, a code redeemed."),
    "misfits": _("Answers that are consistent: see “Worth checking”."),
    "source": _("Where they came from."),
    "double": _("A double opt-in."),
}


def country(code: str) -> str:
    return str(COUNTRIES.get(code, code))
