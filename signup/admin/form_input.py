"""The form editor's input: what an operator types about a form, as a `Definition`; its mistakes told kindly."""

import re
import unicodedata
from typing import Any

from pydantic import ValidationError as DefinitionError
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as Part
from wtforms.validators import Length

from signup.admin.inputs import REQUIRED, Input, choices, is_web_address, strip
from signup.admin.words import FIELD_TYPES
from signup.forms.field import RESERVED, FieldType, Option
from signup.forms.form import MAX_FIELDS, Definition
from signup.i18n import LANGUAGES, _
from signup.urls import origin_of

WITH_OPTIONS = {FieldType.CHOICE, FieldType.MULTI}
MAX_KEY = 40
OPT_INS = {
    "double": _("Double: a mail asks to confirm (recommended)"),
    "single": _("Single: on the list at once, without a mail"),
}


def key_from(label: str, *, separator: str = "_") -> str:
    """A stable key for a label: `Ton prénom` becomes `ton_prenom`."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", separator, plain).strip(separator)[:MAX_KEY]


class QuestionInput(Part):
    """One row of the fields' table. A row without label is no question."""

    label = StringField(_("Question"), [Length(max=200)], filters=[strip])
    type = SelectField(_("Type"), choices=choices(FIELD_TYPES.items()), default="text")
    required = BooleanField(_("Required"))
    key = StringField(
        _("Key"),
        [Length(max=MAX_KEY)],
        filters=[strip],
        description=_("Its name in exports; made from the question when empty."),
    )
    options = TextAreaField(_("Options, one a line"), [Length(max=4000)], description=_("“Label” or “key = Label”."))
    help = StringField(_("Hint"), [Length(max=200)], filters=[strip])

    def validate_key(self, field: Field) -> None:
        if self.label.data and field.data:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", field.data):
                raise ValidationError(str(_("Small letters, digits and _ only, a letter first.")))
            if field.data in RESERVED:
                raise ValidationError(str(_("This key is taken by the form itself.")))

    def validate_options(self, _field: Field) -> None:
        if self.label.data and self.type.data in WITH_OPTIONS:
            options = self.read_options()
            if not options:
                raise ValidationError(str(_("Please write at least one option.")))
            if len({option.value for option in options}) < len(options):
                raise ValidationError(str(_("Two options have the same key.")))

    def read_options(self) -> list[Option]:
        """The lines as options. Raises `ValidationError` for a line that makes no key."""
        found = []
        for line in filter(None, map(str.strip, (self.options.data or "").splitlines())):
            value, equals, label = (part.strip() for part in line.partition("="))
            if not equals:
                value, label = key_from(line, separator="-"), line
            if not re.fullmatch(r"[a-z0-9_-]{1,40}", value) or not label or len(label) > QUESTION_LENGTH:
                raise ValidationError(
                    str(_("This line makes no option: “%(line)s”. Write “key = Label”.", line=line[:40]))
                )
            found.append(Option(value=value, label=label))
        return found


QUESTION_LENGTH = 200


