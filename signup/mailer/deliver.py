"""Deliver: empty the outbox, one mail after the other, over one kept-open connection a thread.

"Why was this mail not sent?" – the answer is the outcome that `_settle` writes on its row.
"""

import threading
from datetime import timedelta

import structlog
from jinja2 import TemplateError

from signup.clock import uuid7
from signup.db import transaction
from signup.jobs import stopping
from signup.mailer import compose, mail_domain, outbox, relay
from signup.mailer.message import Kind
from signup.mailer.outbox import Claimed, Settled
from signup.mailer.smtp import Accepted, Deferred, Refused, Sender
from signup.urls import settings

ACTOR = "deliver"
UNHEARD_AFTER = timedelta(seconds=2)

log = structlog.get_logger()
_threads = threading.local()


def drain(_ids: object = None) -> None:
    """The actor: send whatever is due, whoever rang, until nothing is left or the relay is away."""
    while not stopping().is_set():
        condition = relay.condition()
        if not condition.may_try:
            return
        batch = outbox.claim()
        if not batch or not _Run(_sender(), troubled=condition.is_troubled).send(batch):
            return


def collect() -> None:
    """The chore of every process: send what has waited unheard, because its bell was lost or the broker is away."""
    if outbox.is_waiting(UNHEARD_AFTER):
        drain()


def hang_up() -> None:
    """Close this thread's connection to the relay."""
    if sender := getattr(_threads, "sender", None):
        sender.close()


def _sender() -> Sender:
    url = settings().smtp_target
    if getattr(_threads, "url", None) != url:
        _threads.url, _threads.sender = url, Sender(url)
    found: Sender = _threads.sender
    return found


def _without_mail(batch: list[Claimed]) -> dict[str, str]:
    """The domains of unconfirmed addresses in `batch` that take no mail. In doubt, the relay finds out."""
    if not mail_domain.is_asked(settings()):
        return {}
    return mail_domain.problems(settings(), {_domain(one) for one in batch if one.draft.kind == Kind.CONFIRM})


def _domain(claimed: Claimed) -> str:
    return claimed.draft.recipient.rpartition("@")[2].lower()


class _Run:
    """One batch through one connection. A sent mail's mark is committed together with the hand-over of the next."""

    def __init__(self, sender: Sender, *, troubled: bool) -> None:
        self._sender = sender
        self._troubled = troubled
        self._settled: Settled | None = None
        self._no_mail: dict[str, str] = {}

    def send(self, batch: list[Claimed]) -> bool:
        """Send a batch. Returns False when there is no point in going on: the relay is away, or we are to stop."""
        try:
            self._no_mail = _without_mail(batch)
            for position, claimed in enumerate(batch):
                if stopping().is_set() or not self._send_one(claimed):
                    outbox.release(batch[position:])
                    return False
        finally:
            outbox.let_go(batch)
            self._commit(None)
        return True

    def _send_one(self, claimed: Claimed) -> bool:
        if problem := self._no_mail.get(_domain(claimed)):
            outbox.fail(claimed, problem)
            return True
        try:
            mail = compose.render(claimed.draft)
        except (TemplateError, ValueError, TypeError) as error:
            log.exception("mail.not_built", message=claimed.id)
            outbox.fail(claimed, f"cannot be built: {type(error).__name__}")
            return True
        outcome = self._sender.send(mail, lambda: self._commit(claimed))
        match outcome:
            case Accepted(reply):
                self._settled = Settled(claimed, mail.hash, mail.message_id, reply, uuid7())
            case Deferred(reason, is_connection, in_doubt):
                outbox.defer(claimed, reason, in_doubt=in_doubt)
                if is_connection:
                    log.warning("relay.away", error=reason)
                    with transaction():
                        relay.failed(reason)
                    return False
            case Refused(reason):
                outbox.bounce(claimed, reason)
            case _:
                outbox.withhold(claimed)
        self._recover()  # whatever it said, the relay is there
        return True

    def _commit(self, claimed: Claimed | None) -> bool:
        may_go = outbox.step(self._settled, claimed)
        self._settled = None  # only now: a mark that could not be committed is tried once more at the end
        return may_go

    def _recover(self) -> None:
        if self._troubled:
            self._troubled = False
            with transaction():
                relay.answered()
                outbox.hurry()
