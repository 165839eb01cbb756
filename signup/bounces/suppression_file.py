"""Files of the suppression list: other programs' addresses in, our hashes out."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import select

from signup.addresses.address import parse
from signup.bounces.find_address import ADDRESS
from signup.consent.suppression import Suppression
from signup.contacts.contact import hash_of
from signup.ground.db import db
from signup.ground.errors import InvalidAddress

MAX_LINE = 2_000


class AddressLines(NamedTuple):
    """The addresses of a text, as hashes, and how many lines have none."""

    hashes: list[str]
    without: int


def read_lines(lines: Iterable[str]) -> AddressLines:
    """Read a text with an address on each line, whatever stands beside it."""
    hashes, without = [], 0
    for line in lines:
        found = ADDRESS.search(line[:MAX_LINE])
        try:
            hashes.append(hash_of(parse(found.group() if found else "").key))
        except InvalidAddress:
            without += bool(line.strip())
    return AddressLines(hashes, without)


def csv_lines() -> Iterator[str]:
    """The list as CSV. It has no addresses, as none is kept."""
    yield _line("address_hash", "reason", "since")
    query = select(Suppression).order_by(Suppression.created_at, Suppression.address_hash)
    for one in db.session.scalars(query.execution_options(yield_per=1_000)):
        yield _line(one.address_hash, one.reason, one.created_at.isoformat(timespec="seconds"))


def _line(*cells: str) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
