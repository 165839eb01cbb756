"""Asks what the contact database is for and for whom, and proposes the few fields that this takes."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy.exc import IntegrityError
from wtforms import RadioField, SelectField, StringField, ValidationError
from wtforms.validators import Length

from signup.access import audit
from signup.admin.fields import field_words
from signup.admin.fields.fields import budget_of
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.fields import objective
from signup.fields.field import BUDGET, define, fields
from signup.fields.field_preset import PRESETS, proposed, values_of
from signup.fields.kinds.text import Text
from signup.ground.db import db, transaction
from signup.ground.i18n import _


class PurposeInput(Input):
    main = RadioField(_("Main objective"), [REQUIRED], choices=choices(field_words.OBJECTIVES.items()))
    second = SelectField(_("Second"), default="")
    third = SelectField(_("Third"), default="")
    own = StringField(_("In your own words"), [Length(max=120)], filters=[strip])
    audience = RadioField(
        _("Who is it about?"), [REQUIRED], choices=choices(field_words.AUDIENCES.items()), default="people"
    )

    @property
    def ranked(self) -> list[str]:
        return [name for name in (self.main.data, self.second.data, self.third.data) if name]

    def validate_third(self, field: SelectField) -> None:
        if len(set(self.ranked)) < len(self.ranked):
            raise ValidationError(str(gettext("Choose each objective only once.")))
        if field.data and not self.second.data:
            raise ValidationError(str(gettext("Choose the second one first.")))

    def validate_own(self, field: StringField) -> None:
        if "own" in self.ranked and not field.data:
            raise ValidationError(str(gettext("Describe it in a few words.")))


def setup() -> ResponseReturnValue:
    """Objectives: one main one, at most two more."""
    held = objective.purpose()
    values = {name: getattr(held, name) for name in ("main", "second", "third", "own", "audience")} if held else {}
    typed = PurposeInput(data=values)
    others = choices([("", gettext("None")), *field_words.OBJECTIVES.items()])
    typed.second.choices = typed.third.choices = others
    if request.method == "POST" and typed.validate():
        operator = door.operator()
        with transaction():
            made = objective.choose(typed.ranked, typed.own.data or "", typed.audience.data, operator.address)
            if held is None or made.id != held.id:
                audit.note(operator, "objectives-chosen", made.main, others=made.ranked[1:], audience=made.audience)
        return redirect(url_for("admin.setup_fields"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    page = render_template(
        "admin/fields/setup.html", typed=typed, held=held, history=objective.history(), said=field_words
    )
    return page, status


def setup_fields() -> ResponseReturnValue:
    """The fields that these objectives take: accepted or declined one by one."""
    held = objective.purpose()
    if held is None:
        return redirect(url_for("admin.setup"), HTTPStatus.SEE_OTHER)
    offered = proposed(held.ranked, held.audience)
    if request.method == "POST":
        chosen = set(request.form.getlist("field"))
        made = [key for key, goal in offered if key in chosen and _accept(key, goal)]
        flash(
            ngettext("%(num)s field added.", "%(num)s fields added.", len(made))
            if made
            else gettext("No fields added.")
        )
        return redirect(url_for("admin.fields"), HTTPStatus.SEE_OTHER)
    known = fields()
    return render_template(
        "admin/fields/setup_fields.html",
        offered=[(key, PRESETS[key], goal) for key, goal in offered],
        there={one.key for one in known},
        budget=budget_of(known),
        most=BUDGET,
        held=held,
        said=field_words,
    )


def _accept(key: str, goal: str) -> bool:
    """Add a proposed field with the decision that was read; False when it is there already."""
    preset = PRESETS[key]
    words = {
        "reason": str(field_words.REASONS[preset.reason]) if preset.kind == Text.name else "",
        "decision": request.form.get(f"decision_{key}", "").strip()[:300],
        "objective": goal,
        "owner_id": door.operator().id,
    }
    try:
        with transaction():
            define(**values_of(key, language()), **words)
            audit.note(door.operator(), "field-added", key, proposed=True)
    except IntegrityError:  # two operators at once, or the field is there from before
        db.session.rollback()
        return False
    return True
