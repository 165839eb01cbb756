"""A file that ends subscriptions ends the consent to record opens and clicks with them. No file ever grants it."""

import secrets
from collections.abc import Callable
from typing import Any

from signup.consent.consent_event import SALT_BYTES, insert_event
from signup.ground.clock import uuid7
from signup.ground.driver_sql import Rows, portable, uuid_param
from signup.imports.statements.statement_values import ChunkValues

_WITHDRAW = """
UPDATE tracking_consent SET state = 'withdrawn', withdrawn_at = :at
WHERE list_id = :list_id AND state <> 'withdrawn' AND contact_id IN (
  SELECT d.contact_id FROM import_decided d
  WHERE d.moves AND d.state_after IN ('unsubscribed', 'bounced', 'complained'))
RETURNING contact_id, purpose, wording_hash, locale
"""
_WITHDRAWN = insert_event(
    "FROM contact WHERE contact.id = :contact_id",
    id=":event_uid",
    type="'tracking_withdrawn'",
    at=":at",
    contact_id="contact.id",
    list_id=":list_id",
    purpose=":purpose",
    controller=":controller",
    wording_hash=":wording_hash",
    locale=":locale",
    method="'import'",
    address="contact.address",
    salt=":salt",
)


def withdraw(execute: Callable[[str, dict[str, Any]], Rows], values: ChunkValues) -> None:
    """Withdraw it for those whom this chunk takes off the list. `values` name the list, its controller and the time."""
    moved = {"at": values["at"], "list_id": values["list_id"]}
    of_list = {**moved, "controller": values["controller"]}
    rows = execute(portable(_WITHDRAW), moved).fetchall()
    names = ("contact_id", "purpose", "wording_hash", "locale")
    # One event for each purpose, however many boxes it had.
    for row in {row[:2]: dict(zip(names, row, strict=True)) for row in rows}.values():
        ids = {"event_uid": uuid_param(uuid7()), "salt": secrets.token_bytes(SALT_BYTES)}
        execute(portable(_WITHDRAWN), {**of_list, **row, **ids})
