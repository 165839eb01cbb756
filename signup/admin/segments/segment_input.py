"""What operators type about a segment, beside its rule."""

from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from signup.admin.frame.inputs import REQUIRED, Input, strip
from signup.ground.i18n import _


class SegmentInput(Input):
    name = StringField(_("Name"), [REQUIRED, Length(max=120)], filters=[strip])
    description = TextAreaField(
        _("Purpose"),
        [Length(max=500)],
        filters=[strip],
        description=_("Why these people, and what you plan to do with them. Your colleagues will thank you."),
    )
