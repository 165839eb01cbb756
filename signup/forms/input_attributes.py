"""A question's input: one home for its attributes, for the pages (`templates/visitor/_fields.html`) and for scripts."""

from typing import Any

from signup.fields.kinds.kind import Widget
from signup.fields.kinds.text import Text
from signup.forms.question import Question

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
KEYPAD = {"type": "tel", "inputmode": "tel"}
PHONE = "phone"
"""The check of a telephone number (`checks.check`)."""


def question(field: Question) -> dict[str, Any]:
    """The field as JSON: `input` holds the attributes of each input, `options` are pairs of value and label, an input
    each; `choose` the same in one input, a select.
    """
    told: dict[str, Any] = {"key": field.key, "label": field.label}
    if field.help:
        told["help"] = field.help
    options = [[option.value, option.label] for option in field.shown_options]
    if field.kind.widget == Widget.SELECT:
        told |= {"tag": "select", "choose": [["", "–"], *options]}
    elif options:
        told["options"] = options
    elif field.kind.widget == Widget.BOX:
        told["box"] = True
    elif field.kind.widget == Widget.AREA:
        told |= {"tag": "textarea", "area": True}  # scripts that websites have pinned know the second
    told["input"] = attributes(field)
    return told


def attributes(field: Question) -> dict[str, Any]:
    """The attributes of a field's input by their names in HTML; True is one without a value."""
    autocomplete = AUTOCOMPLETE.get(field.key, "tel" if field.check_name == PHONE else "")
    given = dict(field.kind.attributes)
    if field.type == Text.name and autocomplete.endswith("tel"):
        given = {**KEYPAD, **given, **KEYPAD}  # in this order, so that the markup of published forms stays as it was
    if autocomplete and field.kind.is_autofilled:
        given["autocomplete"] = autocomplete
    if field.required and not field.kind.takes_several:  # a browser would want every box of several ticked
        given["required"] = True
    return given
