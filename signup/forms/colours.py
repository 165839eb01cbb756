"""The colours of an embedded form as rules for its style sheet: what the operator chose, and what follows from it."""

from signup.forms.appearance import Colours
from signup.forms.contrast import DARK, chosen, text_on


def style(colours: Colours) -> str:
    """`colours` as rules for the script's style sheet (`--f-…` in `embed/embed.css`); empty for our own."""
    found = chosen(colours)
    if colours.accent:
        found["on-accent"] = text_on(colours.accent)
    rules = [f"--f-{name}:{value}" for name, value in found.items()]
    if colours.background:  # greys and errors follow it, whatever the visitor's mode is
        rules.append("color-scheme:" + ("light" if text_on(colours.background) == DARK else "dark"))
    return f".w{{{';'.join(rules)}}}" if rules else ""
