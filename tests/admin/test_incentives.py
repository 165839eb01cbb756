from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.session import STEP_UP, OperatorSession
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.incentives import code_pool
from signup.incentives.incentive import Incentive
from signup.signups.signup import Signup
from tests.admin.cast import EDITH, actions, hire, post, sign_in, signed_in
from tests.cast import (
    ADA,
    PDF,
    Mailbox,
    confirm_all,
    link_in,
    make_form,
    make_list,
    sign_up,
)

POOL = {"name": "10 % off", "fallback": "All codes are taken.", "low_at": "5"}


def saved(app: Flask) -> Incentive:
    db.session.rollback()
    return db.session.scalars(select(Incentive).order_by(Incentive.id.desc())).first() or Incentive()


def file_of(content: bytes, name: str = "guide.pdf") -> tuple[BytesIO, str, str]:
    return BytesIO(content), name, "application/pdf"


def add_pool(app: Flask, client: FlaskClient, **more: Any) -> str:
    assert post(client, "/admin/forms/incentives/new/codes", POOL | more).status_code == 303
    return f"/admin/forms/incentives/{saved(app).uid}"


def test_a_file_larger_than_other_requests_is_added_under_its_plain_name(app: Flask) -> None:
    client = signed_in(app, EDITH)
    file = file_of(b"%PDF-1.4 " + b"x" * 200_000, "../../guide.pdf")
    answer = post(client, "/admin/forms/incentives/new/file", {"name": "The guide", "file": file})
    assert answer.location == f"/admin/forms/incentives/{saved(app).uid}"
    page = client.get("/admin/forms/incentives").text
    assert "guide.pdf" in page
    assert "../" not in page.partition("<tbody>")[2]
    assert actions(app)[-1] == "incentive-added"


def test_a_file_is_replaced_and_its_name_changed_without_choosing_it_again(app: Flask) -> None:
    client = signed_in(app)
    post(client, "/admin/forms/incentives/new/file", {"name": "Guide", "file": file_of(PDF)})
    path, first = f"/admin/forms/incentives/{saved(app).uid}", saved(app).sha256
    post(client, path, {"name": "The guide"})
    assert (saved(app).name, saved(app).sha256) == ("The guide", first)
    post(client, path, {"name": "The guide", "file": file_of(b"%PDF new", "new.pdf")})
    assert (saved(app).file_name, saved(app).sha256 != first) == ("new.pdf", True)
    assert actions(app)[-1] == "incentive-changed"


def test_what_is_missing_is_told_and_nothing_is_saved(app: Flask) -> None:
    client = signed_in(app)
    for kind, data, told in (
        ("file", {"name": "Guide"}, "Choose a file"),
        ("file", {"name": "", "file": file_of(PDF)}, "Fill in this field"),
        ("link", {"name": "Course", "url": "javascript:alert(1)"}, "full web address"),
        ("link", {"name": "Course", "url": ""}, "Fill in this field"),
        ("codes", POOL | {"fallback": ""}, "Fill in this field"),
    ):
        answer = post(client, f"/admin/forms/incentives/new/{kind}", data)
        assert (answer.status_code, told in answer.text) == (422, True), (kind, data)
    assert client.get("/admin/forms/incentives/new/gold").status_code == 404
    assert saved(app).id is None


def test_a_pool_is_filled_by_a_pattern_by_pasting_and_by_a_file(app: Flask) -> None:
    client = signed_in(app, EDITH)
    path = add_pool(app, client)
    post(client, f"{path}/codes", {"do": "generate", "pattern": "SPRING-######", "count": "30"})
    post(client, f"{path}/codes", {"do": "import", "codes": "ONE\nTWO\nTWO\nno code\n"})
    shop = b"id;code\n1;TWO\n2;THREE\n"
    answer = post(client, f"{path}/codes", {"do": "import", "file": (BytesIO(shop), "shop.csv", "text/csv")})
    assert answer.status_code == 303
    assert "1 added, 1 already there, 0 not valid." in client.get(path).text
    assert code_pool.stocks()[saved(app).id].left == 33
    for wrong, told in (
        ({"do": "generate", "pattern": "SPRING", "count": "3"}, "six or more #"),
        ({"do": "import", "codes": ""}, "Paste or upload"),
        ({"do": "import", "codes": "A", "until": "2020-01-01"}, "This date has passed"),
    ):
        answer = post(client, f"{path}/codes", wrong)
        assert (answer.status_code, told in answer.text) == (422, True), wrong
    assert actions(app).count("codes-added") == 3


