"""The address of a mail folder: `imaps://user:password@host[:port]/FOLDER` (RFC 5092, without its parameters)."""

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
TLS_PORT, PLAIN_PORT = 993, 143


class ImapUrl(NamedTuple):
    """A folder on an IMAP server, and who may read it."""

    host: str
    port: int
    is_tls: bool
    """From the first byte on; else STARTTLS, without which only this machine is talked to."""
    user: str
    password: str
    folder: str

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK

    @property
    def place(self) -> str:
        """Where it is, without the user and the password: for logs and screens."""
        return f"{'imaps' if self.is_tls else 'imap'}://{self.host}:{self.port}/{self.folder}"


def read_url(url: str) -> ImapUrl:
    """Read the setting, whose form was checked when the program started."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "imaps"
    return ImapUrl(
        host=parts.hostname or "",
        port=parts.port or (TLS_PORT if is_tls else PLAIN_PORT),
        is_tls=is_tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def quoted(name: str) -> str:
    """A folder's name as IMAP4rev1 wants it: modified UTF-7 (RFC 3501, 5.1.3) in quotes."""
    written, foreign = "", ""
    for sign in f"{name}\0":  # the end parts the last foreign letters from nothing
        if " " <= sign <= "~" or sign == "\0":
            written += _base64(foreign) + ("&-" if sign == "&" else sign)
            foreign = ""
        else:
            foreign += sign
    plain = written.rstrip("\0").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _base64(letters: str) -> str:
    coded = b64encode(letters.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{coded}-" if letters else ""
