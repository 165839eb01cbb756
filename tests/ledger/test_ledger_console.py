"""`signup consent`: checks the ledger, signs it, prints its keys."""

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import update

from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent
from signup.ledger.signed_note import PublicKey, public_keys, read
from tests.cast import ADA
from tests.ledger.cast import tamper

pytestmark = pytest.mark.one_engine


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["consent", *arguments], obj=lambda: app)


def test_a_checkpoint_seals_what_waits_and_is_printed_signed(app: Flask, ada: str) -> None:
    printed = run(app, "checkpoint").output
    assert read(printed, public_keys()).size > 0
    assert PublicKey.read(run(app, "key").output) == public_keys()[0]


def test_a_whole_ledger_is_told_to_be_whole_and_a_forged_one_by_its_first_bad_entry(app: Flask, ada: str) -> None:
    run(app, "checkpoint")
    done = run(app, "verify")
    assert done.exit_code == 0, done.output
    assert "The ledger is whole." in done.output
    tamper(update(ConsentEvent).where(ConsentEvent.address == ADA).values(method="forged"))
    done = run(app, "verify")
    assert done.exit_code == 1
    assert done.output.startswith("entry ")
    assert "its header was changed" in done.output
