"""Somebody's website, on another origin: it uses the demo form in every way there is and knows nothing else of us."""

import re
from collections.abc import Callable

from flask import Flask, abort, render_template
from flask.wrappers import Response

from signup.ground.config import PACKAGE, PROJECT

# What a careful website sends: its own page, our script, our answers, our frame, and our service as a form's target.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' {service}; script-src {service}; connect-src {service};"
    " frame-src {service}; form-action {service}; base-uri 'none'"
)
TRIGGERS = "delay:15 scroll:50 click:#join"
# Each page with its headline and what it does; the last word of a path is the snippet's name on the page.
PAGES = {
    "": ("Asking politely", "The form below is the plain HTML from the admin. This page runs no scripts."),
    "inline": ("Inline", "One script and a container for the form. Nothing jumps when it loads."),
    "pop-up": ("Pop-up", "A pop-up after fifteen seconds or half a page, once a month – or when you click."),
    "slide-in": ("Slide-in", "It slides in next to the text, without taking the focus."),
    "bar": ("Bar", "A bar at the bottom of the page that opens the form."),
    "iframe": ("In a frame", "The form's hosted page in an iframe that adjusts its height."),
}


def create_site(snippets: Callable[[], dict[str, str]], service: str) -> Flask:
    """The website. `snippets` gives the markups as an operator would have pasted them; `service` is our origin."""
    site = Flask(
        "signup.demo",
        template_folder=str(PROJECT / "templates" / "demo"),
        static_folder=str(PACKAGE / "demo" / "static"),
    )

    @site.get("/", defaults={"name": ""})
    @site.get("/<name>")
    def page(name: str) -> str:
        if name not in PAGES:
            abort(404)
        return render_template("site.html", name=name, pages=PAGES, **_pasted(snippets(), name))

    @site.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY.format(service=service)
        return response

    return site


def _pasted(snippets: dict[str, str], name: str) -> dict[str, str]:
    """The snippets as this website uses them: with a mode for each page, and its own style sheet for `style`."""
    here = f' data-mode="{name}" data-trigger="{TRIGGERS}"></script>'
    bare = {kind: re.sub(r' style="[^"]*"', "", text) for kind, text in snippets.items()}
    return bare | {"script": bare["script"].replace("></script>", here)}
