"""Checks a proof of consent without the service that made it: python3 verify_receipt.py PROOF.json [--key KEY]

It needs Python 3.9 or newer and nothing else. It reads the file (or the proof.json of a ZIP), hashes each event again,
follows its path to the root that the checkpoint names (RFC 9162, section 2.1.3.2), and checks the checkpoint's Ed25519
signature (RFC 8032). Give --key the public key that you were told on another way; without it the key in the file is
used, and the proof is no stronger than whoever gave you the file. Exit code: 0 all right, 1 something is wrong.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from typing import Any

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
Point = Any
D = -121665 * pow(121666, P - 2, P) % P


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("proof", help="proof.json, or a ZIP that holds it")
    parser.add_argument("--key", help="the public key: name+id+base64")
    asked = parser.parse_args()
    proof = read(asked.proof)
    keys = [asked.key] if asked.key else proof["public_keys"]
    problems, root, size = check_checkpoint(proof["checkpoint"], keys)
    for event in proof["events"]:
        problems += check_event(event, size, root, proof.get("snapshots", {}))
    for name, text in proof.get("snapshots", {}).items():
        if hashlib.sha256(text.encode()).hexdigest() != name:
            problems.append(f"text {name}: it was changed")
    for problem in problems:
        print(f"WRONG  {problem}")
    if not problems:
        signer = keys[0].split("+")[0]
        print(f"OK     {len(proof['events'])} events are in the ledger of {size} entries that {signer} signed.")
    if not problems and not asked.key:
        print("NOTE   The key came with the proof. Compare it with one that you got on another way:")
        print(f"       {keys[0]}")
    return 1 if problems else 0


def read(path: str) -> Any:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("proof.json"))
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_checkpoint(note: str, keys: list[str]) -> tuple[list[str], bytes, int]:
    text, _blank, signatures = note.partition("\n\n")
    lines = text.split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2])
    signed = (text + "\n").encode()
    for key in keys:
        name, key_id, encoded = key.strip().split("+", 2)
        public = base64.b64decode(encoded)[1:]
        for line in signatures.splitlines():
            signer, _space, signature = line[2:].rpartition(" ")
            raw = base64.b64decode(signature)
            if signer == name and raw[:4].hex() == key_id and has_signed(public, raw[4:], signed):
                return [], root, size
    return ["checkpoint: none of the keys signed it"], root, size


def check_event(event: dict[str, Any], size: int, root: bytes, texts: dict[str, str]) -> list[str]:
    header = event["header"]
    name = f"{header.get('type')} {header.get('at')} ({header.get('id')})"
    personal, visit = bytes.fromhex(event["personal_hash"]), bytes.fromhex(event["visit_hash"])
    problems = []
    for what, hash_ in (("personal", personal), ("visit", visit)):
        if event[what] is not None:
            salt = bytes.fromhex(event[what + "_salt"])
            if hashlib.sha256(salt + canonical(event[what])).digest() != hash_:
                problems.append(f"{name}: its {what} data were changed")
    leaf = hashlib.sha256(b"\0" + canonical(header) + hashlib.sha256(personal + visit).digest()).digest()
    try:
        if leaf.hex() != event["leaf"] or follow(leaf, event["position"], size, event["path"]) != root:
            problems.append(f"{name}: it is not in the signed ledger")
    except ValueError as error:
        problems.append(f"{name}: {error}")
    columns = [column for column in ("wording_hash", "mail_template_hash") if header.get(column)]
    return problems + [
        f"{name}: the text of its {column} is missing" for column in columns if header[column] not in texts
    ]


def canonical(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="surrogatepass")


def follow(leaf: bytes, position: int, size: int, path: list[str]) -> bytes:
    if not 0 <= position < size:
        raise ValueError("it stands beyond the end of the ledger")
    root, at, last, steps = leaf, position, size - 1, [bytes.fromhex(step) for step in path]
    while last:
        if at & 1 or at != last:
            if not steps:
                raise ValueError("its path is too short")
            step = steps.pop(0)
            pair = step + root if at & 1 else root + step
            root = hashlib.sha256(b"\1" + pair).digest()
        at, last = at >> 1, last >> 1
    if steps:
        raise ValueError("its path is too long")
    return root


def has_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Ed25519 (RFC 8032, section 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, point, scalar = unpack(public), unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or point is None or scalar >= Q:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = times(scalar, BASE), add(point, times(hashed, key))
    return bool(
        (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    )


def add(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def unpack(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE: Point = unpack(BASE_Y.to_bytes(32, "little"))

if __name__ == "__main__":
    sys.exit(main())
