"""GET /o/<token> and /c/<token>: a letter was opened, a link in it was clicked. Nothing else changes, no cookie is set.

The picture is the same for every token. A click leads to the address that was stored when the letter was written: what
stands in the link of a mail chooses no address.
"""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.counts.engagement_event import DECOY, Reaction
from signup.engagement.intake import Seen, intake
from signup.ground.driver_sql import driver_connection, run, uuid_param
from signup.ground.errors import InvalidToken, NotFound
from signup.ground.tokens import TokenPurpose, keys

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
MAX_DIGITS = 4
_TARGET = """
    SELECT campaign_link.url FROM message JOIN campaign_link ON campaign_link.campaign_id = message.campaign_id
    WHERE message.uid = :uid AND campaign_link.number = :number
"""


def opened(token: str) -> ResponseReturnValue:
    """The picture, whatever the token is worth."""
    with suppress(InvalidToken):
        _take_in(keys().open(TokenPurpose.OPEN, token).id, Reaction.OPEN, 0)
    answer = Response(PIXEL, mimetype="image/gif")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def clicked(token: str) -> ResponseReturnValue:
    """On to where the link leads."""
    signed, _dot, digits = token.rpartition(".")
    if not digits.isdecimal() or len(digits) > MAX_DIGITS:
        raise NotFound("link")
    try:
        message_uid = keys().open(TokenPurpose.CLICK, signed).id
    except InvalidToken:
        raise NotFound("link") from None
    if int(digits) == DECOY:
        _take_in(message_uid, Reaction.CLICK, DECOY)
        return Response(
            _("This link is for programs that follow every link. There is nothing here."), mimetype="text/plain"
        )
    with driver_connection(writes=False) as connection:
        found = run(connection, _TARGET, {"uid": uuid_param(message_uid), "number": int(digits)}).fetchone()
    if found is None:
        raise NotFound("link")
    _take_in(message_uid, Reaction.CLICK, int(digits))
    answer = redirect(found[0], 302)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _take_in(message_uid: UUID, kind: Reaction, number: int) -> None:
    # A HEAD request is a program's: it looks whether the link is alive.
    agent = "" if request.method == "HEAD" else request.headers.get("User-Agent", "")
    intake().add(Seen(message_uid, kind, number, agent, datetime.now(UTC)))
