"""Writes the messages of campaigns that are due, in batches, each with the place where the next one goes on.

Whoever dies leaves whole batches; whoever goes on begins after the last of them. A message's unique key keeps anybody
from getting two.
"""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select, update

from signup.campaigns import build_sql, preflight
from signup.campaigns.archive import letter_address
from signup.campaigns.campaign import Campaign, CampaignLink, CampaignState
from signup.campaigns.letter import links_of, write_letter
from signup.campaigns.lifecycle import unschedule
from signup.consent import snapshot
from signup.consent.snapshot import SnapshotKind
from signup.consent.subscription import Subscription
from signup.contacts.contact import hash_addresses
from signup.ground.broker import ring
from signup.ground.db import db, is_of_database, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json
from signup.ground.i18n import DEFAULT, speaking
from signup.ground.jobs import OWNER, stopping
from signup.ground.query_planning import plan_for_once
from signup.mailer import compose, deliver
from signup.mailer.letter_template import LetterTemplate

ACTOR = "campaigns"
LEASE = timedelta(seconds=60)

log = structlog.get_logger()


def build_due(_ids: object = None) -> None:
    """The actor and the chore: begin campaigns whose time has come, and write the messages of those that began."""
    while not stopping().is_set() and _begin_one():
        pass
    while not stopping().is_set() and (campaign := _claim()):
        _build(campaign)


def _begin_one() -> bool:
    """Fix what a campaign that is due says and whom it means. Returns whether there was one."""
    due = select(Campaign).where(Campaign.state == CampaignState.SCHEDULED, Campaign.starts_at <= now())
    due = due.order_by(Campaign.starts_at, Campaign.id).limit(1).with_for_update(skip_locked=True, of=Campaign)
    with transaction():
        campaign = db.session.scalar(due)
        if campaign is None:
            return False
        try:
            with db.session.begin_nested(), speaking(DEFAULT):
                if found := preflight.blocks(campaign):  # it was edited since somebody let it go
                    unschedule(campaign.id, found[0].text)
                else:
                    _fix(campaign)
        except Exception as error:  # an operator's text that cannot be sent must not hold up the others
            if is_of_database(error):
                raise
            log.exception("campaign.not_begun", campaign=campaign.id)
            unschedule(campaign.id, f"could not be begun: {type(error).__name__}")
    return True


def _fix(campaign: Campaign) -> None:
    letter = write_letter(campaign, subject=campaign.subject, online=letter_address(campaign))
    compose.try_letter(letter)
    campaign.template_hash = snapshot.keep(SnapshotKind.MAIL, to_json(letter.to_content()))
    campaign.rule = campaign.segment.version.content if campaign.segment else None
    if campaign.segment:
        campaign.segment.acted_at = now()
    db.session.add_all(
        CampaignLink(campaign_id=campaign.id, number=link.number, url=link.url, label=link.label)
        for link in links_of(campaign)
    )
    newest = select(Subscription.id).where(Subscription.list_id == campaign.list_id)
    campaign.last_id = db.session.scalar(newest.order_by(Subscription.id.desc()).limit(1)) or 0
    campaign.state, campaign.started_at, campaign.released_at = CampaignState.BUILDING, now(), now()
    db.session.flush()


def _claim() -> Campaign | None:
    is_free = or_(Campaign.lease_until.is_(None), Campaign.lease_until < now())
    first = select(Campaign.id).where(Campaign.state == CampaignState.BUILDING, is_free).order_by(Campaign.id).limit(1)
    held = {"owner": OWNER, "attempt": Campaign.attempt + 1, "lease_until": now(LEASE)}
    taken = update(Campaign).where(Campaign.id == first.with_for_update(skip_locked=True).scalar_subquery())
    taken = taken.where(Campaign.state == CampaignState.BUILDING, is_free).values(**held).returning(Campaign.id)
    with transaction():
        campaign_id = db.session.scalar(taken.execution_options(synchronize_session=False))
        db.session.expire_all()
    return db.session.get(Campaign, campaign_id) if campaign_id else None


def _build(campaign: Campaign) -> None:
    hash_addresses()
    fields = fields_of(LetterTemplate.read(compose.letter_content(campaign.template_hash or "")))
    campaign_id, attempt = campaign.id, campaign.attempt
    db.session.rollback()
    while not stopping().is_set():
        with transaction():
            mine = db.session.scalar(_mine(campaign_id, attempt))
            if mine is None:
                return  # paused, cancelled, or taken over
            is_last = _write_batch(mine, fields)
        ring(deliver.ACTOR)
        if is_last:
            return
    with transaction():
        db.session.execute(
            update(Campaign).where(Campaign.id == campaign_id, Campaign.attempt == attempt).values(lease_until=None)
        )


def _mine(campaign_id: int, attempt: int) -> Any:
    mine = (Campaign.id == campaign_id, Campaign.attempt == attempt, Campaign.state == CampaignState.BUILDING)
    query = select(Campaign).where(*mine).with_for_update(of=Campaign)
    return query.execution_options(populate_existing=True)


def _write_batch(campaign: Campaign, fields: set[str]) -> bool:
    """One batch. Returns whether it was the last."""
    plan_for_once()
    until = build_sql.last_of_batch(campaign)
    if until is None:
        campaign.at_id = campaign.last_id
        campaign.state, campaign.owner, campaign.lease_until = CampaignState.SENDING, None, None
        return True
    written = build_sql.write_messages(campaign, until, fields)
    campaign.total += written.messages
    campaign.asked_about_opens += written.opens
    campaign.asked_about_clicks += written.clicks
    campaign.at_id, campaign.lease_until = until, now(LEASE)
    return False


def fields_of(letter: LetterTemplate) -> set[str]:
    """The fields that a letter's slots are filled with."""
    return {slot.name for slot in letter.slots() if not slot.name.startswith("@")}
