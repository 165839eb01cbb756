"""Partners' boxes at the kiosk: shown with their own words, recorded as they were shown, however late they come in."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.consent.consent_event import ConsentEvent
from signup.consent.partner import Partner, find_partner
from signup.consent.snapshot import Snapshot
from signup.forms.form import find_form
from signup.forms.live_form import forget_live_forms
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.cast import ADA, BOB, EVE, Mailbox, code_in, confirm_all, definition, drain, make_form, state_of, text_of
from tests.flows.test_kiosk import Device, open_kiosk
from tests.flows.test_partners import PRESS, TEA, events, lines, make_partner, states

THE = "La Maison du thé peut m’écrire, une fois par mois."


@dataclass
class World:
    device: Device
    tea: int
    press: int

    def send(self, address: str, *boxes: str, uid: UUID | None = None) -> str:
        [answer] = self.device.send(self.device.entry(address, uid, partners=list(boxes)))
        return str(answer["result"])


@pytest.fixture
def world(app: Flask) -> World:
    """A kiosk whose form has two partners."""
    tea, press = make_partner("tea", "Tea House", TEA, fr=THE), make_partner("press", "Print Works", PRESS)
    found = World(open_kiosk(app, make_form(partner_ids=(tea.id, press.id))), tea.id, press.id)
    assert found.device.unlock() == 200
    return found


def test_the_customer_meets_each_partners_own_unticked_box_and_what_they_tick_waits_for_their_click(
    app: Flask, client: FlaskClient, mailbox: Mailbox, world: World
) -> None:
    page = client.get(f"/k/{world.device.token}").text
    for id_, wording, slug in ((world.tea, TEA, "tea"), (world.press, PRESS, "press")):
        assert f'name="partner" value="{id_}.1.en" autocomplete="off">' in page
        assert wording in page
        assert f"https://{slug}.example.org/privacy" in page
    assert 'name="partner" checked' not in page
    uid = uuid4()
    assert [world.send(ADA, f"{world.tea}.1.en", uid=uid) for _twice in range(2)] == ["done", "done"]
    assert world.send(BOB) == "done"
    drain(app)
    assert "Tea House (https://tea.example.org/privacy)" in text_of(mailbox.last(ADA))
    assert "Tea House" not in text_of(mailbox.last(BOB))
    assert states(ADA) == {world.tea: "requested"}
    assert lines(app, "the-letter", "--partner", "tea") == []
    [answer] = world.device.send(world.device.entry(ADA, uid))
    right = {"signup": answer["signup"], "code": code_in(mailbox.last(ADA))}
    assert client.post(f"/f/{world.device.form_id}/code", json=right).status_code == 200
    confirm_all(app, client, mailbox, BOB)
    assert [row["email"] for row in lines(app, "the-letter", "--partner", "tea")] == [ADA]
    assert events(ADA) == [("requested", f"partner:{world.tea}"), ("confirmed", f"partner:{world.tea}")]
    assert (state_of(BOB), states(BOB)) == ("confirmed", {})
    methods = select(ConsentEvent.method).where(ConsentEvent.purpose != "list").order_by(ConsentEvent.id)
    assert db.session.scalars(methods).all() == ["kiosk", "code"]


def test_what_waited_offline_is_recorded_in_the_words_that_were_shown_though_all_of_it_changed_since(
    app: Flask, world: World
) -> None:
    tea, press = f"{world.tea}.1.en", f"{world.press}.1.en"
    early = [world.device.entry(one, partners=[tea, press]) for one in (ADA, EVE)]
    with transaction():
        find_partner("tea").publish("Tea House Ltd", "https://tea.example.org/new", {"en": "Tea, every day."})
    forget_live_forms()
    assert world.device.send(early[0])[0]["result"] == "done"
    with transaction():  # one partner leaves the form, the other one leaves us
        find_form(world.device.form_id).publish(definition(partner_ids=(world.press,)))
        db.session.execute(update(Partner).where(Partner.id == world.press).values(retired_at=now()))
    forget_live_forms()
    assert world.device.send(early[1])[0]["result"] == "done"
    assert states(ADA) == {world.tea: "requested", world.press: "requested"}
    assert states(EVE) == {world.tea: "requested"}, "nobody is asked to confirm a partner that is gone"
    query = select(ConsentEvent.controller, Snapshot.content).join(Snapshot, Snapshot.hash == ConsentEvent.wording_hash)
    query = query.where(ConsentEvent.address == EVE, ConsentEvent.purpose != "list")
    assert [tuple(row) for row in db.session.execute(query)] == [
        ("Tea House", f"{TEA}\nTea House · https://tea.example.org/privacy")
    ]


def test_a_box_is_recorded_in_the_language_it_was_read_in_and_one_that_was_never_shown_is_refused(
    app: Flask, world: World
) -> None:
    assert world.send(ADA, f"{world.tea}.1.fr") == "done"
    stranger = make_partner("stranger", "Stranger", "Stranger may write to me.").id
    locales = select(ConsentEvent.locale).where(ConsentEvent.purpose != "list")
    assert db.session.scalars(locales).all() == ["fr"]
    wrong = (
        f"{stranger}.1.en",
        f"{world.tea}.7.en",
        f"{world.tea}",
        f"{world.tea}.1",
        "1.1.en' OR 1=1",
        "999999999.1.en",
    )
    assert {world.send(BOB, box) for box in wrong} == {"refused"}
    assert world.send(BOB, *[f"{world.tea}.1.en"] * 11) == "refused"
    assert state_of(BOB) is None
