"""Ways to bring a form before people: markup for a website, links, QR codes; each placement its own source."""

import io
import unicodedata
from html import escape

import segno

from signup.forms.form import Form
from signup.forms.snippet import frame_snippet, hosted_url, html_snippet, pinned_snippet, place_snippet, script_snippet
from signup.ground.urls import origin_of, public_url, settings

KINDS = ("script", "pinned", "place", "iframe", "html", "wordpress", "link", "signature", "csp", "qr")
MAX_PLACEMENT = 40
QR_SCALE, QR_BORDER = 8, 4  # a quiet zone of four modules: ISO/IEC 18004


def markup(form: Form, kind: str, placement: str = "", language: str = "") -> str:
    """What to paste for this kind. `placement` names the place for reports; `language` is asked for by the page."""
    source = source_of(placement)
    if kind == "html":
        return html_snippet(form, language, source)
    if kind == "link":
        return link(form, source, language)
    if kind == "qr":
        return qr_svg(form, placement, language)
    if kind == "csp":
        return csp_lines()
    attributes = f' data-src="{escape(source)}"' if source else ""
    attributes += f' data-lang="{escape(language)}"' if language else ""
    place = place_snippet(form, attributes)
    title = escape(form.version.definition.said_in(language).title)
    return {
        "script": script_snippet(form, attributes),
        "pinned": pinned_snippet(form, attributes),
        "place": place,
        "iframe": frame_snippet(form, src=source or None, lang=language or None),
        "wordpress": f"<!-- wp:html -->\n{place}\n<!-- /wp:html -->",
        "signature": f'<p><a href="{escape(link(form, source or "signature", language))}">{title}</a></p>',
    }[kind]


def csp_lines() -> str:
    """What a website with a Content-Security-Policy adds for the script, the frame and the plain form."""
    host = origin_of(settings().public_url)
    return f"script-src {host};\nconnect-src {host};\nimg-src {host};\nframe-src {host};\nform-action {host};"


def source_of(placement: str) -> str:
    """A placement's name as it stands in an address: `Shop window, Lyon` becomes `shop-window-lyon`."""
    prefix, colon, name = placement.rpartition(":")
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(char if char.isalnum() else " " for char in plain).split()
    return f"{'qr:' if colon and prefix == 'qr' else ''}{'-'.join(words)[:MAX_PLACEMENT]}"


def link(form: Form, source: str = "", language: str = "") -> str:
    """The hosted page's address, for a placement and in a language."""
    if not source and not language:
        return hosted_url(form)
    return public_url("forms.show", public_id=form.public_id, src=source or None, lang=language or None)


def qr_link(form: Form, placement: str = "", language: str = "") -> str:
    """What the QR code says: the hosted page, with a source of its own."""
    return link(form, f"qr:{source_of(placement) or 'code'}", language)


def qr_svg(form: Form, placement: str = "", language: str = "") -> str:
    """The QR code as SVG: sharp at every size, black on white."""
    out = io.BytesIO()
    _code(form, placement, language).save(
        out, kind="svg", scale=QR_SCALE, border=QR_BORDER, light="#ffffff", xmldecl=False, nl=False
    )
    return out.getvalue().decode()


def qr_png(form: Form, placement: str = "", language: str = "") -> bytes:
    """The QR code as PNG, for programs that take no SVG."""
    out = io.BytesIO()
    _code(form, placement, language).save(out, kind="png", scale=QR_SCALE * 2, border=QR_BORDER)
    return out.getvalue()


def _code(form: Form, placement: str, language: str) -> segno.QRCode:
    # M survives 15 % of the code being dirty or torn: paper in a shop window.
    return segno.make_qr(qr_link(form, placement, language), error="m")
