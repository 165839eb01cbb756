"""The figures of each group of mailbox providers over some days: what arrived, waits, or came back."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from signup.bounces.bounce_class import BounceClass
from signup.bounces.health.provider_group import GROUPS, group_of
from signup.bounces.returned_mail import ReturnedMail
from signup.campaigns.stop_rule import MOST_BOUNCES, MOST_COMPLAINTS
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact
from signup.ground.db import db
from signup.ground.dialect import now
from signup.mailer.message import Message, MessageState

SPANS = (7, 30)
MANY_COMPLAINTS = 0.001
"""Gmail and Yahoo ask to stay below it; from 0.3 % on they refuse (sender rules of 2024–2026)."""
TRIED_FOR = timedelta(days=7)
"""A mail that arrived lately was written at most so long before."""
FEW = 100
"""Of fewer mails no share is judged."""
SHOWN, LOOKED_AT = 3, 200
_ADDRESS = re.compile(r"<?[^\s<>@\"'()\[\],;:]+@[^\s<>@\"'()\[\],;:]+>?")
_OF_ONE_MAIL = re.compile(r"\b(?=\w*\d)[\w.-]{12,}\b")
"""Queue ids and the like: they would make every answer another one."""


class Advice(StrEnum):
    """What to do about a provider."""

    STOP = "stop"
    COMPLAINTS = "complaints"
    HARD = "hard"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    NONE = "none"


@dataclass
class ProviderHealth:
    """One group."""

    name: str
    delivered: int = 0
    deferred: int = 0
    hard: int = 0
    soft: int = 0
    ours: int = 0
    complaints: int = 0
    unsubscribed: int = 0
    answers: list[tuple[str, int]] = field(default_factory=list)
    """The most frequent answers to mails that wait for another try, without addresses."""

    @property
    def is_empty(self) -> bool:
        return not (self.delivered or self.deferred or self.hard or self.soft or self.ours or self.complaints)

    @property
    def complaint_share(self) -> float:
        return self.complaints / self.delivered if self.delivered else 0.0

    @property
    def hard_share(self) -> float:
        sent = self.delivered + self.hard
        return self.hard / sent if sent else 0.0

    @property
    def advice(self) -> Advice:
        is_enough = self.delivered >= FEW
        if is_enough and self.complaint_share >= MOST_COMPLAINTS:
            return Advice.STOP
        if self.ours:
            return Advice.BLOCKED
        if is_enough and self.complaint_share >= MANY_COMPLAINTS:
            return Advice.COMPLAINTS
        if is_enough and self.hard_share >= MOST_BOUNCES:
            return Advice.HARD
        return Advice.DEFERRED if self.deferred else Advice.NONE


def health(days: int, only: Any) -> list[ProviderHealth]:
    """The figures of each group over the last days. `only` makes a condition of a column of lists: the reader's."""
    found = {name: ProviderHealth(name) for name in GROUPS}
    since = now(-timedelta(days=days))
    mails = and_(only(Message.list_id), Message.id >= _first_since(timedelta(days=days) + TRIED_FOR))
    is_sent = and_(mails, Message.state == MessageState.SENT, Message.sent_at >= since)
    _put(found, "delivered", _by_group(is_sent))
    waits = and_(mails, Message.state == MessageState.RETRY, Message.created_at >= since)
    _put(found, "deferred", _by_group(waits))
    for name, bounce_class in (
        ("hard", BounceClass.HARD),
        ("soft", BounceClass.SOFT),
        ("ours", BounceClass.OURS),
        ("complaints", BounceClass.COMPLAINT),
    ):
        is_it = and_(ReturnedMail.bounce_class == bounce_class, ReturnedMail.received_at >= since)
        _put(found, name, _returned(and_(is_it, only(ReturnedMail.list_id))))
    _put(found, "unsubscribed", _left(and_(only(Subscription.list_id), Subscription.state_at >= since)))
    for group, replies in _answers(waits).items():
        found[group].answers = replies
    return list(found.values())


def _first_since(span: timedelta) -> int:
    """The id from which on all mails are younger, roughly: ids follow the time, and there is no index by it."""
    low, high = 0, (db.session.scalar(select(func.max(Message.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        later = select(Message.id).where(Message.id >= middle).order_by(Message.id).limit(1).subquery()
        is_old = select(Message.id).where(Message.id == select(later.c.id).scalar_subquery())
        found = db.session.scalar(is_old.where(Message.created_at < now(-span)))
        if found is None:
            high = middle
        else:
            low = found + 1
    return low


def _put(found: dict[str, ProviderHealth], name: str, query: Select[str, int]) -> None:
    for group, n in db.session.execute(query):
        setattr(found[group], name, n)


def _by_group(where: ColumnElement[bool]) -> Select[str, int]:
    group = group_of(Message.recipient)
    return select(group, func.count()).where(where).group_by(group)


def _returned(where: ColumnElement[bool]) -> Select[str, int]:
    """Mails that came back, each once; a mail that was deleted since is not counted."""
    group = group_of(Message.recipient)
    query = select(group, func.count(ReturnedMail.message_id.distinct()))
    return query.join(Message, Message.id == ReturnedMail.message_id).where(where).group_by(group)


def _left(where: ColumnElement[bool]) -> Select[str, int]:
    group = group_of(Contact.address)
    query = select(group, func.count()).select_from(Subscription).join(Contact, Contact.id == Subscription.contact_id)
    return query.where(where, Subscription.state == SubscriptionState.UNSUBSCRIBED).group_by(group)


def _answers(where: ColumnElement[bool]) -> dict[str, list[tuple[str, int]]]:
    group = group_of(Message.recipient)
    query = select(group, Message.reply, func.count()).where(where, Message.reply.is_not(None))
    query = query.group_by(group, Message.reply).order_by(func.count().desc(), Message.reply).limit(LOOKED_AT)
    counted: dict[str, Counter[str]] = {name: Counter() for name in GROUPS}
    for name, reply, n in db.session.execute(query):
        counted[name][scrubbed(reply or "")] += n
    return {name: _most(counter.items()) for name, counter in counted.items()}


def _most(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counted, key=lambda one: (-one[1], one[0]))[:SHOWN]


def scrubbed(reply: str) -> str:
    """A server's answer without addresses and what names one mail."""
    return _OF_ONE_MAIL.sub("…", _ADDRESS.sub("…", reply))[:300]
