"""What operators type, as WTForms classes: labels, help and checks. The form editor's are in `form_input`.

CSRF is checked for every POST at the door (`door`), so that a page without an input cannot forget it.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    PasswordField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, Regexp, StopValidation

from signup.addresses.address import parse
from signup.fields.value import key_from
from signup.ground.errors import InvalidAddress
from signup.ground.i18n import _
from signup.ground.plain_text import invisible, is_break, name_of

REQUIRED = InputRequired(_("Fill in this field."))


def is_plain(_form: "Input", field: Field) -> None:
    """Refuse what cannot be seen, and a line break where there is one line."""
    found = invisible(str(field.data or ""), lines=isinstance(field, TextAreaField))
    if is_break(found):
        raise ValidationError(str(_("Enter this on one line.")))
    if found:
        text = _("This contains an invisible character (%(character)s). Please delete it.", character=name_of(found))
        raise ValidationError(str(text))


class Input(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """The base of every input: none takes a text that holds what cannot be seen."""

    class Meta:
        csrf = False

    def validate(self, extra_validators: Any = None) -> bool:
        checks: dict[str, list[Any]] = {
            name: [is_plain]
            for name, field in self._fields.items()
            if isinstance(field, StringField) and not isinstance(field, PasswordField)  # that one is kept as a hash
        }
        for name, more in (extra_validators or {}).items():
            checks[name] = [*checks.get(name, []), *more]
        return bool(super().validate(checks))


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Values and their labels, as a select takes them."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def strip(value: str | None) -> str:
    """A text without blanks around it."""
    return (value or "").strip()


def is_address(_form: Input, field: Field) -> None:
    try:
        field.data = parse(field.data or "").mailed  # a name or `mailto:` around it must not reach a header
    except InvalidAddress:
        raise ValidationError(str(_("Enter a full email address, such as ada@example.org."))) from None


def is_web_address(_form: Input, field: Field) -> None:
    try:
        parts = urlsplit(field.data or "")
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if field.data and not fine:
        raise ValidationError(str(_("Enter a full web address starting with https://.")))


class ShortNameField(StringField):
    """Left empty, it stays as it was, and is made from the name where there was none."""

    def pre_validate(self, form: BaseForm) -> None:
        self.data = self.data or self.object_data or key_from(form["name"].data or "", separator="-")
        if not self.data and not form["name"].data:
            raise StopValidation


def slug_field() -> ShortNameField:
    """What names a thing in addresses, file names and the console."""
    return ShortNameField(
        _("Short name"),
        [
            Length(max=60),
            Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*$", message=_("Use small letters, digits and hyphens.")),
        ],
        filters=[strip],
        description=_(
            "For file names and the console: small letters, digits and hyphens. Leave it empty to make it from the"
            " name."
        ),
    )
