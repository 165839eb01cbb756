"""All style sheets: what a browser that is some years old still sees, and that one look has one home."""

import re
from pathlib import Path

import pytest

from signup.forms.looks.contrast import ratio
from signup.forms.looks.own_look import DARK, KNOWS_MODES, LIGHT, script_style

ROOT = Path(__file__).parent.parent
SHEETS = [
    path
    for place in ("signup", "templates", "embed")
    for path in (ROOT / place).rglob("*.css")
    if "node_modules" not in path.parts
]
WANTED = {"admin.css", "forms.css", "kiosk.css", "preview.css", "site.css", "style.css", "embed.css"}


def _parts(sheet: str) -> tuple[str, str]:
    """What every browser reads, and what stands behind the question whether it knows `light-dark()`."""
    plain, modes = "", ""
    while found := re.search(r"@supports ?\(color: ?light-dark\(#000, ?#fff\)\) ?\{", sheet):
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(sheet[end], 0)
            end += 1
        plain, modes, sheet = plain + sheet[: found.start()], modes + sheet[found.end() : end], sheet[end:]
    return plain + sheet, modes


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_browser_without_light_dark_has_a_plain_colour_for_each(path: Path) -> None:
    sheet = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    if path.name == "embed.css":
        sheet = script_style() + sheet
    plain, modes = _parts(sheet)
    assert "light-dark" not in plain, "an unknown function leaves no colour at all: put it behind @supports"
    if modes:
        assert "color-scheme: light dark" not in plain, "native controls would be dark on a light page"
    for name in re.findall(r"(--[\w-]+): ?[^;]*light-dark", modes):
        assert re.search(rf"{name}: ?[^;]+;", plain), name


def test_all_sheets_are_looked_at() -> None:
    assert {path.name for path in SHEETS} >= WANTED
    assert KNOWS_MODES in script_style()


def test_the_hosted_page_wears_the_look_of_the_script() -> None:
    sheet = (ROOT / "signup" / "visitor" / "static" / "forms.css").read_text()
    names = {"accent": "accent", "on-accent": "on_accent", "paper": "background", "ink": "text", "bad": "bad"}
    for name, field in names.items():
        light, dark = getattr(LIGHT, field), getattr(DARK, field)
        assert f"--{name}: {light};" in sheet
        assert f"--{name}: light-dark({light}, {dark});" in sheet


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_our_own_look_can_be_read(scheme: object) -> None:
    colour = scheme._asdict()  # type: ignore[attr-defined]  # a named tuple
    for one, other in (
        ("text", "background"),
        ("accent", "background"),
        ("on_accent", "accent"),
        ("bad", "background"),
    ):
        assert ratio(colour[one], colour[other]) >= 4.5, (one, other)
