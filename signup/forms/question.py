"""A question as a script needs it to draw the input: the same attributes as `templates/forms/_fields.html` gives it."""

from typing import Any

from signup.contacts.value import MAX_TEXT
from signup.forms.field import FieldType, FormField

INPUT_TYPES = {FieldType.CHOICE: "radio", FieldType.MULTI: "checkbox", FieldType.YES_NO: "checkbox"}
PLAIN_TYPES = {FieldType.DATE: "date", FieldType.NUMBER: "number"}
AUTOCOMPLETE = {"first_name": "given-name", "last_name": "family-name", "name": "name"}


def question(field: FormField) -> dict[str, Any]:
    """The field as JSON: `input` holds the attributes of each input, `options` are pairs of value and label."""
    told: dict[str, Any] = {"key": field.key, "label": field.label}
    if field.help:
        told["help"] = field.help
    if field.options:
        told["options"] = [[option.value, option.label] for option in field.options]
    elif field.type == FieldType.YES_NO:
        told["box"] = True
    told["input"] = _input(field)
    return told


def _input(field: FormField) -> dict[str, Any]:
    given: dict[str, Any] = {"type": INPUT_TYPES.get(field.type) or PLAIN_TYPES.get(field.type, "text")}
    if field.type == FieldType.YES_NO:
        given["value"] = "yes"
    if field.type == FieldType.NUMBER:
        given["step"] = "any"
    if field.type == FieldType.TEXT:
        given["maxLength"] = MAX_TEXT
    if field.key in AUTOCOMPLETE:
        given["autocomplete"] = AUTOCOMPLETE[field.key]
    if field.required and field.type != FieldType.MULTI:  # a browser would want every box of several ticked
        given["required"] = True
    return given
