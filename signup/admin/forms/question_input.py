"""One row of a form's questions as an operator types it, with its key and its options."""

import re
from typing import Any

from wtforms import BooleanField, Field, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms import Form as Part
from wtforms.validators import Length

from signup.admin.frame.inputs import choices, strip
from signup.fields.catalogue import CODE
from signup.fields.kinds.all_kinds import QUESTION_TYPES
from signup.fields.value import MAX_KEY, key_from
from signup.forms.question import RESERVED, Option, Question
from signup.ground.i18n import _

WITH_OPTIONS = {name for name, kind in QUESTION_TYPES.items() if kind.has_options}
TYPES = {name: kind.label for name, kind in QUESTION_TYPES.items()}
MAX_LABEL = 200


class QuestionInput(Part):
    """One row of the fields' table. A row without label is no question."""

    label = StringField(_("Question"), [Length(max=MAX_LABEL)], filters=[strip])
    type = SelectField(_("Type"), choices=choices(TYPES.items()), default="text")
    required = BooleanField(_("Required"))
    is_later = BooleanField(_("Ask later"), description=_("After confirmation: it costs no sign-ups."))
    key = StringField(
        _("Key"),
        [Length(max=MAX_KEY)],
        filters=[strip],
        description=_("Its name in exports. Leave empty to make it from the question."),
    )
    options = TextAreaField(_("Options, one per line"), [Length(max=4000)], description=_("“Label” or “key = Label”."))
    help = StringField(_("Help text"), [Length(max=MAX_LABEL)], filters=[strip])
    check = HiddenField(validators=[Length(max=20)], filters=[strip])

    @property
    def has_options(self) -> bool:
        return self.type.data in WITH_OPTIONS

    def validate_key(self, field: Field) -> None:
        if self.label.data and field.data:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", field.data):
                raise ValidationError(str(_("Use only small letters, digits and _, starting with a letter.")))
            if field.data in RESERVED:
                raise ValidationError(str(_("The form itself uses this key.")))

    def validate_options(self, _field: Field) -> None:
        if self.label.data and self.has_options:
            options = self.read_options()
            if not options:
                raise ValidationError(str(_("Enter at least one option.")))
            if len({option.value for option in options}) < len(options):
                raise ValidationError(str(_("Two options have the same key.")))

    def read_options(self) -> list[Option]:
        """The lines as options. Raises `ValidationError` for a line that makes no key."""
        found = []
        for line in filter(None, map(str.strip, (self.options.data or "").splitlines())):
            value, equals, label = (part.strip() for part in line.partition("="))
            if not equals:
                value, label = key_from(line, separator="-"), line
            if not CODE.fullmatch(value) or not label or len(label) > MAX_LABEL:
                raise ValidationError(
                    str(_("This line is not a valid option: “%(line)s”. Write “key = Label”.", line=line[:40]))
                )
            found.append(Option(value=value, label=label))
        return found

    def read(self, *, strict: bool = True) -> dict[str, Any]:
        """The row as `Question`'s values; without `strict` leaving out options that may be wrong."""
        return {
            "key": self.key.data or key_from(self.label.data or "") or "question",
            "type": self.type.data,
            "label": self.label.data,
            "help": self.help.data,
            "required": self.required.data,
            "is_later": self.is_later.data,
            "check": self.check.data or "",
            "options": self.read_options() if strict and self.has_options else [],
        }


def row_of(question: Question) -> dict[str, Any]:
    """A question as its row's values."""
    options = "\n".join(f"{option.value} = {option.label}" for option in question.options)
    return question.model_dump(mode="json", exclude={"options"}) | {"options": options}
