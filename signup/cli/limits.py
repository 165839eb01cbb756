"""`signup limits`: shows the attack level, what was held back and the allow list; forgets what was counted."""

from datetime import timedelta

import click
from sqlalchemy import func, select

from signup.addresses import address as addresses
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import InvalidAddress
from signup.limits import allow_list
from signup.limits.allow_list_entry import Allowance, active
from signup.limits.governor import governor
from signup.limits.limit_rule import Rule, address_rules, network_rules, read_ip
from signup.signups import admission, attack_level
from signup.signups.held_back import Held


@click.group("limits")
def command() -> None:
    """What holds sign-ups back: the attack level, the limits, the allow list."""


@command.command("show")
@click.option("--hours", default=24, show_default=True, help="How far back to count.")
@as_json
@in_app
def limits_show(hours: int, *, as_json: bool) -> None:
    """The attack level, what each limit held back, and the allow list."""
    found, sample = attack_level.read_level()
    rows = [
        {"what": "proof of work", "name": found.reason, "value": "asked for" if found.is_up else "not required"},
        {"what": "unconfirmed", "name": f"of the last {sample.n}", "value": f"{sample.share} %"},
    ]
    since = select(Held.rule, func.sum(Held.n).label("n")).where(Held.at > now(-timedelta(hours=hours)))
    counts = db.session.execute(since.group_by(Held.rule).order_by(Held.rule))
    rows += [{"what": "held back", "name": row.rule, "value": str(row.n)} for row in counts]
    for entry in active():
        until = entry.ends_at.isoformat(timespec="minutes") if entry.ends_at else "taken off"
        rows.append({"what": f"allowed {entry.kind}", "name": entry.label, "value": f"until {until}: {entry.reason}"})
    show(rows, as_json=as_json)


@command.command("allow")
@click.argument("subject", metavar="NETWORK|DOMAIN|ADDRESS")
@click.option("--reason", required=True, help="For whoever reads this in a year's time.")
@click.option("--days", type=click.IntRange(0, 3650), default=90, show_default=True, help="0: until removed.")
@click.option("--end", is_flag=True, help="Remove it from the allow list instead.")
@as_json
@in_app
def limits_allow(subject: str, reason: str, days: int, *, end: bool, as_json: bool) -> None:
    """Add a network, an email domain or an address to the allow list."""
    try:
        kind, value, label = allow_list.read_subject(subject)
    except InvalidAddress as error:
        raise click.ClickException(f"not a network, domain or address: {error}") from None
    with transaction():
        if end:
            entry = select(Allowance.id).where(Allowance.kind == kind, Allowance.value == value)
            allow_list.end_entry(db.session.scalar(entry) or 0)
        else:
            allow_list.add_entry(subject, reason, timedelta(days=days) if days else None, "console")
    show([{"allowed": not end, "kind": kind.value, "subject": label, "reason": reason}], as_json=as_json)


@command.command("forget")
@click.argument("subject", metavar="ADDRESS|IP")
@as_json
@in_app
def limits_forget(subject: str, *, as_json: bool) -> None:
    """Reset the counts for an address, on every list, or for a visitor's IP."""
    rules = _rules_of(subject)
    governor().take_back([], forget=rules)
    show([{"forgotten": rule.name} for rule in rules], as_json=as_json)


def _rules_of(subject: str) -> list[Rule]:
    if read_ip(subject):
        return network_rules(subject, 1, 1, 1)
    try:
        address = addresses.parse(subject)
    except InvalidAddress as error:
        raise click.ClickException(f"not an email address or IP address: {error}") from None
    rules: dict[str, Rule] = {}
    for list_id in db.session.scalars(select(MailingList.id)):
        attempt = admission.attempt(list_id, address, None)
        rules |= {rule.key: rule for rule in address_rules(attempt.address, list_id)}
    return list(rules.values())
