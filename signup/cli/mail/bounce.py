"""`signup bounce`: what a returned mail means, and what follows from it."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from signup.bounces import read_mails
from signup.bounces.bounce_class import BounceClass, Returned
from signup.bounces.classify import classify as classified
from signup.bounces.mail_parts import MAX_READ
from signup.bounces.returned_mail import ReturnedMail
from signup.cli.command import as_json, in_app, show
from signup.ground.db import db

_ORDER = list(BounceClass)


@click.group("bounce")
def bounce_group() -> None:
    """Emails that came back."""


@bounce_group.command("classify")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def classify(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what each returned email in FILES means; nothing is stored. With --json, one object a line."""
    for file in files:
        with file.open("rb") as opened:
            facts = _facts(file, classified(opened.read(MAX_READ)))
        if as_json:
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            who = ", ".join(one["address"] for one in facts["recipients"]) or "–"
            click.echo(f"{file}: {facts['class']} ({facts['reason']}) {facts['status']} {who}")


@bounce_group.command("read")
@click.argument("path", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@in_app
def read(path: Path) -> None:
    """Read returned emails at PATH, and do what follows: a file, a folder, a Maildir, an mbox, or - for a pipe."""
    if str(path) == "-":
        raw = read_mails.read_stream(sys.stdin.buffer)
        seen, news = 1, int(read_mails.read_mail(raw))
    else:
        seen, news = read_mails.read_path(path)
    click.echo(f"{seen} read, {news} new")


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
