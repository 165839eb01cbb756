"""What operators type about themselves: to sign in, to prove who they are, and their own account."""

from zoneinfo import available_timezones

from wtforms import BooleanField, EmailField, Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import Length

from signup.access.operator import MIN_PASSWORD
from signup.access.password_strength import is_guessable
from signup.addresses.address import MAX_LENGTH
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.ground.i18n import OPERATOR_LANGUAGES, _


def is_hard_to_guess(form: Input, field: Field) -> None:
    password = field.data or ""
    if len(password) < MIN_PASSWORD:
        raise ValidationError(str(_("Use at least %(n)s characters.", n=MIN_PASSWORD)))
    if is_guessable(password, getattr(form, "known", ())):
        raise ValidationError(str(_("This password is too easy to guess.")))


class SignInInput(Input):
    address = EmailField(_("Email address"), [Length(max=MAX_LENGTH)])
    password = PasswordField(_("Password"), [Length(max=1000)])


class FactorInput(Input):
    code = StringField(
        _("Code"), [Length(max=20)], description=_("Six digits from your app, or one of your recovery codes.")
    )


class ForgotInput(Input):
    address = EmailField(_("Email address"), [REQUIRED, Length(max=MAX_LENGTH)], filters=[strip])


class PasskeyInput(Input):
    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=60)],
        filters=[strip],
        description=_("A name to recognise it by, such as “this laptop” or “blue security key”."),
    )


class ProofInput(Input):
    password = PasswordField(_("Password"), [Length(max=1000)])
    code = StringField(
        _("Six-digit code"), [Length(max=20)], description=_("From your authenticator app, instead of the password.")
    )


class NewPasswordInput(Input):
    known: tuple[str, ...] = ()
    """What everybody knows of this operator, and so is no password."""
    password = PasswordField(
        _("New password"),
        [REQUIRED, is_hard_to_guess, Length(max=1000)],
        description=_("At least 12 characters. A few unrelated words are easy to remember."),
    )


class ChangePasswordInput(NewPasswordInput):
    present = PasswordField(_("Current password"), [REQUIRED, Length(max=1000)])


class AccountInput(Input):
    name = StringField(_("Name"), [Length(max=120)], filters=[strip])
    language = SelectField(
        _("Language"), choices=choices([("", _("Same as the browser")), *OPERATOR_LANGUAGES.items()])
    )
    timezone = StringField(
        _("Time zone"),
        [Length(max=60)],
        filters=[strip],
        description=_("Times are shown in this time zone, for example Europe/Paris."),
    )

    weekly_summary = BooleanField(
        _("Weekly summary"),
        description=_(
            "Last week’s figures of your lists by email, without personal data. The first comes within an hour."
        ),
    )

    def validate_timezone(self, field: Field) -> None:
        if field.data not in available_timezones():
            raise ValidationError(str(_("Choose a time zone from the suggestions.")))


class CodeInput(Input):
    code = StringField(_("Six-digit code"), [REQUIRED, Length(max=20)], description=_("The code your app shows now."))
