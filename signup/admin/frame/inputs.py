"""What operators type, as WTForms classes: labels, help and checks. The form editor's are in `form_input`.

CSRF is checked for every POST at the door (`door`), so that a page without an input cannot forget it.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Regexp

from signup.addresses.address import MAX_LENGTH, parse
from signup.admin.frame.country_choice import countries
from signup.ground.errors import InvalidAddress
from signup.ground.i18n import LANGUAGES, _
from signup.ground.plain_text import invisible, is_break, name_of
from signup.imports.readers.encoding import ENCODINGS

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


def is_sender_address(form: Input, field: Field) -> None:
    """As `is_address`. A sender's name before the @ is plain ASCII: any relay must take it (RFC 5321, not 6531)."""
    is_address(form, field)
    if not (field.data or "").rpartition("@")[0].isascii():
        text = _("Use a sender without accents before the @: many mail servers accept no other.")
        raise ValidationError(str(text))


def is_web_address(_form: Input, field: Field) -> None:
    try:
        parts = urlsplit(field.data or "")
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fine = False
    if field.data and not fine:
        raise ValidationError(str(_("Enter a full web address starting with https://.")))


def slug_field() -> StringField:
    """What names a thing in addresses, file names and the console."""
    return StringField(
        _("Short name"),
        [
            REQUIRED,
            Length(max=60),
            Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*$", message=_("Use small letters, digits and hyphens.")),
        ],
        filters=[strip],
        description=_("For file names and the console: small letters, digits and hyphens."),
    )


class ListInput(Input):
    """One mailing list; the names are the table's."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=120)],
        filters=[strip],
        description=_("What people see in emails and on the preferences page."),
    )
    slug = slug_field()
    description = TextAreaField(
        _("Description"),
        [Length(max=500)],
        filters=[strip],
        description=_("One sentence: what you send, and how often."),
    )
    language = SelectField(
        _("Language"), choices=choices(LANGUAGES.items()), description=_("The language of its emails.")
    )
    sender_name = StringField(
        _("Sender name"),
        [REQUIRED, Length(max=120)],
        filters=[strip],
        description=_("Shown as the sender of every email."),
    )
    sender_address = EmailField(
        _("Sender address"),
        [REQUIRED, is_sender_address],
        filters=[strip],
        description=_("An address at your own domain that someone reads."),
    )
    controller = StringField(
        _("Controller"),
        [REQUIRED, Length(max=200)],
        filters=[strip],
        description=_("The company or person responsible for the data (GDPR article 13)."),
    )
    privacy_url = StringField(
        _("Privacy page"),
        [REQUIRED, Length(max=500), is_web_address],
        filters=[strip],
        description=_("Linked next to the consent box and in emails."),
    )
    country = SelectField(
        _("Default country"),
        default="",
        choices=lambda: choices(countries().items()),
        description=_("Used when a file or form names none: phone numbers and regions need a country."),
    )
    postal_address = TextAreaField(
        _("Postal address"),
        [Length(max=300)],
        filters=[strip],
        description=_("Many countries require one at the bottom of emails."),
    )

    def values(self) -> dict[str, Any]:
        """The columns as typed."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class ExportInput(Input):
    mailing_list = SelectField(_("List"), [REQUIRED])
    segment = SelectField(_("Segment"), default="", description=_("Only people on the list who are in this segment."))
    status = SelectField(
        _("Status"), [REQUIRED], default="confirmed", description=_("Email only people who confirmed.")
    )
    partner = SelectField(
        _("Only people who agreed to"),
        default="",
        description=_("A partner gets the people who agreed and have not withdrawn, whatever their status here."),
    )
    format = SelectField(_("Format"), [REQUIRED], description=_("A general file, or one made for another program."))
    per_household = BooleanField(_("One row per household: the first person to join"))
    ticked = HiddenField(validators=[Length(max=4000)])
    """Public ids of contacts, apart by full stops: exactly those."""
    with_proof = BooleanField(_("Include proof of consent: times, IP addresses, wording"))
    columns = SelectMultipleField(validators=[Length(max=200)], validate_choice=False)
    also_suppression = BooleanField(_("Also create a suppression list"))


class SegmentInput(Input):
    name = StringField(_("Name"), [REQUIRED, Length(max=120)], filters=[strip])
    description = TextAreaField(
        _("Purpose"),
        [Length(max=500)],
        filters=[strip],
        description=_("Why these people, and what you plan to do with them. Your colleagues will thank you."),
    )


class ImportInput(Input):
    mailing_list = SelectField(_("List"), [REQUIRED], description=_("Which list to add people to."))
    origin = SelectField(
        _("Where the people come from"),
        [REQUIRED],
        default="claim",
        description=_("Only a record of each person’s opt-in makes them confirmed. Everyone else gets no emails."),
    )
    pasted = TextAreaField(
        _("Or paste rows"),
        [Length(max=500_000)],
        description=_("One person per line, or a table with headings copied from a spreadsheet."),
    )
    overwrite = BooleanField(_("Let the file overwrite existing values"))


class ReadingInput(Input):
    encoding = SelectField(_("Encoding"), choices=choices(ENCODINGS.items()))
    delimiter = SelectField(
        _("Delimiter"),
        choices=choices([(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Vertical bar"))]),
    )
    quote = SelectField(_("Quotes"), choices=choices([('"', '"'), ("'", "'"), ("", _("None"))]))
    heading = SelectField(_("Heading row"), coerce=int)
    part = SelectField(_("Sheet or file"), coerce=int, default=0)


class AllowanceInput(Input):
    subject = StringField(
        _("Network, domain or address"),
        [REQUIRED, Length(max=MAX_LENGTH)],
        filters=[strip],
        description=_("Such as 203.0.113.7, 2001:db8::/48, example.org or you@example.org."),
    )
    reason = StringField(
        _("Reason"),
        [REQUIRED, Length(max=200)],
        filters=[strip],
        description=_("For whoever reads this in a year’s time."),
    )
    days = SelectField(
        _("Duration"),
        choices=choices(
            [("1", _("One day")), ("7", _("One week")), ("90", _("Three months")), ("0", _("Until removed"))]
        ),
        default="90",
    )
