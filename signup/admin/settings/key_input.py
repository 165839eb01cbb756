"""What operators say about a new API key."""

from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.ground.i18n import _

KEY_TERMS = {30: _("30 days"), 90: _("90 days"), 365: _("One year"), 0: _("Until revoked")}

SCOPES = {"codes:redeem": _("Mark discount codes as redeemed")}
"""What a program's key may do."""


class KeyInput(Input):
    """A key for one program."""

    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=60)],
        filters=[strip],
        description=_("The program that will use it, such as “Web shop”."),
    )
    scopes = SelectMultipleField(
        _("Permissions"), [DataRequired(_("Tick at least one."))], choices=choices(SCOPES.items())
    )
    lists = SelectMultipleField(
        _("Lists"),
        coerce=int,
        description=_("It can use the codes given by forms of these lists. Tick none for all lists."),
    )
    days = SelectField(_("Valid for"), coerce=int, choices=choices(KEY_TERMS.items()), default=365)
