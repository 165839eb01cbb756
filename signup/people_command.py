"""More verbs of `signup operator`, and `signup audit`: who may sign in and with which lists, and what was done."""

import csv
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import select

from signup.admin import audit, session
from signup.admin.audit import Wanted
from signup.admin.operator import Operator, Role, find_operator
from signup.admin.passkey import forget_passkeys
from signup.admin.recovery_code import forget_codes
from signup.admin.rights import change_rights, rights_of
from signup.admin.ticket import Use, new_ticket
from signup.cli import as_json, in_app, list_ids, show
from signup.cli import operator as operator_group
from signup.db import db, transaction
from signup.errors import NotFound
from signup.exchange.columns import for_people

day = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@operator_group.command("list")
@as_json
@in_app
def operator_list(*, as_json: bool) -> None:
    """All accounts with their role, rights and lists."""
    rows = list(db.session.scalars(select(Operator).order_by(Operator.address_key)))
    rights, lists = rights_of(rows), audit.list_names()
    found = []
    for one in rows:
        held = rights[one.id]
        is_all = held.every_list or held.role == Role.ADMINISTRATOR
        own = [name for name in ("may_export", "may_import", "may_send") if getattr(held, name)]
        found.append(
            {
                "address": one.address,
                "role": held.role.value,
                "state": "disabled" if held.disabled else "active" if one.password_hash else "invited",
                "second factor": bool(one.totp_secret),
                "rights": " ".join(own),
                "lists": "every" if is_all else " ".join(lists[id_] for id_ in sorted(held.lists)) or "none",
            }
        )
    show(found, as_json=as_json)


@operator_group.command("link")
@click.argument("address")
@in_app
def operator_link(address: str) -> None:
    """Print a one-time link to choose a password: good for an hour, an invitation's for 72."""
    found = _find(address)
    with transaction():
        use = Use.RESET if found.password_hash else Use.INVITE
        click.echo(new_ticket(found, use))
        audit.note(None, "ticket-made", str(found.uid), purpose=use)


@operator_group.command("rights")
@click.argument("address")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Leave it out to keep the role.")
@click.option("--list", "lists", multiple=True, help="A list to work with; in place of those before. Repeatable.")
@click.option("--every-list/--granted-lists", default=None, help="Every list, or only those named.")
@click.option("--export/--no-export", "may_export", default=None, help="An editor may export.")
@click.option("--import/--no-import", "may_import", default=None, help="An editor may import.")
@click.option("--send/--no-send", "may_send", default=None, help="An editor may send campaigns.")
@click.option("--disable/--enable", "disabled", default=None, help="Shut the account, or open it again.")
@in_app
def operator_rights(address: str, role: str | None, lists: tuple[str, ...], **given: bool | None) -> None:
    """Change what an operator may do, and with which lists."""
    found = _find(address)
    before = rights_of([found])[found.id]
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if lists:
        values |= {"lists": list_ids(lists), "every_list": bool(given["every_list"])}
    if role:
        values["role"] = Role(role)
    after = replace(before, **values)
    if after.role != Role.EDITOR:
        after = replace(after, may_export=False, may_import=False, may_send=False)
    with transaction():
        if not change_rights(found, after):
            raise click.ClickException("this is the last administrator who can sign in: name another one first")
        if after.disabled:
            session.end(found.id)
        change = audit.change(before.as_dict(), after.as_dict())
        audit.note(None, "operator-changed", str(found.uid), role=after.role, **change)
    click.echo("Changed: " + (", ".join(change["changed"]) or "nothing"))


@operator_group.command("forget-factors")
@click.argument("address")
@in_app
def operator_forget_factors(address: str) -> None:
    """Take the second factors off somebody who lost all of them: app, passkeys, recovery codes."""
    found = _find(address)
    with transaction():
        found.totp_secret = None
        forget_passkeys(found.id)
        forget_codes(found.id)
        session.end(found.id)
        audit.note(None, "second-factor-off", str(found.uid), way="console")
    click.echo(f"{found.address} signs in by the password alone")


def _find(address: str) -> Operator:
    found = find_operator(address)
    if found is None:
        raise NotFound(f"operator {address[:60]!r}")
    return found


@click.group("audit")
def command() -> None:
    """What operators did, to what, from where."""


@command.command("export")
@click.option("--actor", default="", help="Only what this address did; console for this one.")
@click.option("--action", default="", help="Only this action, such as export-started.")
@click.option("--object", "what", default="", help="Only what its id or short name begins with.")
@click.option("--list", "list_name", default="", help="Only what was about this list.")
@click.option("--since", type=day, help="From this day or time on, UTC.")
@click.option("--until", type=day, help="Before this day or time, UTC.")
@click.option("--format", "format_", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@in_app
def audit_export(  # noqa: PLR0913, PLR0917  # an option each
    actor: str, action: str, what: str, list_name: str, since: datetime | None, until: datetime | None, format_: str
) -> None:
    """Write the trail to standard output, the newest first. That is in the trail as well."""
    lists = audit.list_names()
    wanted = Wanted(
        actor=actor,
        action=action,
        object=what,
        list_id=next(iter(list_ids([list_name]))) if list_name else None,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
    )
    writer = csv.writer(sys.stdout)
    rows = 0
    if format_ == "csv":
        writer.writerow(audit.COLUMNS)
    for entry in db.session.scalars(wanted.query().execution_options(yield_per=1_000)):
        cells = audit.cells(entry, lists)
        if format_ == "csv":
            writer.writerow(map(for_people, cells))
        else:
            facts = dict(zip(audit.COLUMNS, cells, strict=True)) | {"detail": entry.detail}
            click.echo(json.dumps(facts, ensure_ascii=False))
        rows += 1
    with transaction():
        audit.note(None, "audit-exported", rows=rows, filter=wanted.told())
