"""A folder on an IMAP server, opened for one round: what is new in it, a mail's content, and moving it away.

Every step has a limit of time, and so has the whole round: a server that says nothing, or a byte a second, ends it.
"""

import imaplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from signup.bounces.intake.imap_url import ImapUrl, quoted

STEP_SECONDS = 10.0
ROUND_SECONDS = 45.0
"""Shorter than from one round to the next: the next one may be another process's."""
PROCESSED = "Processed"
OK = "OK"


class ImapAway(Exception):
    """The folder cannot be read now. The words say why and hold no password."""


class _Opened:
    """Tells its socket as soon as there is one: a server may be slow from its first word on."""

    sock: socket.socket

    def __init__(self, told: Callable[[socket.socket], None], *given: Any, **more: Any) -> None:
        self._told = told
        super().__init__(*given, **more)

    def open(self, *given: Any, **more: Any) -> None:
        super().open(*given, **more)  # type: ignore[misc]  # imaplib's, in the classes below
        self._told(self.sock)


class _Plain(_Opened, imaplib.IMAP4):
    """Without TLS at first."""


class _Tls(_Opened, imaplib.IMAP4_SSL):
    """With TLS from the first byte on."""


class ImapFolder:
    """Use it in a `with`: it is connected inside."""

    def __init__(self, url: ImapUrl) -> None:
        self._url = url
        self._imap: Any = None
        self._sockets: list[socket.socket] = []
        self._processed = ""
        self._capabilities: set[str] = set()
        self._clock = threading.Timer(ROUND_SECONDS, self._cut)
        self._clock.daemon = True

    def __enter__(self) -> Self:
        try:
            self._clock.start()
            self._imap = self._connected()
            self._secure()
            self._login()
            self._ask("SELECT", "select", quoted(self._url.folder))
        except BaseException as error:
            self.__exit__()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise ImapAway(f"{self._url.place}: its certificate is not valid ({error.verify_message})") from None
            if isinstance(error, imaplib.IMAP4.error | OSError):
                raise ImapAway(f"{self._url.place}: {self._told(error)}") from None
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._clock.cancel()
        if self._imap is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._imap.logout()
        for one in self._sockets:
            with suppress(OSError):
                one.close()

    def waiting(self) -> list[bytes]:
        """The numbers (UIDs) of the mails to read, oldest first: neither read already nor put aside."""
        (found, *_rest) = self._uid("SEARCH", "UNDELETED", "UNFLAGGED")
        return (found or b"").split()

    def put_aside(self) -> int:
        """How many mails are flagged, as they could not be handled."""
        (found, *_rest) = self._uid("SEARCH", "UNDELETED", "FLAGGED")
        return len((found or b"").split())

    def content(self, uid: bytes, most: int) -> bytes | None:
        """The beginning of a mail, which stays unseen; None when somebody took it away meanwhile."""
        answer = self._uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{most}>)")
        found = next((part[1] for part in answer if isinstance(part, tuple)), None)
        return found if isinstance(found, bytes) else None

    def move_away(self, uid: bytes) -> None:
        """Move a mail to the folder of what was handled. Killed in the middle, it may lie in both: read again, it
        changes nothing.
        """
        folder = self._processed_folder()
        if "MOVE" in self._capabilities:  # RFC 6851
            self._uid("MOVE", uid.decode(), folder)
            return
        self._uid("COPY", uid.decode(), folder)
        self._uid("STORE", uid.decode(), "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in self._capabilities:  # without RFC 4315, an EXPUNGE would take what others marked
            self._uid("EXPUNGE", uid.decode())

    def flag(self, uid: bytes) -> None:
        """Put a mail aside, for a person to look at."""
        self._uid("STORE", uid.decode(), "+FLAGS.SILENT", "(\\Flagged)")

    def _connected(self) -> Any:
        url = self._url
        if url.is_tls:
            return _Tls(
                self._sockets.append, url.host, url.port, ssl_context=ssl.create_default_context(), timeout=STEP_SECONDS
            )
        return _Plain(self._sockets.append, url.host, url.port, timeout=STEP_SECONDS)

    def _secure(self) -> None:
        if self._url.is_tls or self._url.is_loopback:
            return
        if "STARTTLS" not in self._imap.capabilities:
            raise ImapAway(f"{self._url.place}: no STARTTLS, and the password is not sent in the open")
        self._imap.starttls(ssl_context=ssl.create_default_context())
        self._sockets.append(self._imap.sock)

    def _login(self) -> None:
        user, password = self._url.user, self._url.password
        if "AUTH=PLAIN" in self._imap.capabilities:  # LOGIN takes ASCII only
            self._ask("sign-in", "authenticate", "PLAIN", lambda _asked: f"\0{user}\0{password}".encode())
        else:
            self._ask("sign-in", "login", user, password)
        # Some say only now what they can do.
        (able, *_rest) = self._ask("CAPABILITY", "capability")
        self._capabilities = set((able or b"").decode("ascii", "replace").upper().split())

    def _processed_folder(self) -> str:
        """The folder of what was handled, below this one or, where the server allows none, beside it. Made at need."""
        if not self._processed:
            answer = self._ask("LIST", "list", '""', '""')
            parts = (answer[0] or b"").split(b'"')
            sign = parts[1].decode("ascii", "replace") if len(parts) > 1 else "/"
            below, beside = quoted(f"{self._url.folder}{sign or '/'}{PROCESSED}"), quoted(PROCESSED)
            self._processed = below if self._makes(below) else beside if self._makes(beside) else ""
            if not self._processed:
                raise ImapAway(f"{self._url.place}: it allows no folder {PROCESSED}")
        return self._processed

    def _makes(self, folder: str) -> bool:
        is_there: bool = self._imap.status(folder, "(UIDNEXT)")[0] == OK
        return is_there or bool(self._imap.create(folder)[0] == OK)

    def _uid(self, *words: str) -> list[Any]:
        return self._ask(words[0], "uid", *words)

    def _ask(self, what: str, method: str, *given: Any) -> list[Any]:
        try:
            state, answer = getattr(self._imap, method)(*given)
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            raise ImapAway(f"{self._url.place}: {what}: {self._told(error)}") from None
        if state != OK:
            raise ImapAway(f"{self._url.place}: {what}: {self._told(answer[0] if answer else state)}")
        return list(answer)

    def _told(self, said: object) -> str:
        """What a server or the network said, without the password, should a server repeat it."""
        if isinstance(said, Exception):
            said = said.args[0] if len(said.args) == 1 else str(said)
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        text = text.replace(self._url.password, "…") if self._url.password else text
        return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]

    def _cut(self) -> None:
        """End the round from another thread: what waits for the server fails at once."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
