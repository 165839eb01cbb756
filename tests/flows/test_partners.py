"""Co-registration: a partner has its own box, its own proof and its own withdrawal, and nothing is coupled to it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from signup.cli.main import main
from signup.consent import partner
from signup.consent.consent_event import ConsentEvent
from signup.consent.partner import Partner, PartnerConsent, find_partner
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.exports import export_job
from signup.exports.export_run import ExportRun
from signup.forms.form import find_form
from signup.forms.live_form import forget_live_forms
from signup.forms.snippet import html_snippet
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.privacy import purge_unconfirmed
from signup.signups.signup import Signup
from tests.admin.cast import EDITH, actions, post, signed_in
from tests.cast import (
    ADA,
    BOB,
    EVE,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    events_of,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
    state_of,
    text_of,
)

TEA = "Tea House may write to me about tea, once a month."
PRESS = "Print Works may write to me about posters."


def make_partner(slug: str, name: str, wording: str, **wordings: str) -> Partner:
    made = Partner(slug=slug)
    with transaction():
        made.publish(name, f"https://{slug}.example.org/privacy", {"en": wording, **wordings})
    return made


@pytest.fixture
def world(app: Flask) -> dict[str, Any]:
    """A form with two partners."""
    tea, press = make_partner("tea", "Tea House", TEA), make_partner("press", "Print Works", PRESS)
    form = make_form(magnet=False, partner_ids=(tea.id, press.id))
    return {"form": form.public_id, "tea": tea.id, "press": press.id}


def events(address: str) -> list[tuple[str, str]]:
    """Type and purpose of a contact's consent events that are about partners, in order."""
    db.session.rollback()
    query = select(ConsentEvent.type, ConsentEvent.purpose).join(Contact, Contact.id == ConsentEvent.contact_id)
    query = query.where(Contact.address_key == address, ConsentEvent.purpose != "list").order_by(ConsentEvent.id)
    return [(row.type, row.purpose) for row in db.session.execute(query)]


def states(address: str) -> dict[int, str]:
    db.session.rollback()
    query = select(PartnerConsent.partner_id, PartnerConsent.state).join(
        Contact, Contact.id == PartnerConsent.contact_id
    )
    rows = db.session.execute(query.where(Contact.address_key == address).order_by(PartnerConsent.id))
    return {row.partner_id: row.state for row in rows}


def test_each_partner_has_its_own_unticked_box_with_name_and_privacy_page(
    app: Flask, client: FlaskClient, world: dict[str, Any]
) -> None:
    page = client.get(f"/f/{world['form']}").text
    for id_, wording, slug in ((world["tea"], TEA, "tea"), (world["press"], PRESS, "press")):
        assert f'name="partners" value="{id_}.1.en">' in page
        assert wording in page
        assert f"https://{slug}.example.org/privacy" in page
    assert "checked" not in page
    assert TEA in html_snippet(find_form(world["form"]))
    boxes = partner.shown((world["press"], world["tea"]), "fr")
    assert [box.as_dict()["name"] for box in boxes] == ["Print Works", "Tea House"]
    assert {box.locale for box in boxes} == {"en"}, "no French words: the English ones, and the proof says so"


def test_one_of_two_is_ticked_and_the_click_confirms_it_with_the_list(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any], noise: None
) -> None:
    assert sign_up(client, world["form"], ADA, partners=[world["tea"]]).status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    assert "Tea House (https://tea.example.org/privacy)" in text_of(mail)
    assert "Print Works" not in text_of(mail)
    page = client.get(link_in(mail)).text
    assert (TEA in page, PRESS in page) == (True, False)
    assert states(ADA) == {world["tea"]: "requested"}
    assert events(ADA) == [("requested", f"partner:{world['tea']}")]
    client.post(link_in(mail))
    client.post(link_in(mail))
    assert "You also agreed to hear from: Tea House" in client.get(link_in(mail)).text
    assert (state_of(ADA), states(ADA)) == ("confirmed", {world["tea"]: "confirmed"})
    purpose = f"partner:{world['tea']}"
    assert events(ADA) == [("requested", purpose), ("confirmed", purpose)]
    proofs = db.session.scalars(select(ConsentEvent).where(ConsentEvent.purpose == purpose)).all()
    for proof in proofs:
        assert proof.controller == "Tea House"
        kept = db.session.get_one(Snapshot, proof.wording_hash).content
        assert kept == f"{TEA}\nTea House · https://tea.example.org/privacy"
        assert proof.form_version_id
    assert {proof.method for proof in proofs} == {"json", "link"}


