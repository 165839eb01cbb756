"""`signup bounce`: what a returned mail means, and what follows from it."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from signup.bounces.bounce_class import BounceClass, Returned
from signup.bounces.classify import classify as classified
from signup.bounces.intake import lmtp_server, read_imap, read_mails
from signup.bounces.intake.hand_on import hand_on
from signup.bounces.intake.imap_folder import ImapAway
from signup.bounces.intake.mail_delivery import deliver
from signup.bounces.returned_mail import ReturnedMail
from signup.cli.command import BUILDER, application, as_json, in_app, show
from signup.ground.db import db

_ORDER = list(BounceClass)


@click.group("bounce")
def bounce_group() -> None:
    """Emails that came back."""


@bounce_group.command("classify")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def classify(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what each returned email in FILES means; nothing is stored. With --json, one object a line for each email, of
    an mbox too.
    """
    for file, raw in ((path, mail) for path in files for mail in read_mails.mails_at(path)):
        facts = _facts(file, classified(raw))
        if as_json:
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            who = ", ".join(one["address"] for one in facts["recipients"]) or "–"
            click.echo(f"{file}: {facts['class']} ({facts['reason']}) {facts['status']} {who}")


@bounce_group.command("read")
@click.argument("path", required=False, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@in_app
def read(path: Path | None) -> None:
    """Read returned emails at PATH, and do what follows: a file, a folder, a Maildir, an mbox, or - for a pipe.
    Without PATH, read the folder of BOUNCE_IMAP_URL.
    """
    if path is None:
        seen, news = _read_imap()
    elif str(path) == "-":
        raw = read_mails.read_stream(sys.stdin.buffer)
        seen, news = 1, int(hand_on(raw))
    else:
        seen, news = read_mails.read_path(path)
    click.echo(f"{seen} read, {news} new")


@bounce_group.command("pipe")
@click.argument("recipient", default="")
@click.pass_context
def pipe(context: click.Context, recipient: str) -> None:
    """Read one email from a mail server’s pipe, delivered to RECIPIENT. Exits with 75 (try again) whenever it could not
    be handled, so that the mail server keeps it.
    """
    context.meta[BUILDER] = "signup.app:create_app"
    raw = read_mails.read_stream(sys.stdin.buffer)
    try:
        is_done = deliver(application(), raw, recipient)
    except Exception as error:  # noqa: BLE001  # a wrong setting must not have the mail server refuse the mail
        click.echo(f"not handled: {type(error).__name__}", err=True)
        is_done = False
    if not is_done:
        sys.exit(os.EX_TEMPFAIL)


@bounce_group.command("lmtp")
@click.option("--listen", required=True, metavar="HOST:PORT|unix:PATH", help="Where the mail server delivers to.")
@in_app
def lmtp(listen: str) -> None:
    """Receive emails from a mail server by LMTP, until stopped."""
    try:
        place = lmtp_server.read_place(listen)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--listen") from error
    click.echo(f"listening on {listen}")
    asyncio.run(lmtp_server.serve(application(), place))


def _read_imap() -> tuple[int, int]:
    url = read_imap.folder_url()
    if url is None:
        raise click.UsageError("Name a PATH, or set BOUNCE_IMAP_URL.")
    try:
        return read_imap.read_folder(url)
    except ImapAway as error:
        raise click.ClickException(str(error)) from error


@bounce_group.command("list")
@click.option("--limit", default=50, show_default=True)
@as_json
@in_app
def bounce_list(limit: int, *, as_json: bool) -> None:
    """What came back lately; without addresses."""
    query = select(ReturnedMail).order_by(ReturnedMail.id.desc()).limit(limit)
    rows = [
        {
            "at": one.received_at.isoformat(timespec="seconds"),
            "class": one.bounce_class,
            "reason": one.reason,
            "status": one.status,
            "source": one.source,
            "message": one.message_id,
            "ended": one.has_ended,
        }
        for one in db.session.scalars(query)
    ]
    show(rows, as_json=as_json)


def _facts(file: Path, returned: list[Returned]) -> dict[str, Any]:
    first = min(returned, key=lambda one: _ORDER.index(one.bounce_class))
    recipients = [
        {
            "address": one.recipient,
            "class": one.bounce_class.value,
            "reason": one.reason.value,
            "status": one.status,
        }
        for one in returned
        if one.recipient
    ]
    return {
        "file": str(file),
        "recipients": recipients,
        "class": first.bounce_class.value,
        "reason": first.reason.value,
        "status": first.status,
    }
