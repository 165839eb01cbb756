"""The colours of a form as rules for style sheets: what the operator chose, and what follows from it.

The script gets them with the form; our own pages load them from an address that names the colours themselves. So no
page needs an inline style, any cache may keep them for ever, and nothing has to be looked up.
"""

import hashlib
import re

from flask import Response, url_for

from signup.forms.appearance import Colours
from signup.forms.contrast import DARK, chosen, text_on
from signup.ground.errors import NotFound

OWN = "own"
"""Stands in the address for a colour that is left to us."""
NAME = re.compile(r"([0-9a-f]{6}|own)-([0-9a-f]{6}|own)-([0-9a-f]{6}|own)")
ON_PAGES = {"accent": "--accent", "on-accent": "--on-accent", "background": "--paper", "text": "--ink"}
# The greys of forms.css lie between text and background, as the script's do (embed/embed.css).
GREYS = {
    "--soft": "color-mix(in oklab,var(--ink) 76%,var(--paper))",
    "--line": "color-mix(in oklab,var(--ink) 15%,var(--paper))",
    "--edge": "color-mix(in oklab,var(--ink) 55%,var(--paper))",
    "--ground": "color-mix(in oklab,var(--ink) 4%,var(--paper))",
}
YEAR_SECONDS = 31_536_000


def style(colours: Colours) -> str:
    """`colours` as rules for the script's style sheet (`--f-…` in `embed/embed.css`); empty for our own."""
    return _rule(".w", {f"--f-{name}": value for name, value in _all(colours).items()}, colours)


def page_style(colours: Colours, selector: str = ":root") -> str:
    """`colours` as rules over `forms.css`, for our own pages; empty for our own."""
    rules = {ON_PAGES[name]: value for name, value in _all(colours).items()}
    return _rule(selector, rules | (GREYS if colours.background or colours.text else {}), colours)


def _all(colours: Colours) -> dict[str, str]:
    found = chosen(colours)
    if colours.accent:
        found["on-accent"] = text_on(colours.accent)
    return found


def _rule(selector: str, values: dict[str, str], colours: Colours) -> str:
    rules = [f"{name}:{value}" for name, value in values.items()]
    if colours.background:  # greys and errors follow it, whatever the visitor's mode is
        rules.append("color-scheme:" + ("light" if text_on(colours.background) == DARK else "dark"))
    return f"{selector}{{{';'.join(rules)}}}" if rules else ""


def address(colours: Colours) -> str:
    """Where our pages find these colours; empty for our own. Another release that says more has another address."""
    rules = page_style(colours)
    if not rules:
        return ""
    name = "-".join(value.removeprefix("#") or OWN for value in (colours.accent, colours.background, colours.text))
    return url_for("forms.colours", name=name, v=hashlib.sha256(rules.encode()).hexdigest()[:8])


def sheet(name: str) -> Response:
    """GET: the style sheet of the colours that the address names. Raises `NotFound` for what are none."""
    match = NAME.fullmatch(name)
    if match is None:
        raise NotFound(f"colours {name[:30]!r}")
    accent, background, text = ("" if part == OWN else f"#{part}" for part in match.groups())
    answer = Response(page_style(Colours(accent=accent, background=background, text=text)), mimetype="text/css")
    answer.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return answer
