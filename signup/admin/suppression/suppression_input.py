"""What operators type about an address that gets no email."""

from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Length

from signup.addresses.address import MAX_LENGTH
from signup.admin.frame.inputs import REQUIRED, Input, is_address, strip
from signup.ground.i18n import _


class SuppressionInput(Input):
    address = StringField(_("Email address"), [REQUIRED, Length(max=MAX_LENGTH), is_address], filters=[strip])
    because = StringField(
        _("Reason"),
        [Length(max=200)],
        filters=[strip],
        description=_("Needed when the person reported spam: why they may get email again."),
    )


class SuppressionFileInput(Input):
    file = FileField(_("File"), description=_("Text or CSV with one email address per line, 1 MB at most."))
