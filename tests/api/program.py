"""A program that uses the API with a key of its own."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from signup.access import api_key
from signup.access.api_key import KeyRange, KeyScope
from signup.consent.mailing_list import find_list
from signup.ground.db import transaction
from signup.ledger.seal import seal

ALL = tuple(KeyScope)


class Program:
    """Sends requests with its key; `lists` by their slugs."""

    def __init__(self, client: FlaskClient, *lists: str, scopes: tuple[KeyScope, ...] = ALL, **more: Any) -> None:
        self._client = client
        with transaction():
            reach = KeyRange(list(scopes), [find_list(slug).id for slug in lists], **more)
            made = api_key.make("Program", reach, timedelta(days=1))
        self.key, self.secret = made.key, made.secret

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}"} | more.pop("headers", {})
        return self._client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """The answer of a GET that must succeed."""
        answer = self.ask("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """The answer of a POST that must end with `status`."""
        more = {} if body is None else {"json": body}
        answer = self.ask("POST", path, headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def errors(self, method: str, path: str, **more: Any) -> dict[str, str]:
        """What a request that must be refused with 422 has wrong, by place."""
        answer = self.ask(method, path, **more)
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json"), answer.text
        return {one["field"]: one["message"] for one in answer.get_json()["errors"]}


def seal_all(_app: Flask) -> None:
    """Let every event have its place in the ledger."""
    seal()
