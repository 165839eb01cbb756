"""Reads from the forms the default country, and which answers are worth having."""

from typing import Any

from sqlalchemy import Select, select

from signup.consent.mailing_list import MailingList
from signup.forms.form import Form, FormVersion
from signup.ground.db import db


def default_country(list_id: int | None = None) -> str:
    """The country of the list, else the one that its forms, or all, name for what has none; empty unless they agree."""
    if list_id is not None and (
        of_list := db.session.scalar(select(MailingList.country).where(MailingList.id == list_id))
    ):
        return of_list
    query = _contents() if list_id is None else _contents().where(Form.list_id == list_id)
    named = {content.get("country", "") for content in db.session.scalars(query)}
    if list_id is None:
        named |= set(db.session.scalars(select(MailingList.country).distinct()))
    named -= {""}
    return named.pop() if len(named) == 1 else ""


def kept_keys() -> list[str]:
    """The answers worth having: what an open form asks, by key."""
    contents = db.session.scalars(_contents().where(Form.archived_at.is_(None)))
    return sorted({field["key"] for content in contents for field in content["fields"]})


def _contents() -> Select[tuple[Any]]:
    return select(FormVersion.content).join_from(Form, FormVersion, Form.version_id == FormVersion.id)
