"""Building a segment: its name, its rule row by row, and at every step whom that reaches."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup.access import audit, scope
from signup.access.seen_contact import seen
from signup.admin.frame import door
from signup.admin.frame.route_subject import may_ask
from signup.admin.segments.event_words import EXCLUDED
from signup.admin.segments.option_groups import group_options
from signup.admin.segments.rule_input import ROOT, Draft, draft_of, read_draft, read_rule, rearrange
from signup.admin.segments.rule_words import MATCHES, SubjectInWords, asked_about, catalogue
from signup.admin.segments.segment_input import SegmentInput
from signup.admin.segments.segment_preset import presets
from signup.audience.reach import newest, reach
from signup.audience.rule import EVERYONE, MAX_DEPTH, ConditionGroup
from signup.audience.segment import Segment, find_segment
from signup.fields.value import key_from
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound

TAKEN = {"", "new"}


def segment_new() -> ResponseReturnValue:
    """A new one: as `?preset=` has it, or about the subject that `?about=` names."""
    preset = presets().get(request.args.get("preset", ""))
    if preset is not None:
        return _edit(None, draft_of(preset.rule), name=str(preset.name), description=str(preset.description))
    draft = draft_of(EVERYONE)
    rearrange(draft, f"add:{ROOT}", {f"{ROOT}.new": request.args.get("about", "")})
    return _edit(None, draft)


def segment_edit(slug: str) -> ResponseReturnValue:
    found = find_segment(slug)
    return _edit(found, draft_of(found.version.rule))


def _edit(segment: Segment | None, draft: Draft, **named: str) -> ResponseReturnValue:
    typed, known = SegmentInput(obj=segment, data=named), catalogue()
    do = request.form.get("do", "count") if request.method == "POST" else ""
    if do:
        draft = read_draft(request.form)
        rearrange(draft, do, request.form)
    rule, problems = read_rule(draft, known)
    if rule is not None and not may_ask(rule):  # typed by hand: the page does not offer it
        raise NotFound("list or field of a rule")
    if do == "save":
        if typed.validate() and rule is not None and (saved := _save(segment, typed, rule)):
            flash(_("Version %(n)s of the segment has been saved.", n=saved.version.number))
            return redirect(url_for("admin.segment", slug=saved.slug), HTTPStatus.SEE_OTHER)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        status = HTTPStatus.OK
        if do.startswith(("add:", "group:", "find:")) or not do:
            problems = {}  # a row that is just there need not be scolded
    found = reach(rule, scope.seen(), exact=do == "exact", seen_by=scope.seen()) if rule else None
    page = render_template(
        "admin/segments/segment_edit.html",
        segment=segment,
        presets=presets(),
        typed=typed,
        tree=_shown(draft, ROOT, known),
        groups=_groups(known),
        matches=MATCHES,
        problems=problems,
        reach=found,
        excluded_words=EXCLUDED,
        sample=seen(newest(found)) if found else [],
    )
    return page, status


def _shown(node: Draft, path: str, known: dict[str, SubjectInWords]) -> Draft:
    """The draft with what the page needs beside each node: its name, its subject, and all it may choose from."""
    if "rules" in node:
        rules = [_shown(one, f"{path}-{n}", known) for n, one in enumerate(node["rules"])]
        return {"path": path, "match": node["match"], "rules": rules, "may_nest": path.count("-") + 1 < MAX_DEPTH}
    try:
        asked: Any = asked_about(node["subject"], known)
    except ValueError:
        return {"path": path, "asked": None}
    chosen = node.get("values", [])
    lost = [(value, value) for value in chosen if value not in dict(asked.options)]
    op = node.get("op") or asked.operators[0][0]
    choices = group_options(asked, [*asked.options, *lost], chosen, node.get("find", ""))
    return {"path": path, "asked": asked, "choices": choices, **node, "op": op, "chosen": chosen}


def _groups(known: dict[str, SubjectInWords]) -> list[tuple[str, list[SubjectInWords]]]:
    """The subjects as an optgroup each."""
    found: dict[str, list[SubjectInWords]] = {}
    for one in known.values():
        found.setdefault(str(one.group), []).append(one)
    return list(found.items())


def _save(segment: Segment | None, typed: SegmentInput, rule: ConditionGroup) -> Segment | None:
    """Publish it; None, with the error beside the field, when another segment has the name."""
    is_new, name = segment is None, typed.name.data or ""
    try:
        with transaction():
            segment = segment or Segment(slug=_free_slug(name))
            segment.name, segment.description = name, typed.description.data or ""
            version = segment.publish(rule, door.operator().id)
            action = "segment-added" if is_new else "segment-changed"
            audit.note(door.operator(), action, segment.slug, version=version.number, hash=version.hash[:16])
    except IntegrityError:
        typed.name.errors = [_("Another segment has this name.")]
        return None
    return segment


def _free_slug(name: str) -> str:
    """A short name that nobody has; of two who take it at once, the database refuses one."""
    plain = key_from(name, separator="-")
    taken = TAKEN | set(db.session.scalars(select(Segment.slug).where(Segment.slug.startswith(plain))))
    tries = (plain, *(f"{plain or 'segment'}-{n}" for n in range(2, len(taken) + 3)))
    return next(slug for slug in tries if slug not in taken)
