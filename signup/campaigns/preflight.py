"""What stands against sending a letter: what it lacks blocks it, what mailbox providers dislike is told.

Gmail, Yahoo and Microsoft, rules for senders (2024–2026); Gmail cuts a mail at 102 KB.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import select

from signup.addresses.mailbox_provider import PROVIDERS
from signup.campaigns.archive import letter_address
from signup.campaigns.campaign import MAX_URL, Campaign
from signup.campaigns.letter import drawn_of, write_letter
from signup.campaigns.letter_markdown import MAX_LINKS, Drawn
from signup.campaigns.letter_product import PARTS
from signup.campaigns.merge_field import almost_fields, fields_in, holds_mark
from signup.campaigns.recipients import GETS_IT, verdicts
from signup.consent.mailing_list import MailingList
from signup.fields.field import Field
from signup.ground.db import db
from signup.ground.urls import settings
from signup.mailer import compose

CLIPPED = 100 * 1024
LONG_SUBJECT = 70
NEED_LEGAL_NOTICE = {"DE", "AT", "CH"}
NOBODY_READS = re.compile(r"(?:no|do-?not)[-_.]?reply|ne-?pas-?repondre", re.IGNORECASE)
OUR_FIELDS = ("first_name", "last_name", "name")


class Level(StrEnum):
    """Whether a campaign may go all the same."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True)
class Problem:
    """One thing that stands against sending, and what to do."""

    code: str
    level: Level
    text: str


def problems(campaign: Campaign, gets: int | None = None) -> list[Problem]:
    """Everything that stands against sending it now, what blocks it first. `gets`: how many get it, if known."""
    drawn = drawn_of(campaign)
    gets = verdicts(campaign).get(GETS_IT, 0) if gets is None else gets
    found = [
        *_words(campaign),
        *_fields(campaign),
        *_links(drawn),
        *product_problems(drawn),
        *_pictures(drawn),
        *_list(campaign, gets),
    ]
    if not any(one.level == Level.BLOCKS for one in found):
        found += _size(campaign)
    return sorted(found, key=lambda one: one.level != Level.BLOCKS)


def blocks(campaign: Campaign) -> list[Problem]:
    """What must be mended before it may go."""
    return [one for one in problems(campaign) if one.level == Level.BLOCKS]


def _block(code: str, text: str) -> Problem:
    return Problem(code, Level.BLOCKS, text)


def _warn(code: str, text: str) -> Problem:
    return Problem(code, Level.WARNS, text)


def _words(campaign: Campaign) -> Iterator[Problem]:
    subject = campaign.subject.strip()
    if not subject:
        yield _block("no-subject", _("Write a subject."))
    if not campaign.body.strip():
        yield _block("no-body", _("Write the letter."))
    if len(subject) > LONG_SUBJECT:
        n = {"n": len(subject), "most": LONG_SUBJECT}
        yield _warn("long-subject", _("The subject has %(n)s characters: most inboxes show about %(most)s.", **n))
    if subject.isupper() and len(subject) > 8:  # noqa: PLR2004  # a short name may be in capitals
        yield _warn("capitals", _("The subject is in capitals only: filters take that for spam."))
    if subject.count("!") > 1:
        yield _warn("exclamation", _("The subject has several exclamation marks: filters take that for spam."))
    if not campaign.preheader.strip():
        yield _warn("no-preheader", _("Without a preview text, inboxes show the first words of the letter."))


def _fields(campaign: Campaign) -> Iterator[Problem]:
    texts = {_("Subject"): campaign.subject, _("Preview text"): campaign.preheader, _("Letter"): campaign.body}
    return field_problems(texts)


def field_problems(texts: dict[str, str]) -> Iterator[Problem]:
    """What is wrong with the fields in these texts of a letter, by what each is called."""
    known = {*OUR_FIELDS} | set(db.session.scalars(select(Field.key)))
    for where, text in texts.items():
        for used in fields_in(text):
            place = {"field": used.key, "where": where, "line": used.line}
            if used.key not in known:
                yield _block("unknown-field", _("%(where)s, line %(line)s: there is no field “%(field)s”.", **place))
            if used.fallback is None:
                words = _("%(where)s, line %(line)s: say what stands for “%(field)s” where it is unknown.", **place)
                yield _block("no-fallback", words + f' {{{{ {used.key} | "…" }}}}')
        for almost in almost_fields(text):
            yield _block("not-a-field", _("%(where)s: %(text)s is not a field.", where=where, text=almost))


