"""Whether a form's colours can be read: contrast ratios as WCAG 2.2 counts them (1.4.3, 1.4.11)."""

from typing import NamedTuple

from signup.forms.looks.appearance import Colours
from signup.forms.looks.own_look import DARK as OWN_DARK
from signup.forms.looks.own_look import LIGHT as OWN_LIGHT

ENOUGH = 4.5  # text, and the links that take the accent's colour
# Our own colours in light and dark, for what the form's owner leaves open; the visitor's mode decides.
OWN = [{name: getattr(own, name) for name in ("background", "text", "accent")} for own in (OWN_LIGHT, OWN_DARK)]
DARK, LIGHT = "#000000", "#ffffff"
LINEAR_BELOW = 0.04045


class Contrast(NamedTuple):
    """How a colour stands out from the background; the worse of light and dark where that is open."""

    name: str
    ratio: float

    @property
    def is_enough(self) -> bool:
        return self.ratio >= ENOUGH


def contrasts(colours: Colours) -> list[Contrast]:
    """The ratio of text and accent to the background; empty when all colours are our own."""
    given = chosen(colours)
    if not given:
        return []
    schemes = [own | given for own in OWN]
    return [
        Contrast(name, min(ratio(scheme[name], scheme["background"]) for scheme in schemes))
        for name in ("text", "accent")
    ]


def chosen(colours: Colours) -> dict[str, str]:
    """The colours that are not our own. Text that was left open follows a chosen background, not the visitor's mode."""
    given = {name: value for name, value in colours.model_dump().items() if value}
    if "background" in given:
        given.setdefault("text", text_on(given["background"]))
    return given


def ratio(one: str, other: str) -> float:
    """The contrast of two `#rrggbb` colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`."""
    return max(LIGHT, DARK, key=lambda text: ratio(text, colour))


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
