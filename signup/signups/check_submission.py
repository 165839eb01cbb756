"""Checks a submission, for every door: its address, the answers that the form asks for, the boxes that it offers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from signup.addresses import address as addresses
from signup.addresses import mailbox
from signup.addresses.address import Address
from signup.addresses.written_address import unaccented
from signup.consent import partner
from signup.consent.partner import ShownPartner
from signup.consent.tracking import ShownTracking
from signup.consent.visit import Visit
from signup.contacts.source import Source
from signup.forms.live_form import LiveForm
from signup.ground import tokens
from signup.ground.errors import InvalidAddress, InvalidAnswers, SeveralAddresses
from signup.ground.i18n import LANGUAGES
from signup.limits.allow_list_entry import find_allowed
from signup.signups.submitted import AGREES_TO, Submitted

BOX = re.compile(rf"(?P<id>[0-9]{{1,9}})(?:\.(?P<number>[0-9]{{1,9}})(?:\.(?P<locale>{'|'.join(LANGUAGES)}))?)?")


@dataclass(frozen=True)
class CheckedSubmission:
    """A submission that passed every check: who asks for what, and from where."""

    form: LiveForm
    address: Address
    answers: dict[str, Any]
    source: Source
    visit: Visit
    site: str = ""
    """Origin of the page, one that the form's owner knows."""
    partners: tuple[ShownPartner, ...] = ()
    """The partners whose boxes were ticked, as they were shown."""
    tracking: tuple[ShownTracking, ...] = ()
    """The tracking boxes that were ticked, as they were shown."""

    @cached_property
    def handle(self) -> UUID:
        """An opaque id for its address on its list, which the browser may keep."""
        return handle_of(self.form.list_id, self.address)


def handle_of(list_id: int, address: Address) -> UUID:
    """An opaque id for this address on this list, which the browser may keep. It is the same at every attempt."""
    return UUID(hex=tokens.keys().hash(f"handle:{list_id}:{address.key}"))


def check(form: LiveForm, given: Submitted, source: Source, visit: Visit, site: str = "") -> CheckedSubmission:
    """Check address, answers and ticked partners of a submission. Raises `InvalidAnswers`."""
    problems = dict(given.problems)
    address, answers = None, {}
    try:
        address = addresses.parse(given.email)
    except SeveralAddresses:
        problems.setdefault("email", _("Enter one email address only."))
    except InvalidAddress:
        text = _("This email address looks incomplete. Please check it.")
        if not given.email.strip():
            text = _("Enter your email address.")
        problems.setdefault("email", text)
    else:
        if reason := refuse_mailbox(form, address):
            problems.setdefault("email", reason)
    try:
        answers = form.definition.read_answers(given.answers)
    except InvalidAnswers as error:
        problems = error.problems | problems
    ticked = _ticked(form, given.partners)
    if len(ticked) < len(set(given.partners)):
        problems.setdefault("partners", _("One of these partners is not offered here. Please check your choices."))
    agreed = _agreed(form, given, problems)
    if not given.consents and not form.definition.takes_messages:
        problems.setdefault("consent", _("Tick the box to sign up. We can only email you with your consent."))
    if problems or address is None:
        raise InvalidAnswers(_as_on_the_page(problems, form))
    return CheckedSubmission(form, address, answers, source, visit, site, ticked, agreed)


def _as_on_the_page(problems: dict[str, str], form: LiveForm) -> dict[str, str]:
    """The problems in the order of the inputs: a page shows the first one by its focus."""
    order = ["email", *(field.key for field in form.definition.fields), "consent", "partners", AGREES_TO]
    return dict(sorted(problems.items(), key=lambda told: order.index(told[0]) if told[0] in order else -1))


def _ticked(form: LiveForm, values: Sequence[str]) -> tuple[ShownPartner, ...]:
    """The partners whose boxes were ticked, each as it was shown; those that this form does not offer are left out."""
    on_offer = {one.id: one for one in form.partners}
    found: dict[int, ShownPartner] = {}
    for value in values:
        match = BOX.fullmatch(value)
        now_shown = on_offer.get(int(match["id"])) if match else None
        if match is None or now_shown is None or now_shown.id in found:
            continue
        number, locale = int(match["number"] or now_shown.number), match["locale"] or now_shown.locale
        box: ShownPartner | None = now_shown
        if (number, locale) != (now_shown.number, now_shown.locale):  # another language, or a page of long ago
            box = partner.shown_as(now_shown.id, number, locale)
        if box:
            found[box.id] = box
    return tuple(found.values())


def _agreed(form: LiveForm, given: Submitted, problems: dict[str, str]) -> tuple[ShownTracking, ...]:
    """The ticked tracking boxes. Adds a problem for one that this form does not offer, or no longer in these words."""
    boxes = {name: box for box in form.tracking for name in (str(box.purpose), box.value)} if given.agrees_to else {}
    if unknown := set(given.agrees_to) - boxes.keys():
        problems.setdefault(AGREES_TO, _("This text has changed, or is not offered here. Please read it again."))
    agreed = (boxes[name] for name in given.agrees_to if name not in unknown)
    return tuple({box.purpose: box for box in agreed}.values())


def refuse_mailbox(form: LiveForm, address: addresses.Address) -> str:
    """Why this form takes no such mailbox, by the address alone: the answer is the same for a known one."""
    definition, domain = form.definition, address.domain
    if sign := mailbox.impossible_sign(address.key):
        return _no_such_sign(address.mailed, sign)
    thrown_away = definition.refuses_disposable and mailbox.is_disposable(domain)
    role = definition.refuses_roles and mailbox.is_role(address.key.rpartition("@")[0])
    if not (thrown_away or role) or find_allowed(None, domain, tokens.keys().hash(address.canonical)).is_any:
        return ""
    if thrown_away:
        return str(_("This looks like a temporary mailbox. Please use an address you will keep."))
    return str(_("This looks like a shared address. Please use one that only you read."))


def _no_such_sign(mailed: str, sign: str) -> str:
    local, domain = mailed.rsplit("@", 1)
    meant = f"{unaccented(local)}@{domain}"
    if mailbox.impossible_sign(meant):
        text = _("Addresses at %(domain)s never contain “%(sign)s”. Please check yours.")
    else:
        text = _("Addresses at %(domain)s never contain “%(sign)s”. Did you mean %(address)s?")
    return str(text) % {"domain": domain, "sign": sign, "address": meant}
