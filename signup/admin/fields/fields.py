"""The fields of the contact database: the list by group with how filled each is, the advisor, its rates, the CSV."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit
from signup.access.operator import Operator
from signup.admin.fields import field_words
from signup.admin.fields.cost_rates import RATES, rates, set_rates
from signup.admin.fields.field_advice import TONES, VERDICTS, advise
from signup.admin.fields.field_cost import upkeep_minutes
from signup.admin.fields.field_input import RatesInput
from signup.admin.frame import door
from signup.admin.frame.formatting import language
from signup.counts.tally import Measure, totals
from signup.exports.people_csv import csv_text
from signup.fields import field_figure, objective
from signup.fields.field import BUDGET, Field, FieldGroup, FieldState
from signup.fields.field import fields as all_fields
from signup.fields.field_figure import FieldFigure, figures
from signup.forms.form import Form
from signup.forms.question import Question
from signup.ground.db import db, transaction


@dataclass(frozen=True)
class Undefined:
    """A key that contacts hold or forms ask and that no field defines."""

    key: str
    label: str
    figure: FieldFigure | None


@dataclass(frozen=True)
class Budget:
    """How many fields are in use, and the minutes a month that keeping them costs."""

    n: int
    minutes: float

    @property
    def is_over(self) -> bool:
        return self.n > BUDGET


def fields() -> ResponseReturnValue:
    known, found = all_fields(), figures()
    by_group = {
        group: [one for one in known if one.group == group and one.state == FieldState.ACTIVE] for group in FieldGroup
    }
    return render_template(
        "admin/fields/fields.html",
        by_group=by_group,
        out_of_use=[one for one in known if one.state != FieldState.ACTIVE],
        figures=found,
        measured=measured(found),
        measured_at=field_figure.last_measured(),
        undefined=undefined(known, found),
        budget=budget_of(known),
        most=BUDGET,
        purpose=objective.purpose(),
        said=field_words,
        language=language(),
    )


def owners() -> dict[int, str]:
    """Who may keep a field in order, by id."""
    rows = db.session.scalars(select(Operator).where(Operator.disabled_at.is_(None)).order_by(Operator.address_key))
    return {row.id: row.name or row.address for row in rows}


def measured(found: dict[str, FieldFigure]) -> FieldFigure | None:
    """Any of the figures: they are of one moment and one look."""
    return next(iter(found.values()), None)


def budget_of(known: list[Field]) -> Budget:
    n = sum(one.state == FieldState.ACTIVE for one in known)
    return Budget(n, upkeep_minutes(n, sum(totals(Measure.STANDING).values()), rates()))


def asked_questions() -> dict[str, Question]:
    """Every question of the forms as they are now, by key; of two, the older form's."""
    found: dict[str, Question] = {}
    for form in db.session.scalars(select(Form).where(Form.version_id.is_not(None)).order_by(Form.id)):
        for question in form.version.definition.fields:
            found.setdefault(question.key, question)
    return found


def undefined(known: list[Field], found: dict[str, FieldFigure]) -> list[Undefined]:
    """What contacts hold or forms ask without a field, the fullest first."""
    defined, asked = {one.key for one in known}, asked_questions()
    keys = [key for key in {*asked, *found} if key not in defined]
    rows = [
        Undefined(key, asked[key].label if key in asked else key.replace("_", " ").capitalize(), found.get(key))
        for key in keys
    ]
    return sorted(rows, key=lambda row: (-(row.figure.filled if row.figure else 0), row.key))


def fields_csv() -> ResponseReturnValue:
    """The fields with their figures, one line each."""
    found, names = figures(), owners()
    lines: list[list[Any]] = [
        ["key", "name", "kind", "group", "state", "objective", "decision", "owner", "filled", "different"]
    ]
    for one in all_fields():
        figure = found.get(one.key)
        filled = [round(figure.share, 4), figure.different] if figure else ["", ""]
        about = [one.key, one.label_in(language()), one.kind, one.group, one.state, one.objective, one.decision]
        lines.append([*about, names.get(one.owner_id or 0, ""), *filled])
    headers = {"Content-Disposition": 'attachment; filename="fields.csv"'}
    return Response(csv_text(*lines), content_type="text/csv; charset=utf-8", headers=headers)


def fields_measure() -> ResponseReturnValue:
    """Compute the figures now."""
    field_figure.measure()
    flash(_("The numbers are up to date."))
    return redirect(url_for("admin.fields"), HTTPStatus.SEE_OTHER)


def field_advice() -> ResponseReturnValue:
    return _advice_page(RatesInput(formdata=None, data=rates()))


def field_rates() -> ResponseReturnValue:
    """Reckon with other rates from now on."""
    typed = RatesInput()
    if not typed.validate():
        return _advice_page(typed), HTTPStatus.UNPROCESSABLE_ENTITY
    with transaction():
        set_rates({name: typed[name].data for name in RATES})
        audit.note(door.operator(), "rates-changed")
    flash(_("The costs now use these rates."))
    return redirect(url_for("admin.field_advice"), HTTPStatus.SEE_OTHER)


def _advice_page(typed: RatesInput) -> str:
    advices = advise(language())
    shown: dict[str, Any] = {"verdicts": VERDICTS, "tones": TONES, "names": list(RATES), "said": field_words}
    return render_template(
        "admin/fields/field_advice.html",
        advices=advices,
        owners=owners(),
        typed=typed,
        measured=measured(figures()),
        measured_at=field_figure.last_measured(),
        budget=budget_of(all_fields()),
        language=language(),
        **shown,
    )
