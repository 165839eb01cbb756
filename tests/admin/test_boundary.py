"""What one list was given is in no byte that the people of another list get: every page, file, search and count, while
strangers sign foreign addresses up, and editors import them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile, is_zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.operator import Operator
from signup.audience.rule import parse
from signup.audience.segment import Segment
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, NAME
from signup.exports import export_job
from signup.exports.export_run import ExportRun
from signup.exports.export_start import FORMATS
from signup.exports.presets.all_presets import PRESETS
from signup.fields.field import define
from signup.files.import_run import ImportRun
from signup.forms.form import Form
from signup.forms.live_form import forget_live_forms
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.imports import import_job
from signup.signups.signup import Signup
from tests.admin.canaries import words_in
from tests.admin.cast import EDITH, OPAL, VIC, console, csrf_of, post, signed_in
from tests.admin.test_scope import ask, calls, with_rights
from tests.admin.world import HIDDEN, Side, make_world
from tests.cast import BLOG, definition, forget_limits, make_list

FRIDA, GUS, HANA, IDA = "Frida.Zzaddress@example.net", "gus@example.net", "hana@example.net", "ida@example.net"
ASKED = ("first_name", "phone", "city", "company", "note", "motto")
FOREIGN = {
    "first_name": "Zzfirst",
    "phone": "+41 44 668 18 00",
    "city": "Zzcity",
    "company": "Zzcompany SA",
    "note": "zznote",
    "motto": "zzmotto",
}
OWN = {"first_name": "Ownfirst", "phone": "+41 21 614 44 44", "city": "Owncity", "company": "Own AG", "note": "ownnote"}
VISIT = {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Zzagent/1.0"}
CANARIES = [value.lower() for value in FOREIGN.values()] + ["203.0.113.77", "zzagent", "zzpage", HIDDEN]


@dataclass
class Attacked:
    """Both sides, the form of each, and people of the other list whom somebody tries to pull over."""

    ours: Side
    theirs: Side
    forms: dict[str, str] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)


def form_of(app: Flask, side: Side) -> str:
    """The side's form, asking all of the fields from now on."""
    form = db.session.scalars(select(Form).where(Form.list_id == side.list_id)).one()
    fields = tuple(Question(key=key, type="text", label=key.title()) for key in ASKED)
    with transaction():
        form.publish(definition(fields=fields))
    forget_live_forms()
    return form.public_id


def sign_up(client: FlaskClient, form: str, address: str, answers: dict[str, str], **visit: str) -> None:
    body = {"email": address, "fields": answers, "page": f"{BLOG}/zzpage" if visit else f"{BLOG}/post", "consent": True}
    headers = {"Accept": "application/json", "Origin": BLOG}
    answer = client.post(f"/f/{form}", json=body, headers=headers, environ_overrides=visit)
    assert answer.status_code == 202, answer.text
    forget_limits()


def confirm(client: FlaskClient, address: str, list_id: int, **visit: str) -> None:
    """By the link of the mail, as its person does."""
    query = select(Signup.uid).join(Contact, Contact.id == Signup.contact_id).order_by(Signup.id.desc())
    query = query.where(Contact.address_key == address.lower(), Signup.list_id == list_id)
    token = keys().sign(TokenPurpose.CONFIRM, db.session.scalars(query.limit(1)).one())
    assert client.post(f"/confirm/{token}", environ_overrides=visit).status_code == 303


def uid_of(app: Flask, address: str) -> Any:
    return db.session.scalars(select(Contact.uid).where(Contact.address_key == address.lower())).one()


def import_into(app: Flask, editor: FlaskClient, slug: str, rows: str, **more: str) -> ImportRun:
    """Through the pages, and a worker."""
    pasted = {"mailing_list": slug, "origin": "claim", "pasted": rows} | more
    path = post(editor, "/admin/contacts/imports/new", pasted).location
    run = path.rsplit("/", 2)[1]
    uid = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).one()
    targets = uid.mapping
    assert post(editor, path, {"do": "check", "target": targets}).status_code == 303
    import_job.perform()
    assert post(editor, f"/admin/contacts/imports/{run}/start").status_code == 303
    import_job.perform()
    return db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(1)).one()