def test_a_low_pool_shows_on_the_overview_until_it_is_filled_or_retired(app: Flask) -> None:
    client = signed_in(app)
    path = add_pool(app, client)
    assert "0 codes left for “10 % off”" in client.get("/admin/").text
    post(client, f"{path}/codes", {"do": "generate", "pattern": "A-######", "count": "6"})
    assert "left of “10 % off”" not in client.get("/admin/").text
    post(client, path, POOL | {"low_at": "6"})
    assert "6 codes left" in client.get("/admin/").text
    post(client, f"{path}/retire")
    assert "left for" not in client.get("/admin/").text
    post(client, f"{path}/retire")
    assert "6 codes left" in client.get("/admin/").text


def test_the_codes_go_out_with_their_people_by_who_may_export_and_on_record(
    app: Flask, client: FlaskClient, mailbox: Mailbox, opal: FlaskClient
) -> None:
    path = add_pool(app, opal)
    post(opal, f"{path}/codes", {"do": "import", "codes": "=1+1\nSECOND"})
    form_id = make_form(magnet=False, lead_magnet_id=saved(app).id).public_id
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    post(opal, "/admin/forms/incentives/redeem", {"codes": "second\n"})
    rows = [line.split(",") for line in opal.get(f"{path}/codes.csv").text.splitlines()]
    assert rows[0][:3] == ["code", "state", "given_to"]
    assert [row[:3] for row in rows[1:]] == [["'=1+1", "given", ADA], ["SECOND", "redeemed", ""]]
    assert actions(app)[-2:] == ["codes-redeemed", "codes-exported"]
    hire(app, EDITH)
    edith = app.test_client()
    sign_in(edith, EDITH)
    assert edith.get(f"{path}/codes.csv").status_code == 403
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert opal.get(f"{path}/codes.csv").location.startswith("/admin/prove")


def test_an_operator_ends_a_download_link_and_it_stays_ended_when_asked_for_again(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    link, mails = link_in(mailbox.last(ADA), "download"), len(mailbox.mails())
    edith = signed_in(app, EDITH)
    signup = db.session.scalars(select(Signup)).one()
    path = f"/admin/contacts/{signup.subscription.contact.uid}"
    assert "Disable the download link" in edith.get(path).text
    post(edith, f"{path}/downloads/{signup.id}", {"do": "end"})
    assert (client.get(link).status_code, client.head(link).status_code) == (410, 410)
    assert client.post(link).status_code == 200
    confirm_all(app, client, mailbox)
    assert (client.get(link).status_code, len(mailbox.mails())) == (410, mails)
    assert "Received the incentive" in edith.get(path).text
    post(edith, f"{path}/downloads/{signup.id}", {"do": "reopen"})
    assert client.get(link, buffered=True).data == PDF
    assert actions(app).count("download-changed") == 2


def test_another_contacts_sign_up_cannot_be_reached_through_somebody_elses_page(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    sign_up(client, form_id, ADA)
    sign_up(client, form_id, "bob@example.org")
    ada, bob = db.session.scalars(select(Signup).order_by(Signup.id)).all()
    path = f"/admin/contacts/{bob.subscription.contact.uid}/downloads/{ada.id}"
    assert post(signed_in(app), path, {"do": "end"}).status_code == 404


def test_a_form_offers_what_is_not_retired_and_keeps_what_it_has(app: Flask) -> None:
    client = signed_in(app)
    path = add_pool(app, client)
    form_id = make_form(make_list(), magnet=False, lead_magnet_id=saved(app).id).public_id
    post(client, f"{path}/retire")
    assert "10 % off (" not in client.get("/admin/forms/new").text
    assert "10 % off (" in client.get(f"/admin/forms/{form_id}").text
