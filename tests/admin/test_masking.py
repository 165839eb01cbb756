"""A viewer gets no whole address, name or value of anybody: in no page, file, file name or message of the route map."""

from io import BytesIO
from uuid import UUID
from zipfile import ZipFile, is_zipfile

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.operator import Operator, find_operator
from signup.addresses.address import parse
from signup.admin.contacts.contact_view import ContactView
from signup.admin.frame.route_subject import CONTACT
from signup.audience.scoring_round import run_round
from signup.cli.main import main
from signup.companies.company import Company
from signup.consent.mailing_list import MailingList, find_list
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.exports import export_job
from signup.exports.export_run import ExportRun
from signup.exports.export_start import FORMATS
from signup.exports.presets.all_presets import PRESETS
from signup.fields import value_archive
from signup.fields.field import Field, FieldState, define
from signup.ground.db import Base, db, transaction
from tests.admin.canaries import body_of, words_in
from tests.admin.cast import EDITH, OPAL, VIC, add_contact, console, csrf_of, post, signed_in
from tests.admin.test_scope import ask, calls
from tests.admin.world import Side, make_world

ADDRESSES = ("Zzupper.CASE@Example.net", "zzplus+tag@example.net", "zzidn@bücher.example", "zzjörg@example.net")
ANSWERS = {
    "phone": "+41 44 zz 18 00",
    "company": "Acme",
    "street": "Zzstreet 1",
    "postal_code": "8001",
    "hobby": "zzhobby",
}


def people(app: Flask, side: Side) -> list[UUID]:
    """One contact for each kind of address, each with a name and answers; the last is a pair of the first."""
    found = []
    with transaction():
        for key in ("postal_code", "hobby", "phone"):
            define(key=key, kind="text", labels={"en": key}, reason="a test", group="other")
        for place, typed in enumerate(ADDRESSES):
            mailed = parse(typed)
            one = add_contact(db.session.get_one(MailingList, side.list_id), mailed.mailed, f"Zzname Zzsurname{place}")
            one.address_key = mailed.key
            one.change_answers(ANSWERS, ChangeOrigin(ChangeKind.OPERATOR, actor=OPAL))
            found.append(one.uid)
        editor = find_operator(EDITH)
        assert editor
        for query in ({"q": "zzupper.case@example.net"}, {"status": "confirmed"}):
            name = f"view {len(query.get('q', ''))}"
            db.session.add(ContactView(operator_id=editor.id, name=name, query=query, shared=True))
    run_round()
    with transaction():
        db.session.execute(update(Field).where(Field.key == "hobby").values(state=FieldState.ARCHIVED))
    hobby = db.session.scalars(select(Field).where(Field.key == "hobby")).one()
    assert value_archive.take_out(hobby)
    assert value_archive.count_archived(hobby.id) == len(ADDRESSES)
    return found


WHOLES = ("zzupper", "zzplus", "zzidn", "zzjörg", "zzname", "zzsurname", "zzstreet", "zzhobby", "44 zz", "zz+18")


def whole_in(body: str) -> list[str]:
    """What of the canaries is told: local parts, names, answers."""
    return sorted(words_in(body, WHOLES))


def pages(app: Flask, side: Side, uids: list[UUID]) -> list[str]:
    found = [call.path for call in calls(app, side) if call.method == "GET"]
    found += [f"/admin/contacts/{uid}{end}" for uid in uids for end in ("", "/edit", "/proof", "/proof.json")]
    company = db.session.scalars(select(Company.uid).limit(1)).one()
    fields = list(db.session.scalars(select(Field.key)))
    found += [f"/admin/companies/{company}", f"/admin/companies/{company}/edit"]
    found += [f"/admin/contacts/fields/{key}{end}" for key in fields for end in ("", "/archive.csv", "/spellings")]
    found += [
        f"/admin/contacts?{rest}" for rest in ("order=oldest", "status=confirmed", "q=zz", "list=letter", "page=bzk5")
    ]
    found += [f"/admin/contacts.csv?{rest}" for rest in ("", "order=oldest", "q=zz", "list=letter")]
    for name in (*FORMATS, *PRESETS):
        found.append(f"/admin/exports/preview?mailing_list=letter&status=any&format={name}&with_proof=y")
    return found


