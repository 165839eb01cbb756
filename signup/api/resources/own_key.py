"""Whether a key works, and what it may."""

from typing import Literal

from pydantic import Field
from sqlalchemy import select

from signup.access.api_key import ApiKey
from signup.api.endpoint import endpoint
from signup.api.shapes import Instant, Told
from signup.consent.mailing_list import MailingList
from signup.ground.db import db


class KeyTold(Told):
    """The key of this request."""

    name: str
    kind: Literal["live", "test"]
    scopes: list[str]
    lists: list[str] | None = Field(description="Slugs; null: every list.")
    is_masked: bool
    expires_at: Instant | None


@endpoint("GET", "/key", None, "What this key may")
def key_one(key: ApiKey) -> KeyTold:
    """Any valid key may ask: a program tells its operator what is missing."""
    slugs = db.session.scalars(
        select(MailingList.slug).where(MailingList.id.in_(key.list_ids)).order_by(MailingList.id)
    )
    return KeyTold(
        name=key.name,
        kind="test" if key.is_test else "live",
        scopes=sorted(key.scopes),
        lists=list(slugs) if key.list_ids else None,
        is_masked=key.is_masked,
        expires_at=key.expires_at,
    )
