"""Declares an endpoint by a function: its address, scope and words here, its models by the function's annotations.

A function may ask for `key`, `query`, `body` and the parts of its path. What it returns is the answer, a model. The
same declaration makes the route and its part of the OpenAPI description, so that the two cannot differ.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NewType, TypeVar, get_type_hints
from uuid import UUID

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest

from signup.access.api_key import KeyScope
from signup.api import idempotency, key_check
from signup.api.problem import not_found, refuse, refuse_invalid, stop
from signup.ground.errors import NotFound
from signup.limits.json_body import repeated_key

MAX_BODY = 64 * 1024
WRITES = {"POST", "PATCH", "PUT", "DELETE"}
PathText = NewType("PathText", str)
"""A part of a path that may hold a slash."""
CONVERTERS: dict[Any, str] = {UUID: "uuid", str: "string", PathText: "path"}
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API."""

    name: str
    method: str
    path: str
    scope: KeyScope | None
    """None: any valid key may."""
    status: HTTPStatus
    summary: str
    description: str
    function: Callable[..., Any]
    parts: dict[str, Any]
    """What the path holds, by name."""
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    wants_key: bool
    is_tagged: bool
    """Whether the answer has an ETag: one thing, and not a page of many."""
    max_body: int

    @property
    def tag(self) -> str:
        """The resource that it is about."""
        return self.path.split("/")[1]


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, path: str, scope: KeyScope | None, summary: str, **more: int) -> Callable[[Handler], Handler]:
    """Declare the function below as an endpoint; its docstring is the description. `more` is the `status` of the answer
    (default 200) and the `max_body` in bytes.
    """

    def declare(function: Handler) -> Handler:
        hints = get_type_hints(function)
        answer, wanted = hints.pop("return", None), inspect.signature(function).parameters
        known = {"key", "query", "body"}
        answer = None if answer is type(None) else answer
        one = Endpoint(
            name=function.__name__,
            method=method,
            path=path,
            scope=scope,
            status=HTTPStatus(more.get("status", HTTPStatus.OK)),
            summary=summary,
            description=inspect.getdoc(function) or "",
            function=function,
            parts={name: hints[name] for name in wanted if name not in known},
            query=hints.get("query"),
            body=hints.get("body"),
            answer=answer,
            wants_key="key" in wanted,
            is_tagged=answer is not None and "{" in path and method in {"GET", "PATCH"},
            max_body=more.get("max_body", MAX_BODY),
        )
        ENDPOINTS.append(one)
        return function

    return declare


def add_routes(bp: Blueprint, endpoints: Iterable[Endpoint]) -> None:
    """Add a route for each."""
    for one in endpoints:
        rule = one.path
        for name, kind in one.parts.items():
            rule = rule.replace(f"{{{name}}}", f"<{CONVERTERS[kind]}:{name}>")
        # No OPTIONS: no page of another origin may send a key from a visitor's browser.
        bp.add_url_rule(rule, one.name, _view(one), methods=[one.method], provide_automatic_options=False)


def _view(one: Endpoint) -> Callable[..., Response]:
    def view(**parts: Any) -> Response:
        key = key_check.enter(one.scope)
        given = dict(parts)
        if one.wants_key:
            given["key"] = key
        if one.query is not None:
            given["query"] = _read_query(one.query)
        elif request.args:
            refuse({f"query.{next(iter(request.args))[:40]}": "This endpoint takes no parameters."})
        if one.body is not None:
            given["body"] = _read_body(one.body, one.max_body)
        if one.method != "POST" or idempotency.HEADER not in request.headers:
            return _answer(one, _call(one, given))
        with idempotency.once(key.id) as earlier:
            return earlier.response or earlier.keep(_answer(one, _call(one, given)))

    return view


def _call(one: Endpoint, given: dict[str, Any]) -> Any:
    try:
        return one.function(**given)
    except NotFound as error:
        not_found(str(error).partition(" ")[0])


def _read_query(model: type[BaseModel]) -> BaseModel:
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            refuse({f"query.{name[:40]}": "Send this only once."})
        if any(sign in values[0] for sign in "\0\ufffd"):
            refuse({f"query.{name[:40]}": "Remove the control characters."})
        given[name] = values[0]
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        refuse_invalid(error, "query")


def _read_body(model: type[BaseModel], max_body: int) -> BaseModel:
    request.max_content_length = max_body
    try:
        value = request.get_json()  # strict about keys that come twice, and 415 for another format
    except BadRequest as error:
        if key := repeated_key(error):
            refuse({f"body.{key[:40]}": "Send this only once."})
        stop(HTTPStatus.BAD_REQUEST, "No JSON", "The body is not JSON.")
    # They can only have come as escapes: a NUL as it is, and half a pair in UTF-8, are no JSON at all.
    if b"\\u" in request.get_data() and (place := _broken_text(value)):
        refuse({place: "Remove the control characters."})
    try:
        return model.model_validate_json(request.get_data(), strict=True)
    except ValidationError as error:
        refuse_invalid(error, "body")


def _broken_text(value: Any, place: str = "body") -> str:
    """Where a text holds a NUL or half a surrogate pair, which no database keeps; empty where none does."""
    if isinstance(value, str):
        return place if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value) else ""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        if any(_broken_text(key) for key in value):
            return place
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return next((found for key, one in inner if (found := _broken_text(one, f"{place}.{key}"))), "")


def _answer(one: Endpoint, told: BaseModel | None) -> Response:
    if told is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    response = Response(body_of(told), one.status, content_type="application/json")
    if one.is_tagged:
        response.headers["ETag"] = etag_of(told)
        if one.method == "GET":
            response.make_conditional(request)
    return response


def body_of(told: BaseModel) -> str:
    """An answer as it is sent."""
    return told.model_dump_json(exclude_none=False)


def etag_of(told: BaseModel) -> str:
    """The tag of an answer (RFC 9110): another one if anything in it differs."""
    return f'"{hashlib.sha256(body_of(told).encode()).hexdigest()[:32]}"'


def check_match(told: BaseModel) -> None:
    """End the request with 412 where `If-Match` names another state than `told`, which is the present one. Call it with
    the row locked.
    """
    wanted = request.if_match
    if wanted and not wanted.contains(etag_of(told).strip('"')):
        detail = "It has changed since you read it. Read it again, then send the change."
        stop(HTTPStatus.PRECONDITION_FAILED, "Changed meanwhile", detail)
