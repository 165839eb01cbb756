"""What a confirmed visitor gets: a file, a link or a discount code; never too early, never by a forged link."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from signup.addresses import address as addresses
from signup.cli.main import main
from signup.consent.visit import Visit
from signup.contacts.contact import Contact
from signup.contacts.source import Source
from signup.counts.event import Event
from signup.forms.form import Form
from signup.forms.live_form import LiveForm, live_form
from signup.ground.clock import utcnow
from signup.ground.config import Settings
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection, together
from signup.ground.errors import SettingError
from signup.ground.tokens import DOWNLOAD_LIMIT, TokenPurpose, keys
from signup.incentives import code_pool, incentive
from signup.incentives.discount_code import DiscountCode
from signup.incentives.incentive import Incentive, IncentiveKind
from signup.limits.turn import Turn
from signup.service import doctor
from signup.signups import confirmation, store_signup
from signup.signups.check_submission import CheckedSubmission
from signup.signups.signup import Signup
from tests.cast import (
    ADA,
    BOB,
    EVE,
    PDF,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    forget_limits,
    get_copy,
    link_in,
    make_form,
    make_list,
    sign_up,
    subscription_of,
    text_of,
)

pytestmark = pytest.mark.both_engines

SORRY = "All codes are taken. Write to us, and we find one for you."
CODES = [f"HELLO-{n:02}" for n in range(10)]


def make_magnet(**values: Any) -> Incentive:
    made = Incentive(**({"name": "10 % off"} | values))
    with transaction():
        db.session.add(made)
    return made


def make_pool(codes: list[str], **values: Any) -> Incentive:
    made = make_magnet(kind=IncentiveKind.CODES, fallback=SORRY, **values)
    with transaction():
        code_pool.add(made, codes, None)
    return made


def form_giving(magnet: Incentive, slug: str = "the-letter", **more: Any) -> str:
    return make_form(make_list(slug), magnet=False, lead_magnet_id=magnet.id, **more).public_id


def happened(address: str) -> list[tuple[str, dict[str, Any]]]:
    """What a contact's activity says of incentives, in order."""
    db.session.rollback()
    query = select(Event.kind, Event.detail).join(Contact, Contact.id == Event.contact_id)
    query = query.where(Contact.address_key == address, Event.kind != "page_viewed").order_by(Event.id)
    return [(row.kind, row.detail) for row in db.session.execute(query)]


def code_of(address: str) -> str | None:
    db.session.rollback()
    query = select(DiscountCode.code).join(Contact, Contact.id == DiscountCode.contact_id)
    return db.session.scalar(query.where(Contact.address_key == address))


# Files


def test_a_replaced_file_comes_by_the_link_that_was_sent_before(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    link = link_in(mailbox.last(ADA), "download")
    assert client.get(link, buffered=True).data == PDF
    with transaction():
        db.session.scalars(select(Incentive)).one().hold("second.pdf", b"%PDF second edition", "application/pdf")
    again = client.get(link, buffered=True)
    assert again.data == b"%PDF second edition"
    assert again.headers["Content-Disposition"] == "attachment; filename=second.pdf"
    assert again.headers["X-Content-Type-Options"] == "nosniff"
    assert [kind for kind, _detail in happened(ADA)] == ["delivered", "downloaded", "downloaded"]


def test_before_the_confirmation_there_is_no_file(app: Flask, client: FlaskClient, form_id: str) -> None:
    sign_up(client, form_id, BOB)
    token = keys().sign(TokenPurpose.DOWNLOAD, db.session.scalars(select(Signup.uid)).one())
    refused = client.get(f"/download/{token}")
    assert (refused.status_code, PDF in refused.data) == (403, False)
    assert client.post(f"/download/{token}").status_code == 200
    assert happened(BOB) == []


def test_a_forged_foreign_or_crooked_link_gives_nothing(
    app: Flask, client: FlaskClient, mailbox: Mailbox, noise: None
) -> None:
    form_id = form_giving(make_magnet(kind=IncentiveKind.LINK, url="https://example.org/x"))
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    link = link_in(mailbox.last(ADA), "download")
    token = link.rpartition("/")[2]
    ada = db.session.scalars(select(Signup.uid).join(Contact).where(Contact.address_key == ADA)).one()
    other_purpose = keys().sign(TokenPurpose.CONFIRM, ada)
    nobody = keys().sign(TokenPurpose.DOWNLOAD, db.session.scalars(select(Incentive.uid)).first() or ada)
    for wrong, status in {
        token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]: 400,  # the last sign holds bits that say nothing
        other_purpose: 400,
        nobody: 404,
        "..%2f..%2fsecret.key": 404,
        "../../secret.key": 404,
        "%00": 400,
        "x" * 400: 400,
    }.items():
        for method in ("GET", "HEAD", "POST"):
            answer = client.open(f"/download/{wrong}", method=method)
            assert answer.status_code == status, (method, wrong)
            assert PDF not in answer.data
    assert client.get(link).location == "https://example.org/x"  # its own list's, not the noise's file


