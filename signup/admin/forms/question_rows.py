"""The rows of the editor's questions: adding, moving and removing one; nothing is saved."""

from typing import Any

from flask import request

from signup.admin.forms.form_input import FormInput
from signup.fields.catalogue import nested, to_text
from signup.fields.field import Field, active, fields
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.drop_down import DropDown
from signup.fields.kinds.kind import Widget
from signup.fields.value import key_from
from signup.forms.form import Form
from signup.forms.question import Question

BLANK = {
    "label": "",
    "type": "text",
    "required": False,
    "is_later": False,
    "key": "",
    "options": "",
    "help": "",
    "check": "",
}
MAX_OPTIONS = 50
"""A longer list is no question for a form: nobody reads it."""
MANY_OPTIONS = 12
"""More than these take less room in a list that opens."""
VERBS = ("add", "defined", "remove", "up", "down")


def offered_fields(typed: FormInput) -> list[Field]:
    """The fields of the contact database that the form does not ask yet and that a form can ask."""
    asked = {row["key"] or key_from(row["label"] or "") for row in typed.questions.data}
    return [one for one in active() if one.key not in asked and len(one.options) <= MAX_OPTIONS]


def questions_without_field(form: Form | None) -> list[Question]:
    """The form's questions that no field defines yet."""
    known = {one.key for one in fields()}
    asked = form.version.definition.fields if form and form.version_id else ()
    return [one for one in asked if one.key not in known]


def rearrange(typed: FormInput, do: str) -> None:
    """Do `add`, `defined` (add a field's question), `remove:N`, `up:N` or `down:N`."""
    rows = [dict(row) for row in typed.questions.data]
    verb, _colon, number = do.partition(":")
    place = int(number) if number.isdecimal() and int(number) < len(rows) else None
    if verb == "add":
        rows.append(dict(BLANK))
    elif verb == "defined":
        wanted = request.form.get("defined", "")
        rows += [_row_of(one, typed.language.data or "en") for one in offered_fields(typed) if one.key == wanted]
    elif place is not None and verb == "remove":
        del rows[place]
    elif place is not None and verb in {"up", "down"}:
        target = max(0, min(len(rows) - 1, place + (-1 if verb == "up" else 1)))
        rows.insert(target, rows.pop(place))
    while typed.questions.entries:
        typed.questions.pop_entry()
    for row in rows[: typed.questions.max_entries]:
        typed.questions.append_entry(row)


def _row_of(field: Field, language: str) -> dict[str, Any]:
    """A field as a question: a year is a number that is checked, an entry of a catalogue a choice."""
    kind = KINDS[field.kind]
    entries = [entry for entry, _depth in nested(field.entries)] if kind.has_options else []
    as_list = kind.widget == Widget.RADIOS and len(entries) > MANY_OPTIONS
    return {
        **BLANK,
        "label": field.label_in(language),
        "help": field.help_in(language),
        "key": field.key,
        "type": DropDown.name if as_list else kind.asked_as or field.kind,
        "check": kind.check or field.check,
        "options": to_text(entry._replace(parent="") for entry in entries),
    }
