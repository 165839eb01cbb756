"""`signup webhook`: endpoints of other programs, what was sent to them, and sending it again."""

from datetime import UTC, datetime
from uuid import UUID

import click
from sqlalchemy import delete, select

from signup.access import audit
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import MailingList, find_list
from signup.ground.db import db, transaction
from signup.ground.errors import NotPossible
from signup.webhooks import dispatch, webhook
from signup.webhooks.allowed_address import BadUrl, read_url
from signup.webhooks.deliver import deliver_now
from signup.webhooks.event_name import EventName
from signup.webhooks.webhook import DeliveryState, PauseReason, Webhook, WebhookDelivery, find_webhook

EVENTS = [one.value for one in EventName if one != EventName.TEST]
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


@click.group("webhook")
def command() -> None:
    """Other programs that are told what happens."""


@command.command("new")
@click.argument("url")
@click.option("--event", "events", type=click.Choice(EVENTS), multiple=True, help="Default: every event.")
@click.option("--list", "lists", metavar="LIST", multiple=True, help="Default: all lists.")
@click.option("--full", is_flag=True, help="With the contact as it is, and not its id alone.")
@as_json
@in_app
def webhook_new(url: str, events: tuple[str, ...], lists: tuple[str, ...], *, full: bool, as_json: bool) -> None:
    """Add an endpoint. Its secret is shown only once."""
    try:
        read_url(url)
    except BadUrl as error:
        raise click.BadParameter(str(error), param_hint="URL") from None
    list_ids = [find_list(name).id for name in lists]
    with transaction():
        made, secret = webhook.add(url, [EventName(one) for one in events], list_ids, is_full=full)
        audit.note(None, "webhook-added", str(made.uid))
    show([{"uid": str(made.uid), "url": url, "secret": secret}], as_json=as_json)


@command.command("list")
@as_json
@in_app
def webhook_list(*, as_json: bool) -> None:
    """All endpoints, and how they do."""
    slugs = {row.id: row.slug for row in db.session.execute(select(MailingList.id, MailingList.slug))}
    rows = [
        {
            "uid": str(one.uid),
            "url": one.url,
            "events": " ".join(one.events) or "all",
            "lists": " ".join(slugs.get(id_, "?") for id_ in one.list_ids) or "all",
            "paused": one.paused or "",
            "failures": one.failures,
        }
        for one in webhook.webhooks()
    ]
    show(rows, as_json=as_json)


@command.command("log")
@click.argument("uid", type=click.UUID, required=False)
@click.option("--state", type=click.Choice([one.value for one in DeliveryState]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@as_json
@in_app
def webhook_log(uid: UUID | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """What was sent, the newest first, and what was answered."""
    query = select(WebhookDelivery, Webhook.url).join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    if uid is not None:
        query = query.where(Webhook.id == find_webhook(uid).id)
    if state:
        query = query.where(WebhookDelivery.state == state)
    rows = [
        {
            "at": one.created_at.isoformat(timespec="seconds"),
            "url": url,
            "event": one.name,
            "id": str(one.event_id),
            "state": one.state,
            "attempts": one.attempt,
            "status": one.status or "",
            "answer": one.answer[:80],
        }
        for one, url in db.session.execute(query.order_by(WebhookDelivery.id.desc()).limit(limit))
    ]
    show(rows, as_json=as_json)


@command.command("test")
@click.argument("uid", type=click.UUID)
@as_json
@in_app
def webhook_test(uid: UUID, *, as_json: bool) -> None:
    """Send a test event now, and show what was answered."""
    with transaction():
        delivery = dispatch.send_test(find_webhook(uid))
    deliver_now()
    db.session.rollback()
    found = db.session.get_one(WebhookDelivery, delivery.id, populate_existing=True)
    show([{"state": found.state, "status": found.status or "", "answer": found.answer}], as_json=as_json)


@command.command("replay")
@click.argument("uid", type=click.UUID, required=False)
@click.option("--from", "since", type=click.DateTime(TIMES), required=True, help="In UTC.")
@click.option("--to", "until", type=click.DateTime(TIMES), help="In UTC.  [default: now]")
@click.option("--event", type=click.UUID, help="This event only.")
@as_json
@in_app
def webhook_replay(
    uid: UUID | None, since: datetime, until: datetime | None, event: UUID | None, *, as_json: bool
) -> None:
    """Send what happened in a span of time once more, to one endpoint or to all."""
    ends = (until or datetime.now(UTC)).replace(tzinfo=UTC)
    rows = []
    for one in [find_webhook(uid)] if uid else webhook.webhooks():
        try:
            with transaction():
                n = dispatch.replay(find_webhook(one.uid, locks=True), since.replace(tzinfo=UTC), ends, event)
                audit.note(None, "webhook-replayed", str(one.uid), events=n)
        except NotPossible as error:
            raise click.ClickException(str(error)) from None
        rows.append({"uid": str(one.uid), "url": one.url, "events": n})
    show(rows, as_json=as_json)


@command.command("pause")
@click.argument("uid", type=click.UUID)
@in_app
def webhook_pause(uid: UUID) -> None:
    """Send an endpoint nothing for now; what happens meanwhile waits."""
    with transaction():
        if webhook.pause(find_webhook(uid).id, PauseReason.OPERATOR):
            audit.note(None, "webhook-changed", str(uid))


@command.command("resume")
@click.argument("uid", type=click.UUID)
@in_app
def webhook_resume(uid: UUID) -> None:
    """Go on, with what happened meanwhile."""
    with transaction():
        if webhook.resume(find_webhook(uid).id):
            audit.note(None, "webhook-changed", str(uid))


@command.command("remove")
@click.argument("uid", type=click.UUID)
@in_app
def webhook_remove(uid: UUID) -> None:
    """Remove an endpoint with its log."""
    with transaction():
        found = find_webhook(uid, locks=True)
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == found.id))
        db.session.execute(delete(Webhook).where(Webhook.id == found.id))
        audit.note(None, "webhook-removed", str(uid))
