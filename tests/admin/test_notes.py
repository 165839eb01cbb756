"""Notes: who wrote one changes it, who may erase deletes it, the person may read it, the trail repeats nothing."""

import pytest
from flask import Flask
from sqlalchemy import select

from signup.access.audit import AuditEntry
from signup.contacts.contact import Contact
from signup.contacts.note import MAX_TEXT, ContactNote, notes_of
from signup.duplicates.merge_contacts import merge_two
from signup.duplicates.unmerge import split_contact
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, add_contact, post, signed_in
from tests.cast import make_form, make_list


def add_ada() -> Contact:
    letter = make_form(magnet=False).list
    with transaction():
        return add_contact(letter, "ada@example.org", "Ada")


def texts(contact: Contact) -> list[str]:
    db.session.rollback()
    return [one.text for one in notes_of(contact.id)]


def test_its_author_changes_a_note_and_an_administrator_deletes_it(app: Flask) -> None:
    ada = add_ada()
    edith, opal = signed_in(app, EDITH), signed_in(app, OPAL)
    path = f"/admin/contacts/{ada.uid}/notes"
    assert post(edith, path, {"text": " Asked for a call <b>in May</b> 🙂\r\nPrefers mornings. "}).status_code == 303
    note = notes_of(ada.id)[0]
    page = opal.get(f"/admin/contacts/{ada.uid}").text
    assert "Asked for a call &lt;b&gt;in May&lt;/b&gt; 🙂\nPrefers mornings.</p>" in page
    assert "Edith" in page
    assert "a copy of their data has it" in page
    assert post(opal, f"{path}/{note.uid}", {"text": "Mine"}).status_code == 403
    assert post(edith, f"{path}/{note.uid}", {"text": "Call in June"}).status_code == 303
    assert texts(ada) == ["Call in June"]
    for bad in ("", "  ", "x" * (MAX_TEXT + 1), "x" * 900_000):
        post(edith, path, {"text": bad})
        post(edith, f"{path}/{note.uid}", {"text": bad})
    assert texts(ada) == ["Call in June"]
    post(opal, path, {"text": "Opal's"})
    assert post(edith, f"{path}/{notes_of(ada.id)[0].uid}/delete").status_code == 403
    assert post(opal, f"{path}/{note.uid}/delete").status_code == 303
    assert texts(ada) == ["Opal's"]
    entries = list(
        db.session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("note-")).order_by(AuditEntry.id))
    )
    assert [one.action for one in entries] == ["note-added", "note-changed", "note-added", "note-deleted"]
    assert all(one.object == str(ada.uid) and one.detail == {} for one in entries)


@pytest.mark.one_engine
def test_only_who_works_with_all_lists_and_sees_whole_contacts_reads_notes(app: Flask) -> None:
    ada = add_ada()
    post(signed_in(app, OPAL), f"/admin/contacts/{ada.uid}/notes", {"text": "zzsecret"})
    uid, other = notes_of(ada.id)[0].uid, make_list("other", name="Other")
    for client in (signed_in(app, VIC), signed_in(app, EDITH, lists=[1, other.id])):
        assert "zzsecret" not in client.get(f"/admin/contacts/{ada.uid}").text
        for path in ("", f"/{uid}", f"/{uid}/delete"):
            answer = post(client, f"/admin/contacts/{ada.uid}/notes{path}", {"text": "x"})
            assert answer.status_code in {403, 404}
    assert texts(ada) == ["zzsecret"]


def test_notes_and_tags_follow_a_merge_and_come_back_with_its_undo(app: Flask) -> None:
    ada, opal = add_ada(), signed_in(app, OPAL)
    letter = make_list("second", name="Second")
    with transaction():
        alias = add_contact(letter, "ada.l@example.org", "Ada L")
    for one, word in ((ada, "both"), (alias, "both"), (alias, "hers")):
        post(opal, f"/admin/contacts/{one.uid}/tags", {"name": word})
    post(opal, f"/admin/contacts/{alias.uid}/notes", {"text": "Hers"})
    with transaction():
        merge = merge_two(ada.id, alias.id, {})
    assert texts(ada) == ["Hers"]
    page = opal.get(f"/admin/contacts/{ada.uid}").text
    assert page.count("Remove the tag</span>") + page.count("Remove the tag: ") == 2
    with transaction():
        split_contact(merge.id)
    assert (texts(ada), texts(alias)) == ([], ["Hers"])
    assert db.session.scalars(select(ContactNote.contact_id)).one() == alias.id
    assert opal.get(f"/admin/contacts/{alias.uid}").text.count("/remove") == 2
