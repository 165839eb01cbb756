"""Writing a campaign: Markdown beside its preview. Saving changes a draft; nothing goes out from here."""

from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import delete, update

from signup.access import audit, scope
from signup.admin.campaigns.campaign import find
from signup.admin.campaigns.campaign_input import CampaignInput
from signup.admin.campaigns.letter_frame import shown_letter
from signup.admin.campaigns.letter_upload import Uploaded, uploaded
from signup.admin.frame import door
from signup.admin.frame.preview_frame import framed
from signup.campaigns.campaign import Campaign, CampaignState
from signup.campaigns.preflight import OUR_FIELDS
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound


class TypedLetter(NamedTuple):
    """What is typed, as a letter is made of it."""

    list: MailingList
    subject: str
    preheader: str
    body: str
    layout: str


DRAFTS = (CampaignState.DRAFT, CampaignState.SCHEDULED)
COPIED = ("list_id", "segment_id", "hypothesis", "subject", "preheader", "body", "layout", "per_hour", "unlisted")


def campaign_new() -> ResponseReturnValue:
    greeted = pgettext("hello …", "there")
    starter = _("Hello %(name)s,", name=f'{{{{ first_name | "{greeted}" }}}}') + "\n\n"
    made = Campaign(name="", subject="", preheader="", hypothesis="", body=starter, layout="news")
    made.list_id = request.args.get("list_id", type=int) or 0
    return _edit(made)


def campaign_edit(uid: UUID) -> ResponseReturnValue:
    one = find(uid)
    if not one.is_editable:
        flash(_("It has begun: its letter can no longer be changed. You can copy it."))
        return redirect(url_for("admin.campaign", uid=uid), HTTPStatus.SEE_OTHER)
    return _edit(one)


def letter_preview() -> ResponseReturnValue:
    """What is typed and not saved, in the frame."""
    form = CampaignInput()
    of = db.session.get(MailingList, form.list_id.data or 0)
    if of is None or not scope.covers({of.id}):
        raise NotFound("list")
    words = TypedLetter(
        of, form.subject.data or "", form.preheader.data or "", form.body.data or "", form.layout.data or ""
    )
    try:
        return shown_letter(words, as_text=request.form.get("preview_text") == "1")
    except ValueError as error:
        return framed(render_template("admin/forms/preview_problem.html", errors={"body": str(error)[:200]}))


def campaign_copy(uid: UUID) -> ResponseReturnValue:
    """A draft with the same letter, to the same people."""
    one = find(uid)
    made = Campaign(name=_("%(name)s, copy", name=one.name)[:120], **{name: getattr(one, name) for name in COPIED})
    made.operator_id = door.operator().id
    with transaction():
        db.session.add(made)
        db.session.flush()
        audit.note(door.operator(), "campaign-added", str(made.uid), copied_from=str(uid))
    return redirect(url_for("admin.campaign_edit", uid=made.uid), HTTPStatus.SEE_OTHER)


def campaign_delete(uid: UUID) -> ResponseReturnValue:
    """Only a draft: of one that went out the figures stay."""
    one = find(uid)
    with transaction():
        gone = delete(Campaign).where(Campaign.id == one.id, Campaign.state == CampaignState.DRAFT)
        is_done = db.session.execute(gone.returning(Campaign.id)).first() is not None
        if is_done:
            audit.note(door.operator(), "campaign-deleted", str(uid))
    flash(_("The draft has been deleted.") if is_done else _("Only a draft can be deleted."))
    return redirect(url_for("admin.campaigns"), HTTPStatus.SEE_OTHER)


def _edit(one: Campaign) -> ResponseReturnValue:
    form = CampaignInput(obj=one)
    picture = uploaded() if request.method == "POST" else Uploaded()
    if picture.markdown:
        form.body.data = f"{(form.body.data or '').rstrip()}\n\n{picture.markdown}\n"
    goes_on = picture.problem or request.form.get("do") == "picture"
    if request.method == "POST" and not goes_on and form.validate():
        if uid := _save(one, form):
            flash(_("The campaign has been saved."))
            return redirect(url_for("admin.campaign", uid=uid), HTTPStatus.SEE_OTHER)
        flash(_("It has begun meanwhile: nothing was saved."))
        return redirect(url_for("admin.campaign", uid=one.uid), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors or picture.problem else HTTPStatus.OK
    values = {"form": form, "campaign": one if one.id else None, "fields": OUR_FIELDS, "picture": picture}
    return render_template("admin/campaigns/campaign_edit.html", **values), status


def _save(one: Campaign, form: CampaignInput) -> UUID | None:
    """Save it; None when it has begun meanwhile."""
    values = form.values()
    with transaction():
        if not one.id:
            made = Campaign(**values, operator_id=door.operator().id)
            db.session.add(made)
            db.session.flush()
            audit.note(door.operator(), "campaign-added", str(made.uid))
            return made.uid
        before_it = {name: getattr(one, name) for name in values}
        changed = update(Campaign).where(Campaign.id == one.id, Campaign.state.in_(DRAFTS))
        changed = changed.values(**values, edited_at=now()).returning(Campaign.uid)
        uid: UUID | None = db.session.scalar(changed.execution_options(synchronize_session=False))
        if uid:
            changes = audit.change(before_it, values)
            audit.note(
                door.operator(), "campaign-changed", str(uid), **{k: v for k, v in changes.items() if k != "body"}
            )
        db.session.expire(one)
        return uid
