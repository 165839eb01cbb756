"""The verbs that move a campaign from state to state. Each is one guarded update: of two at once, one does it.

The mails that wait follow in batches (`tend`); until they have, the hand-over of each one asks the campaign's state.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import case, update

from signup.campaigns.campaign import RUNS, Campaign, CampaignState
from signup.ground.db import db
from signup.ground.dialect import now


def schedule(campaign_id: int, at: datetime | None = None) -> bool:
    """Let a draft begin at a time, or at once. Returns whether it was one. Needs an open transaction."""
    starts = {"state": CampaignState.SCHEDULED, "starts_at": at or now(), "paused_because": ""}
    return _move(campaign_id, (CampaignState.DRAFT, CampaignState.SCHEDULED), **starts)


def unschedule(campaign_id: int, because: str = "") -> bool:
    """Make a scheduled campaign a draft again. Returns whether it was one. Needs an open transaction."""
    back = {"state": CampaignState.DRAFT, "starts_at": None, "paused_because": because[:200]}
    return _move(campaign_id, (CampaignState.SCHEDULED,), **back)


def pause(campaign_id: int, because: str = "") -> bool:
    """Hand over no more of a running campaign. Returns whether it ran. Needs an open transaction."""
    return _move(campaign_id, RUNS, state=CampaignState.PAUSED, paused_because=because[:200])


def resume(campaign_id: int) -> bool:
    """Go on with a paused campaign. Returns whether it was paused. Needs an open transaction."""
    is_built = Campaign.at_id >= Campaign.last_id
    state = case((is_built, CampaignState.SENDING.value), else_=CampaignState.BUILDING.value)
    free = {"owner": None, "lease_until": None, "paused_because": "", "released_at": now()}
    return _move(campaign_id, (CampaignState.PAUSED,), state=state, **free)


def cancel(campaign_id: int) -> bool:
    """End a campaign. What was handed over has gone. Returns whether it had not ended. Needs an open transaction."""
    states = (CampaignState.SCHEDULED, *RUNS, CampaignState.PAUSED)
    return _move(campaign_id, states, state=CampaignState.CANCELLED, finished_at=now())


def hold_all(because: str) -> None:
    """Pause what runs, and make drafts of what is scheduled. Needs an open transaction."""
    running, due = Campaign.state.in_(RUNS), Campaign.state == CampaignState.SCHEDULED
    state = case((due, CampaignState.DRAFT.value), else_=CampaignState.PAUSED.value)
    held = update(Campaign).where(running | due).values(state=state, starts_at=None, paused_because=because)
    db.session.execute(held, execution_options={"synchronize_session": False})


def _move(campaign_id: int, states: tuple[CampaignState, ...], **values: Any) -> bool:
    moved = update(Campaign).where(Campaign.id == campaign_id, Campaign.state.in_(states)).values(**values)
    done = db.session.execute(moved.returning(Campaign.id), execution_options={"synchronize_session": False}).first()
    db.session.get(Campaign, campaign_id, populate_existing=True)  # whoever holds it sees the new state
    return done is not None
