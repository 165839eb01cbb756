"""`signup functions`: what this service does, each with its page, its verb on the console and its place in the docs."""

from typing import NamedTuple

import click
from flask import current_app

from signup.cli.command import as_json, in_app, show


class Function(NamedTuple):
    """One thing it does. `page` is an endpoint, `verb` what follows `signup`, `docs` a page and its heading."""

    name: str
    page: str
    verb: str
    docs: str


FUNCTIONS = (
    Function("sign people up", "admin.forms", "form list", "forms#forms"),
    Function("measure the way to a sign-up", "admin.overview", "funnel", "funnel#the-funnel"),
    Function("choose what the base is for", "admin.setup", "objectives", "fields#what-the-database-is-for"),
    Function("keep fields in order", "admin.fields", "fields list", "fields#what-fields-cost-and-bring"),
    Function("check values offline", "admin.fields", "check", "checks#offline-checks"),
    Function("import people", "admin.imports", "import file", "import#import"),
    Function("find duplicates", "admin.duplicates", "dedupe", "contacts#duplicates"),
    Function(
        "see companies and households", "admin.companies", "quality companies", "companies#companies-and-households"
    ),
    Function("score and grade", "admin.quality", "quality show", "quality#categories"),
    Function("build segments", "admin.segments", "segment list", "segments#segments"),
    Function("export people", "admin.exports", "export", "exports#exports"),
    Function("write for other programs", "admin.export_new", "presets", "exports#presets"),
    Function("give incentives", "admin.magnets", "codes", "incentives#incentives"),
    Function("bound misuse", "admin.protection", "limits", "abuse#for-operators"),
    Function("watch the mails", "admin.outbox", "outbox list", "flows#the-outbox"),
    Function("say who may do what", "admin.operators", "operator list", "people#people-and-rights"),
    Function("follow what was done", "admin.trail", "audit", "people#audit-trail"),
    Function("let programs in", "admin.api_keys", "key list", "api#the-api-for-programs"),
)


@click.command("functions")
@as_json
@in_app
def command(*, as_json: bool) -> None:
    """What this service does, each with its page, its verb and its place in the docs."""
    urls = current_app.url_map.bind("localhost")
    rows = [
        {
            "function": one.name,
            "page": urls.build(one.page),
            "verb": f"signup {one.verb}",
            "docs": f"docs/{one.docs.replace('#', '.md#')}",
        }
        for one in FUNCTIONS
    ]
    show(rows, as_json=as_json)
