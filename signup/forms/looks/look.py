"""The look of a form beside its colours: layout, font, corners, width, room, and its pictures."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Layout = Literal["stacked", "row"]
Font = Literal["system", "humanist", "geometric", "rounded", "serif", "mono"]
Width = Literal["narrow", "normal", "wide", "full"]
Spacing = Literal["compact", "normal", "airy"]
MAX_RADIUS = 24
MAX_ALT = 200

# Fonts that devices have: nothing is loaded from anywhere.
FONTS: dict[Font, str] = {
    "system": "system-ui,sans-serif",
    "humanist": 'Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",sans-serif',
    "geometric": 'Avenir,Montserrat,Corbel,"URW Gothic",sans-serif',
    "rounded": 'ui-rounded,"Hiragino Maru Gothic ProN",Quicksand,"Arial Rounded MT Bold",Calibri,sans-serif',
    "serif": '"Iowan Old Style","Palatino Linotype","URW Palladio L",P052,Georgia,serif',
    "mono": 'ui-monospace,"Cascadia Code",Menlo,Consolas,"DejaVu Sans Mono",monospace',
}
WIDTHS: dict[Width, str] = {"narrow": "24rem", "normal": "30rem", "wide": "42rem", "full": "none"}
GAPS: dict[Spacing, int] = {"compact": 10, "normal": 16, "airy": 24}
PADDINGS: dict[Spacing, int] = {"compact": 20, "normal": 28, "airy": 40}


class PictureRef(BaseModel):
    """A picture that was uploaded (`forms.picture`), with what it says to who cannot see it; empty: it says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    type: Literal["png", "jpeg", "gif"]
    width: Annotated[int, Field(ge=1, le=10_000)]
    height: Annotated[int, Field(ge=1, le=10_000)]
    alt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_ALT)] = ""


class Look(BaseModel):
    """Defaults are ours, the same on a website, on our page and in an email."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    layout: Layout = "stacked"
    font: Font = "system"
    radius: Annotated[int, Field(ge=0, le=MAX_RADIUS)] = 9
    width: Width = "normal"
    spacing: Spacing = "normal"
    logo: PictureRef | None = None
    picture: PictureRef | None = None
