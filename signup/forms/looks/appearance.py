"""How an embedded form appears on a website: in place or over it, when, where, and in which look."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from signup.forms.looks.look import Look
from signup.forms.targeting import Targeting

MODES = ("inline", "pop-up", "slide-in", "bar", "tab")
COLOUR = re.compile(r"#[0-9a-f]{6}")

Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[/*]")]
Colour = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^(#[0-9a-fA-F]{6})?$")]


class Trigger(BaseModel):
    """What makes a pop-up, slide-in or bar appear; the first of a form's triggers that happens wins.

    `value` is seconds for `delay` and `idle`, per cent of the page for `scroll`, nothing for the others; `selector` is
    the CSS selector of what is clicked, for `click` alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    on: Literal["arrival", "delay", "scroll", "exit", "click", "idle"]
    value: Annotated[int, Field(ge=0, le=3600)] = 0
    selector: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @model_validator(mode="after")
    def _check(self) -> "Trigger":
        if self.on == "click" and not self.selector:
            raise ValueError("a click needs the CSS selector of what is clicked")
        if self.on == "scroll" and not 1 <= self.value <= 100:  # noqa: PLR2004  # per cent
            raise ValueError("scrolling is given in per cent of the page, 1 to 100")
        return self


class Colours(BaseModel):
    """`#rrggbb`, or empty for our own (which follow the visitor's light or dark mode)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    accent: Colour = ""
    background: Colour = ""
    text: Colour = ""


class Appearance(BaseModel):
    """How the script shows a form. Defaults are good manners: never before 15 s or half a page, once in 30 days."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    mode: Literal["inline", "pop-up", "slide-in", "bar", "tab"] = "inline"
    triggers: Annotated[tuple[Trigger, ...], Field(max_length=6)] = (
        Trigger(on="delay", value=15),
        Trigger(on="scroll", value=50),
    )
    show_on: Annotated[tuple[Pattern, ...], Field(max_length=20)] = ()
    hide_on: Annotated[tuple[Pattern, ...], Field(max_length=20)] = ("/checkout*", "/cart*")
    pause_days: Annotated[int, Field(ge=0, le=365)] = 30
    targeting: Targeting = Targeting()
    analytics: bool = False
    """Whether the page's tag manager hears of its events."""
    colours: Colours = Colours()
    look: Look = Look()
