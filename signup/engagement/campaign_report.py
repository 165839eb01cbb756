"""What a campaign brought: reactions of people, apart from machines, as shares of those who agreed to be told apart."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Interval, String, and_, distinct, func, literal, select, type_coerce

from signup.campaigns.campaign import Campaign, CampaignLink
from signup.campaigns.figures import UNSENT, by_state
from signup.consent.subscription import Subscription, SubscriptionState
from signup.counts.engagement_event import EngagementEvent, Reaction, Verdict
from signup.engagement.interval import Share, share_of
from signup.ground.db import db, is_postgresql
from signup.ground.dialect import Instant
from signup.mailer.message import Message, MessageState

LEFT_WITHIN = timedelta(days=7)
"""Who leaves the list so soon after a letter is counted with it."""


@dataclass(frozen=True)
class LinkFigures:
    """One link: how often people clicked it, and how many people did."""

    number: int
    url: str
    label: str
    clicks: int
    people: int


@dataclass
class CampaignReport:
    """The figures of one campaign."""

    delivered: int
    failed: int
    waiting: int
    unclear: int
    withheld: int
    unsubscribed: int
    complained: int
    asked_about_opens: int
    """Delivered to people who agreed that openings are recorded."""
    opened: int
    """People of these who opened it."""
    asked_about_clicks: int
    clicked: int
    by_machines: int
    """Reactions that no person's browser sent."""
    without_person: int
    """Reactions of people who had taken their agreement back: counted, not attributed."""
    links: list[LinkFigures] = field(default_factory=list)

    @property
    def open_share(self) -> Share | None:
        return share_of(self.opened, self.asked_about_opens)

    @property
    def click_share(self) -> Share | None:
        return share_of(self.clicked, self.asked_about_clicks)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the shares and their intervals."""
        shares = {"open_share": self.open_share, "click_share": self.click_share}
        return asdict(self) | {name: one._asdict() if one else None for name, one in shares.items()}


def report(campaign: Campaign) -> CampaignReport:
    """The figures as they are now."""
    states = by_state(campaign)
    left = _left(campaign)
    return CampaignReport(
        delivered=states.get(MessageState.SENT, 0),
        failed=states.get(MessageState.FAILED, 0),
        waiting=sum(states.get(state, 0) for state in UNSENT),
        unclear=states.get(MessageState.UNCLEAR, 0),
        withheld=states.get(MessageState.CANCELLED, 0),
        unsubscribed=left.get(SubscriptionState.UNSUBSCRIBED, 0),
        complained=left.get(SubscriptionState.COMPLAINED, 0),
        asked_about_opens=campaign.asked_about_opens,
        opened=_people(campaign, Reaction.OPEN),
        asked_about_clicks=campaign.asked_about_clicks,
        clicked=_people(campaign, Reaction.CLICK),
        by_machines=_count(campaign, EngagementEvent.verdict == Verdict.MACHINE),
        without_person=_count(campaign, EngagementEvent.message_id.is_(None)),
        links=_links(campaign),
    )


def _count(campaign: Campaign, condition: Any) -> int:
    query = select(func.count()).where(EngagementEvent.campaign_id == campaign.id, condition)
    return db.session.scalar(query) or 0


def _people(campaign: Campaign, kind: Reaction) -> int:
    query = select(func.count(distinct(EngagementEvent.message_id))).where(_of_people(campaign, kind))
    return db.session.scalar(query) or 0


def _of_people(campaign: Campaign, kind: Reaction) -> Any:
    return and_(
        EngagementEvent.campaign_id == campaign.id,
        EngagementEvent.kind == kind,
        EngagementEvent.verdict.in_((Verdict.PERSON, Verdict.PROXY)),
    )


def _links(campaign: Campaign) -> list[LinkFigures]:
    number, message = EngagementEvent.link_number, EngagementEvent.message_id
    query = select(number, func.count(), func.count(distinct(message))).where(_of_people(campaign, Reaction.CLICK))
    found = {row[0]: (row[1], row[2]) for row in db.session.execute(query.group_by(number))}
    links = select(CampaignLink).where(CampaignLink.campaign_id == campaign.id).order_by(CampaignLink.number)
    return [
        LinkFigures(one.number, one.url, one.label, *found.get(one.number, (0, 0))) for one in db.session.scalars(links)
    ]


def _left(campaign: Campaign) -> dict[str, int]:
    """Who left the list within a week after getting it, by state. Of two letters in a week, both count them."""
    query = (
        select(Subscription.state, func.count())
        .join(Message, Message.subscription_id == Subscription.id)
        .where(Message.campaign_id == campaign.id, Message.state == MessageState.SENT)
        .where(Subscription.state.in_((SubscriptionState.UNSUBSCRIBED, SubscriptionState.COMPLAINED)))
        .where(Subscription.state_at >= Message.sent_at, Subscription.state_at <= _later(Message.sent_at))
    )
    found = db.session.execute(query.group_by(Subscription.state))
    return {state: n for state, n in found}  # noqa: C416  # a row is no pair to mypy


def _later(moment: Any) -> Any:
    """A week after a column's time."""
    if is_postgresql():
        return moment + literal(LEFT_WITHIN, Interval())
    return func.strftime(
        "%Y-%m-%d %H:%M:%f", type_coerce(moment, String()), f"+{LEFT_WITHIN.days} days", type_=Instant()
    )
