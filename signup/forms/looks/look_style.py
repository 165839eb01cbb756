"""A form's look as rules for style sheets: for the script, which gets them with the form, and for our own pages, which
load them from an address that names the look itself. So no page needs an inline style, and any cache may keep them.
"""

import hashlib
import re
from typing import NamedTuple, get_args

from flask import Response, url_for

from signup.forms.looks import picture
from signup.forms.looks.appearance import Appearance, Colours
from signup.forms.looks.colours import page_style, style
from signup.forms.looks.look import FONTS, GAPS, PADDINGS, WIDTHS, Font, Layout, Look, PictureRef, Spacing, Width
from signup.ground.errors import NotFound

OWN = "own"
"""Stands in the address for a colour that is left to us."""
COLOUR = r"([0-9a-f]{6}|own)"
WORDS = "-".join(f"({'|'.join(get_args(of))})" for of in (Layout, Font, Width, Spacing))
NAME = re.compile(rf"{COLOUR}-{COLOUR}-{COLOUR}(?:-{WORDS}-(\d{{1,2}}))?")
YEAR_SECONDS = 31_536_000
ROW_FROM = "26rem"
"""A row that is narrower than this is stacked: a phone, a side bar."""


def script_sheet(appearance: Appearance) -> str:
    """The rules over the script's own (`embed/embed.css`)."""
    look = appearance.look
    rules = [style(appearance.colours)]
    if look.width != Look().width:
        rules.append(f".w:not(.o) .c{{max-width:{WIDTHS[look.width]}}}")
        rules.append(f"dialog{{width:{WIDTHS[look.width] if look.width != 'full' else '60rem'}}}")
    if look.font != Look().font:
        rules.append(f".w{{font-family:var(--signup-font,{FONTS[look.font]})}}")
    if look.radius != Look().radius:
        rules.append(f".w{{--r:var(--signup-radius,{look.radius}px)}}")
    if look.spacing != Look().spacing or look.picture:
        rules.append(f".c{{padding:{_edge(look)}}}form{{gap:{GAPS[look.spacing]}px}}")
    if look.layout == "row":
        rules.append(f".c{{container-type:inline-size}}@container (min-width:{ROW_FROM}){{{_ROW_OF_SCRIPT}}}")
    return "".join([*rules, *_pictures(look)])


# In the order of the page: the inputs and the button in one row, the consent and what is said about it below.
_ROW = (
    "form{display:flex;flex-wrap:wrap;align-items:start}form>*{flex:1 1 100%}"
    "form>div.FIELD:not(.consent,:has([type=checkbox],textarea)){flex:1 1 11rem}"
    "form>BUTTON{flex:0 1 auto;width:auto}form>div.FIELD:not(:has([type=checkbox],textarea))+BUTTON{margin-top:LABEL}"
)
_ROW_OF_SCRIPT = _ROW.replace("FIELD", "f").replace("BUTTON", ".m").replace("LABEL", "28.5px")
_ROW_OF_PAGE = _ROW.replace("FIELD", "field").replace("BUTTON", "button").replace("LABEL", "30px")


def _edge(look: Look) -> str:
    """The room inside the card: less of it on a phone."""
    return f"min({PADDINGS[look.spacing]}px,7vw)"


def _pictures(look: Look) -> list[str]:
    """The script draws no pictures: they are what stands before its card and its heading."""
    rules = []
    if found := look.picture:
        edge = _edge(look)
        rules.append(
            f".c::before{{{_image(found)}height:min(220px,32vh);background-size:cover;background-position:center;"
            f"margin:calc(-1*{edge}) calc(-1*{edge}) {edge};"
            "border-radius:calc(var(--r) + 5px) calc(var(--r) + 5px) 0 0}"
            ".c>.x{order:-1;background:var(--b);border-radius:50%}"
        )
    if found := look.logo:
        height = min(found.height, 44)
        rules.append(f"#t::before{{{_image(found)}height:{height}px;background-position:left;margin-bottom:14px}}")
    return rules


def _image(found: PictureRef) -> str:
    said = re.sub(r'[\\"<>\x00-\x1f]', "", found.alt)
    alt = f'content:"";content:""/"{said}";'
    return f'{alt}display:block;background:url("{picture.url_of(found)}") no-repeat;background-size:contain;'


def page_sheet(appearance: Appearance, selector: str = ":root") -> str:
    """The rules over `forms.css`, for our own pages; empty for our own look."""
    look, card = appearance.look, ".card" if selector == ":root" else f"{selector}.card"
    rules = [page_style(appearance.colours, selector)]
    if look.font != Look().font:
        rules.append(f"{'body' if selector == ':root' else selector}{{font-family:{FONTS[look.font]}}}")
    if look.radius != Look().radius:
        rules.append(f"{selector}{{--radius:{look.radius}px}}")
    if look.width != Look().width:
        rules.append(f"{card}{{max-width:{WIDTHS[look.width]}}}")
    if look.spacing != Look().spacing:
        rules.append(f"{card} form{{gap:{GAPS[look.spacing]}px}}{card}{{--edge-room:{_edge(look)}}}")
    if look.layout == "row":
        row = re.sub(r"(^|\})form", r"\1.card form[data-ask]", _ROW_OF_PAGE)
        rules.append(f".card{{container-type:inline-size}}@container (min-width:{ROW_FROM}){{{row}}}")
    return "".join(rules)


class ShownPicture(NamedTuple):
    """A picture as a page shows it: `name` is its class."""

    name: str
    url: str
    alt: str
    width: int
    height: int


class PageLook(NamedTuple):
    """What the template of a page needs of a look."""

    sheet: str
    pictures: list[ShownPicture]


def page_look(appearance: Appearance) -> PageLook:
    """The look of one of our pages."""
    return PageLook(address(appearance), pictures_of(appearance.look))


def pictures_of(look: Look) -> list[ShownPicture]:
    """The picture and the logo, as far as there are any, in the order of the page."""
    named = (("picture", look.picture), ("logo", look.logo))
    return [ShownPicture(name, picture.path_of(one), one.alt, one.width, one.height) for name, one in named if one]


def address(appearance: Appearance) -> str:
    """Where our pages find this look; empty for our own. Another release that says more has another address."""
    rules = page_sheet(appearance)
    if not rules:
        return ""
    colours, look = appearance.colours, appearance.look
    named = [value.removeprefix("#") or OWN for value in (colours.accent, colours.background, colours.text)]
    words = [look.layout, look.font, look.width, look.spacing, str(look.radius)]
    return url_for("forms.colours", name="-".join(named + words), v=hashlib.sha256(rules.encode()).hexdigest()[:8])


def sheet(name: str) -> Response:
    """GET: the style sheet of the look that the address names. Raises `NotFound` for what is none."""
    match = NAME.fullmatch(name)
    if match is None:
        raise NotFound(f"look {name[:60]!r}")
    accent, background, text = ("" if part == OWN else f"#{part}" for part in match.groups()[:3])
    words = zip(("layout", "font", "width", "spacing", "radius"), match.groups()[3:], strict=True)
    try:
        look = Look.model_validate({part: word for part, word in words if word})
    except ValueError:
        raise NotFound(f"look {name[:60]!r}") from None
    colours = Colours(accent=accent, background=background, text=text)
    answer = Response(page_sheet(Appearance(colours=colours, look=look)), mimetype="text/css")
    answer.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return answer
