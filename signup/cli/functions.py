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
    Function("measure the sign-up funnel", "admin.overview", "funnel", "funnel#the-funnel"),
    Function("choose objectives", "admin.setup", "objectives", "fields#what-the-database-is-for"),
    Function("manage fields", "admin.fields", "fields list", "fields#cost-and-benefit-of-fields"),
    Function("validate values offline", "admin.fields", "check", "checks#validation"),
    Function("import people", "admin.imports", "import file", "import#import"),
    Function("find duplicates", "admin.duplicates", "dedupe", "contacts#duplicates"),
    Function(
        "view companies and households", "admin.companies", "quality companies", "companies#companies-and-households"
    ),
    Function("score and grade contacts", "admin.quality", "quality show", "quality#categories"),
    Function("build segments", "admin.segments", "segment list", "segments#segments"),
    Function("export people", "admin.exports", "export", "exports#exports"),
    Function("export for other programs", "admin.export_new", "presets", "exports#presets"),
    Function("give incentives", "admin.magnets", "codes", "incentives#incentives"),
    Function("limit abuse", "admin.protection", "limits", "abuse#for-operators"),
    Function("send campaigns", "admin.campaigns", "campaign list", "campaigns#campaigns"),
    Function("send letters by themselves", "admin.lists", "automation list", "automations#automations"),
    Function("watch the emails", "admin.outbox", "outbox list", "flows#the-outbox"),
    Function("manage operators and permissions", "admin.operators", "operator list", "people#people-and-permissions"),
    Function("answer an access request", "admin.contacts", "access", "access#access"),
    Function("prove consent", "admin.consent", "consent verify", "ledger#checking"),
    Function("erase people", "admin.contacts", "erase", "erasure#who-erases"),
    Function("delete what is old", "admin.retention", "retention", "retention#retention"),
    Function("review the audit trail", "admin.trail", "audit", "people#audit-trail"),
    Function("manage API keys", "admin.api_keys", "key list", "api#api"),
    Function("tell other programs what happens", "admin.webhooks", "webhook list", "webhooks#webhooks"),
)


@click.command("functions")
@as_json
@in_app
def command(*, as_json: bool) -> None:
    """What this service does, with the page, command and documentation for each function."""
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
