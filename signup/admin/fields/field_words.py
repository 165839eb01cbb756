"""The words of fields and objectives: groups, kinds, what each objective is, the decision a proposed field serves."""

from typing import Any

from signup.fields.field import FieldGroup, FieldState
from signup.fields.kinds.all_kinds import FIELD_KINDS
from signup.fields.objective import Audience, ChosenObjectives, Objective
from signup.ground.i18n import _, pgettext

GROUPS: dict[str, Any] = {
    FieldGroup.PERSONAL: _("Personal"),
    FieldGroup.HOUSEHOLD: _("Household or company"),
    FieldGroup.ADVERTISING: _("Marketing"),
    FieldGroup.ANALYSIS: _("Analysis"),
    FieldGroup.OTHER: _("Other"),
}
ABOUT_GROUPS: dict[str, Any] = {
    FieldGroup.PERSONAL: _("Who the person is and how to reach them."),
    FieldGroup.HOUSEHOLD: _("The person’s home or company."),
    FieldGroup.ADVERTISING: _("What they want to hear about, and how they want to be reached."),
    FieldGroup.ANALYSIS: _("Products and interests: what sets people apart."),
    FieldGroup.OTHER: _("Accounting, appointments, visit notes."),
}
KINDS: dict[str, Any] = {name: kind.label for name, kind in FIELD_KINDS.items()}
WITH_OPTIONS = {name for name, kind in FIELD_KINDS.items() if kind.has_options}
STATES: dict[str, Any] = {
    FieldState.ACTIVE: _("In use"),
    FieldState.HIDDEN: pgettext("field", "Hidden"),
    FieldState.ARCHIVED: pgettext("field", "Archived"),
}
TONES = {FieldState.ACTIVE: "good", FieldState.HIDDEN: "wait", FieldState.ARCHIVED: "quiet"}

OBJECTIVES: dict[str, Any] = {
    Objective.COMMUNICATE: pgettext("objective", "Communicate"),
    Objective.PROSPECT: pgettext("objective", "Find new customers"),
    Objective.SELL: pgettext("objective", "Sell"),
    Objective.LOYALTY: pgettext("objective", "Keep customers"),
    Objective.SELL_MORE: pgettext("objective", "Sell more to customers"),
    Objective.OWN: pgettext("objective", "Something else"),
}
ABOUT_OBJECTIVES: dict[str, Any] = {
    Objective.COMMUNICATE: _("Newsletters, news, invitations: people hear from you. Main metric: confirmed contacts."),
    Objective.PROSPECT: _("People who don’t know you yet. Main metric: new confirmed contacts."),
    Objective.SELL: _("Offers to people who are ready to buy. Main metric: incentives taken."),
    Objective.LOYALTY: _("Customers who stay. Main metric: how many stay on your lists."),
    Objective.SELL_MORE: _("Know customers well enough to offer what fits. Main metric: how complete your fields are."),
    Objective.OWN: _("In your own words. Main metric: confirmed contacts."),
}
AUDIENCES: dict[str, Any] = {
    Audience.PEOPLE: _("Consumers (B2C)"),
    Audience.COMPANIES: _("Businesses (B2B)"),
    Audience.MIXED: _("Both"),
}

DECISIONS: dict[str, Any] = {
    "civility": _("How emails address the person."),
    "first_name": _("How emails greet people, and how to tell apart people with the same surname."),
    "last_name": _("Whether two records are the same person, and how a letter is addressed."),
    "phone": _("Whether someone calls, and who to call first."),
    "street": _("Whether a parcel, a catalogue or a letter can be sent."),
    "postal_code": _("Which region, shop or sales rep an offer is for."),
    "city": _("Whether a letter arrives; which town an event is promoted in."),
    "country": _("Which law, currency and language apply."),
    "birthday": _("When to send birthday wishes, and with which offer."),
    "birth_year": _("Which age group gets which offer."),
    "profession": _("Which examples and times of day work."),
    "interests": _("Which topics a person hears about, and which not."),
    "products": _("What not to offer again, and what goes with it."),
    "company": _("Which contacts belong to the same customer."),
    "function": _("Who decides, who uses, who pays: which argument each one gets."),
    "legal_form": _("Which contract and terms apply."),
    "company_number": _("Whether two companies are the same, and whether it can be invoiced."),
    "founded": _("Whether start-up or renewal offers fit."),
    "nace": _("Which industry’s offer and references a company gets."),
    "headcount": _("How large an offer fits, and whether a visit is worthwhile."),
    "turnover": _("Which companies are worth visiting."),
    "equipment": _("Which accessory, service or replacement fits."),
    "next_contact": _("Who to call this week."),
}
"""The decision each preset serves; a preset without one is flagged until somebody says it."""

REASONS: dict[str, Any] = {
    "name": _("A name cannot be chosen from a list."),
    "number": _("A number or code that is validated."),
    "address": _("Addresses have too many values for a list."),
}


def objective(name: str, purpose: ChosenObjectives | None) -> str:
    """An objective in words; an own one in the operator's."""
    if name == Objective.OWN and purpose and purpose.own:
        return purpose.own
    return str(OBJECTIVES.get(name, name))
