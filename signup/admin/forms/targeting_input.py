"""Whom an embedded form may come to uninvited, as an operator types it."""

from typing import Any

from wtforms import DateField, Field, SelectField, TextAreaField, ValidationError
from wtforms import Form as Part
from wtforms.validators import Length, Optional

from signup.admin.frame.inputs import choices
from signup.forms.targeting import CAMPAIGN, MAX_LENGTH, MAX_LINES, SITE, Targeting
from signup.ground.i18n import _

DEVICES = {"any": _("All devices"), "touch": _("Phones and tablets"), "mouse": _("Computers")}
VISITORS = {
    "any": _("All visitors"),
    "new": _("On their first visit"),
    "returning": _("From their second visit on"),
}
SELECTS = ("device", "visitors", "starts_on", "ends_on")
MAX_TEXT = MAX_LINES * (MAX_LENGTH + 2)


class TargetingInput(Part):
    """The names are those of `Targeting`."""

    referrers = TextAreaField(
        _("Only from these websites"),
        [Length(max=MAX_TEXT)],
        description=_("One per line, such as google.* or facebook.com. Leave empty for any."),
    )
    campaigns = TextAreaField(
        _("Only with these campaign parameters"),
        [Length(max=MAX_TEXT)],
        description=_("One per line, such as utm_campaign=spring*. Leave empty for any."),
    )
    device = SelectField(_("Devices"), choices=choices(DEVICES.items()), default="any")
    visitors = SelectField(_("Visitors"), choices=choices(VISITORS.items()), default="any")
    starts_on = DateField(_("First day"), [Optional()], description=_("Leave empty to start at once. Days are in UTC."))
    ends_on = DateField(_("Last day"), [Optional()], description=_("Leave empty for no end."))

    def validate_referrers(self, field: Field) -> None:
        for line in lines_of(field):
            if not SITE.fullmatch(line.lower()) or len(line) > MAX_LENGTH:
                raise ValidationError(str(_("“%(line)s” is not a website. Write it as google.*.", line=line[:80])))
        _check_number(field)

    def validate_campaigns(self, field: Field) -> None:
        for line in lines_of(field):
            if not CAMPAIGN.fullmatch(line) or len(line) > MAX_LENGTH:
                message = _("“%(line)s” is not a parameter. Write it as utm_campaign=spring.", line=line[:80])
                raise ValidationError(str(message))
        _check_number(field)

    def validate_ends_on(self, field: Field) -> None:
        if self.starts_on.data and field.data and field.data < self.starts_on.data:
            raise ValidationError(str(_("The last day comes before the first.")))

    @property
    def is_set(self) -> bool:
        """Whether any rule is."""
        return any(self[name].data not in {None, "", "any"} for name in self._fields)

    def read(self) -> dict[str, Any]:
        """What was typed, as the values of a `Targeting`."""
        values = {name: self[name].data for name in SELECTS}
        return values | {
            "referrers": [line.lower() for line in lines_of(self.referrers)],
            "campaigns": lines_of(self.campaigns),
        }


def lines_of(field: Field) -> list[str]:
    """The lines of a text that hold something."""
    return [line.strip() for line in (field.data or "").splitlines() if line.strip()]


def _check_number(field: Field) -> None:
    if len(lines_of(field)) > MAX_LINES:
        raise ValidationError(str(_("Use %(n)s lines or fewer.", n=MAX_LINES)))


def values_of(targeting: Targeting) -> dict[str, Any]:
    """A targeting as the input's values."""
    values: dict[str, Any] = {name: getattr(targeting, name) for name in SELECTS}
    return values | {name: "\n".join(getattr(targeting, name)) for name in ("referrers", "campaigns")}
