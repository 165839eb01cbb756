"""The log: one JSON object a line on standard error, with the request's id and without addresses and tokens."""

import atexit
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from signup.ground.log_stream import LogStream

# A token is a base64url id, a timestamp and a signature between dots; or what a kiosk has in its page's address, a
# program's key, a webhook's secret, a discount code in an address. An address has an @ between word characters.
_TOKEN = re.compile(
    r"[\w-]{16,}\.[\w-]{4,10}\.[\w-]{27,}|(?<=/k/)[\w-]{16,}|signup_[\w-]{27,}|whsec_[\w+/=-]{20,}"
    r"|(?<=/codes/)[^\s?]+(?=/redeem)"
)
_ADDRESS = re.compile(r"[^\s@'\"<>,;:()]+@[^\s@'\"<>,;:()]+")
# What PostgreSQL adds to an error: every value of a row that it refuses. It ends where the traceback goes on.
_DETAIL = re.compile(r"\n\W*DETAIL: .*?(?=\n\[SQL|\n\n(?:The above|During handling)|\Z)", re.DOTALL)

stream = LogStream(sys.stderr)


def scrub(text: str) -> str:
    """`text` without addresses, tokens and anything else that points at a person."""
    text = _DETAIL.sub("", text)
    return _ADDRESS.sub("[address]", _TOKEN.sub("[token]", text))


def _scrub_event(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
    return event


def configure(level: str) -> None:
    """Write the service's and the libraries' logs through one JSON renderer."""
    global stream  # noqa: PLW0603  # standard error is one for the process
    stream = LogStream(sys.stderr)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", stream)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def drain() -> None:
    """Let the last lines be written before this process ends."""
    stream.drain()


atexit.register(drain)
