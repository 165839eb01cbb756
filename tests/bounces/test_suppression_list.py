"""The suppression list in the admin and on the console: looked up, changed with a trace, no address ever kept."""

from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access.audit import AuditEntry
from signup.cli.main import main
from signup.consent.suppression import COMPLAINT, reason_for, suppress
from signup.contacts.contact import hash_of
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, post, signed_in
from tests.cast import ADA, DAN

PAGE = "/admin/outbox/suppression"
pytestmark = pytest.mark.both_engines


def why(address: str) -> str | None:
    db.session.rollback()
    return reason_for(hash_of(address))


def traces() -> list[tuple[str, str]]:
    db.session.rollback()
    query = select(AuditEntry.action, AuditEntry.object).where(AuditEntry.action.like("address%"))
    return [(row.action, row.object) for row in db.session.execute(query.order_by(AuditEntry.id))]


def console(app: Flask, *words: str) -> str:
    said = CliRunner().invoke(main, ["suppression", *words], obj=lambda: app)
    assert said.exit_code == 0, said.output
    return said.output


def test_an_operator_adds_finds_and_removes_an_address_with_a_trace(opal: FlaskClient) -> None:
    assert post(opal, f"{PAGE}/add", {"address": DAN}).status_code == 303
    assert why(DAN) == "by an operator"
    found = post(opal, f"{PAGE}/find", {"address": f" {DAN.upper()} "})
    assert "Added by an operator" in found.text
    assert post(opal, f"{PAGE}/remove", {"address": DAN}).status_code == 303
    assert why(DAN) is None
    assert traces() == [("address-suppressed", hash_of(DAN)), ("address-released", hash_of(DAN))]


def test_who_complained_comes_off_only_for_a_reason(opal: FlaskClient) -> None:
    with transaction():
        suppress(hash_of(DAN), COMPLAINT)
    assert post(opal, f"{PAGE}/remove", {"address": DAN}).status_code == 422
    assert why(DAN) == COMPLAINT
    assert post(opal, f"{PAGE}/remove", {"address": DAN, "because": "They asked by phone"}).status_code == 303
    assert why(DAN) is None


def test_an_editor_looks_up_and_changes_nothing(app: Flask) -> None:
    edith = signed_in(app, EDITH)
    assert post(edith, f"{PAGE}/find", {"address": DAN}).status_code == 200
    assert post(edith, f"{PAGE}/add", {"address": DAN}).status_code == 403
    assert why(DAN) is None


def test_a_file_of_another_program_is_taken_in(opal: FlaskClient) -> None:
    content = f'email,reason\r\n{DAN},bounced\r\n"{ADA}",x\r\nnobody,x\r\n{DAN},again\r\n\x00\xff'.encode("latin-1")
    sent = post(opal, f"{PAGE}/import", {"file": (BytesIO(content), "list.csv")}, follow_redirects=True)
    assert "2 of them new" in sent.text
    assert (why(DAN), why(ADA)) == ("imported", "imported")


def test_the_console_does_the_same_and_exports_hashes_only(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"{DAN}\n{ADA}\nnothing\n")
    assert "2 addresses, 2 new; 1 lines" in console(app, "import", str(file))
    assert console(app, "add", DAN).strip() == "it was there already"
    assert "imported" in console(app, "list", DAN)
    exported = console(app, "export")
    assert hash_of(DAN) in exported
    assert "@" not in exported
    console(app, "remove", DAN)
    assert why(DAN) is None


def test_a_complaint_outweighs_an_earlier_reason_and_nothing_outweighs_it(app: Flask) -> None:
    with transaction():
        assert suppress(hash_of(DAN), "hard bounce")
        assert suppress(hash_of(DAN), COMPLAINT)
        assert not suppress(hash_of(DAN), "hard bounce")
    assert why(DAN) == COMPLAINT
