"""The look of a form as an operator chooses it: layout, font, corners, width, room, logo and picture."""

from typing import Any

from flask import request
from wtforms import BooleanField, FileField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms import Form as Part
from wtforms.validators import Length, NumberRange, Optional

from signup.admin.frame.inputs import choices, strip
from signup.forms.looks import picture
from signup.forms.looks.look import MAX_ALT, MAX_RADIUS, Look, PictureRef
from signup.forms.looks.picture import MAX_PICTURE, BadPicture
from signup.ground.db import transaction
from signup.ground.i18n import _, pgettext

LAYOUTS = {"stacked": _("One below the other"), "row": _("In one row, with the button (stacked on phones)")}
FONTS = {
    "system": pgettext("font", "System"),
    "humanist": pgettext("font", "Humanist"),
    "geometric": pgettext("font", "Geometric"),
    "rounded": pgettext("font", "Rounded"),
    "serif": pgettext("font", "Serif"),
    "mono": pgettext("font", "Monospace"),
}
WIDTHS = {
    "narrow": pgettext("width", "Narrow"),
    "normal": pgettext("width", "Normal"),
    "wide": pgettext("width", "Wide"),
    "full": pgettext("width", "As wide as its place"),
}
SPACINGS = {
    "compact": pgettext("spacing", "Compact"),
    "normal": pgettext("spacing", "Normal"),
    "airy": pgettext("spacing", "Airy"),
}
BAD = {
    "type": _("Use a PNG, JPEG or GIF. Other pictures do not show in every email program."),
    "large": _("The picture is larger than 512 KB."),
    "pixels": _("Use a picture of at most 3,000 pixels on each side."),
}
PICTURES = ("logo", "picture")
STEPS = ("layout", "font", "radius", "width", "spacing")


def _file(label: Any) -> FileField:
    about = _("PNG, JPEG or GIF, up to 512 KB.")
    return FileField(label, description=about, render_kw={"accept": ".png,.jpg,.jpeg,.gif"})


def _alt() -> StringField:
    about = _("What it says, for people who can’t see it. Leave empty if it only decorates.")
    return StringField(_("Alternative text"), [Length(max=MAX_ALT)], filters=[strip], description=about)


class LookInput(Part):
    """The names are the template's; `read` gives the `Look`'s values."""

    layout = RadioField(_("Layout"), choices=choices(LAYOUTS.items()), default="stacked")
    font = SelectField(_("Font"), choices=choices(FONTS.items()), default="system")
    radius = IntegerField(
        _("Rounded corners (pixels)"),
        [Optional(), NumberRange(0, MAX_RADIUS, message=_("Enter a number from 0 to 24."))],
        default=Look().radius,
    )
    width = SelectField(_("Width"), choices=choices(WIDTHS.items()), default="normal")
    spacing = SelectField(_("Spacing"), choices=choices(SPACINGS.items()), default="normal")
    logo = HiddenField()
    logo_file = _file(_("Logo"))
    logo_alt = _alt()
    logo_remove = BooleanField(_("Remove the logo"))
    picture = HiddenField()
    picture_file = _file(_("Picture"))
    picture_alt = _alt()
    picture_remove = BooleanField(_("Remove the picture"))

    def read(self) -> dict[str, Any]:
        """What was chosen, as the values of a `Look`."""
        values = {name: self[name].data for name in STEPS} | {name: self.picture_of(name) for name in PICTURES}
        return {name: value for name, value in values.items() if value is not None}

    def picture_of(self, name: str) -> PictureRef | None:
        """The logo or the picture that was chosen and not removed."""
        kept = None if self[f"{name}_remove"].data else picture.find(self[name].data or "")
        return kept.ref(self[f"{name}_alt"].data or "") if kept else None

    def take_files(self) -> None:
        """Keep the files that came along, whatever becomes of the rest of the page; tell what is wrong with them."""
        for name in PICTURES:
            input_ = self[f"{name}_file"]
            file = request.files.get(input_.name)
            content = file.read(MAX_PICTURE + 1) if file else b""
            if file is None or not content:
                continue
            file.close()
            try:
                with transaction():
                    self[name].data = picture.keep(content).hash
            except BadPicture as error:
                input_.process_errors = [str(BAD[error.reason])]
                input_.errors = input_.process_errors

    def wear(self, look: Look) -> None:
        """Choose a look; the layout and the pictures stay."""
        for name in ("font", "radius", "width", "spacing"):
            self[name].data, self[name].raw_data = getattr(look, name), None


def values_of(look: Look) -> dict[str, Any]:
    """A look as the input's values."""
    values: dict[str, Any] = {name: getattr(look, name) for name in STEPS}
    for name in PICTURES:
        if chosen := getattr(look, name):
            values |= {name: chosen.hash, f"{name}_alt": chosen.alt}
    return values
