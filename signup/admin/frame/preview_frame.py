"""Pages for the frame of a preview: they run nothing, send nothing and load no more than they name."""

import base64
import hashlib

from flask import Response, make_response, request

from signup.ground.urls import origin_of, settings


def framed(page: str, style: str = "") -> Response:
    """A page for the frame: no script, no sending, and besides our style sheets only the style that is named."""
    answer = make_response(page)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # A sandboxed frame has no origin of its own: WebKit lets 'self' match nothing there, and wants ours by its name.
    ours = f"'self' {origin_of(request.host_url)}"
    styles = f"{ours} 'sha256-{digest}'" if style else ours
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {styles}; img-src {ours} data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'self'; sandbox"
    )
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def mail_framed(html: str) -> Response:
    """A mail for the frame: its own styles, its logo, nothing else."""
    # A mail carries its style within, as mail programs want it; in this frame nothing but its logo is loaded or run.
    answer = framed(html)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {origin_of(settings().public_url)}; base-uri 'none';"
        " form-action 'none';"
        " frame-ancestors 'self'; sandbox"
    )
    return answer
