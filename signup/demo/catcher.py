"""The development mail catcher: an SMTP server that keeps every mail as a file, and the pages that show them.

Loopback only and without sign-in: it is started by `run` and by tests, never in production.
"""

import contextlib
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, abort, current_app, redirect, render_template, request, send_from_directory, url_for
from werkzeug import Response

from signup.ground.config import PROJECT
from signup.ground.private_files import make_folder

LOOPBACK = "127.0.0.1"
TEMPLATES = PROJECT / "templates" / "catcher"
ID = re.compile(r"\d{8}T\d{12}Z")
ID_TIME = "%Y%m%dT%H%M%S%fZ"
MAX_MAIL_BYTES = 30_000_000
LISTED_ON_PAGE = 200
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# A mail is a stranger's HTML: no script, no form, no origin; pictures only from this machine; its links open
# outside the frame, as they do from a mail program.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data: http://127.0.0.1:* http://localhost:*; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Summary:
    """One line of the list; `to` is whom the mail was handed in for, `received` an RFC 3339 time in UTC."""

    id: str
    to: str
    subject: str
    received: str


# Taking mail in


class Catcher:
    """aiosmtpd's hooks. Each mail gets the moment of its arrival as its name, no two the same one."""

    def __init__(self, mail_dir: Path, reply_for: Callable[[Envelope], str] | None) -> None:
        self.mail_dir = mail_dir
        self.reply_for = reply_for
        self.latest = datetime.min.replace(tzinfo=UTC)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.reply_for(envelope) if self.reply_for else "250 kept"
        if reply.startswith("2"):
            self.latest = max(datetime.now(UTC), self.latest + timedelta(microseconds=1))
            store(self.mail_dir, envelope, self.latest)
        return reply


def start_catcher(mail_dir: Path, smtp_port: int, reply_for: Callable[[Envelope], str] | None = None) -> Controller:
    """Listens in a thread of its own until `.stop()`; raises OSError when the port is taken.

    `reply_for` answers a mail in SMTP's words (`451 later`, `550 no`); what it answers with 2xx is kept.
    """
    make_folder(mail_dir)
    # aiosmtpd tells of a taken port after five seconds, and leaves its loop open.
    socket.create_server((LOOPBACK, smtp_port)).close()
    controller = Controller(
        Catcher(mail_dir, reply_for),
        hostname=LOOPBACK,
        port=smtp_port,
        ident="catcher",
        enable_SMTPUTF8=True,
        data_size_limit=MAX_MAIL_BYTES,
    )
    controller.start()
    return controller


def store(folder: Path, envelope: Envelope, received: datetime) -> None:
    """Writes one .eml, the envelope in front as a delivering server notes it (RFC 5321 §4.4)."""
    content = envelope.content if isinstance(envelope.content, bytes) else b""
    trace = [
        f"Return-Path: <{envelope.mail_from or ''}>",
        *(f"Delivered-To: {to}" for to in envelope.rcpt_tos),
    ]
    stem = received.strftime(ID_TIME)
    unfinished = folder / f".{stem}.part"
    unfinished.write_bytes("".join(f"{line}\r\n" for line in trace).encode() + content)
    # Whoever lists the folder meanwhile sees a whole mail or none.
    unfinished.rename(folder / f"{stem}.eml")


# Reading it back


def newest_first(folder: Path) -> list[Path]:
    # Names are times, so their order is the order of arrival.
    return sorted((path for path in folder.glob("*.eml") if ID.fullmatch(path.stem)), reverse=True)


@lru_cache(maxsize=10_000)
def summarize(path: Path) -> Summary:
    """Cached, because a kept mail never changes and its name is never given again."""
    mail = parse(path)
    return Summary(
        id=path.stem,
        to=", ".join(mail.get_all("Delivered-To", [])),
        subject=str(mail["Subject"] or ""),
        received=received_at(path.stem).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def summaries(paths: list[Path]) -> Iterator[Summary]:
    for path in paths:
        # Cleared while we were listing.
        with contextlib.suppress(FileNotFoundError):
            yield summarize(path)


def received_at(mail_id: str) -> datetime:
    return datetime.strptime(mail_id, ID_TIME).replace(tzinfo=UTC)


def parse(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str | None:
    """The body as `plain` or `html`, None when the mail has none of that kind."""
    body = mail.get_body((kind,))
    if body is None:
        return None
    try:
        return str(body.get_content())
    except LookupError:
        # A charset nobody knows; what a mail program would do is guess.
        return body.as_bytes().decode(errors="replace")


def with_links_outside(html: str) -> str:
    """A link in the frame would load inside the frame; the sandbox lets it open a page of its own."""
    found = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    at = found.end() if found else 0
    return f'{html[:at]}<base target="_blank">{html[at:]}'


# The pages


def create_catcher(mail_dir: Path) -> Flask:
    app = Flask(__name__, template_folder=TEMPLATES, static_folder=None)
    app.config["MAIL_DIR"] = mail_dir
    # A site that points its own name at this machine (DNS rebinding) is not answered.
    app.config["TRUSTED_HOSTS"] = [LOOPBACK, "localhost"]
    app.after_request(protect)
    app.add_url_rule("/", view_func=listing)
    app.add_url_rule("/messages.json", view_func=messages)
    app.add_url_rule("/messages/<mail_id>", view_func=message)
    app.add_url_rule("/messages/<mail_id>.eml", view_func=source)
    app.add_url_rule("/messages/<mail_id>/html", view_func=html)
    app.add_url_rule("/clear", view_func=clear, methods=["POST"])
    app.add_url_rule("/messages.json", "delete", clear, methods=["DELETE"])
    app.add_url_rule("/style.css", view_func=style)
    return app


def listing() -> str:
    paths = newest_first(mail_dir())
    shown = list(summaries(paths[:LISTED_ON_PAGE]))
    return render_template("list.html", mails=shown, total=len(paths), received_at=received_at)


def messages() -> list[dict[str, str]]:
    return [asdict(summary) for summary in summaries(newest_first(mail_dir()))]


def message(mail_id: str) -> str:
    path = find(mail_id)
    mail = parse(path)
    return render_template(
        "message.html",
        mail=summarize(path),
        received=received_at(mail_id),
        headers=mail.items(),
        text=part(mail, "plain"),
        has_html=part(mail, "html") is not None,
        source=path.read_bytes().decode(errors="replace"),
    )


def source(mail_id: str) -> Response:
    return Response(find(mail_id).read_bytes(), mimetype="message/rfc822")


def html(mail_id: str) -> Response:
    body = part(parse(find(mail_id)), "html")
    if body is None:
        abort(404)
    headers = {"Content-Security-Policy": MAIL_POLICY}
    return Response(with_links_outside(body), mimetype="text/html", headers=headers)


def clear() -> Response:
    # No page of another origin may press this button.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)
    for path in newest_first(mail_dir()):
        path.unlink(missing_ok=True)
    return Response(status=204) if request.method == "DELETE" else redirect(url_for("listing"), 303)


def style() -> Response:
    return send_from_directory(TEMPLATES, "style.css")


def protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def mail_dir() -> Path:
    folder: Path = current_app.config["MAIL_DIR"]
    return folder


def find(mail_id: str) -> Path:
    """The mail's file; an id that is not exactly one of ours never becomes a path."""
    path = mail_dir() / f"{mail_id}.eml"
    if not ID.fullmatch(mail_id) or not path.is_file():
        abort(404)
    return path
