"""The colours of a form as rules for style sheets: what the operator chose, and what follows from it."""

from signup.forms.looks.appearance import Colours
from signup.forms.looks.contrast import DARK, chosen, text_on

ON_PAGES = {"accent": "--accent", "on-accent": "--on-accent", "background": "--paper", "text": "--ink"}
# The greys of forms.css lie between text and background, as the script's do (embed/embed.css).
GREYS = {
    "--soft": "color-mix(in oklab,var(--ink) 76%,var(--paper))",
    "--line": "color-mix(in oklab,var(--ink) 15%,var(--paper))",
    "--edge": "color-mix(in oklab,var(--ink) 55%,var(--paper))",
    "--ground": "color-mix(in oklab,var(--ink) 4%,var(--paper))",
}


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
