"""The discount codes of an incentive: adding them, noting what was redeemed, taking them out with their people."""

from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.formatting import address_for_reader
from signup.admin.incentives.incentive_input import CodesInput
from signup.admin.incentives.incentives import find_magnet, page_of_pool
from signup.contacts.contact import Contact
from signup.exports.people_csv import csv_line
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.incentives import code_pool
from signup.incentives.discount_code import DiscountCode
from signup.incentives.incentive import MAX_BYTES, Incentive, IncentiveKind

HEADINGS = ("code", "state", "given_to", "given_at", "redeemed_at", "expires_at")


def magnet_codes(uid: UUID) -> ResponseReturnValue:
    """Add codes: `do` is `generate`, or `import` for what is pasted or uploaded."""
    magnet, form = _find_pool(uid), CodesInput()
    if not form.validate():
        return page_of_pool(magnet, form, "")
    if request.form.get("do") == "generate":
        try:
            with transaction():
                added = code_pool.generate(magnet, form.pattern.data or "", form.count.data or 0, form.expires_at())
                _note(magnet, "codes-added", added=added, way="generated")
        except ValueError:
            return page_of_pool(magnet, form, _("The pattern needs six or more # and no spaces."))
        flash(ngettext("%(num)s code added.", "%(num)s codes added.", added))
    else:
        codes = _sent_codes((form.codes.data or "").encode())
        if not codes or len(codes) > code_pool.MAX_CODES:
            return page_of_pool(magnet, form, _("Paste or upload codes, at most 100,000."))
        with transaction():
            done = code_pool.add(magnet, codes, form.expires_at())
            _note(magnet, "codes-added", added=done.added, known=done.known, refused=done.refused, way="imported")
        flash(_("%(added)s added, %(known)s already there, %(refused)s not valid.", **done._asdict()))
    return redirect(url_for("admin.magnet_edit", uid=uid), HTTPStatus.SEE_OTHER)


def codes_redeem() -> ResponseReturnValue:
    """What the shop says was used, of any pool."""
    codes = _sent_codes(request.form.get("codes", "").encode())
    with transaction():
        done = code_pool.redeem(codes)
        audit.note(door.operator(), "codes-redeemed", marked=done.marked, before=done.before, unknown=done.unknown)
    flash(_("%(marked)s marked as redeemed, %(before)s already redeemed, %(unknown)s unknown.", **done._asdict()))
    return redirect(url_for("admin.magnets"), HTTPStatus.SEE_OTHER)


def codes_csv(uid: UUID) -> ResponseReturnValue:
    """Every code with who got it, safe to open in a spreadsheet."""
    magnet = _find_pool(uid)
    rows = db.session.scalar(select(func.count()).where(DiscountCode.lead_magnet_id == magnet.id)) or 0
    magnet_id = magnet.id
    with transaction():
        _note(magnet, "codes-exported", rows=rows)
    headers = {"Content-Disposition": f'attachment; filename="codes-{uid}.csv"'}
    return Response(stream_with_context(_lines(magnet_id)), content_type="text/csv; charset=utf-8", headers=headers)


def _lines(magnet_id: int) -> Iterator[str]:
    query = (
        select(DiscountCode, Contact.address if scope.sees_everything() else Contact.address_key)
        .outerjoin(Contact, Contact.id == DiscountCode.contact_id)
        .where(DiscountCode.lead_magnet_id == magnet_id)
        .order_by(DiscountCode.id)
        .execution_options(yield_per=1_000)
    )
    yield csv_line(HEADINGS)
    for code, address in db.session.execute(query):
        state = "redeemed" if code.redeemed_at else "given" if code.given_at else "left"
        times = [at.isoformat() if at else "" for at in (code.given_at, code.redeemed_at, code.expires_at)]
        yield csv_line([code.code, state, address_for_reader(address) if address else "", *times])


def _find_pool(uid: UUID) -> Incentive:
    magnet = find_magnet(uid)
    if magnet.kind != IncentiveKind.CODES:
        raise NotFound(f"pool {uid}")
    return magnet


def _sent_codes(pasted: bytes) -> list[str]:
    file = request.files.get("file")
    return code_pool.read_codes((file.read(MAX_BYTES) if file else b"") or pasted)


def _note(magnet: Incentive, action: str, **detail: object) -> None:
    audit.note(door.operator(), action, magnet.name, **detail)
