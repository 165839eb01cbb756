"""Webhooks: endpoints of other programs, what was sent to them and what they answered."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, select

from signup.access import audit
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.settings.webhook_input import EVENTS, PAUSED, STATES, ReplayInput, WebhookInput
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from signup.ground.errors import NotPossible
from signup.webhooks import dispatch
from signup.webhooks import webhook as endpoints
from signup.webhooks.event_name import EventName
from signup.webhooks.webhook import DeliveryState, PauseReason, Webhook, WebhookDelivery, find_webhook

SHOWN = 100


def webhooks() -> ResponseReturnValue:
    return _list_page(_input(empty=True))


def webhook_new() -> ResponseReturnValue:
    """Add an endpoint; the answer is the only place where its secret ever stands."""
    form = _input()
    if not form.validate():
        return _list_page(form)
    with transaction():
        made, secret = endpoints.add(
            form.url.data or "",
            [EventName(one) for one in form.events.data or ()],
            list(form.lists.data or ()),
            is_full=bool(form.is_full.data),
            operator_id=door.operator().id,
        )
        audit.note(door.operator(), "webhook-added", str(made.uid))
    return _page(made, secret)


def webhook(uid: UUID) -> ResponseReturnValue:
    return _page(find_webhook(uid))


def webhook_change(uid: UUID) -> ResponseReturnValue:
    """Pause, resume, or send a test: the pressed button says which."""
    found, wanted = find_webhook(uid), request.form.get("do")
    with transaction():
        if wanted == "test":
            dispatch.send_test(found)
        elif wanted == "pause":
            endpoints.pause(found.id, PauseReason.OPERATOR)
        elif wanted == "resume":
            endpoints.resume(found.id)
        if wanted in {"pause", "resume"}:
            audit.note(door.operator(), "webhook-changed", str(uid))
    if wanted == "test":
        flash(_("A test is on its way. Reload this page in a moment to see the answer."))
    return redirect(url_for("admin.webhook", uid=uid), HTTPStatus.SEE_OTHER)


def webhook_rotate(uid: UUID) -> ResponseReturnValue:
    with transaction():
        found = find_webhook(uid, locks=True)
        secret = endpoints.rotate_secret(found)
        audit.note(door.operator(), "webhook-secret", str(uid))
    return _page(found, secret)


def webhook_replay(uid: UUID) -> ResponseReturnValue:
    """Send a span of time once more, or one event of the log."""
    found, form = find_webhook(uid), ReplayInput()
    event = request.form.get("event", type=UUID)
    if event is None and not form.validate():
        return _page(found, replaying=form)
    since = form.since.data.replace(tzinfo=UTC) if form.since.data else datetime(2000, 1, 1, tzinfo=UTC)
    until = form.until.data.replace(tzinfo=UTC) if form.until.data else datetime(3000, 1, 1, tzinfo=UTC)
    try:
        with transaction():
            n = dispatch.replay(find_webhook(uid, locks=True), since, until, event)
            audit.note(door.operator(), "webhook-replayed", str(uid), rows=n)
    except NotPossible:
        form.since.errors = [_("These are more than 10,000 events: choose a shorter time.")]
        return _page(found, replaying=form)
    flash(ngettext("%(num)s event is sent again.", "%(num)s events are sent again.", n))
    return redirect(url_for("admin.webhook", uid=uid), HTTPStatus.SEE_OTHER)


def webhook_remove(uid: UUID) -> ResponseReturnValue:
    with transaction():
        found = find_webhook(uid, locks=True)
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == found.id))
        db.session.execute(delete(Webhook).where(Webhook.id == found.id))
        audit.note(door.operator(), "webhook-removed", str(uid))
    flash(_("The webhook has been removed. It is told nothing any more."))
    return redirect(url_for("admin.webhooks"), HTTPStatus.SEE_OTHER)


def _input(*, empty: bool = False) -> WebhookInput:
    form = WebhookInput(formdata=None) if empty else WebhookInput()
    form.lists.choices = choices(_list_names().items())
    return form


def _list_names() -> dict[int, str]:
    rows = db.session.execute(select(MailingList.id, MailingList.name).order_by(MailingList.name))
    return {row.id: row.name for row in rows}


def _list_page(form: WebhookInput) -> ResponseReturnValue:
    page = render_template("admin/settings/webhooks.html", rows=endpoints.webhooks(), form=form, **_words())
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _page(found: Webhook, secret: str = "", replaying: ReplayInput | None = None) -> ResponseReturnValue:
    mine = WebhookDelivery.webhook_id == found.id
    waiting = WebhookDelivery.state.in_([DeliveryState.WAITING, DeliveryState.SENDING])
    page = render_template(
        "admin/settings/webhook.html",
        webhook=found,
        secret=secret,
        log=list(
            db.session.scalars(select(WebhookDelivery).where(mine).order_by(WebhookDelivery.id.desc()).limit(SHOWN))
        ),
        waiting=db.session.scalar(select(func.count()).select_from(WebhookDelivery).where(mine, waiting)),
        replaying=replaying or ReplayInput(formdata=None),
        **_words(),
    )
    is_wrong = replaying is not None and replaying.errors
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK


def _words() -> dict[str, Any]:
    return {"lists": _list_names(), "event_words": EVENTS, "paused_words": PAUSED, "state_words": STATES}
