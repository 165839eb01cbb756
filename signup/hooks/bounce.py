"""POST /hooks/bounce/<provider>: a mail provider says that mails came back, or that people complained."""

from http import HTTPStatus

import structlog
from flask import Response, abort, request

from signup.bounces import apply
from signup.bounces.providers import ses
from signup.bounces.providers.all_providers import PROVIDERS, secret_of
from signup.ground.db import transaction
from signup.ground.urls import settings

MAX_BODY = 1024 * 1024
log = structlog.get_logger()


def bounce(provider: str) -> Response:
    """Unsigned, or for another secret: 403. The same again changes nothing."""
    request.max_content_length = MAX_BODY
    if provider not in PROVIDERS or not (secret := secret_of(settings(), provider)):
        abort(HTTPStatus.NOT_FOUND)
    body = request.get_data(cache=False)
    try:
        if not PROVIDERS[provider].is_genuine(request.headers, body, secret):
            abort(HTTPStatus.FORBIDDEN)
        notices = PROVIDERS[provider].read(body)
    except (ValueError, RecursionError):
        abort(HTTPStatus.FORBIDDEN)
    if provider == "ses" and not notices:
        _confirm(body)
    for one in notices:
        with transaction():
            apply.take_from_provider(one.id, one.told, provider)
    return Response(status=HTTPStatus.OK)


def _confirm(body: bytes) -> None:
    try:
        ses.confirm(body)
    except OSError:
        log.warning("hooks.not_confirmed")
