"""The chore that reads a folder on an IMAP server: each mail is handled and written down first, and moved then."""

import time

import structlog

from signup.bounces.intake.hand_on import MAX_MAIL, hand_on
from signup.bounces.intake.imap_folder import ROUND_SECONDS, STEP_SECONDS, ImapAway, ImapFolder
from signup.bounces.intake.imap_url import ImapUrl, read_url
from signup.ground.db import db, is_outage
from signup.ground.jobs import stopping
from signup.ground.urls import settings

log = structlog.get_logger()


def folder_url() -> ImapUrl | None:
    """The folder of the settings; None when there is none."""
    url = settings().bounce_imap_url.get_secret_value()
    return read_url(url) if url else None


def read_imap() -> None:
    """The chore. A server that is away is told, and asked again in the next round."""
    url = folder_url()
    if url is not None:
        try:
            read_folder(url)
        except ImapAway as error:
            log.warning("bounces.imap_away", why=str(error))


def read_folder(url: ImapUrl) -> tuple[int, int]:
    """Read what waits in a folder, as far as a round's time allows. Returns how many mails, and how many were news.

    Killed between two steps, the next round reads the mail again, and that changes nothing. Raises `ImapAway`.
    """
    seen = news = 0
    ends = time.monotonic() + ROUND_SECONDS - STEP_SECONDS
    with ImapFolder(url) as folder:
        for uid in folder.waiting():
            if stopping().is_set() or time.monotonic() > ends:
                break
            raw = folder.content(uid, MAX_MAIL)
            if raw is None:
                continue
            is_news = _handled(folder, uid, raw)
            if is_news is not None:
                seen, news = seen + 1, news + is_news
    return seen, news


def _handled(folder: ImapFolder, uid: bytes, raw: bytes) -> bool | None:
    """Hand a mail on, then move it. One that breaks us is put aside: those behind it must not wait for it."""
    try:
        is_news = hand_on(raw)
    except Exception as error:  # whatever is wrong with one mail, the others are read
        if is_outage(error):
            raise
        db.session.rollback()
        log.exception("bounces.mail_put_aside", uid=int(uid))
        folder.flag(uid)
        return None
    folder.move_away(uid)
    return is_news
