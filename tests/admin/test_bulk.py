import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.audience.search import Search
from signup.bulk import bulk_edit, bulk_work
from signup.bulk.bulk_edit import BulkEdit
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import make_form, make_list, state_of


def fill(app: Flask) -> dict[str, str]:
    """Three on The Letter, Nina on another list; their public ids by name."""
    letter, noise = make_form(magnet=False).list, make_list("noise", name="Noise")
    with transaction():
        people = [add_contact(letter, f"{name}@example.org", name.title()) for name in ("ada", "bob", "cleo")]
        people.append(add_contact(noise, "nina@example.org", "Nina"))
        people[0].answers = {"interests": ["design"]}
        people[1].answers = {"interests": ["privacy"], "first_name": "Bob"}
    return {one.name.lower(): str(one.uid) for one in people}


def answers(app: Flask) -> dict[str, dict[str, object]]:
    return {row.name.lower(): row.answers for row in db.session.scalars(select(Contact))}


def apply(client: FlaskClient, **asked: object) -> str:
    """Begin a bulk edit; where its page is."""
    answer = post(client, "/admin/contacts/bulk", {"do": "apply", **asked})
    assert answer.status_code == 303, answer.text
    location: str = answer.location
    return location


def test_a_choice_is_added_to_all_that_match_after_a_look_and_taken_back(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    asked = {"all": "1", "list": "the-letter", "action": "add", "field": "interests", "value": "design"}
    before = answers(app)
    look = post(client, "/admin/contacts/bulk", {"do": "look", **asked}).text
    assert "2 would change" in look
    assert "Apply to 3 people" in look
    assert answers(app) == before
    page = apply(client, **asked)
    assert "2 people changed" in client.get(page).text
    changed = answers(app)
    assert changed["bob"]["interests"] == ["privacy", "design"]
    assert changed["cleo"] == {"interests": ["design"]}
    assert changed["nina"] == {}
    with transaction():  # changed since: stays
        db.session.execute(update(Contact).where(Contact.name == "Cleo").values(answers={"interests": ["privacy"]}))
    assert post(client, f"{page}/undo").status_code == 303
    assert answers(app) == before | {"cleo": {"interests": ["privacy"]}}
    assert "nothing to undo" in post(client, f"{page}/undo", follow_redirects=True).text
    assert actions(app)[-2:] == ["bulk-started", "bulk-undone"]
    assert "Add a choice" in client.get("/admin/contacts/bulk-edits").text


def test_ticked_people_get_a_value_and_a_name_with_it(app: Flask) -> None:
    uids = fill(app)
    client = signed_in(app, OPAL)
    apply(client, uid=[uids["ada"], uids["nina"], "nonsense"], action="set", field="first_name", value="Grace")
    rows = db.session.execute(select(Contact.address, Contact.name).order_by(Contact.id))
    assert [name for _address, name in rows] == ["Grace", "Bob", "Cleo", "Grace"]
    apply(client, uid=[uids["bob"]], action="clear", field="interests")
    assert answers(app)["bob"] == {"first_name": "Bob"}


def test_people_are_unsubscribed_together_and_nothing_pretends_to_undo_that(app: Flask) -> None:
    uids = fill(app)
    client = signed_in(app, EDITH)
    page = apply(client, uid=[uids["ada"], uids["nina"]], action="unsubscribe", on="the-letter")
    assert state_of("ada@example.org") == "unsubscribed"
    assert state_of("bob@example.org") == "confirmed"
    assert state_of("nina@example.org", "noise") == "confirmed"
    assert "Undo this edit" not in client.get(page).text
    post(client, f"{page}/undo")
    assert state_of("ada@example.org") == "unsubscribed"


def test_what_is_missing_is_said_and_nothing_begins(app: Flask) -> None:
    uids = fill(app)
    client = signed_in(app, EDITH)
    for asked in (
        {"action": "set", "field": "first_name", "value": "x"},
        {"uid": uids["ada"], "action": "explode"},
        {"uid": uids["ada"], "action": "set", "field": "nonsense", "value": "x"},
        {"uid": uids["ada"], "action": "set", "field": "interests", "value": "nonsense"},
        {"uid": uids["ada"], "action": "add", "field": "first_name", "value": "x"},
        {"uid": uids["ada"], "action": "clear", "field": "@language"},
        {"uid": uids["ada"], "action": "set", "field": "first_name", "value": " "},
    ):
        answer = post(client, "/admin/contacts/bulk", {"do": "apply", **asked})
        assert answer.status_code == 422, asked
        assert 'role="alert"' in answer.text
    assert db.session.scalar(select(db.func.count(BulkEdit.id))) == 0
    assert post(signed_in(app, VIC), "/admin/contacts/bulk").status_code == 403


def test_a_dead_workers_edit_goes_on_where_it_stopped(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = make_form(magnet=False).list
    with transaction():
        for n in range(7):
            add_contact(letter, f"p{n}@example.org")
    monkeypatch.setattr(bulk_work, "STEP", 3)
    run = BulkEdit(action="set", field="first_name", value={"to": "Ada"}, actor="opal@example.org")
    run.selection = bulk_edit.selection_of(Search(list_id=letter.id))
    with transaction():
        bulk_edit.begin(run)
        run.state, run.owner, run.attempt = "running", "somebody who died", 1
        run.lease_until = now(-bulk_work.LEASE)
    with transaction():  # what the dead one had done
        assert bulk_work._edit_some(run) == 3
    with transaction():
        db.session.execute(update(BulkEdit).values(rows=3, changed=3, at_id=run.at_id))
        add_contact(letter, "later@example.org")
    bulk_work.sweep()
    done = bulk_work.run_now(run.id)
    assert (done.state, done.rows, done.changed, done.owner) == ("done", 7, 7, None)
    names = list(db.session.scalars(select(Contact.name).order_by(Contact.id)))
    assert names == ["Ada"] * 7 + [""]


def _die(_run: BulkEdit) -> int:
    raise KeyboardInterrupt


def test_workers_that_die_often_end_no_edit_that_comes_further(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = make_form(magnet=False).list
    with transaction():
        for n in range(14):
            add_contact(letter, f"p{n}@example.org")
    monkeypatch.setattr(bulk_work, "STEP", 2)
    run = BulkEdit(action="set", field="first_name", value={"to": "Ada"}, actor="opal@example.org")
    run.selection = bulk_edit.selection_of(Search(list_id=letter.id))
    with transaction():
        bulk_edit.begin(run)
    edit_some = bulk_work._edit_some
    for _death in range(6):
        steps = iter([edit_some, _die])
        with monkeypatch.context() as patch:
            patch.setattr(bulk_work, "_edit_some", lambda run, steps=steps: next(steps)(run))
            with pytest.raises(KeyboardInterrupt):
                bulk_work.perform()
        with transaction():
            db.session.execute(update(BulkEdit).values(lease_until=now(-bulk_work.LEASE)))
        bulk_work.sweep()
        assert db.session.scalar(select(BulkEdit.state)) == "waiting"
    done = bulk_work.run_now(run.id)
    assert (done.state, done.rows, done.changed) == ("done", 14, 14)


def test_a_view_brings_filter_and_columns_back_for_oneself_or_all(app: Flask) -> None:
    fill(app)
    edith, opal = signed_in(app, EDITH), signed_in(app, OPAL)
    save = {"list": "the-letter", "order": "oldest", "q": "", "column": ["language", "source"]}
    own = post(edith, "/admin/contacts/views", save | {"name": "Mine"}).location
    shared = post(edith, "/admin/contacts/views", save | {"name": "Ours ☃", "shared": "yes"}).location
    page = edith.get(own).text
    assert '<th scope="col">Language</th>' in page
    assert '<th scope="col">Lists</th>' not in page
    assert "nina@" not in page
    assert page.index("ada@example.org") < page.index("cleo@example.org")
    seen = opal.get("/admin/contacts").text
    assert "Ours ☃" in seen
    assert "Mine" not in seen
    uid = shared.partition("view=")[2].partition("&")[0]
    assert post(opal, f"/admin/contacts/views/{uid}/delete").status_code == 404
    assert post(edith, "/admin/contacts/views", {"name": "Ours ☃", "q": "bob"}).status_code == 303
    assert "Ours ☃" not in opal.get("/admin/contacts").text
    assert post(edith, f"/admin/contacts/views/{uid}/delete").status_code == 303
    assert "Ours ☃" not in edith.get("/admin/contacts").text
    assert post(edith, "/admin/contacts/views", {"name": " "}).status_code == 303
