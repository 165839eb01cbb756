"""What all models of the API have in common."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters but tab and line end: neither a database nor a mail keeps them."""


class Shape(BaseModel):
    """The base of what a client sends: unknown names are refused, each by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """The base of what we answer. A client ignores names that it does not know: there may be more one day."""

    model_config = ConfigDict(frozen=True)


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(_in_utc, return_type=str, when_used="json"), Field(description="In UTC.")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=300)]
Text = Annotated[str, StringConstraints(pattern=PRINTABLE, max_length=4_000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
EmailText = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$", min_length=3, max_length=254)
]
Values = Annotated[dict[str, Any], Field(description="Answers by the key of their field.")]


class PageOf(Told):
    """A page of a list. `next` is absent on the last one."""

    next: str | None = Field(default=None, description="Give it as `cursor` to get the next page.")


class PageQuery(Shape):
    """Which page of a list."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=100, description="`next` of the page before.")