@pytest.mark.one_engine
def test_a_viewer_gets_nobody_whole_in_any_page(app: Flask) -> None:
    opal, _edith = signed_in(app, OPAL), signed_in(app, EDITH)
    side, _theirs = make_world(app, opal)
    uids = people(app, side)
    vic = signed_in(app, VIC)
    with transaction():
        db.session.execute(update(Operator).where(Operator.address_key == VIC).values(may_export=True))
    whole = set()
    for path in pages(app, side, uids):
        answer = vic.get(path, buffered=True)
        assert answer.status_code < 500, path
        told = body_of(answer) + str(answer.headers)
        assert whole_in(told) == [], path
        whole |= set(whole_in(body_of(opal.get(path, buffered=True))))
    assert whole >= {
        "zzupper",
        "zzplus",
        "zzidn",
        "zzjörg",
        "zzname",
        "zzhobby",
        "zzstreet",
    }  # it is there to be found
    page = vic.get("/admin/contacts").text
    assert "z•••@example.net" in page.lower()
    assert "view 0" in page
    assert "view 24" not in page


@pytest.mark.one_engine
def test_what_a_viewer_posts_changes_nothing_and_tells_nobody(app: Flask) -> None:
    opal = signed_in(app, OPAL)
    side, _theirs = make_world(app, opal)
    uids = people_of(app, side)
    vic = signed_in(app, VIC)
    side.objects[CONTACT] = {"uid": uids[0]}
    token = csrf_of(vic, "/admin/settings/account")
    before = record(app)
    for call in calls(app, side):
        if call.method == "POST":
            status, body = ask(vic, call, token)
            assert status < 500, call
            assert whole_in(body) == [], call
    assert record(app) == before


def record(app: Flask) -> dict[str, list[str]]:
    """Every row, but for what is noted about who asks."""
    noted = {"audit_entry", "sign_in_wait"}
    tables = [table for table in Base.metadata.sorted_tables if table.name not in noted]
    return {table.name: sorted(map(str, db.session.execute(select(table)))) for table in tables}


def people_of(app: Flask, side: Side) -> list[UUID]:
    signed_in(app, EDITH)
    return people(app, side)


def test_a_viewer_gets_nobody_whole_in_any_file(app: Flask) -> None:
    opal = signed_in(app, OPAL)
    side, _theirs = make_world(app, opal)
    people_of(app, side)
    vic = signed_in(app, VIC)
    assert console(app, "operator", "rights", VIC, "--export") == "Changed: may_export\n"
    for name in FORMATS:
        choice = {"mailing_list": "letter", "status": "any", "segment": "", "partner": "", "format": name}
        assert post(vic, "/admin/exports/new", choice).status_code == 303
        body, headers = fetched(app, vic)
        assert whole_in(body + headers) == [], name
        assert "•••@example.net" in body, name
    assert vic.get("/admin/contacts/fields/hobby/archive.csv").status_code == 403
    assert "zzhobby" in opal.get("/admin/contacts/fields/hobby/archive.csv").text
    assert find_list("letter").id == side.list_id


def fetched(app: Flask, client: FlaskClient) -> tuple[str, str]:
    export_job.perform()
    uid = db.session.scalars(select(ExportRun.uid).order_by(ExportRun.id.desc()).limit(1)).one()
    answer = client.get(f"/admin/exports/{uid}/file", buffered=True)
    content = answer.data
    if not is_zipfile(BytesIO(content)):
        return str(content, "utf-8-sig", "replace"), str(answer.headers)
    with ZipFile(BytesIO(content)) as parts:
        return "".join(str(parts.read(name), "utf-8", "replace") for name in parts.namelist()), str(answer.headers)


@pytest.mark.one_engine
def test_the_console_says_which_right_a_role_cannot_hold(app: Flask) -> None:
    for address in (OPAL, EDITH, VIC):
        signed_in(app, address)
    assert console(app, "operator", "rights", EDITH, "--export", "--import") == "Changed: may_export, may_import\n"
    assert console(app, "operator", "rights", EDITH, "--role", "viewer") == "Changed: may_import, role\n"
    assert console(app, "operator", "rights", EDITH, "--no-export") == "Changed: may_export\n"
    for words, said in (
        ((VIC, "--send"), "cannot have this permission: send"),
        ((OPAL, "--export"), "may export anyway"),
    ):
        done = refused(app, *words)
        assert said in done, done
    assert console(app, "operator", "rights", VIC, "--export") == "Changed: may_export\n"


def refused(app: Flask, *words: str) -> str:
    done = CliRunner().invoke(main, ("operator", "rights", *words), obj=lambda: app)
    assert done.exit_code == 1, done.output
    return done.output
