"""Every page, search, preview and file for editors who see all, not every group of fields, or not every list: what
each may see is there to be found, and nothing else is, in whatever spelling.
"""

from collections.abc import Iterator
from itertools import chain

import pytest
from flask import Flask
from flask.testing import FlaskClient

from signup.exports.export_start import FORMATS
from signup.fields.field import define
from signup.ground.db import transaction
from tests.admin.canaries import body_of, words_in
from tests.admin.cast import EDITH, OPAL, console, post, signed_in
from tests.admin.test_boundary import (
    ASKED,
    FRIDA,
    IDA,
    OWN,
    VISIT,
    Attacked,
    attack,
    fetched,
    searches,
    ways,
)
from tests.admin.test_scope import calls, with_rights
from tests.admin.world import HIDDEN

GIVEN = {
    "first_name": "Zzfirst O'Brön",
    "phone": "+41 44 668 18 00",
    "city": "Zzcity/Bürg",
    "company": "Zz<Söhne> & Co",
    "note": 'zz "note" & more',
    "motto": "zzmötto = <b>",
}
IN_THE_GROUP = ("phone", "note", "motto")
THEIRS = {*GIVEN.values(), *VISIT.values(), HIDDEN, "zzpage"}
OURS = {OWN["first_name"], OWN["phone"], OWN["note"]}
OF_THE_GROUP = {values[key] for values in (GIVEN, OWN) for key in IN_THE_GROUP if key in values}

READERS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "every list and field": ((), THEIRS | OURS),
    "every list, not every field": (("hide", "editor", "other"), (THEIRS | OURS) - OF_THE_GROUP),
    "one list, not every field": (("rights", EDITH, "--list", "letter", "--granted-lists"), OURS - OF_THE_GROUP),
}
"""What each step does to the rights of an editor, and what she may see from then on."""


def pages(app: Flask, editor: FlaskClient, world: Attacked) -> Iterator[tuple[str, str]]:
    paths = [*ways(world.people[FRIDA]), *ways(world.people[IDA]), *searches(world)]
    paths += [
        f"/admin/contacts/fields/{key}{end}" for key in IN_THE_GROUP for end in ("", "/spellings", "/archive.csv")
    ]
    paths += [call.path for side in (world.ours, world.theirs) for call in calls(app, side) if call.method == "GET"]
    for path in dict.fromkeys(paths):
        answer = editor.get(path, buffered=True)
        yield path, body_of(answer) + str(answer.headers)


def files(app: Flask, editor: FlaskClient, slugs: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for slug in slugs:
        for name in (*FORMATS, "brevo"):
            choice = {"mailing_list": slug, "status": "confirmed", "segment": "", "partner": "", "format": name}
            yield f"{name} of {slug}", fetched(app, editor, choice | {"with_proof": "y"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages: one engine tells
def test_each_editor_finds_what_may_be_seen_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal, GIVEN)
    editor = with_rights(app, EDITH)
    with transaction():
        define(key="motto", kind="text", labels={"en": "Motto"}, reason="a test", group="other")  # as the other two
    console(app, "operator", "rights", EDITH, "--every-list")
    for name, (words, allowed) in READERS.items():
        if words:
            console(app, "operator", *words)
        slugs = ("letter", HIDDEN) if HIDDEN in allowed else ("letter",)
        post(editor, "/admin/contacts/columns", {"column": [f"answer:text:{key}" for key in ASKED]})
        seen: set[str] = set()
        for where, body in chain(pages(app, editor, world), files(app, editor, slugs)):
            told = words_in(body, THEIRS | OURS)
            assert told <= allowed, (name, where)
            seen |= told
            if seen == THEIRS | OURS:
                break  # it is there to be found: of who may see all there is no more to ask
        assert seen == allowed, name
