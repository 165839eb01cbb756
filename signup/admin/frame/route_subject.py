"""What a route is about: the object that its address names, and the lists that object belongs to.

The door asks here before a view runs; a view that shows rows of many lists narrows them by `scope`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import Select, select

from signup.access import scope
from signup.access.grant import granted
from signup.access.operator import Operator
from signup.audience.rule import ConditionGroup, conditions_in, subject_of
from signup.audience.segment import Segment, SegmentVersion, segments
from signup.campaigns.campaign import Campaign
from signup.consent.given_values import opened
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner, PartnerConsent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.enquiries.enquiry import Enquiry
from signup.exports.export_run import ExportRun
from signup.files.import_run import ImportRun
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.errors import NotAllowed, NotFound
from signup.incentives.incentive import Incentive
from signup.kiosks.kiosk import Kiosk
from signup.mailer.message import Message


@dataclass(frozen=True)
class About:
    """A kind of object. `argument` is its variable in the address, `lists` finds what it belongs to."""

    name: str
    argument: str = ""
    lists: Callable[[Any], Iterable[int | None] | None] | None = None
    """None of an object: there is no such one."""
    needs_all: bool = False
    """An object of several lists is theirs only who have them all; else one is enough."""
    is_shown: Callable[[Any], bool] | None = None
    """What else hides it: fields that the reader's role does not see."""

    def check(self, values: dict[str, Any]) -> None:
        """Raise `NotFound` for an object of a list that the reader may not know of: no telling it from none."""
        if self.is_shown and self.argument in values and not self.is_shown(values[self.argument]):
            raise NotFound(f"{self.name} about hidden fields")
        mine = scope.seen()
        if mine is None:
            return
        if self.lists is None:
            if self.needs_all:
                raise NotAllowed(self.name)
        elif self.argument in values:
            found = self.lists(values[self.argument])
            theirs = set() if found is None else set(found)
            if found is None or not (theirs <= mine if self.needs_all else theirs & mine):
                raise NotFound(f"{self.name} of another list")


def _of(query: Any) -> list[int | None]:
    return list(db.session.scalars(query))


def _magnet(uid: Any) -> set[int] | None:
    magnet_id = db.session.scalar(select(Incentive.id).where(Incentive.uid == uid))
    return None if magnet_id is None else magnet_lists().get(magnet_id, set())


def _partner(slug: str) -> set[int] | None:
    partner_id = db.session.scalar(select(Partner.id).where(Partner.slug == slug))
    return None if partner_id is None else partner_lists().get(partner_id, set())


def _segment(slug: str) -> set[int] | None:
    version = _version(slug)
    return None if version is None else segment_lists(version)


def _segment_is_shown(slug: str) -> bool:
    version = _version(slug)
    return version is None or asks_what_is_shown(version.rule)


def _version(slug: str) -> SegmentVersion | None:
    query = select(SegmentVersion).join(Segment, Segment.version_id == SegmentVersion.id).where(Segment.slug == slug)
    return db.session.scalar(query)


def _import_is_shown(uid: Any) -> bool:
    """A file holds what its columns say, hidden or not: then it is only for who brought it."""
    if not scope.hidden_groups():
        return True
    return bool(db.session.scalar(select(ImportRun.operator_id).where(ImportRun.uid == uid)) == g.operator.id)


def magnet_lists() -> dict[int, set[int]]:
    """By incentive, the lists of all forms that ever gave it: its codes and links are out there."""
    given = FormVersion.content["lead_magnet_id"].as_integer()
    query = select(given, Form.list_id).join(Form, Form.id == FormVersion.form_id).where(given.is_not(None))
    return _grouped(db.session.execute(query.distinct()))


def partner_lists() -> dict[int, set[int]]:
    """By partner, the lists of the forms that ever showed its box, and of everybody who ever ticked it."""
    shown = select(FormVersion.content["partner_ids"], Form.list_id).join(Form, Form.id == FormVersion.form_id)
    pairs = [(partner_id, list_id) for ids, list_id in db.session.execute(shown) for partner_id in ids or ()]
    agreed = select(PartnerConsent.partner_id, PartnerConsent.list_id).distinct()
    return _grouped([*pairs, *db.session.execute(agreed)])


