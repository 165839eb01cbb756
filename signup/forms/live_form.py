"""A form as the visitor's door uses it: everything one request needs, read at most once in two seconds a process.

While the database is away the last reading still serves, so that a page can be shown with what was typed.
"""

import time
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import LanguageAccept

from signup.consent import partner, tracking
from signup.consent.partner import ShownPartner
from signup.consent.snapshot import digest
from signup.consent.tracking import ShownTracking
from signup.contacts.source import Source
from signup.forms.form import Definition, Form, FormVersion, find_form
from signup.forms.look_in_mail import own_mail
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.incentives.discount_code import GivenCode
from signup.incentives.incentive import Incentive
from signup.mailer import compose
from signup.mailer.message_kind import MessageKind

FRESH_SECONDS = 2.0
MAX_CACHED = 1_000


@dataclass(frozen=True)
class Offer:
    """What a form gives for a confirmed sign-up, as the hot paths need it."""

    magnet_id: int
    name: str
    has_link: bool
    fallback: str

    def as_mailed(self, download: str | None, given: GivenCode | None = None) -> dict[str, str | None]:
        """The values of a mail that hands it out; `download` is the link's token."""
        return {
            "magnet": self.name,
            "download": download if self.has_link else None,
            "discount": given.code if given else None,
            "until": given.until if given else None,
            "fallback": None if self.has_link or given else self.fallback,
        }


NO_OFFER: dict[str, str | None] = dict.fromkeys(("magnet", "download", "discount", "until", "fallback"))
"""The values of a mail that hands out nothing."""


def offer_of(magnet: Incentive | None) -> Offer | None:
    """The offer of an incentive; None for a retired one, whose links that were sent still work."""
    if magnet is None or magnet.retired_at is not None:
        return None
    return Offer(magnet.id, magnet.name, magnet.has_link, magnet.fallback)


@dataclass(frozen=True)
class LiveForm:
    """The current version of a form in one language, its list, and the mails it sends."""

    id: int
    public_id: str
    name: str
    is_archived: bool
    version_id: int
    version_number: int
    wording_hash: str
    definition: Definition
    list_id: int
    list_name: str
    controller: str
    privacy_url: str
    sender_address: str
    offer: Offer | None
    partners: tuple[ShownPartner, ...]
    confirm_template: str
    already_template: str
    enquiry_template: str
    """Of the mail that tells the form's owner what a visitor wrote."""
    messages_to: str
    in_language: dict[str, "LiveForm"] = field(default_factory=dict, repr=False, compare=False)
    """The same form in each language it is offered in."""

    def for_visitor(self, wanted: str, browser: LanguageAccept) -> "LiveForm":
        """In the language that the page asks for, else the browser, else the form's own."""
        named = self.in_language.get(wanted.replace("_", "-").partition("-")[0].lower())
        return named or self.in_language[browser.best_match(self.in_language, self.definition.language)]

    @property
    def is_reminding(self) -> bool:
        """Whether who does not confirm is reminded."""
        return self.definition.reminders > 0 and self.definition.opt_in == "double"

    @property
    def tracking(self) -> tuple[ShownTracking, ...]:
        """The boxes for recording opens and clicks that it offers. The language must be set."""
        return tracking.shown(self.controller, self.definition.language) if self.definition.offers_tracking else ()

    def label(self, source: Source) -> str:
        """What reports call sign-ups that came this way."""
        return f"{self.name} · {source.placement}"[:120] if source.placement else self.name


def live_form(public_id: str) -> LiveForm:
    """The form with this public id. Raises `NotFound`, also for an archived one."""
    cache: dict[str, tuple[float, LiveForm]] = current_app.extensions.setdefault("signup.live_forms", {})
    read_at, found = cache.get(public_id, (0.0, None))
    if found is None or time.monotonic() - read_at > FRESH_SECONDS:
        try:
            found = _read(public_id)
        except SQLAlchemyError:
            if found is None:
                raise
        if len(cache) >= MAX_CACHED:
            cache.clear()
        cache[public_id] = (time.monotonic(), found)
    if found.is_archived:
        raise NotFound(f"form {public_id} is archived")
    return found


def forget_live_forms() -> None:
    """Read every form anew: one was just changed here."""
    current_app.extensions.pop("signup.live_forms", None)
    current_app.extensions.pop("signup.after_confirming", None)


@dataclass(frozen=True)
class AfterConfirming:
    """What follows from a confirmation, by the form version that was sent."""

    label: str
    controller: str
    wording_hash: str
    offer: Offer | None
    has_partners: bool
    offers_tracking: bool
    welcome_template: str


def after_confirming(form_id: int, version_id: int, language: str) -> AfterConfirming:
    """Read at most once in two seconds a process, like the forms."""
    cache: dict[tuple[int, int, str], tuple[float, AfterConfirming]]
    cache = current_app.extensions.setdefault("signup.after_confirming", {})
    key = (form_id, version_id, language)
    read_at, found = cache.get(key, (0.0, None))
    if found is None or time.monotonic() - read_at > FRESH_SECONDS:
        form, version = db.session.get_one(Form, form_id), db.session.get_one(FormVersion, version_id)
        said = version.definition.said_in(language)
        found = AfterConfirming(
            label=form.name,
            controller=form.list.controller,
            wording_hash=digest(said.wording),
            offer=offer_of(version.lead_magnet),
            has_partners=bool(version.definition.partner_ids),
            offers_tracking=version.definition.offers_tracking,
            welcome_template=compose.template_for(MessageKind.WELCOME, language, form.list, own_mail(said, "welcome")),
        )
        db.session.rollback()
        if len(cache) >= MAX_CACHED:
            cache.clear()
        cache[key] = (time.monotonic(), found)
    return found


def _read(public_id: str) -> LiveForm:
    form = find_form(public_id)
    definition = form.version.definition
    said: dict[str, LiveForm] = {language: _said_in(form, language) for language in definition.languages}
    db.session.rollback()
    # Each knows the others: a visitor may have come by any of them.
    for one in said.values():
        one.in_language.update(said)
    return said[definition.language]


def _said_in(form: Form, language: str) -> LiveForm:
    of, version = form.list, form.version
    definition = version.definition.said_in(language)
    if of.country and not definition.country:  # where a telephone number without its country is from
        definition = definition.model_copy(update={"country": of.country})
    return LiveForm(
        id=form.id,
        public_id=form.public_id,
        name=form.name,
        is_archived=form.archived_at is not None,
        version_id=version.id,
        version_number=version.number,
        wording_hash=digest(definition.wording),
        definition=definition,
        list_id=of.id,
        list_name=of.name,
        controller=of.controller,
        privacy_url=of.privacy_url,
        sender_address=of.sender_address,
        offer=offer_of(version.lead_magnet),
        partners=() if definition.takes_messages else partner.shown(definition.partner_ids, language),
        confirm_template=compose.template_for(MessageKind.CONFIRM, language, of, own_mail(definition, "confirm")),
        already_template=compose.template_for(MessageKind.ALREADY, language, of, own_mail(definition)),
        enquiry_template=compose.template_for(MessageKind.ENQUIRY, of.language, of)
        if definition.takes_messages
        else "",
        messages_to=form.messages_to or of.sender_address,
    )
