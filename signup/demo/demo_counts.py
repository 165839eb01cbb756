"""Adds made-up people to the maintained counts, and takes them out again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select

from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact
from signup.counts.period import TIME_TO_CONFIRM
from signup.counts.step import SOON, Step, count_steps
from signup.counts.tally import Measure, Tally
from signup.demo.made_up_people import Fate, LostSignup
from signup.ground.db import db
from signup.signups.signup import Signup

SEEN, STARTED = 7, 2
"""How often the form was seen, and begun, for each sign-up."""
LOST = "lost"
"""Where a made-up sign-up keeps those who came like it and never confirmed: their rows are gone, as ever."""
STEPS_OF = {
    Fate.UNREAD: (Step.MAILED, Step.EXPIRED),
    Fate.OPENED: (Step.MAILED, Step.OPENED, Step.EXPIRED),
    Fate.BOUNCED: (Step.BOUNCED, Step.EXPIRED),
    Fate.DISOWNED: (Step.MAILED, Step.OPENED, Step.DISOWNED),
}


def count(ids: Sequence[int], sign: int) -> None:
    """What these people come to, added or taken away again: told by their rows as they are now."""
    counts, steps = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    entries = select(Subscription, Contact.standing).join(Contact, Contact.id == Subscription.contact_id)
    for entry, standing in db.session.execute(entries.where(Subscription.contact_id.in_(ids))):
        for day, state, n in _moves(entry):
            counts[day, entry.list_id, 0, "", Measure.IN_STATE + state] += n
            at_last = standing if state == entry.state else state
            counts[day, 0, 0, "", Measure.STANDING + at_last] += n
        if entry.state == SubscriptionState.UNSUBSCRIBED:
            counts[entry.state_at.date(), entry.list_id, 0, "", Measure.UNSUBSCRIBED] += 1
    asked = select(Signup, Contact.source).join(Contact, Contact.id == Signup.contact_id)
    for signup, source in db.session.execute(asked.where(Signup.contact_id.in_(ids))):
        for day, measure, label, n in _measures(signup, source):
            counts[day, signup.list_id, signup.form_id, label, measure] += n
        where = (signup.form_id, signup.created_at.date(), signup.site, signup.placement, signup.language)
        for step, n in _steps(signup).items():
            provider = "" if step in {Step.SEEN, Step.STARTED} else signup.provider
            steps[*where, provider, step] += n
    names = ("day", "list_id", "form_id", "source", "measure")
    rows = [dict(zip(names, key, strict=True)) | {"n": n * sign, "folded": False} for key, n in counts.items()]
    if rows:
        db.session.execute(insert(Tally), rows)
    keys = ("form_id", "day", "site", "source", "language", "provider", "step")
    count_steps(dict(zip(keys, key, strict=True)) | {"n": n * sign} for key, n in steps.items())


def _moves(entry: Subscription) -> Iterator[tuple[date, str, int]]:
    """The days on which one more, or one less, was in a state. Who left had been confirmed before."""
    if entry.confirmed_at and entry.ended_at and entry.state != SubscriptionState.CONFIRMED:
        yield entry.confirmed_at.date(), SubscriptionState.CONFIRMED, 1
        yield entry.ended_at.date(), SubscriptionState.CONFIRMED, -1
    yield entry.state_at.date(), entry.state, 1


def _measures(signup: Signup, source: str) -> Iterator[tuple[date, Measure, str, int]]:
    asked, lost = signup.created_at.date(), _lost(signup)
    came = 1 + len(lost)
    yield asked, Measure.SEEN, "", SEEN * came
    yield asked, Measure.STARTED, "", STARTED * came
    yield asked, Measure.SUBMITTED, source, came
    yield asked, Measure.MAILED, "", 1
    for fate, trial in lost:
        yield asked, Measure.BOUNCED if fate == Fate.BOUNCED else Measure.MAILED, "", 1
        if fate in {Fate.OPENED, Fate.DISOWNED}:
            yield asked, Measure.OPENED_PAGE, "", 1
        if fate != Fate.DISOWNED:
            yield asked + TIME_TO_CONFIRM, Measure.EXPIRED, "", 1
        if trial == "reminded":
            yield asked + timedelta(days=1), Measure.REMINDED, "", 1
    if signup.trial == "reminded":
        yield asked + timedelta(days=1), Measure.REMINDED, "", 1
    if signup.viewed_at:
        yield signup.viewed_at.date(), Measure.OPENED_PAGE, "", 1
    if signup.confirmed_at:
        yield signup.confirmed_at.date(), Measure.CONFIRMED, source, 1
        if signup.downloads:
            yield signup.confirmed_at.date(), Measure.DOWNLOADED, "", 1


def _lost(signup: Signup) -> list[LostSignup]:
    return [LostSignup(Fate(fate), trial) for fate, trial in signup.source.get(LOST, ())]


def _steps(signup: Signup) -> Counter[str]:
    found = Counter[str]({Step.SEEN: SEEN, Step.STARTED: STARTED, Step.SUBMITTED: 1, Step.MAILED: 1})
    if signup.viewed_at:
        found[Step.OPENED] = 1
    if signup.trial:
        found.update((Step.TRIED + signup.trial, Step.WON + signup.trial))
    if signup.confirmed_at:
        took = (signup.confirmed_at - signup.created_at).total_seconds()
        soon = next((name for seconds, name in SOON.items() if took <= seconds), "later")
        found[Step.CONFIRMED + soon] = 1
        found.update([Step.TAKEN] if signup.downloads else [])
    for fate, trial in _lost(signup):
        found.update({Step.SEEN: SEEN, Step.STARTED: STARTED, Step.SUBMITTED: 1})
        found.update(STEPS_OF[fate])
        found.update([Step.TRIED + trial] if trial else [])
    return found
