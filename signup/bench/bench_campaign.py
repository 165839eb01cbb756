"""Measures a campaign: writing its messages, and sending them with personal words and a DKIM signature."""

import os
import statistics
import time
from pathlib import Path

from sqlalchemy import select, text

from signup.bench.bench_export import NUMBERS, UUIDS
from signup.bench.measure import MeasuredRow, smtplib_loop, watch
from signup.bench.scratch_service import Stage, peak_memory
from signup.campaigns import build
from signup.campaigns.campaign import Campaign
from signup.campaigns.lifecycle import schedule
from signup.consent.mailing_list import find_list
from signup.contacts.contact import hash_addresses
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.driver_sql import driver_connection, portable
from signup.mailer import compose, dkim_sign
from signup.mailer.compose import ComposedMail, Draft
from signup.mailer.dkim_key import make_key
from signup.mailer.message import Message

PROCESSES = 2
MOST_SENT = 50_000
"""Of a larger campaign only the building is measured."""
FILL = (
    """INSERT INTO contact (uid, address, address_key, name, name_key, language, answers, standing, source, created_at)
       {n} SELECT {uuid}, 'letter' || i || '@example.org', 'letter' || i || '@example.org', 'Ada Letter ' || i,
       'ada letter ' || i, 'en', '{{}}', 'confirmed', 'Bench', NOW() FROM n""",
    """INSERT INTO subscription
       (uid, contact_id, list_id, state, state_at, created_at, confirmed_at, single_opt_in, given)
       SELECT {uuid}, id, :list_id, 'confirmed', NOW(), NOW(), NOW(), FALSE, '{{"first_name": "Ada"}}'
       FROM contact WHERE name_key LIKE 'ada letter %%'""",
)
BODY = (
    '# News\n\nHello {{ first_name | "there" }},\n\n'
    + "This month we tell of what is new, of what was mended and of what comes next, in some more words.\n\n" * 12
    + '[Read on](https://example.org/news "button")\n\nMore on [our blog](https://example.org/blog).\n'
)


def campaign(stage: Stage, _folder: Path, contacts: int) -> list[MeasuredRow]:
    """Build it, then send it by two worker processes, against one kept-open smtplib loop with the same bytes."""
    with stage.app.app_context():
        campaign_id = _fill(stage, contacts)
        begun = time.monotonic()
        build.build_due()
        built = time.monotonic() - begun
        total = db.session.scalar(select(Campaign.total).where(Campaign.id == campaign_id)) or 0
        db.session.remove()
    rows = [
        MeasuredRow(f"campaign: built for {total:,} people", built, "s", "1,000,000 in < 60"),
        MeasuredRow("campaign: memory of the builder", peak_memory(os.getpid()) / 1e6, "MB", "< 200"),
    ]
    return rows + (_sending(stage, total) if total <= MOST_SENT else [])


def _sending(stage: Stage, total: int) -> list[MeasuredRow]:
    with stage.app.app_context():
        mail = _one_mail()
    with stage.sink():
        before = smtplib_loop(stage.smtp_port, mail)
        with stage.workers(PROCESSES):
            rate = watch(stage, total)
        after = smtplib_loop(stage.smtp_port, mail)
    loop = statistics.median([before, after])
    return [
        MeasuredRow("campaign: one smtplib loop, the same bytes", loop, "/s"),
        MeasuredRow(f"campaign: {PROCESSES} worker processes, {total:,} mails, DKIM", rate, "/s"),
        MeasuredRow("campaign: ratio", rate / loop, "×", "≥ 0.35, then 0.5"),
    ]


def _one_mail() -> ComposedMail:
    query = select(*(getattr(Message, name) for name in Draft._fields)).where(Message.kind == "campaign").limit(1)
    draft = Draft(*db.session.execute(query).one())
    db.session.remove()
    return dkim_sign.signed(compose.render(draft))


def _fill(stage: Stage, contacts: int) -> int:
    of = find_list(stage.list_slug)
    list_id = of.id
    db.session.remove()
    engine = "postgresql" if is_postgresql() else "sqlite"
    with driver_connection() as connection:
        for statement in FILL:
            sql = portable(statement.format(n=NUMBERS, uuid=UUIDS[engine]))
            values = {"many": contacts, "list_id": list_id}
            connection.execute(sql if is_postgresql() else sql.replace("%%", "%"), values)
    hash_addresses()
    with transaction():
        db.session.execute(text("UPDATE message SET state = 'cancelled' WHERE state = 'ready'"))
        make_key("example.org", "bench")
        made = Campaign(list_id=list_id, name="Bench", subject='News, {{ first_name | "friend" }}', body=BODY)
        db.session.add(made)
        db.session.flush()
        schedule(made.id)
        campaign_id = made.id
    if is_postgresql():
        with driver_connection() as connection:
            connection.execute("ANALYZE contact")
            connection.execute("ANALYZE subscription")
    return campaign_id
