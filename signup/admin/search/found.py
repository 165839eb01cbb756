"""What a search finds, by kind: each with what it is called, what else tells it, and where it leads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import url_for
from sqlalchemy import select

from signup.access import scope
from signup.access.seen_contact import Seen, seen
from signup.admin.frame import door
from signup.admin.frame.formatting import address_for_reader, name_for_reader
from signup.admin.frame.route_subject import magnets_seen, segments_seen
from signup.audience.find_companies import find_companies
from signup.audience.search import Search, find
from signup.audience.search_text import SearchWord, all_in, strings_in, text_of
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.i18n import _
from signup.incentives.incentive import Incentive

MOST_PEOPLE, MOST = 6, 5
MAX_REASON = 90

Words = Sequence[SearchWord]


@dataclass(frozen=True)
class Hit:
    """One thing that was found."""

    label: str
    href: str
    detail: str = ""


@dataclass(frozen=True)
class HitGroup:
    """What was found of one kind; `more` leads to all of them, where there are more."""

    title: Any
    icon: str
    hits: list[Hit]
    more: str = ""


def people(text: str, words: Words) -> HitGroup:
    """The newest contacts who are found; who sees masked addresses finds by a whole address only."""
    is_masked = not door.may("contacts:unmasked")
    asked = Search(text=text, lists=scope.seen(), whole_address=is_masked, hidden=scope.hidden_keys())
    found = find(asked, limit=MOST_PEOPLE)
    hits = [_person(one, words, is_masked=is_masked) for one in seen(found.rows)]
    more = url_for("admin.contacts", q=text) if found.older else ""
    return HitGroup(_("People"), "people", hits, more)


def _person(contact: Seen, words: Words, *, is_masked: bool) -> Hit:
    name, address = name_for_reader(contact.name), address_for_reader(contact.address)
    details = [address] if name else []
    if not is_masked and (reason := _reason(contact, words)):
        details.append(reason)
    return Hit(name or address, url_for("admin.contact", uid=contact.uid), " · ".join(details))


def _reason(contact: Seen, words: Words) -> str:
    """The answer that a word was found in, where name and address do not show it."""
    shown = text_of([contact.name, contact.address])
    missing = [word for word in words if not word.is_in(shown)]
    values = strings_in({key: value for key, value in contact.answers.items() if scope.shows(key)})
    told = (value for value in values if any(word.is_in(text_of([value])) for word in missing))
    return next(told, "")[:MAX_REASON]


def found_things(text: str, words: Words) -> list[HitGroup]:
    """What else is found, without kinds of which nothing is."""
    groups = (
        _companies(text),
        HitGroup(_("Lists"), "list", _first(_lists(), words)),
        HitGroup(_("Forms"), "form", _first(_forms(), words)),
        HitGroup(_("Segments"), "people", _first(_segments(), words)),
        HitGroup(_("Incentives"), "gift", _first(_incentives(), words)),
    )
    return [group for group in groups if group.hits]


def _first(hits: Iterable[Hit], words: Words) -> list[Hit]:
    return list(islice((hit for hit in hits if all_in(words, text_of([hit.label, hit.detail]))), MOST))


def _companies(text: str) -> HitGroup:
    is_shown = door.may("contacts:see") and scope.sees_everything() and scope.shows_companies()
    rows = find_companies(text, MOST + 1) if is_shown else []
    hits = [Hit(row.name, url_for("admin.company", uid=row.uid), row.number or row.domain) for row in rows]
    more = url_for("admin.companies", q=text) if len(hits) > MOST else ""
    return HitGroup(_("Companies"), "table", hits[:MOST], more)


def _lists() -> Iterable[Hit]:
    for row in scope.mailing_lists():
        href = url_for("admin.list_edit", slug=row.slug) if door.may("lists:edit") else ""
        yield Hit(row.name, href or url_for("admin.contacts", list=row.slug), row.sender_name)


def _forms() -> Iterable[Hit]:
    endpoint = "admin.form_edit" if door.may("forms:edit") else "admin.form_funnel"
    rows = select(Form).where(scope.only(Form.list_id), Form.archived_at.is_(None), Form.version_id.is_not(None))
    for row in db.session.scalars(rows.order_by(Form.name)) if door.may("forms:see") else ():
        yield Hit(row.name, url_for(endpoint, public_id=row.public_id), row.version.definition.title)


def _segments() -> Iterable[Hit]:
    for row in segments_seen() if door.may("contacts:see") else ():
        yield Hit(row.name, url_for("admin.segment", slug=row.slug))


def _incentives() -> Iterable[Hit]:
    query = select(Incentive).where(Incentive.retired_at.is_(None)).order_by(Incentive.name)
    for row in magnets_seen(query) if door.may("forms:edit") else ():
        yield Hit(row.name, url_for("admin.magnet_edit", uid=row.uid))
