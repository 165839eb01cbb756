"""The chore of running campaigns: hold, release or cancel what waits, in batches; end what has nothing left."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, select, update

from signup.campaigns import stop_rule
from signup.campaigns.campaign import RUNS, Campaign, CampaignState
from signup.campaigns.figures import UNSENT
from signup.ground.broker import ring
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.jobs import stopping
from signup.mailer import deliver
from signup.mailer.lease import WAITING
from signup.mailer.message import Message, MessageState

BATCH = 10_000
CANCELLED_WITH_IT = "withheld: the campaign was cancelled"
HOUR = timedelta(hours=1)
LONGEST_GAP = timedelta(minutes=2)
"""A worker that was away for longer does not make up for it: a slow campaign stays slow."""


def tend() -> None:
    """Let the waiting mails of each campaign follow its state."""
    with transaction():
        _reopen()
    query = select(Campaign.id, Campaign.state, Campaign.per_hour).where(
        Campaign.state.in_((*RUNS, CampaignState.PAUSED, CampaignState.CANCELLED)),
        (Campaign.state != CampaignState.CANCELLED) | (Campaign.finished_at > now(-timedelta(days=1))),
    )
    rows = db.session.execute(query.order_by(Campaign.id)).all()
    db.session.rollback()
    for campaign_id, state, per_hour in rows:
        match state:
            case CampaignState.PAUSED:
                _follow(campaign_id, WAITING, state=MessageState.HELD)
            case CampaignState.CANCELLED:
                _follow(
                    campaign_id, (*WAITING, MessageState.HELD), state=MessageState.CANCELLED, reply=CANCELLED_WITH_IT
                )
            case _:
                _run(campaign_id, per_hour)


def _run(campaign_id: int, per_hour: int | None) -> None:
    if per_hour:
        _release(campaign_id)
    else:
        _follow(campaign_id, (MessageState.HELD,), state=MessageState.READY)
    with transaction():
        stop_rule.check(campaign_id)
        _finish(campaign_id)


def _follow(campaign_id: int, states: tuple[MessageState, ...], **values: Any) -> None:
    """Give all messages of a campaign in these states others, in batches."""
    moved = BATCH
    while moved == BATCH and not stopping().is_set():
        with transaction():
            moved = _move(campaign_id, states, BATCH, **values)
    if values["state"] == MessageState.READY and moved:
        ring(deliver.ACTOR)


def _move(campaign_id: int, states: tuple[MessageState, ...], limit: int, **values: Any) -> int:
    some = select(Message.id).where(Message.campaign_id == campaign_id, Message.state.in_(states))
    # As a CTE it is asked once: joined to the rows, PostgreSQL may ask it again and lock some more each time.
    locked = some.order_by(Message.id).limit(limit).with_for_update(skip_locked=True).cte("some")
    moved = update(Message).where(Message.id.in_(select(locked.c.id)), Message.state.in_(states)).values(**values)
    options = {"synchronize_session": False}
    return int(db.session.execute(moved, execution_options=options).rowcount)  # type: ignore[attr-defined]


def _release(campaign_id: int) -> None:
    """Let as many go as the time since the last release allows, at `per_hour`."""
    with transaction():
        query = select(Campaign).where(Campaign.id == campaign_id, Campaign.state.in_(RUNS))
        campaign = db.session.scalar(query.with_for_update(of=Campaign).execution_options(populate_existing=True))
        if campaign is None or not campaign.per_hour:
            return
        at, each = _clock(), HOUR / campaign.per_hour
        begun = max(campaign.released_at or at, at - max(LONGEST_GAP, each))
        allowed = (at - begun) // each
        if allowed < 1:
            return
        campaign.released_at = begun + allowed * each  # what is left of the time counts for the next
        moved = _move(campaign_id, (MessageState.HELD,), allowed, state=MessageState.READY)
    if moved:
        ring(deliver.ACTOR)


def _clock() -> datetime:
    """The database's clock."""
    return db.session.scalar(select(now())) or utcnow()


def _waits(states: tuple[MessageState, ...]) -> Any:
    """Whether a campaign has mails in one of these states."""
    mine = select(literal(1)).where(Message.campaign_id == Campaign.id, Message.state.in_(states))
    return mine.correlate(Campaign).exists()


def _reopen() -> None:
    """Let a campaign that has ended run again for mails that somebody sends again. Needs an open transaction."""
    again = update(Campaign).where(Campaign.state == CampaignState.SENT, _waits((*WAITING, MessageState.HELD)))
    db.session.execute(again.values(state=CampaignState.SENDING), execution_options={"synchronize_session": False})


def _finish(campaign_id: int) -> None:
    """End a campaign of which nothing waits or is in a sender's hands. Needs an open transaction."""
    waits = _waits(UNSENT)
    ended = update(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.SENDING, ~waits)
    done = {"state": CampaignState.SENT, "finished_at": func.coalesce(Campaign.finished_at, now())}
    db.session.execute(ended.values(**done), execution_options={"synchronize_session": False})
