import json

from flask import Flask
from sqlalchemy import select

from signup.audience.search import Search, find
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import make_form, make_list


def fill(app: Flask) -> str:
    """Ada confirmed, Bob pending, Cleo unsubscribed on The Letter, Nina on another; Ada's public id."""
    letter, noise = make_list(), make_list("noise", name="Noise")
    with transaction():
        ada = add_contact(letter, "ada@example.org", "Ada Lovelace")
        add_contact(letter, "bob@example.org", "Bob_Marley", "pending")
        add_contact(letter, "cleo@example.org", "", "unsubscribed")
        add_contact(noise, "nina@example.org", "Nina Simone")
    return str(ada.uid)


def names(search: Search) -> list[str]:
    return [contact.address.partition("@")[0] for contact in find(search).rows]


def test_a_list_and_a_status_narrow_the_search(context: Flask) -> None:
    fill(context)
    letter = make_list("third", name="Third")
    found = db.session.scalar(select(Subscription.list_id).order_by(Subscription.id))
    assert names(Search(list_id=found)) == ["cleo", "bob", "ada"]
    assert names(Search(list_id=found, state="pending")) == ["bob"]
    assert names(Search(state="confirmed")) == ["nina", "ada"]
    assert names(Search(list_id=letter.id)) == []


def test_pages_lead_forth_and_back_without_losing_anybody(context: Flask) -> None:
    with transaction():
        letter = make_list()
    with transaction():
        for n in range(7):
            add_contact(letter, f"p{n}@example.org")
    for search in (Search(), Search(list_id=letter.id)):
        pages, cursor = [], ""
        while True:
            found = find(search, cursor, limit=3)
            pages.append([contact.address[:2] for contact in found.rows])
            if found.older is None:
                break
            cursor = found.older
        assert pages == [["p6", "p5", "p4"], ["p3", "p2", "p1"], ["p0"]]
        back = find(search, find(search, cursor, limit=3).newer or "", limit=3)
        assert [contact.address[:2] for contact in back.rows] == pages[1]
        first = find(search, back.newer or "", limit=3)
        assert [contact.address[:2] for contact in first.rows] == pages[0]
        assert first.newer is None
    assert len(find(Search(), "nonsense").rows) == 7


def test_a_viewer_sees_masked_contacts_and_no_proof(app: Flask) -> None:
    uid = fill(app)
    client = signed_in(app, VIC)
    for path in ("/admin/contacts", f"/admin/contacts/{uid}"):
        page = client.get(path).text
        assert "a•••@example.org" in page
        assert "ada@example.org" not in page
        assert "Lovelace" not in page
    assert client.get("/admin/contacts?q=a").text.count("a•••@example.org") == 0
    assert client.get(f"/admin/contacts/{uid}/proof").status_code == 403


def test_the_page_of_a_contact_shows_what_they_agreed_to(app: Flask) -> None:
    uid = fill(app)
    client = signed_in(app, EDITH)
    assert "The Letter" in client.get(f"/admin/contacts/{uid}").text
    proof = json.loads(client.get(f"/admin/contacts/{uid}/proof.json").text)
    assert proof["pii_principal"]["address"] == "ada@example.org"
    assert proof["records"][0]["purposes"][0]["purpose"] == "The Letter"
    assert client.get("/admin/contacts/00000000-0000-7000-8000-000000000000").status_code == 404


def test_an_operator_unsubscribes_by_post_and_it_is_written_down(app: Flask) -> None:
    uid = fill(app)
    client = signed_in(app, EDITH)
    ada = db.session.scalars(select(Contact).where(Contact.address_key == "ada@example.org")).one()
    entry = db.session.scalars(select(Subscription).where(Subscription.contact_id == ada.id)).one()
    assert client.get(f"/admin/contacts/{uid}/unsubscribe/{entry.id}").status_code == 405
    assert post(client, f"/admin/contacts/{uid}/unsubscribe/{entry.id}").status_code == 303
    assert post(client, f"/admin/contacts/{uid}/unsubscribe/{entry.id + 1}").status_code == 404
    assert db.session.get_one(Subscription, entry.id).state == "unsubscribed"
    assert actions(app)[-1] == "unsubscribed"
    assert "an operator" in client.get(f"/admin/contacts/{uid}").text


def test_the_pages_csv_defuses_formulas(app: Flask) -> None:
    formulas = ("=cmd()", "\uff1d1+1", " =1+1")  # the second with the wide sign of an East Asian keyboard
    letter = make_list()
    with transaction():
        for number, formula in enumerate(formulas):
            add_contact(letter, f"eve{number}@example.org", formula)
    text = signed_in(app, OPAL).get("/admin/contacts.csv").text
    for formula in formulas:
        assert f",'{formula}," in text
        assert f",{formula}," not in text


def test_markup_in_a_name_is_only_text(app: Flask) -> None:
    form = make_form(magnet=False)
    with transaction():
        add_contact(form.list, "eve@example.org", "<script>alert(1)</script>")
    page = signed_in(app, OPAL).get("/admin/contacts").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_operator_chooses_columns_and_finds_them_again(app: Flask) -> None:
    form = make_form(magnet=False)
    with transaction():
        ada = add_contact(form.list, "ada@example.org", "Ada")
        ada.answers = {"interests": ["design", "privacy"]}
    client = signed_in(app, EDITH)
    asked = "answer:multi:interests"
    assert "Design, Privacy" not in client.get("/admin/contacts").text
    chosen = {"column": ["language", asked, "nonsense"], "next": "/admin/contacts?q=ada"}
    assert post(client, "/admin/contacts/columns", chosen).location == "/admin/contacts?q=ada"
    page = client.get("/admin/contacts").text
    assert "Design, Privacy" in page
    assert '<th scope="col">Source</th>' not in page
    assert post(client, "/admin/contacts/columns", {"next": "https://evil.example"}).location == "/admin/"
    assert '<th scope="col">Source</th>' in client.get("/admin/contacts").text


def test_a_viewer_is_offered_no_answers_as_columns(app: Flask) -> None:
    fill(app)
    client = signed_in(app, VIC)
    post(client, "/admin/contacts/columns", {"column": ["answer:multi:interests", "source"]})
    page = client.get("/admin/contacts").text
    assert "answer:multi" not in page
    assert '<th scope="col">Source</th>' in page
