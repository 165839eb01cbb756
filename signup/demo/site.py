"""Somebody's website, on another origin: it embeds the demo form as plain HTML and knows nothing else of us."""

from collections.abc import Callable

from flask import Flask, render_template
from flask.wrappers import Response

from signup.config import PROJECT

# What a careful website sends: nothing but its own page, no script, and only our service as a form's target.
POLICY = "default-src 'none'; style-src 'self'; form-action {target}; base-uri 'none'"


def create_site(snippet: Callable[[], str], service: str) -> Flask:
    """The website. `snippet` gives the form's markup as an operator would have pasted it; `service` is our origin."""
    site = Flask(
        "signup.demo",
        template_folder=str(PROJECT / "templates" / "demo"),
        static_folder=str(PROJECT / "signup/demo/static"),
    )

    @site.get("/")
    def home() -> str:
        return render_template("site.html", snippet=snippet())

    @site.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY.format(target=service)
        return response

    return site
