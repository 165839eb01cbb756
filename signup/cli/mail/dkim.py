"""`signup dkim`: keys by which a sender's domain signs its mails, and their DNS records."""

import click

from signup.cli.command import as_json, in_ground, show
from signup.consent.mailing_list import find_list
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.mailer.compose import ascii_domain_of
from signup.mailer.dkim_key import DkimAlgorithm, DkimKey, keys_of, make_key


@click.group("dkim")
def dkim_group() -> None:
    """Keys by which a sender's domain signs its mails."""


@dkim_group.command("new")
@click.argument("name")
@click.option("--selector", default="", help="Its name in DNS. Default: the month.")
@click.option("--ed25519", is_flag=True, help="A short key beside the RSA key.")
@in_ground
def dkim_new(name: str, selector: str, *, ed25519: bool) -> None:
    """A new key for a list's sender, or for a domain. Mails are signed with it from now on."""
    domain = _domain(name)
    algorithm = DkimAlgorithm.ED25519 if ed25519 else DkimAlgorithm.RSA
    selector = selector or f"su{utcnow():%Y%m}{'e' if ed25519 else ''}"
    known = keys_of(domain)
    if any(one.selector == selector for one in known):
        raise click.ClickException(f"{domain} has a key {selector!r}: name another with --selector")
    if ed25519 and not any(one.algorithm == DkimAlgorithm.RSA and one.retired_at is None for one in known):
        raise click.ClickException("make an RSA key first: not every receiver knows Ed25519 (RFC 8463)")
    try:
        with transaction():
            made = make_key(domain, selector, algorithm)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(made.zone_line)


@dkim_group.command("show")
@click.argument("name")
@as_json
@in_ground
def dkim_show(name: str, *, as_json: bool) -> None:
    """The DNS records of a domain's keys, to copy."""
    found = keys_of(_domain(name))
    if not found:
        raise click.ClickException(f"{_domain(name)} has no key: signup dkim new {name}")
    if as_json:
        show([_row(one) | {"value": one.record} for one in found], as_json=True)
    else:
        click.echo("\n".join(one.zone_line for one in found if one.retired_at is None))


@dkim_group.command("list")
@as_json
@in_ground
def dkim_list(*, as_json: bool) -> None:
    """All keys."""
    show([_row(one) for one in db.session.scalars(db.select(DkimKey).order_by(DkimKey.id))], as_json=as_json)


@dkim_group.command("retire")
@click.argument("name")
@click.argument("selector")
@in_ground
def dkim_retire(name: str, selector: str) -> None:
    """Sign no more with a key. Leave its record in DNS for a week: mails on their way are still checked."""
    for one in keys_of(_domain(name)):
        if one.selector == selector:
            with transaction():
                one.retired_at = now()
                db.session.add(one)
            click.echo(f"{one.record_name}: retired")
            return
    raise NotFound(f"key {selector!r}")


def _row(one: DkimKey) -> dict[str, object]:
    return {
        "domain": one.domain,
        "name": one.record_name,
        "algorithm": one.algorithm,
        "made": one.created_at.date().isoformat(),
        "signs": one.retired_at is None,
    }


def _domain(name: str) -> str:
    """A list's sender domain, or the domain itself; as it stands in DNS."""
    if "." in name:
        return ascii_domain_of(f"x@{name.lower()}")
    return ascii_domain_of(find_list(name).sender_address)
