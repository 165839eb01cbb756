"""The hosted page inside a website's iframe (`?frame=1`): same steps, no cookie, and only where the form is allowed.

The confirmation's own page and everything else behind a mailed link are never framed.
"""

from typing import Any

from flask import g, request

from signup.forms.form import Definition


def is_framed() -> bool:
    """Whether this page is shown inside a website."""
    return request.args.get("frame") == "1"


def frame_parameter() -> dict[str, Any]:
    """The parameter that keeps the next page in the frame."""
    return {"frame": "1"} if is_framed() else {}


def allow_framing(definition: Definition) -> None:
    """Let the form's websites frame this answer."""
    g.frame_ancestors = ("'self'", *definition.allowed_origins)


def page_values(public_id: str, definition: Definition) -> dict[str, object]:
    """The values for a page's template; allows framing by the form's websites when the request asks for it."""
    if is_framed():
        allow_framing(definition)
    return {"frame": public_id if is_framed() else "", "passed_on": frame_parameter()}
