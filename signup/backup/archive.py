"""A backup is one TAR file: what it is of, the database, and the incentives' files. It holds no keys."""

import json
import os
import tarfile
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Self

from signup import __version__
from signup.backup import database_copy
from signup.ground import tokens
from signup.ground.clock import utcnow
from signup.ground.db import is_postgresql
from signup.ground.driver_sql import driver_connection, first_by_name, run
from signup.ground.errors import SignupError
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.ledger import seal
from signup.ledger.seal_sql import HEAD

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files"


class BadBackup(SignupError):
    """A file that is no backup, or one that cannot be restored here."""


@dataclass(frozen=True)
class Manifest:
    """What a backup is of."""

    at: str
    """When its copy of the database was begun; what was withdrawn later is in the journal alone."""
    engine: str
    keys: list[str]
    """Fingerprints of the key ring, newest first: without these keys its links and hashes mean nothing."""
    checkpoint: str
    """The ledger's newest signed checkpoint, as it was."""
    version: str = __version__
    format: int = FORMAT

    @property
    def begun(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """From a backup's file. Raises `BadBackup`."""
        try:
            values = json.loads(raw)
            manifest = cls(**values)
        except (ValueError, TypeError):
            raise BadBackup("not a backup of this service, or one of a later version") from None
        if manifest.format != FORMAT:
            raise BadBackup(f"a backup of a later version ({manifest.version})")
        return manifest


def write(folder: Path) -> Path:
    """Make a backup in `folder` while the service runs. Returns its file, which appears only when it is whole."""
    seal.seal()
    at = utcnow()
    make_folder(folder)
    path = folder / f"signup-{at:%Y%m%dT%H%M%S}Z.tar"
    part, copy = path.with_suffix(".part"), path.with_suffix(".database")
    try:
        manifest = Manifest(at.isoformat(), engine(), tokens.keys().fingerprints, _checkpoint())
        database_copy.save(copy)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
                tar.add(copy, DATABASE)
                if settings().files_folder.is_dir():
                    tar.add(settings().files_folder, FILES)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(path)
    finally:
        copy.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    return path


def read_manifest(path: Path) -> Manifest:
    """What a backup is of. Raises `BadBackup` for a file that is none, or is none of this service."""
    try:
        with tarfile.open(path) as tar:
            file = tar.extractfile(MANIFEST)
            manifest = Manifest.read(file.read() if file else b"")
    except (tarfile.TarError, KeyError, EOFError):
        raise BadBackup("not a backup of this service") from None
    if manifest.engine != engine():
        raise BadBackup(f"it is of {manifest.engine}, and DATABASE_URL names {engine()}")
    if manifest.keys[-1:] != tokens.keys().fingerprints[-1:]:
        raise BadBackup("it was made with other SECRET_KEYS: nobody's links would work, and nobody would be recognised")
    return manifest


def unpack(path: Path, copy: Path) -> None:
    """Write the database's copy to `copy`, and the incentives' files where they belong."""
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name == DATABASE and (file := tar.extractfile(member)):
                with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
                    while block := file.read(1 << 20):
                        target.write(block)
                    os.fsync(target.fileno())
            elif member.name.startswith(f"{FILES}/"):
                member.name = member.name.removeprefix(f"{FILES}/")
                tar.extract(member, make_folder(settings().files_folder), filter="data")


def engine() -> str:
    """The database that DATABASE_URL names."""
    return "postgresql" if is_postgresql() else "sqlite"


def _checkpoint() -> str:
    with driver_connection(writes=False) as connection:
        row = first_by_name(run(connection, HEAD, {}))
    return str(row["note"]) if row else ""


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(utcnow().timestamp())
    tar.addfile(member, BytesIO(content))