def test_no_box_ticked_changes_nothing_else(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    ticked = sign_up(client, world["form"], ADA, partners=[f"{world['tea']}.1", f"{world['press']}.1"])
    plain = sign_up(client, world["form"], BOB)
    assert (plain.status_code, [*plain.headers.keys()]) == (ticked.status_code, [*ticked.headers.keys()])
    confirm_all(app, client, mailbox, ADA, BOB)
    assert (state_of(ADA), state_of(BOB)) == ("confirmed", "confirmed")
    assert (len(states(ADA)), states(BOB), events(BOB)) == (2, {}, [])
    assert "ticked" not in text_of(mailbox.mails(BOB)[0])


def test_the_code_confirms_the_box_too_and_a_plain_form_can_tick_it(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    data = {"email": ADA, "consent": "yes", "partners": [f"{world['tea']}.1", f"{world['press']}.1"]}
    location = client.post(f"/f/{world['form']}", data=data).location
    handle = location.rpartition("signup=")[2].partition("&")[0]
    drain(app)
    answer = client.post(f"/f/{world['form']}/code", json={"signup": handle, "code": code_in(mailbox.last(ADA))})
    assert answer.status_code == 200
    assert states(ADA) == {world["tea"]: "confirmed", world["press"]: "confirmed"}


@pytest.mark.parametrize(
    "wrong",
    [
        [99],
        ["99.1"],
        ["x"],
        ["1.99"],
        "1",
        [True],
        [None],
        [{"id": 1}],
        list(range(11)),
        ["1" * 30],
        ["1.x"],
        ["1.1.xx"],
        ["1.1.en.1"],
    ],
)
def test_an_unknown_partner_is_refused_and_nothing_is_stored(
    app: Flask, client: FlaskClient, world: dict[str, Any], wrong: Any
) -> None:
    if isinstance(wrong, list) and str(wrong[0]).startswith("1."):
        wrong = [f"{world['tea']}{wrong[0][1:]}"]
    answer = sign_up(client, world["form"], ADA, partners=wrong)
    assert answer.status_code == 422
    assert "partners" in (answer.get_json(force=True) or {})["errors"]
    assert state_of(ADA) is None


def test_a_retired_partner_is_not_shown_and_its_box_is_refused(
    app: Flask, client: FlaskClient, world: dict[str, Any]
) -> None:
    with transaction():
        db.session.execute(update(Partner).where(Partner.id == world["tea"]).values(retired_at=now()))
    forget_live_forms()
    page = client.get(f"/f/{world['form']}").text
    assert (TEA in page, PRESS in page) == (False, True)
    answer = client.post(f"/f/{world['form']}", data={"email": ADA, "consent": "yes", "partners": f"{world['tea']}.1"})
    assert answer.status_code == 422
    assert "not offered" in answer.text


def test_another_forms_partner_is_refused(app: Flask, client: FlaskClient, world: dict[str, Any]) -> None:
    stranger = make_partner("stranger", "Stranger", "Stranger may write to me.")
    assert sign_up(client, world["form"], ADA, partners=[stranger.id]).status_code == 422


def test_the_proof_names_the_words_that_were_shown_also_when_they_changed_meanwhile(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    with transaction():
        find_partner("tea").publish("Tea House Ltd", "https://tea.example.org/new", {"en": "Tea every day, please."})
    forget_live_forms()
    sign_up(client, world["form"], ADA, partners=[f"{world['tea']}.1"])  # a page that was open since before
    sign_up(client, world["form"], BOB, partners=[f"{world['tea']}.2"])
    sign_up(client, world["form"], EVE, partners=[world["tea"]])
    confirm_all(app, client, mailbox, ADA, BOB, EVE)
    query = select(ConsentEvent.address, ConsentEvent.controller, Snapshot.content).join(
        Snapshot, Snapshot.hash == ConsentEvent.wording_hash
    )
    rows = db.session.execute(query.where(ConsentEvent.purpose != "list", ConsentEvent.type == "confirmed"))
    shown = {row.address: (row.controller, row.content.partition("\n")[0]) for row in rows}
    new = ("Tea House Ltd", "Tea every day, please.")
    assert shown == {ADA: ("Tea House", TEA), BOB: new, EVE: new}


def test_the_proof_is_in_the_language_that_was_read(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    french = make_partner("the", "Maison du thé", TEA, fr="La Maison du thé peut m’écrire.")
    form_id = make_form(make_list("other"), magnet=False, partner_ids=(french.id,)).public_id
    sign_up(client, form_id, ADA, partners=[f"{french.id}.1.fr"])
    confirm_all(app, client, mailbox, ADA)
    query = select(ConsentEvent.locale, Snapshot.content).join(Snapshot, Snapshot.hash == ConsentEvent.wording_hash)
    rows = {tuple(row) for row in db.session.execute(query.where(ConsentEvent.purpose != "list"))}
    assert rows == {("fr", "La Maison du thé peut m’écrire.\nMaison du thé · https://the.example.org/privacy")}


def test_a_partners_words_cannot_be_changed_behind_the_proof(app: Flask, world: dict[str, Any]) -> None:
    for change in ("UPDATE partner_version SET name = 'Other'", "DELETE FROM partner_version"):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text(change))
    with transaction():
        tea = find_partner("tea")
        tea.publish("Tea House", "https://tea.example.org/privacy", {"en": TEA})
        assert tea.version.number == 1, "the same words make no version"


def test_withdrawing_from_one_partner_leaves_the_other_and_the_list_alone(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], ADA, partners=[world["tea"], world["press"]])
    confirm_all(app, client, mailbox, ADA)
    page = link_in(mailbox.last(ADA), "preferences")
    assert client.get(page).text.count('name="partner"') == 2
    lists = {"list": str(db.session.scalars(select(Subscription.uid)).one())}
    client.post(page, data={**lists, "language": "en", "partner": str(world["press"])})
    client.post(page, data={**lists, "language": "en", "partner": str(world["press"])})
    assert states(ADA) == {world["tea"]: "withdrawn", world["press"]: "confirmed"}
    assert state_of(ADA) == "confirmed"
    assert [kind for kind, purpose in events(ADA) if purpose == f"partner:{world['tea']}"] == [
        "requested",
        "confirmed",
        "withdrawn",
    ]
    assert "unsubscribed" not in events_of(ADA)
    shown = client.get(page).text
    assert (TEA in shown, PRESS in shown) == (False, True)


def test_leaving_the_list_does_not_speak_for_a_partner(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], ADA, partners=[world["tea"]])
    confirm_all(app, client, mailbox, ADA)
    client.post(link_in(mailbox.last(ADA), "unsubscribe"))
    assert (state_of(ADA), states(ADA)) == ("unsubscribed", {world["tea"]: "confirmed"})


def test_nobody_ticks_a_box_for_somebody_else_who_is_on_the_list(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], ADA)
    confirm_all(app, client, mailbox, ADA)
    forget_limits()
    sign_up(client, world["form"], ADA, partners=[world["tea"]])  # by Eve, for all we know
    drain(app)
    mail = mailbox.last(ADA)
    assert "- Tea House" in text_of(mail)
    assert states(ADA) == {world["tea"]: "requested"}
    uid = str(db.session.scalars(select(Subscription.uid)).one())
    page = link_in(mail, "preferences")
    assert f'value="{world["tea"]}">' in client.get(page).text, "an unticked box for Ada herself"
    client.post(page, data={"list": uid, "language": "en"})
    assert states(ADA) == {world["tea"]: "requested"}
    client.post(page, data={"list": uid, "language": "en", "partner": str(world["tea"])})
    assert states(ADA) == {world["tea"]: "confirmed"}
    assert events(ADA)[-1] == ("confirmed", f"partner:{world['tea']}")


