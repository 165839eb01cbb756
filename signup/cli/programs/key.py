"""`signup key`: keys for programs, made, listed and revoked on the console."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click
from sqlalchemy import select

from signup.access import api_key, audit
from signup.access.api_key import KeyRange, KeyScope, NewApiKey
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import MailingList, find_list
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.webhooks.webhook import revoke_key


@click.group("key")
def command() -> None:
    """Keys for programs that use the HTTP API."""


@command.command("new")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice([one.value for one in KeyScope]), multiple=True, required=True)
@click.option("--list", "lists", metavar="LIST", multiple=True, help="A list it can use. Default: all lists.")
@click.option("--masked", is_flag=True, help="It reads masked addresses, and no names or answers.")
@click.option("--test", is_flag=True, help="What it signs up are tests, which count nowhere.")
@click.option("--days", type=click.IntRange(0, 3650), default=365, show_default=True, help="0: no end.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day it ends, instead of --days."
)
@as_json
@in_app
def key_new(
    name: str, scopes: tuple[str, ...], lists: tuple[str, ...], days: int, *, expires: datetime | None, **more: bool
) -> None:
    """Create a key. Its secret is shown only once."""
    reach = KeyRange(
        [KeyScope(one) for one in scopes], [find_list(slug).id for slug in lists], more["masked"], more["test"]
    )
    ttl = timedelta(days=days) if days else None
    if expires is not None:
        ttl = expires.replace(tzinfo=UTC) - utcnow()
        if ttl <= timedelta():
            raise click.BadParameter("this day is over", param_hint="--expires")
    with transaction():
        made = api_key.make(name, reach, ttl)
        facts = {"scopes": list(scopes), "lists": reach.list_ids, "masked": reach.is_masked, "test": reach.is_test}
        audit.note(None, "key-made", str(made.key.uid), **facts)
    _show_made(made, as_json=more["as_json"])


command.add_command(key_new, "add")
"""As it was called before."""


@command.command("rotate")
@click.argument("uid", type=click.UUID)
@click.option(
    "--overlap-hours", type=click.IntRange(0, 720), default=24, show_default=True, help="The old key works on."
)
@click.option("--days", type=click.IntRange(0, 3650), default=365, show_default=True, help="0: no end.")
@as_json
@in_app
def key_rotate(uid: UUID, overlap_hours: int, days: int, *, as_json: bool) -> None:
    """Replace a key by a new one that reaches as far; the old one works on for a while."""
    with transaction():
        made = api_key.rotate(uid, timedelta(hours=overlap_hours), timedelta(days=days) if days else None)
        audit.note(None, "key-rotated", str(uid), new=str(made.key.uid))
    _show_made(made, as_json=as_json)


def _show_made(made: NewApiKey, *, as_json: bool) -> None:
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
            "kind": " ".join(["test" if one.is_test else "live", *(["masked"] if one.is_masked else [])]),
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
        ended = revoke_key(uid)
        if ended:
            audit.note(None, "key-revoked", str(uid))
    show([{"uid": str(uid), "revoked": ended}], as_json=as_json)
