"""Sends mails over a kept-open SMTP connection for each thread, and reads what the relay answers (RFC 5321)."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from signup.mailer.compose import ComposedMail

OK = 250
_UNQUOTED = re.compile(r"[\s<>\"\\]")
"""What an address may hold only in quotes: such a one goes the slow way."""
RENEW_AFTER_MAILS = 100
RENEW_AFTER_IDLE = 300.0
ASK_AFTER_IDLE = 5.0
CONNECT_TIMEOUT = 30.0
COMMAND_TIMEOUT = 300.0  # RFC 5321 section 4.5.3.2: five minutes for MAIL and RCPT, ten for the end of DATA
MAX_REPLY = 500


class Accepted(NamedTuple):
    """The relay took the mail (250); it answers for it from here on."""

    reply: str


class Deferred(NamedTuple):
    """Not now: a 4yz answer, or no connection (`is_connection`).

    `in_doubt`: the connection broke after the content was sent and before the answer; it may have gone out (RFC 1047).
    """

    reason: str
    is_connection: bool = False
    in_doubt: bool = False


class Refused(NamedTuple):
    """Never: a 5yz answer to this mail."""

    reason: str


class Withheld(NamedTuple):
    """`may_hand_over` said no: nothing was sent."""


Outcome = Accepted | Deferred | Refused | Withheld


class Sender:
    """A thread's connection to the relay, opened when needed and renewed now and then."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._smtp: smtplib.SMTP | None = None
        self._mails = 0
        self._used_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if anybody still listens."""
        if self._smtp is not None:
            smtp, self._smtp = self._smtp, None
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def send(self, mail: ComposedMail, may_hand_over: Callable[[], bool]) -> Outcome:
        """Send one mail. `may_hand_over` is asked after the relay took the recipient and before it gets the content."""
        try:
            smtp = self._connected()
        except smtplib.SMTPResponseException as error:
            return Deferred(_said(error.smtp_code, error.smtp_error), is_connection=True)
        except (OSError, smtplib.SMTPException) as error:
            return Deferred(_broke(error), is_connection=True)
        try:
            outcome = _nameless(self._converse(smtp, mail, may_hand_over), mail.recipient)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Deferred(_broke(error), is_connection=True)
        except BaseException:
            self.close()  # left in the middle of a dialogue: nobody else may go on from there
            raise
        if isinstance(outcome, Deferred) and outcome.is_connection:
            self.close()
        return outcome

    def _converse(self, smtp: smtplib.SMTP, mail: ComposedMail, may_hand_over: Callable[[], bool]) -> Outcome:
        options = []
        if mail.needs_utf8:
            if not smtp.has_extn("smtputf8"):
                return Refused("the relay does not take internationalised addresses (RFC 6531)")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        self._used_at = time.monotonic()
        code, reply = _address(smtp, mail, options)
        if code not in {250, 251}:
            smtp.rset()
            return _judge(code, reply)
        if not may_hand_over():
            smtp.rset()
            return Withheld()
        self._mails += 1
        try:
            code, reply = smtp.data(mail.content)
        except smtplib.SMTPDataError as error:  # the word DATA itself was refused
            smtp.rset()
            return _judge(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Deferred(_broke(error), is_connection=True, in_doubt=True)
        return Accepted(_said(code, reply)) if code == 250 else _judge(code, reply)  # noqa: PLR2004

    def _connected(self) -> smtplib.SMTP:
        if self._smtp and (self._mails >= RENEW_AFTER_MAILS or self._is_stale(self._smtp)):
            self.close()
        if self._smtp is None:
            self._smtp = connect(self._url)
            self._mails = 0
            self._used_at = time.monotonic()
        return self._smtp

    def _is_stale(self, smtp: smtplib.SMTP) -> bool:
        """Whether the relay has closed the connection: some wait for a few seconds only, and that is no failure."""
        idle = time.monotonic() - self._used_at
        if idle < ASK_AFTER_IDLE:
            return False
        try:
            return idle > RENEW_AFTER_IDLE or smtp.noop()[0] != 250  # noqa: PLR2004  # RFC 5321's own number
        except (OSError, smtplib.SMTPException):
            return True


def _address(smtp: smtplib.SMTP, mail: ComposedMail, options: list[str]) -> tuple[int, bytes]:
    """Say sender and recipient, in one packet where the relay takes that (RFC 2920). Returns the first refusal, else
    the answer to the recipient.
    """
    if not smtp.has_extn("pipelining") or _UNQUOTED.search(mail.sender + mail.recipient):
        code, reply = smtp.mail(mail.sender, options)
        return smtp.rcpt(mail.recipient) if code == OK else (code, reply)
    size = [f"size={len(mail.content)}"] if smtp.has_extn("size") else []
    words = " ".join([f"MAIL FROM:<{mail.sender}>", *size, *options])
    smtp.send(f"{words}\r\nRCPT TO:<{mail.recipient}>\r\n".encode())
    first, second = smtp.getreply(), smtp.getreply()
    return second if first[0] == OK else first


def connect(url: str) -> smtplib.SMTP:
    """Open a connection: `smtps://`, or `smtp://` with STARTTLS unless the URL ends in `?starttls=no`."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=CONNECT_TIMEOUT, context=_tls())
    else:
        smtp = smtplib.SMTP(host, parts.port or 587, timeout=CONNECT_TIMEOUT)
    try:
        smtp.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and parse_qs(parts.query).get("starttls") != ["no"]:
            smtp.starttls(context=_tls())
            smtp.ehlo()
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        if smtp.sock is not None:
            smtp.sock.settimeout(COMMAND_TIMEOUT)
    except BaseException:
        smtp.close()
        raise
    return smtp


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # 36 ms to build: once a process


def _judge(code: int, reply: bytes | str) -> Outcome:
    said = _said(code, reply)
    if code == 421:  # noqa: PLR2004  # the relay hangs up: that is about the connection, not about this mail
        return Deferred(said, is_connection=True)
    return Refused(said) if 500 <= code < 600 else Deferred(said)  # noqa: PLR2004


def _nameless(outcome: Outcome, recipient: str) -> Outcome:
    """What the relay said without the address that it repeats: logs and the proof's header keep it."""
    match outcome:
        case Accepted(reply):
            return Accepted(_without(recipient, reply))
        case Deferred(reason):
            return outcome._replace(reason=_without(recipient, reason))
        case Refused(reason):
            return Refused(_without(recipient, reason))
        case _:
            return outcome


def _without(address: str, said: str) -> str:
    if address.lower() not in said.lower():  # as with nearly every mail that is taken
        return said
    return re.sub(re.escape(address), "address", said, flags=re.IGNORECASE)


def _broke(error: Exception) -> str:
    return f"{type(error).__name__}: {_printable(str(error))}"[:MAX_REPLY]


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {_printable(text)}"[:MAX_REPLY]


def _printable(text: str) -> str:
    # PostgreSQL keeps no NUL: a reply that cannot be written down would have its mail sent again for ever.
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())
