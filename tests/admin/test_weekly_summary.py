"""The weekly summary: whoever asked for it gets last week's figures of their lists once, in their language."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from signup.access.operator import Operator
from signup.admin.overview.weekly_summary import send_summaries
from signup.counts import tally
from signup.counts.period import up_to_today
from signup.counts.step import Step, count_steps
from signup.counts.tally import Measure
from signup.ground.db import db, transaction
from signup.mailer.message import Message
from tests.admin.cast import EDITH, OPAL, hire, post, signed_in
from tests.cast import Mailbox, drain, make_form, make_list, text_of


def test_a_summary_goes_once_a_week_to_whoever_asked_and_tells_of_their_lists_only(
    app: Flask, mailbox: Mailbox
) -> None:
    form, noise = make_form(), make_form(make_list("noise", name="Noise"), magnet=False)
    today = up_to_today(1).last
    sunday = today - timedelta(days=today.weekday() + 1)
    with transaction():
        for day, n in ((sunday, 40), (sunday - timedelta(days=7), 10), (today, 999)):
            tally.count([{"measure": Measure.SUBMITTED, "list_id": form.list_id, "day": day, "n": n}])
        tally.count([{"measure": Measure.SUBMITTED, "list_id": noise.list_id, "day": sunday, "n": 7_777}])
        settled = sunday - timedelta(days=9)
        steps = {Step.SUBMITTED: 50, Step.CONFIRMED + "1h": 40}
        count_steps({"day": settled, "form_id": form.id, "step": name, "n": n} for name, n in steps.items())
    hire(app, EDITH, lists=[form.list_id])
    opal = signed_in(app)
    send_summaries()
    assert db.session.scalars(select(Message.id)).all() == []
    wish = {"timezone": "UTC", "language": "fr", "weekly_summary": "y"}
    assert post(opal, "/admin/settings/account", wish).status_code == 303
    with transaction():
        db.session.execute(update(Operator).where(Operator.address_key == EDITH).values(weekly_summary=True))
    send_summaries()
    send_summaries()
    drain(app)
    [ours], [all_lists] = (mailbox.mails(who) for who in (EDITH, OPAL))
    text = text_of(ours)
    assert "40  Signed up (300\u00a0% more than the week before)" in text
    assert "80.0\u00a0%" in text
    assert "7,777" not in text
    assert "999" not in text
    assert "/admin/settings/account" in text
    assert "7\u202f817" in text_of(all_lists)
    assert all_lists["Auto-Submitted"] == "auto-generated"
