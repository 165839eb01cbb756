"""The codes of an authenticator app (RFC 6238). The operator's seed is stored encrypted; each code is valid once."""

import hmac
from base64 import b32decode, b32encode
from datetime import datetime

import pyotp
from sqlalchemy import select, update

from signup.access.operator import Operator
from signup.ground.db import db, transaction
from signup.ground.secret_box import Secret, UnreadableSecret, decrypt, encrypt, is_newest

STEP_SECONDS = 30
SEED_LENGTH = 32
"""Characters of base32 (RFC 4648): 160 bits."""
BASE32 = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def is_seed(text: str) -> bool:
    """Whether the text is a seed that is not encrypted."""
    return len(text) == SEED_LENGTH and set(text) <= BASE32


def sealed_seed(operator: Operator, seed: str) -> str:
    """The seed, encrypted for the operator's row."""
    return encrypt(Secret.TOTP, b32decode(seed), str(operator.uid))


def seed_of(operator: Operator) -> str | None:
    """The operator's seed. None where there is none, or where the key that encrypted it is gone."""
    kept = operator.totp_secret
    if kept is None or is_seed(kept):  # readable: of a release before, until `seal_seeds` comes by
        return kept
    try:
        return b32encode(decrypt(Secret.TOTP, kept, str(operator.uid))).decode()
    except UnreadableSecret:
        return None


def use_app_code(operator: Operator, seed: str, code: str, at: datetime) -> bool:
    """Use a code of `seed`, one step off at most. False when wrong or used before. Needs an open transaction."""
    given = "".join(code.split())
    generator = pyotp.TOTP(seed, interval=STEP_SECONDS)
    present = int(at.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), given.encode()):
            spent = update(Operator).where(Operator.id == operator.id, Operator.totp_step < step).values(totp_step=step)
            return db.session.execute(spent.returning(Operator.id)).first() is not None
    return False


def seal_seeds() -> int:
    """The chore that encrypts seeds with the newest key where they are not. Returns how many it encrypted."""
    sealed = 0
    for operator in db.session.scalars(select(Operator).where(Operator.totp_secret.is_not(None))).all():
        kept, seed = operator.totp_secret, seed_of(operator)
        if kept is None or seed is None or not (is_seed(kept) or not is_newest(Secret.TOTP, kept, str(operator.uid))):
            continue
        better = sealed_seed(operator, seed)
        with transaction():  # whoever changed it meanwhile wins
            unchanged = (Operator.id == operator.id, Operator.totp_secret == kept)
            changed = update(Operator).where(*unchanged).values(totp_secret=better).returning(Operator.id)
            sealed += len(db.session.execute(changed, execution_options={"synchronize_session": False}).all())
    return sealed


def unreadable_seeds() -> int:
    """How many seeds no key can decrypt. Their operators sign in without the app and set it up again."""
    found = db.session.scalars(select(Operator).where(Operator.totp_secret.is_not(None)))
    return sum(seed_of(operator) is None for operator in found)