def _links(drawn: Drawn) -> Iterator[Problem]:
    if len(drawn.links) >= MAX_LINKS:
        yield _block("many-links", _("A letter can have up to %(most)s links.", most=MAX_LINKS))
    for link in drawn.links:
        parts = urlsplit(link.url)
        if holds_mark(link.url):
            yield _block(
                "field-in-link",
                _("The link “%(label)s” holds a field: an address is the same for all.", label=link.label),
            )
        if len(link.url) > MAX_URL:
            said = {"label": link.label, "most": MAX_URL}
            yield _block("long-link", _("The address of “%(label)s” is longer than %(most)s characters.", **said))
        if parts.scheme != "https":
            yield _warn("not-https", _("This link is not encrypted (https): %(url)s", url=link.url))
        shown = urlsplit(link.label.strip())
        if shown.hostname and shown.hostname != parts.hostname:
            said = {"label": link.label, "url": link.url}
            yield _block("other-domain", _("“%(label)s” leads to another site: %(url)s", **said))


def product_problems(drawn: Drawn) -> Iterator[Problem]:
    """What is wrong in the products of a letter."""
    for code, line in drawn.wrong_products:
        match code:
            case "no-name":
                yield _block("product-name", _("A product needs a line “name: …”."))
            case "half-button":
                text = _("The product “%(name)s” needs both a button and a link, or neither.", name=line)
                yield _block("product-button", text)
            case _:
                parts = ", ".join(PARTS)
                text = _("“%(line)s” is no line of a product. Its lines: %(parts)s.", line=line, parts=parts)
                yield _block("product-line", text)


def _pictures(drawn: Drawn) -> Iterator[Problem]:
    for url, alt in drawn.pictures:
        if not url.startswith("https://") and not url.startswith("http://"):
            yield _block("picture-address", _("A picture needs its full address: %(url)s", url=url))
        elif url.startswith("http://") and not url.startswith(settings().public_url):
            yield _warn("picture-not-https", _("This picture is not encrypted (https): %(url)s", url=url))
        if not alt.strip():
            yield _warn("no-alt", _("Describe the picture for those who do not see it: %(url)s", url=url))


def _list(campaign: Campaign, gets: int) -> Iterator[Problem]:
    yield from _sender(campaign.list)
    yield from _archive(campaign)
    if gets == 0:
        yield _block("nobody", _("Nobody would get it: no confirmed person of the list is in the segment."))


def _archive(campaign: Campaign) -> Iterator[Problem]:
    if campaign.segment_id and campaign.list.archive_is_public and not campaign.unlisted:
        text = _("It goes to a segment, and everybody can read it in the archive: leave it out if it is not for all.")
        yield _warn("segment-in-archive", text)


def _sender(of: MailingList) -> Iterator[Problem]:
    """Whether people see who writes to them, and can answer."""
    if not of.postal_address.strip():
        text = _("The list has no postal address: many countries require one in every letter.")
        yield _warn("no-postal-address", text)
    if not of.legal_notice.strip() and (of.language == "de" or of.country in NEED_LEGAL_NOTICE):
        text = _("The list has no legal notice: Germany, Austria and Switzerland require one in every letter.")
        yield _warn("no-legal-notice", text)
    answers_go_to = of.reply_to or of.sender_address
    if NOBODY_READS.match(answers_go_to):
        text = _("Replies go to %(address)s, which looks as if nobody read it.", address=answers_go_to)
        yield _warn("no-reply", text)
    if of.sender_address.rpartition("@")[2].lower() in PROVIDERS:
        text = _("%(address)s is at a mailbox provider: send from a domain of your own.", address=of.sender_address)
        yield _warn("mailbox-sender", text)


def _size(campaign: Campaign) -> Iterator[Problem]:
    mail = compose.try_letter(write_letter(campaign, subject=campaign.subject, online=letter_address(campaign)))
    if len(mail.content) > CLIPPED:
        text = _("The letter is larger than 100 KB: Gmail cuts it off, with the way out of the list.")
        yield _warn("too-large", text)
