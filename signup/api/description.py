"""Describes the API: OpenAPI 3.1, made from the declarations of the endpoints, and a page to read.

The page is ours and has no script: a viewer of a megabyte would say no more, and this one prints, searches and works on
a phone.
"""

import json
from functools import cache
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from signup import __version__
from signup.api.endpoint import ENDPOINTS, Endpoint, PathText
from signup.api.idempotency import ALLOWED, HEADER, MAX_LENGTH
from signup.api.problem import Problem
from signup.ground.urls import settings

REF = "#/components/schemas/{model}"
MAX_PART = 60
PROBLEMS = {
    400: "The body is not JSON.",
    401: "No key, or no valid one; the same answer for both.",
    403: "The key lacks the scope.",
    404: "Not there, or out of the key’s reach; the same answer for both.",
    409: "Not as things are now: `detail` says why.",
    412: "It has changed since you read it.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is not sent as `application/json`.",
    422: "Something in the request is wrong: `errors` says where.",
    429: "Too many requests: `Retry-After` says when to go on.",
}
INTRO = """Start sign-ups, read and change contacts, follow what happens. Requests and answers are JSON; times are
ISO 8601 in UTC; errors are problem details (RFC 9457). Unknown names in a request are refused. Lists come in pages:
give `next` as `cursor`. Send `Authorization: Bearer KEY`; keys are made in the admin under *Settings → API keys*."""


@cache
def openapi() -> dict[str, Any]:
    """The description, but for the address of this server."""
    models: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization")]
    for one in ENDPOINTS:
        models += [(one.body, "validation")] if one.body else []
        models += [(one.answer, "serialization")] if one.answer else []
    refs, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=REF)
    paths: dict[str, Any] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sign-up API", "version": __version__, "description": INTRO, "license": {"name": "MIT"}},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`signup_live_…`"}},
        },
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in ENDPOINTS)],
    }


def openapi_json() -> Response:
    """GET /api/v1/openapi.json: open to all, as it says nothing about anybody."""
    described = openapi() | {"servers": [{"url": f"{settings().public_url.rstrip('/')}/api/v1"}]}
    response = Response(json.dumps(described, ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response


def page() -> ResponseReturnValue:
    """GET /api/docs: the same, to read."""
    tags = {tag: [one for one in ENDPOINTS if one.tag == tag] for tag in dict.fromkeys(one.tag for one in ENDPOINTS)}
    base = settings().public_url.rstrip("/")
    return render_template("api/docs.html", tags=tags, described=openapi(), base=base, with_code=_with_code)


def _with_code(text: str) -> Markup:
    """A description whose `quoted` names are set as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(one) if n % 2 else one for n, one in enumerate(parts))


def _operation(one: Endpoint, refs: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": one.description,
        "tags": [one.tag],
        "parameters": [*_path_parts(one), *_query_parts(one), *_headers(one)],
        "responses": {str(int(one.status)): _success(one, refs), **_problems(one, refs)},
    }
    if one.scope:
        told["x-scope"] = one.scope.value
    if one.body:
        content = {"application/json": {"schema": refs[one.body, "validation"]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _path_parts(one: Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": MAX_PART, "pattern": "^[A-Za-z0-9._-]+$"}
    shapes: dict[Any, dict[str, Any]] = {UUID: {"type": "string", "format": "uuid"}, str: text, PathText: text}
    return [{"name": name, "in": "path", "required": True, "schema": shapes[kind]} for name, kind in one.parts.items()]


def _query_parts(one: Endpoint) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema(ref_template=REF)
    found = []
    for name, shape in schema["properties"].items():
        described = {key: value for key, value in shape.items() if key not in {"title", "description"}}
        if "anyOf" in described:  # an absent parameter is no null
            described = {**described.pop("anyOf")[0], **described}
            described.pop("default", None)
        part = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": described}
        found.append(part | ({"description": shape["description"]} if "description" in shape else {}))
    return found


def _headers(one: Endpoint) -> list[dict[str, Any]]:
    found = []
    if one.method == "POST":
        shape = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": f"^{ALLOWED}$"}
        text = "Any text of your own, for a day: sent again with the same request it gives the same answer."
        found.append({"name": HEADER, "in": "header", "required": False, "schema": shape, "description": text})
    if one.method == "PATCH":
        shape = {"type": "string"}
        text = "The ETag of what you read: 412 if it has changed since."
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": shape, "description": text})
    return found


def _success(one: Endpoint, refs: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"description": "Done."}
    headers = {"RateLimit": "How many requests are left in this minute, and for how many seconds.", **_tagged(one)}
    told["headers"] = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    if one.answer:
        told["content"] = {"application/json": {"schema": refs[one.answer, "serialization"]}}
    return told


def _tagged(one: Endpoint) -> dict[str, str]:
    return {"ETag": "Changes when anything in the answer does."} if one.is_tagged else {}


def _problems(one: Endpoint, refs: Any) -> dict[str, Any]:
    has_body, codes = one.body is not None, {401, 403, 422, 429}
    codes |= {400, 413, 415} if has_body else set()
    codes |= {414} if one.query is not None else set()
    codes |= {404} if one.parts or one.query or has_body else set()
    codes |= {409} if one.method == "POST" else set()
    codes |= {412} if one.method == "PATCH" else set()
    if one.is_tagged and one.method == "GET":
        codes |= {304}
    content = {"application/problem+json": {"schema": refs[Problem, "serialization"]}}
    known = PROBLEMS | {304: "As you have it: `If-None-Match` names the present ETag."}
    without = {304, 414}  # the second is the web server's, which does not know our way of telling
    return {
        str(code): {"description": known[code]} | ({} if code in without else {"content": content})
        for code in sorted(codes)
    }
