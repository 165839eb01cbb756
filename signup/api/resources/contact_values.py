"""Reads what a program gives as a contact's answers: of a field what its kind allows, else what a form could ask."""

from collections.abc import Mapping
from typing import Any

from signup.audience.form_questions import kept_keys
from signup.fields.field import FieldState, fields
from signup.fields.value import MAX_TEXT
from signup.ground.i18n import speaking


def read_values(given: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as stored (None takes one away), and what is wrong by key. `known` are the contact's present ones."""
    defined = {one.key: one for one in fields()}
    asked = {*kept_keys(), *known}
    values, problems = {}, {}
    for key, value in given.items():
        field = defined.get(key)
        try:
            if field is not None and field.state == FieldState.ACTIVE:
                with speaking("en"):
                    values[key] = None if value is None else field.shape.read(value)
            elif field is None and key in asked:
                values[key] = _plain(value)
            else:
                problems[key] = "There is no such field."
        except (ValueError, TypeError) as error:
            problems[key] = str(error) or "This value does not fit the field."
    return values, problems


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ValueError(f"At most {MAX_TEXT} characters.")
        return value.strip() or None
    if isinstance(value, list):
        if not all(isinstance(one, str) and len(one) <= MAX_TEXT for one in value):
            raise ValueError("A list of texts.")
        return value or None
    if isinstance(value, dict):
        raise ValueError("A text, a number, true or false, or a list of texts.")  # noqa: TRY004  # a value, not a type
    return value
