"""A sender dies while it gives back what it claimed and did not send: before it begins, half-way, or just after."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from signup.ground.db import transaction
from signup.mailer import lease
from signup.mailer.message import MessageState
from tests.cast import drain, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import let_pass
from tests.faults.test_dead_senders import LEASE_AND_MORE, PEOPLE, crashes, die, sender_that, states

pytestmark = pytest.mark.faults


@pytest.fixture
def world(own_database: str, tmp_path: Path, relay: Relay) -> Iterator[World]:
    """Ten people wait for their confirmation mails, and the relay has enough after three."""
    relay.mishap = lambda step: "421 busy" if step == "MAIL" and len(relay.taken) >= 3 else None
    for world in build_world(own_database, tmp_path, smtp_url=relay.url):
        client = world.app.test_client()
        for number in range(PEOPLE):
            assert sign_up(client, world.form_id, f"visitor-{number}@example.org").status_code == 202
        yield world


def dies_before_putting_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lease, "put_back", lambda _batch: die())


def dies_before_its_commit(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def cut_short() -> Iterator[None]:
        with transaction():
            yield
            die()

    _put_back_with(patch, cut_short)


def dies_after_its_commit(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def only_one() -> Iterator[None]:
        with transaction():
            yield
        die()

    _put_back_with(patch, only_one)


def _put_back_with(patch: pytest.MonkeyPatch, commit: Callable[[], AbstractContextManager[None]]) -> None:
    put_back = lease.put_back

    def put_back_and_die(batch: list[lease.Claimed]) -> None:
        patch.setattr(lease, "transaction", commit)
        put_back(batch)

    patch.setattr(lease, "put_back", put_back_and_die)


@pytest.mark.parametrize("dies", [dies_before_putting_back, dies_before_its_commit, dies_after_its_commit])
def test_a_sender_that_dies_while_it_puts_mails_back_loses_none(
    world: World, relay: Relay, dies: Callable[[pytest.MonkeyPatch], None]
) -> None:
    assert sender_that(world.app, dies)
    assert len(relay.taken) == 3
    found = states(world.app)
    assert found.pop(MessageState.SENT) == 3
    assert set(found) <= {MessageState.READY, MessageState.RETRY}
    assert sum(found.values()) == PEOPLE - 3
    relay.mishap = lambda _step: None
    with world.app.app_context():
        let_pass(5 * LEASE_AND_MORE)
    drain(world.app)
    assert states(world.app) == {MessageState.SENT: PEOPLE}
    assert crashes(world.app) == {0}
    assert max(relay.copies().values()) == 1
