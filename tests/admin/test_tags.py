"""Tags: one word is one tag, whoever types it; it is found, filtered by, renamed, merged, exported and erased."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.admin.contacts.contact_view import ContactView
from signup.audience.reach import reach
from signup.audience.rule import parse
from signup.audience.rule_sql import rule_condition
from signup.audience.segment import Segment, find_segment
from signup.contacts.contact import Contact
from signup.contacts.tag import ContactTag, Tag, tags_of
from signup.contacts.value_change import TAG, ValueChange
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import make_form, make_list

pytestmark = pytest.mark.both_engines


def fill(app: Flask) -> dict[str, Contact]:
    letter = make_form(magnet=False).list
    with transaction():
        people = [add_contact(letter, f"{name}@example.org", name.title()) for name in ("ada", "bob", "cleo")]
    return {one.name: one for one in people}


def tag(client: FlaskClient, contact: Contact, name: str) -> None:
    assert post(client, f"/admin/contacts/{contact.uid}/tags", {"name": name}).status_code == 303


def tagged(*people: Contact) -> list[list[str]]:
    db.session.rollback()
    found = tags_of([one.id for one in people])
    return [[one.name for one in found.get(contact.id, [])] for contact in people]


def id_of(name: str) -> int:
    return db.session.scalars(select(Tag.id).where(Tag.name == name)).one()


def met(**condition: object) -> list[str]:
    rule = parse({"rules": [{"subject": "tag", **condition}]})
    return list(db.session.scalars(select(Contact.name).where(rule_condition(rule)).order_by(Contact.id)))


def test_a_word_is_one_tag_however_it_is_typed_and_goes_with_one_click(app: Flask) -> None:
    people = fill(app)
    ada, bob, client = people["Ada"], people["Bob"], signed_in(app, EDITH)
    tag(client, ada, "  Key   Account, Presse 📰")
    tag(client, bob, "KEY ACCOUNT")
    tag(client, bob, "key account")
    assert tagged(ada, bob) == [["Key Account", "Presse 📰"], ["Key Account"]]
    page = client.get(f"/admin/contacts/{ada.uid}").text
    assert f'/admin/contacts?tag={id_of("Key Account")}">Key Account</a>' in page
    post(client, f"/admin/contacts/{ada.uid}/tags/{id_of('Key Account')}/remove")
    post(client, f"/admin/contacts/{ada.uid}/tags/{id_of('Key Account')}/remove")
    assert tagged(ada) == [["Presse 📰"]]
    assert [one for one in actions(app) if "tag" in one] == ["contact-tagged"] * 3 + ["contact-untagged"]
    query = select(ValueChange.old, ValueChange.new).where(ValueChange.field == TAG, ValueChange.contact_id == ada.id)
    assert [*db.session.execute(query.order_by(ValueChange.id))][-1] == ("Key Account", None)
    for bad in ("", " , ", "x" * 41, "a,\u200b"):
        post(client, f"/admin/contacts/{ada.uid}/tags", {"name": bad})
    assert tagged(ada) == [["Presse 📰"]]


def test_rules_ask_for_any_all_or_no_tag(context: Flask) -> None:
    people = fill(context)
    client = signed_in(context, EDITH)
    for name, words in (("Ada", "a, b"), ("Bob", "b")):
        tag(client, people[name], words)
    a, b = str(id_of("a")), str(id_of("b"))
    assert met(op="any_of", values=[a, b]) == ["Ada", "Bob"]
    assert met(op="all_of", values=[a, b]) == ["Ada"]
    assert met(op="none_of", values=[a]) == ["Bob", "Cleo"]
    assert met(op="filled") == ["Ada", "Bob"]
    assert met(op="empty") == ["Cleo"]
    assert met(op="any_of", values=["nonsense", "9" * 30]) == []
    page = client.get(f"/admin/contacts?tag={a}").text
    assert "1 of 3 people" in page
    assert "bob@" not in page
    assert "0 of 3 people" in client.get(f"/admin/contacts?tag={'9' * 30}").text


def test_a_tag_is_renamed_and_two_are_made_one_in_segments_too(app: Flask) -> None:
    people = fill(app)
    ada, bob, client = people["Ada"], people["Bob"], signed_in(app, EDITH)
    tag(client, ada, "press, presse")
    tag(client, bob, "presse")
    press, presse = id_of("press"), id_of("presse")
    segment = Segment(slug="journalists", name="Journalists")
    with transaction():
        segment.publish(parse({"rules": [{"subject": "tag", "op": "any_of", "values": [str(presse)]}]}))
    assert post(client, f"/admin/contacts/tags/{press}/rename", {"name": "Press"}).status_code == 303
    asked = post(client, f"/admin/contacts/tags/{presse}/rename", {"name": "PRESS"})
    assert asked.status_code == 409
    assert "Journalists" in post(client, f"/admin/contacts/tags/{presse}/delete", follow_redirects=True).text
    assert tagged(ada, bob) == [["Press", "presse"], ["presse"]]
    assert post(client, f"/admin/contacts/tags/{presse}/merge/{press}").status_code == 303
    assert tagged(ada, bob) == [["Press"], ["Press"]]
    version = find_segment("journalists").version
    assert (version.number, reach(version.rule).total) == (2, 2)
    assert "is any of Press" in client.get("/admin/segments/journalists").text
    assert post(client, f"/admin/contacts/tags/{presse}/merge/{press}").status_code == 404
    with transaction():
        find_segment("journalists").publish(parse({"rules": []}))
    assert post(client, f"/admin/contacts/tags/{press}/delete").status_code == 303
    assert tagged(ada, bob) == [[], []]
    assert actions(app)[-3:] == ["tag-renamed", "tags-merged", "tag-deleted"]


def test_many_are_tagged_at_once_and_that_can_be_undone(app: Flask) -> None:
    people = fill(app)
    ada, bob, cleo = people.values()
    client = signed_in(app, OPAL)
    tag(client, ada, "VIP")
    asked = {"all": "1", "list": "the-letter", "action": "tag", "tag": "vip"}
    look = post(client, "/admin/contacts/bulk", {"do": "look", **asked}).text
    assert "2 would change" in look
    page = post(client, "/admin/contacts/bulk", {"do": "apply", **asked}).location
    assert "2 people changed" in client.get(page).text
    assert tagged(ada, bob, cleo) == [["VIP"]] * 3
    take = {"uid": [str(ada.uid), str(bob.uid)], "action": "untag", "tag": "VIP", "do": "apply"}
    taken = post(client, "/admin/contacts/bulk", take).location
    assert tagged(ada, bob, cleo) == [[], [], ["VIP"]]
    post(client, f"{taken}/undo")
    assert tagged(ada, bob, cleo) == [["VIP"]] * 3
    post(client, f"{page}/undo")
    assert tagged(ada, bob, cleo) == [["VIP"], [], []]
    assert "untag" not in client.get("/admin/contacts/bulk-edits").text
    answer = post(client, "/admin/contacts/bulk", asked | {"do": "apply", "tag": " "})
    assert answer.status_code == 422


def test_a_tag_column_is_exported_once_there_are_tags(app: Flask) -> None:
    people = fill(app)
    client = signed_in(app, OPAL)
    path = "/admin/exports/preview?mailing_list=the-letter&status=any&format=csv&segment=&partner="
    assert "Tags" not in client.get(path).text
    tag(client, people["Ada"], "VIP, =1+1")
    page = client.get(path).text
    assert "Tags" in page
    assert re.search(r"VIP, =1\+1|=1\+1, VIP", page)


@pytest.mark.one_engine
def test_only_who_sees_whole_contacts_sees_tags_and_only_editors_change_them(app: Flask) -> None:
    ada = fill(app)["Ada"]
    other = make_list("other", name="Other")
    tag(signed_in(app, OPAL), ada, "zzsecret")
    tag_id = id_of("zzsecret")
    letter = db.session.scalars(select(Contact.id)).first()
    assert letter
    vic = signed_in(app, VIC)
    limited = signed_in(app, EDITH, lists=[1, other.id])
    for client in (vic, limited):
        for path in ("/admin/contacts", f"/admin/contacts/{ada.uid}", "/admin/segments/new", "/admin/contacts?tag=1"):
            assert "zzsecret" not in client.get(path).text
        for path in (f"{ada.uid}/tags", f"{ada.uid}/tags/{tag_id}/remove", f"tags/{tag_id}/delete", "tags/new"):
            assert post(client, f"/admin/contacts/{path}", {"name": "x"}).status_code in {403, 404}
        assert client.get("/admin/contacts/tags").status_code == 403
    post(vic, "/admin/contacts/columns", {"column": ["tags"]})
    assert "zzsecret" not in vic.get("/admin/contacts").text
    assert db.session.scalar(select(func.count()).select_from(ContactTag)) == 1
    assert db.session.scalar(select(func.count()).select_from(ContactView)) == 0
