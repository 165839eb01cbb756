"""What operators choose for an export."""

from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import Length

from signup.admin.frame.inputs import REQUIRED, Input
from signup.ground.i18n import _


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
