"""Proofs as a ZIP: to read (proof.html), to process (proof.json), and to check (the texts by their hashes)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from signup.evidence.proof import Proof
from signup.evidence.proof_json import as_json
from signup.evidence.proof_page import page
from signup.ledger import verify_receipt


def write(out: IO[bytes], proof: Proof) -> None:
    """The bundle of one person."""
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        _add(archive, proof, "", set())
        _add_script(archive)


def write_all(out: IO[bytes], proofs: Iterable[Proof]) -> int:
    """A bundle of many: a folder each, the forms that they saw once. Returns how many there are."""
    count, kept = 0, set[str]()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for count, proof in enumerate(proofs, 1):  # noqa: B007  # how many there were
            _add(archive, proof, f"{proof.person.uid}/", kept)
        _add_script(archive)
    return count


def _add_script(archive: ZipFile) -> None:
    """What checks a proof.json without this service."""
    path = Path(verify_receipt.__file__)
    archive.writestr(path.name, path.read_bytes())


def _add(archive: ZipFile, proof: Proof, folder: str, kept: set[str]) -> None:
    archive.writestr(f"{folder}proof.html", page(proof))
    archive.writestr(f"{folder}proof.json", json.dumps(as_json(proof), ensure_ascii=False, indent=2) + "\n")
    for event in proof.events:
        if event.wording:
            _keep(archive, event.wording_hash, event.wording, kept)
        if event.form and event.form.hash:
            _keep(archive, event.form.hash, event.form.content, kept)
            _keep(archive, event.form.style_hash, event.form.style, kept)


def _keep(archive: ZipFile, name: str, content: str, kept: set[str]) -> None:
    """A text under its SHA-256: `sha256sum texts/*` compares them all."""
    if name not in kept:
        archive.writestr(f"texts/{name}", content)
        kept.add(name)
