"""Sends deliveries: claimed, leased and fenced, one at a time for each contact of an endpoint, tried for three days.

A worker that dies leaves its claim to the next one: an event may be told twice, with the same `webhook-id`, and is told
at least once.
"""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import and_, delete, func, or_, select, text, update

from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.jobs import OWNER, stopping
from signup.ground.secret_box import UnreadableSecret
from signup.webhooks import pause_mail
from signup.webhooks.allowed_address import BadUrl, ForbiddenAddress, read_url
from signup.webhooks.payload import body_of
from signup.webhooks.send_request import Answer, send, signed_headers
from signup.webhooks.webhook import DeliveryState, PauseReason, Webhook, WebhookDelivery, pause, secrets_of

THREADS = 8
AT_ONCE = 2
"""So many threads of a process send to one endpoint: a slow one must not hold up the others."""
CLAIMED_AT_ONCE = 20
LEASE = timedelta(seconds=60)
HELD_SECONDS = 30.0
"""Of what was claimed at once, no more is begun after that: its lease must outlast the last answer."""
RETRY_AFTER = [timedelta(seconds=5), *(timedelta(minutes=m) for m in (0.5, 2, 10, 30, 60, 120, 240, 480))]
"""Then every eight hours."""
GIVE_UP = timedelta(days=3)
FORGIVEN = 2
"""So many failures in a row are chance: the endpoint is sent the next event at once."""
REST = timedelta(seconds=2), timedelta(minutes=5)
"""How long it is left in peace after more of them: at first, doubled with each, and at most."""
KEPT = timedelta(days=30)
_OPEN = "webhook_delivery.state IN ('waiting', 'sending')"
_ASIDE = {"synchronize_session": False}

log = structlog.get_logger()


@dataclass
class Senders:
    """The threads of a process that send, and how many are at each endpoint."""

    pool: ThreadPoolExecutor
    busy: dict[int, list[Future[None]]]


