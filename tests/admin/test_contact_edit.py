import html
import re

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from signup.access.audit import AuditEntry
from signup.admin.contacts.contact_edit import settle
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import ADA, make_form
from tests.imports.import_cast import people, take_in

VALUES = st.dictionaries(st.sampled_from("abc"), st.sampled_from([None, 1, 2]), max_size=3)


@given(VALUES, VALUES, VALUES)
def test_what_one_side_changed_is_taken_and_what_both_changed_is_asked(
    was: dict[str, int | None], mine: dict[str, int | None], theirs: dict[str, int | None]
) -> None:
    changes, conflicts = settle(was, mine, theirs)
    for field, typed in mine.items():
        shown, there = was.get(field), theirs.get(field)
        after = changes.get(field, there)
        if typed != shown and there not in (shown, typed):
            assert field in conflicts
            assert after == there
        else:
            assert field not in conflicts
            assert after == (there if typed == shown else typed)


def ada(app: Flask) -> str:
    form = make_form(magnet=False)
    with transaction():
        contact = add_contact(form.list, ADA, "Ada")
        contact.answers = {"first_name": "Ada", "interests": ["design"], "shoe": 38}
    return str(contact.uid)


def shown(client: FlaskClient, path: str) -> dict[str, str]:
    """The page's hidden values, as a browser sends them back."""
    page = client.get(path).text
    return {name: html.unescape(value) for name, value in re.findall(r'name="(was:[^"]+)" value="([^"]*)"', page)}


def answers(app: Flask) -> dict[str, object]:
    found = db.session.scalars(select(Contact).where(Contact.address_key == ADA)).one()
    return found.values


def test_two_editors_at_once_lose_nothing(app: Flask) -> None:
    uid = ada(app)
    path = f"/admin/contacts/{uid}/edit"
    opal, edith = signed_in(app, OPAL), signed_in(app, EDITH)
    typed = {"v:first_name": "Ada", "v:interests": ["design"], "v:shoe": "38", "v:@language": "en"}
    opals, ediths = shown(opal, path) | typed, shown(edith, path) | typed
    assert post(opal, path, opals | {"v:first_name": "Augusta", "v:@language": "fr"}).status_code == 303
    assert "opal@example.org changed this contact a moment ago" in edith.get(path).text
    answer = post(edith, path, ediths | {"v:first_name": "Adda", "v:interests": ["design", "privacy"]})
    assert answer.status_code == 409
    assert "Augusta" in answer.text
    assert "Adda" in answer.text
    # What only one of them changed is saved already.
    assert answers(app)["interests"] == ["design", "privacy"]
    assert (answers(app)["first_name"], answers(app)["@language"]) == ("Augusta", "fr")
    again = dict(re.findall(r'name="(was:[^"]+|v:[^"]+)" value="([^"]*)"', answer.text))
    again = {name: html.unescape(value) for name, value in again.items()}
    assert post(edith, path, again | {"keep:first_name": "theirs"}).status_code == 303
    assert answers(app)["first_name"] == "Augusta"
    assert post(edith, path, again | {"keep:first_name": "mine"}).status_code == 303
    assert (answers(app)["first_name"], answers(app)["@name"]) == ("Adda", "Adda")
    page = edith.get(f"/admin/contacts/{uid}").text
    for value in ("Adda", "Augusta", "opal@example.org", "edith@example.org"):
        assert value in page
    assert actions(app)[-1] == "contact-edited"
    assert "Augusta" not in str([row.detail for row in db.session.scalars(select(AuditEntry))])


def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_saved(app: Flask) -> None:
    uid = ada(app)
    path = f"/admin/contacts/{uid}/edit"
    edith = signed_in(app, EDITH)
    before = answers(app)
    asked = shown(edith, path)
    wrong = post(edith, path, asked | {"v:shoe": "big", "v:first_name": "x" * 501, "v:@language": "xx"})
    assert wrong.status_code == 422
    assert wrong.text.count('class="error"') == 3
    assert post(edith, path, {"was:shoe": "{broken", "v:shoe": "39"}).status_code == 409
    assert answers(app) == before
    assert post(edith, path, asked | {"v:first_name": "☃ <b>", "v:shoe": ""}).status_code == 303
    assert answers(app)["first_name"] == "☃ <b>"
    assert "shoe" not in answers(app)
    assert "☃ <b>" not in edith.get(f"/admin/contacts/{uid}").text


def test_each_value_tells_where_it_came_from_down_to_the_raw_line(app: Flask) -> None:
    letter = make_form(magnet=False).list
    take_in(people("ada", first_name="Augusta"), letter, name="from-the-fair.csv")
    uid = str(db.session.scalars(select(Contact.uid)).one())
    page = signed_in(app, EDITH).get(f"/admin/contacts/{uid}").text
    assert "Row 2 of from-the-fair.csv" in page
    assert "Show the original row" in page
    assert "203.0.113.7" in page
    seen = signed_in(app, VIC).get(f"/admin/contacts/{uid}").text
    assert "Augusta" not in seen
    assert "203.0.113.7" not in seen
