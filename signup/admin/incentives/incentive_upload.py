"""A file that an operator chose, for an incentive of its own or in a form."""

from flask import request

from signup.access import audit
from signup.admin.frame import door
from signup.ground.db import db
from signup.incentives.incentive import MAX_BYTES, Incentive, store

MAX_BODY = MAX_BYTES + 64 * 1024
"""The file, and what is typed beside it."""


def uploaded(input_name: str) -> tuple[bytes, str, str]:
    """Content, plain name and media type of what was chosen; empty when nothing was."""
    file = request.files.get(input_name)
    content = file.read(MAX_BYTES + 1) if file else b""
    if file is None or not content:
        return b"", "", ""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in name if char.isprintable()).strip(". ")
    return content, plain[-120:] or "file", (file.mimetype or "application/octet-stream")[:100]


def store_uploaded(content: bytes, file_name: str, media_type: str) -> Incentive:
    """A file that came along with a form as an incentive, called as the file is. Needs an open transaction."""
    stem = file_name.rpartition(".")[0] or file_name
    name = " ".join(stem.replace("_", " ").replace("-", " ").split()) or file_name
    magnet = store(name[:1].upper() + name[1:], file_name, content, media_type)
    db.session.add(magnet)
    db.session.flush()
    audit.note(door.operator(), "incentive-added", magnet.name, kind=magnet.kind, size=magnet.size)
    return magnet
