"""`signup campaign`: write a letter, try it, send it to the confirmed people of a list, and see what became of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from signup.addresses.address import parse
from signup.audience.segment import find_segment
from signup.bounces.returned_mail import reasons_of
from signup.campaigns import build, figures, lifecycle, preflight, recipients
from signup.campaigns.campaign import LAYOUTS, Campaign, find_campaign
from signup.campaigns.send_test import send_test
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import find_list
from signup.engagement.campaign_report import report
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.i18n import DEFAULT, speaking
from signup.ground.plain_text import invisible, name_of
from signup.mailer import deliver

MAX_BODY = 500_000


@click.group("campaign")
def campaign_group() -> None:
    """Letters to the confirmed people of a list."""


@campaign_group.command("new")
@click.option("--list", "list_name", required=True, help="The list that it goes to.")
@click.option("--segment", default="", help="Only those who are in this segment.")
@click.option("--name", required=True, help="What you call it.")
@click.option("--subject", required=True, help="May hold fields, as the letter.")
@click.option("--preheader", default="", help="Shown after the subject in the inbox.")
@click.option("--hypothesis", default="", help="What you expect, and what would show it.")
@click.option("--per-hour", type=click.IntRange(1), help="Mails an hour at most.")
@click.option("--layout", type=click.Choice(LAYOUTS), default=LAYOUTS[0], show_default=True)
@click.option("--unlisted", is_flag=True, help="Leave it out of the list's public archive.")
@click.option("--body", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@in_app
def campaign_new(list_name: str, segment: str, path: Path, *, as_json: bool, **words: Any) -> None:
    """A draft from a Markdown file."""
    if path.stat().st_size > MAX_BODY:
        raise click.ClickException(f"{path}: larger than {MAX_BODY // 1000} KB")
    try:
        body = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: not UTF-8") from None
    made = Campaign(list_id=find_list(list_name).id, body=body, **words)
    made.segment_id = find_segment(segment).id if segment else None
    _refuse_unkept(made)
    with transaction():
        db.session.add(made)
    show([{"campaign": made.id, "name": made.name, "state": made.state}], as_json=as_json)


@campaign_group.command("list")
@as_json
@in_app
def campaign_list(*, as_json: bool) -> None:
    """All campaigns, the newest first."""
    found = db.session.scalars(db.select(Campaign).order_by(Campaign.id.desc()))
    rows = [
        {"campaign": one.id, "name": one.name, "list": one.list.slug, "state": one.state, "recipients": one.total}
        for one in found
    ]
    show(rows, as_json=as_json)


@campaign_group.command("test")
@click.argument("name")
@click.option("--to", "address", required=True, help="Where the test goes.")
@in_app
def campaign_test(name: str, address: str) -> None:
    """Send it to one address, as it is now, with the fallbacks."""
    to = parse(address).mailed
    with transaction():
        send_test(find_campaign(name), to)
    ring(deliver.ACTOR)
    click.echo("The test is in the outbox.")


@campaign_group.command("check")
@click.argument("name")
@as_json
@in_app
def campaign_check(name: str, *, as_json: bool) -> None:
    """What stands against sending it. Exit code 1 when something blocks it."""
    with speaking(DEFAULT):
        found = preflight.problems(find_campaign(name))
    show([{"problem": one.code, "level": one.level, "what to do": one.text} for one in found], as_json=as_json)
    if any(one.level == preflight.Level.BLOCKS for one in found):
        raise SystemExit(1)


@campaign_group.command("dry-run")
@click.argument("name")
@as_json
@in_app
def campaign_dry_run(name: str, *, as_json: bool) -> None:
    """Who would get it and who would not, and why: everybody on the list."""
    campaign = find_campaign(name)
    found = recipients.verdicts(campaign)
    gets, left_out = found.pop(recipients.GETS_IT, 0), found
    if as_json:
        some = [str(contact.uid) for contact in recipients.some(campaign)]
        click.echo(json.dumps({"would_get": gets, "would_not": left_out, "contacts": some}))
    else:
        others = [{"who": why, "people": n} for why, n in left_out.items()]
        show([{"who": "would get it", "people": gets}, *others], as_json=False)


@campaign_group.command("send")
@click.argument("name")
@click.option("--at", "at", default="", help="When, in UTC: 2026-12-24T08:00. Default: now.")
@in_app
def campaign_send(name: str, at: str) -> None:
    """Let it go, now or later, unless something blocks it."""
    campaign = find_campaign(name)
    with speaking(DEFAULT):
        found = preflight.blocks(campaign)
    if found:
        raise click.ClickException("\n".join(["it cannot go yet:", *(f"- {one.text}" for one in found)]))
    with transaction():
        is_done = lifecycle.schedule(campaign.id, _time(at))
    _tell(campaign.id, is_done, "it has gone, or goes already")
    ring(build.ACTOR)


@campaign_group.command("pause")
@click.argument("name")
@in_app
def campaign_pause(name: str) -> None:
    """Hand over no more of it; what the mail server has got has gone."""
    campaign = find_campaign(name)
    with transaction():
        is_done = lifecycle.pause(campaign.id)
    _tell(campaign.id, is_done, "it does not run")


@campaign_group.command("resume")
@click.argument("name")
@in_app
def campaign_resume(name: str) -> None:
    """Go on with it."""
    campaign = find_campaign(name)
    with transaction():
        is_done = lifecycle.resume(campaign.id)
    _tell(campaign.id, is_done, "it is not paused")
    ring(build.ACTOR)


@campaign_group.command("cancel")
@click.argument("name")
@in_app
def campaign_cancel(name: str) -> None:
    """End it for good; what the mail server has got has gone."""
    campaign = find_campaign(name)
    with transaction():
        is_done = lifecycle.cancel(campaign.id)
    _tell(campaign.id, is_done, "it has not begun, or has ended")


@campaign_group.command("settle")
@click.argument("name")
@click.option("--as", "how", required=True, type=click.Choice(list(figures.SETTLED)), help="sent, again or drop.")
@in_app
def campaign_settle(name: str, how: str) -> None:
    """Say what became of its unclear mails: a sender died while it handed them over."""
    with transaction():
        n = figures.settle_unclear(find_campaign(name), how)
    click.echo(f"{n} settled")


@campaign_group.command("report")
@click.argument("name")
@as_json
@in_app
def campaign_report(name: str, *, as_json: bool) -> None:
    """What became of its mails, and what people did with them."""
    campaign = find_campaign(name)
    about = {"campaign": campaign.name, "state": campaign.state, "recipients": campaign.total}
    about |= {"paused_because": campaign.paused_because, "bounced": reasons_of(campaign.id)}
    found = about | report(campaign).as_dict()
    if as_json:
        click.echo(json.dumps(found))
    else:
        plain = {what: figure for what, figure in found.items() if not isinstance(figure, dict | list)}
        show([{"what": what.replace("_", " "), "figure": figure} for what, figure in plain.items()], as_json=False)


def _refuse_unkept(made: Campaign) -> None:
    """Refuse words that the database cannot keep, or that nobody could find the campaign by."""
    if not made.name.strip():
        raise click.ClickException("--name is empty")
    if bad := invisible(made.body, lines=True):
        raise click.ClickException(f"--body has an invisible character ({name_of(bad)})")
    for name, most in (("name", 120), ("subject", 200), ("preheader", 200), ("hypothesis", 500)):
        if len(getattr(made, name)) > most:
            raise click.ClickException(f"--{name} is longer than {most} characters")


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"{text!r} is no time such as 2026-12-24T08:00") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _tell(campaign_id: int, is_done: bool, otherwise: str) -> None:  # private
    campaign = db.session.get(Campaign, campaign_id, populate_existing=True)
    if not is_done or campaign is None:
        raise click.ClickException(f"not done: {otherwise}")
    click.echo(f"{campaign.name}: {campaign.state}")