def attack(app: Flask, client: FlaskClient, opal: FlaskClient, given: dict[str, str] = FOREIGN) -> Attacked:
    """Frida, Hana and Ida gave the other list everything (`given`). A stranger signs Frida up here, and confirms as
    Gus; Edith imports Hana by a claim; Ida signs up here herself, with other answers.
    """
    world = Attacked(*make_world(app, opal))
    with transaction():
        for key in ("phone", "note"):
            define(key=key, kind="text", labels={"en": key.title()}, reason="a test", group="other")
    world.forms = {"ours": form_of(app, world.ours), "theirs": form_of(app, world.theirs)}
    for address in (FRIDA, HANA, IDA):
        sign_up(client, world.forms["theirs"], address, given, **VISIT)
        confirm(client, address, world.theirs.list_id, **VISIT)
    sign_up(client, world.forms["ours"], FRIDA.upper(), OWN)
    sign_up(client, world.forms["ours"], GUS, OWN)
    confirm(client, GUS, world.ours.list_id)
    sign_up(client, world.forms["ours"], IDA, OWN)
    confirm(client, IDA, world.ours.list_id)
    world.people = {address: uid_of(app, address) for address in (FRIDA, GUS, HANA, IDA)}
    return world


def told(body: str, *more: str) -> list[str]:
    return sorted(words_in(body, (*CANARIES, *more)))


def ways(uid: Any) -> Iterator[str]:
    yield from (f"/admin/contacts/{uid}{end}" for end in ("", "/edit", "/proof", "/proof.json"))


def searches(world: Attacked) -> Iterator[str]:
    for text in ("frida", "frida.zzaddress@example.net", "zzfirs", "zz", "hana", "own"):
        yield f"/admin/contacts?q={quote(text)}"
        yield f"/admin/contacts.csv?q={quote(text)}&list=letter"
        yield f"/admin/search?q={quote(text)}"
    for rest in ("status=pending", "list=letter&status=pending", "grade=A", "quality=40", "order=oldest", "all=1"):
        yield f"/admin/contacts?{rest}"
    columns = "&".join(f"column=answer:text:{key}" for key in ASKED)
    yield f"/admin/contacts?{columns}"
    for name in (*FORMATS, *PRESETS):
        yield f"/admin/exports/preview?mailing_list=letter&status=confirmed&format={name}&with_proof=y"
    yield "/admin/exports/preview?mailing_list=letter&status=any&format=csv"
    yield f"/admin/exports/preview?mailing_list=letter&status=any&format=csv&ticked={world.people[FRIDA].hex}"


