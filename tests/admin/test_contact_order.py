"""The orders of the contacts page: each goes by the column that is shown, and an index carries it."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.audience.contact_order import ContactOrder, sort_columns
from signup.audience.search import Search, find
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, OPAL, add_contact, signed_in
from tests.cast import make_list

pytestmark = pytest.mark.both_engines

INDEXES = {
    (False, "signed-up"): "ix_contact_created_at",
    (False, "name"): "ix_contact_shown_name",
    (False, "status"): "ix_contact_standing_id",
    (True, "signed-up"): "ix_subscription_list_id_created_at",
    (True, "status"): "ix_subscription_list_id_state_id",
}


def fill() -> int:
    """Ada came last and is stored first; nobody knows Eve's name. Their list's id."""
    letter = make_list()
    with transaction():
        people = [
            add_contact(letter, "ada@example.org", "Ada Lovelace", "pending"),
            add_contact(letter, "zoe@example.org", "zoe"),
            add_contact(letter, "eve@example.org"),
            add_contact(letter, "bob@example.org", "Bob", "unsubscribed"),
        ]
        for days, one in enumerate(people):
            came = {"created_at": now(-timedelta(days=days))}
            db.session.execute(update(Contact).where(Contact.id == one.id).values(came))
            db.session.execute(update(Subscription).where(Subscription.contact_id == one.id).values(came))
    return letter.id


def walk(search: Search) -> str:
    """The first letters of all that are found, page by page; the way back must be the same."""
    pages, cursor = [], ""
    while True:
        found = find(search, cursor, limit=3)
        pages.append("".join(contact.address[0] for contact in found.rows))
        if found.older is None:
            break
        cursor = found.older
    if found.newer and len(pages) > 1:
        back = find(search, found.newer, limit=3)
        assert "".join(contact.address[0] for contact in back.rows) == pages[-2]
    return "".join(pages)


def test_contacts_come_by_the_column_that_is_shown(context: Flask) -> None:
    for list_id in (fill(), None):
        orders = {order: walk(Search(list_id=list_id, order=order)) for order in ContactOrder}
        assert orders[ContactOrder.NEWEST] == "azeb"
        assert orders[ContactOrder.OLDEST] == "beza"
        assert orders[ContactOrder.NAME] == "abez"
        assert orders[ContactOrder.NAME_DOWN] == "zeba"
        assert {orders[ContactOrder.STATUS][2], orders[ContactOrder.STATUS_DOWN][1]} == {"a"}


def test_a_page_whose_first_row_has_gone_is_the_first_one(context: Flask) -> None:
    fill()
    for order in ContactOrder:
        assert len(find(Search(order=order), "bzk5OTk").rows) == 4  # o9999


def test_every_order_has_its_index(context: Flask) -> None:
    list_id = fill()
    for (of_list, column), index in INDEXES.items():
        order = next(order for order in ContactOrder if order.column == column)
        plan = plan_of(Search(list_id=list_id if of_list else None, order=order))
        assert index in plan, plan


def plan_of(search: Search) -> str:
    """How the engine reads the first page, were there so many that sorting them is out of the question."""
    sort = sort_columns(search.order, search.list_id, knows_all=True)
    query = select(sort[-1]).order_by(*(column.desc() for column in sort))
    if search.list_id is not None:
        query = query.where(Subscription.list_id == search.list_id)
    sql = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    connection = db.session.connection()
    if is_postgresql():
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    return "\n".join(map(str, connection.exec_driver_sql(f"{explain} {sql}")))


def test_the_heads_lead_there_and_back_and_say_where_one_is(app: Flask) -> None:
    fill()
    client = signed_in(app, OPAL)
    page = client.get("/admin/contacts").text
    assert re.search(r'aria-sort="descending"><a href="/admin/contacts\?order=oldest">Signed up', page)
    assert re.search(r'<th scope="col"><a href="/admin/contacts\?order=name">Contact', page)
    page = client.get("/admin/contacts?order=name&page=bjk").text
    assert re.search(r'aria-sort="ascending"><a href="/admin/contacts\?order=name-down">Contact', page)
    assert '<th scope="col">Source</th>' in page


def test_who_works_with_some_lists_learns_nothing_from_an_order(app: Flask) -> None:
    letter = fill()
    other = make_list("other", name="Other")
    client = signed_in(app, EDITH, lists=[letter, other.id])
    by_name, stored = (client.get(f"/admin/contacts?order={order}").text for order in ("name", ""))
    assert [*re.findall(r"title=\"(\w+)@", by_name)] == [*re.findall(r"title=\"(\w+)@", stored)]
    assert "order=name" not in stored
    assert "order=oldest" in client.get("/admin/contacts?list=the-letter").text
