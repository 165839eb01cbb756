"""Files of presets, from people on a list to the bytes, on both engines."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from signup.consent import partner
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner, PartnerConsent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.exports import export_file, export_start, export_stream, finished_file, preset_file
from signup.exports.exclusions import left_out
from signup.exports.export_run import ExportRun, trace
from signup.exports.presets import all_presets, preset_value
from signup.exports.presets.all_presets import PRESETS
from signup.exports.presets.export_preset import AD_MATCHING
from signup.exports.selection import Filter
from signup.forms.form import Form
from signup.forms.question import Question
from signup.ground.db import connections_in_use, db, transaction
from signup.ground.errors import NotPossible
from signup.signups.signup import Signup
from tests.cast import ADA, BOB, CLEO, DAN, EVE, definition, make_list, suppress
from tests.exports.export_cast import FIELDS, form_of, join, make_letter
from tests.imports.import_cast import states, take_in

TEXTS = ("first_name", "last_name", "phone", "company", "street", "postal_code", "city", "country", "birthday")
ADA_SAYS = {
    "first_name": "Ada",
    "last_name": 'Lovelace; "Countess", née\nByron',
    "phone": "079 123 45 67",
    "company": "=Tea House",
    "street": "1\tZürichstrasse",
    "postal_code": "01200",
    "city": "Genève",
    "country": "Suisse",
    "birthday": "1984-02-29",
    "interests": ["tea", "design"],
    "vip": True,
}


@pytest.fixture
def letter(context: Flask) -> MailingList:
    """Ada with everything, Eve with a name that was imported, and who must not be mailed: Bob, Cleo, Dan."""
    letter = make_letter()
    form = form_of(letter)
    asked = [FIELDS[0].model_copy(update={"key": key, "label": key.title()}) for key in TEXTS[1:-1]]
    birthday = Question(key="birthday", type="date", label="Birthday")
    with transaction():
        db.session.get_one(Form, form.id).publish(definition(fields=(*FIELDS, *asked, birthday)))
    join(form, ADA, ADA_SAYS)
    join(form, BOB, state="pending")
    join(form, CLEO, {"first_name": "Cleo"}, state="unsubscribed")
    join(form, DAN, {"first_name": "Dan"})
    suppress(DAN)
    eve = join(form, EVE, {})
    with transaction():
        db.session.get_one(Contact, eve.contact_id).name = "Eve  King \U0001f451"
    return letter


def made(
    letter: MailingList, name: str, tmp_path: Path, wanted: Filter | None = None, **by: Any
) -> tuple[ExportRun, bytes]:
    path = tmp_path / "out"
    db.session.rollback()
    run = export_start.run_now(letter.id, name, wanted or {}, export_start.Requester(**by), path)
    return run, path.read_bytes()


def read(content: bytes, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def agree(letter: MailingList, *addresses: str) -> None:
    """These people ticked the box for ad matching and confirmed."""
    with transaction():
        box = Partner(slug=AD_MATCHING)
        box.publish("Example Press", "https://example.org/privacy", {"en": "My address may be matched."})
        [shown] = partner.shown([box.id], "en")
        for address in addresses:
            contact_id = db.session.query(Contact.id).filter_by(address_key=address).scalar()
            signup_id = db.session.query(Signup.id).filter_by(contact_id=contact_id).first()
            assert signup_id is not None
            values = {"partner_id": box.id, "version_id": box.version_id, "wording_hash": shown.wording_hash}
            consent = PartnerConsent(contact_id=contact_id, list_id=letter.id, signup_id=signup_id[0], **values)
            consent.locale, consent.state = "en", partner.PartnerState.CONFIRMED
            db.session.add(consent)


def test_mailchimp_gets_confirmed_people_with_both_opt_ins_and_nobody_of_the_stop_list(
    letter: MailingList, tmp_path: Path
) -> None:
    run, content = made(letter, "mailchimp", tmp_path)
    ada, eve = read(content)
    at = db.session.query(Signup).join(Contact, Contact.id == Signup.contact_id).filter_by(address_key=ADA).one()
    assert at.confirmed_at
    assert ada == {
        "Email Address": ADA,
        "First Name": "Ada",
        "Last Name": 'Lovelace; "Countess", née\nByron',
        "Address": "1 Zürichstrasse  Genève  01200  CH",
        "Phone Number": "+41791234567",
        "Birthday": "02/29",
        "Tags": "tea, design",
        "OPTIN_TIME": at.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        "OPTIN_IP": "203.0.113.7",
        "CONFIRM_TIME": at.confirmed_at.strftime("%Y-%m-%d %H:%M:%S"),
        "CONFIRM_IP": "198.51.100.9",
        "EXPORT_ID": run.mark,
    }
    assert (eve["Email Address"], eve["First Name"], eve["Last Name"], eve["Tags"]) == (
        EVE,
        "Eve  King",
        "\U0001f451",
        "",
    )
    assert (run.rows, run.total, run.left_out, run.files, run.format) == (2, 2, 0, 1, "mailchimp")
    # The letters before its @ are what Mailchimp cannot take.
    with transaction():
        db.session.query(Contact).filter_by(address_key=EVE).update({"address": "ève@example.org"})
    run, content = made(letter, "mailchimp", tmp_path)
    assert ([row["Email Address"] for row in read(content)], run.left_out) == ([ADA], 1)


def test_machines_get_raw_values_and_people_protected_ones(letter: MailingList, tmp_path: Path) -> None:
    [ada, _eve] = read(made(letter, "hubspot", tmp_path, with_proof=True)[1])
    assert (ada["Company name"], ada["Phone number"], ada["Lifecycle stage"]) == (
        "=Tea House",
        "+41791234567",
        "Subscriber",
    )
    assert ada["confirm_ip"] == "198.51.100.9"
    run, content = made(letter, "crm-fr", tmp_path)
    assert content.startswith("\ufeffRéférence externe;Société;Nom;Prénom;".encode())
    ada = read(content, ";")[0]
    assert (ada["Société"], ada["Téléphone"], ada["Code postal"]) == ("'=Tea House", "+41791234567", "01200")
    assert (ada["Ville"], ada["Pays"], ada["Référence export"]) == ("Genève", "CH", run.mark)
    windows = read(made(letter, "crm-fr-cp1252", tmp_path)[1], ";", "cp1252")
    assert windows[0]["Ville"] == "Genève"
    assert windows[1]["Nom"] == "?"
    [lead, private] = read(made(letter, "salesforce", tmp_path)[1])
    assert (lead["Company"], private["Company"], private["Last Name"]) == ("=Tea House", "[not provided]", "\U0001f451")


def test_both_engines_and_the_preview_say_the_same_for_every_preset(letter: MailingList, tmp_path: Path) -> None:
    agree(letter, ADA, EVE)
    for name, preset in PRESETS.items():
        wanted = all_presets.wanted_for(preset, {})
        [beginning, *_more] = preset_file.preview(letter.id, preset, wanted)
        content = made(letter, name, tmp_path)[1]
        if name in {"vcard", "crm-fr-two"}:
            continue
        rows = read(content, preset.delimiter, preset.encoding)
        shown = [dict(zip(beginning.headings, line, strict=True)) for line in beginning.lines]
        kept = [{key: row[key] for key in beginning.headings} for row in rows]
        plain = [
            {key: value.encode(preset.encoding, "replace").decode(preset.encoding) for key, value in row.items()}
            for row in shown
        ]
        assert kept == plain, name


def test_a_file_is_cut_at_the_programs_limit_and_packed(
    letter: MailingList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_file, "CHUNK_ROWS", 3)
    for number in range(5):
        join(form_of(letter), f"p{number}@example.org", {"company": f"House {number // 2}", "last_name": f"P{number}"})
    small = PRESETS["sage-person"].__class__(**{**vars(PRESETS["sage-person"]), "max_rows": 2})
    monkeypatch.setitem(PRESETS, "sage-person", small)
    run, content = made(letter, "sage-person", tmp_path)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: read(archive.read(name)) for name in archive.namelist()}
    assert list(parts) == [f"people-{number}-{run.mark}.csv" for number in range(1, 5)]
    assert [len(rows) for rows in parts.values()] == [2, 2, 2, 1]
    assert [row["Email"] for rows in parts.values() for row in rows] == [
        ADA,
        EVE,
        *(f"p{n}@example.org" for n in range(5)),
    ]
    assert (run.files, run.rows) == (4, 7)
    assert finished_file.name_of(run, "the-letter").endswith(".zip")
    by_size = PRESETS["brevo"].__class__(**{**vars(PRESETS["brevo"]), "max_bytes": 500})
    monkeypatch.setitem(PRESETS, "brevo", by_size)
    run, content = made(letter, "brevo", tmp_path)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(info.file_size <= 500 for info in archive.infolist())
        assert sum(len(read(archive.read(name))) for name in archive.namelist()) == 7


def test_an_export_that_is_stopped_while_it_is_cut_leaves_nothing_behind(letter: MailingList, tmp_path: Path) -> None:
    def stop(rows: int) -> None:
        if rows:
            raise KeyboardInterrupt

    for name in ("crm-fr-two", "sage-person"):
        with pytest.raises(KeyboardInterrupt):
            export_start.run_now(letter.id, name, {}, export_start.Requester(), tmp_path / "out", stop)
        assert list(export_stream.folder().iterdir()) == []
    assert {run.state for run in db.session.query(ExportRun)} == {"failed"}
    db.session.remove()
    assert not connections_in_use()


def test_companies_and_contacts_are_two_files_linked_by_a_reference(letter: MailingList, tmp_path: Path) -> None:
    for number, company in enumerate(("Tea House", " tea  house", "", "Mill")):
        join(form_of(letter), f"p{number}@example.org", {"company": company})
    run, content = made(letter, "crm-fr-two", tmp_path)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        contacts, companies = (read(archive.read(name), ";") for name in archive.namelist())
    assert [row["Raison sociale"] for row in companies] == ["'=Tea House", "Tea House", "Mill"]
    links = [row["Référence société"] for row in contacts]
    assert links == [preset_value.reference(name) for name in ("=Tea House", "", "Tea House", "Tea House", "", "Mill")]
    assert {row["Référence externe"] for row in companies} == set(links) - {""}
    preset = PRESETS["crm-fr-two"]
    shown = preset_file.preview(letter.id, preset, all_presets.wanted_for(preset, {}))
    assert [line[1] for line in shown[1].lines] == ["'=Tea House", "Tea House", "Mill"]
    assert (run.files, run.rows) == (2, 6)
    run, content = made(letter, "sage-company", tmp_path)
    assert (read(content)[0]["Company Name"], run.rows, run.left_out) == ("=Tea House", 4, 2)


def test_ads_need_a_box_of_their_own_and_take_only_who_ticked_it(letter: MailingList, tmp_path: Path) -> None:
    with pytest.raises(NotPossible):
        made(letter, "google-ads", tmp_path)
    agree(letter, ADA, DAN, CLEO)
    [ada] = read(made(letter, "google-ads", tmp_path)[1])
    assert list(ada) == ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"]
    assert (ada["Email"], ada["Phone"], ada["Country"], ada["Zip"]) == (ADA, "+41791234567", "CH", "01200")
    [hashed] = read(made(letter, "google-ads-hashed", tmp_path)[1])
    assert (hashed["Email"], hashed["Country"], hashed["Zip"]) == (preset_value.hashed(ADA), "CH", "01200")
    assert left_out(letter.id, PRESETS["tiktok"], all_presets.wanted_for(PRESETS["tiktok"], {})) == {
        "pending": 1,
        "unsubscribed": 1,
        "suppressed": 1,
        "no-consent": 1,
    }
    with transaction():
        db.session.query(PartnerConsent).update({"state": partner.PartnerState.WITHDRAWN})
    assert read(made(letter, "tiktok", tmp_path)[1]) == []


def test_a_preset_refuses_what_it_is_not_for(letter: MailingList) -> None:
    asked: list[tuple[str, Filter, dict[str, Any]]] = [
        ("brevo", {"status": "pending"}, {}),
        ("brevo", {"status": "any"}, {}),
        ("brevo", {"partner": "tea-house"}, {}),
        ("brevo", {}, {"is_masked": True}),
    ]
    for name, wanted, by in asked:
        with pytest.raises(NotPossible), transaction():
            export_start.start(letter.id, name, wanted, export_start.Requester(**by))
    assert db.session.query(ExportRun).count() == 0


def test_the_suppression_list_names_who_must_not_be_mailed_and_can_be_read_again(
    letter: MailingList, tmp_path: Path
) -> None:
    run, content = made(letter, "suppression", tmp_path)
    rows = {row["Email"]: (row["Reason"], row["Email_SHA256"], row["export_id"]) for row in read(content)}
    assert rows == {
        CLEO: ("unsubscribed", preset_value.hashed(CLEO), run.mark),
        DAN: ("suppressed", preset_value.hashed(DAN), run.mark),
    }
    other = make_list("other", name="Other")
    take_in(content, other)
    assert states(other) == {"cleo": "unsubscribed"}  # Dan is on the stop list: left alone


def test_cards_carry_everything_an_address_book_has_a_place_for(letter: MailingList, tmp_path: Path) -> None:
    run, content = made(letter, "vcard", tmp_path)
    ada, eve = content.decode().split("END:VCARD\r\n")[:2]
    uid = db.session.query(Contact.uid).filter_by(address_key=ADA).scalar()
    assert ada.replace("\r\n ", "").split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        'N:Lovelace\\; "Countess"\\, née\\nByron;Ada;;;',
        'FN:Ada Lovelace\\; "Countess"\\, née\\nByron',
        f"EMAIL;TYPE=INTERNET:{ADA}",
        "TEL:+41791234567",
        "ORG:=Tea House",
        "ADR;TYPE=HOME:;;1\tZürichstrasse;Genève;;01200;Suisse",
        "BDAY:1984-02-29",
        f"UID:urn:uuid:{uid}",
        f"X-EXPORT-ID:{run.mark}",
        "",
    ]
    assert "FN:Eve  King \U0001f451" in eve
    assert finished_file.name_of(run, "the-letter").endswith(".vcf")


def test_a_leaked_file_is_traced_by_its_name_or_any_row(letter: MailingList, tmp_path: Path) -> None:
    run, content = made(letter, "klaviyo", tmp_path, actor="opal@example.org")
    assert run.mark
    for leak in (content.decode(), finished_file.name_of(run, letter.slug), run.mark.lower()):
        found = trace(leak)
        assert found is not None
        assert (found.id, found.actor) == (run.id, "opal@example.org")
    assert trace("EXAAAAAAAA and more") is None
    for kind in ("csv", "jsonl", "xlsx"):
        run, content = made(letter, kind, tmp_path)
        if kind == "xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = book.read("docProps/core.xml") + book.read("xl/worksheets/sheet1.xml")
        assert (run.mark or "?").encode() in content, kind


def test_who_may_not_see_whole_contacts_gets_them_masked(letter: MailingList, tmp_path: Path) -> None:
    for kind in ("csv", "csv-excel", "jsonl", "xlsx"):
        run, content = made(letter, kind, tmp_path, is_masked=True)
        if kind == "xlsx":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = book.read("xl/worksheets/sheet1.xml")
        text = content.decode()
        assert run.is_masked
        assert "a•••@example.org" in text
        for secret in (
            "ada@",
            "Lovelace",
            "123 45 67",
            "Tea House",
            "203.0.113.7",
            "198.51.100",
            "01200",
            "design",
            "blog.",
        ):
            assert secret not in text, (kind, secret)
    [ada, *_others] = [json.loads(line) for line in made(letter, "jsonl", tmp_path, is_masked=True)[1].splitlines()]
    assert (ada["name"], ada["status"], ada["source"], ada["vip"]) == ("A•••", "confirmed", "The Letter form", "•••")


def test_who_is_left_out_is_told_by_reason(letter: MailingList) -> None:
    preset = PRESETS["sage-company"]
    assert left_out(letter.id, preset, all_presets.wanted_for(preset, {})) == {
        "pending": 1,
        "unsubscribed": 1,
        "suppressed": 1,
        "lacking": 1,
    }
    assert left_out(letter.id, None, {"status": "confirmed"}) == {"pending": 1, "unsubscribed": 1}
    assert left_out(letter.id, None, {"status": "any"}) == {}
    assert db.session.query(Subscription).count() == 7
