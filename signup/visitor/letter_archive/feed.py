"""GET /archive/<list>/feed.xml: the newest letters for readers of feeds (RSS 2.0, https://www.rssboard.org)."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.campaigns import archive
from signup.campaigns.campaign import Campaign
from signup.campaigns.merge_field import with_fallbacks
from signup.consent.mailing_list import MailingList
from signup.ground.i18n import settle
from signup.mailer import compose_letter, web_letter
from signup.visitor.letter_archive.archive_page import cached, public_list

LETTERS = 20
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
ATOM, CONTENT = "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/modules/content/"
_UNKNOWN_TO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("atom", ATOM)
ET.register_namespace("content", CONTENT)
ET.register_namespace("dc", DUBLIN_CORE)


def archive_feed(slug: str) -> ResponseReturnValue:
    of = public_list(slug)
    settle(of.language)
    letters = archive.listed_with_content(of, LETTERS)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _tell(channel, "title", of.name)
    _tell(channel, "link", archive.archive_address(of))
    _tell(channel, "description", of.description or _("The letters of %(sender)s", sender=of.controller))
    _tell(channel, "language", of.language)
    own = {"href": archive.feed_address(of), "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(channel, f"{{{ATOM}}}link", own)
    if letters:
        _tell(channel, "lastBuildDate", _date(letters[0][0].started_at))
    for campaign, content in letters:
        _add(channel, of, campaign, content)
    body = ET.tostring(rss, encoding="utf-8", xml_declaration=True)
    answer = Response(body, mimetype="application/rss+xml")
    answer.last_modified = letters[0][0].started_at if letters else None
    return cached(answer)


def _add(channel: ET.Element, of: MailingList, campaign: Campaign, content: str) -> None:
    letter = compose_letter.read(content)
    item = ET.SubElement(channel, "item")
    _tell(item, "title", web_letter.subject_of(letter))
    _tell(item, "link", archive.letter_address(campaign))
    # It stays when the list gets another short name; the address does not.
    guid = _tell(item, "guid", campaign.uid.urn)
    guid.set("isPermaLink", "false")
    _tell(item, "pubDate", _date(campaign.started_at))
    _tell(item, f"{{{DUBLIN_CORE}}}creator", of.sender_name)  # RSS's own author is an address, for everybody to harvest
    if campaign.preheader.strip():
        _tell(item, "description", with_fallbacks(campaign.preheader))
    if body := web_letter.body_of(letter):  # a letter from before its words were marked has its page alone
        _tell(item, f"{{{CONTENT}}}encoded", body)


def _tell(of: ET.Element, name: str, words: str) -> ET.Element:
    told = ET.SubElement(of, name)
    told.text = _UNKNOWN_TO_XML.sub("", words)
    return told


def _date(at: datetime | None) -> str:
    return format_datetime(at.astimezone(UTC)) if at else ""
