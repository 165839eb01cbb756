"""Ends a request with problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Response, abort, jsonify
from pydantic import BaseModel, Field, ValidationError

MAX_ERRORS = 20


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(description="Where: `body.email`, `query.limit`, `header.Idempotency-Key`.")
    message: str


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    type: str = Field(description="`about:blank`: the status says it all.")
    title: str
    status: int
    detail: str = ""
    errors: list[FieldProblem] = Field(default=[], description="One for each part that is wrong.")


def stop(
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldProblem] = (),
) -> NoReturn:
    """End the request with problem details."""
    more: dict[str, Any] = {"errors": [one.model_dump() for one in errors]} if errors else {}
    answer: Response = jsonify(type="about:blank", title=title, status=int(status), detail=detail, **more)
    answer.status_code = int(status)
    answer.headers["Content-Type"] = "application/problem+json"
    answer.headers.update(headers or {})
    abort(answer)


def refuse(errors: Mapping[str, str], title: str = "Please check the request") -> NoReturn:
    """End the request with 422: what is wrong, by the place in the request."""
    found = [FieldProblem(field=place, message=message) for place, message in errors.items()]
    stop(HTTPStatus.UNPROCESSABLE_ENTITY, title, "See errors for each part.", errors=found)


def refuse_invalid(error: ValidationError, part: str) -> NoReturn:
    """End the request with 422 for what its `part` (`query` or `body`) has wrong; values are not repeated."""
    refuse(
        {".".join(map(str, (part, *one["loc"]))): one["msg"] for one in error.errors(include_input=False)[:MAX_ERRORS]}
    )


def not_found(what: str) -> NoReturn:
    """End the request with 404: the same for what is not there and for what is out of the key's reach."""
    stop(HTTPStatus.NOT_FOUND, "Not found", f"There is no such {what}, or this key does not reach it.")
