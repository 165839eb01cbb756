"""The hosted page inside a website's iframe (`?frame=1`): same steps, no cookie, and only where the form is allowed.

The confirmation's own page and everything else behind a mailed link are never framed.
"""

from typing import Any

from flask import g, request

from signup.forms.form import Definition


def is_framed() -> bool:
    """Whether this page is shown inside a website."""
    return request.args.get("frame") == "1"


def passed_on() -> dict[str, Any]:
    """What the next page's address needs so that it stays in the frame."""
    return {"frame": "1"} if is_framed() else {}


def let_in(definition: Definition) -> None:
    """Let the form's websites frame this answer."""
    g.frame_ancestors = ("'self'", *definition.allowed_origins)


def shown(public_id: str, definition: Definition) -> dict[str, object]:
    """What a page's template needs; lets the form's websites frame it when one asks to."""
    if is_framed():
        let_in(definition)
    return {"frame": public_id if is_framed() else "", "passed_on": passed_on()}
