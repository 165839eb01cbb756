"""`signup form`: the forms, and how to place them."""

import json

import click
from sqlalchemy import select

from signup.cli.command import as_json, in_app, show
from signup.forms.form import Form, find_form
from signup.forms.form_draft import forms_with_draft
from signup.forms.placing import KINDS, markup
from signup.forms.snippet import hosted_url
from signup.ground.db import db


@click.group()
def form() -> None:
    """Forms and where to use them."""


@form.command("list")
@as_json
@in_app
def form_list(*, as_json: bool) -> None:
    """All forms with their list and hosted page, those too that are only a draft yet."""
    drafts = forms_with_draft()
    rows = [
        {
            "id": one.public_id,
            "name": one.name,
            "list": one.list.slug,
            "version": one.version.number if one.version_id else None,
            "draft": one.id in drafts,
            "url": hosted_url(one) if one.version_id else "",
        }
        for one in db.session.scalars(select(Form).order_by(Form.id))
        if one.version_id or one.id in drafts
    ]
    show(rows, as_json=as_json)


@form.command("show")
@click.argument("form_id")
@in_app
def form_show(form_id: str) -> None:
    """One form's current version as JSON. A draft is not shown: only the admin section writes and reads it."""
    found = find_form(form_id)
    facts = {
        "id": found.public_id,
        "name": found.name,
        "list": found.list.slug,
        "version": found.version.number,
    }
    click.echo(
        json.dumps(
            facts | {"url": hosted_url(found), "definition": found.version.content},
            indent=2,
            ensure_ascii=False,
        )
    )


@form.command("snippet")
@click.argument("form_id")
@click.option("--kind", type=click.Choice(KINDS), default="html", show_default=True, help="The kind of code.")
@click.option("--place", default="", help="Name the placement: it becomes a separate source in reports.")
@click.option("--lang", default="", help="One of the form's languages, instead of the visitor's.")
@in_app
def form_snippet(form_id: str, kind: str, place: str, lang: str) -> None:
    """The code to paste into a website, or a link or QR code (SVG) for anywhere else."""
    click.echo(markup(find_form(form_id), kind, place, lang))
