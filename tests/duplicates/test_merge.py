import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.audience import scoring_round
from signup.audience.quality import Quality
from signup.audience.search import Search, find
from signup.companies.company import Company
from signup.companies.position import people_of
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.counts.event import Event
from signup.counts.tally import Measure, totals
from signup.duplicates.find_subscription import find_subscription
from signup.duplicates.merge import ContactMerge, parts_of, survivor_of
from signup.duplicates.merge_contacts import joined_state, merge_two
from signup.duplicates.unmerge import split_contact
from signup.ground.db import Base, db, transaction
from signup.ground.errors import CannotMerge
from signup.ground.tokens import keys
from signup.signups.signup import Signup
from signup.visitor.own_data.preferences import find_contact
from tests.admin.cast import add_contact
from tests.cast import (
    ADA,
    Mailbox,
    confirm_all,
    drain,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
    state_of,
    suppress,
)
from tests.imports.import_cast import exported, people, take_in

pytestmark = pytest.mark.both_engines

OTHER = "a.lovelace@work.example"
TABLES = ("contact", "subscription", "signup", "message", "event", "discount_code", "partner_consent", "suppression")


def rows() -> dict[str, list[Any]]:
    """Everything a merge may touch, as it is."""
    db.session.rollback()
    tables = [Base.metadata.tables[name] for name in TABLES]
    return {one.name: sorted(map(tuple, db.session.execute(select(one))), key=str) for one in tables}


def assert_counts_are_exact() -> None:
    db.session.rollback()
    for mailing_list in db.session.scalars(select(MailingList)):
        query = select(Subscription.state, db.func.count()).where(Subscription.list_id == mailing_list.id)
        found: dict[str, int] = dict(db.session.execute(query.group_by(Subscription.state)).all())
        assert totals(Measure.IN_STATE, mailing_list.id) == found, mailing_list.slug
    living = select(Contact.standing, db.func.count()).where(Contact.standing != "merged").group_by(Contact.standing)
    assert totals(Measure.STANDING) == dict(db.session.execute(living).all())


def entry_of(contact_id: int, slug: str) -> int:
    query = select(Subscription.id).join(MailingList, MailingList.id == Subscription.list_id)
    return db.session.scalars(query.where(Subscription.contact_id == contact_id, MailingList.slug == slug)).one()


def contact(address: str) -> Contact:
    return db.session.scalars(select(Contact).where(Contact.address_key == address)).one()


@pytest.fixture
def both(app: Flask, client: FlaskClient, mailbox: Mailbox) -> Flask:
    """Ada twice: by two addresses, both on The Letter, each on a list of her own, with all that comes of it."""
    letter = make_form().public_id
    first = make_form(make_list("first", name="First"), magnet=False).public_id
    second = make_form(make_list("second", name="Second"), magnet=False).public_id
    for address, form, more in (
        (ADA, letter, {"first_name": "Ada", "interests": ["design"]}),
        (ADA, first, {}),
        (OTHER, letter, {"first_name": "Augusta"}),
        (OTHER, second, {"interests": ["privacy"]}),
    ):
        sign_up(client, form, address, fields=more)
        confirm_all(app, client, mailbox, address)
        forget_limits()
    return app


def test_merged_and_parted_again_everything_is_as_before(both: Flask) -> None:
    letter = db.session.scalars(select(MailingList).where(MailingList.slug == "the-letter")).one()
    before, file = rows(), exported(letter)
    proof = list(db.session.execute(select(ConsentEvent.id, ConsentEvent.contact_id)))
    ada, other = contact(ADA), contact(OTHER)
    theirs = db.session.scalars(select(Subscription.uid).where(Subscription.contact_id == other.id)).all()
    with transaction():
        merge_id = merge_two(ada.id, other.id, {"interests": ["privacy"]}).id
    assert contact(ADA).answers == {"first_name": "Ada", "interests": ["privacy"]}
    assert [one.address for one in find(Search()).rows] == [ADA]
    assert {one.list.slug for one in find(Search()).subscriptions[ada.id]} == {"the-letter", "first", "second"}
    assert db.session.scalar(select(db.func.count(Event.id)).where(Event.contact_id == other.id)) == 0
    assert {find_subscription(uid).contact_id for uid in theirs} == {ada.id}
    assert find_contact(other.uid).id == survivor_of(contact(OTHER)).id == ada.id
    assert parts_of(ada.id) == [ada.id, other.id]
    assert set(proof) <= set(db.session.execute(select(ConsentEvent.id, ConsentEvent.contact_id)))
    assert_counts_are_exact()
    with transaction():
        split_contact(merge_id)
    assert rows() == before
    assert exported(letter) == file
    assert_counts_are_exact()
    with pytest.raises(CannotMerge), transaction():
        split_contact(merge_id)


def test_who_left_stays_out_whichever_address_it_was(both: Flask) -> None:
    ada, other = contact(ADA).id, contact(OTHER).id
    entry = entry_of(other, "the-letter")
    with transaction():
        leave(entry, "link")
    suppress(OTHER)
    with transaction():
        merge_id = merge_two(ada, other, {}).id
    assert state_of(ADA) == "unsubscribed"
    assert db.session.get(Suppression, keys().hash(ADA)) is not None
    assert state_of(ADA, "second") == "confirmed"
    # An import cannot bring the merged address back.
    letter = db.session.scalars(select(MailingList).where(MailingList.slug == "the-letter")).one()
    run = take_in(people("x", "y"), letter)
    assert run.imported == {"created": 2, "state:confirmed": 2, "grade:B": 2}
    run = take_in(b"email,opt_in_at\r\n" + OTHER.encode() + b",2025-05-01\r\n", letter)
    assert run.imported == {"left": 1, "left:merged": 1}
    # Leaving what came along is leaving it as both.
    second = entry_of(ada, "second")
    with transaction():
        leave(second, "link")
    with transaction():
        split_contact(merge_id)
    assert state_of(ADA) == "confirmed"
    assert state_of(OTHER) == state_of(OTHER, "second") == "unsubscribed"
    assert db.session.get(Suppression, keys().hash(ADA)) is None
    assert_counts_are_exact()


