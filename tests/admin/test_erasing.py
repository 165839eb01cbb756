"""An administrator erases one contact or many, after a look, a proof of who they are and a typed confirmation."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.audit import AuditEntry
from signup.access.session import STEP_UP, OperatorSession
from signup.cli.main import main
from signup.consent.mailing_list import find_list
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact, hash_of
from signup.contacts.legal_hold import hold_on
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.imports import import_job
from tests.admin.cast import EDITH, actions, console, post, signed_in
from tests.cast import state_of
from tests.imports.import_cast import assert_counts_are_exact, people, take_back, take_in

pytestmark = pytest.mark.usefixtures("noise")


def page_of(address: str) -> str:
    db.session.rollback()
    return f"/admin/contacts/{db.session.scalars(select(Contact.uid).where(Contact.address_key == address)).one()}"


def hold(opal: FlaskClient, address: str, days: int = 30) -> None:
    until = (utcnow() + timedelta(days=days)).date().isoformat()
    answer = post(opal, f"{page_of(address)}/hold", {"reason": "Case 4711 at court", "until": until})
    assert answer.status_code == 303


def test_one_contact_is_erased_once_its_address_is_typed(ada: str, bob: str, app: Flask, opal: FlaskClient) -> None:
    page = f"{page_of(ada)}/erase"
    assert "Entries of the proof, made blank" in opal.get(page).text
    assert post(opal, page, {"typed": bob}).status_code == 422
    assert state_of(ada) == "confirmed"
    assert post(opal, page, {"typed": f" {ada.upper()} ", "objected": "y"}).location == "/admin/contacts"
    assert state_of(ada) is None
    assert state_of(bob) == "pending"
    assert db.session.get(Suppression, hash_of(ada))
    assert actions(app)[-1] == "contact-erased"
    assert_counts_are_exact()


def test_the_trail_names_no_erased_address(ada: str, app: Flask, opal: FlaskClient) -> None:
    post(opal, f"{page_of(ada)}/erase", {"typed": ada})
    entries = db.session.scalars(select(AuditEntry)).all()
    assert not any(ada in f"{one.object} {one.detail}" for one in entries)


def test_only_administrators_who_proved_themselves_erase(ada: str, app: Flask, opal: FlaskClient) -> None:
    page, edith = f"{page_of(ada)}/erase", signed_in(app, EDITH)
    assert edith.get(page).status_code == 403
    assert "Erasure" not in edith.get(page_of(ada)).text
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert post(opal, page, {"typed": ada}).location.startswith("/admin/prove")
    assert state_of(ada) == "confirmed"


def test_many_are_erased_once_their_number_is_typed_but_for_who_is_held(
    ada: str, bob: str, cleo: str, app: Flask, opal: FlaskClient
) -> None:
    hold(opal, bob)
    chosen = {"uid": [page_of(one).rpartition("/")[2] for one in (ada, bob, cleo)]}
    look = post(opal, "/admin/contacts/erase", chosen)
    assert "1 person is on legal hold" in look.text
    assert post(opal, "/admin/contacts/erase", chosen | {"do": "erase", "typed": "2"}).status_code == 422
    done = post(opal, "/admin/contacts/erase", chosen | {"do": "erase", "typed": "3"}, follow_redirects=True)
    assert "2 people changed" in done.text
    assert [state_of(one) for one in (ada, bob, cleo)] == [None, "pending", None]
    assert "Undo this edit" not in done.text
    assert_counts_are_exact()


def test_the_page_of_bulk_edits_erases_nobody_by_its_own_form(ada: str, app: Flask, opal: FlaskClient) -> None:
    chosen = {"uid": page_of(ada).rpartition("/")[2], "action": "erase", "do": "apply"}
    assert post(opal, "/admin/contacts/bulk", chosen).status_code == 422
    assert state_of(ada) == "confirmed"


def test_a_hold_keeps_a_contact_until_its_day_or_until_it_is_lifted(ada: str, app: Flask, opal: FlaskClient) -> None:
    hold(opal, ada)
    assert "Case 4711 at court" in opal.get(f"{page_of(ada)}/erase").text
    post(opal, f"{page_of(ada)}/erase", {"typed": ada})
    assert state_of(ada) == "confirmed"
    ada_id = db.session.scalars(select(Contact.id).where(Contact.address_key == ada)).one()
    assert hold_on([ada_id])
    post(opal, f"{page_of(ada)}/hold/lift")
    assert hold_on([ada_id]) is None
    assert actions(app)[-2:] == ["hold-set", "hold-lifted"]
    post(opal, f"{page_of(ada)}/erase", {"typed": ada})
    assert state_of(ada) is None


def test_a_hold_has_a_reason_and_a_day_to_come(ada: str, app: Flask, opal: FlaskClient) -> None:
    for given in ({"reason": "", "until": "2099-01-01"}, {"reason": "x", "until": "2020-01-01"}, {"reason": "x"}):
        post(opal, f"{page_of(ada)}/hold", given)
    ada_id = db.session.scalars(select(Contact.id).where(Contact.address_key == ada)).one()
    assert hold_on([ada_id]) is None


def test_undoing_an_import_leaves_who_is_held(app: Flask, opal: FlaskClient, form_id: str) -> None:
    run_id = take_in(people("ida", "ivo"), find_list("the-letter")).id
    hold(opal, "ida@example.org")
    take_back(import_job.read(run_id))
    assert [state_of(f"{name}@example.org") for name in ("ida", "ivo")] == ["confirmed", None]


def test_the_console_shows_first_and_says_why_it_refuses(ada: str, app: Flask, opal: FlaskClient) -> None:
    assert "contact" in console(app, "erase", ada, "--dry-run")
    assert state_of(ada) == "confirmed"
    hold(opal, ada)
    refused = CliRunner().invoke(main, ["erase", ada], obj=lambda: app)
    assert refused.exit_code == 1
    assert "Case 4711 at court" in refused.output
    post(opal, f"{page_of(ada)}/hold/lift")
    console(app, "erase", ada.upper(), "--objected")
    assert state_of(ada) is None
    assert db.session.get(Suppression, hash_of(ada))
