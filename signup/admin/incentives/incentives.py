"""Incentives: the files, links and discount codes that forms may give; adding, replacing and retiring one."""

from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.route_subject import magnets_seen
from signup.admin.incentives.incentive_input import INPUTS, KIND_WORDS, CodesInput, MagnetInput
from signup.admin.incentives.incentive_upload import uploaded
from signup.contacts.contact import Contact, Nature
from signup.forms.form import Form, FormVersion
from signup.forms.live_form import forget_live_forms
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.incentives import code_pool
from signup.incentives.incentive import MAX_BYTES, Incentive, IncentiveKind
from signup.signups.signup import Signup, SignupState

NO_STOCK = code_pool.PoolStock(0, 0, 0, 0)


def magnets() -> ResponseReturnValue:
    rows = magnets_seen(select(Incentive).order_by(Incentive.retired_at.is_not(None), Incentive.name))
    return render_template(
        "admin/incentives/incentives.html",
        magnets=rows,
        stocks=code_pool.stocks(),
        no_stock=NO_STOCK,
        given=_given(),
        none_given=GivenLinks(0, 0),
        forms=_forms_by_magnet(),
        kind_words=KIND_WORDS,
    )


class GivenLinks(NamedTuple):
    """To how many sign-ups a file or link was given, and how many of them took it."""

    given: int
    taken: int


def _given() -> dict[int, GivenLinks]:
    """By incentive, of the sign-ups that are still kept; tests count nowhere."""
    given = FormVersion.content["lead_magnet_id"].as_integer()
    query = select(given, func.count(), func.count().filter(Signup.downloads > 0))
    query = query.join(FormVersion, FormVersion.id == Signup.form_version_id)
    query = query.join(Contact, Contact.id == Signup.contact_id)
    has_it = Signup.state.in_((SignupState.CONFIRMED, SignupState.REPEATED))
    query = query.where(has_it, given.is_not(None), Contact.nature != Nature.TEST).group_by(given)
    return {magnet_id: GivenLinks(n, taken) for magnet_id, n, taken in db.session.execute(query)}


def _forms_by_magnet() -> dict[int, list[Form]]:
    """The open forms that give each."""
    found: dict[int, list[Form]] = {}
    for form in db.session.scalars(
        select(Form).where(Form.archived_at.is_(None), scope.only(Form.list_id)).order_by(Form.name)
    ):
        if form.version_id and (magnet_id := form.version.definition.lead_magnet_id):
            found.setdefault(magnet_id, []).append(form)
    return found


def magnet_new(kind: str) -> ResponseReturnValue:
    if kind not in INPUTS:
        raise NotFound(f"kind {kind[:20]!r}")
    return _edit(Incentive(kind=kind, low_at=20))


def magnet_edit(uid: UUID) -> ResponseReturnValue:
    return _edit(find_magnet(uid))


def find_magnet(uid: UUID) -> Incentive:
    """Raises `NotFound`."""
    found = db.session.scalar(select(Incentive).where(Incentive.uid == uid))
    if found is None:
        raise NotFound(f"incentive {uid}")
    return found


def _edit(magnet: Incentive) -> ResponseReturnValue:
    form, problem = INPUTS[magnet.kind](obj=magnet), ""
    is_new = magnet.id is None
    if request.method == "POST" and form.validate():
        content, file_name, media_type = uploaded("file") if magnet.kind == IncentiveKind.FILE else (b"", "", "")
        if magnet.kind == IncentiveKind.FILE and is_new and not content:
            problem = _("Choose a file.")
        elif len(content) > MAX_BYTES:
            problem = _("The file is larger than 25 MB.")
        else:
            _save(magnet, form, content, file_name, media_type)
            return redirect(url_for("admin.magnet_edit", uid=magnet.uid), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem or form.errors else HTTPStatus.OK
    return _page(magnet, form=form, problem=problem), status


def _page(magnet: Incentive, **shown: Any) -> str:
    is_new = magnet.id is None
    return render_template(
        "admin/incentives/incentive_edit.html",
        magnet=magnet,
        is_new=is_new,
        kind_words=KIND_WORDS,
        stock=NO_STOCK if is_new else code_pool.stocks([magnet.id]).get(magnet.id, NO_STOCK),
        forms=[] if is_new else _forms_by_magnet().get(magnet.id, []),
        **({"codes": CodesInput(formdata=None), "problem": ""} | shown),
    )


def page_of_pool(magnet: Incentive, codes: CodesInput, problem: str) -> ResponseReturnValue:
    """The incentive's page again, with what is wrong with the codes to add."""
    page = _page(magnet, form=INPUTS[magnet.kind](formdata=None, obj=magnet), codes=codes, code_problem=problem)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _save(magnet: Incentive, form: MagnetInput, content: bytes, file_name: str, media_type: str) -> None:
    is_new = magnet.id is None
    with transaction():
        names = [name for name in form.data if name != "csrf_token"]
        before = {} if is_new else {name: getattr(magnet, name) for name in names} | {"sha256": magnet.sha256}
        for name in names:
            setattr(magnet, name, form.data[name])
        if content:
            magnet.hold(file_name, content, media_type)
        db.session.add(magnet)
        db.session.flush()
        changes = audit.change(before, {name: getattr(magnet, name) for name in names} | {"sha256": magnet.sha256})
        audit.note(
            door.operator(),
            "incentive-added" if is_new else "incentive-changed",
            magnet.name,
            kind=magnet.kind,
            size=magnet.size,
            **changes,
        )
    forget_live_forms()
    if is_new and magnet.kind == IncentiveKind.CODES:
        flash(_("The incentive has been added. Now add codes to its pool."))
    elif is_new:
        flash(_("The incentive has been added. Now choose it in a form."))
    else:
        flash(_("Saved. Existing links now lead to the new version."))


def magnet_retire(uid: UUID) -> ResponseReturnValue:
    """Give it to nobody new, or take it up again; links already sent go on."""
    magnet = find_magnet(uid)
    retires = magnet.retired_at is None
    with transaction():
        values = {"retired_at": now() if retires else None}
        db.session.execute(update(Incentive).where(Incentive.id == magnet.id).values(**values))
        audit.note(door.operator(), "incentive-changed", magnet.name, retired=retires)
    forget_live_forms()
    flash(
        _("It is no longer given to new people. Existing links still work.")
        if retires
        else _("It is given to new people again.")
    )
    return redirect(url_for("admin.magnet_edit", uid=uid), HTTPStatus.SEE_OTHER)
