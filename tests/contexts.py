"""A test's own application context: `db.session` and `g` of the test, which no request, job or command shares.

The test's session ends where another unit of work begins or ends, so that the test reads what that one wrote.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

from flask import Flask, appcontext_popped, g, has_app_context
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from signup.ground.db import db


@contextmanager
def context_of_test(app: Flask) -> Iterator[None]:
    """Push a context of `app` for as long as the test runs."""
    with app.app_context():
        g.is_of_test = True
        yield


class SeparateClient(FlaskClient):
    """A client whose requests find no context pushed, as in a server."""

    def run_wsgi_app(
        self,
        environ: dict[str, Any],
        buffered: bool = False,  # noqa: FBT002  # as werkzeug calls it
    ) -> tuple[Iterable[bytes], str, Headers]:
        end_session_of_test()
        context = Context()
        body, status, headers = context.run(super().run_wsgi_app, environ, buffered)
        return _Body(context, body), status, headers


class _Body:
    """A response's body, made in the context of its request."""

    def __init__(self, context: Context, body: Iterable[bytes]) -> None:
        self._context, self._body = context, body
        self._parts = iter(body)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._context.run(next, self._parts)

    def close(self) -> None:
        if hasattr(self._body, "close"):
            self._context.run(self._body.close)


def end_session_of_test(_app: Flask | None = None, **_more: object) -> None:
    """End the session of the test, if it has one: the next read is of what is stored by then."""
    if has_app_context() and g.get("is_of_test"):
        db.session.remove()


Flask.test_client_class = SeparateClient
appcontext_popped.connect(end_session_of_test)
