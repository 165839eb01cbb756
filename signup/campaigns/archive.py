"""The letters of a list that everybody may read: where they are, and which of them are listed.

A letter that went out has a page for whoever knows its address, which its mails tell. Only a list that publishes its
archive lists its letters, and of those the ones that are not left out.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import lazyload

from signup.campaigns.campaign import Campaign, CampaignState
from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import Snapshot
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.urls import public_url

LISTED = (CampaignState.SENDING, CampaignState.SENT)
A_PAGE = 30
SEARCHED = 10
"""Of a list's newest forms, how many are looked at for one to sign up by."""


def letter_address(campaign: Campaign) -> str:
    """Where a letter is read in a browser, once it goes."""
    return public_url("forms.archived_letter", slug=campaign.list.slug, uid=campaign.uid)


def archive_address(of: MailingList) -> str:
    """Where a list's letters are listed, if they are."""
    return public_url("forms.archive", slug=of.slug)


def feed_address(of: MailingList) -> str:
    """The same for programs."""
    return public_url("forms.archive_feed", slug=of.slug)


def is_listed(campaign: Campaign) -> bool:
    """Whether its list's archive shows it."""
    return campaign.list.archive_is_public and not campaign.unlisted and campaign.state in LISTED


def find_public_list(slug: str) -> MailingList | None:
    """The list with this short name, when everybody may see its archive."""
    return db.session.scalar(select(MailingList).where(MailingList.slug == slug, MailingList.archive_is_public))


def find_campaign(uid: UUID) -> Campaign | None:
    """The campaign with this public id."""
    return db.session.scalar(select(Campaign).where(Campaign.uid == uid).options(lazyload(Campaign.segment)))


def is_out(campaign: Campaign) -> bool:
    """Whether its letter can have reached anybody, whatever became of the rest."""
    return campaign.template_hash is not None and campaign.started_at is not None


def listed(of: MailingList, limit: int, before: UUID | None = None) -> Sequence[Campaign]:
    """The letters of a list's archive, the newest first; those from before another one to go on."""
    query = _listed(select(Campaign), of).options(lazyload(Campaign.segment))
    if before is not None:
        mark = select(Campaign.started_at, Campaign.id).where(Campaign.uid == before).subquery()
        earlier = (Campaign.started_at < mark.c.started_at) | (
            (Campaign.started_at == mark.c.started_at) & (Campaign.id < mark.c.id)
        )
        query = query.join(mark, earlier)
    return db.session.scalars(query.limit(limit)).all()


def listed_with_content(of: MailingList, limit: int) -> list[tuple[Campaign, str]]:
    """The newest letters of a list's archive with what their snapshots hold."""
    query = _listed(select(Campaign, Snapshot.content), of).join(Snapshot, Snapshot.hash == Campaign.template_hash)
    rows = db.session.execute(query.options(lazyload(Campaign.segment)).limit(limit))
    return [(row[0], row[1]) for row in rows]


def leave_out(campaign_id: int) -> bool:
    """Leave a letter out of its list's archive. Needs an open transaction; returns whether it was in."""
    return _set_unlisted(campaign_id, is_unlisted=True)


def take_in(campaign_id: int) -> bool:
    """Let a letter be in its list's archive. Needs an open transaction; returns whether it was left out."""
    return _set_unlisted(campaign_id, is_unlisted=False)


def _set_unlisted(campaign_id: int, *, is_unlisted: bool) -> bool:
    changed = update(Campaign).where(Campaign.id == campaign_id, Campaign.unlisted != is_unlisted)
    return db.session.scalar(changed.values(unlisted=is_unlisted).returning(Campaign.id)) is not None


def _listed(query: Select, of: MailingList) -> Select:  # type: ignore[type-arg]
    mine = (Campaign.list_id == of.id, Campaign.state.in_(LISTED), ~Campaign.unlisted)
    begun = (Campaign.template_hash.is_not(None), Campaign.started_at.is_not(None))
    return query.where(*mine, *begun).order_by(Campaign.started_at.desc(), Campaign.id.desc())


def newest_form(of: MailingList) -> Form | None:
    """The form by which a visitor signs up to a list: its newest open one."""
    open_ = (Form.list_id == of.id, Form.archived_at.is_(None), Form.version_id.is_not(None))
    newest = select(Form).where(*open_).order_by(Form.id.desc()).limit(SEARCHED)
    return next((one for one in db.session.scalars(newest) if not one.version.definition.takes_messages), None)
