"""What operators type about a field: the definition itself, its catalogue as lines, and the rates of its cost."""

import re
from typing import Any

from wtforms import BooleanField, Field, FloatField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from signup.admin.fields.cost_rates import MOST, RATES
from signup.admin.fields.field_words import GROUPS, KINDS, WITH_OPTIONS
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.admin.frame.words import CHECKS
from signup.fields import catalogue
from signup.fields.catalogue import BadLine, CatalogueEntry
from signup.fields.field import Field as Definition
from signup.fields.field import as_options
from signup.fields.value import MAX_KEY, key_from
from signup.forms.question import RESERVED
from signup.ground.i18n import LANGUAGES, _

OWN_PAGES = {"new", "advice", "rates", "measure"}
"""Keys that would stand where a page of ours is."""
OPTIONS_LENGTH = 400_000
REASONS_OF_LINES: dict[str, Any] = {
    "entry": _("Line %(line)s is not a valid entry: “%(text)s”. Write “code = Label”, or just the label."),
    "twice": _("Line %(line)s repeats a code from an earlier line: “%(text)s”."),
    "many": _("Too long from line %(line)s on: a catalogue can have up to 5,000 entries."),
}


class FieldInput(Input):
    """A field in the operator's own language; the other languages are `label_fr` … beside it."""

    seen = IntegerField(validators=[Optional()])
    label = StringField(_("Name"), [REQUIRED, Length(max=200)], filters=[strip])
    key = StringField(
        _("Key"),
        [Length(max=MAX_KEY)],
        filters=[strip],
        description=_("Its permanent name in files and rules. Leave empty to make it from the name."),
    )
    kind = SelectField(_("Type"), choices=choices(KINDS.items()), default="choice")
    reason = StringField(
        _("Why free text?"),
        [Length(max=200)],
        filters=[strip],
        description=_("Free text is hard to analyse. A choice or a catalogue is easier for everyone."),
    )
    check = SelectField(
        _("Validation"),
        choices=choices([("", _("None, or as its key suggests")), *CHECKS.items()]),
        default="",
        description=_(
            "Warns people as they type, and in an import’s dry run, about values worth checking. Rejects nothing."
        ),
    )
    options = TextAreaField(
        _("Entries, one per line"),
        [Length(max=OPTIONS_LENGTH)],
        description=_("“Label” or “code = Label”. Indent a line to nest it under the one above."),
    )
    group = SelectField(_("Group"), choices=choices(GROUPS.items()), default="personal")
    objective = SelectField(_("Objective"), default="")
    decision = StringField(
        _("What decision is it for?"),
        [Length(max=300)],
        filters=[strip],
        description=_("What will you do differently once you know it? For example: which shop’s offer someone gets."),
    )
    none_yet = BooleanField(_("None yet: remind me until there is one"))
    owner = SelectField(_("Owner"), coerce=int, default=0)
    intrusive = BooleanField(_("Sensitive: income, family, health, beliefs"))
    help = StringField(
        _("Help text"),
        [Length(max=200)],
        filters=[strip],
        description=_("Shown next to it, on forms and in the admin."),
    )
    position = IntegerField(_("Position in its group"), [Optional(), NumberRange(0, 10_000)])

    def validate_key(self, field: Field) -> None:
        key = field.data or key_from(self.label.data or "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key):
            raise ValidationError(str(_("Use only small letters, digits and _, starting with a letter.")))
        if key in RESERVED | OWN_PAGES:
            raise ValidationError(str(_("This key is taken.")))

    def validate_reason(self, field: Field) -> None:
        if self.kind.data == "text" and not field.data:
            raise ValidationError(str(_("Say why this cannot be a choice, or pick another type.")))

    def validate_decision(self, field: Field) -> None:
        if not field.data and not self.none_yet.data:
            raise ValidationError(str(_("Say what decision it is for, or tick “None yet”.")))

    def validate_options(self, field: Field) -> None:
        if self.kind.data not in WITH_OPTIONS:
            return
        try:
            entries = catalogue.parse(field.data or "")
        except BadLine as error:
            told = str(REASONS_OF_LINES[error.reason]).replace("%(line)s", str(error.line))
            raise ValidationError(told.replace("%(text)s", error.text)) from None
        if not entries:
            raise ValidationError(str(_("Enter at least one option.")))
        if any(entry.parent for entry in entries) and self.kind.data != "catalogue":
            raise ValidationError(str(_("Only a catalogue can be nested: remove the indents, or change the type.")))

    def entries(self) -> list[CatalogueEntry]:
        """The entries as typed; none for a kind without."""
        return catalogue.parse(self.options.data or "") if self.kind.data in WITH_OPTIONS else []

    def read(self, language: str, labels: dict[str, str], before: Definition | None) -> dict[str, Any]:
        """The columns as typed. `labels` are the names in the other languages."""
        said = {code: text for code, text in labels.items() if text and code in LANGUAGES}
        helps = dict(before.helps) if before else {}
        return {
            "kind": self.kind.data,
            "labels": said | {language: self.label.data},
            "helps": {**helps, language: self.help.data} if self.help.data else {**helps, language: ""},
            "reason": self.reason.data if self.kind.data == "text" else "",
            "check": self.check.data if self.kind.data == "text" else "",
            "options": as_options(self.entries()),
            "group": self.group.data,
            "objective": self.objective.data,
            "decision": "" if self.none_yet.data else self.decision.data,
            "owner_id": self.owner.data or None,
            "intrusive": self.intrusive.data,
        }


def values_of(field: Definition, language: str) -> dict[str, Any]:
    """A field as the input's values."""
    return {
        "seen": field.revision,
        "label": field.label_in(language),
        "key": field.key,
        "kind": field.kind,
        "reason": field.reason,
        "check": field.check,
        "options": catalogue.to_text(field.entries) if field.kind in WITH_OPTIONS else "",
        "group": field.group,
        "objective": field.objective,
        "decision": field.decision,
        "none_yet": field.is_undecided,
        "owner": field.owner_id or 0,
        "intrusive": field.intrusive,
        "help": field.help_in(language),
        "position": field.position,
    }


def _rate(name: str) -> FloatField:
    kind = RATES[name]
    return FloatField(kind.label, [REQUIRED, NumberRange(0, MOST)], description=kind.unit)


class RatesInput(Input):
    typed = _rate("typed")
    chosen = _rate("chosen")
    upkeep = _rate("upkeep")
    hour = _rate("hour")
    gigabyte = _rate("gigabyte")
    recipient = _rate("recipient")
