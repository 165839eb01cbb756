"""The form of a mail on the wire (RFC 5322, RFC 2045 and 2047): headers, alternatives, quoted-printable."""

import binascii
import re
from email.header import Header
from functools import lru_cache

import idna

CRLF = b"\r\n"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def quoted(body: str) -> bytes:
    """A body as quoted-printable, with CRLF line ends."""
    return binascii.b2a_qp(body.replace("\r\n", "\n").replace("\n", "\r\n").encode(), istext=True)


def assemble(headers: list[tuple[str, str]], boundary: str, bodies: tuple[bytes, ...]) -> bytes:
    """A whole mail: its headers, and text and HTML as alternatives. Raises `ValueError` for a control character."""
    lines = []
    for name, value in headers:
        if _CONTROL.search(value.replace("\n ", " ")):
            raise ValueError(f"control character in {name}")
        lines.append(f"{name}: {value}".replace("\n ", "\r\n ").encode())
    lines += [
        b"MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"'.encode(),
        b"",
    ]
    for subtype, encoded in zip(("plain", "html"), bodies, strict=True):
        lines += [
            b"--" + boundary.encode(),
            f'Content-Type: text/{subtype}; charset="utf-8"'.encode(),
            b"Content-Transfer-Encoding: quoted-printable",
            b"",
            encoded,
        ]
    return CRLF.join([*lines, b"--" + boundary.encode() + b"--", b""])


@lru_cache(maxsize=1024)
def phrase(text: str, *, quote: bool = True) -> str:
    """A display name or a subject as a header value (RFC 2047, RFC 5322 quoted-string)."""
    if not text.isascii() or "=?" in text:  # else what looks encoded would be decoded
        return Header(text, "utf-8", maxlinelen=70).encode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if quote else text


@lru_cache(maxsize=4096)
def ascii_domain(address: str) -> tuple[str, bool]:
    """An address with its domain as the DNS has it, and whether its local part is not ASCII (RFC 6531)."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return f"{local}@{domain}", not local.isascii()
