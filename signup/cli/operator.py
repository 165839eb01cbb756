"""`signup operator`: who may sign in, with which rights and lists."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup.access import audit, session
from signup.access.hidden_group import ROLES, hidden_from, hide
from signup.access.operator import MAY_HOLD, MIN_PASSWORD, OWN_RIGHTS, Operator, Role, add_operator, find_operator
from signup.access.passkey import forget_passkeys
from signup.access.password_strength import is_guessable
from signup.access.recovery_code import forget_codes
from signup.access.rights import Rights, change_rights, rights_of
from signup.access.ticket import TicketUse, new_ticket
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import find_list
from signup.fields.field import FieldGroup
from signup.ground.db import db, transaction
from signup.ground.errors import InvalidAddress, NotFound
from signup.ground.urls import settings

lists_option = click.option("--list", "lists", multiple=True, help="A list the operator can access. Repeatable.")


every_list_option = click.option("--every-list", is_flag=True, help="All lists, including future ones.")


@click.group()
def operator() -> None:
    """People who sign in to the admin."""


@operator.command("add")
@click.argument("address")
@click.option("--name", default="", help="Shown in the admin.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ADMINISTRATOR.value,
    show_default=True,
)
@lists_option
@every_list_option
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@in_app
def operator_add(  # noqa: PLR0913, PLR0917  # an option each
    address: str, name: str, role: str, lists: tuple[str, ...], every_list: bool, password_stdin: bool
) -> None:
    """Create an account with a password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if is_guessable(password, (address, name)):
        raise click.ClickException("this password is too easy to guess")
    with _one_account(), transaction():
        change_rights(add_operator(address, name, Role(role), password), _rights(role, lists, every_list))
    click.echo(f"{address} can sign in at {settings().public_url}/admin/")


@operator.command("invite")
@click.argument("address")
@click.option("--name", default="", help="Shown in the admin.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.EDITOR.value, show_default=True)
@lists_option
@every_list_option
@in_app
def operator_invite(address: str, name: str, role: str, lists: tuple[str, ...], every_list: bool) -> None:
    """Create an account and print its invitation link, valid once, for 72 hours."""
    with _one_account(), transaction():
        invited = add_operator(address, name, Role(role), None)
        change_rights(invited, _rights(role, lists, every_list))
        link = new_ticket(invited, TicketUse.INVITE)
    click.echo(link)


def _rights(role: str, lists: tuple[str, ...], every_list: bool) -> Rights:
    if role != Role.ADMINISTRATOR and not (lists or every_list):
        click.echo("has no access to any list yet: use --list NAME or --every-list", err=True)
    return Rights(Role(role), every_list=every_list, lists=list_ids(lists))


def list_ids(names: Iterable[str]) -> frozenset[int]:
    """The ids of these lists. Raises `NotFound`."""
    return frozenset(find_list(name).id for name in names)


@contextlib.contextmanager
def _one_account() -> Iterator[None]:
    try:
        yield
    except InvalidAddress as error:
        raise click.ClickException(f"not an email address: {error}") from None
    except IntegrityError:
        raise click.ClickException("this address already has an account") from None
    except ValueError:
        raise click.ClickException(f"the password needs at least {MIN_PASSWORD} characters") from None


@operator.command("list")
@as_json
@in_app
def operator_list(*, as_json: bool) -> None:
    """All accounts with their role, permissions and lists."""
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


@operator.command("link")
@click.argument("address")
@in_app
def operator_link(address: str) -> None:
    """Print a one-time link to choose a password: valid for one hour, or 72 for an invitation."""
    found = _find(address)
    with transaction():
        use = TicketUse.RESET if found.password_hash else TicketUse.INVITE
        click.echo(new_ticket(found, use))
        audit.note(None, "ticket-made", str(found.uid), purpose=use)


@operator.command("rights")
@click.argument("address")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Leave it out to keep the role.")
@click.option(
    "--list", "lists", multiple=True, help="A list the operator can access; replaces previous ones. Repeatable."
)
@click.option("--every-list/--granted-lists", default=None, help="All lists, or only those named.")
@click.option("--export/--no-export", "may_export", default=None, help="Can export; viewers get masked files.")
@click.option("--import/--no-import", "may_import", default=None, help="Can import (editors).")
@click.option("--send/--no-send", "may_send", default=None, help="Can send campaigns (editors).")
@click.option("--disable/--enable", "disabled", default=None, help="Disable the account, or enable it again.")
@in_app
def operator_rights(address: str, role: str | None, lists: tuple[str, ...], **given: bool | None) -> None:
    """Change an operator's permissions and lists."""
    found = _find(address)
    before = rights_of([found])[found.id]
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if lists:
        values |= {"lists": list_ids(lists), "every_list": bool(given["every_list"])}
    if role:
        values["role"] = Role(role)
    after = _allowed(replace(before, **values), {name for name, value in given.items() if value})
    with transaction():
        if not change_rights(found, after):
            raise click.ClickException("this is the last administrator who can sign in: appoint another one first")
        if after.disabled:
            session.end(found.id)
        change = audit.change(before.as_dict(), after.as_dict())
        audit.note(None, "operator-changed", str(found.uid), role=after.role, **change)
    click.echo("Changed: " + (", ".join(change["changed"]) or "nothing"))


def _allowed(rights: Rights, asked: set[str]) -> Rights:
    """These rights without those that the role cannot hold; who asks for one of them is told so."""
    may_hold = {OWN_RIGHTS[permission] for permission in MAY_HOLD[rights.role]}
    cannot = [name for name in OWN_RIGHTS.values() if name not in may_hold]
    if refused := [name.removeprefix("may_") for name in cannot if name in asked]:
        if rights.role == Role.ADMINISTRATOR:
            raise click.ClickException(f"an administrator may {' and '.join(refused)} anyway")
        raise click.ClickException(f"the role {rights.role.value} cannot have this permission: {', '.join(refused)}")
    without: dict[str, Any] = dict.fromkeys(cannot, False)
    return replace(rights, **without)


@operator.command("forget-factors")
@click.argument("address")
@in_app
def operator_forget_factors(address: str) -> None:
    """Reset two-factor authentication for someone who lost everything: app, passkeys, recovery codes."""
    found = _find(address)
    with transaction():
        found.totp_secret = None
        forget_passkeys(found.id)
        forget_codes(found.id)
        session.end(found.id)
        audit.note(None, "second-factor-off", str(found.uid), way="console")
    click.echo(f"{found.address} now signs in with the password alone")


@operator.command("hide")
@click.argument("role", type=click.Choice([role.value for role in ROLES]))
@click.argument("groups", nargs=-1, type=click.Choice([group.value for group in FieldGroup]))
@in_app
def operator_hide(role: str, groups: tuple[str, ...]) -> None:
    """Hide these groups of fields from a role, and show all others: signup operator hide viewer other."""
    with transaction():
        before = sorted(hidden_from(role))
        hide(Role(role), groups)
        audit.note(None, "groups-hidden", role, **audit.change({role: before}, {role: sorted(groups)}))
    click.echo(f"{role}: {', '.join(groups) + ' hidden' if groups else 'sees every group'}")


def _find(address: str) -> Operator:
    found = find_operator(address)
    if found is None:
        raise NotFound(f"operator {address[:60]!r}")
    return found