def test_a_partner_that_nobody_offered_cannot_be_taken_up_on_the_preference_page(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], ADA)
    confirm_all(app, client, mailbox, ADA)
    page = link_in(mailbox.last(ADA), "preferences")
    client.post(page, data={"language": "en", "partner": [str(world["tea"]), "999999999999", "x"]})
    assert (states(ADA), events(ADA)) == ({}, [])


def test_what_is_never_confirmed_is_forgotten_with_its_boxes(
    app: Flask, client: FlaskClient, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], BOB, partners=[world["tea"]])
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(-timedelta(days=2))))
    purge_unconfirmed.expire()
    assert db.session.execute(text("SELECT count(*) FROM partner_consent")).scalar() == 0
    row = db.session.execute(text("SELECT address, ip FROM consent_event WHERE purpose <> 'list'")).one()
    assert tuple(row) == (None, None)


# What a partner gets


def lines(app: Flask, *words: str) -> list[dict[str, str]]:
    """What `signup export` prints, as rows."""
    done = CliRunner().invoke(main, ["export", *words], obj=lambda: app)
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_only_a_partners_own_confirmed_people_are_in_its_export(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any], noise: None
) -> None:
    sign_up(client, world["form"], ADA, partners=[world["tea"]], fields={"first_name": "Ada", "interests": ["design"]})
    sign_up(client, world["form"], EVE, partners=[world["press"]])
    sign_up(client, world["form"], BOB, partners=[world["tea"]])
    assert CliRunner().invoke(main, ["export", "--partner", "tea"], obj=lambda: app).exit_code == 1
    confirm_all(app, client, mailbox, ADA, EVE)
    (row,) = lines(app, "--partner", "Tea House")
    assert row["email"] == ADA
    assert (row["name"], row["partner"], row["opt_in"]) == ("Ada", "Tea House", "double")
    assert row["consent_text_version"] == "tea/1"
    assert row["confirm_at"]
    assert not {"interests", "first_name", "signup_ip"} & row.keys(), "a partner learns no answers"
    assert [row["email"] for row in lines(app, "the-letter", "--partner", "press")] == [EVE]
    assert lines(app, "noise", "--partner", "press") == []
    assert sorted(row["email"] for row in lines(app, "the-letter")) == [ADA, EVE], "and nobody twice in ours"


