"""What operators type about an incentive: its file, link or pool, codes to add, codes that were redeemed."""

from datetime import UTC, date, datetime, time
from typing import Any

from wtforms import DateField, Field, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from signup.admin.frame.inputs import REQUIRED, Input, is_web_address, strip
from signup.ground.i18n import _
from signup.incentives.code_pool import MAX_CODES, MIN_RANDOM
from signup.incentives.discount_code import MAX_LENGTH
from signup.incentives.incentive import IncentiveKind

KIND_WORDS = {"file": _("File"), "link": _("External link"), "codes": _("Discount codes")}


class MagnetInput(Input):
    name = StringField(
        _("Name"),
        [REQUIRED, Length(max=120)],
        filters=[strip],
        description=_("What visitors see, such as “Seven questions” or “10 % off your next order”."),
    )


class LinkInput(MagnetInput):
    url = StringField(
        _("URL"),
        [REQUIRED, Length(max=500), is_web_address],
        filters=[strip],
        description=_(
            "Visitors get there through our own link, which expires and is counted. The URL itself stays the same."
        ),
    )


class PoolInput(MagnetInput):
    fallback = TextAreaField(
        _("Message when no codes are left"),
        [REQUIRED, Length(max=500)],
        filters=[strip],
        description=_("Shown and emailed instead of a code. Visitors never see an error."),
    )
    low_at = IntegerField(
        _("Warn at"),
        [InputRequired(_("Fill in this field.")), NumberRange(0, MAX_CODES)],
        default=20,
        description=_("The overview and the doctor warn you when this many codes are left, or fewer."),
    )


INPUTS: dict[str, type[MagnetInput]] = {
    IncentiveKind.FILE: MagnetInput,
    IncentiveKind.LINK: LinkInput,
    IncentiveKind.CODES: PoolInput,
}


class CodesInput(Input):
    """Codes to add: made by a pattern, pasted, or uploaded beside this as `file`."""

    pattern = StringField(
        _("Pattern"),
        [Length(max=MAX_LENGTH)],
        filters=[strip],
        default="HELLO-######",
        description=_("Each # becomes a random letter or digit; use at least %(n)s.", n=MIN_RANDOM),
    )
    count = IntegerField(_("Number of codes"), [Optional(), NumberRange(1, MAX_CODES)], default=100)
    codes = TextAreaField(
        _("Codes from your shop"), description=_("One per line, or a CSV with a column called “code”.")
    )
    until = DateField(
        _("Valid until"), [Optional()], description=_("The last day, in UTC. Leave empty if the codes do not expire.")
    )

    def validate_until(self, field: Field) -> None:
        if field.data and field.data < datetime.now(UTC).date():
            raise ValidationError(str(_("This date has passed.")))

    def expires_at(self) -> datetime | None:
        """The end of the last day."""
        day: date | None = self.until.data
        return datetime.combine(day, time(23, 59, 59), UTC) if day else None

    def values(self) -> dict[str, Any]:
        return {"pattern": self.pattern.data, "count": self.count.data, "expires_at": self.expires_at()}
