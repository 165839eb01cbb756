"""What operators type about an automation."""

from flask import request
from flask_babel import get_locale
from sqlalchemy import select
from wtforms import Field as InputField
from wtforms import IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, NumberRange, Optional

from signup.admin.frame.inputs import REQUIRED, Input, strip
from signup.automations.automation import Automation, AutomationKind
from signup.campaigns.letter import drawn_body
from signup.campaigns.preflight import field_problems, product_problems
from signup.fields.field import Field, FieldState
from signup.fields.kinds.day import Day
from signup.ground.db import db
from signup.ground.i18n import DEFAULT, _

LONGEST = 3650


class AutomationInput(Input):
    """One automation; the names are the table's."""

    delay_days = IntegerField(_("Days later"), [Optional(), NumberRange(0, LONGEST)], default=0)
    field = SelectField(
        _("Date field"), description=_("What people answered on a form of this list, or a file for it told.")
    )
    subject = StringField(_("Subject"), [REQUIRED, Length(max=200)], filters=[strip])
    preheader = StringField(
        _("Preview text"),
        [Length(max=200)],
        filters=[strip],
        description=_("Shown after the subject in the inbox; empty: the first words."),
    )
    body = TextAreaField(
        _("Text"),
        [REQUIRED, Length(max=50_000)],
        description=_(
            'Markdown. {{ first_name | "there" }} is the person’s first name, or “there” where it is unknown.'
        ),
    )

    def __init__(self, one: Automation) -> None:
        super().__init__(request.form, obj=one)
        self.needs_field = one.kind == AutomationKind.BIRTHDAY
        self.needs_delay = one.words.delay_days > 0
        self.field.choices = [("", ""), *date_fields()] if self.needs_field else [("", "")]

    def validate_field(self, field: InputField) -> None:
        """Check that a birthday has its date field."""
        if self.needs_field and not field.data:
            raise ValidationError(str(_("Choose the field that holds the date.")))

    def validate_subject(self, field: InputField) -> None:
        """Check the fields in it, as a campaign's."""
        _check_fields(field)

    def validate_preheader(self, field: InputField) -> None:
        """Check the fields in it, as a campaign's."""
        _check_fields(field)

    def validate_body(self, field: InputField) -> None:
        """Check the fields and the products in it, as a campaign's."""
        _check_fields(field)
        for problem in product_problems(drawn_body(field.data or "")):
            raise ValidationError(problem.text)


def _check_fields(field: InputField) -> None:
    for problem in field_problems({str(field.label.text): field.data or ""}):
        raise ValidationError(problem.text)


def date_fields() -> list[tuple[str, str]]:
    """The fields that hold a day, as options."""
    query = select(Field).where(Field.kind == Day.name, Field.state == FieldState.ACTIVE).order_by(Field.position)
    return [(one.key, one.label_in(str(get_locale() or DEFAULT))) for one in db.session.scalars(query)]
