"""What operators do about kiosks: addresses shown once, PINs never, and a report that is safe to open."""

import csv
import io
import re

from flask import Flask
from sqlalchemy import select, text

from signup.forms.form import find_form
from signup.forms.live_form import forget_live_forms
from signup.ground.db import db, transaction
from signup.kiosks.kiosk import Kiosk, Staff
from tests.admin.cast import EDITH, VIC, actions, post, signed_in
from tests.cast import definition, make_form, make_list


def _link(page: str) -> str:
    found = re.search(r'id="link" readonly value="http://signup\.example\.org(/k/[\w-]{32})"', page)
    assert found, page
    return found.group(1)


def test_a_kiosks_address_is_shown_once_and_only_its_hash_is_kept(app: Flask) -> None:
    client = signed_in(app, EDITH)
    form_id = make_form().id
    made = post(client, "/admin/forms/tills/new", {"name": "Window", "shop": "Old town", "form_id": form_id})
    first = _link(made.text)
    assert "<svg" in made.text.partition('class="qr"')[2]
    assert first not in client.get("/admin/forms/tills").text
    kiosk = db.session.scalars(select(Kiosk)).one()
    assert first.removeprefix("/k/") not in str(db.session.execute(text("SELECT * FROM till")).one())
    path = f"/admin/forms/tills/{kiosk.uid}"
    again = post(client, "/admin/forms/tills/new", {"name": "Window", "form_id": form_id})
    assert (again.status_code, "Another kiosk has this name" in again.text) == (422, True)
    stranger = app.test_client()
    assert stranger.get(first).status_code == 200
    second = _link(post(client, f"{path}/renew").text)
    assert (stranger.get(first).status_code, stranger.get(second).status_code) == (404, 200)
    assert post(client, f"{path}/revoke").status_code == 303
    assert stranger.get(second).status_code == 410
    assert actions(app)[-3:] == ["till-added", "till-renewed", "till-revoked"]


def test_a_kiosk_takes_the_staffs_hints_and_only_forms_that_ask_the_same_in_another_language(app: Flask) -> None:
    client = signed_in(app, EDITH)
    letter = make_list()
    form = make_form(letter)
    french = make_form(letter, language="fr", magnet=False).public_id
    german = make_form(letter, language="de", fields=(), magnet=False).public_id
    form_id = form.id
    post(client, "/admin/forms/tills/new", {"name": "Window", "form_id": form_id})
    path = f"/admin/forms/tills/{db.session.scalars(select(Kiosk)).one().uid}"
    page = client.get(path).text
    assert (french in page, german in page) == (True, False)
    data = {"name": "Window", "form_id": form_id, "hint-email": " Spell  it ", "hint-first_name": ""}
    assert post(client, path, data | {"editions": german}).status_code == 422
    assert post(client, path, data | {"editions": french}).status_code == 303
    kiosk = db.session.scalars(select(Kiosk)).one()
    assert (kiosk.edition_ids, kiosk.hints) == ([french], {"email": "Spell it"})
    assert (kiosk.hint("email"), str(kiosk.hint("first_name"))) == ("Spell it", "Ask how it is spelled.")
    with transaction():
        find_form(french).publish(definition(language="fr", fields=()))  # asks less from now on
    forget_live_forms()
    link = _link(post(client, f"{path}/renew").text)
    assert "data-edition" not in client.get(link).text


def test_a_pin_is_kept_as_a_slow_hash_and_never_shown(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert post(client, "/admin/forms/tills/staff/new", {"name": "Mia", "pin": "1111"}).status_code == 422
    assert post(client, "/admin/forms/tills/staff/new", {"name": "Mia", "pin": "4711"}).status_code == 303
    mia = db.session.scalars(select(Staff)).one()
    assert mia.pin_hash.startswith("keyed:scrypt:")
    before, path, prefix = mia.pin_hash, f"/admin/forms/tills/staff/{mia.uid}", f"s{mia.id}-"
    assert "4711" not in client.get("/admin/forms/tills/staff").text
    wrong = post(client, path, {f"{prefix}pin": "12"})
    assert (wrong.status_code, f'id="{prefix}pin-error"' in wrong.text) == (422, True)
    assert post(client, path, {f"{prefix}pin": "90210", f"{prefix}retired": "y"}).status_code == 303
    mia = db.session.scalars(select(Staff)).one()
    assert (mia.pin_hash != before, mia.retired_at is not None) == (True, True)
    assert post(client, path, {}).status_code == 303
    assert db.session.scalars(select(Staff)).one().retired_at is None


def test_a_viewer_sees_the_kiosks_but_neither_staff_nor_their_figures(app: Flask) -> None:
    client = signed_in(app, VIC)
    assert client.get("/admin/forms/tills").status_code == 200
    for path in ("staff", "report", "report.csv", "new"):
        assert client.get(f"/admin/forms/tills/{path}").status_code == 403


def test_the_reports_csv_calculates_nothing(app: Flask) -> None:
    client = signed_in(app, EDITH)
    form = make_form()
    with transaction():
        kiosk, staff = Kiosk(name="=1+1", form_id=form.id), Staff(name="@SUM(A1)")
        kiosk.renew()
        staff.set_pin("4711")
        db.session.add_all([kiosk, staff])
        db.session.flush()
        values = {"till": kiosk.id, "staff": staff.id, "form": form.id}
        db.session.execute(
            text(
                "INSERT INTO kiosk_entry (uid, till_id, staff_id, form_id, outcome, optional, filled, bounced)"
                " VALUES ('0198c3a000007000800000000000000a', :till, :staff, :form, 'held', 2, 1, FALSE)"
            ),
            values,
        )
    answer = client.get("/admin/forms/tills/report.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["name"] for row in rows] == ["'=1+1", "'@SUM(A1)"]
    assert (rows[0]["entries"], rows[0]["held_back"], rows[0]["confirmation_asked"]) == ("1", "1", "0")
    page = client.get("/admin/forms/tills/report?days=7").text
    assert "@SUM(A1)" in page
    assert "50" in page