def test_a_value_and_a_leave_after_the_merge_survive_its_undo(both: Flask) -> None:
    ada, other = contact(ADA), contact(OTHER)
    with transaction():
        merge_id = merge_two(ada.id, other.id, {"first_name": "Augusta", "interests": ["privacy"]}).id
    entry = entry_of(ada.id, "the-letter")
    with transaction():
        leave(entry, "link")
        contact(ADA).change_answers({"interests": ["design", "privacy"]}, ChangeOrigin(ChangeKind.OPERATOR))
    with transaction():
        split_contact(merge_id)
    assert contact(ADA).answers == {"first_name": "Ada", "interests": ["design", "privacy"]}
    assert state_of(ADA) == state_of(OTHER) == "unsubscribed"
    assert_counts_are_exact()


def test_who_signs_up_with_the_merged_address_is_a_contact_again(
    both: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    ada, other = contact(ADA).id, contact(OTHER).id
    form_id = make_form(make_list("third", name="Third"), magnet=False).public_id
    forget_limits()
    sign_up(client, form_id, OTHER)
    drain(both)
    with transaction():
        merge_id = merge_two(ada, other, {}).id
    assert [one.address for one in find(Search()).rows] == [ADA]
    assert client.post(link_in(mailbox.last(OTHER))).status_code == 303
    assert [one.address for one in find(Search()).rows] == [OTHER, ADA]
    assert state_of(OTHER, "third") == "confirmed"
    assert parts_of(ada) == [ada]
    with pytest.raises(CannotMerge), transaction():
        split_contact(merge_id)
    assert_counts_are_exact()


def test_a_merge_needs_two_that_are_themselves(context: Flask) -> None:
    with transaction():
        letter = make_list()
    with transaction():
        one, two, three = (add_contact(letter, f"{name}@example.org") for name in ("one", "two", "three"))
    for pair in ((one.id, one.id), (one.id, 99999)):
        with pytest.raises(CannotMerge), transaction():
            merge_two(*pair, {})
    with transaction():
        first = merge_two(one.id, two.id, {}).id
    with pytest.raises(CannotMerge), transaction():
        merge_two(three.id, two.id, {})
    with transaction():
        second = merge_two(three.id, one.id, {}).id
    assert parts_of(three.id) == [three.id, one.id, two.id]
    assert survivor_of(contact("two@example.org")).id == three.id
    with pytest.raises(CannotMerge), transaction():
        split_contact(first)
    for merge_id in (second, first):
        with transaction():
            split_contact(merge_id)
    assert len(find(Search()).rows) == 3
    assert db.session.scalar(select(db.func.count(ContactMerge.id)).where(ContactMerge.undone_at.is_(None))) == 0
    assert db.session.scalar(select(db.func.count(Signup.id))) == 0


def test_two_who_merge_the_same_pair_at_once_merge_it_once(app: Flask) -> None:
    with transaction():
        letter = make_list()
    with transaction():
        ids = [add_contact(letter, f"{name}@example.org").id for name in ("one", "two")]
    begin, outcomes = threading.Barrier(2), []

    def merge(survivor: int, gone: int) -> None:
        with app.app_context():
            begin.wait()
            try:
                with transaction():
                    merge_two(survivor, gone, {})
                outcomes.append("merged")
            except CannotMerge:
                outcomes.append("refused")
            db.session.remove()

    threads = [threading.Thread(target=merge, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["merged", "refused"]
    assert len(find(Search()).rows) == 1


@pytest.mark.parametrize("mine", [None, *SubscriptionState])
@pytest.mark.parametrize("theirs", SubscriptionState)
def test_nobody_is_mailed_more_than_they_agreed_to(mine: SubscriptionState | None, theirs: SubscriptionState) -> None:
    for is_confirmed in (True, False):
        state = joined_state(mine, theirs, is_confirmed=is_confirmed)
        for no in ("complained", "unsubscribed"):
            assert (state == no) if no in {mine, theirs} and not {mine, theirs} & {"complained"} - {no} else True
        if state == "confirmed":
            assert mine == "confirmed" or (theirs == "confirmed" and is_confirmed)
            assert not {mine, theirs} & {"unsubscribed", "complained"}


def test_who_became_part_of_another_works_nowhere_and_has_no_score_until_parted(context: Flask) -> None:
    letter = make_list()
    with transaction():
        ada, ada_too = (add_contact(letter, f"ada{n}@example.org", "Ada") for n in ("", "2"))
        for one in (ada, ada_too):
            one.answers = {"company": "Acme SA", "company_country": "CH", "company_number": "CHE-107.787.577"}
    ids = [ada.id, ada_too.id]
    scoring_round.run_round()
    acme = db.session.scalars(select(Company)).one()
    assert [contact.id for _position, contact in people_of(acme.id, 9)] == ids
    with transaction():
        merge_id = merge_two(ids[0], ids[1], {}).id
    scoring_round.run_round()
    assert [contact.id for _position, contact in people_of(acme.id, 9)] == ids[:1]
    assert list(db.session.scalars(select(Quality.contact_id))) == ids[:1]
    assert db.session.get_one(Company, acme.id, populate_existing=True).persons == 1
    with transaction():
        split_contact(merge_id)
    scoring_round.run_round()
    assert list(db.session.scalars(select(Quality.contact_id).order_by(Quality.contact_id))) == ids
