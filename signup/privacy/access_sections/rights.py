"""What must be told beside the data: purposes, recipients, how long, rights, sources (GDPR art. 15(1))."""

from collections.abc import Iterator

from flask_babel import gettext, ngettext
from sqlalchemy import select

from signup.consent.mailing_list import MailingList
from signup.consent.partner import PartnerConsent, PartnerState
from signup.consent.subscription import Subscription
from signup.ground.config import Settings
from signup.ground.db import db
from signup.ground.i18n import _
from signup.ground.urls import settings
from signup.privacy.access_sections.section import Person, Record, Section, fact, record


def _controllers(person: Person) -> list[Record]:
    """(a): who answers for the data, and what for."""
    query = select(MailingList).join(Subscription, Subscription.list_id == MailingList.id)
    query = query.where(Subscription.contact_id.in_(person.ids)).order_by(MailingList.id)
    return [
        record(
            fact("controller", gettext("Responsible"), one.controller),
            fact("address", gettext("Postal address"), one.postal_address),
            fact("write_to", gettext("Write to"), one.sender_address),
            fact("privacy_url", gettext("Privacy"), one.privacy_url),
            fact("purpose", gettext("Purpose"), gettext("To send you the emails of “%(list)s”", list=one.name)),
            fact("about", gettext("About the list"), one.description),
            fact(
                "basis",
                gettext("Legal basis"),
                gettext("Your consent, GDPR article 6(1)(a). You can withdraw it at any time."),
            ),
        )
        for one in db.session.scalars(query).unique()
    ]


def _recipients(person: Person) -> list[Record]:
    """(c): partners by their names; those who work for the controller by what they do."""
    agreed = select(PartnerConsent).where(
        PartnerConsent.contact_id.in_(person.ids), PartnerConsent.state == PartnerState.CONFIRMED
    )
    partners = {one.version.name: one.version.privacy_url for one in db.session.scalars(agreed)}
    named = [
        record(fact("name", gettext("Partner"), name), fact("privacy_url", gettext("Privacy"), url))
        for name, url in partners.items()
    ]
    services = (
        gettext("Whoever runs the computers of this service for those responsible"),
        gettext("The service that delivers our emails, and the operator of your mailbox"),
    )
    return [*named, *(record(fact("kind", "", service)) for service in services)]


def _periods(_person: Person) -> list[Record]:
    """(d): how long, from the same settings that the worker deletes by."""
    return [record(fact("kept", "", sentence)) for sentence in _kept(settings())]


def _kept(chosen: Settings) -> Iterator[str]:
    yield gettext("Your data stays while you are on a list.")
    if months := chosen.keep_former_contacts_months:
        yield ngettext(
            "%(num)s month after you have left your last list, everything about you is deleted.",
            "%(num)s months after you have left your last list, everything about you is deleted.",
            months,
        )
    if days := chosen.keep_unconfirmed_days:
        yield ngettext(
            "A sign-up that nobody confirms is deleted after %(num)s day.",
            "A sign-up that nobody confirms is deleted after %(num)s days.",
            days,
        )
    if days := chosen.keep_addresses_of_visitors and chosen.keep_ip_days:
        yield ngettext(
            "IP addresses and browsers are shortened after %(num)s day.",
            "IP addresses and browsers are shortened after %(num)s days.",
            days,
        )
    if days := chosen.keep_mail_values_days:
        yield ngettext(
            "The links and codes of an email are deleted %(num)s day after it was sent.",
            "The links and codes of an email are deleted %(num)s days after it was sent.",
            days,
        )
    yield from _kept_besides(chosen)


def _kept_besides(chosen: Settings) -> Iterator[str]:
    if months := chosen.keep_activity_months:
        yield ngettext(
            "What you opened and downloaded is deleted after %(num)s month.",
            "What you opened and downloaded is deleted after %(num)s months.",
            months,
        )
    if months := chosen.keep_import_rows_months:
        yield ngettext(
            "The rows of imported files are deleted after %(num)s month.",
            "The rows of imported files are deleted after %(num)s months.",
            months,
        )
    yield ngettext(
        "Messages that you send by a form are deleted after %(num)s day.",
        "Messages that you send by a form are deleted after %(num)s days.",
        chosen.messages_days,
    )
    yield gettext("That you asked us never to write to you stays, as a code that does not show your address.")


def _rights(_person: Person) -> list[Record]:
    """(e) to (h)."""
    return [
        record(fact("right", "", sentence))
        for sentence in (
            gettext(
                "You can have your data corrected or deleted, or its use restricted, and you can object to its use."
            ),
            gettext(
                "You can withdraw your consent at any time, by the link in every email. Earlier emails stay lawful."
            ),
            gettext("You can take this data elsewhere: the JSON file is made for other programs."),
            gettext("You can complain to the data protection authority where you live or work."),
            gettext("The data comes from you, from your use of our emails and pages, and from the files named above."),
            gettext(
                "Points, categories, grades and groups are computed. By itself, this service decides nothing by them."
            ),
            gettext(
                "Ask those responsible whether your data leaves the European Union, and how it is protected there."
            ),
        )
    ]


SECTIONS = (
    Section("purposes", _("Who is responsible, and what for"), ("mailing_list",), _controllers),
    Section("recipients", _("Who receives your data"), ("partner_consent", "partner_version"), _recipients),
    Section("kept", _("How long it is kept"), (), _periods),
    Section("rights", _("Your rights"), (), _rights),
)
