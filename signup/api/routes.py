"""The program's door: every address and what answers there."""

from flask import Blueprint

from signup.api import description, key_check
from signup.api.endpoint import ENDPOINTS, add_routes
from signup.api.resources import (
    codes,
    consents,
    contact_batch,
    contact_change,
    contacts,
    events,
    forms,
    lists,
    own_key,
    segments,
    signups,
    subscriptions,
    suppressions,
    webhooks,
)

RESOURCES = (
    signups,
    lists,
    forms,
    contacts,
    contact_batch,
    contact_change,
    consents,
    subscriptions,
    segments,
    suppressions,
    events,
    webhooks,
    codes,
    own_key,
)
"""In the order in which they are described."""

bp = Blueprint("api", __name__, url_prefix="/api/v1", static_folder="static")
bp.after_request(key_check.tell_share)


def _in_order() -> None:
    order = [one.__name__ for one in RESOURCES]
    ENDPOINTS.sort(key=lambda one: order.index(one.function.__module__))


_in_order()
add_routes(bp, ENDPOINTS)
bp.add_url_rule("/openapi.json", "openapi", description.openapi_json, methods=["GET"], provide_automatic_options=False)