def deliver() -> None:
    """The chore of each worker: give every endpoint that has something due its threads."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # for the threads
    senders: Senders = app.extensions.setdefault("signup.webhooks", Senders(ThreadPoolExecutor(THREADS), {}))
    _free_expired()
    for webhook_id in _due_endpoints():
        running = [one for one in senders.busy.get(webhook_id, []) if not one.done()]
        fresh = [senders.pool.submit(_drain, app, webhook_id) for _ in range(AT_ONCE - len(running))]
        senders.busy[webhook_id] = running + fresh


def deliver_now() -> int:
    """Send all that is due, in this thread. Returns how many were tried."""
    tried = 0
    _free_expired()
    while due := _due_endpoints():
        sent = sum(_send_due(webhook_id) for webhook_id in due)
        tried += sent
        if not sent:
            break
    return tried


def _drain(app: Flask, webhook_id: int) -> None:
    with app.app_context():
        try:
            _send_due(webhook_id)
        except Exception:
            log.exception("webhooks.crashed", webhook=webhook_id)
        finally:
            db.session.remove()


def _send_due(webhook_id: int) -> int:
    tried = 0
    while not stopping().is_set() and (claimed := _claim(webhook_id)):
        webhook, deliveries = claimed
        done = _send_some(webhook, deliveries)
        _release(deliveries[done:])
        tried += done
    return tried


def _send_some(webhook: Webhook, deliveries: list[WebhookDelivery]) -> int:
    """Send what was claimed, up to where the endpoint takes no more or time is over. Returns how many were tried."""
    ends = time.monotonic() + HELD_SECONDS
    for n, one in enumerate(deliveries, 1):
        if not _try(webhook, one) or time.monotonic() > ends or stopping().is_set():
            return n
    return len(deliveries)


def _is_due() -> Any:
    return and_(
        WebhookDelivery.state == DeliveryState.WAITING,
        or_(WebhookDelivery.not_before.is_(None), WebhookDelivery.not_before <= now()),
    )


def _rested() -> Any:
    return and_(Webhook.paused.is_(None), or_(Webhook.not_before.is_(None), Webhook.not_before <= now()))


def _due_endpoints() -> list[int]:
    due = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == Webhook.id, _is_due()).exists()
    return list(db.session.scalars(select(Webhook.id).where(_rested(), due).order_by(Webhook.id)))


def _claim(webhook_id: int) -> tuple[Webhook, list[WebhookDelivery]] | None:
    """Some deliveries that are due, the oldest first, each the first of its contact that is open."""
    # A parameter instead of the states, and the planner could not use the index that is of these rows alone.
    heads = select(func.min(WebhookDelivery.id)).where(WebhookDelivery.webhook_id == webhook_id, text(_OPEN))
    some = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.id.in_(heads.group_by(WebhookDelivery.subject)), _is_due())
        .order_by(WebhookDelivery.id)
        .limit(CLAIMED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .cte("some")
    )
    taken = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(select(some.c.id)), WebhookDelivery.state == DeliveryState.WAITING)
        .values(
            state=DeliveryState.SENDING,
            owner=OWNER,
            attempt=WebhookDelivery.attempt + 1,
            lease_until=now(LEASE),
            tried_at=now(),
        )
        .returning(WebhookDelivery)
        .execution_options(populate_existing=True, **_ASIDE)
    )
    with transaction():
        webhook = db.session.scalar(
            select(Webhook).where(Webhook.id == webhook_id, _rested()).execution_options(populate_existing=True)
        )
        deliveries = list(db.session.scalars(taken)) if webhook is not None else []
        if webhook is None or not deliveries:
            return None
        for one in (webhook, *deliveries):
            db.session.expunge(one)
    return webhook, sorted(deliveries, key=lambda one: one.id)


def _release(deliveries: list[WebhookDelivery]) -> None:
    """Let what was claimed and not tried wait again, as if it had not been claimed."""
    if not deliveries:
        return
    mine = WebhookDelivery.id.in_([one.id for one in deliveries]), WebhookDelivery.owner == OWNER
    again = {"state": DeliveryState.WAITING, "owner": None, "lease_until": None, "attempt": WebhookDelivery.attempt - 1}
    with transaction():
        ours = update(WebhookDelivery).where(*mine, WebhookDelivery.state == DeliveryState.SENDING)
        db.session.execute(ours.values(again), execution_options=_ASIDE)


def _try(webhook: Webhook, delivery: WebhookDelivery) -> bool:
    """Send one delivery and write down what came of it. Returns whether its endpoint takes more right now."""
    try:
        target = read_url(webhook.url)
        body = body_of(webhook, delivery)
        headers = signed_headers(secrets_of(webhook, utcnow()), f"msg_{delivery.uid.hex}", body)
        db.session.rollback()  # nothing is held open while we wait for somebody else
        answer = send(target, headers, body)
    except (ForbiddenAddress, BadUrl) as error:
        answer = Answer(None, f"Not allowed: {error}", 0)
        _pause(webhook, PauseReason.FORBIDDEN)
    except UnreadableSecret:
        answer = Answer(None, "Its secret cannot be read: rotate it.", 0)
        _pause(webhook, PauseReason.FORBIDDEN)
    return _settle(webhook, delivery, answer)


def _settle(webhook: Webhook, delivery: WebhookDelivery, answer: Answer) -> bool:
    told = {"status": answer.status, "answer": answer.text, "milliseconds": answer.milliseconds}
    over = {"owner": None, "lease_until": None}
    is_resting = not answer.is_taken and webhook.failures >= FORGIVEN
    is_old = delivery.created_at < utcnow() - GIVE_UP
    if answer.is_taken:
        outcome: dict[str, Any] = {"state": DeliveryState.DELIVERED, "delivered_at": now()}
    elif is_old:
        outcome = {"state": DeliveryState.FAILED}
    else:
        outcome = {"state": DeliveryState.WAITING, "not_before": now(_after(delivery.failures))}
    if not answer.is_taken:
        outcome["failures"] = delivery.failures + 1
    ours = (
        WebhookDelivery.id == delivery.id,
        WebhookDelivery.owner == delivery.owner,
        WebhookDelivery.attempt == delivery.attempt,
        WebhookDelivery.state == DeliveryState.SENDING,
    )
    with transaction():
        db.session.execute(
            update(WebhookDelivery).where(*ours).values(**told, **over, **outcome), execution_options=_ASIDE
        )
        if answer.is_taken:
            if webhook.failures:
                _change(webhook, failures=0, failing_since=None, not_before=None)
        else:
            _change(
                webhook,
                failures=Webhook.failures + 1,
                failing_since=webhook.failing_since or now(),
                not_before=now(_rest(webhook.failures - FORGIVEN)) if is_resting else None,
            )
    webhook.failures = 0 if answer.is_taken else webhook.failures + 1  # as the row says now, of what this thread sent
    webhook.failing_since = None if answer.is_taken else webhook.failing_since or utcnow()
    log.info("webhooks.tried", webhook=webhook.id, status=answer.status, attempt=delivery.attempt)
    if answer.status == 410:  # noqa: PLR2004  # Gone: Standard Webhooks asks us to stop
        _pause(webhook, PauseReason.GONE)
        return False
    if webhook.failing_since and webhook.failing_since < utcnow() - GIVE_UP:
        _pause(webhook, PauseReason.DEAD)
        return False
    return not is_resting


def _change(webhook: Webhook, **values: Any) -> None:
    db.session.execute(update(Webhook).where(Webhook.id == webhook.id).values(values), execution_options=_ASIDE)


def _pause(webhook: Webhook, reason: PauseReason) -> None:
    mail = pause_mail.write(webhook, reason)
    with transaction():
        if pause(webhook.id, reason) and mail:
            pause_mail.put(mail)


def _after(failures: int) -> timedelta:
    """When to try again after so many failures before this one, with a share of chance: many that failed together must
    not come together.
    """
    base = RETRY_AFTER[min(failures, len(RETRY_AFTER) - 1)]
    return base * random.uniform(0.8, 1.2)  # noqa: S311  # no secret


def _rest(failures: int) -> timedelta:
    return min(REST[0] * (1 << min(failures, 10)), REST[1])


def _free_expired() -> None:
    """Let what a dead worker claimed wait again."""
    gone = (WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.lease_until < now())
    if db.session.scalar(select(WebhookDelivery.id).where(*gone).limit(1)) is not None:
        with transaction():
            again = {"state": DeliveryState.WAITING, "owner": None, "lease_until": None}
            db.session.execute(update(WebhookDelivery).where(*gone).values(again), execution_options=_ASIDE)


def forget_old() -> None:
    """The chore that deletes deliveries that are over, after 30 days."""
    over = WebhookDelivery.state.in_([DeliveryState.DELIVERED, DeliveryState.FAILED])
    with transaction():
        db.session.execute(delete(WebhookDelivery).where(over, WebhookDelivery.created_at < now(-KEPT)))
