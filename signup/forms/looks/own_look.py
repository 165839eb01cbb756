"""The look of a form whose owner chose none: one home for the script's form and for our pages.

Browsers before 2024 do not know `light-dark()`, and a colour that they cannot read is no colour at all: a pop-up
without ground, inputs without borders. They get the light colours; what follows the page's mode stands behind
`@supports`.
"""

from typing import NamedTuple


class Scheme(NamedTuple):
    """The colours of one mode, as `#rrggbb`."""

    accent: str
    on_accent: str
    background: str
    text: str
    bad: str


LIGHT = Scheme(accent="#4338ca", on_accent="#ffffff", background="#ffffff", text="#1c1c28", bad="#b3152d")
DARK = Scheme(accent="#a5b4fc", on_accent="#16163a", background="#1b1c24", text="#ececf4", bad="#ffa3a8")
KNOWS_MODES = "@supports(color:light-dark(#000,#fff))"

# What the script's style sheet (embed/embed.css) calls a colour, and where a website and a form may set it.
_SET_BY = {"a": "accent", "o": "on-accent", "b": "background", "t": "text"}
_GREYS = {"s": 76, "l": 15, "g": 55}


def script_style() -> str:
    """The script's colours: the website's own win over the form's, and these over ours."""
    plain = {name: _settable(name, getattr(LIGHT, field.replace("-", "_"))) for name, field in _SET_BY.items()}
    plain |= {"s": "var(--t)", "l": "#8888", "g": "#888", "e": LIGHT.bad}
    modes = {name: _settable(name, _both(field.replace("-", "_"))) for name, field in _SET_BY.items()}
    modes |= {name: f"color-mix(in oklab,var(--t) {share}%,var(--b))" for name, share in _GREYS.items()}
    modes |= {"e": _both("bad")}
    return f"{_rule('light', plain)}{KNOWS_MODES}{{{_rule('inherit', modes)}}}"


def _settable(name: str, ours: str) -> str:
    of = _SET_BY[name]
    return f"var(--signup-{of},var(--f-{of},{ours}))"


def _both(field: str) -> str:
    return f"light-dark({getattr(LIGHT, field)},{getattr(DARK, field)})"


def _rule(scheme: str, values: dict[str, str]) -> str:
    return f".w{{color-scheme:{scheme};{';'.join(f'--{name}:{value}' for name, value in values.items())}}}"
