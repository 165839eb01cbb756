"""The filter of the contacts page: its words, its chips, and that nothing on the way to a change loses a part of it."""

import html
import re

import pytest
from flask import Flask
from sqlalchemy import select

from signup.audience.quality import Quality
from signup.audience.reach import reach
from signup.audience.segment import find_segment
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, add_contact, post, signed_in
from tests.cast import make_form, make_list


def fill() -> None:
    """Ada and Bob on The Letter, Nina on another list; only Ada has the best grade."""
    letter, noise = make_form(magnet=False).list, make_list("noise", name="Noise")
    with transaction():
        people = [
            add_contact(letter, "ada@example.org", "Ada"),
            add_contact(letter, "bob@example.org", "Bob", "pending"),
            add_contact(noise, "nina@example.org", "Nina"),
        ]
        for one, (grade, score) in zip(people, (("A", 90), ("B", 90), ("A", 30)), strict=True):
            parts = dict.fromkeys(("reach", "complete", "fresh", "consistent", "proven"), 1)
            db.session.add(Quality(contact_id=one.id, score=score, category="subscriber", grade=grade, **parts))


FILTER = {"list": "the-letter", "quality": "60", "grade": "A"}


@pytest.mark.one_engine
def test_the_heading_counts_what_is_found_and_each_filter_can_be_taken_away(app: Flask) -> None:
    fill()
    client = signed_in(app, OPAL)
    assert "3 people" in client.get("/admin/contacts").text
    page = client.get("/admin/contacts", query_string=FILTER | {"q": "a"}).text
    assert "1 of 2 people" in page
    chips = {
        html.unescape(href): re.sub(r"<[^>]+>|\s+", " ", text).split()
        for href, text in re.findall(r'<a class="chip set" href="([^"]+)">(.+?)</a>', page, re.DOTALL)
    }
    assert chips["/admin/contacts?list=the-letter&quality=60&q=a"][:2] == ["Grade:", "A"]
    assert chips["/admin/contacts?quality=60&grade=A&q=a"][:3] == ["List:", "The", "Letter"]
    assert len(chips) == 3
    assert "1 of 3 people" in client.get("/admin/contacts?status=pending").text
    assert "remove a filter" in client.get("/admin/contacts?q=zz").text


def test_a_filter_becomes_a_segment_of_the_same_people(app: Flask) -> None:
    fill()
    client = signed_in(app, EDITH)
    page = client.get("/admin/contacts", query_string=FILTER | {"status": "confirmed"}).text
    form = page.partition('action="/admin/segments/new"')[2].partition("</form>")[0]
    draft = dict(re.findall(r'name="(r[^"]*)" value="([^"]*)"', form))
    assert post(client, "/admin/segments/new", draft | {"do": "count"}).status_code == 200
    assert post(client, "/admin/segments/new", draft | {"do": "save", "name": "Best"}).status_code == 303
    assert reach(find_segment("best").version.rule).total == 1
    page = client.get("/admin/contacts?segment=best&status=pending").text
    assert "Save as segment" in page
    assert "Save as segment" not in client.get("/admin/contacts?q=ada").text


def test_all_that_match_are_those_of_every_filter_until_the_change_is_made(app: Flask) -> None:
    fill()
    client = signed_in(app, OPAL)
    look = post(client, "/admin/contacts/bulk", FILTER | {"all": "1"}).text
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', look))
    change = {"do": "apply", "action": "set", "field": "first_name", "value": "Grace"}
    assert post(client, "/admin/contacts/bulk", kept | change).status_code == 303
    names = db.session.scalars(select(Contact.name).order_by(Contact.id))
    assert list(names) == ["Grace", "Bob", "Nina"]
    erase = post(client, "/admin/contacts/erase", FILTER | {"all": "1", "do": "ask"}).text
    assert "Type 1 to confirm" in erase
    assert 'name="grade" value="A"' in erase


@pytest.mark.one_engine
def test_a_file_of_all_that_match_is_refused_where_it_would_hold_more(app: Flask) -> None:
    fill()
    client = signed_in(app, OPAL)
    for lost in ({"q": "ada"}, {"grade": "A"}):
        answer = post(client, "/admin/exports/ticked", {"all": "1", "list": "the-letter"} | lost)
        assert answer.location.startswith("/admin/contacts?list=the-letter&")
        assert "save the filter as a segment" in client.get(answer.location).text
