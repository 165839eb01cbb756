"""What operators type about kiosks and the people at them."""

from flask_babel import gettext
from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import Length

from signup.admin.frame.inputs import REQUIRED, Input, strip
from signup.ground.i18n import _
from signup.kiosks.kiosk import MAX_PIN, MIN_PIN, check_pin

MAX_HINT = 120


def is_pin(_form: Input, field: Field) -> None:
    try:
        if field.data:
            check_pin(field.data)
    except ValueError:
        text = gettext(
            "Choose %(least)s to %(most)s digits, not all the same and not in sequence.", least=MIN_PIN, most=MAX_PIN
        )
        raise ValidationError(text) from None


class KioskInput(Input):
    """One kiosk."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=50)],
        filters=[strip],
        description=_("Short and unique: it is the source of every sign-up made there."),
    )
    shop = StringField(
        _("Shop"),
        [Length(max=60)],
        filters=[strip],
        description=_("Staff from the same shop, and staff without a shop, can unlock it."),
    )
    form_id = SelectField(_("Form"), [REQUIRED], coerce=int, description=_("What is asked, in your staff’s language."))
    editions = SelectMultipleField(
        _("Languages for customers"),
        description=_(
            "Forms of the same list that ask the same questions in another language. The customer chooses one."
        ),
    )


class StaffInput(Input):
    """Somebody new at the kiosks."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=60)],
        filters=[strip],
        description=_("As shown on the PIN pad: a first name is enough."),
    )
    shop = StringField(
        _("Shop"), [Length(max=60)], filters=[strip], description=_("As on the kiosk. Leave empty for every kiosk.")
    )
    pin = StringField(
        _("PIN"), [REQUIRED, is_pin], filters=[strip], description=_("4 to 8 digits. We store only its hash.")
    )


class StaffChangeInput(Input):
    """Changing somebody: an empty PIN stays as it is."""

    pin = StringField(_("New PIN"), [is_pin], filters=[strip])
    retired = BooleanField(_("Retired"))
