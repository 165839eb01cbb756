"""A question's input: one home for its attributes, for the pages (`templates/visitor/_fields.html`) and for scripts."""

from typing import Any

from signup.fields.kinds.long_text import MAX_LONG_TEXT
from signup.fields.value import MAX_TEXT
from signup.forms.question import FieldType, Question

INPUT_TYPES = {
    FieldType.CHOICE: "radio",
    FieldType.MULTI: "checkbox",
    FieldType.YES_NO: "checkbox",
    FieldType.DATE: "date",
    FieldType.NUMBER: "number",
}
LENGTHS = {FieldType.TEXT: MAX_TEXT, FieldType.LONG_TEXT: MAX_LONG_TEXT}
# What a browser may fill in (HTML, 4.10.18.7), by the keys that questions have or get from their labels.
AUTOCOMPLETE = {
    "first_name": "given-name",
    "prenom": "given-name",
    "vorname": "given-name",
    "voornaam": "given-name",
    "last_name": "family-name",
    "nachname": "family-name",
    "name": "name",
    "company": "organization",
    "job": "organization-title",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
    "birthday": "bday",
    **dict.fromkeys(
        ("phone", "mobile", "telephone", "telefon", "telefoon", "telefono", "tel", "handy", "mobil"), "tel"
    ),
    "company_phone": "work tel",
}
PHONE = "phone"
"""The check of a telephone number (`checks.check`)."""


def question(field: Question) -> dict[str, Any]:
    """The field as JSON: `input` holds the attributes of each input, `options` are pairs of value and label."""
    told: dict[str, Any] = {"key": field.key, "label": field.label}
    if field.help:
        told["help"] = field.help
    if field.options:
        told["options"] = [[option.value, option.label] for option in field.options]
    elif field.type == FieldType.YES_NO:
        told["box"] = True
    elif field.type == FieldType.LONG_TEXT:
        told["area"] = True
    told["input"] = attributes(field)
    return told


def attributes(field: Question) -> dict[str, Any]:
    """The attributes of a field's input by their names in HTML; True is one without a value."""
    autocomplete = AUTOCOMPLETE.get(field.key, "tel" if field.check == PHONE else "")
    given: dict[str, Any] = {}
    if field.type == FieldType.LONG_TEXT:
        given["rows"] = 5
    elif field.type == FieldType.TEXT and autocomplete.endswith("tel"):
        given |= {"type": "tel", "inputmode": "tel"}
    else:
        given["type"] = INPUT_TYPES.get(field.type, "text")
    if field.type == FieldType.YES_NO:
        given["value"] = "yes"
    if field.type == FieldType.NUMBER:
        given |= {"step": "any", "inputmode": "decimal"}
    if field.type in LENGTHS:
        given["maxlength"] = LENGTHS[field.type]
    if autocomplete and field.type in {FieldType.TEXT, FieldType.DATE}:
        given["autocomplete"] = autocomplete
    if field.required and field.type != FieldType.MULTI:  # a browser would want every box of several ticked
        given["required"] = True
    return given
