"""Who wrote the mails of an .eml or .mbox, as CSV: each address of From and Reply-To once, with its first name.

Only headers are read. Run as a program, in a process of its own with bounded memory and time:
`python mail_sender.py FILE`.
"""

import csv
import resource
import sys
from collections.abc import Iterator
from email import errors, policy
from email.parser import BytesHeaderParser
from typing import BinaryIO

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120
MAX_LINE = 100_000
MAX_HEADERS = 256 * 1024
SAID_BY = ("From", "Reply-To")


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    found: dict[str, tuple[str, str]] = {}
    with open(path, "rb") as file:  # noqa: PTH123  # isolated: a path is a text here
        for headers in each(file):
            for address, name in senders(headers):
                known = found.get(address.lower())
                if known is None or not known[1]:
                    found[address.lower()] = (known[0] if known else address, name)
    if not found:
        raise SystemExit(1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("email", "name"))
    out.writerows(found.values())


def each(file: BinaryIO) -> Iterator[bytes]:
    """The headers of each mail. In an mbox a mail begins with `From ` after an empty line (RFC 4155)."""
    headers, is_head, is_after_blank, size = list[bytes](), True, True, 0
    while line := file.readline(MAX_LINE):
        if is_after_blank and line.startswith(b"From "):
            if headers:
                yield b"".join(headers)
            headers, is_head, size = [], True, 0
        elif is_head:
            is_head = bool(line.strip())
            size += len(line)
            if size <= MAX_HEADERS:
                headers.append(line)
        is_after_blank = not line.strip()
    if headers:
        yield b"".join(headers)


def senders(headers: bytes) -> Iterator[tuple[str, str]]:
    """Address and name of each who is said to have written it; nothing of headers that no parser makes sense of."""
    try:
        message = BytesHeaderParser(policy=policy.default).parsebytes(headers)
        for header in SAID_BY:
            for value in message.get_all(header, ()):
                for one in value.addresses:
                    if "@" in one.addr_spec:
                        yield one.addr_spec, " ".join(one.display_name.split())
    except (errors.MessageError, ValueError, LookupError, AttributeError, TypeError):
        return


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
