"""A proof is checked offline, by a script that needs nothing of ours."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import Snapshot
from signup.ground.db import db
from signup.ledger import seal, signed_note, verify_receipt
from signup.ledger.inclusion import LedgerView, sealed_event


@pytest.fixture
def bundle(app: Flask, ada: str, cleo: str) -> dict[str, Any]:
    """Everything about Ada and Cleo that the script needs."""
    seal.seal()
    view = LedgerView()
    rows = db.session.execute(select(ConsentEvent.__table__)).mappings().all()
    proofs = view.inclusion(row["id"] for row in rows)
    events = [sealed_event(dict(row), proofs[row["id"]]) for row in rows]
    texts = {row.hash: row.content for row in db.session.execute(select(Snapshot.hash, Snapshot.content))}
    keys = [str(key) for key in signed_note.public_keys()]
    made = {"checkpoint": view.note, "public_keys": keys, "events": events, "snapshots": texts}
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


def check(folder: Path, bundle: dict[str, Any], *more: str) -> subprocess.CompletedProcess[str]:
    """Run the script alone, in a folder that holds nothing else, isolated from what is installed here."""
    script = shutil.copy(verify_receipt.__file__, folder)
    (folder / "proof.json").write_text(json.dumps(bundle))
    command = [sys.executable, "-I", "-S", str(script), str(folder / "proof.json"), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={})


@pytest.mark.one_engine
def test_a_whole_bundle_is_right(bundle: dict[str, Any], tmp_path: Path) -> None:
    done = check(tmp_path, bundle, "--key", bundle["public_keys"][0])
    assert done.stdout.startswith(f"OK     {len(bundle['events'])} events")
    assert done.returncode == 0
    assert "Compare it" in check(tmp_path, bundle).stdout


@pytest.mark.one_engine
def test_whatever_is_changed_in_a_bundle_is_found(bundle: dict[str, Any], tmp_path: Path) -> None:
    """Each value of each event, each text and the checkpoint, one at a time."""
    event = bundle["events"][0]
    places = [(event["header"], name) for name in event["header"]]
    places += [(event[part], name) for part in ("personal", "visit") for name in event[part] or ()]
    places += [(event, name) for name in ("personal_salt", "visit_salt", "personal_hash", "visit_hash", "leaf", "path")]
    places += [(bundle["snapshots"], name) for name in bundle["snapshots"]] + [(bundle, "checkpoint")]
    missed = []
    for holder, name in places:
        kept, holder[name] = holder[name], other(holder[name])
        if check(tmp_path, bundle).returncode == 0:
            missed.append(name)
        holder[name] = kept
    assert missed == []
    assert check(tmp_path, bundle).returncode == 0


@pytest.mark.one_engine
def test_another_key_than_the_one_that_signed_is_refused(bundle: dict[str, Any], tmp_path: Path) -> None:
    name, key_id, key = bundle["public_keys"][0].split("+", 2)
    forged = f"{name}+{key_id}+{key[:-5]}AAAA="
    assert "none of the keys signed it" in check(tmp_path, bundle, "--key", forged).stdout


def other(value: Any) -> Any:
    match value:
        case str() if len(value) > 80 and "\n" in value:
            return value.replace("\n", "\n1", 1)
        case str():
            return value[:-1] + ("0" if not value.endswith("0") else "1")
        case int():
            return value + 1
        case list():
            return ["00" * 32, *value[1:]]
    return {**value, "forged": 1}
