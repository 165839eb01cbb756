"""What the database keeps of secrets, and what a change of SECRET_KEYS does to each of them."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from signup.access.app_code import is_seed, seal_seeds, seed_of, unreadable_seeds
from signup.access.operator import Operator
from signup.access.recovery_code import new_codes
from signup.cli.main import main
from signup.ground.db import db, transaction
from signup.ground.secret_box import Secret, UnreadableSecret, decrypt, encrypt, is_newest
from signup.kiosks.kiosk import Staff, has_pin
from tests.admin.cast import EDITH, OPAL, hire, post, second_step, sign_in, signed_in

OLD, NEW, OTHER = ("old-" * 10, "new-" * 10, "other-" * 10)
APP = "/admin/settings/account/second-factor"


def kept(app: Flask) -> str:
    return str(db.session.scalars(select(Operator.totp_secret)).one())


def set_up(app: Flask) -> str:
    client = signed_in(app)
    seed = client.get(APP).text.partition('name="secret" value="')[2].partition('"')[0]
    assert post(client, APP, {"secret": seed, "code": pyotp.TOTP(seed).now()}).status_code == 200
    return seed


def can_sign_in(app: Flask, seed: str) -> bool:
    with transaction():
        db.session.execute(update(Operator).values(totp_step=0))
    client = app.test_client()
    return second_step(client, sign_in(client), code=pyotp.TOTP(seed).now()).status_code == 303


def test_a_copy_of_the_database_holds_no_seed(make_app: Callable[..., Flask], database_url: str) -> None:
    app = make_app(secret_keys=OLD)
    seed = set_up(app)
    assert not is_seed(kept(app))
    assert pyotp.TOTP(seed).byte_secret() not in b64decode(kept(app))
    assert can_sign_in(app, seed)


def test_after_a_change_of_keys_every_secret_is_good_and_the_newest_key_takes_the_seeds(
    make_app: Callable[..., Flask],
) -> None:
    before = make_app(secret_keys=OLD)
    seed = set_up(before)
    with before.app_context(), transaction():
        [code, second, *_rest] = new_codes(db.session.scalars(select(Operator.id)).one())
        staff = Staff(name="Mia")
        staff.set_pin("4711")
        db.session.add(staff)
    first = kept(before)
    after = make_app(secret_keys=f"{NEW} {OLD}")
    assert can_sign_in(after, seed)
    client = after.test_client()
    assert second_step(client, sign_in(client), code=code).status_code == 303
    with after.app_context():
        assert has_pin(db.session.scalars(select(Staff)).one(), "4711")
        assert not has_pin(db.session.scalars(select(Staff)).one(), "4712")
        assert (seal_seeds(), seal_seeds()) == (1, 0)
        opal = db.session.scalars(select(Operator)).one()
        assert is_newest(Secret.TOTP, str(opal.totp_secret), str(opal.uid))
    assert kept(after) != first
    assert can_sign_in(after, seed)
    assert not can_sign_in(before, seed)  # it has no new key: nobody comes in, and nothing breaks
    back = before.test_client()
    assert second_step(back, sign_in(back), code=second).status_code == 303


def test_a_seed_of_an_earlier_release_works_and_is_encrypted_soon(make_app: Callable[..., Flask]) -> None:
    app = make_app(secret_keys=OLD)
    hire(app, OPAL, EDITH)
    seed = pyotp.random_base32()
    with transaction():
        db.session.execute(update(Operator).where(Operator.address == OPAL).values(totp_secret=seed))
    assert can_sign_in(app, seed)
    assert (seal_seeds(), unreadable_seeds()) == (1, 0)
    held = list(db.session.scalars(select(Operator.totp_secret).order_by(Operator.id)))
    assert [one and is_seed(one) for one in held] == [False, None]
    assert can_sign_in(app, seed)


def test_without_its_key_a_seed_opens_nothing_and_is_counted(make_app: Callable[..., Flask]) -> None:
    seed = set_up(make_app(secret_keys=OLD))
    app = make_app(secret_keys=OTHER)
    assert not can_sign_in(app, seed)
    assert (seal_seeds(), unreadable_seeds()) == (0, 1)


def test_one_operators_seed_in_anothers_row_opens_nothing(make_app: Callable[..., Flask]) -> None:
    app = make_app(secret_keys=OLD)
    set_up(app)
    hire(app, EDITH)
    with transaction():
        db.session.execute(
            update(Operator).values(
                totp_secret=select(Operator.totp_secret).where(Operator.totp_secret.is_not(None)).scalar_subquery()
            )
        )
    opal, edith = db.session.scalars(select(Operator).order_by(Operator.id))
    assert seed_of(opal)
    assert seed_of(edith) is None


@pytest.mark.one_engine
@given(secret=st.binary(max_size=64), about=st.text(max_size=10), place=st.integers(0, 200))
def test_what_was_changed_or_is_about_something_else_does_not_open(
    context: Flask, secret: bytes, about: str, place: int
) -> None:
    text = encrypt(Secret.TOTP, secret, about)
    assert decrypt(Secret.TOTP, text, about) == secret
    assert encrypt(Secret.TOTP, secret, about) != text
    raw = bytearray(b64decode(text))
    raw[place % len(raw)] ^= 1
    for wrong, subject in ((b64encode(raw).decode(), about), (text, f"{about}x"), (text[:-4], about), ("é", about)):
        with pytest.raises(UnreadableSecret):
            decrypt(Secret.TOTP, wrong, subject)


@pytest.mark.parametrize("word", ["1q2w3e4r5t6y", "Mother fucker", "leavemealone!", "opal@example.org"])
@pytest.mark.one_engine
def test_the_console_refuses_what_somebody_would_try_first(app: Flask, word: str) -> None:
    done = CliRunner().invoke(main, ["operator", "add", OPAL, "--password-stdin"], input=f"{word}\n", obj=lambda: app)
    assert (done.exit_code, "too easy" in done.output) == (1, True)
