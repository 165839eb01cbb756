"""The words of fields and objectives: groups, kinds, what each objective is, the decision a proposed field serves."""

from typing import Any

from signup.fields.field import FieldGroup, FieldState
from signup.fields.objective import Audience, ChosenObjectives, Objective
from signup.fields.value import ValueKind
from signup.ground.i18n import _, pgettext

GROUPS: dict[str, Any] = {
    FieldGroup.PERSONAL: _("Personal"),
    FieldGroup.HOUSEHOLD: _("Household or company"),
    FieldGroup.ADVERTISING: _("Advertising"),
    FieldGroup.ANALYSIS: _("Analysis"),
    FieldGroup.OTHER: _("Other"),
}
ABOUT_GROUPS: dict[str, Any] = {
    FieldGroup.PERSONAL: _("Who the person is and how to reach them."),
    FieldGroup.HOUSEHOLD: _("The home or the firm around the person."),
    FieldGroup.ADVERTISING: _("What they want to hear, and how they want to be reached."),
    FieldGroup.ANALYSIS: _("Products, interests: what tells people apart."),
    FieldGroup.OTHER: _("Accounting, appointments, notes from visits."),
}
KINDS: dict[str, Any] = {
    ValueKind.CHOICE: _("One choice"),
    ValueKind.MULTI: _("Several choices"),
    ValueKind.CATALOGUE: _("Catalogue"),
    ValueKind.YES_NO: _("Yes or no"),
    ValueKind.NUMBER: _("Number"),
    ValueKind.DATE: _("Date"),
    ValueKind.YEAR: pgettext("kind", "Year"),
    ValueKind.TEXT: _("Text"),
}
WITH_OPTIONS = (ValueKind.CHOICE, ValueKind.MULTI, ValueKind.CATALOGUE)
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
    Objective.COMMUNICATE: _("Letters, news, invitations: people hear from you. Lead figure: confirmed contacts."),
    Objective.PROSPECT: _("People who do not know you yet. Lead figure: new confirmed contacts."),
    Objective.SELL: _("Offers to people who are ready. Lead figure: incentives taken."),
    Objective.LOYALTY: _("Those who buy stay. Lead figure: how many stay on your lists."),
    Objective.SELL_MORE: _("Know customers well enough to offer what fits. Lead figure: how complete your fields are."),
    Objective.OWN: _("In your own words. Lead figure: confirmed contacts."),
}
AUDIENCES: dict[str, Any] = {
    Audience.PEOPLE: _("People (B2C)"),
    Audience.COMPANIES: _("Companies (B2B)"),
    Audience.MIXED: _("Both"),
}

DECISIONS: dict[str, Any] = {
    "civility": _("How the mail addresses the person."),
    "first_name": _("How the mail greets, and who is who among equal surnames."),
    "last_name": _("Whether two entries are one person, and how a letter is addressed."),
    "phone": _("Whether somebody calls, and whom first."),
    "street": _("Whether a parcel, a catalogue or a letter can go out."),
    "postal_code": _("Which region, shop or representative an offer is for."),
    "city": _("Whether a letter arrives; which town an event is announced in."),
    "country": _("Which law, currency and language apply."),
    "birthday": _("When to congratulate, and with what."),
    "birth_year": _("Which age band gets which offer."),
    "profession": _("Which examples and times of day suit."),
    "interests": _("Which topic a person hears about, and which not."),
    "products": _("What not to offer again, and what goes with it."),
    "company": _("Which contacts belong to one customer."),
    "function": _("Who decides, who uses, who pays: which argument each gets."),
    "legal_form": _("Which contract and which terms apply."),
    "company_number": _("Whether two companies are one, and whether it can be invoiced."),
    "founded": _("Whether start-up or renewal offers fit."),
    "nace": _("Which trade’s offer and references a company gets."),
    "headcount": _("Which size of offer fits, and whether somebody visits."),
    "turnover": _("Which companies are worth a visit."),
    "equipment": _("Which accessory, service or replacement fits."),
    "next_contact": _("Whom to call this week."),
}
"""The decision each preset serves; a preset without one is flagged until somebody says it."""

REASONS: dict[str, Any] = {
    "name": _("A name cannot be chosen from a list."),
    "number": _("A number or code that is checked."),
    "address": _("An address has too many values for a list."),
}


def objective(name: str, purpose: ChosenObjectives | None) -> str:
    """An objective in words; an own one in the operator's."""
    if name == Objective.OWN and purpose and purpose.own:
        return purpose.own
    return str(OBJECTIVES.get(name, name))
