"""Partners: controllers of their own whose box a form may show; adding, rewording and retiring one."""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from signup.access import audit, scope
from signup.access.operator import Operator
from signup.admin.forms.form_publish import problem_words
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.frame.route_subject import partners_seen
from signup.admin.partners.partner_input import PartnerInput
from signup.consent.partner import Partner, PartnerConsent, PartnerState, PartnerVersion, find_partner
from signup.contacts.contact import tests
from signup.forms.form import MAX_PARTNERS, Form
from signup.forms.live_form import forget_live_forms
from signup.forms.review import review
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotReady


def partners() -> ResponseReturnValue:
    rows = partners_seen(select(Partner).order_by(Partner.retired_at.is_not(None), Partner.slug))
    people = func.count(PartnerConsent.contact_id.distinct())
    agreed = select(PartnerConsent.partner_id, people).where(
        PartnerConsent.state == PartnerState.CONFIRMED, PartnerConsent.contact_id.not_in(tests())
    )
    counts = {row.partner_id: row[1] for row in db.session.execute(agreed.group_by(PartnerConsent.partner_id))}
    return render_template("admin/partners/partners.html", partners=rows, counts=counts, forms=_forms_by_partner())


def _open_forms() -> list[Form]:
    """Those of the reader: a box is placed and counted on no other."""
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None), scope.only(Form.list_id))
    return list(db.session.scalars(query.order_by(Form.name)))


def _forms_by_partner() -> dict[int, list[Form]]:
    found: dict[int, list[Form]] = {}
    for form in _open_forms():
        for partner_id in form.version.definition.partner_ids:
            found.setdefault(partner_id, []).append(form)
    return found


def partner_new() -> ResponseReturnValue:
    return _edit(Partner())


def partner_edit(slug: str) -> ResponseReturnValue:
    return _edit(find_partner(slug))


def _edit(partner: Partner) -> ResponseReturnValue:
    is_new = partner.id is None
    shown_on = [] if is_new else [form.public_id for form in _forms_by_partner().get(partner.id, [])]
    typed = PartnerInput(data=({} if is_new else _fill(partner)) | {"forms": shown_on})
    typed.forms.choices = choices((form.public_id, form.name) for form in _open_forms())
    if request.method == "POST" and typed.validate() and _has_room(partner, typed) and _save(partner, typed):
        flash(_("The partner has been saved. Earlier consents keep the words people read."))
        return redirect(url_for("admin.partner_edit", slug=typed.slug.data), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.errors else HTTPStatus.OK
    versions = [] if is_new else _versions(partner)
    return render_template(
        "admin/partners/partner_edit.html", partner=partner, is_new=is_new, typed=typed, versions=versions
    ), status


def _has_room(partner: Partner, typed: PartnerInput) -> bool:
    wanted = set(typed.forms.data or [])
    for form in _open_forms():
        ids = form.version.definition.partner_ids
        if form.public_id in wanted and partner.id not in ids and len(ids) >= MAX_PARTNERS:
            typed.forms.errors = [_("“%(form)s” already shows %(n)s partners.", form=form.name, n=MAX_PARTNERS)]
            return False
    return True


def _fill(partner: Partner) -> dict[str, Any]:
    version = partner.version
    wordings = {f"wording_{language}": text for language, text in version.wordings.items()}
    return {"name": version.name, "slug": partner.slug, "privacy_url": version.privacy_url, **wordings}


def _versions(partner: Partner) -> list[Any]:
    query = (
        select(PartnerVersion, Operator)
        .outerjoin(Operator, Operator.id == PartnerVersion.operator_id)
        .where(PartnerVersion.partner_id == partner.id)
    )
    return list(db.session.execute(query.order_by(PartnerVersion.number.desc())).all())


def _save(partner: Partner, typed: PartnerInput) -> bool:
    is_new, actor = partner.id is None, door.operator()
    try:
        with transaction():
            partner.slug = typed.slug.data or ""
            partner.publish(typed.name.data or "", typed.privacy_url.data or "", typed.wordings(), actor.id)
            published = _place(partner, set(typed.forms.data or []), actor)
            audit.note(
                actor,
                "partner-added" if is_new else "partner-changed",
                partner.slug,
                version=partner.version.number,
                forms=published,
            )
    except IntegrityError:
        typed.slug.errors = [_("Another partner has this short name.")]
        return False
    except NotReady as error:
        typed.forms.errors = [str(error)]
        return False
    forget_live_forms()
    return True


def _place(partner: Partner, wanted: set[str], actor: Operator) -> list[str]:
    """Show the box on these forms and on no other: a new version of each form that changes."""
    changed = []
    for form in _open_forms():
        ids = form.version.definition.partner_ids
        if (partner.id in ids) != (form.public_id in wanted):
            ids = tuple(id_ for id_ in ids if id_ != partner.id) if partner.id in ids else (*ids, partner.id)
            form.publish(form.version.definition.model_copy(update={"partner_ids": ids}), actor.id)
            changed.append(form.public_id)
        if form.public_id in wanted:
            _look_at_boxes(form)
    return changed


def _look_at_boxes(form: Form) -> None:
    """Raises `NotReady` for a box that names another list or controller than the form's."""
    for one in review(form.version.definition, form.list):
        if one.part == "partners":
            raise NotReady(f"{form.name}: {problem_words(one, form.list)}")


def partner_retire(slug: str) -> ResponseReturnValue:
    """Show its box nowhere, or again; what people agreed to stays, and they can still withdraw it."""
    partner = find_partner(slug)
    retires = partner.retired_at is None
    with transaction():
        values = {"retired_at": now() if retires else None}
        db.session.execute(update(Partner).where(Partner.id == partner.id).values(**values))
        audit.note(door.operator(), "partner-changed", slug, retired=retires)
    forget_live_forms()
    flash(_("Its box is no longer shown.") if retires else _("Its box is shown again."))
    return redirect(url_for("admin.partner_edit", slug=slug), HTTPStatus.SEE_OTHER)
