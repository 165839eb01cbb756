"""A role that does not see a group of fields meets its values nowhere: every page of the route map, and every file."""

from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.operator import Operator
from signup.admin.frame.route_subject import CONTACT, EXPORT, IMPORT
from signup.audience.rule import parse
from signup.audience.scoring_round import run_round
from signup.audience.segment import Segment
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.exports import export_job
from signup.exports.export_run import ExportRun
from signup.fields.field import define
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, actions, console, csrf_of, post, signed_in
from tests.admin.test_scope import ask, calls
from tests.admin.world import Side, make_world
from tests.imports.import_cast import table, take_in

SECRET, LATER = "0800 hush", "0800 whisper"
CHOICE = {"mailing_list": "letter", "status": "any", "segment": "", "partner": "", "format": "csv"}


def keep_a_secret(app: Flask, opal: FlaskClient, side: Side) -> str:
    """Ada's fax by every way it can come: a file, an operator, a segment that asks for it, a bulk edit; and checked.
    The bulk edit's page.
    """
    with transaction():
        field = {"labels": {"en": "Fax"}, "reason": "a number", "check": "phone", "group": "other"}
        define(key="fax", kind="text", **field)
        define(key="phone", kind="text", **field | {"labels": {"en": "Phone"}, "group": "personal"})
        rule = {"subject": "answer:text:fax", "op": "contains", "value": SECRET}
        segment = Segment(slug="faxed", name=f"Faxed {SECRET}")
        segment.publish(parse({"rules": [rule]}))
    row = {"E-mail": side.addresses[0], "Fax": SECRET, "Phone": "+41 79 123 45 67"}
    run = take_in(table(row), find_list("letter"))
    assert run.imported
    side.objects[IMPORT] = {"uid": run.uid}
    with transaction():
        ada = db.session.scalars(select(Contact).where(Contact.address_key == side.addresses[0])).one()
        ada.change_answers({"fax": LATER}, ChangeOrigin(ChangeKind.OPERATOR, actor=OPAL))
        ada.change_answers({"fax": SECRET}, ChangeOrigin(ChangeKind.OPERATOR, actor=OPAL))
    run_round()
    edit = {"uid": str(side.objects[CONTACT]["uid"]), "action": "set", "field": "fax", "value": LATER, "do": "apply"}
    assert post(opal, "/admin/exports/new", CHOICE).status_code == 303
    return str(post(opal, "/admin/contacts/bulk", edit).location)


def hidden_in(app: Flask, client: FlaskClient, side: Side) -> list[str]:
    """The addresses of the admin whose pages tell the secret."""
    found, token = [], csrf_of(client, "/admin/settings/account")
    pages = [call for call in calls(app, side) if call.method == "GET"]
    for call in pages:
        status, body = ask(client, call, token)
        assert status < 500, call
        if "hush" in body or "whisper" in body:
            found.append(call.endpoint)
    return found


def newest_export(app: Flask) -> ExportRun:
    export_job.perform()
    return db.session.scalars(select(ExportRun).order_by(ExportRun.id.desc()).limit(1)).one()


def fetched(client: FlaskClient, uid: UUID) -> tuple[int, str]:
    answer = client.get(f"/admin/exports/{uid}/file", buffered=True)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_hidden_group_is_nowhere_for_an_editor_and_whole_for_an_administrator(app: Flask) -> None:
    opal = signed_in(app, OPAL)
    side, _theirs = make_world(app, opal)
    bulk = keep_a_secret(app, opal, side)
    whole = newest_export(app).uid
    side.objects[EXPORT] = {"uid": whole}
    edith, vic = signed_in(app, EDITH), signed_in(app, VIC)
    with transaction():
        db.session.execute(update(Operator).values(may_export=True, may_import=True))
    seen = set(hidden_in(app, edith, side))
    assert {"contact", "contact_edit", "segments", "export_preview"} <= seen
    assert LATER in edith.get(bulk).text
    assert "fax" in edith.get("/admin/contacts").text
    assert LATER in fetched(edith, whole)[1]
    done = {
        "csrf_token": csrf_of(opal, "/admin/settings/account"),
        "editor": ["other"],
        "viewer": ["other", "personal"],
    }
    assert opal.post("/admin/settings/operators/hidden", data=done).status_code == 303
    assert actions(app)[-1] == "groups-hidden"
    assert hidden_in(app, edith, side) == []
    assert hidden_in(app, vic, side) == []
    assert set(hidden_in(app, opal, side)) >= seen
    _sees_other_fields_still(edith, side)
    _asks_by_hand(edith, side)
    assert edith.get(bulk).status_code == 404
    assert fetched(edith, whole)[0] == 403
    for format_ in ("csv", "jsonl", "brevo"):
        assert post(edith, "/admin/exports/new", CHOICE | {"status": "confirmed", "format": format_}).status_code == 303
        status, body = fetched(edith, newest_export(app).uid)
        assert (status, LATER in body, "fax" in body.lower()) == (200, False, False)
        assert "79" in body
    assert console(app, "operator", "hide", "editor") == "editor: sees every group\n"
    assert set(hidden_in(app, edith, side)) == seen


def _sees_other_fields_still(edith: FlaskClient, side: Side) -> None:
    uid = side.objects[CONTACT]["uid"]
    assert "+41 79 123 45 67" in edith.get(f"/admin/contacts/{uid}").text
    assert "answer:text:phone" in edith.get("/admin/contacts").text


def _asks_by_hand(edith: FlaskClient, side: Side) -> None:
    uid = side.objects[CONTACT]["uid"]
    rule = {"r.match": "all", "r-0.subject": "answer:text:fax", "r-0.op": "filled", "do": "count", "name": "x"}
    assert post(edith, "/admin/segments/new", rule).status_code == 404
    assert edith.get("/admin/segments/faxed").status_code == 404
    assert edith.get("/admin/contacts?segment=faxed").status_code == 404
    assert edith.get(f"/admin/contacts/imports/{side.objects[IMPORT]['uid']}").status_code == 404
    post(edith, "/admin/contacts/columns", {"column": "answer:text:fax"})
    assert "hush" not in edith.get("/admin/contacts").text
    post(edith, f"/admin/contacts/{uid}/edit", {"v:fax": "gone", "was:fax": "null"})
    assert db.session.scalars(select(Contact.answers).where(Contact.uid == uid)).one()["fax"] == LATER


def test_who_may_not_see_households_sees_no_companies_and_the_groups_are_listed(app: Flask) -> None:
    edith = signed_in(app, EDITH)
    assert edith.get("/admin/companies").status_code == 200
    assert console(app, "operator", "hide", "editor", "household") == "editor: household hidden\n"
    assert edith.get("/admin/companies").status_code == 403
    assert "/admin/companies" not in edith.get("/admin/contacts").text
    assert "company_size" not in edith.get("/admin/segments/new").text
    groups = console(app, "fields", "--by-group")
    assert [name in groups for name in ("personal", "household", "advertising", "analysis", "other")] == [True] * 5
