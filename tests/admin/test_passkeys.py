"""What a passkey's answer must be. The authenticator here is ours, so that it can cheat."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData
from flask import Flask
from sqlalchemy import select

from signup.access import passkey
from signup.access.operator import Operator, find_operator
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, hire

ORIGIN = "https://signup.example.org"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """A key that signs whatever it is told to."""

    def __init__(self, name: bytes = b"one") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = sha256(name)
        self.count = 0

    def make(self, options: dict[str, Any], **cheat: Any) -> str:
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        made = self._data(PRESENT | VERIFIED | ATTESTED, cheat, data)
        attested = AttestationObject.create("none", made, {})
        return self._answer("webauthn.create", options, cheat, attestationObject=attested)

    def sign(self, options: dict[str, Any], **cheat: Any) -> str:
        made = self._data(cheat.get("flags", PRESENT | VERIFIED), cheat)
        client = self._client("webauthn.get", options, cheat)
        signature = self.key.sign(made + sha256(client), ec.ECDSA(SHA256()))
        return self._answer("webauthn.get", options, cheat, authenticatorData=made, signature=signature)

    def _data(self, flags: int, cheat: dict[str, Any], attested: Any = b"") -> AuthenticatorData:
        self.count = cheat.get("count", self.count + 1)
        rp, flag = sha256(cheat.get("rp", b"signup.example.org")), AuthenticatorData.FLAG(flags)
        made: AuthenticatorData = AuthenticatorData.create(rp, flag, self.count, attested)
        return made

    def _client(self, kind: str, options: dict[str, Any], cheat: dict[str, Any]) -> bytes:
        facts = {"type": kind, "challenge": options["challenge"], "origin": cheat.get("origin", ORIGIN)}
        return json.dumps(facts | {"crossOrigin": False}).encode()

    def _answer(self, kind: str, options: dict[str, Any], cheat: dict[str, Any], **parts: bytes) -> str:
        parts["clientDataJSON"] = self._client(kind, options, cheat)
        response = {name: websafe_encode(bytes(value)) for name, value in parts.items()}
        name = websafe_encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


@pytest.fixture
def named(make_app: Callable[..., Flask]) -> Flask:
    app = make_app(public_url=ORIGIN)
    hire(app, OPAL, EDITH)
    return app


def operator(address: str) -> Operator:
    found = find_operator(address)
    assert found is not None
    return found


def add(key: Authenticator, address: str = OPAL, **cheat: Any) -> bool:
    owner = operator(address)
    answer = key.make(passkey.creation_options(owner), **cheat)
    with transaction():
        return passkey.add_passkey(owner, "A key", answer, utcnow()) is not None


def proves(answer: str, of: str = "", after: timedelta = timedelta()) -> bool:
    owner = operator(of) if of else None
    with transaction():
        return passkey.prove_passkey(answer, utcnow() + after, owner) is not None


def test_an_answer_counts_once_in_time_from_our_page_and_from_whom_it_is_asked(named: Flask) -> None:
    key = Authenticator()
    assert add(key)
    right = key.sign(passkey.request_options())
    assert proves(right)
    assert not proves(right)  # replayed
    for cheat in (
        {"origin": "https://signup.example.org.evil.example"},
        {"origin": "http://signup.example.org"},
        {"rp": b"evil.example"},
        {"flags": PRESENT},  # nobody was asked for a finger or a PIN
        {"flags": VERIFIED},
    ):
        assert not proves(key.sign(passkey.request_options(), **cheat)), cheat
    assert not proves(key.sign(passkey.request_options()), after=timedelta(minutes=11))
    assert not proves(key.sign({"challenge": websafe_encode(b"not of ours, but long enough")}))
    other = Authenticator()
    other.key = ec.generate_private_key(ec.SECP256R1())
    assert not proves(other.sign(passkey.request_options()))  # the id is known, the key is not
    assert not proves(key.sign(passkey.request_options(operator(EDITH))), of=EDITH)
    assert proves(key.sign(passkey.request_options(operator(OPAL))), of=OPAL)
    assert proves(key.sign(passkey.request_options(), count=50))
    assert not proves(key.sign(passkey.request_options(), count=50))  # a copy of it was used
    for nonsense in ("", "{}", "[]", "null", '{"id": 1}', "é" * 100, right[:200]):
        assert not proves(nonsense)


def test_a_key_is_kept_once_and_only_as_we_asked_for_it(named: Flask) -> None:
    key = Authenticator()
    for cheat in ({"origin": "https://evil.example"}, {"rp": b"evil.example"}):
        assert not add(key, **cheat)
    assert add(key)
    assert not add(key)
    assert not add(key, EDITH)  # nor does another account get it
    options = passkey.creation_options(operator(OPAL))
    assert [one["id"] for one in options["excludeCredentials"]] == [websafe_encode(key.id)]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert list(db.session.scalars(select(passkey.Passkey.name))) == ["A key"]
    uid = db.session.scalars(select(passkey.Passkey.uid)).one()
    with transaction():
        assert not passkey.remove_passkey(operator(EDITH).id, uid)
        assert passkey.remove_passkey(operator(OPAL).id, uid)
    assert not proves(key.sign(passkey.request_options()))


@pytest.mark.parametrize(
    ("public_url", "is_possible"),
    [
        ("https://signup.example.org", True),
        ("http://signup.example.org", False),
        ("http://localhost:8000", True),
        ("https://192.0.2.1", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_keys_need_a_name_and_tls(public_url: str, is_possible: bool) -> None:
    assert passkey.suits(public_url) == is_possible
