"""The builds of the script that websites load, with what names each and proves its bytes.

Its source is in `embed/`; what is served is the build that was committed. Builds that went out with a release and were
replaced since stay in the folder `kept`: a website that pinned one goes on with it.
"""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[1] / "visitor" / "static"
KEPT = STATIC / "kept"


@dataclass(frozen=True)
class Script:
    """One built script in every encoding it is served in."""

    digest: str
    """Stands in its own address: the beginning of its SHA-256."""
    integrity: str
    """What a page writes beside it, so that the browser runs these bytes or none (Subresource Integrity)."""
    bodies: dict[str, bytes]


def read(path: Path) -> Script:
    """A build and its compressed twin beside it."""
    plain, packed = path.read_bytes(), path.with_name(f"{path.name}.br").read_bytes()
    return Script(
        digest=hashlib.sha256(plain).hexdigest()[:16],
        integrity="sha384-" + base64.b64encode(hashlib.sha384(plain).digest()).decode(),
        bodies={"br": packed, "gzip": gzip.compress(plain, mtime=0), "identity": plain},
    )


@cache
def latest() -> Script:
    """The build that /embed.js is."""
    return read(STATIC / "embed.js")


@cache
def served() -> dict[str, Script]:
    """Every build that has an address of its own, by its digest."""
    return {one.digest: one for one in (latest(), *map(read, KEPT.glob("*.js")))}