def segments_seen() -> list[Segment]:
    """The segments that are not archived, and ask for none but the reader's lists and fields."""
    return [one for one in segments() if is_seen(one.version)]


def magnets_seen(query: Select[Incentive]) -> list[Incentive]:
    """Those of `query` that only the reader's lists, or none, ever gave."""
    lists = {} if scope.sees_everything() else magnet_lists()
    return [one for one in db.session.scalars(query) if scope.covers(lists.get(one.id, set()))]


def partners_seen(query: Select[Partner]) -> list[Partner]:
    """Those of `query` that only the reader's lists, or none, ever showed."""
    lists = {} if scope.sees_everything() else partner_lists()
    return [one for one in db.session.scalars(query) if scope.covers(lists.get(one.id, set()))]


def is_seen(version: SegmentVersion) -> bool:
    """Whether a segment is the reader's to use."""
    return may_ask(version.rule) and (scope.sees_everything() or scope.covers(segment_lists(version)))


def segment_lists(version: SegmentVersion) -> set[int]:
    """The lists that a segment's rule names; of one that names none, those of its authors who work with some."""
    if named := rule_lists(version.rule):
        return named
    authors = select(Operator).join(SegmentVersion, SegmentVersion.operator_id == Operator.id)
    authors = authors.where(SegmentVersion.segment_id == version.segment_id).distinct()
    return {list_id for author in db.session.scalars(authors) for list_id in granted(author) or ()}


def may_ask(rule: ConditionGroup) -> bool:
    """Whether a rule asks for none but the reader's lists and fields."""
    return scope.covers(rule_lists(rule)) and asks_what_is_shown(rule)


def asks_what_is_shown(rule: ConditionGroup) -> bool:
    return all(scope.shows_subject(condition.subject) for condition in conditions_in(rule))


def rule_lists(rule: ConditionGroup) -> set[int]:
    """The lists that a rule names."""
    found: set[int] = set()
    for node in rule.rules:
        if isinstance(node, ConditionGroup):
            found |= rule_lists(node)
        elif (subject := subject_of(node.subject)).room == "list":
            found.add(int(subject.name))
    return found


def _grouped(pairs: Iterable[Any]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for key, list_id in pairs:
        found.setdefault(key, set()).add(list_id)
    return found


NOTHING = About("nothing stored, or the operator's own account")
ROWS = About("rows that the view narrows by `scope`, or one that it finds by it")
EVERYTHING = About("everything: only for who works with every list", needs_all=True)
LIST = About("a list", "slug", lambda slug: _of(select(MailingList.id).where(MailingList.slug == slug)))
FORM = About("a form", "public_id", lambda public_id: _of(select(Form.list_id).where(Form.public_id == public_id)))
CAMPAIGN = About("a campaign", "uid", lambda uid: _of(select(Campaign.list_id).where(Campaign.uid == uid)))
ENQUIRY = About("a visitor's message", "uid", lambda uid: _of(select(Enquiry.list_id).where(Enquiry.uid == uid)))
CONTACT = About(
    "a contact",
    "uid",
    lambda uid: _of(select(Subscription.list_id).join(Subscription.contact).where(Contact.uid == uid, opened())),
)
EXPORT = About("an export", "uid", lambda uid: _of(select(ExportRun.list_id).where(ExportRun.uid == uid)))
IMPORT = About(
    "an import",
    "uid",
    lambda uid: _of(select(ImportRun.list_id).where(ImportRun.uid == uid)),
    is_shown=_import_is_shown,
)
MESSAGE = About("a mail", "message_id", lambda id_: _of(select(Message.list_id).where(Message.id == id_)))
KIOSK = About("a kiosk", "uid", lambda uid: _of(select(Form.list_id).join(Kiosk).where(Kiosk.uid == uid)))
MAGNET = About("an incentive", "uid", _magnet, needs_all=True)
PARTNER = About("a partner", "slug", _partner, needs_all=True)
SEGMENT = About("a segment", "slug", _segment, needs_all=True, is_shown=_segment_is_shown)
