"""The values of a contact that an operator may change: what each is called, how it is typed, read and shown."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext

from signup.admin.rule_words import catalogue
from signup.audience.rule import subject_of
from signup.contacts.contact import NAME_KEYS
from signup.contacts.value_change import LANGUAGE, NAME
from signup.forms.field import FieldType, FormField, Option
from signup.i18n import LANGUAGES, _

MAX_SHOWN = 200
GIVEN_NAMES = set(NAME_KEYS)


class KnownField(NamedTuple):
    """One value: an answer by its key, `NAME` or `LANGUAGE`."""

    field: str
    label: str
    type: FieldType
    options: tuple[tuple[str, str], ...] = ()

    def read(self, given: Any) -> Any:
        """What was typed as it is stored, None for nothing. Raises `ValueError` with the message for the operator."""
        options = tuple(Option.model_construct(value=value, label=label) for value, label in self.options)
        return FormField.model_construct(type=self.type, options=options).read(given)

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
    """What the forms ask, and what else a contact's `values` hold, in the order it is asked."""
    found: dict[str, KnownField] = {}
    for one in catalogue().values():
        subject = subject_of(one.subject)
        if subject.room == "answer":
            options = tuple((value, str(label)) for value, label in one.options)
            found.setdefault(subject.name, KnownField(subject.name, str(one.label), FieldType(subject.kind), options))
    for field, value in (values or {}).items():
        if field not in {NAME, LANGUAGE}:
            found[field] = _with_value(found.get(field), field, value)
    named = GIVEN_NAMES & {field for field in found if field in (values or GIVEN_NAMES)}
    first = {} if named else {NAME: KnownField(NAME, gettext("Name"), FieldType.TEXT)}
    return {**first, **found, LANGUAGE: KnownField(LANGUAGE, gettext("Language"), FieldType.CHOICE, _languages())}


def called(field: str, known: Mapping[str, KnownField]) -> KnownField:
    """A field that may have gone from the forms since."""
    plain = {NAME: str(_("Name")), LANGUAGE: str(_("Language"))}
    name = plain.get(field) or field.replace("_", " ").capitalize()
    return known.get(field) or KnownField(field, name, FieldType.TEXT)


def _languages() -> tuple[tuple[str, str], ...]:
    return tuple(LANGUAGES.items())


def _with_value(known: KnownField | None, field: str, value: Any) -> KnownField:
    """A field that takes the value a contact has, whatever the forms say today."""
    if known is None or not _fits(known.type, value):
        known = KnownField(field, known.label if known else called(field, {}).label, _type_of(value))
    lost = [str(one) for one in (value if isinstance(value, list) else [value]) if one not in dict(known.options)]
    if known.type in {FieldType.CHOICE, FieldType.MULTI} and lost:
        return known._replace(options=(*known.options, *((one, one) for one in lost)))
    return known


def _fits(type_: FieldType, value: Any) -> bool:
    own = _type_of(value)
    return own == type_ or (own == FieldType.TEXT and type_ in {FieldType.CHOICE, FieldType.DATE})


def _type_of(value: Any) -> FieldType:
    if isinstance(value, bool):
        return FieldType.YES_NO
    if isinstance(value, list):
        return FieldType.MULTI
    return FieldType.NUMBER if isinstance(value, int | float) else FieldType.TEXT
