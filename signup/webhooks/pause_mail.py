"""Tells the operator who made an endpoint that it is paused."""

from typing import Any
from urllib.parse import urlsplit

from signup.access.operator import Operator
from signup.addresses.address import parse
from signup.ground.clock import uuid7
from signup.ground.db import db, upsert
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES
from signup.ground.tokens import keys
from signup.mailer import compose
from signup.mailer.mail_template import service
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.webhooks.webhook import PauseReason, Webhook


def write(webhook: Webhook, reason: PauseReason) -> dict[str, Any] | None:
    """The mail; None where nobody is to be told. It keeps its template on a connection of its own: do not call it
    within a transaction.
    """
    operator = db.session.get(Operator, webhook.operator_id) if webhook.operator_id else None
    if operator is None or operator.disabled_at is not None:
        return None
    language = operator.language if operator.language in OPERATOR_LANGUAGES else DEFAULT
    kind = MessageKind.WEBHOOK
    return {
        "kind": kind,
        "priority": kind.rules.priority,
        "recipient": operator.address,
        "recipient_hash": keys().hash(parse(operator.address).key),
        "template_hash": compose.template_for(kind, language, service()),
        "data": {
            "name": operator.name,
            "host": urlsplit(webhook.url).hostname or "",
            "reason": reason.value,
            "page": str(webhook.uid),
        },
        "dedupe_key": f"{kind}:{uuid7().hex}",
    }


def put(mail: dict[str, Any]) -> None:
    """Put it into the outbox. Needs an open transaction; the sweeper finds it."""
    db.session.execute(upsert(Message).values(mail).on_conflict_do_nothing())
