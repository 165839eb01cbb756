"""The audit trail: found again by who, what, which list and when; never changed; the same on page, in files and on the
console.
"""

import csv
import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from signup.access.audit import AuditEntry
from signup.access.grant import grant
from signup.access.operator import Operator, find_operator
from signup.admin.settings.audit_page import PAGE
from signup.consent.mailing_list import find_list
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, console, post, sign_in, signed_in
from tests.cast import make_form, make_list


def fill(app: Flask) -> tuple[str, int]:
    """Edith changes a form of the letter and one of another list; its id, and the letter's."""
    mine, other = make_form(magnet=False), make_form(make_list("noise", name="Noise"), magnet=False)
    ids = mine.public_id, other.public_id
    list_id = mine.list_id
    edith = signed_in(app, EDITH)
    for public_id in ids:
        post(edith, f"/admin/forms/{public_id}/archive")
    return ids[0], list_id


def test_the_trail_is_narrowed_by_who_what_object_list_and_day(app: Flask) -> None:
    public_id, list_id = fill(app)
    opal = signed_in(app, OPAL)
    entries = list(
        db.session.scalars(select(AuditEntry).where(AuditEntry.action == "form-changed").order_by(AuditEntry.id))
    )
    assert entries[0].object == public_id
    assert entries[0].list_id == list_id != entries[1].list_id  # known from what the address names
    today = entries[0].at.date()

    def rows(**query: str) -> list[dict[str, str]]:
        answer = opal.get("/admin/settings/audit.csv", query_string=query)
        return list(csv.DictReader(StringIO(answer.text)))

    assert {row["actor"] for row in rows(actor=EDITH)} == {EDITH}
    assert [row["action"] for row in rows(action="form-changed", list="noise")] == ["form-changed"]
    assert [row["object"] for row in rows(object=public_id)] == [public_id]
    assert rows(object=public_id)[0]["list"] == "the-letter"
    assert rows(since=str(today + timedelta(days=2))) == []
    assert len(rows(since=str(today - timedelta(days=1)), until=str(today + timedelta(days=1)))) > 5
    assert rows(until=str(today - timedelta(days=2)), action="nonsense") == []
    page = opal.get("/admin/settings/audit", query_string={"object": public_id}).text
    assert (public_id in page, "Noise</td>" in page) == (True, False)
    assert opal.get("/admin/settings/audit?list=none").status_code == 404
    assert actions(app).count("audit-exported") >= 6


def test_pages_of_the_trail_lose_nobody_and_others_see_only_their_own_doings(app: Flask) -> None:
    fill(app)
    opal, vic = signed_in(app, OPAL), signed_in(app, VIC)
    with transaction():
        edith = find_operator(EDITH)
        assert edith is not None
        for n in range(PAGE + 20):
            db.session.add(AuditEntry(operator_id=edith.id, actor=EDITH, action="sign-in", object=f"n{n}"))
    first = opal.get("/admin/settings/audit?action=sign-in").text
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = opal.get(older).text
    seen = first.count("<b>Signed in</b>"), second.count("<b>Signed in</b>")
    assert seen == (PAGE, 23)
    page = vic.get(f"/admin/settings/audit?actor={EDITH}").text
    assert f">{EDITH}" not in page
    assert f">{VIC}" in page
    assert EDITH not in vic.get("/admin/settings/audit.csv").text


def test_nobody_changes_the_trail_and_a_change_is_proved_by_its_digests(app: Flask) -> None:
    fill(app)
    opal = signed_in(app, OPAL)
    edith = find_operator(EDITH)
    assert edith is not None
    path = f"/admin/settings/operators/{edith.uid}"
    for change in ("UPDATE audit_entry SET actor = 'eve'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text(change))
    for role in ("viewer", "editor"):
        post(opal, path, {"role": role, "every_list": "y"})
    query = select(AuditEntry.detail).where(AuditEntry.action == "operator-changed").order_by(AuditEntry.id)
    there, back = db.session.scalars(query)
    assert there["changed"] == ["role"]
    assert (there["before"], there["after"]) == (back["after"], back["before"])
    assert there["before"] in opal.get("/admin/settings/audit").text


def test_the_console_grants_lists_and_reads_the_trail(app: Flask) -> None:
    fill(app)
    assert "every" in console(app, "operator", "list")
    console(app, "operator", "rights", EDITH, "--list", "noise", "--role", "editor", "--export")
    found = json.loads(console(app, "operator", "list", "--json"))
    assert [(one["lists"], one["rights"]) for one in found] == [("noise", "may_export")]
    assert console(app, "operator", "link", EDITH).startswith("http://signup.example.org/admin/ticket/")
    lines = [json.loads(line) for line in console(app, "audit", "export", "--format", "jsonl").splitlines()]
    assert [line["actor"] for line in lines[:2]] == ["console", "console"]
    table = console(app, "audit", "export", "--actor", EDITH, "--list", "noise")
    assert [row["action"] for row in csv.DictReader(StringIO(table))] == ["form-changed"]
    invited = console(app, "operator", "invite", "fay@example.org", "--role", "viewer", "--list", "noise")
    assert invited.startswith("http://signup.example.org/admin/ticket/")
    assert find_list("noise").slug in console(app, "operator", "list", "--json")


def test_the_page_tells_names_and_words_and_keeps_ids_for_who_asks(app: Flask) -> None:
    fill(app)
    opal = signed_in(app, OPAL)
    letter = find_list("the-letter")
    with transaction():
        ada = add_contact(letter, "ada@example.org", "Ada <b>")
    post(opal, f"/admin/contacts/{ada.uid}/tags", {"name": "VIP"})
    post(opal, "/admin/contacts/bulk", {"do": "apply", "uid": str(ada.uid), "action": "untag", "tag": "VIP"})
    console(app, "operator", "link", EDITH)
    page = opal.get("/admin/settings/audit").text
    assert f'<b>Tagged a contact</b><br><a href="/admin/contacts/{ada.uid}">Ada &lt;b&gt;</a>' in page
    assert '<span class="sub">Tag</span> VIP' in page
    assert '<span class="sub">Change</span> Remove a tag' in page
    assert '<span class="sub">Purpose</span> New password' in page
    assert re.search(r'<a href="/admin/contacts/bulk-edits/[0-9a-f-]+">1 person</a>', page)
    assert "tag=" not in re.sub(r"<[^>]+>", "", page)
    assert re.search(r'<time datetime="[^"]+Z" title="[^"]+ UTC">', page)
    about = opal.get(f"/admin/settings/audit?object={ada.uid}").text
    assert "Ada &lt;b&gt;" in about.partition('class="chip set"')[2].partition("</a>")[0]
    with transaction():
        edith = find_operator(EDITH)
        assert edith
        grant(edith.id, [letter.id])
        db.session.execute(update(Operator).where(Operator.address == EDITH).values(every_list=False))
    limited = app.test_client()
    sign_in(limited, EDITH)
    post(limited, f"/admin/contacts/{ada.uid}/edit", {"v:@language": "fr", "was:@language": '"en"'})
    page = limited.get("/admin/settings/audit").text
    assert "Edited a contact" in page
    assert "Ada &lt;b&gt;" not in page
