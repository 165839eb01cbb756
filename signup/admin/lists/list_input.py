"""What operators type about a mailing list."""

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length, Optional

from signup.admin.frame.country_choice import countries
from signup.admin.frame.inputs import REQUIRED, Input, choices, is_address, is_web_address, slug_field, strip
from signup.ground.i18n import LANGUAGES, _


def is_sender_address(form: Input, field: Field) -> None:
    """As `is_address`. A sender's name before the @ is plain ASCII: any relay must take it (RFC 5321, not 6531)."""
    is_address(form, field)
    if not (field.data or "").rpartition("@")[0].isascii():
        text = _("Use a sender without accents before the @: many mail servers accept no other.")
        raise ValidationError(str(text))


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
    reply_to = EmailField(
        _("Reply-to address"),
        [Optional(), is_sender_address],
        filters=[strip],
        description=_("Where replies go. Empty: to the sender address."),
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

    legal_notice = TextAreaField(
        _("Legal notice"),
        [Length(max=500)],
        filters=[strip],
        description=_("The address of its page, or its words. Germany, Austria and Switzerland require one."),
    )
    archive_is_public = BooleanField(
        _("Public archive"),
        description=_("Everybody can read the campaigns that this list sent, and follow them by RSS."),
    )

    def values(self) -> dict[str, Any]:
        """The columns as typed."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}