def test_no_file_name_leads_out_of_the_folder(app: Flask, tmp_path: Path) -> None:
    magnet = incentive.store("Paper", "../../../etc/passwd", PDF, "application/pdf")
    assert magnet.path.parent == tmp_path / "files"
    assert magnet.path.read_bytes() == PDF


def test_a_link_that_ran_out_is_sent_again_to_its_mailbox_and_only_there(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    link = link_in(mailbox.last(ADA), "download")
    with transaction():
        db.session.execute(update(Signup).values(download_until=now()))
    over = client.get(link)
    assert (over.status_code, client.head(link).status_code, 'method="post"' in over.text) == (410, 410, True)
    told = [client.post(link).text for _n in range(5)]
    assert len(set(told)) == 1
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Subject"] == "Your new link: White paper"
    assert len(mailbox.mails(ADA)) == 3, "one new mail, however often it was asked for"
    assert client.get(link_in(mail, "download"), buffered=True).data == PDF
    assert [kind for kind, _detail in happened(ADA)] == ["delivered", "delivered", "downloaded"]


def test_a_new_link_is_not_sent_to_somebody_who_has_left(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    link, before = link_in(mailbox.last(ADA), "download"), len(mailbox.mails())
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    with transaction():
        db.session.execute(update(Signup).values(download_until=now()))
    assert client.post(link).status_code == 200
    drain(app)
    assert len(mailbox.mails()) == before


def test_a_link_works_a_counted_number_of_times(app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str) -> None:
    link = link_in(mailbox.last(ADA), "download")
    with transaction():
        db.session.execute(update(Signup).values(downloads=DOWNLOAD_LIMIT - 1))
    assert client.head(link, buffered=True).status_code == 200
    assert [client.get(link, buffered=True).status_code for _n in range(2)] == [200, 410]


def test_a_lost_file_is_not_counted_and_the_doctor_names_it(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    db.session.scalars(select(Incentive)).one().path.unlink()
    assert client.get(link_in(mailbox.last(ADA), "download")).status_code == 404
    found = {finding.check: finding for finding in doctor.examine(app.extensions["signup.settings"])}
    assert (found["files"].state, "White paper" in found["files"].detail) == ("wrong", True)
    assert db.session.scalars(select(Signup.downloads)).one() == 0


def test_files_lie_where_the_setting_says_and_never_among_our_own(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    make_app(storage_url=f"file://{tmp_path}/a%20shelf")
    assert incentive.store("Paper", "paper.pdf", PDF, "application/pdf").path.parent == tmp_path / "a shelf"
    static = Path(__file__).parents[2] / "signup" / "forms" / "static"
    for wrong in ("s3://bucket/prefix", "file://host/files", "files", "file:///", f"file://{static}"):
        with pytest.raises(SettingError, match="STORAGE_URL"):
            Settings.from_environment({"STORAGE_URL": wrong})


# Links


def test_an_external_link_opens_after_the_confirmation_counted_and_expiring(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_magnet(kind=IncentiveKind.LINK, name="The course", url="https://example.org/course?a=1"))
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    mail = mailbox.last(ADA)
    assert "example.org/course" not in text_of(mail)
    answer = client.get(link_in(mail, "download"))
    assert (answer.status_code, answer.location) == (303, "https://example.org/course?a=1")
    assert db.session.scalars(select(Signup.downloads)).one() == 1
    with transaction():
        db.session.execute(update(Signup).values(download_until=now()))
    assert client.get(link_in(mail, "download")).status_code == 410


# Codes


def test_a_code_is_on_the_page_in_the_mail_and_in_the_answer_and_is_the_same_next_time(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_pool(CODES))
    handle = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    first_mail = mailbox.last(ADA)
    answer = client.post(f"/f/{form_id}/code", json={"signup": handle, "code": code_in(first_mail)}).json or {}
    drain(app)
    code = code_of(ADA)
    assert code in CODES
    forget_limits()
    assert answer["incentive"] == {
        "kind": "codes",
        "name": "10 % off",
        "code": code,
        "expires_at": None,
    }
    assert answer["download"] is None
    assert code in text_of(mailbox.last(ADA))
    assert f"<b>{code}</b>" in client.get(link_in(first_mail)).text
    copy = get_copy(app, client, mailbox, ADA).json or {}
    assert [one["code"] for one in copy["codes"]] == [code]
    sign_up(client, form_id, ADA)
    drain(app)
    again = mailbox.last(ADA)
    assert "already" in again["Subject"]
    assert code in text_of(again)
    assert [stock.given for stock in code_pool.stocks().values()] == [1]
    assert happened(ADA) == [("delivered", {"name": "10 % off", "code": code})] * 2


def test_somebody_on_the_list_already_gets_a_code_without_confirming_again(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    first = make_form(magnet=False)
    second = Form(name="Discount", list_id=first.list_id)
    with transaction():
        second.publish(first.version.definition.model_copy(update={"lead_magnet_id": make_pool(CODES).id}))
    first_id, second_id = first.public_id, second.public_id
    sign_up(client, first_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    forget_limits()
    sign_up(client, second_id, ADA)
    sign_up(client, second_id, BOB)
    drain(app)
    assert str(code_of(ADA)) in text_of(mailbox.last(ADA))
    assert code_of(BOB) is None, "Bob has not confirmed"
    sent = db.session.execute(text("SELECT data FROM message WHERE kind = 'confirm' ORDER BY id DESC")).scalar()
    assert "HELLO" not in str(sent)


def test_eleven_sign_ups_on_ten_codes_at_once_make_ten_codes_and_one_fallback(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_pool(CODES))
    people = [f"person{n}@example.org" for n in range(11)]
    for person in people:
        assert sign_up(client, form_id, person).status_code == 202
    drain(app)
    links = [link_in(mailbox.last(person)) for person in people]

    def confirm(link: str) -> int:
        return app.test_client().post(link).status_code

    with ThreadPoolExecutor(11) as pool:
        assert set(pool.map(confirm, links)) == {303}
    drain(app)
    told = [text_of(mailbox.last(person)) for person in people]
    found = [match[0] if (match := re.search(r"HELLO-\d\d", mail)) else None for mail in told]
    assert sorted(code for code in found if code) == CODES
    assert sum(SORRY in mail for mail in told) == 1
    assert found.count(None) == 1


def test_two_sign_ups_of_one_person_confirmed_at_once_get_one_code(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    pool_ = make_pool(CODES)
    forms = [form_giving(pool_, slug, title=slug.title()) for slug in ("one", "two", "three")]
    for form_id in forms:
        sign_up(client, form_id, ADA)
    drain(app)
    links = [link_in(mail) for mail in mailbox.mails(ADA)]
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda link: app.test_client().post(link).status_code, links * 2)) == {303}
    drain(app)
    code = code_of(ADA)
    stock = code_pool.stocks()
    assert [found.given for found in stock.values()] == [1]
    assert [str(code) in text_of(mail) for mail in mailbox.mails(ADA)[3:]] == [True] * 3


def test_confirming_and_signing_up_again_at_the_same_moment_do_not_wait_for_each_other(app: Flask) -> None:
    ada, nowhere = addresses.parse(ADA), Visit(None, None, "link")

    def store(form: LiveForm) -> UUID:
        with app.app_context(), driver_connection() as connection:
            sent = CheckedSubmission(form, ada, {}, Source(), nowhere)
            return store_signup.store(Turn(connection), sent, store_signup.gather(sent)).uid

    def confirm(uid: UUID) -> bool | None:
        with app.app_context():
            return confirmation.confirm(uid, nowhere)

    form = live_form(form_giving(make_pool(CODES)))
    waiting = [store(form) for _n in range(12)]
    assert confirm(waiting[0])
    with ThreadPoolExecutor(12) as pool:
        confirmed = [pool.submit(confirm, uid) for uid in waiting[1:]]
        again = [pool.submit(store, form) for _n in range(11)]
        assert all(one.result() for one in confirmed)
        assert all(one.result() for one in again)
    assert [stock.given for stock in code_pool.stocks().values()] == [1]


def test_a_sign_up_under_way_does_not_keep_the_last_code_from_somebody_who_confirms(app: Flask) -> None:
    nowhere = Visit(None, None, "link")
    form = live_form(form_giving(make_pool(["LAST"])))
    if not is_postgresql():
        pytest.skip("SQLite has one writer at a time: nothing is under way beside it")
    first, second = (CheckedSubmission(form, addresses.parse(one), {}, Source(), nowhere) for one in (ADA, BOB))
    with driver_connection() as connection:
        ada = store_signup.store(Turn(connection), first, store_signup.gather(first))
    with driver_connection() as connection, together(connection):
        store_signup.store(Turn(connection), second, store_signup.gather(second))
        assert confirmation.confirm(ada.uid, nowhere)
    assert code_of(ADA) == "LAST"


def test_an_expired_or_redeemed_code_is_not_given(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    magnet = make_magnet(kind=IncentiveKind.CODES, fallback=SORRY)
    with transaction():
        code_pool.add(magnet, ["OLD-CODE"], utcnow() - timedelta(days=1))
        code_pool.add(magnet, ["USED-CODE", "GOOD-CODE"], utcnow() + timedelta(days=3))
        code_pool.redeem(["used-code"])
    form_id = form_giving(magnet)
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    assert "GOOD-CODE" in text_of(mailbox.last(ADA))
    assert "valid until" in text_of(mailbox.last(ADA))
    assert code_pool.stocks()[magnet.id] == (0, 1, 1, 1)


def test_a_code_that_expired_since_is_not_shown_and_not_replaced(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_pool(CODES))
    sign_up(client, form_id, ADA)
    drain(app)
    page = link_in(mailbox.last(ADA))
    client.post(page)
    code = str(code_of(ADA))
    with transaction():
        db.session.execute(update(DiscountCode).where(DiscountCode.code == code).values(expires_at=now()))
    forget_limits()
    shown = client.get(page).text
    assert (code in shown, SORRY in shown) == (False, True)
    sign_up(client, form_id, ADA)
    drain(app)
    assert SORRY in text_of(mailbox.last(ADA))
    assert [stock.given for stock in code_pool.stocks().values()] == [1], "one for each contact"


def test_an_empty_pool_is_told_to_the_visitor_kindly_and_to_the_operator(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form_id = form_giving(make_pool([]))
    handle = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    mail = mailbox.last(ADA)
    answer = client.post(f"/f/{form_id}/code", json={"signup": handle, "code": code_in(mail)})
    assert (answer.json or {})["incentive"]["text"] == SORRY
    assert SORRY in client.get(link_in(mail)).text
    found = {finding.check: finding for finding in doctor.examine(app.extensions["signup.settings"])}
    assert (found["discount codes"].state, "has 0 left" in found["discount codes"].detail) == ("note", True)
    assert happened(ADA) == []


def test_a_retired_incentive_is_given_to_nobody_new_and_its_links_go_on(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    link = link_in(mailbox.last(ADA), "download")
    with transaction():
        db.session.execute(update(Incentive).values(retired_at=now()))
    app.extensions.pop("signup.live_forms")
    app.extensions.pop("signup.after_confirming")
    assert client.get(link, buffered=True).data == PDF
    sign_up(client, form_id, BOB)
    confirm_all(app, client, mailbox, BOB)
    assert "/download/" not in text_of(mailbox.last(BOB))


def test_the_console_marks_redeemed_codes_once_and_names_the_unknown(
    app: Flask, client: FlaskClient, mailbox: Mailbox, tmp_path: Path
) -> None:
    form_id = form_giving(make_pool(CODES[:2]))
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    shop = tmp_path / "shop.csv"
    shop.write_text("order;Code;total\n7;hello-00;19,90\n8;NOBODYS;5\n9;;5\n", encoding="utf-8-sig")
    runner = CliRunner()
    first, second = (runner.invoke(main, ["codes", "redeem", str(shop), "--json"], obj=lambda: app) for _n in range(2))
    assert '"marked": 1' in first.output, first.output
    assert '"unknown": 1' in first.output
    assert '"marked": 0' in second.output
    assert happened(ADA)[-1] == ("redeemed", {"code": "HELLO-00"})
    assert [kind for kind, _detail in happened(ADA)].count("redeemed") == 1
    assert subscription_of(EVE) is None


def test_made_codes_follow_the_pattern_and_a_guessable_one_is_refused(app: Flask) -> None:
    magnet = make_pool([])
    with transaction():
        assert code_pool.generate(magnet, "SUMMER-######", 1_200, None) == 1_200
    codes = list(db.session.scalars(select(DiscountCode.code)))
    assert len(set(codes)) == 1_200
    assert all(re.fullmatch(r"SUMMER-[2-9A-HJ-KMNP-Z]{6}", code) for code in codes)
    for wrong in ("SUMMER", "A-#####", "HAS BLANK ######", "#" * 61):
        with pytest.raises(ValueError, match="pattern"), transaction():
            code_pool.generate(magnet, wrong, 1, None)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=20))
@example(["' 0", "'"])
def test_whatever_a_file_holds_its_codes_are_lines_of_text(cells: list[str]) -> None:
    for code in code_pool.read_codes("\n".join(cells).encode()):
        assert code == code.strip() != ""


@given(
    st.lists(st.text("ABCDEF0123456789-_", min_size=1, max_size=30).filter(lambda code: code.lower() != "code")),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_codes_are_found_in_whatever_column_is_called_so(codes: list[str], delimiter: str, bom: bool) -> None:
    lines = [delimiter.join(("order", "Code")), *(delimiter.join(("7", code)) for code in codes)]
    content = "\r\n".join(lines).encode("utf-8-sig" if bom else "utf-8")
    assert code_pool.read_codes(content) == codes
