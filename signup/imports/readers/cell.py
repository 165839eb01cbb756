"""A cell as it is meant: without what was put around a value so that a spreadsheet shows it."""

import re

# Local part and domain of an address in a text; only to find out where addresses are.
ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]+")
SEVERAL = " ::: "
"""How Google's export joins several values of a kind."""
_TEXT_FORMULA = re.compile(r'=\s*"((?:[^"]|"")*)"')
_LINK = re.compile(r'=\s*HYPERLINK\(\s*"([^"]*)"\s*(?:[,;]\s*"([^"]*)"\s*)?\)', re.IGNORECASE)
_APOSTROPHE = re.compile(r"'(\+?[0-9][0-9 ()./+-]*)")
_AT_CELL = r"(?:(?<=^)|(?<=[,;\t|]))\s*"
_CELL_FORMULA = re.compile(_AT_CELL + r'="((?:[^"]|"")*)"(?=\s*(?:[,;\t|]|$))')
_CELL_LINK = re.compile(_AT_CELL + _LINK.pattern + r"(?=\s*(?:[,;\t|]|$))", re.IGNORECASE)


def meant(text: str) -> str:
    """The value of a cell: `="079…"` and `'079…` are the text inside, a HYPERLINK is what it shows."""
    if text[:1] == "=":
        if found := _TEXT_FORMULA.fullmatch(text):
            return found[1].replace('""', '"').strip()
        if found := _LINK.fullmatch(text):
            return (found[2] or found[1].removeprefix("mailto:")).strip()
    elif text[:1] == "'" and (found := _APOSTROPHE.fullmatch(text)):
        return found[1]
    return text


def without_formulas(line: str) -> str:
    """A line of CSV whose cells `="…"` and `=HYPERLINK(…)` are quoted texts, so that no delimiter inside cuts them."""
    if '="' not in line and "HYPERLINK(" not in line.upper():
        return line
    line = _CELL_LINK.sub(lambda found: f'"{found[2] or found[1].removeprefix("mailto:")}"', line)
    return _CELL_FORMULA.sub(lambda found: f'"{found[1]}"', line)


def addresses_in(cell: str) -> list[str]:
    """The addresses in a cell, each once."""
    return list({found.lower(): found for found in ADDRESS.findall(cell)}.values()) if "@" in cell else []
