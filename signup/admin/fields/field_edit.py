"""One field: defined, changed, asked what it costs, and its catalogue searched."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from signup.access import audit
from signup.admin.fields import field_words
from signup.admin.fields.cost_rates import rates
from signup.admin.fields.field_cost import compute_cost
from signup.admin.fields.field_input import FieldInput, values_of
from signup.admin.fields.field_use import uses
from signup.admin.fields.fields import asked_questions, budget_of, owners
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.frame.inputs import choices
from signup.fields import catalogue, objective, value_archive
from signup.fields.field import BUDGET, Field, FieldState, change, checks, define, fields, find_field
from signup.fields.field_figure import figures, kind_held
from signup.fields.field_preset import PRESETS
from signup.fields.field_preset import values_of as preset_values
from signup.fields.kinds.all_kinds import FIELD_KINDS, KINDS
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.nested_choice import Catalogue
from signup.fields.kinds.phone import Phone
from signup.fields.kinds.text import Text
from signup.fields.kinds.url import Url
from signup.fields.value import key_from
from signup.ground.db import transaction
from signup.ground.i18n import LANGUAGES

MAX_FOUND = 200
ALIKE = (
    {Choice.name, Catalogue.name},
    {Text.name, Phone.name, Url.name},
)
"""Kinds whose values are kept alike: one may become the other."""


def field_new() -> ResponseReturnValue:
    """A new one; `?key=` starts from a form's question or from what contacts hold, `?preset=` from a preset."""
    return _edit(None, _start(request.args.get("key", ""), request.args.get("preset", "")))


def field_edit(key: str) -> ResponseReturnValue:
    field = find_field(key)
    return _edit(field, values_of(field, language()))


def _start(key: str, preset: str) -> dict[str, Any]:
    held = objective.purpose()
    values: dict[str, Any] = {"objective": held.main if held else "", "owner": door.operator().id}
    if preset in PRESETS:
        made = preset_values(preset, language())
        lines = catalogue.to_text(catalogue.CatalogueEntry(one["value"], one["label"]) for one in made["options"])
        decision = str(field_words.DECISIONS.get(preset, ""))
        reason = str(field_words.REASONS[PRESETS[preset].reason]) if made["kind"] == Text.name else ""
        return (
            values
            | made
            | {"label": str(PRESETS[preset].label), "options": lines, "decision": decision}
            | {"reason": reason}
        )
    if question := asked_questions().get(key):
        lines = catalogue.to_text(catalogue.CatalogueEntry(one.value, one.label) for one in question.options)
        asked = {
            "label": question.label,
            "kind": question.type if question.type in FIELD_KINDS else KINDS[question.type].compared_as,
            "help": question.help,
            "options": lines,
        }
        return values | asked | {"key": key}
    if kind := kind_held(key):
        return values | {"key": key, "label": key.replace("_", " ").capitalize(), "kind": kind}
    return values


def _edit(field: Field | None, values: dict[str, Any]) -> ResponseReturnValue:
    typed = _input(values)
    overtaken = False
    if request.method == "POST":
        if field is not None:
            typed.key.data = field.key  # for good: values stand under it
        if typed.validate():
            saved = _add(typed) if field is None else _save(field, typed)
            if saved:
                return redirect(url_for("admin.field_edit", key=saved), HTTPStatus.SEE_OTHER)
            overtaken = field is not None
            if field is not None:  # once told, they may save over what somebody else did
                typed.seen.data, typed.seen.raw_data = find_field(field.key).revision, None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors or overtaken else HTTPStatus.OK
    return render_template("admin/fields/field_edit.html", typed=typed, **_shown(field), overtaken=overtaken), status


def _input(values: dict[str, Any]) -> FieldInput:
    typed = FieldInput(data=values)
    held = objective.purpose()
    ranked = list(dict.fromkeys([*(held.ranked if held else ()), *objective.Objective]))
    pairs = [(name, field_words.objective(name, held)) for name in ranked]
    typed.objective.choices = choices([("", _("None in particular")), *pairs])
    typed.owner.choices = choices([(0, _("Nobody")), *owners().items()])
    return typed


def _shown(field: Field | None) -> dict[str, Any]:
    """What stands beside the input: use, cost, values kept apart, entries found."""
    known = fields()
    shown: dict[str, Any] = {
        "field": field,
        "said": field_words,
        "languages": LANGUAGES,
        "language": language(),
        "most": BUDGET,
    }
    shown |= {"budget": budget_of(known), "labels": _labels(field)}
    if field is None:
        presets = [(key, one) for key, one in PRESETS.items() if key not in {row.key for row in known}]
        return shown | {"presets": presets}
    figure, use = figures().get(field.key), uses([field.key])[field.key]
    wanted = request.args.get("q", "")[:60]
    found = catalogue.search(field.entries, wanted) if wanted else []
    return shown | {
        "check": checks().get(field.key, ""),
        "figure": figure,
        "use": use,
        "cost": compute_cost(field.key, field.kind, figure, use, rates()),
        "kept": value_archive.count_archived(field.id) if field.state != FieldState.ACTIVE else 0,
        "q": wanted,
        "found": found[:MAX_FOUND],
        "owners": owners(),
    }


def _labels(field: Field | None) -> dict[str, str]:
    """The names in the other languages, as typed or as they are."""
    others = [code for code in LANGUAGES if code != language()]
    held = field.labels if field else {}
    return {code: request.form.get(f"label_{code}", str(held.get(code, ""))).strip()[:200] for code in others}


def _add(typed: FieldInput) -> str:
    """The key of the new field; empty, with the error beside it, when the key is taken."""
    key = typed.key.data or key_from(typed.label.data or "")
    try:
        with transaction():
            made = define(key=key, **typed.read(language(), _labels(None), None))
            audit.note(door.operator(), "field-added", key, kind=made.kind, group=made.group)
    except IntegrityError:
        typed.key.errors = [_("Another field has this key.")]
        return ""
    flash(_("The field has been added. Forms, imports and segments can use it from now on."))
    return key


def _save(field: Field, typed: FieldInput) -> str:
    values = typed.read(language(), _labels(field), field)
    if typed.position.data is not None:
        values["position"] = typed.position.data
    if problem := _lost(field, values):
        typed.kind.errors = [problem]
        return ""
    before = {name: getattr(field, name) for name in values}
    with transaction():
        if is_saved := change(field, typed.seen.data or 0, **values):
            audit.note(door.operator(), "field-changed", field.key, **audit.change(before, values))
    if is_saved:
        flash(_("Saved."))
    return field.key if is_saved else ""


def _lost(field: Field, values: dict[str, Any]) -> str:
    """Why the kind cannot be changed like this; empty when it can."""
    figure = figures().get(field.key)
    if values["kind"] == field.kind or figure is None or not figure.filled:
        return ""
    if field.kind == Text.name and values["kind"] in {Choice.name, Catalogue.name}:
        return ""
    kinds = {field.kind, values["kind"]}
    if any(kinds <= like for like in ALIKE) or values["kind"] == Text.name:
        return ""
    return str(_("Contacts already have values of the old type. Add a new field and retire this one."))