class FormInput(Input):
    """Everything a form version says, and the form's own name and list."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=120)],
        filters=[strip],
        description=_("For you: it names the source in reports."),
    )
    mailing_list = SelectField(_("List"), [REQUIRED], coerce=int)
    language = SelectField(
        _("Language"), choices=choices(LANGUAGES.items()), description=_("Of the form, its mails and the proof.")
    )
    title = StringField(_("Title"), [REQUIRED, Length(max=120)], filters=[strip])
    intro = TextAreaField(
        _("Introduction"), [Length(max=500)], filters=[strip], description=_("What people get, and how often.")
    )
    button = StringField(
        _("Button"), [Length(max=200)], filters=[strip], description=_("Empty: “Sign up” in the form's language.")
    )
    questions = FieldList(FormField(QuestionInput), max_entries=MAX_FIELDS)
    wording = TextAreaField(
        _("Consent wording"),
        [REQUIRED, Length(min=10, max=2000, message=_("Please write a whole sentence, at most 2,000 characters."))],
        filters=[strip],
        description=_(
            "The sentence beside the unticked box. Say who sends what, how often, and that one can leave at any time."
            " It is kept word for word with every consent."
        ),
    )
    opt_in = RadioField(_("Opt-in"), choices=choices(OPT_INS.items()), default="double")
    single_reason = StringField(
        _("Reason for single opt-in"),
        [Length(max=200)],
        filters=[strip],
        description=_("Part of the proof. Only administrators may choose it."),
    )
    lead_magnet_id = SelectField(
        _("File to give"), coerce=int, description=_("Sent after the confirmation, by a link that expires.")
    )
    allowed_origins = TextAreaField(
        _("Websites that may use it"),
        [Length(max=10_000)],
        description=_("One a line, such as https://www.example.org. Empty: only the form’s own page."),
    )
    thanks_text = TextAreaField(_("Text after sending"), [Length(max=1000)], filters=[strip])
    thanks_url = StringField(
        _("Page after sending"),
        [Length(max=500), is_web_address],
        filters=[strip],
        description=_("A page of yours instead of ours."),
    )

    def validate_allowed_origins(self, _field: Field) -> None:
        for origin in self.read_origins():
            if not origin or origin_of(origin) != origin.lower():
                raise ValidationError(
                    str(
                        _(
                            "“%(line)s” is no website. Write it as https://www.example.org, without a path.",
                            line=origin[:80],
                        )
                    )
                )

    def validate_single_reason(self, field: Field) -> None:
        if self.opt_in.data == "single" and not field.data:
            raise ValidationError(str(_("Please say why: it is part of the proof.")))

    def validate_questions(self, _field: Field) -> None:
        keys = [question["key"] for question in self.read_questions(strict=False)]
        for entry in self.questions:
            key = entry.form.key.data or key_from(entry.form.label.data or "")
            if entry.form.label.data and keys.count(key) > 1:
                entry.form.key.errors = [*entry.form.key.errors, str(_("Another question has this key."))]
                raise ValidationError(str(_("Two questions have the same key.")))

    def read_origins(self) -> list[str]:
        return [line.strip().rstrip("/") for line in (self.allowed_origins.data or "").splitlines() if line.strip()]

    def read_questions(self, *, strict: bool = True) -> list[dict[str, Any]]:
        """The rows that hold a question, as `FormField`'s values."""
        rows = [entry.form for entry in self.questions if entry.form.label.data]
        return [
            {
                "key": row.key.data or key_from(row.label.data or "") or "question",
                "type": row.type.data,
                "label": row.label.data,
                "help": row.help.data,
                "required": row.required.data,
                "options": row.read_options() if strict and row.type.data in WITH_OPTIONS else [],
            }
            for row in rows
        ]

    def definition(self, kind: str) -> Definition | None:
        """What was typed as a definition; None, with the errors on the fields, when it is none."""
        names = ("language", "title", "intro", "button", "wording", "opt_in", "thanks_text", "thanks_url")
        values: dict[str, Any] = {name: self[name].data for name in names} | {"kind": kind}
        values["single_reason"] = self.single_reason.data if self.opt_in.data == "single" else ""
        values["lead_magnet_id"] = self.lead_magnet_id.data or None
        values["allowed_origins"] = self.read_origins()
        values["fields"] = self.read_questions()
        try:
            return Definition(**values)
        except DefinitionError as error:
            for problem in error.errors():
                name = str(problem["loc"][0]) if problem["loc"] else "title"
                field = self["questions" if name == "fields" else name if name in self else "title"]
                field.errors = [*field.errors, problem["msg"].removeprefix("Value error, ")]
            return None


def fill(definition: Definition) -> dict[str, Any]:
    """A definition as the input's values."""
    values = definition.model_dump(mode="json", exclude={"fields", "kind", "allowed_origins", "lead_magnet_id"})
    values["allowed_origins"] = "\n".join(definition.allowed_origins)
    values["lead_magnet_id"] = definition.lead_magnet_id or 0
    values["questions"] = [
        field.model_dump(mode="json", exclude={"options"})
        | {"options": "\n".join(f"{option.value} = {option.label}" for option in field.options)}
        for field in definition.fields
    ]
    return values
