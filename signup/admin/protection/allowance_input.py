"""What operators type about an entry of the allow list."""

from wtforms import SelectField, StringField
from wtforms.validators import Length

from signup.addresses.address import MAX_LENGTH
from signup.admin.frame.inputs import REQUIRED, Input, choices, strip
from signup.ground.i18n import _


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
