"""GET /picture/<hash>.<type>: the logo or picture of a form, for pages, websites and emails. Nothing is noted."""

from flask import Response

from signup.forms.looks import picture
from signup.ground.errors import NotFound

YEAR_SECONDS = 31_536_000


def show(name: str) -> Response:
    """The picture; its name is its content's, so any cache may keep it for ever."""
    hash_, _dot, type_ = name.partition(".")
    found = picture.find(hash_)
    if found is None or found.type != type_:
        raise NotFound(f"picture {name[:20]!r}")
    answer = Response(found.content, mimetype=f"image/{found.type}")
    answer.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
