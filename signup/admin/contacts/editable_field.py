"""The values of a contact that an operator may change: what each is called, how it is typed, read and shown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import get_locale, gettext

from signup.access import scope
from signup.admin.fields.field_words import GROUPS
from signup.admin.segments.rule_words import catalogue
from signup.audience.rule import subject_of
from signup.contacts.contact import NAME_KEYS
from signup.contacts.value_change import LANGUAGE, NAME
from signup.fields.catalogue import nested
from signup.fields.field import Field, FieldGroup, FieldState, fields
from signup.fields.kinds.all_kinds import KINDS, Shape, kind_of
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.kind import FieldKind
from signup.fields.kinds.long_text import LongText
from signup.fields.kinds.text import Text
from signup.fields.value import MAX_TEXT
from signup.forms.question import Option, Question
from signup.ground.i18n import DEFAULT, LANGUAGES, _

MAX_SHOWN = 200
GIVEN_NAMES = set(NAME_KEYS)


class KnownField(NamedTuple):
    """One value: an answer by its key, `NAME` or `LANGUAGE`."""

    field: str
    label: str
    type: str
    options: tuple[tuple[str, str], ...] = ()
    group: str = ""
    """What it is about, in words; empty: no field of the contact database defines it."""
    help: str = ""
    shape: Shape | None = None
    """What a value of a defined field must be like."""
    is_defined: bool = False

    @property
    def kind(self) -> FieldKind:
        return KINDS[self.type]

    def read(self, given: Any) -> Any:
        """What was typed as it is stored, None for nothing. Raises `ValueError` with the message for the operator."""
        if self.shape:
            return self.shape.read(given)
        options = tuple(Option.model_construct(value=value, label=label) for value, label in self.options)
        return Question.model_construct(type=self.type, options=options).read(given)

    def shown(self, value: Any) -> str:
        """A value in words."""
        labels = dict(self.options)
        if value is None or value in ("", []):
            return "–"
        if isinstance(value, bool):
            return str(gettext("Yes") if value else gettext("No"))
        values = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(one), str(one)) for one in values)[:MAX_SHOWN]


def known_fields(values: Mapping[str, Any] | None = None) -> dict[str, KnownField]:
    """The fields, what else the forms ask, and what else a contact's `values` hold; nothing that is out of use, and
    nothing that the reader's role does not see.
    """
    return {key: known for key, known in every_field(values).items() if scope.shows(key)}


def every_field(values: Mapping[str, Any] | None = None) -> dict[str, KnownField]:
    """The same, whoever asks: what a merge must not lose."""
    kept = fields()
    out_of_use = {one.key for one in kept if one.state != FieldState.ACTIVE}
    found = {one.key: _defined(one) for one in kept if one.key not in out_of_use}
    for one in catalogue().values():
        subject = subject_of(one.subject)
        if subject.room == "answer":
            options = tuple((value, str(label)) for value, label in one.options)
            found.setdefault(subject.name, KnownField(subject.name, str(one.label), subject.kind, options))
    for field, value in (values or {}).items():
        if field not in {NAME, LANGUAGE, *out_of_use}:
            found[field] = _with_value(found.get(field), field, value)
    named = GIVEN_NAMES & {field for field in found if field in (values or GIVEN_NAMES)}
    about, languages = str(GROUPS[FieldGroup.PERSONAL]), tuple(LANGUAGES.items())
    first = {LANGUAGE: KnownField(LANGUAGE, gettext("Language"), Choice.name, languages, about, is_defined=True)}
    if not named:
        first = {NAME: KnownField(NAME, gettext("Name"), Text.name, (), about, is_defined=True), **first}
    return first | found


def _defined(one: Field) -> KnownField:
    language = str(get_locale() or DEFAULT)
    options = tuple((entry.value, "\u2003" * depth + entry.label) for entry, depth in nested(one.entries))
    type_ = KINDS[one.kind].compared_as or one.kind
    known = KnownField(one.key, one.label_in(language), type_, options, str(GROUPS[one.group]), one.help_in(language))
    return known._replace(shape=one.shape, is_defined=True)


def called(field: str, known: Mapping[str, KnownField]) -> KnownField:
    """A field that may have gone from the forms since."""
    plain = {NAME: str(_("Name")), LANGUAGE: str(_("Language"))}
    name = plain.get(field) or field.replace("_", " ").capitalize()
    return known.get(field) or KnownField(field, name, Text.name)


def _with_value(known: KnownField | None, field: str, value: Any) -> KnownField:
    """A field that takes the value a contact has, whatever the forms say today."""
    if known is None or not _fits(known.type, value):
        plain = known or called(field, {})  # what was kept before the field's rules need not fit them
        known = plain._replace(type=_type_of(value), shape=None)
    lost = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in dict(known.options)]
    if known.kind.has_options and lost:
        return known._replace(options=(*known.options, *((one, one) for one in lost)))
    return known


def _fits(type_: str, value: Any) -> bool:
    own = _type_of(value)
    return own == type_ or (own == Text.name and KINDS[type_].json_types == KINDS[own].json_types)


def _type_of(value: Any) -> str:
    is_long = isinstance(value, str) and ("\n" in value or len(value) > MAX_TEXT)
    return LongText.name if is_long else kind_of(value).name
