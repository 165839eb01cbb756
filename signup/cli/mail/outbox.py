"""`signup outbox`: mails that wait, went out or failed."""

import click
from sqlalchemy import select

from signup.addresses.address import mask
from signup.cli.command import as_json, in_app, show
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.mailer import deliver, failed_mail
from signup.mailer.message import Message, MessageState


@click.group("outbox")
def outbox_group() -> None:
    """Emails that are waiting, were sent or failed."""


@outbox_group.command("list")
@click.option("--state", type=click.Choice([state.value for state in MessageState]), help="Only this state.")
@click.option("--limit", default=50, show_default=True)
@as_json
@in_app
def outbox_list(state: str | None, limit: int, *, as_json: bool) -> None:
    """The latest emails; addresses are masked."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "state": one.state,
            "to": mask(one.recipient),
            "attempt": one.attempt,
            "not_before": one.not_before.isoformat(timespec="seconds"),
            "reply": one.reply or "",
        }
        for one in db.session.scalars(query.where(Message.state == state) if state else query)
    ]
    show(rows, as_json=as_json)


@outbox_group.command("retry")
@click.argument("message_id", type=int, required=False)
@click.option("--all-failed", is_flag=True, help="All failed emails.")
@click.option(
    "--reason", type=click.Choice([one.value for one in failed_mail.Reason]), help="Emails that failed for this reason."
)
@in_app
def outbox_retry(message_id: int | None, reason: str | None, *, all_failed: bool) -> None:
    """Send a failed or unclear email again."""
    if (message_id is None) != (all_failed or reason is not None):
        raise click.UsageError("name one email, or use --all-failed or --reason")
    with transaction():
        again = (
            failed_mail.retry_all(failed_mail.Reason(reason) if reason else None)
            if message_id is None
            else failed_mail.retry(message_id)
        )
    if not again:
        raise click.ClickException(
            "nothing to send again: it is not failed or unclear, its contents were deleted, or its link has expired"
        )
    ring(deliver.ACTOR)
    click.echo(f"{again} will be sent again")
