"""Whom a list may see: who confirmed it once, and nobody who only typed an address."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.consent.given_values import opens_to
from signup.consent.subscription import Subscription, leave
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from tests.cast import ADA, BOB, subscription_of


@pytest.fixture
def seen(app: Flask, noise: None, ada: str, bob: str) -> Callable[[], list[str]]:
    """Whom the list of Ada and Bob sees."""

    def addresses() -> list[str]:
        entry = subscription_of(ADA)
        assert entry
        query = select(Contact.address).where(opens_to([entry.list_id])).order_by(Contact.address)
        return list(db.session.scalars(query))

    return addresses


def leaves(address: str) -> None:
    entry = subscription_of(address)
    assert entry
    with transaction():
        assert leave(entry.id, "operator")


def test_who_leaves_stays_seen_by_their_list_if_they_had_confirmed_and_only_then(seen: Callable[[], list[str]]) -> None:
    assert seen() == [ADA]
    leaves(ADA)
    leaves(BOB)
    assert seen() == [ADA]


def test_who_came_confirmed_by_a_file_is_seen_after_leaving_as_well(seen: Callable[[], list[str]]) -> None:
    with transaction():  # a file tells no time of it
        db.session.execute(update(Subscription).values(confirmed_at=None))
    leaves(ADA)
    leaves(BOB)
    assert seen() == [ADA]