def test_who_withdrew_is_in_no_export_and_who_agreed_twice_is_in_it_once(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    for _n in range(2):
        sign_up(client, world["form"], ADA, partners=[world["tea"]])
        drain(app)
        forget_limits()
    for mail in mailbox.mails(ADA):
        client.post(link_in(mail))
    assert [row["email"] for row in lines(app, "--partner", "tea")] == [ADA]
    drain(app)
    client.post(link_in(mailbox.last(ADA), "preferences"), data={"language": "en"})
    assert lines(app, "the-letter", "--partner", "tea") == []


def test_a_single_opt_in_is_marked_in_every_export(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    with transaction():
        form = find_form(world["form"])
        single = {"opt_in": "single", "single_reason": "Customers who asked at the till"}
        form.publish(form.version.definition.model_copy(update=single))
    forget_live_forms()
    sign_up(client, world["form"], ADA, partners=[world["tea"]])
    for words in (("the-letter",), ("--partner", "tea")):
        assert [row["opt_in"] for row in lines(app, *words)] == ["single"], words
    page = signed_in(app).get("/admin/contacts.csv").text
    assert "The Letter (confirmed, single opt-in)" in page


# The operator's pages

TYPED = {
    "name": "Tea House",
    "slug": "tea-house",
    "privacy_url": "https://tea.example.org/privacy",
    "wording_en": "Tea House may write to me about tea.",
}


def test_an_operator_adds_a_partner_and_places_its_box(app: Flask, client: FlaskClient) -> None:
    form_id = make_form(magnet=False).public_id
    edith = signed_in(app, EDITH)
    answer = post(edith, "/admin/forms/partners/new", {**TYPED, "forms": [form_id], "wording_fr": "Parlons de thé."})
    assert answer.location == "/admin/forms/partners/tea-house"
    assert "Tea House may write to me about tea." in client.get(f"/f/{form_id}").text
    post(edith, answer.location, {**TYPED, "forms": [form_id], "wording_en": "Tea House may write to me weekly."})
    page = edith.get(answer.location).text
    assert "Version 2 of its wording" in page
    assert "Tea House may write to me about tea." in page, "the version before is listed"
    assert "Tea House" in edith.get("/admin/forms/partners").text
    post(edith, answer.location, TYPED)
    assert find_form(form_id).version.definition.partner_ids == ()
    post(edith, f"{answer.location}/retire")
    assert "Show its box again" in edith.get(answer.location).text
    assert actions(app).count("partner-changed") == 3


def test_mistakes_about_a_partner_are_told_and_nothing_is_saved(app: Flask) -> None:
    client = signed_in(app)
    for wrong, told in (
        ({"name": ""}, "Fill in this field"),
        ({"slug": "Tea House"}, "small letters"),
        ({"slug": "new"}, "another short name"),
        ({"privacy_url": "javascript:alert(1)"}, "full web address"),
        ({"wording_en": ""}, "full sentence"),
        ({"wording_en": "Tea"}, "full sentence"),
        ({"forms": ["nothing"]}, "valid choice"),
    ):
        answer = post(client, "/admin/forms/partners/new", {**TYPED, **wrong})
        assert (answer.status_code, told in answer.text) == (422, True), wrong
    assert post(client, "/admin/forms/partners/new", TYPED).status_code == 303
    assert "Another partner has this short name" in post(client, "/admin/forms/partners/new", TYPED).text
    assert [one.slug for one in db.session.scalars(select(Partner))] == ["tea-house"]


def test_a_form_shows_no_more_than_ten_partners(app: Flask) -> None:
    ids = tuple(make_partner(f"p{n}", f"Partner {n}", TEA).id for n in range(10))
    form_id = make_form(magnet=False, partner_ids=ids).public_id
    answer = post(signed_in(app), "/admin/forms/partners/new", {**TYPED, "forms": [form_id]})
    assert (answer.status_code, "already shows 10 partners" in answer.text) == (422, True)


def test_an_export_for_a_partner_starts_from_its_page_and_the_proof_shows_its_words(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: dict[str, Any]
) -> None:
    sign_up(client, world["form"], ADA, partners=[world["tea"]])
    sign_up(client, world["form"], BOB)
    confirm_all(app, client, mailbox, ADA, BOB)
    opal = signed_in(app)
    assert '<option selected value="tea">' in opal.get("/admin/exports/new?partner=tea").text
    started = {"mailing_list": "the-letter", "status": "confirmed", "partner": "tea", "format": "csv"}
    post(opal, "/admin/exports/new", started)
    export_job.perform()
    run = db.session.scalars(select(ExportRun)).one()
    assert (run.state, run.rows, run.total, run.filter) == ("done", 1, 1, {"partner": "tea"})
    assert ADA in opal.get(f"/admin/exports/{run.uid}/file", buffered=True).text
    uid = db.session.scalars(select(Contact.uid).where(Contact.address_key == ADA)).one()
    page = opal.get(f"/admin/contacts/{uid}/proof").text
    assert f'<blockquote lang="en">{TEA}\nTea House · https://tea.example.org/privacy</blockquote>' in page
    assert "Confirmed: Tea House" in page
