"""What operators say about a new API key."""

from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.admin.frame.words import KEY_TERMS, SCOPES
from signup.ground.i18n import _


class KeyInput(Input):
    """A key for one program."""

    name = StringField(
        _("Name"), [REQUIRED, Length(max=60)], filters=[strip], description=_("Whose program it is: “Web shop”.")
    )
    scopes = SelectMultipleField(
        _("What it may do"), [DataRequired(_("Please tick at least one."))], choices=choices(SCOPES.items())
    )
    lists = SelectMultipleField(
        _("On which lists"),
        coerce=int,
        description=_("It reaches the codes that forms of these lists give. Without a tick: those of all lists."),
    )
    days = SelectField(_("Good for"), coerce=int, choices=choices(KEY_TERMS.items()), default=365)
