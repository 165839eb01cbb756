"""`Idempotency-Key`: a POST that is sent again, because its answer got lost, is done once and answered alike.

Kept for a day in the database, encrypted: an answer may hold a secret that is shown only once. The key is noted before
the work begins; of two requests at once the second hears 409. When a process dies between the work and its answer, the
same key may try again after a minute: every endpoint can be repeated without harm, and this only saves the second
effort.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

from flask import Response, request
from sqlalchemy import ColumnElement, delete, or_, select, update

from signup.access.api_answer import ApiAnswer
from signup.api.problem import refuse, stop
from signup.ground.db import db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.secret_box import Secret, UnreadableSecret, decrypt, encrypt

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
ALLOWED = "[!-~]+"
KEPT = timedelta(days=1)
DIED_AFTER = timedelta(minutes=1)


class Earlier:
    """The answer that was given to the same request, if one was; else the place where the new one is kept."""

    def __init__(self, mine: tuple[int, bytes], response: Response | None = None) -> None:
        self._mine, self.response = mine, response
        self.is_kept = response is not None

    def keep(self, response: Response) -> Response:
        """Keep an answer, for the next time."""
        sealed = encrypt(Secret.ANSWER, response.get_data(), _about(self._mine))
        kept = {"status": response.status_code, "body": sealed.encode()}
        with transaction():
            db.session.execute(update(ApiAnswer).where(*_is(self._mine)).values(kept))
        self.is_kept = True
        return response


@contextmanager
def once(key_id: int) -> Iterator[Earlier]:
    """Let the request be done unless it was; after an error it may be sent again. Ends it with 409 while it is done."""
    name, wanted = _name(), _fingerprint()
    mine = (key_id, name)
    over = or_(
        ApiAnswer.at < now(-KEPT),
        (ApiAnswer.status.is_(None)) & (ApiAnswer.at < now(-DIED_AFTER)),
    )
    with transaction():
        db.session.execute(delete(ApiAnswer).where(*_is(mine), over))
        row = {"key_id": key_id, "name_hash": name, "request_hash": wanted}
        begun = upsert(ApiAnswer).values(row).on_conflict_do_nothing().returning(ApiAnswer.key_id)
        is_first = db.session.execute(begun).first() is not None
        found = None if is_first else db.session.scalar(select(ApiAnswer).where(*_is(mine)))
    earlier = Earlier(mine, _repeat(found, wanted, mine) if not is_first else None)
    try:
        yield earlier
    finally:
        if not earlier.is_kept:
            db.session.rollback()
            with transaction():
                db.session.execute(delete(ApiAnswer).where(*_is(mine), ApiAnswer.status.is_(None)))


def _about(mine: tuple[int, bytes]) -> str:
    return f"{mine[0]}:{mine[1].hex()}"


def _repeat(found: ApiAnswer | None, wanted: bytes, mine: tuple[int, bytes]) -> Response:
    if found is None or found.status is None:
        detail = "The request with this Idempotency-Key is still being worked on."
        stop(HTTPStatus.CONFLICT, "Still working on it", detail, {"Retry-After": "1"})
    if found.request_hash != wanted:
        refuse({f"header.{HEADER}": "Another request was sent with this key."}, "Key used before")
    try:
        body = decrypt(Secret.ANSWER, (found.body or b"").decode(), _about(mine))
    except UnreadableSecret:
        stop(HTTPStatus.CONFLICT, "Done before", "This request was done. Its answer cannot be read any more.")
    response = Response(body, found.status, content_type="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def sweep_answers() -> None:
    """The chore that forgets answers after a day."""
    with transaction():
        db.session.execute(delete(ApiAnswer).where(ApiAnswer.at < now(-KEPT)))


def _is(mine: tuple[int, bytes]) -> tuple[ColumnElement[bool], ...]:
    return ApiAnswer.key_id == mine[0], ApiAnswer.name_hash == mine[1]


def _name() -> bytes:
    name = request.headers[HEADER]
    if not re.fullmatch(ALLOWED, name) or len(name) > MAX_LENGTH:
        refuse({f"header.{HEADER}": f"Send 1 to {MAX_LENGTH} letters, digits and signs of ASCII, without spaces."})
    return hashlib.sha256(name.encode()).digest()


def _fingerprint() -> bytes:
    said = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(said + request.get_data()).digest()
