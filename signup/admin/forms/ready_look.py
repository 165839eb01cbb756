"""Looks to start from: colours that read well together, with what goes with them."""

from typing import Any, NamedTuple

from signup.forms.looks.appearance import Colours
from signup.forms.looks.look import Look
from signup.ground.i18n import pgettext


class ReadyLook(NamedTuple):
    """A look with its name; pictures and layout stay as they were."""

    label: Any
    colours: Colours = Colours()
    look: Look = Look()


READY_LOOKS = {
    "plain": ReadyLook(pgettext("look", "Plain")),
    "editorial": ReadyLook(
        pgettext("look", "Editorial"),
        Colours(accent="#111111", background="#ffffff", text="#111111"),
        Look(font="serif", radius=0, spacing="airy"),
    ),
    "warm": ReadyLook(
        pgettext("look", "Warm"),
        Colours(accent="#b3470e", background="#fff7ed", text="#3b1d0a"),
        Look(font="humanist", radius=12),
    ),
    "forest": ReadyLook(
        pgettext("look", "Forest"),
        Colours(accent="#1f6b3a", background="#f3f8f2", text="#16301f"),
        Look(font="geometric", radius=6),
    ),
    "night": ReadyLook(
        pgettext("look", "Night"),
        Colours(accent="#8fb4ff", background="#14161f", text="#eef0f7"),
        Look(radius=10),
    ),
    "candy": ReadyLook(
        pgettext("look", "Candy"),
        Colours(accent="#a3195b", background="#fdf2f8", text="#3d1030"),
        Look(font="rounded", radius=22, spacing="airy"),
    ),
}
