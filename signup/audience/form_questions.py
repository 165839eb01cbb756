"""What the forms ask, for floors below them: their tables are named here, their classes stay in `signup.forms`."""

from typing import Any

from sqlalchemy import BigInteger, Select, String, column, select, table
from sqlalchemy.sql import TableClause

from signup.consent.mailing_list import MailingList
from signup.ground.db import db
from signup.ground.dialect import Instant, Json

form: TableClause = table(
    "form",
    column("id", BigInteger()),
    column("list_id", BigInteger()),
    column("name", String()),
    column("public_id", String()),
    column("version_id", BigInteger()),
    column("archived_at", Instant()),
)
form_version: TableClause = table(
    "form_version",
    column("id", BigInteger()),
    column("form_id", BigInteger()),
    column("number", BigInteger()),
    column("content", Json()),
    column("wording_hash", String()),
)


def default_country(list_id: int | None = None) -> str:
    """The country of the list, else the one that its forms, or all, name for what has none; empty unless they agree."""
    if list_id is not None and (
        of_list := db.session.scalar(select(MailingList.country).where(MailingList.id == list_id))
    ):
        return of_list
    query = _contents() if list_id is None else _contents().where(form.c.list_id == list_id)
    named = {content.get("country", "") for content in db.session.scalars(query)}
    if list_id is None:
        named |= set(db.session.scalars(select(MailingList.country).distinct()))
    named -= {""}
    return named.pop() if len(named) == 1 else ""


def kept_keys() -> list[str]:
    """The answers worth having: what an open form asks, by key."""
    contents = db.session.scalars(_contents().where(form.c.archived_at.is_(None)))
    return sorted({field["key"] for content in contents for field in content["fields"]})


def _contents() -> Select[tuple[Any]]:
    return select(form_version.c.content).join_from(form, form_version, form.c.version_id == form_version.c.id)
