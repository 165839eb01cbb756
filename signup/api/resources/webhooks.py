"""Webhooks: make, change, pause, test; read what was sent, and have it sent again."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete, select

from signup.access import audit, scope
from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import check_match, endpoint
from signup.api.paging import page_of
from signup.api.problem import not_found, refuse
from signup.api.shapes import Instant, Line, PageOf, PageQuery, Shape, Slug, Told
from signup.consent.mailing_list import MailingList
from signup.forms.form import find_form
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound, NotPossible
from signup.webhooks import dispatch, webhook
from signup.webhooks.allowed_address import BadUrl, read_url
from signup.webhooks.event_name import EventName
from signup.webhooks.webhook import DeliveryState, PauseReason, Webhook, WebhookDelivery, find_webhook

MAX_URL = 500


class NewWebhook(Shape):
    """Where another program listens."""

    model_config = Shape.model_config | {
        "json_schema_extra": {
            "examples": [{"url": "https://hooks.example.org/signup", "events": ["subscription.confirmed"]}]
        }
    }
    url: str = Field(max_length=MAX_URL, pattern=r"^https?://[!-~]+$", description="It must lead to a public address.")
    events: list[EventName] = Field(default=[], max_length=40, description="Empty: every event.")
    lists: list[Slug] = Field(default=[], max_length=100, description="Of these lists only; empty: all of the key’s.")
    form: Line = Field(default="", description="Of this form only, by its id.")
    is_full: bool = Field(default=False, description="With the contact as it is, and not its id alone.")


class WebhookTold(Told):
    """An endpoint of another program."""

    uid: UUID
    url: str
    events: list[EventName]
    lists: list[str]
    form: str
    is_full: bool
    paused: PauseReason | None = Field(description="Why it is sent nothing: what happens meanwhile waits.")
    failures: int = Field(description="In a row.")
    failing_since: Instant | None
    created_at: Instant


class WebhookWithSecret(WebhookTold):
    """An endpoint with its secret, which is shown only now."""

    secret: str = Field(description="`whsec_…`: verify each request with it (Standard Webhooks).")


class WebhookPage(PageOf):
    """Endpoints by their age."""

    data: list[WebhookTold]


class WebhookChange(Shape):
    """What to change; what is left out stays."""

    model_config = Shape.model_config | {"json_schema_extra": {"examples": [{"is_paused": True}]}}
    events: list[EventName] | None = Field(default=None, max_length=40)
    is_full: bool | None = None
    is_paused: bool | None = Field(default=None, description="false: go on, with what happened meanwhile.")


class Span(Shape):
    """What to send once more."""

    model_config = Shape.model_config | {
        "json_schema_extra": {"examples": [{"since": "2026-11-30T00:00:00Z", "until": "2026-12-01T00:00:00Z"}]}
    }
    since: Instant
    until: Instant
    event: UUID | None = Field(default=None, description="This event of that time only.")


class Replayed(Told):
    """How many are sent again."""

    events: int


class DeliveryTold(Told):
    """One event for one endpoint."""

    id: str = Field(description="The header `webhook-id`.")
    event: UUID
    type: EventName
    state: DeliveryState
    attempts: int
    status: int | None = Field(description="Of the last answer; null: there was none.")
    answer: str = Field(description="Its beginning, without addresses; or why there was none.")
    milliseconds: int | None
    created_at: Instant
    tried_at: Instant | None
    next_try_at: Instant | None
    delivered_at: Instant | None


class DeliveryPage(PageOf):
    """Deliveries by their age."""

    data: list[DeliveryTold]


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: DeliveryState | None = None


@endpoint("GET", "/webhooks", KeyScope.WEBHOOKS_READ, "All endpoints that the key reaches")
def webhooks(key: ApiKey, query: PageQuery) -> WebhookPage:
    """A key of some lists reaches the endpoints that are of these lists alone."""
    rows, following = page_of(Webhook, query)
    return WebhookPage(data=[_told(one) for one in rows if _reaches(key, one)], next=following)


@endpoint("POST", "/webhooks", KeyScope.WEBHOOKS_WRITE, "Add an endpoint", status=201)
def webhook_new(key: ApiKey, body: NewWebhook) -> WebhookWithSecret:
    """It hears of what happens from now on. Full events are for keys that read whole contacts."""
    try:
        read_url(body.url)
    except BadUrl as error:
        refuse({"body.url": str(error)})
    list_ids = [scope.mailing_list(slug).id for slug in body.lists] or list(key.list_ids)
    if body.is_full:
        _check_full(key)
    if body.form:
        _check_form(body.form)
    with transaction():
        made, secret = webhook.add(
            body.url, list(body.events), list_ids, form=body.form, is_full=body.is_full, key_id=key.id
        )
        audit.note(None, "webhook-added", str(made.uid))
        return WebhookWithSecret(**_told(made).model_dump(), secret=secret)


@endpoint("GET", "/webhooks/{uid}", KeyScope.WEBHOOKS_READ, "One endpoint")
def webhook_one(key: ApiKey, uid: UUID) -> WebhookTold:
    return _told(_find(key, uid))


@endpoint("PATCH", "/webhooks/{uid}", KeyScope.WEBHOOKS_WRITE, "Change, pause or resume an endpoint")
def webhook_change(key: ApiKey, uid: UUID, body: WebhookChange) -> WebhookTold:
    if body.is_full:
        _check_full(key)
    with transaction():
        found = _find(key, uid, locks=True)
        check_match(_told(found))
        if body.events is not None:
            found.events = [one.value for one in body.events]
        if body.is_full is not None:
            found.is_full = body.is_full
        if body.is_paused is True:
            webhook.pause(found.id, PauseReason.OPERATOR)
        elif body.is_paused is False:
            webhook.resume(found.id)
        audit.note(None, "webhook-changed", str(uid))
        db.session.flush()
        db.session.refresh(found)
        return _told(found)


@endpoint("DELETE", "/webhooks/{uid}", KeyScope.WEBHOOKS_WRITE, "Remove an endpoint", status=204)
def webhook_delete(key: ApiKey, uid: UUID) -> None:
    """With its log. What waits for it is not sent."""
    with transaction():
        found = _find(key, uid, locks=True)
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == found.id))
        db.session.execute(delete(Webhook).where(Webhook.id == found.id))
        audit.note(None, "webhook-removed", str(uid))


@endpoint("POST", "/webhooks/{uid}/test", KeyScope.WEBHOOKS_WRITE, "Send a test", status=202)
def webhook_test(key: ApiKey, uid: UUID) -> DeliveryTold:
    """An event `webhook.test`, which tells of nobody. The log says what was answered."""
    with transaction():
        return _delivery(dispatch.send_test(_find(key, uid)))


@endpoint("POST", "/webhooks/{uid}/rotate", KeyScope.WEBHOOKS_WRITE, "Give it a new secret")
def webhook_rotate(key: ApiKey, uid: UUID) -> WebhookWithSecret:
    """The old one signs beside it for a day."""
    with transaction():
        found = _find(key, uid, locks=True)
        secret = webhook.rotate_secret(found)
        audit.note(None, "webhook-secret", str(uid))
        return WebhookWithSecret(**_told(found).model_dump(), secret=secret)


@endpoint("POST", "/webhooks/{uid}/replay", KeyScope.WEBHOOKS_WRITE, "Send a span of time again", status=202)
def webhook_replay(key: ApiKey, uid: UUID, body: Span) -> Replayed:
    """Each event gets a `webhook-id` of its own; its `data.id` is the same as before."""
    try:
        with transaction():
            n = dispatch.replay(_find(key, uid, locks=True), _at(body.since), _at(body.until), body.event)
            audit.note(None, "webhook-replayed", str(uid), events=n)
    except NotPossible as error:
        refuse({"body.since": str(error)})
    return Replayed(events=n)


@endpoint("GET", "/webhooks/{uid}/deliveries", KeyScope.WEBHOOKS_READ, "What was sent, and what was answered")
def webhook_deliveries(key: ApiKey, uid: UUID, query: DeliveryQuery) -> DeliveryPage:
    """Kept for 30 days."""
    mine = [WebhookDelivery.webhook_id == _find(key, uid).id]
    if query.state:
        mine.append(WebhookDelivery.state == query.state)
    rows, following = page_of(WebhookDelivery, query, *mine)
    return DeliveryPage(data=[_delivery(one) for one in rows], next=following)


def _reaches(key: ApiKey, one: Webhook) -> bool:
    return key.lists is None or (one.lists is not None and one.lists <= key.lists)


def _find(key: ApiKey, uid: UUID, *, locks: bool = False) -> Webhook:
    found = find_webhook(uid, locks=locks)
    if not _reaches(key, found):
        raise NotFound("webhook")
    return found


def _check_full(key: ApiKey) -> None:
    if key.is_masked or not key.may(KeyScope.CONTACTS_READ):
        refuse({"body.is_full": "A key that may not read whole contacts has no full events either."})


def _check_form(form_id: str) -> None:
    try:
        form = find_form(form_id)
    except NotFound:
        not_found("form")
    if not scope.covers({form.list_id}):
        not_found("form")


def _at(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        refuse({"body.since": "Say the time zone: 2026-12-01T00:00:00Z."})
    return moment


def _told(one: Webhook) -> WebhookTold:
    names = select(MailingList.slug).where(MailingList.id.in_(one.list_ids)).order_by(MailingList.id)
    return WebhookTold(
        uid=one.uid,
        url=one.url,
        events=[EventName(name) for name in one.events],
        lists=list(db.session.scalars(names)) if one.list_ids else [],
        form=one.form,
        is_full=one.is_full,
        paused=PauseReason(one.paused) if one.paused else None,
        failures=one.failures,
        failing_since=one.failing_since,
        created_at=one.created_at,
    )


def _delivery(one: WebhookDelivery) -> DeliveryTold:
    return DeliveryTold(
        id=f"msg_{one.uid.hex}",
        event=one.event_id,
        type=EventName(one.name),
        state=DeliveryState(one.state),
        attempts=one.attempt,
        status=one.status,
        answer=one.answer,
        milliseconds=one.milliseconds,
        created_at=one.created_at,
        tried_at=one.tried_at,
        next_try_at=one.not_before if one.state == DeliveryState.WAITING else None,
        delivered_at=one.delivered_at,
    )
