"""What somebody who may not see whole contacts gets of an export."""

from collections.abc import Sequence
from typing import Any

from signup.addresses.address import mask
from signup.exports.columns import Column

HIDDEN = "•••"
OPEN_COLUMNS = {
    "status",
    "status_at",
    "language",
    "source",
    "opt_in",
    "signup_at",
    "confirm_at",
    "consent_text_version",
    "export_id",
}
"""What somebody who may not see whole contacts gets as it is; address and name are masked, all else is hidden."""


def masked(columns: Sequence[Column], row: list[Any]) -> list[Any]:
    """A row with its address and name masked, and all else hidden that tells who it is."""
    return [_hidden(column, value) for column, value in zip(columns, row, strict=True)]


def _hidden(column: Column, value: Any) -> Any:
    if not value or (column.name in OPEN_COLUMNS and not column.key):
        return value
    if column.name == "email":
        return mask(value)
    return f"{value[:1]}{HIDDEN}" if column.name == "name" else HIDDEN
