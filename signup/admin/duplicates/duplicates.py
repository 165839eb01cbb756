"""Pairs that may be one person: the list, what was decided, and taking a decision back. Merging is in `merge_pair`."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, select, tuple_, update

from signup.access import audit
from signup.admin.duplicates.pair_words import LIKENESS
from signup.admin.frame import door
from signup.contacts.contact import Contact
from signup.duplicates.duplicate import SEARCH_BEAT, Duplicate, PairState
from signup.duplicates.merge import ContactMerge
from signup.duplicates.merge_contacts import Actor
from signup.duplicates.pairs import ShownPair, merges, pairs
from signup.duplicates.unmerge import split_contact
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import CannotMerge, NotFound
from signup.ground.jobs import Beat, last_beat

PAGE = 50


def duplicates() -> ResponseReturnValue:
    """Open pairs, the likeliest first; with `?state=` those that were decided, the latest first."""
    state = PairState(request.args.get("state", "")) if request.args.get("state") in set(PairState) else PairState.OPEN
    rows = db.session.execute(_page(state, request.args.get("page", ""))).all()
    shown = [ShownPair(*row) for row in rows[:PAGE]]
    last = shown[-1].pair if len(rows) > PAGE else None
    by_state = select(Duplicate.state, func.count()).group_by(Duplicate.state)
    counts = {name: n for name, n in db.session.execute(by_state)}  # noqa: C416  # rows are no pairs to dict()
    # A merge needs no pair: two contacts may be merged from their pages.
    standing = select(func.count(ContactMerge.id)).where(ContactMerge.undone_at.is_(None))
    counts[PairState.MERGED] = db.session.scalar(standing) or 0
    return render_template(
        "admin/duplicates/duplicates.html",
        rows=shown,
        state=state,
        counts=counts,
        older=f"{last.score}-{last.id}" if last else None,
        searched=last_beat(SEARCH_BEAT),
        likeness=LIKENESS,
        merges=merges(ContactMerge.undone_at.is_(None)) if state == PairState.MERGED else [],
    )


def _page(state: PairState, cursor: str) -> Select[Duplicate, Contact, Contact]:
    query = pairs().where(Duplicate.state == state)
    score, _sign, id_ = cursor.partition("-")
    if score.isdecimal() and id_.isdecimal():
        query = query.where(tuple_(Duplicate.score, Duplicate.id) < tuple_(int(score), int(id_)))
    return query.order_by(Duplicate.score.desc(), Duplicate.id.desc()).limit(PAGE + 1)


def duplicates_search() -> ResponseReturnValue:
    """Let a worker search now, instead of tomorrow."""
    with transaction():
        db.session.execute(delete(Beat).where(Beat.name == SEARCH_BEAT))
    flash(_("The search will start within a minute. Please check back later."))
    return redirect(url_for("admin.duplicates"), HTTPStatus.SEE_OTHER)


def duplicate_decide(pair_id: int) -> ResponseReturnValue:
    """Two people after all; or ask again."""
    is_reopened = request.form.get("do") == "reopen"
    before, after = (PairState.APART, PairState.OPEN) if is_reopened else (PairState.OPEN, PairState.APART)
    values: dict[str, Any] = {"state": after, "operator_id": door.operator().id}
    decided: datetime | Any = None if is_reopened else now()
    query = update(Duplicate).where(Duplicate.id == pair_id, Duplicate.state == before)
    with transaction():
        changed = db.session.execute(query.values(**values, decided_at=decided).returning(Duplicate.id)).first()
        if changed:
            audit.note(door.operator(), "pair-reopened" if is_reopened else "pair-apart", str(pair_id))
    if changed is None and db.session.get(Duplicate, pair_id) is None:
        raise NotFound(f"pair {pair_id}")
    flash(
        _("The pair is open again.")
        if is_reopened
        else _("Saved: these are two people. You won’t be asked about them again.")
    )
    state = PairState.APART if is_reopened else PairState.OPEN
    return redirect(url_for("admin.duplicates", state=state.value), HTTPStatus.SEE_OTHER)


def merge_undo(uid: UUID) -> ResponseReturnValue:
    """Part two contacts again."""
    merge = db.session.scalar(select(ContactMerge).where(ContactMerge.uid == uid))
    if merge is None:
        raise NotFound(f"merge {uid}")
    survivor, operator = db.session.get_one(Contact, merge.survivor_id), door.operator()
    try:
        with transaction():
            split_contact(merge.id, Actor(operator.address, operator.id))
            audit.note(operator, "merge-undone", str(survivor.uid), merge=str(uid))
        flash(_("The merge has been undone: both contacts are as they were, except for what has happened since."))
    except CannotMerge:
        flash(_("This merge cannot be undone: it already has been, or one of the two was merged or signed up since."))
    return redirect(url_for("admin.contact", uid=survivor.uid), HTTPStatus.SEE_OTHER)