@pytest.mark.one_engine
def test_what_another_list_was_given_is_in_no_page(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    for address in (VIC, EDITH):
        reader = with_rights(app, address, world.ours.list_id)
        post(reader, "/admin/contacts/columns", {"column": [f"answer:text:{key}" for key in ASKED]})
        token = csrf_of(reader, "/admin/settings/account")
        pages = [call for call in calls(app, world.ours) if call.method == "GET"]
        for call in pages:
            assert told(ask(reader, call, token)[1], "zzaddress") == [], (address, call)
        for path in searches(world):
            assert told(reader.get(path).text) == [], (address, path)
        for path in ways(world.people[FRIDA]):
            assert reader.get(path).status_code in {403, 404}, (address, path)
        for path in ways(world.people[IDA]):
            assert told(reader.get(path).text) == [], (address, path)


def test_a_pending_sign_up_opens_nothing_and_a_confirmed_one_what_it_gave(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    edith = with_rights(app, EDITH, world.ours.list_id)
    frida, ida = world.people[FRIDA], world.people[IDA]
    assert edith.get(f"/admin/contacts/{frida}").status_code == 404
    assert post(edith, f"/admin/contacts/{frida}/edit", {"v:phone": "", "was:phone": "null"}).status_code == 404
    assert "frida" not in edith.get("/admin/contacts").text.lower()
    assert "zzaddress" not in edith.get("/admin/outbox").text.lower()
    page = edith.get(f"/admin/contacts/{ida}").text
    for value in OWN.values():
        assert value in page
    assert "Quality" not in page
    assert "ownfirst" in edith.get("/admin/contacts?q=ownf").text.lower()
    whole = opal.get(f"/admin/contacts/{frida}").text
    assert [value for value in FOREIGN.values() if value not in whole] == []
    confirm(client, FRIDA, world.ours.list_id)
    page = edith.get(f"/admin/contacts/{frida}").text
    assert told(page) == []
    assert OWN["phone"] in page
    assert "frida.zzaddress@example.net" in page  # not as the other list has it written


def test_an_edit_by_one_list_leaves_what_the_others_have(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    edith, ida, gus = with_rights(app, EDITH, world.ours.list_id), world.people[IDA], world.people[GUS]
    for uid in (ida, gus):
        typed = {
            "v:phone": "+41 22 700 00 00",
            "was:phone": f'"{OWN["phone"]}"',
            "v:motto": "mine",
            "was:motto": "null",
        }
        typed |= {f"v:{LANGUAGE}": "fr", f"was:{LANGUAGE}": '"en"', f"v:{NAME}": "x"}
        assert post(edith, f"/admin/contacts/{uid}/edit", typed).status_code == 303
        page = edith.get(f"/admin/contacts/{uid}").text
        assert "+41 22 700 00 00" in page
        assert "mine" in page
    people = {one.uid: one.answers for one in db.session.scalars(select(Contact).where(Contact.uid.in_([ida, gus])))}
    # Ida's last word, to whom she gave it: her own sign-up here. Of the other list's motto nothing is changed.
    assert people[ida]["motto"] == FOREIGN["motto"]
    assert people[ida]["phone"] == OWN["phone"]
    assert (people[gus]["motto"], people[gus]["phone"]) == ("mine", "+41 22 700 00 00")
    cards = {
        one.list_id: one.given
        for one in db.session.scalars(select(Subscription).join(Contact).where(Contact.uid == ida))
    }
    assert cards[world.theirs.list_id]["phone"] == FOREIGN["phone"]
    assert cards[world.ours.list_id]["phone"] == "+41 22 700 00 00"
    other = with_rights(app, VIC, world.theirs.list_id)
    assert "Z•••" in other.get(f"/admin/contacts/{ida}").text
    typed = {"v:motto": "everybody's", "was:motto": f'"{FOREIGN["motto"]}"'}
    assert post(opal, f"/admin/contacts/{ida}/edit", typed).status_code == 303
    assert "everybody" in edith.get(f"/admin/contacts/{ida}").text  # who corrects for all lists does


@pytest.mark.parametrize("overwrite", ["", "y"])
def test_an_import_of_one_list_neither_learns_nor_changes_what_others_know(
    app: Flask, client: FlaskClient, overwrite: str
) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    edith, hana = with_rights(app, EDITH, world.ours.list_id), world.people[HANA]
    before = opal.get(f"/admin/contacts/{hana}").text
    rows = "email,phone,first_name\n"
    known = import_into(app, edith, "letter", f"{rows}{HANA},+41 22 111 11 11,Filefirst", overwrite=overwrite)
    new = import_into(app, edith, "letter", f"{rows}nora@example.net,+41 22 111 11 11,Filefirst", overwrite=overwrite)
    pages = [edith.get(f"/admin/contacts/imports/{run.uid}").text for run in (known, new)]
    outcomes = [page[page.index("What happened") : page.index("Who can be emailed")] for page in pages]
    assert outcomes[0] == outcomes[1]  # nobody learns from it who is known
    page = edith.get(f"/admin/contacts/{hana}").text
    assert "+41 22 111 11 11" in page
    assert told(page + edith.get(f"/admin/contacts/{hana}/proof.json").text) == []
    answers = db.session.scalars(select(Contact.answers).where(Contact.uid == hana)).one()
    assert {key: answers.get(key) for key in FOREIGN} == FOREIGN
    assert FOREIGN["phone"] in before
    assert post(edith, f"/admin/contacts/imports/{known.uid}/undo").status_code == 303
    import_job.perform()
    assert edith.get(f"/admin/contacts/{hana}").status_code == 404


def fetched(app: Flask, client: FlaskClient, choice: dict[str, str]) -> str:
    """The file of an export, unpacked."""
    assert post(client, "/admin/exports/new", choice).status_code == 303, choice
    export_job.perform()
    uid = db.session.scalars(select(ExportRun.uid).order_by(ExportRun.id.desc()).limit(1)).one()
    content = client.get(f"/admin/exports/{uid}/file", buffered=True).data
    if not is_zipfile(BytesIO(content)):
        return str(content, "utf-8-sig", "replace")
    with ZipFile(BytesIO(content)) as parts:
        return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def test_no_file_holds_what_another_list_was_given(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    edith = with_rights(app, EDITH, world.ours.list_id)
    choice = {"mailing_list": "letter", "status": "confirmed", "segment": "", "partner": "", "with_proof": "y"}
    assert FOREIGN["motto"] in fetched(app, opal, choice | {"format": "csv"})
    for name in ("csv", "csv-excel", "xlsx", "jsonl", "brevo", "mailchimp"):
        body = fetched(app, edith, choice | {"format": name})
        assert told(body, "zzaddress") == [], name
        assert IDA in body, name
        assert OWN["first_name"] in body, name
    assert told(fetched(app, edith, choice | {"format": "csv", "status": "any"}), "zzaddress") == []
    for key, value, n in (("city", "Zzcity", 0), ("city", "Owncity", 1)):  # by a choice: on PostgreSQL by containment
        slug = f"{key}-{n}"
        with transaction():
            rule = {"subject": f"answer:choice:{key}", "op": "any_of", "values": [value]}
            segment = Segment(slug=slug, name=slug)
            segment.publish(parse({"rules": [rule]}))
        body = fetched(app, edith, choice | {"format": "csv", "segment": slug})
        assert (told(body), IDA in body) == ([], bool(n))
    of_opal = db.session.scalars(select(ExportRun.uid).where(ExportRun.actor == OPAL).limit(1)).one()
    assert edith.get(f"/admin/exports/{of_opal}/file").status_code == 403


RULES: dict[str, tuple[dict[str, str], int]] = {
    "the other list's answer": ({"subject": "answer:text:motto", "op": "filled"}, 0),
    "the other list's text": ({"subject": "answer:text:phone", "op": "contains", "value": "668"}, 0),
    "the other list's name": ({"subject": "name", "op": "begins", "value": "zz"}, 0),
    "an address that only waits": ({"subject": "address", "op": "begins", "value": "frida"}, 0),
    "what is not known": ({"subject": "answer:text:motto", "op": "empty"}, 4),
    "our own answer": ({"subject": "answer:text:note", "op": "is", "value": "OwnNote"}, 2),
    "our own name": ({"subject": "name", "op": "begins", "value": "ownf"}, 2),
    "our own language": ({"subject": "language", "op": "any_of", "values": "en"}, 2),
}


def test_a_rule_asks_one_list_only_what_it_was_given(app: Flask, client: FlaskClient) -> None:
    world = attack(app, client, signed_in(app, OPAL))
    edith = with_rights(app, EDITH, world.ours.list_id)
    for name, (rule, n) in RULES.items():
        typed = {"r.match": "all", "do": "count", "name": "x"} | {f"r-0.{key}": value for key, value in rule.items()}
        typed["r-0.values"] = rule.get("values", "")
        page = post(edith, "/admin/segments/new", typed).text
        shown = page[page.index('class="figure') :][:200]
        assert f">{n}<" in shown, (name, shown)
    for subject in ("quality", "source", "region", "grade", "suppressed", "company"):
        op = {"quality": "at_least", "region": "filled", "grade": "filled", "suppressed": "yes"}.get(subject, "filled")
        typed = {"r.match": "all", "r-0.subject": subject, "r-0.op": op, "r-0.value": "1", "do": "count", "name": "x"}
        assert post(edith, "/admin/segments/new", typed).status_code == 404, subject
        assert f'value="{subject}"' not in edith.get("/admin/segments/new").text


def test_the_preference_page_gives_each_list_what_it_asked(app: Flask, client: FlaskClient) -> None:
    world = attack(app, client, signed_in(app, OPAL))
    only_theirs = definition(fields=(Question(key="secret", type="text", label="Secret"),))
    form = db.session.scalars(select(Form).where(Form.public_id == world.forms["theirs"])).one()
    with transaction():
        form.publish(only_theirs)
    forget_live_forms()
    sign_up(client, world.forms["theirs"], GUS, {"secret": "zzmotto"}, **VISIT)
    confirm(client, GUS, world.theirs.list_id, **VISIT)
    token = ""
    token = keys().sign(TokenPurpose.PREFERENCES, world.people[GUS])
    lists = [
        str(one)
        for one in db.session.scalars(select(Subscription.uid).join(Contact).where(Contact.uid == world.people[GUS]))
    ]
    typed = {"phone": "+41 22 333 33 33", "secret": "zzmotto again", "language": "en", "list": lists}
    assert client.post(f"/preferences/{token}", data=typed).status_code == 303
    edith = with_rights(app, EDITH, world.ours.list_id)
    body = "".join(edith.get(path).text for path in ways(world.people[GUS]))
    assert "+41 22 333 33 33" in body
    assert told(body) == []
    events = select(ConsentEvent.answers).where(ConsentEvent.type == ConsentType.PREFERENCE_CHANGED)
    ours = db.session.scalars(events.where(ConsentEvent.list_id == world.ours.list_id)).one()
    assert "secret" not in ours


@pytest.mark.one_engine
def test_a_segment_that_names_no_list_is_of_who_made_it(app: Flask, client: FlaskClient) -> None:
    world = attack(app, client, signed_in(app, OPAL))
    edith = with_rights(app, EDITH, world.theirs.list_id)
    rule = {"r.match": "all", "r-0.subject": "name", "r-0.op": "begins", "r-0.value": "zzfirst", "do": "save"}
    assert post(edith, "/admin/segments/new", rule | {"name": "Zzmotto lovers"}).status_code == 303
    vic = with_rights(app, VIC, world.ours.list_id)
    for path in ("/admin/segments", "/admin/contacts", "/admin/exports/new"):
        assert "zzmotto" not in vic.get(path).text.lower(), path
    for path in ("/admin/segments/zzmotto-lovers", "/admin/contacts?segment=zzmotto-lovers"):
        assert vic.get(path).status_code == 404, path
        assert edith.get(path).status_code == 200, path


@pytest.mark.one_engine
def test_an_own_copy_tells_what_each_list_was_given(app: Flask, client: FlaskClient) -> None:
    world = attack(app, client, signed_in(app, OPAL))
    token = keys().sign(TokenPurpose.COPY, world.people[IDA])
    copy = client.post(f"/copy/{token}").json
    assert copy
    assert {entry["given"]["phone"] for entry in copy["subscriptions"]} == {OWN["phone"], FOREIGN["phone"]}


def test_what_an_administrator_adds_is_for_the_one_list_there_is(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app, OPAL)
    world = attack(app, client, opal)
    edith = with_rights(app, EDITH, world.ours.list_id)
    for address, is_shown in ((GUS, True), (IDA, False)):
        typed = {"v:motto": "added", "was:motto": f'"{FOREIGN["motto"]}"' if address == IDA else "null"}
        assert post(opal, f"/admin/contacts/{world.people[address]}/edit", typed).status_code == 303
        page = edith.get(f"/admin/contacts/{world.people[address]}").text
        assert ("added" in page) == is_shown, address


def test_an_import_is_taken_back_alike_whoever_else_knows_the_person(app: Flask, client: FlaskClient) -> None:
    world = attack(app, client, signed_in(app, OPAL))
    edith = with_rights(app, EDITH, world.ours.list_id)
    rows = "email,first_name\nnora@example.net,Nora\nneil@example.net,Neil"
    run = import_into(app, edith, "letter", rows)
    sign_up(client, world.forms["theirs"], "nora@example.net", FOREIGN, **VISIT)
    confirm(client, "nora@example.net", world.theirs.list_id, **VISIT)
    assert post(edith, f"/admin/contacts/imports/{run.uid}/undo").status_code == 303
    import_job.perform()
    done = db.session.get_one(ImportRun, run.id)
    assert done.undone == {"undone": 2}
    left = {one.address_key: one for one in db.session.scalars(select(Contact))}
    assert "neil@example.net" not in left
    assert left["nora@example.net"].answers["motto"] == FOREIGN["motto"]
    entries = db.session.scalars(
        select(Subscription.list_id).where(Subscription.contact_id == left["nora@example.net"].id)
    )
    assert list(entries) == [world.theirs.list_id]


@pytest.mark.one_engine
def test_a_column_goes_to_no_field_that_its_importer_does_not_see(app: Flask, client: FlaskClient) -> None:
    signed_in(app, OPAL)
    edith = signed_in(app, EDITH)
    with transaction():
        make_list("letter")
        define(key="note", kind="text", labels={"en": "Note"}, reason="a test", group="other")
        db.session.execute(update(Operator).values(may_import=True))
    console(app, "operator", "hide", "editor", "other")
    pasted = {"mailing_list": "letter", "origin": "claim", "pasted": "email,note\nann@example.net,hush"}
    path = post(edith, "/admin/contacts/imports/new", pasted).location
    assert db.session.scalars(select(ImportRun.mapping)).one() == ["email", ""]
    assert "answer:note" not in edith.get(path).text
    assert post(edith, path, {"do": "check", "target": ["email", "answer:note"]}).status_code == 422
