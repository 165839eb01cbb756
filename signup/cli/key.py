"""`signup key`: keys for programs, made, listed and revoked on the console."""

from datetime import timedelta
from uuid import UUID

import click
from sqlalchemy import select

from signup.access import api_key
from signup.access.api_key import KeyScope
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import MailingList, find_list
from signup.ground.db import db, transaction


@click.group("key")
def command() -> None:
    """Keys for programs that use the HTTP API."""


@command.command("add")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice([one.value for one in KeyScope]), multiple=True, required=True)
@click.option("--list", "lists", metavar="LIST", multiple=True, help="A list it can use. Default: all lists.")
@click.option("--days", type=click.IntRange(0, 3650), default=365, show_default=True, help="0: no end.")
@as_json
@in_app
def key_add(name: str, scopes: tuple[str, ...], lists: tuple[str, ...], days: int, *, as_json: bool) -> None:
    """Create a key. Its secret is shown only once."""
    list_ids = [find_list(slug).id for slug in lists]
    with transaction():
        made = api_key.make(name, [KeyScope(one) for one in scopes], list_ids, timedelta(days=days) if days else None)
    show([{"uid": str(made.key.uid), "name": made.key.name, "secret": made.secret}], as_json=as_json)


@command.command("list")
@as_json
@in_app
def key_list(*, as_json: bool) -> None:
    """What each key can do, when it expires, and when it was last used."""
    slugs = {row.id: row.slug for row in db.session.execute(select(MailingList.id, MailingList.slug))}
    rows = [
        {
            "uid": str(one.uid),
            "name": one.name,
            "ends with": one.hint,
            "scopes": " ".join(one.scopes),
            "lists": " ".join(slugs.get(id_, "?") for id_ in one.list_ids) or "all",
            "until": one.expires_at.isoformat(timespec="minutes") if one.expires_at else "",
            "last used": one.used_at.isoformat(timespec="minutes") if one.used_at else "",
            "revoked": one.revoked_at.isoformat(timespec="minutes") if one.revoked_at else "",
        }
        for one in api_key.api_keys()
    ]
    show(rows, as_json=as_json)


@command.command("revoke")
@click.argument("uid", type=click.UUID)
@as_json
@in_app
def key_revoke(uid: UUID, *, as_json: bool) -> None:
    """Revoke a key, effective at once."""
    with transaction():
        ended = api_key.revoke(uid)
    show([{"uid": str(uid), "revoked": ended}], as_json=as_json)
