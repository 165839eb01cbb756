"""Everything we know about one person, for that person: as JSON for programs, as a page to read (GDPR art. 15, 20).

A table that may hold something of a person is in a section, or is let out here by name with the reason: a test walks
all tables and fails for one that is in neither.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, Self
from zipfile import ZIP_DEFLATED, ZipFile

from flask import render_template
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from signup.contacts.contact import Contact
from signup.ground.clock import utcnow
from signup.ground.i18n import speaking
from signup.privacy.access_sections import changes, consents, doings, judgements, person, rights
from signup.privacy.access_sections.section import TIME, Person, Record, Section

SECTIONS: tuple[Section, ...] = (
    *person.SECTIONS,
    *consents.SECTIONS,
    *doings.SECTIONS,
    *changes.SECTIONS,
    *judgements.SECTIONS,
)
BESIDE: tuple[Section, ...] = rights.SECTIONS
"""What must be told beside the data."""
_OF_OPERATORS = "operators, staff and what they may do"
_OF_THE_SERVICE = "how the service runs"
_OF_THE_LEDGER = "hashes from which nothing can be read"
_SUMS = "sums over everybody"
_INDEX = "the words of what is shown, to find a contact by"
LEFT_OUT = {
    "allowance": "networks and domains that operators vouch for",
    "api_answer": "answers to programs, which are forgotten after a day and tell what is shown here",
    "api_key": _OF_OPERATORS,
    "webhook": "other programs that are told of events; which ones were told is said by the operator",
    "webhook_delivery": "events as they were told to other programs, by ids alone; the events are shown",
    "audit_entry": "what operators did; it names contacts by their public ids alone, and operators are persons too",
    "automation": "letters of a list; that the person got one is in their emails",
    "beat": _OF_THE_SERVICE,
    "bulk_edit": "a change to many: what it changed of a person is in their history",
    "checkpoint": _OF_THE_LEDGER,
    "campaign": "a letter to many; that the person got it is in their emails",
    "campaign_link": "what a letter to many links to",
    "company_key": "how a company is found again",
    "contact_view": "an operator's filter",
    "dkim_key": "keys by which a domain signs its emails",
    "erasure": "keyed hashes of addresses that were erased",
    "export_columns": "an operator's choice of columns",
    "field_figure": _SUMS,
    "former_subscription": "the number of a subscription that was merged; it leads to the one that is shown",
    "form_draft": "what operators typed for a form and did not publish yet",
    "form_rendering": "forms as they were shown to everybody",
    "grade_rule": "the scheme of grades; the grade itself is shown",
    "heat": _OF_THE_SERVICE,
    "held": "what was held back, without an address",
    "hidden_group": _OF_OPERATORS,
    "limit_counter": "keyed hashes that end with their window",
    "ledger_check": _OF_THE_LEDGER,
    "ledger_entry": _OF_THE_LEDGER,
    "ledger_head": _OF_THE_LEDGER,
    "ledger_node": _OF_THE_LEDGER,
    "list_grant": _OF_OPERATORS,
    "dmarc_report": "that a receiver reported how a domain’s mails fared",
    "dmarc_count": "how many mails came from which server; no recipient",
    "domain_check": "what the DNS says of a sender’s domain",
    "sending_step": "which set-up steps an operator has done",
    "mail_domain": "whether a domain accepts email",
    "operator": _OF_OPERATORS,
    "operator_session": _OF_OPERATORS,
    "passkey": _OF_OPERATORS,
    "picture": "logos and pictures that operators uploaded",
    "purpose": "what the database is for, the same for everybody",
    "rate": "what a question costs",
    "recovery_code": _OF_OPERATORS,
    "relay": _OF_THE_SERVICE,
    "resend_request": "a request that a worker answers within seconds",
    "retention_cursor": _OF_THE_SERVICE,
    "round": _OF_THE_SERVICE,
    "search_change": _INDEX,
    "search_entry": _INDEX,
    "sign_in_wait": _OF_OPERATORS,
    "spent_challenge": _OF_OPERATORS,
    "staff": _OF_OPERATORS,
    "step_count": _SUMS,
    "tally": _SUMS,
    "ticket": _OF_OPERATORS,
    "till_session": _OF_OPERATORS,
}
"""Tables without anything of a person, or whose rows are told otherwise."""


Told = tuple[tuple[Section, list[Record]], ...]


@dataclass(frozen=True)
class AccessFile:
    """What is known of one person, in the person's language."""

    contact: Contact
    made_at: datetime
    data: Told
    beside: Told

    @classmethod
    def of(cls, contact: Contact) -> Self:
        """Read everything about a contact that was not merged into another one."""
        with speaking(contact.language):
            about = Person.of(contact)
            data, beside = (tuple((one, one.find(about)) for one in some) for some in (SECTIONS, BESIDE))
            return cls(contact, utcnow(), data, beside)

    @property
    def name(self) -> str:
        """The file's name, without its ending."""
        with speaking(self.contact.language):
            return str(_("my-data"))

    def as_json(self) -> str:
        """Indented, with every letter as it is; a kind of data that we have none of is an empty list."""
        found: dict[str, Any] = {"made_at": self.made_at.isoformat(timespec="seconds")}
        for section, records in (*self.data, *self.beside):
            found[section.key] = [{one.key: one.value for one in record} for record in records]
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"

    def as_page(self) -> str:
        """A page of its own that needs nothing else: to read on a phone, to save, to print."""
        with speaking(self.contact.language):
            return render_template(
                "privacy/access_file.html",
                contact=self.contact,
                made_at=f"{format_datetime(self.made_at, TIME, rebase=False)} UTC",
                language=get_locale(),
                data=[(one, records) for one, records in self.data if records],
                without=[one for one, records in self.data if not records],
                beside=[(one, records) for one, records in self.beside if records],
                style=_style(),
            )

    def as_zip(self) -> bytes:
        """Both in one."""
        packed = BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            archive.writestr(f"{self.name}.html", self.as_page())
            archive.writestr(f"{self.name}.json", self.as_json())
        return packed.getvalue()


def page_policy() -> str:
    """The Content-Security-Policy of the page: its own style, known by its hash, and nothing else."""
    style = b64encode(sha256(_style().encode()).digest()).decode()
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"{nothing}; style-src 'sha256-{style}'"


def _style() -> str:
    return render_template("privacy/access_file.css")
