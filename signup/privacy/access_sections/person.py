"""Who somebody is to us: the contact with its values, values put aside, household, companies."""

from typing import Any

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from signup.companies.company import FACTS, Company
from signup.companies.household import Household, HouseholdMember
from signup.companies.position import Position
from signup.contacts.address_change import AddressChange
from signup.contacts.contact import Contact
from signup.fields.field import Field
from signup.fields.value_archive import ArchivedValue
from signup.ground.db import db
from signup.ground.i18n import LANGUAGES, _
from signup.privacy.access_sections.section import Person, Record, Section, fact, moment, record, word

STANDINGS = {
    "confirmed": _("On a list"),
    "pending": _("Not confirmed yet"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Our emails could not be delivered"),
    "complained": _("Reported an email as spam"),
    "merged": _("Merged into another contact"),
}
COMPANY_LABELS: dict[str, Any] = {
    "country": _("Country"),
    "number": _("Company number"),
    "domain": _("Website"),
    "legal_form": _("Legal form"),
    "nace": _("Activity"),
    "street": _("Street and number"),
    "postal_code": _("Postal code"),
    "locality": _("Town"),
    "region": _("Region"),
    "headcount": _("Number of employees"),
    "size": _("Size"),
    "founded": _("Year founded"),
}


def _contacts(person: Person) -> list[Record]:
    query = select(Contact).where(Contact.id.in_(person.ids)).order_by(Contact.id)
    found = {one.id: one for one in db.session.scalars(query)}
    return [_contact(found[id_], person) for id_ in person.ids]


def _contact(contact: Contact, person: Person) -> Record:
    return record(
        fact("id", gettext("Reference"), str(contact.uid)),
        fact("address", gettext("Email address"), contact.address),
        fact("name", gettext("Name"), contact.name),
        fact("language", gettext("Language"), contact.language, LANGUAGES.get(contact.language)),
        person.values("answers", gettext("Your answers"), contact.answers),
        word("standing", gettext("Status"), contact.standing, STANDINGS),
        fact("source", gettext("First came from"), contact.source),
        moment("since", gettext("Known since"), contact.created_at),
        moment("confirmed_at", gettext("First confirmed"), contact.confirmed_at),
        fact("is_test", gettext("Made to try a form"), contact.is_test or None),
    )


def _address_changes(person: Person) -> list[Record]:
    query = select(AddressChange).where(AddressChange.contact_id.in_(person.ids)).order_by(AddressChange.id)
    return [
        record(
            fact("id", gettext("Reference"), str(one.uid)),
            fact("address", gettext("Email address"), one.address),
            moment("asked_at", gettext("Asked for on"), one.created_at),
        )
        for one in db.session.scalars(query)
    ]


def _archived(person: Person) -> list[Record]:
    query = select(Field.key, ArchivedValue.value, ArchivedValue.at)
    query = query.join(Field, Field.id == ArchivedValue.field_id).where(ArchivedValue.contact_id.in_(person.ids))
    return [
        record(
            fact("field", gettext("Question"), key, person.called(key)),
            fact("value", gettext("Value"), value),
            moment("at", gettext("Put aside on"), at),
        )
        for key, value, at in db.session.execute(query.order_by(Field.key))
    ]


def _households(person: Person) -> list[Record]:
    """Who else lives there is theirs to know, not this person's."""
    mine = aliased(HouseholdMember)
    query = select(Household, func.count(HouseholdMember.contact_id)).join(mine, mine.household_id == Household.id)
    query = query.join(HouseholdMember, HouseholdMember.household_id == Household.id).group_by(Household.id)
    found = db.session.execute(query.where(mine.contact_id.in_(person.ids)))
    return [
        record(
            fact("street", gettext("Street and number"), one.street),
            fact("postal_code", gettext("Postal code"), one.postal_code),
            fact("locality", gettext("Town"), one.locality),
            fact("people", gettext("People we link to this address"), people),
        )
        for one, people in found
    ]


def _companies(person: Person) -> list[Record]:
    query = select(Position, Company).join(Company, Company.id == Position.company_id)
    query = query.where(Position.contact_id.in_(person.ids)).order_by(Position.company_id)
    return [
        record(
            fact("company", gettext("Company"), company.name),
            fact("title", gettext("Job title"), place.title),
            fact("function", gettext("Function"), place.function),
            moment("linked_at", gettext("Linked on"), place.created_at),
            moment("ended_at", gettext("Ended on"), place.ended_at),
            *(fact(name, str(COMPANY_LABELS[name]), getattr(company, name)) for name in FACTS),
        )
        for place, company in db.session.execute(query)
    ]


SECTIONS = (
    Section("person", _("Who you are"), ("contact",), _contacts),
    Section("new_address", _("A new address that waits to be confirmed"), ("address_change",), _address_changes),
    Section("put_aside", _("Answers we no longer use"), ("archived_value", "field"), _archived),
    Section("household", _("Your household"), ("household", "household_member"), _households),
    Section("companies", _("Companies you are linked to"), ("company", "position"), _companies),
)
