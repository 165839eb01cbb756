from datetime import timedelta

from flask import Flask
from sqlalchemy import delete, select

from signup.cli.main import main
from signup.contacts.contact import Contact
from signup.duplicates import find_duplicates
from signup.duplicates.duplicate import SEARCH_BEAT, Duplicate
from signup.ground.db import db, transaction
from signup.ground.jobs import last_beat, win
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import ADA, make_form, make_list, state_of

OTHER = "ada.lovelace@gmail.com"


def two(app: Flask) -> tuple[str, str]:
    """Ada by two addresses; the one of the work was confirmed last."""
    form = make_form(magnet=False)
    second = make_list("second", name="Second")
    with transaction():
        one = add_contact(form.list, "adalovelace@gmail.com", "Ada Lovelace")
        other = add_contact(second, OTHER, "A. Lovelace", "unsubscribed")
        one.confirmed_at = one.created_at
        one.answers = {"first_name": "Ada", "interests": ["design"]}
        other.answers = {"first_name": "Augusta", "phone": "079 123 45 67", "interests": ["privacy"]}
        add_contact(form.list, "noise@example.org", "Nina Simone")
    find_duplicates.search()
    return str(one.uid), str(other.uid)


def test_a_pair_is_compared_merged_and_parted_by_hand(app: Flask) -> None:
    one, other = two(app)
    client = signed_in(app, EDITH)
    listed = client.get("/admin/contacts/duplicates").text
    assert OTHER in listed
    assert "same mailbox" in listed
    assert "noise@" not in listed
    assert "may be the same person" in client.get(f"/admin/contacts/{one}").text
    leads = client.get(f"/admin/contacts/{other}/pair?address=adalovelace@gmail.com")
    assert leads.location == f"/admin/contacts/{one}/merge/{other}"
    pasted = client.get(f"/admin/contacts/{other}/pair", query_string={"address": "<mailto:adalovelace@gmail.com>,"})
    assert pasted.location == leads.location
    found = client.get(f"/admin/contacts/{other}/pair?address=lovelace").text
    assert "adalovelace@gmail.com" in found
    assert f"/pair?address={OTHER}" not in found.replace("%40", "@")  # nobody is merged with themselves
    page = client.get(leads.location).text
    for value in ("Augusta", "079 123 45 67", "Unsubscribed", "Second"):
        assert value in page
    merged = post(client, leads.location, {"take:first_name": "other", "take:phone": "other", "take:interests": "both"})
    assert merged.location == f"/admin/contacts/{one}"
    page = client.get(f"/admin/contacts/{one}").text
    assert OTHER in page
    assert "Merge by edith@example.org" in page
    assert client.get(f"/admin/contacts/{other}").location == f"/admin/contacts/{one}"
    contact = db.session.scalars(select(Contact).where(Contact.address_key == "adalovelace@gmail.com")).one()
    assert contact.answers == {
        "first_name": "Augusta",
        "interests": ["design", "privacy"],
        "phone": "079 123 45 67",
    }
    assert state_of("adalovelace@gmail.com", "second") == "unsubscribed"
    after = client.get("/admin/contacts/duplicates").text
    assert "No pairs to review" in after
    assert "Merged <span>1</span>" in after
    with transaction():  # the pair is not what counts: two may be merged without one
        db.session.execute(delete(Duplicate))
    assert "Merged <span>1</span>" in client.get("/admin/contacts/duplicates").text
    undo = client.get("/admin/contacts/duplicates?state=merged").text
    path = undo[undo.index("/admin/contacts/merges/") :].partition('"')[0]
    assert post(client, path).status_code == 303
    assert "cannot be undone" in post(client, path, follow_redirects=True).text
    contact = db.session.scalars(select(Contact).where(Contact.address_key == "adalovelace@gmail.com")).one()
    assert contact.answers == {"first_name": "Ada", "interests": ["design"]}
    assert state_of(OTHER, "second") == "unsubscribed"
    assert actions(app)[-2:] == ["contacts-merged", "merge-undone"]


def test_two_people_are_told_apart_for_good(app: Flask) -> None:
    two(app)
    client = signed_in(app, EDITH)
    pair = db.session.scalars(select(Duplicate.id)).one()
    assert win(SEARCH_BEAT, timedelta(days=1))
    assert post(client, f"/admin/contacts/duplicates/{pair}").status_code == 303
    find_duplicates.search()
    assert db.session.scalars(select(Duplicate.state)).one() == "apart"
    assert OTHER in client.get("/admin/contacts/duplicates?state=apart").text
    assert post(client, f"/admin/contacts/duplicates/{pair}", {"do": "reopen"}).status_code == 303
    assert OTHER in client.get("/admin/contacts/duplicates").text
    assert post(client, "/admin/contacts/duplicates/99").status_code == 404
    assert post(client, "/admin/contacts/duplicates/search").status_code == 303
    assert last_beat(SEARCH_BEAT) is None
    assert signed_in(app, VIC).get("/admin/contacts/duplicates").status_code == 403


def test_a_pair_that_is_one_or_nobody_leads_back(app: Flask) -> None:
    one, _other = two(app)
    client = signed_in(app, OPAL)
    assert "No other contact" in client.get(f"/admin/contacts/{one}/pair?address={ADA}").text
    assert client.get(f"/admin/contacts/{one}/merge/{one}").status_code == 303
    assert main.get_command(None, "dedupe") is not None  # type: ignore[arg-type]
